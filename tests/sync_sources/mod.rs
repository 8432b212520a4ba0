//! Sources of the sync: what is read from a folder, from PostgreSQL and from MariaDB is the same, and what is written
//! is nothing but values of user-defined fields.

mod away;
mod days;
mod differing;
mod mapping;
mod meanwhile;
#[cfg(feature = "odbc")]
mod odbc;
mod rights;
pub mod sample;
pub mod servers;
mod writing;

use std::collections::BTreeMap;

use api::exchange::sync::Wanted;
use api::exchange::sync::mapping::Mapping;
use api::exchange::sync::record::{
    Activity, Association, Contract, EnsembleMembers, HeadCount, Person, SchoolContact, SourceRow, Table, UserValue,
};
use api::exchange::sync::source::{Logical, Source};

/// All rows of a logical table by key.
pub async fn rows<T: Logical>(source: &mut Source) -> BTreeMap<String, SourceRow<T>> {
    let mut all = BTreeMap::new();
    let mut rows = source.read::<T>().await.unwrap();
    while let Some(some) = rows.next().await.unwrap() {
        for row in some {
            let key = row.key.clone();
            assert!(all.insert(key.clone(), row).is_none(), "{key} came twice");
        }
    }
    all
}

/// A text of a user-defined field of a school.
pub fn value(school: &str, field: &str, value: Option<&str>) -> UserValue {
    UserValue { school: school.to_owned(), field: field.to_owned(), value: value.map(str::to_owned) }
}

/// What such a field is to have where a text stood.
pub fn wanted(to: &UserValue, was: Option<&str>) -> Wanted {
    Wanted { to: to.clone(), was: was.map(str::to_owned) }
}

/// Rows as a test prints them, by key.
type Printed = BTreeMap<String, String>;

fn printed<T: std::fmt::Debug>(rows: BTreeMap<String, SourceRow<T>>) -> Printed {
    rows.into_iter().map(|(key, row)| (key, format!("{row:?}"))).collect()
}

/// Everything that a source says, and the statements that asked for it.
async fn everything(mapping: &Mapping) -> (BTreeMap<Table, Printed>, Vec<String>) {
    let mut source = Source::open(mapping).await.unwrap();
    let all = BTreeMap::from([
        (Table::Schools, printed(rows::<SchoolContact>(&mut source).await)),
        (Table::Persons, printed(rows::<Person>(&mut source).await)),
        (Table::Associations, printed(rows::<Association>(&mut source).await)),
        (Table::Activities, printed(rows::<Activity>(&mut source).await)),
        (Table::HeadCounts, printed(rows::<HeadCount>(&mut source).await)),
        (Table::EnsembleMembers, printed(rows::<EnsembleMembers>(&mut source).await)),
        (Table::Contracts, printed(rows::<Contract>(&mut source).await)),
        (Table::UserValues, printed(rows::<UserValue>(&mut source).await)),
    ]);
    (all, source.statements())
}

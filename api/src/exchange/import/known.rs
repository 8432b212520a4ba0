//! Looks up the existing rows that a chunk of the file refers to.

use std::collections::{HashMap, HashSet};

use entity::kernel::import_row::ImportOutcome;
use entity::row::Meta;
use entity::schools::school;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::plan::Planned;
use crate::exchange::extract::{Rejected, Row};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// Loads the schools that rows refer to, archived or not, also for rejected rows.
pub async fn schools_of<T>(
    caller: &Caller,
    rows: &[Row<T>],
    urn: impl Fn(&T) -> i32,
) -> Result<HashMap<i32, school::Model>> {
    let urns = rows.iter().filter_map(|row| match &row.outcome {
        Ok(understood) => Some(urn(&understood.record)),
        Err(rejected) => rejected.urn,
    });
    let schools = caller.rows_archived::<school::Entity>().filter(school::Column::Urn.is_in(urns));
    let schools = schools.all(caller.db().reports()).await?;
    Ok(schools.into_iter().filter_map(|school| Some((school.urn?, school))).collect())
}

/// A row that was not understood: no concern of the hub's if it is of another area.
pub fn rejected(
    line: u64,
    rejected: Rejected,
    la_codes: &HashSet<String>,
    schools: &HashMap<i32, school::Model>,
) -> Planned {
    let elsewhere = rejected.la_code.as_ref().is_some_and(|code| !la_codes.contains(code))
        && rejected.urn.is_none_or(|urn| !schools.contains_key(&urn));
    let row = Planned::rejected(line, rejected);
    if elsewhere { row.becomes(ImportOutcome::OutOfArea) } else { row }
}

/// The columns of an item that is new to the hub.
pub fn fresh(caller: &Caller) -> Meta {
    Meta::first(caller.hub_id, Uuid::now_v7(), caller.now())
}

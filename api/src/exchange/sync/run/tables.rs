//! What a run has read of a source. All of it is read before anything is written, and the source is let go then.

use std::collections::BTreeMap;

use entity::exchange::sync_row::SyncSection;
use entity::exchange::sync_run::{SyncWatermark, SyncWatermarks};
use entity::instant::Instant;
use time::OffsetDateTime;

use crate::exchange::sync::mapping::Mapping;
use crate::exchange::sync::record::{
    Activity, Association, Contract, EnsembleMembers, HeadCount, Person, SchoolContact, SourceRow, Table, UserValue,
};
use crate::exchange::sync::source::{Away, Logical, Source};

/// The rows of a table, in the order of their keys.
#[derive(Debug)]
pub struct Read<T> {
    /// Whether the mapping takes the table. Of a table that it does not take nothing may be called missing.
    pub taken: bool,
    /// Whether each line of it is a row with a key. Otherwise nothing may be called missing either.
    pub whole: bool,
    /// The rows.
    pub rows: Vec<SourceRow<T>>,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self { taken: false, whole: true, rows: Vec::new() }
    }
}

impl<T> Read<T> {
    /// Returns true if a row that the table does not have is gone.
    #[must_use]
    pub const fn tells_missing(&self) -> bool {
        self.taken && self.whole
    }
}

/// The tables of a source as they were read.
#[derive(Debug, Default)]
pub struct Tables {
    /// Contacts that are schools.
    pub schools: Read<SchoolContact>,
    /// People.
    pub persons: Read<Person>,
    /// Who is who at a school.
    pub associations: Read<Association>,
    /// What the music service does.
    pub activities: Read<Activity>,
    /// Pupils by activity and term.
    pub head_counts: Read<HeadCount>,
    /// Members of ensembles by term and school.
    pub ensemble_members: Read<EnsembleMembers>,
    /// Contracts.
    pub contracts: Read<Contract>,
    /// Values of the fields that are written to the source.
    pub user_values: Read<UserValue>,
    /// The latest change of each table, as its rows say.
    latest: BTreeMap<&'static str, (SyncSection, OffsetDateTime)>,
}

impl Tables {
    /// Reads all tables. `told` hears after each chunk how many rows there are so far.
    ///
    /// # Errors
    /// When the source is away, or denies a table.
    pub async fn read(mapping: &Mapping, now: OffsetDateTime, mut told: impl FnMut(usize)) -> Result<Self, Away> {
        let mut source = Source::open(mapping).await?;
        let mut tables = Self::default();
        let mut latest = BTreeMap::new();
        let mut count = 0;
        macro_rules! read {
            ($($field:ident: $row:ty),+ $(,)?) => {
                $(tables.$field = one::<$row>(mapping, &mut source, now, &mut latest, &mut count, &mut told).await?;)+
            };
        }
        read! {
            schools: SchoolContact,
            persons: Person,
            associations: Association,
            activities: Activity,
            head_counts: HeadCount,
            ensemble_members: EnsembleMembers,
            contracts: Contract,
            user_values: UserValue,
        }
        tables.latest = latest;
        Ok(tables)
    }

    /// How many rows were read.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sizes().into_iter().map(|(_, _, rows)| rows).sum()
    }

    /// For each table whether the mapping takes it, and how many rows it has.
    #[must_use]
    pub fn sizes(&self) -> [(SyncSection, bool, usize); 8] {
        [
            (SyncSection::Schools, self.schools.taken, self.schools.rows.len()),
            (SyncSection::Persons, self.persons.taken, self.persons.rows.len()),
            (SyncSection::Associations, self.associations.taken, self.associations.rows.len()),
            (SyncSection::Activities, self.activities.taken, self.activities.rows.len()),
            (SyncSection::HeadCounts, self.head_counts.taken, self.head_counts.rows.len()),
            (SyncSection::EnsembleMembers, self.ensemble_members.taken, self.ensemble_members.rows.len()),
            (SyncSection::Contracts, self.contracts.taken, self.contracts.rows.len()),
            (SyncSection::UserValues, self.user_values.taken, self.user_values.rows.len()),
        ]
    }

    /// How far the source's own clock has come. It is shown, and nothing is left out because of it: times of changes
    /// are missing, wrong, or touched without a change.
    #[must_use]
    pub fn watermarks(&self) -> SyncWatermarks {
        let marks = self
            .latest
            .values()
            .map(|(section, at)| SyncWatermark { section: *section, modified_at: Instant::from(*at) });
        marks.collect()
    }
}

async fn one<T: Logical>(
    mapping: &Mapping,
    source: &mut Source,
    now: OffsetDateTime,
    latest: &mut BTreeMap<&'static str, (SyncSection, OffsetDateTime)>,
    count: &mut usize,
    told: &mut impl FnMut(usize),
) -> Result<Read<T>, Away> {
    if !mapping.takes(T::TABLE) {
        return Ok(Read::default());
    }
    let section = section(T::TABLE);
    let mut read = Read { taken: true, whole: true, rows: Vec::new() };
    let mut rows = source.read::<T>().await?;
    while let Some(some) = rows.next().await? {
        // A clock that is ahead says nothing.
        if let Some(at) = some.iter().filter_map(|row| row.modified_at).filter(|at| *at <= now).max() {
            let mark = latest.entry(section.as_str()).or_insert((section, at));
            mark.1 = mark.1.max(at);
        }
        *count += some.len();
        read.rows.extend(some);
        told(*count);
        tokio::task::yield_now().await;
    }
    read.whole = rows.are_whole();
    read.rows.sort_by(|one, other| order(&one.key).cmp(&order(&other.key)));
    Ok(read)
}

/// Keys that are numbers come in the order of numbers.
fn order(key: &str) -> (usize, &str) {
    let digits = !key.is_empty() && key.bytes().all(|it| it.is_ascii_digit());
    (if digits { key.len() } else { usize::MAX }, key)
}

/// The section of the report for a table of the mapping.
#[must_use]
pub const fn section(table: Table) -> SyncSection {
    match table {
        Table::Schools => SyncSection::Schools,
        Table::Persons => SyncSection::Persons,
        Table::Associations => SyncSection::Associations,
        Table::Activities => SyncSection::Activities,
        Table::HeadCounts => SyncSection::HeadCounts,
        Table::EnsembleMembers => SyncSection::EnsembleMembers,
        Table::Contracts => SyncSection::Contracts,
        Table::UserValues => SyncSection::UserValues,
    }
}

//! What each logical table has: the keys of its section in a mapping file.

use super::super::record::Table;

/// How the text of a cell is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words, with single blanks.
    Text,
    /// Exactly as typed, without blanks at the ends.
    Typed,
    /// The key of a row, here or in another table.
    Key,
    /// Yes or no.
    Flag,
    /// A day.
    Date,
    /// An academic year.
    Year,
    /// How many.
    Count,
    /// A number that says which row is the newer one.
    Sequence,
    /// A sum of money.
    Pence,
    /// How far a contract is.
    Status,
}

/// A field of a logical table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the mapping file.
    pub name: &'static str,
    /// How its cells are read.
    pub kind: Kind,
    /// Whether nothing can be done without it.
    pub needed: bool,
}

const fn needs(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

const SCHOOLS: &[Field] = &[
    needs("name", Kind::Text),
    may("urn", Kind::Typed),
    may("dfe_number", Kind::Typed),
    may("postcode", Kind::Typed),
    may("address", Kind::Text),
    may("town", Kind::Text),
    may("closed_on", Kind::Date),
];

const PERSONS: &[Field] = &[needs("name", Kind::Text), may("email", Kind::Typed), may("telephone", Kind::Typed)];

const ASSOCIATIONS: &[Field] = &[
    needs("person", Kind::Key),
    needs("school", Kind::Key),
    needs("job_role", Kind::Text),
    may("job_title", Kind::Text),
    may("primary", Kind::Flag),
    may("started_on", Kind::Date),
    may("ended_on", Kind::Date),
];

const ACTIVITIES: &[Field] = &[
    needs("school", Kind::Key),
    may("centre", Kind::Key),
    needs("academic_year", Kind::Year),
    may("kind", Kind::Text),
    needs("first_access", Kind::Flag),
    may("vocal", Kind::Flag),
    may("class", Kind::Typed),
    may("subject", Kind::Text),
    may("tuition", Kind::Text),
    may("cancelled", Kind::Flag),
    may("starts_on", Kind::Date),
    may("ends_on", Kind::Date),
];

const HEAD_COUNTS: &[Field] = &[
    needs("activity", Kind::Key),
    needs("academic_year", Kind::Year),
    needs("term", Kind::Key),
    needs("pupils", Kind::Count),
    may("girls", Kind::Count),
    may("boys", Kind::Count),
    may("estimated", Kind::Flag),
    may("counted_on", Kind::Date),
    may("sequence", Kind::Sequence),
];

const ENSEMBLE_MEMBERS: &[Field] = &[
    needs("ensemble", Kind::Key),
    may("name", Kind::Text),
    needs("academic_year", Kind::Year),
    needs("term", Kind::Key),
    needs("school", Kind::Key),
    needs("members", Kind::Count),
];

const CONTRACTS: &[Field] = &[
    may("number", Kind::Typed),
    needs("school", Kind::Key),
    needs("academic_year", Kind::Year),
    may("product", Kind::Text),
    may("value", Kind::Pence),
    needs("status", Kind::Status),
    may("signed_on", Kind::Date),
    may("cancelled_on", Kind::Date),
];

const USER_VALUES: &[Field] = &[
    needs("school", Kind::Key),
    needs("field", Kind::Typed),
    needs("value", Kind::Typed),
    may("modified_by", Kind::Typed),
];

/// The fields of a logical table.
pub const fn fields(table: Table) -> &'static [Field] {
    match table {
        Table::Schools => SCHOOLS,
        Table::Persons => PERSONS,
        Table::Associations => ASSOCIATIONS,
        Table::Activities => ACTIVITIES,
        Table::HeadCounts => HEAD_COUNTS,
        Table::EnsembleMembers => ENSEMBLE_MEMBERS,
        Table::Contracts => CONTRACTS,
        Table::UserValues => USER_VALUES,
    }
}

/// The tables without which a table is of no use.
pub const fn relies_on(table: Table) -> &'static [Table] {
    match table {
        Table::Schools => &[],
        Table::Associations => &[Table::Schools, Table::Persons],
        Table::HeadCounts => &[Table::Schools, Table::Activities],
        Table::Persons | Table::Activities | Table::EnsembleMembers | Table::Contracts | Table::UserValues => {
            &[Table::Schools]
        }
    }
}

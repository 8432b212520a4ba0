//! What a source says, row by row, independent of the names of its tables and columns.
//!
//! Keys are texts as cleaned: no blanks at their ends. An empty cell is none. Each row carries remarks on the cells
//! that could not be understood; a row without its essentials has none of [`SourceRow::row`].

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use time::{Date, OffsetDateTime};

/// A logical table: what the sync takes from a source, and the section of the mapping file about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Contacts that are schools.
    Schools,
    /// People.
    Persons,
    /// Person × organisation × job role.
    Associations,
    /// What a music service does at a school or a centre.
    Activities,
    /// Pupils of an activity, counted by term.
    HeadCounts,
    /// Members of an ensemble, by term and school.
    EnsembleMembers,
    /// Contracts with schools.
    Contracts,
    /// Values of user-defined fields of schools.
    UserValues,
}

impl Table {
    /// All tables, in the order in which a run reads them: a table before those that refer to it.
    pub const ALL: [Self; 8] = [
        Self::Schools,
        Self::Persons,
        Self::Associations,
        Self::Activities,
        Self::HeadCounts,
        Self::EnsembleMembers,
        Self::Contracts,
        Self::UserValues,
    ];

    /// The section of the mapping file, which is also the name in reports and in stored state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schools => "schools",
            Self::Persons => "persons",
            Self::Associations => "associations",
            Self::Activities => "activities",
            Self::HeadCounts => "head_counts",
            Self::EnsembleMembers => "ensemble_members",
            Self::Contracts => "contracts",
            Self::UserValues => "user_values",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.as_str() == name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One cell or row that could not be understood. It names tables and columns as the source does, and never holds a
/// person's name or address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The source's table.
    pub table: String,
    /// The row's key; none if it could not be read.
    pub key: Option<String>,
    /// The source's column; none if the remark is about the whole row.
    pub column: Option<String>,
    /// What is wrong, for programs: `required`, `format`, `out_of_range`, `unknown_code`, `negative`, `repeated`,
    /// `encoding`, or why a line of a CSV file is no row, such as `short_row`.
    pub code: &'static str,
    /// What is wrong and how to fix it, for people.
    pub message: String,
}

/// A row of a logical table.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRow<T> {
    /// The key: as cleaned; keys of several columns have `/` between. Empty if it could not be read.
    pub key: String,
    /// When the source changed the row, as far as it says. It can be missing and it can mislead: it is no watermark by
    /// itself. The latest one, where several tables make the row.
    pub modified_at: Option<OffsetDateTime>,
    /// Cells that could not be understood. Such a cell is none in the row.
    pub remarks: Vec<Remark>,
    /// The fields of which it says nothing, not even that they are empty.
    pub unsaid: BTreeSet<&'static str>,
    /// What it says; none if the row is of no use, which a remark explains.
    pub row: Option<T>,
}

impl<T> SourceRow<T> {
    /// A row that is of no use, which remarks explain. Its key is empty if it could not be read.
    #[must_use]
    pub const fn rejected(key: String, remarks: Vec<Remark>) -> Self {
        Self { key, modified_at: None, remarks, unsaid: BTreeSet::new(), row: None }
    }
}

/// A contact that is a school, or claims to be one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchoolContact {
    /// The name, with single blanks.
    pub name: Option<String>,
    /// The URN as typed: `clean::urn` reads it.
    pub urn: Option<String>,
    /// The DfE number as typed: `clean::dfe_number` reads it.
    pub dfe_number: Option<String>,
    /// The postcode as typed: `extract::text::postcode` reads it.
    pub postcode: Option<String>,
    /// The town.
    pub town: Option<String>,
    /// The day on which the source says that the school closed.
    pub closed_on: Option<Date>,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Title, forename and surname, as far as there are any.
    pub name: String,
    /// An e-mail address with an `@`; case and blanks as tidied by `clean::email`.
    pub email: Option<String>,
    /// The telephone number as typed.
    pub telephone: Option<String>,
}

/// A person's job at a school.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Association {
    /// The person's key.
    pub person: String,
    /// The school's key. It can be that of another organisation, or of none.
    pub school: String,
    /// The job role, by the mapping's codes.
    pub job_role: String,
    /// The job title.
    pub job_title: Option<String>,
    /// Whether it is the school's primary contact.
    pub primary: bool,
    /// The first day.
    pub started_on: Option<Date>,
    /// The last day; none while it goes on.
    pub ended_on: Option<Date>,
}

/// What a music service does at a school or at a centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the source says each by itself")]
pub struct Activity {
    /// The school's key; it can be of a school that is gone.
    pub school: Option<String>,
    /// Whether it is held at a centre, and so is no school's.
    pub at_centre: bool,
    /// The academic year, such as `2024/25`.
    pub academic_year: String,
    /// The name of the activity's type.
    pub kind: Option<String>,
    /// Whether it is First Access.
    pub first_access: bool,
    /// Whether it is singing.
    pub vocal: bool,
    /// The class: without blanks, in small letters.
    pub class: Option<String>,
    /// The subject or instrument.
    pub subject: Option<String>,
    /// Direct or indirect tuition, in the source's words.
    pub tuition: Option<String>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The first day.
    pub starts_on: Option<Date>,
    /// The last day.
    pub ends_on: Option<Date>,
}

/// The pupils of an activity in a term.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadCount {
    /// The activity's key; it can be of an activity that is gone.
    pub activity: String,
    /// The academic year of the term.
    pub academic_year: String,
    /// The term's key.
    pub term: String,
    /// How many pupils; none if nobody counted, or if the count was no number or below 0.
    pub pupils: Option<i64>,
    /// How many of them are girls.
    pub girls: Option<i64>,
    /// How many of them are boys.
    pub boys: Option<i64>,
    /// Whether it is an estimate.
    pub estimated: bool,
    /// When they were counted.
    pub counted_on: Option<Date>,
    /// Of several rows of an activity and term that with the highest number counts, before the last modified.
    pub sequence: Option<i64>,
}

/// The members of an ensemble that come from a school, in a term.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnsembleMembers {
    /// The ensemble's key.
    pub ensemble: String,
    /// The ensemble's name; its key where it has none.
    pub name: String,
    /// The academic year of the term.
    pub academic_year: String,
    /// The term's key.
    pub term: String,
    /// The school's key; it can be of a school that is gone.
    pub school: String,
    /// How many members; none if nobody counted, or if the count was no number or below 0.
    pub members: Option<i64>,
}

/// A contract with a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// The number on the contract, which is no key: it can stand twice. The row's key where it has none.
    pub number: String,
    /// The school's key; it can be of a school that is gone.
    pub school: Option<String>,
    /// The academic year.
    pub academic_year: String,
    /// What was sold.
    pub product: Option<String>,
    /// The value in pence; none is unknown, below 0 is a credit.
    pub value_pence: Option<i64>,
    /// How far it is.
    pub status: ContractStatus,
    /// The day of the signature.
    pub signed_on: Option<Date>,
    /// The day on which it was called off.
    pub cancelled_on: Option<Date>,
}

/// How far a contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractStatus {
    /// Signed.
    Signed,
    /// Sent to the school.
    Sent,
    /// Being written.
    Draft,
    /// Everything else.
    CalledOff,
}

/// A value of a user-defined field of a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserValue {
    /// The school's key.
    pub school: String,
    /// The code of the field, without blanks at its ends.
    pub field: String,
    /// The text in the source without blanks at its ends; none if it is empty.
    pub value: Option<String>,
}

//! The directory of all schools, for callers who reach only one of them.

use entity::schools::directory_entry;
use entity::schools::school::{SchoolPhase, SchoolStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::search;
use crate::kernel::prelude::*;

/// A school of the hub as every caller of the hub may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectoryEntry {
    /// The school's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
    /// Unique Reference Number: six digits; absent outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Town.
    #[schema(max_length = 100, example = "Loughborough")]
    pub town: Option<String>,
    /// Phase of education.
    #[schema(example = "primary")]
    pub phase: SchoolPhase,
    /// Whether it is open.
    #[schema(example = "open")]
    pub status: SchoolStatus,
}

impl Fields for DirectoryEntry {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        name: String,
        urn: Option<i32>,
        town: Option<String>,
        phase: SchoolPhase,
        status: SchoolStatus,
    };
}

impl Listed for DirectoryEntry {
    type Entity = directory_entry::Entity;
    type Filter = DirectoryFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("name", directory_entry::Column::NameKey), ("urn", directory_entry::Column::Urn)];
    const COUNTS: &'static [&'static str] = &["phase", "status"];
}

/// Narrows the directory.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DirectoryFilter {
    /// Words that are all found in the name, town, postcode, URN or DfE number, each whole or in
    /// part and in any order. Case, accents, apostrophes and full stops do not matter.
    #[param(min_length = 1, max_length = 100, example = "woodgate primary")]
    pub q: Option<String>,
    /// Any of these URNs.
    #[serde(default)]
    #[param(max_items = 200, minimum = 100_000, maximum = 999_999)]
    pub urn: Vec<i32>,
    /// Any of these phases.
    #[serde(default)]
    #[param(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
    /// Any of these statuses.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<SchoolStatus>,
}

impl Filter<directory_entry::Entity> for DirectoryFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        Condition::all()
            .add_option(search::matching(directory_entry::Column::Id, caller.hub_id, self.q.as_deref()))
            .add_option(any_of(directory_entry::Column::Urn, &self.urn))
            .add_option(any_of(directory_entry::Column::Phase, &self.phase))
            .add_option(any_of(directory_entry::Column::Status, &self.status))
    }
}

routes! { ReadSchools: list_school_directory, count_school_directory }

/// Lists every school of the hub, by name and URN.
///
/// This is all that a school's own people see of other schools.
#[utoipa::path(
    get,
    path = "/school-directory",
    params(List<DirectoryEntry>),
    responses((status = 200, body = Page<DirectoryEntry>)),
)]
async fn list_school_directory(can: Can<ReadSchools>, list: List<DirectoryEntry>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the schools of the directory by one or two of their fields.
#[utoipa::path(
    get,
    path = "/school-directory/counts",
    params(CountBy<DirectoryEntry>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_directory(can: Can<ReadSchools>, by: CountBy<DirectoryEntry>) -> Result<Reply> {
    crud::counts(&can, by).await
}

//! Everything about one person in one file: what the person may ask the hub for.

use entity::instant::Instant;
use entity::people::person;
use sea_orm::QueryFilter;
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use crate::kernel::operations::about::{self, ItemsAbout, StepTaken};
use crate::kernel::operations::attachment::Download;
use crate::kernel::prelude::*;

/// A kind of item, as its history names it.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 60, example = "observation")]
pub struct HeldKind(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Everything that the hub keeps about a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonFile {
    /// When the file was made.
    pub made_at: Instant,
    /// The person.
    pub person: Person,
    /// What refers to the person, kind by kind.
    #[schema(max_items = 200)]
    pub items: Vec<ItemsAbout>,
    /// The kinds that the caller does not see in the whole hub: ask somebody who does for the rest.
    #[schema(value_type = Vec<HeldKind>, max_items = 200, example = json!(["observation"]))]
    pub withheld: Vec<String>,
    /// What the person did in the service, the newest first: 100,000 steps at most.
    #[schema(max_items = 100_000)]
    pub steps: Vec<StepTaken>,
}

routes! { WritePeople: get_person_file }

/// Gets everything about a person as one JSON file.
///
/// It holds the person's own fields, all items that refer to the person, archived ones among them, and what the person
/// did in the service. Texts that name the person without referring to them are not in it: `POST /erasures` with
/// `dry_run` counts those.
#[utoipa::path(
    get,
    path = "/people/{id}/file",
    responses((
        status = 200,
        description = "The file, named in `Content-Disposition` by the day.",
        body = PersonFile,
    )),
)]
async fn get_person_file(can: Can<WritePeople>, id: Id, how: Download) -> Result<HttpResponse> {
    let people = can.rows_archived::<person::Entity>().filter(person::Column::Id.eq(id.0));
    let row = people.one(can.db().read()).await?.ok_or_else(Problem::not_found)?;
    about::file(&can, row.id, &Person::from(&row), how).await
}

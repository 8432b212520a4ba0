//! To which schools a draft would go if it were sent now.

use entity::engagement::communication::{self, CommunicationStatus};
use sea_orm::QueryFilter;

use super::selection;
use crate::kernel::prelude::*;
use crate::schools::school::School;

routes! { ReadEngagement: preview_communication, count_communication_preview }

/// Lists the schools to which a draft would go if it were sent now.
///
/// The list is narrowed, sorted and paged as that of all schools. 409 for a message that is no draft: its recipients
/// stand under `/communications/{id}/recipients`.
#[utoipa::path(
    get,
    path = "/communications/{id}/preview",
    params(List<School>),
    responses((status = 200, body = Page<School>), (status = 409)),
)]
async fn preview_communication(can: Can<ReadEngagement>, id: Id, list: List<School>) -> Result<Reply> {
    let (reader, chosen) = chosen(&can, id.0).await?;
    crud::list(&reader, list.narrowed(chosen)).await
}

/// Counts the schools to which a draft would go by one or two of their fields.
#[utoipa::path(
    get,
    path = "/communications/{id}/preview/counts",
    params(CountBy<School>),
    responses((status = 200, body = Counts), (status = 409)),
)]
async fn count_communication_preview(can: Can<ReadEngagement>, id: Id, by: CountBy<School>) -> Result<Reply> {
    let (reader, chosen) = chosen(&can, id.0).await?;
    crud::counts(&reader, by.narrowed(chosen)).await
}

/// The caller as a reader of schools, and the condition that a draft makes for them.
async fn chosen(caller: &Caller, id: Uuid) -> Result<(Caller, Condition)> {
    let row = caller.rows::<communication::Entity>().filter(communication::Column::Id.eq(id));
    let row = row.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    if row.status != CommunicationStatus::Draft {
        return Err(Problem::conflict(format!(
            "cannot preview the recipients of a message that is {}: read GET /communications/{{id}}/recipients",
            row.status
        )));
    }
    let reader = caller.under(Scope::ReadSchools);
    let reader = reader.ok_or_else(|| Scope::ReadSchools.lacking())?;
    let chosen = selection::condition(&reader, &row);
    Ok((reader, chosen))
}

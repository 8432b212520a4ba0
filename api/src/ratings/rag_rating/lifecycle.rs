//! The decisions about a rating: a suggestion is accepted or dismissed, and a rating that counts is shared.

use entity::ratings::rag_rating::{self, RatingStatus};
use sea_orm::ActiveEnum;

use super::RagRating;
use super::transition::{ACCEPT, DISMISS, SHARE};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

routes! { WriteRatings: accept_rag_rating, dismiss_rag_rating, share_rag_rating }

/// Accepts a suggestion. The rating counts from its date on.
#[utoipa::path(
    post,
    path = "/rag-ratings/{id}/accept",
    request_body = Option<Reason>,
    responses((status = 200, body = RagRating)),
)]
async fn accept_rag_rating(can: Can<WriteRatings>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<RagRating>(&can, id.0, &ACCEPT, body.value.reason).await
}

/// Dismisses a suggestion.
///
/// The scheme does not suggest the same again before something has changed, or the suggestion has expired.
#[utoipa::path(
    post,
    path = "/rag-ratings/{id}/dismiss",
    request_body = Option<Reason>,
    responses((status = 200, body = RagRating)),
)]
async fn dismiss_rag_rating(can: Can<WriteRatings>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<RagRating>(&can, id.0, &DISMISS, body.value.reason).await
}

/// Shares a rating with the school, which sees it from now on.
///
/// A shared rating is never changed.
#[utoipa::path(
    post,
    path = "/rag-ratings/{id}/share",
    request_body = Option<Reason>,
    responses((status = 200, body = RagRating)),
)]
async fn share_rag_rating(can: Can<WriteRatings>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<RagRating>(&can, id.0, &SHARE, body.value.reason).await
}

impl Lifecycle for RagRating {
    async fn enter(write: &mut Write, row: &mut rag_rating::Model, verb: &Verb) -> Result<()> {
        let today = write.caller().today();
        if verb.name == SHARE.name {
            if let Some(day) = row.shared_on {
                return Err(Problem::conflict(format!("cannot share a rating twice: the school sees it since {day}")));
            }
            row.shared_on = Some(today);
            return Ok(());
        }
        if verb.name == ACCEPT.name
            && let Some(day) = row.valid_until.filter(|day| *day < today)
        {
            let detail = format!(
                "cannot accept a suggestion that expired on {day}: compute it again by POST \
                 /rag-schemes/{{id}}/recompute"
            );
            return Err(Problem::conflict(detail));
        }
        row.status = RatingStatus::try_from_value(&verb.to.to_owned())?;
        row.decided_at = Some(write.now());
        Ok(())
    }
}

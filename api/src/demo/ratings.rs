//! The scheme that comes with the service, in use, a draft to try things on, and ratings in every state.

use entity::kernel::job::{self, JobState};
use entity::ratings::rag_rating::{self, RatingStatus};
use entity::ratings::{rag_recomputation, rag_scheme};
use entity::row::Row;
use serde_json::json;
use time::macros::date;
use uuid::Uuid;

use super::hub::{Made, one};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job as jobs;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;
use crate::ratings::compute;
use crate::ratings::rag_rating::RagRating;
use crate::ratings::rag_rating::transition::{ACCEPT, DISMISS, SHARE};
use crate::ratings::rag_scheme::transition::ACTIVATE;
use crate::ratings::rag_scheme::{RagScheme, shipped};
use crate::ratings::recomputation::{RagRecomputation, fresh};

/// The day on which the schools were computed.
const ON: time::Date = date!(2025 - 12 - 01);

/// Makes the schemes and the ratings. With `examples` the draft and the first suggestion have the ids that examples
/// name.
///
/// # Errors
/// What any form breaks, which a test holds to be nothing.
pub async fn make(write: &mut Write, made: &Made, examples: bool) -> Result<()> {
    write.give_example_ids(examples);
    if examples {
        let mut draft = shipped::form()?;
        draft.title = "Need of support (draft to try things on)".to_owned();
        write.create::<RagScheme>(draft).await?;
    }
    write.give_example_ids(false);
    let scheme = write.create::<RagScheme>(shipped::form()?).await?;
    let scheme = lifecycle::enter::<RagScheme>(write, scheme, &ACTIVATE).await?;
    let mut schools: Vec<(i32, Uuid)> = made.schools.iter().map(|(urn, id)| (*urn, *id)).collect();
    schools.sort_unstable();
    let schools: Vec<Uuid> = schools.into_iter().map(|(_, id)| id).collect();
    record(write, &scheme, schools.len(), examples).await?;
    suggest(write, &scheme, &schools, examples).await?;
    for school in schools.iter().take(2) {
        let form = json!({
            "school_id": school,
            "on_date": "2025-12-08",
            "colour": "amber",
            "source": "by_hand",
            "reason": "The only music teacher leaves at Easter, and nobody follows yet",
            "valid_until": "2026-08-31",
            "support_code": "targeted",
        });
        one::<RagRating>(write, form).await?;
    }
    Ok(())
}

/// The first suggestion waits for a decision; of the others some are accepted, and some of these shared.
async fn suggest(write: &mut Write, scheme: &rag_scheme::Model, schools: &[Uuid], examples: bool) -> Result<()> {
    let caller = write.caller().clone();
    let computed = compute::schools(&caller, write.tx(), scheme, schools, ON).await?;
    for (at, one) in computed.into_iter().enumerate() {
        write.give_example_ids(examples && at == 0);
        let meta = write.meta_of::<rag_rating::Entity>();
        write.give_example_ids(false);
        let Some(row) = compute::suggestion(meta, scheme, one, ON) else { continue };
        write.create_many::<RagRating>(vec![row.clone()]).await?;
        let verb = match at % 6 {
            0 => continue,
            5 => &DISMISS,
            _ => &ACCEPT,
        };
        let row = lifecycle::enter::<RagRating>(write, row, verb).await?;
        if row.status == RatingStatus::Accepted && at % 2 == 0 {
            lifecycle::enter::<RagRating>(write, row, &SHARE).await?;
        }
    }
    Ok(())
}

/// The record of the computation, whose job has ended.
async fn record(write: &mut Write, scheme: &rag_scheme::Model, schools: usize, examples: bool) -> Result<()> {
    write.give_example_ids(examples);
    let meta = write.meta_of::<rag_recomputation::Entity>();
    write.give_example_ids(false);
    let count = i32::try_from(schools).unwrap_or(i32::MAX);
    let row = fresh(meta, scheme.id, ON, count);
    let row = rag_recomputation::Model { computed: count, suggested: count, ..row };
    let job = job::Model {
        state: JobState::Finished,
        attempts: 1,
        started_at: Some(write.now()),
        finished_at: Some(write.now()),
        ..jobs::fresh(row.meta(), write.caller().actor, &RagRecomputation::KIND)
    };
    write.insert_rows::<job::Entity>(&[&job]).await?;
    write.insert_rows::<rag_recomputation::Entity>(&[&row]).await
}

//! Marking one due of a target or a milestone as done. Where a target has a monitor, that is a
//! report on which the monitor decides.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::plans::milestone;
use entity::plans::parts::{Due, DueDone, Dues};
use entity::plans::progress_update::{self, Decision};
use entity::plans::target::{self, TargetKind};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::decisions;
use super::progress_update::{NewProgressUpdate, ProgressUpdate};
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::kernel::resource::traits::RowOf;
use crate::plans::nodes::DONE;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::parties::TargetParties;
use crate::plans::nodes::target::Target;
use crate::plans::rules;

/// When a due was done.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkDone {
    /// The day on which it was done, today or earlier; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-06-12")]
    pub done_on: Option<Date>,
    /// What was done, for the monitor and the history. No pupil names.
    #[schema(min_length = 1, max_length = 2000, example = "The road map went out with the minutes.")]
    pub note: Option<String>,
}

/// Why a due counts as not done.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkUndone {
    /// Why, for the monitor and the history. No pupil names.
    #[schema(min_length = 1, max_length = 2000, example = "The second half is still to come.")]
    pub note: Option<String>,
}

/// The state of a target after one of its dues was marked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetDue {
    /// The target as it now is.
    pub target: Target,
    /// The report that waits for the target's monitor; absent where the target has no monitor, or
    /// already says so.
    pub progress_update: Option<ProgressUpdate>,
}

/// The `{id}` and the `{n}` of a due's address.
pub struct DuePlace {
    id: Uuid,
    n: i32,
}

impl FromRequest for DuePlace {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let part = |name: &str| request.match_info().get(name).unwrap_or_default();
        let id = Uuid::try_parse(part("id")).ok();
        let n = part("n").parse().ok();
        ready(id.zip(n).map(|(id, n)| Self { id, n }).ok_or_else(Problem::not_found))
    }
}

/// What is said about a due.
struct Told {
    done_on: Option<Date>,
    note: Option<String>,
}

impl Told {
    fn done(caller: &Caller, body: &MarkDone) -> Self {
        Self { done_on: Some(body.done_on.unwrap_or_else(|| caller.today())), note: body.note.clone() }
    }

    fn undone(body: &MarkUndone) -> Self {
        Self { done_on: None, note: body.note.clone() }
    }

    /// The dues as they are once this counts, and the one that is meant.
    fn put<'a>(&self, caller: &Caller, dues: &'a Dues, n: i32) -> Result<(Dues, &'a Due)> {
        let due = rules::due_at(dues, n).ok_or_else(|| {
            let count = dues.len();
            Problem::new(Code::NotFound, format!("there is no due {n}: dues are counted from 1, and this has {count}"))
        })?;
        if self.done_on.is_some_and(|day| day > caller.today()) {
            return Err(Problem::invalid("/done_on", "in_future", "not after today"));
        }
        Ok((rules::with_done(dues, &[DueDone { due: n, done_on: self.done_on }]), due))
    }
}

routes! {
    ReportProgress: mark_target_due_done, mark_target_due_undone, mark_milestone_due_done, mark_milestone_due_undone;
}

/// Marks one due of a text target as done.
///
/// `n` is the position of the due among the target's `dues`, from 1. If the target has a monitor,
/// this creates a progress update, and the date counts once a monitor accepts it; a repeated
/// request finds that update while it is pending. Without a monitor the date counts at once. The
/// plan must be active.
#[utoipa::path(
    post,
    path = "/targets/{id}/dues/{n}/done",
    params(
        ("n" = i32, Path, minimum = 1, maximum = 20, description = "The due's place, from 1.", example = 1),
        ("If-Match" = Option<String>, Header),
    ),
    request_body = Option<MarkDone>,
    responses((status = 200, body = TargetDue)),
)]
async fn mark_target_due_done(
    can: Can<ReportProgress>,
    place: DuePlace,
    body: OptionalJson<MarkDone>,
) -> Result<Reply> {
    mark_target(&can, &place, Told::done(&can, &body)).await
}

/// Takes back that one due of a text target was done.
///
/// As with `done`, a monitor decides if the target has one.
#[utoipa::path(
    post,
    path = "/targets/{id}/dues/{n}/undone",
    params(
        ("n" = i32, Path, minimum = 1, maximum = 20, description = "The due's place, from 1.", example = 1),
        ("If-Match" = Option<String>, Header),
    ),
    request_body = Option<MarkUndone>,
    responses((status = 200, body = TargetDue)),
)]
async fn mark_target_due_undone(
    can: Can<ReportProgress>,
    place: DuePlace,
    body: OptionalJson<MarkUndone>,
) -> Result<Reply> {
    mark_target(&can, &place, Told::undone(&body)).await
}

/// Marks one due of a milestone as done.
///
/// `n` is the position of the due among the milestone's `dues`, from 1. The date counts at once.
/// The plan must be active.
#[utoipa::path(
    post,
    path = "/milestones/{id}/dues/{n}/done",
    params(
        ("n" = i32, Path, minimum = 1, maximum = 20, description = "The due's place, from 1.", example = 1),
        ("If-Match" = Option<String>, Header),
    ),
    request_body = Option<MarkDone>,
    responses((status = 200, body = Milestone)),
)]
async fn mark_milestone_due_done(
    can: Can<ReportProgress>,
    place: DuePlace,
    body: OptionalJson<MarkDone>,
) -> Result<Reply> {
    mark_milestone(&can, &place, Told::done(&can, &body)).await
}

/// Takes back that one due of a milestone was done.
#[utoipa::path(
    post,
    path = "/milestones/{id}/dues/{n}/undone",
    params(
        ("n" = i32, Path, minimum = 1, maximum = 20, description = "The due's place, from 1.", example = 1),
        ("If-Match" = Option<String>, Header),
    ),
    request_body = Option<MarkUndone>,
    responses((status = 200, body = Milestone)),
)]
async fn mark_milestone_due_undone(
    can: Can<ReportProgress>,
    place: DuePlace,
    body: OptionalJson<MarkUndone>,
) -> Result<Reply> {
    mark_milestone(&can, &place, Told::undone(&body)).await
}

/// The node behind the address, in a plan that is active and locked.
async fn node<N: Child>(write: &Write, place: &DuePlace) -> Result<RowOf<N>> {
    write.lock_above::<N>(Some(place.id)).await?;
    let row = write.row::<N::Entity>(place.id).await?;
    write.expect_sent_version(&row)?;
    decisions::in_force(write, N::root_id(&row)?).await?;
    Ok(row)
}

async fn mark_milestone(caller: &Caller, place: &DuePlace, told: Told) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = node::<Milestone>(write, place).await?;
        let (dues, _) = told.put(caller, &before.dues, place.n)?;
        if dues == before.dues {
            return crud::answer::<Milestone>(caller, &before, false);
        }
        write.because(told.note.clone());
        let after = milestone::Model { dues, ..before.clone() };
        let row = write.store::<Milestone>(Some(before), after, DONE).await?;
        crud::answer::<Milestone>(caller, &row, false)
    })
    .await
}

async fn mark_target(caller: &Caller, place: &DuePlace, told: Told) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = node::<Target>(write, place).await?;
        if before.kind == TargetKind::Measured {
            let detail = "a measured target is met by its figure: report a value by POST /progress-updates";
            return Err(Problem::conflict(detail));
        }
        let (dues, due) = told.put(caller, &before.dues, place.n)?;
        if dues == before.dues {
            return answer(&before, None);
        }
        if TargetParties::of(write, &before).await?.monitors.is_empty() {
            write.because(told.note.clone());
            let after = target::Model { dues, ..before.clone() };
            let row = write.store::<Target>(Some(before), after, DONE).await?;
            return answer(&row, None);
        }
        let done = DueDone { due: place.n, done_on: told.done_on };
        let update = match pending(write, before.id, &done).await? {
            Some(update) => update,
            None => {
                let narrative = told.note.clone().unwrap_or_else(|| narrative(due, told.done_on));
                write.create::<ProgressUpdate>(report(caller, &before, done, narrative)).await?
            }
        };
        answer(&before, Some(&update))
    })
    .await
}

fn answer(target: &target::Model, update: Option<&progress_update::Model>) -> Result<Reply> {
    let reply = TargetDue { target: Target::from(target), progress_update: update.map(ProgressUpdate::from) };
    Ok(Reply::ok(&reply)?.version(target.version))
}

fn report(caller: &Caller, target: &target::Model, done: DueDone, narrative: String) -> NewProgressUpdate {
    NewProgressUpdate {
        target_id: target.id,
        on_date: done.done_on.unwrap_or_else(|| caller.today()),
        value: None,
        dues_done: vec![done].into(),
        opinion: None,
        narrative,
        evidence_links: Vec::new().into(),
    }
}

fn narrative(due: &Due, done_on: Option<Date>) -> String {
    match done_on {
        Some(day) => format!("Done on {day}: what was due {}.", due.label),
        None => format!("Not done after all: what was due {}.", due.label),
    }
}

/// The report of just this that waits for a decision already.
async fn pending(write: &Write, target_id: Uuid, done: &DueDone) -> Result<Option<progress_update::Model>> {
    let waiting = write.caller().rows::<progress_update::Entity>();
    let waiting = waiting.filter(progress_update::Column::TargetId.eq(target_id));
    let waiting = waiting.filter(progress_update::Column::Decision.eq(Decision::Pending));
    let waiting = waiting.order_by_asc(progress_update::Column::Id).all(write.tx()).await?;
    Ok(waiting.into_iter().find(|update| *update.dues_done == *std::slice::from_ref(done)))
}

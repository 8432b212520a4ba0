//! A return's way from the school to the hub.

use entity::outcomes::collection::{self, CollectionStatus};
use entity::outcomes::school_return::{self, ReturnStatus};
use sea_orm::{ActiveEnum, QueryFilter};

use super::transition::{ACCEPT, SEND_BACK, SUBMIT};
use super::{RETURNS, SchoolReturn};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};
use crate::outcomes::{rules, store};

routes! { WriteOutcomes: submit_school_return, accept_school_return, send_back_school_return }

/// Sends a return to the hub. The school cannot change its figures until the hub sends the return back.
#[utoipa::path(
    post,
    path = "/returns/{id}/submit",
    request_body = Option<Reason>,
    responses((status = 200, body = SchoolReturn)),
)]
async fn submit_school_return(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<SchoolReturn>(&can, id.0, &SUBMIT, body.value.reason).await
}

/// Accepts a return.
#[utoipa::path(
    post,
    path = "/returns/{id}/accept",
    request_body = Option<Reason>,
    responses((status = 200, body = SchoolReturn)),
)]
async fn accept_school_return(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<SchoolReturn>(&can, id.0, &ACCEPT, body.value.reason).await
}

/// Sends a return back to the school, which corrects it. The school sees the reason.
#[utoipa::path(
    post,
    path = "/returns/{id}/send-back",
    request_body = RequiredReason,
    responses((status = 200, body = SchoolReturn)),
)]
async fn send_back_school_return(can: Can<WriteOutcomes>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<SchoolReturn>(&can, id.0, &SEND_BACK, Some(body.into_inner().reason)).await
}

impl Lifecycle for SchoolReturn {
    async fn admit(write: &Write, _: &school_return::Model, verb: &Verb) -> Result<()> {
        if verb.name == SUBMIT.name { Ok(()) } else { write.caller().expect_writes_hub(RETURNS) }
    }

    async fn enter(write: &mut Write, row: &mut school_return::Model, verb: &Verb) -> Result<()> {
        row.status = ReturnStatus::try_from_value(&verb.to.to_owned())?;
        row.status_reason = None;
        match row.status {
            ReturnStatus::Submitted => submit(write, row).await,
            ReturnStatus::SentBack => {
                row.status_reason = write.reason().map(str::to_owned);
                row.decided_at = Some(write.now());
                Ok(())
            }
            ReturnStatus::Accepted => {
                row.decided_at = Some(write.now());
                Ok(())
            }
            ReturnStatus::Draft => Ok(()),
        }
    }
}

/// More numbers than these help nobody.
const NAMED: usize = 20;

async fn submit(write: &Write, row: &mut school_return::Model) -> Result<()> {
    let caller = write.caller();
    let collection = caller.rows::<collection::Entity>().filter(collection::Column::Id.eq(row.collection_id));
    let collection = collection.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
    if collection.status != CollectionStatus::Open && !store::writes_hub(caller) {
        return Err(Problem::conflict(
            "cannot send a return of a collection that is not open: ask the hub to open it, or to send the return for \
             the school",
        ));
    }
    let year = collection.academic_year.as_str();
    let figures = store::figures(caller, write.tx(), (row.school_id, year), &collection.lines).await?;
    let figure = |line: &collection::FormLine| {
        figures.get(&(line.definition_code.clone(), rules::cell(&rules::codes_of(line), None)))
    };
    let missing = collection.lines.iter().filter(|line| line.required && figure(line).is_none());
    let missing: Vec<_> = missing.map(|line| line.number.as_str()).collect();
    if !missing.is_empty() {
        let named = missing[..missing.len().min(NAMED)].join(", ");
        let lines = if missing.len() == 1 { "line" } else { "lines" };
        return Err(Problem::conflict(format!(
            "cannot send a return without {} {lines} of the form: {named}. Give each a figure, a best estimate, or the \
             reason why there is none",
            missing.len()
        )));
    }
    let estimated = collection.lines.iter().filter(|line| figure(line).is_some_and(|figure| figure.estimated)).count();
    row.estimated_lines = i32::try_from(estimated).ok();
    row.submitted_at = Some(write.now());
    row.decided_at = None;
    Ok(())
}

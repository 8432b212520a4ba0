//! An application's way from applied to awarded or declined.

use entity::frameworks::award_application::{self, ApplicationStatus};
use sea_orm::ActiveEnum;
use utoipa::ToSchema;

use super::AwardApplication;
use super::transition::{ASSESS, AWARD, DECLINE};
use crate::frameworks::award::rules::AwardRequirement;
use crate::frameworks::award::{check, rules};
use crate::frameworks::evaluation::stake;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

/// What was found when an application was assessed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessAwardApplication {
    /// A working note, which the school never sees. No pupil names; safeguarding concerns go to the school's designated
    /// lead, not here.
    #[schema(min_length = 1, max_length = 2000, example = "Heard the choir and the band; the recordings are dated")]
    pub note: Option<String>,
}

routes! { AssessAwards: assess_award_application, award_award_application, decline_award_application }

/// Assesses an application. It cannot change any more.
#[utoipa::path(
    post,
    path = "/award-applications/{id}/assess",
    request_body = Option<AssessAwardApplication>,
    responses((status = 200, body = AwardApplication)),
)]
async fn assess_award_application(
    can: Can<AssessAwards>,
    id: Id,
    body: OptionalJson<AssessAwardApplication>,
) -> Result<Reply> {
    crud::transition::<AwardApplication>(&can, id.0, &ASSESS, body.value.note).await
}

/// Gives the award. It holds from today for as many months as the scheme says.
#[utoipa::path(
    post,
    path = "/award-applications/{id}/award",
    request_body = Option<Reason>,
    responses((status = 200, body = AwardApplication)),
)]
async fn award_award_application(can: Can<AssessAwards>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<AwardApplication>(&can, id.0, &AWARD, body.value.reason).await
}

/// Declines an application with a reason, which the school reads.
#[utoipa::path(post, path = "/award-applications/{id}/decline", responses((status = 200, body = AwardApplication)))]
async fn decline_award_application(can: Can<AssessAwards>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<AwardApplication>(&can, id.0, &DECLINE, Some(body.into_inner().reason)).await
}

impl Lifecycle for AwardApplication {
    async fn admit(write: &Write, row: &award_application::Model, _verb: &Verb) -> Result<()> {
        let Some(person) = write.caller().actor.person_id() else {
            return Err(Problem::forbidden("only people assess, no partner system"));
        };
        match stake::of(write.caller(), write.tx(), person, &[row.school_id]).await?.get(&row.school_id) {
            Some(stake) => Err(Problem::forbidden(stake.rule())),
            None => Ok(()),
        }
    }

    async fn enter(write: &mut Write, row: &mut award_application::Model, verb: &Verb) -> Result<()> {
        row.status = ApplicationStatus::try_from_value(&verb.to.to_owned())?;
        let (now, person) = (Some(write.now()), write.caller().actor.person_id());
        let reason = write.reason().map(str::to_owned);
        match row.status {
            ApplicationStatus::Applied => {}
            ApplicationStatus::Assessed => {
                (row.assessed_at, row.assessed_by_id, row.assessor_notes) = (now, person, reason);
            }
            ApplicationStatus::Awarded => {
                let months = expect_met(write, row).await?;
                let today = write.caller().today();
                (row.awarded_on, row.valid_until) = (Some(today), Some(rules::valid_until(today, months)));
                (row.decided_at, row.decided_by_id, row.decision_reason) = (now, person, reason);
            }
            ApplicationStatus::Declined => {
                (row.decided_at, row.decided_by_id, row.decision_reason) = (now, person, reason);
            }
        }
        Ok(())
    }
}

/// Refuses an application that lacks something, and says for how many months the award holds.
async fn expect_met(write: &Write, row: &award_application::Model) -> Result<i32> {
    let found = check::of(write.caller(), write.tx(), row).await?;
    let missing = found.requirements.iter().enumerate().filter(|(_, requirement)| !requirement.met);
    let problem = Problem::conflict("cannot give an award for which something is missing: decline it, or wait for it");
    let fault =
        |(at, it): (usize, &AwardRequirement)| Fault::new(format!("/requirements/{at}"), "incomplete", &it.message);
    let faults: Vec<Fault> = missing.map(fault).collect();
    if faults.is_empty() { Ok(found.valid_months) } else { Err(faults.into_iter().fold(problem, Problem::with)) }
}

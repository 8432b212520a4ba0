//! The frameworks that come with the service, in use, and a draft to try things on.

use entity::frameworks::framework::{self, FrameworkKind};
use serde_json::json;
use time::macros::datetime;
use uuid::Uuid;

use super::hub::{decode, one};
use crate::frameworks::criterion::FrameworkCriterion;
use crate::frameworks::framework::Framework;
use crate::frameworks::framework::transition::{PUBLISH, START_PILOT};
use crate::frameworks::section::FrameworkSection;
use crate::frameworks::shipped::ShippedCode;
use crate::frameworks::tree::create;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;

/// The one that two clusters of schools try out, as in the plan.
const IN_PILOT: ShippedCode = ShippedCode::PeerReview;

/// The frameworks in use, by what the demo does with them.
pub struct InUse {
    pub self_evaluation: Uuid,
    pub visit_audit: Uuid,
    pub lesson_observation: Uuid,
}

/// Makes the frameworks, and returns the ones that the demo uses. With `examples` there is a draft too, whose parts
/// have the ids that the document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, examples: bool) -> Result<InUse> {
    if examples {
        draft(write).await?;
    }
    let mut made = Vec::new();
    for code in ShippedCode::ALL {
        let draft = create::plant(write, code.form()?).await?;
        let verb = if *code == IN_PILOT { &START_PILOT } else { &PUBLISH };
        let entered = lifecycle::enter::<Framework>(write, draft, verb).await?;
        made.push(date_back(write, entered).await?);
    }
    let of = |kind| {
        let found = made.iter().find(|it| it.kind == kind).map(|it| it.id);
        found.ok_or_else(|| Problem::internal("a kind of framework has none that comes with the service"))
    };
    Ok(InUse {
        self_evaluation: of(FrameworkKind::SelfEvaluation)?,
        visit_audit: of(FrameworkKind::VisitAudit)?,
        lesson_observation: of(FrameworkKind::LessonObservation)?,
    })
}

/// Lets a framework have been ready when the plan was.
async fn date_back(write: &Write, row: framework::Model) -> Result<framework::Model> {
    let ready = Some(datetime!(2014-09-12 14:00 UTC).into());
    let (piloted_at, published_at) = (row.piloted_at.and(ready), row.published_at.and(ready));
    let row = framework::Model { piloted_at, published_at, ..row };
    write.replace_row::<framework::Entity>(&row).await?;
    Ok(row)
}

async fn draft(write: &mut Write) -> Result<()> {
    write.give_example_ids(true);
    let form = json!({ "kind": "self_evaluation", "title": "Singing in our school (draft to try things on)" });
    let form = decode(write, form)?;
    create::plant(write, form).await?;
    let section = json!({ "framework_id": example_id("framework"), "title": "Singing" });
    one::<FrameworkSection>(write, section).await?;
    let criterion = json!({
        "section_id": example_id("framework_section"),
        "statement": "Every pupil sings every week",
        "evidence": "A timetable, a repertoire list, a recording",
        "levels": [
            { "name": "Emerging", "descriptor": "Some classes sing." },
            { "name": "Secure", "descriptor": "Every class sings every week." },
        ],
    });
    one::<FrameworkCriterion>(write, criterion).await?;
    write.give_example_ids(false);
    Ok(())
}

//! Award schemes, and the applications of a few schools.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::frameworks::award::application::AwardApplication;
use crate::frameworks::award::application::transition::{ASSESS, AWARD, DECLINE};
use crate::frameworks::award::scheme::AwardScheme;
use crate::frameworks::award::scheme::transition::USE;
use crate::kernel::base::problem::Result;
use crate::kernel::operations::attachment;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::Write;

/// The schools that applied, each with the verbs that its application has come through and the reason of the last.
const APPLIED: &[(i32, &[Verb], Option<&str>)] = &[
    // That of the examples.
    (137_358, &[], None),
    (137_969, &[ASSESS, AWARD], Some("A strong singing culture in every year group")),
    (
        140_702,
        &[ASSESS, DECLINE],
        Some("Too few criteria are secure yet: apply again when the next evaluation is agreed"),
    ),
];

/// Makes the schemes on a published framework, and the applications. With `examples` the first row of each kind has the
/// id that the document's examples name.
///
/// # Errors
/// What any form breaks, which a test holds to be nothing.
pub async fn make(write: &mut Write, framework: Uuid, made: &Made, examples: bool) -> Result<()> {
    if examples {
        write.give_example_ids(true);
        let draft = decode(write, scheme(framework, "Singing school award (draft to try things on)"))?;
        write.create::<AwardScheme>(draft).await?;
        write.give_example_ids(false);
    }
    let form = decode(write, scheme(framework, "School music award"))?;
    let scheme = write.create::<AwardScheme>(form).await?;
    let scheme = lifecycle::enter::<AwardScheme>(write, scheme, &USE).await?;
    for (index, (urn, verbs, reason)) in APPLIED.iter().enumerate() {
        let Some(school) = made.schools.get(urn) else { continue };
        let Some(evaluation) = agreed(write, *school, framework).await? else { continue };
        let form = json!({
            "school_id": school,
            "scheme_id": scheme.id,
            "level": "bronze",
            "evaluation_id": evaluation,
            "evidence": [{ "code": "recording", "text": "The summer concert, all year groups" }],
        });
        write.give_example_ids(examples && index == 0);
        let form = decode(write, form)?;
        let mut row = write.create::<AwardApplication>(form).await?;
        write.give_example_ids(false);
        if index == 0 {
            let programme = b"Summer concert\nEvery class sings; the band plays last.\n";
            attachment::attach_content::<AwardApplication>(write, row.id, "programme.txt", programme).await?;
        }
        for verb in *verbs {
            write.because(reason.filter(|_| *verb != ASSESS).map(str::to_owned));
            row = lifecycle::enter::<AwardApplication>(write, row, verb).await?;
            write.because(None);
        }
    }
    Ok(())
}

fn scheme(framework: Uuid, title: &str) -> serde_json::Value {
    json!({
        "title": title,
        "description": "For schools in which all pupils make music",
        "framework_id": framework,
        "valid_months": 24,
        "levels": [
            { "level": "bronze", "criterion_level": 2, "share_percent": 50 },
            { "level": "silver", "criterion_level": 3, "share_percent": 50, "section_share_percent": 25 },
            { "level": "gold", "criterion_level": 3, "share_percent": 90, "section_share_percent": 75 },
        ],
        "evidence": [
            { "code": "recording", "title": "A recording of a performance", "from_level": "bronze" },
            { "code": "timetable", "title": "The timetable of all classes", "from_level": "silver" },
        ],
    })
}

/// The last agreed evaluation of a school on a framework.
async fn agreed(write: &Write, school: Uuid, framework: Uuid) -> Result<Option<Uuid>> {
    use evaluation::Column;

    let rows = write.caller().rows::<evaluation::Entity>().filter(Column::SchoolId.eq(school));
    let rows = rows.filter(Column::FrameworkId.eq(framework)).filter(Column::Status.eq(EvaluationStatus::Agreed));
    Ok(rows.order_by_desc(Column::AcademicYear).one(write.tx()).await?.map(|row| row.id))
}

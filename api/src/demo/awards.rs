//! Award schemes, and the applications of a few schools.

use entity::frameworks::award_application::{self, ApplicationStatus};
use entity::frameworks::evaluation::{self, EvaluationStatus};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::{Date, Duration};
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::frameworks::award::application::AwardApplication;
use crate::frameworks::award::application::transition::{ASSESS, AWARD, DECLINE};
use crate::frameworks::award::scheme::AwardScheme;
use crate::frameworks::award::scheme::transition::USE;
use crate::kernel::base::clock::{day_begins, day_of};
use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::Result;
use crate::kernel::operations::attachment;
use crate::kernel::resource::lifecycle::{self, Lifecycle};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::Write;

/// An application, and how far it came.
#[derive(Clone, Deserialize)]
pub struct ApplicationStory {
    urn: i32,
    status: ApplicationStatus,
    /// Why it was awarded or declined.
    reason: Option<String>,
    /// How long ago it was made and decided, so that an award may end soon.
    #[serde(default)]
    months_ago: i32,
    /// The day on which it was made, instead.
    #[serde(default, with = "entity::date::option")]
    applied_on: Option<Date>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

/// Makes the schemes on a published framework, and the applications. With `examples` the first row of each kind has the
/// id that the document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(
    write: &mut Write,
    stories: &[ApplicationStory],
    framework: Uuid,
    made: &Made,
    examples: bool,
) -> Result<()> {
    if examples {
        write.give_example_ids(true);
        let draft = decode(write, scheme(framework, "Singing school award (draft to try things on)"))?;
        write.create::<AwardScheme>(draft).await?;
        write.give_example_ids(false);
    }
    let form = decode(write, scheme(framework, "School music award"))?;
    let scheme = write.create::<AwardScheme>(form).await?;
    let scheme = lifecycle::enter::<AwardScheme>(write, scheme, &USE).await?;
    for (index, story) in stories.iter().enumerate() {
        let Some(school) = made.schools.get(&story.urn) else { continue };
        let Some(evaluation) = agreed(write, *school, framework).await? else { continue };
        let mut form = story.form.clone();
        form.insert("school_id".to_owned(), json!(school));
        form.insert("scheme_id".to_owned(), json!(scheme.id));
        form.insert("evaluation_id".to_owned(), json!(evaluation));
        write.give_example_ids(examples && index == 0);
        let form = decode(write, Value::Object(form))?;
        let mut row = write.create::<AwardApplication>(form).await?;
        write.give_example_ids(false);
        if index == 0 {
            let programme = b"Summer concert\nEvery class sings; the band plays last.\n";
            attachment::attach_content::<AwardApplication>(write, row.id, "programme.txt", programme).await?;
        }
        for verb in way(story.status) {
            write.because(story.reason.clone().filter(|_| verb.name != ASSESS.name));
            let mut after = row.clone();
            AwardApplication::enter(write, &mut after, verb).await?;
            date_back(&mut after, story.months_ago);
            row = write.store::<AwardApplication>(Some(row), after, Operation::Verb(verb.name)).await?;
            write.because(None);
        }
        if let Some(applied_on) = story.applied_on {
            apply_on(write, row, applied_on).await?;
        }
    }
    Ok(())
}

/// The verbs that lead to a state.
const fn way(status: ApplicationStatus) -> &'static [Verb] {
    match status {
        ApplicationStatus::Applied => &[],
        ApplicationStatus::Assessed => &[ASSESS],
        ApplicationStatus::Awarded => &[ASSESS, AWARD],
        ApplicationStatus::Declined => &[ASSESS, DECLINE],
    }
}

/// Moves the days of an application that has ended by so many months.
fn date_back(row: &mut award_application::Model, months: i32) {
    let back = |day: Date| months_later(day, -months);
    if row.decided_at.is_some() {
        row.applied_on = back(row.applied_on);
        row.awarded_on = row.awarded_on.map(back);
        row.valid_until = row.valid_until.map(back);
        row.decided_at = row.decided_at.map(|at| day_begins(back(day_of(at))));
    }
}

/// Lets an application have been made on a day, assessed a week later, and decided on after another two.
async fn apply_on(write: &Write, row: award_application::Model, applied_on: Date) -> Result<()> {
    let assessed_at = row.assessed_at.map(|_| day_begins(applied_on + Duration::WEEK));
    let decided_at = row.decided_at.map(|_| day_begins(applied_on + Duration::weeks(3)));
    let row = award_application::Model { applied_on, assessed_at, decided_at, ..row };
    write.replace_row::<award_application::Entity>(&row).await
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

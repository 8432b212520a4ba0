//! What a visitor wants to know of a school before going, and a school of itself, on one page.

mod exams;
pub(super) mod load;
mod page;
mod words;

use actix_web::http::header::{CONTENT_LANGUAGE, VARY};
use entity::instant::Instant;
use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{RatingSource, SupportCode};
use entity::schools::assignment::AssignmentRole;
use entity::visits::visit::{VisitKind, VisitMode, VisitStatus};
use entity::visits::visit_report::{ReportRag, ReportStatus};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

pub use self::exams::BriefedExams;
use crate::frameworks::evaluation::results::EvaluationResults;
use crate::kernel::base::sheet::{HtmlPage, file_name};
use crate::kernel::document::accept::{Accepted, PageFormat};
use crate::kernel::prelude::*;
use crate::outcomes::school_plan_record::SchoolPlanRecord;
use crate::people::store::named::NamedPerson;
use crate::schools::school::School;

/// A school as a visitor wants to know it before going, and as its own people see it. Each part follows the caller's
/// own rights: one that the caller may not see is absent, and an empty list says that there is nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Briefing {
    /// The day for which it holds.
    #[serde(with = "entity::date")]
    #[schema(example = "2015-03-31")]
    pub as_at: Date,
    /// The school, with pupils on roll and address.
    pub school: School,
    /// The area that the school lies in.
    #[schema(max_length = 200, example = "Leicester City")]
    pub area: Option<String>,
    /// Who is assigned to the school, the one who leads first.
    #[schema(max_items = 50)]
    pub specialists: Vec<BriefedSpecialist>,
    /// Who is who at the school, the primary contact first.
    #[schema(max_items = 100)]
    pub contacts: Option<Vec<BriefedContact>>,
    /// Visits that are planned or confirmed, the next one first.
    #[schema(max_items = 20)]
    pub visits_to_come: Option<Vec<BriefedVisit>>,
    /// The visits that were made last, the latest first, with the report that holds.
    #[schema(max_items = 3)]
    pub last_visits: Option<Vec<BriefedVisit>>,
    /// The actions that are open, those due first at the top.
    #[schema(max_items = 200)]
    pub open_actions: Option<Vec<BriefedAction>>,
    /// The ratings that were accepted, the latest first.
    #[schema(max_items = 5)]
    pub ratings: Option<Vec<BriefedRating>>,
    /// The last self-evaluation that was handed in.
    pub evaluation: Option<BriefedEvaluation>,
    /// The latest record of music in the school's own plans.
    pub plan_record: Option<SchoolPlanRecord>,
    /// The school's results in music of the last three years that have any, the latest first.
    #[schema(max_items = 100)]
    pub exam_results: Option<Vec<BriefedExams>>,
    /// What the active plans want of this school: the targets of the plan year after the day, or of the running one
    /// where none follows, that count schools, or count a cohort with this school in it.
    #[schema(max_items = 100)]
    pub targets: Option<Vec<BriefedTarget>>,
}

/// Somebody who is assigned to the school.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedSpecialist {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-9c0b7a0b61e0")]
    pub person_id: Uuid,
    /// The name.
    #[schema(max_length = 200, example = "Vivace Rondo")]
    pub name: Option<String>,
    /// What the person is in the hub: the post, or else the designation.
    #[schema(max_length = 200, example = "Specialist leader")]
    pub job_role: Option<String>,
    /// The part in the school's support.
    pub role: AssignmentRole,
}

/// Somebody at the school.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedContact {
    /// The job, in the school's own words.
    #[schema(max_length = 100, example = "Head of music")]
    pub job_role: String,
    /// True for whom to ask first.
    #[schema(example = true)]
    pub is_primary: bool,
    /// The name.
    #[schema(max_length = 200, example = "Cantata Bell")]
    pub name: Option<String>,
    /// The e-mail address.
    #[schema(format = Email, max_length = 254, example = "c.bell@woodgate.example")]
    pub email: Option<String>,
    /// The telephone number.
    #[schema(max_length = 40, example = "0116 496 0101")]
    pub telephone: Option<String>,
}

/// A visit, and the report that holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedVisit {
    /// The visit.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// When it begins.
    #[schema(example = "2015-02-03T09:30:00.000000Z")]
    pub starts_at: Instant,
    /// What it is for.
    pub kind: VisitKind,
    /// How it takes place.
    pub mode: VisitMode,
    /// How far it has come.
    pub status: VisitStatus,
    /// Who visits.
    #[schema(max_length = 200, example = "Vivace Rondo")]
    pub visitor: Option<String>,
    /// Everybody of the hub who comes, by name and role, the visitor first.
    #[schema(max_items = 11)]
    pub visitors: Vec<NamedPerson>,
    /// What it is about.
    #[schema(max_length = 2000, example = "Meet the music lead and see two lessons")]
    pub purpose: Option<String>,
    /// The newest version of its report.
    pub report: Option<BriefedReport>,
}

/// The newest version of a visit's report.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedReport {
    /// The report.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// How far it has come.
    pub status: ReportStatus,
    /// How much support the school needs, as the visitor saw it.
    pub rag: Option<ReportRag>,
    /// What was seen.
    #[schema(max_length = 8000, example = "Two lessons and a choir rehearsal")]
    pub seen: Option<String>,
    /// What the school does well.
    #[schema(max_length = 8000, example = "Confident singing in two parts")]
    pub strengths: Option<String>,
    /// What the school wants to work on.
    #[schema(max_length = 8000, example = "Continuation after first access")]
    pub areas_to_develop: Option<String>,
    /// What the school says to it.
    #[schema(max_length = 4000, example = json!(null))]
    pub answer_comment: Option<String>,
}

/// An action that is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedAction {
    /// The action.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What is to be done.
    #[schema(max_length = 2000, example = "Timetable the choir for the summer term")]
    pub text: String,
    /// Who does it: a person's name, or a role.
    #[schema(max_length = 200, example = "Head of music")]
    pub owner: Option<String>,
    /// The day by which it is to be done.
    #[serde(with = "entity::date")]
    #[schema(example = "2015-05-01")]
    pub due_on: Date,
    /// True if that day is past.
    #[schema(example = false)]
    pub overdue: bool,
}

/// A rating that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedRating {
    /// The day of the rating.
    #[serde(with = "entity::date")]
    #[schema(example = "2014-09-15")]
    pub on_date: Date,
    /// How much support the school needs.
    pub colour: RatingColour,
    /// Where it comes from.
    pub source: RatingSource,
    /// Why.
    #[schema(max_length = 2000, example = "No music in the timetable of Year 4")]
    pub reason: Option<String>,
    /// The kind of support that follows.
    pub support_code: Option<SupportCode>,
    /// True if it still holds on the day: it is the latest that has not expired.
    #[schema(example = true)]
    pub current: bool,
}

/// The last self-evaluation that was handed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedEvaluation {
    /// What the school judged itself by.
    #[schema(max_length = 200, example = "School music development plan: self-evaluation")]
    pub framework: String,
    /// The levels, section by section, beside the levels of the time before and of similar schools.
    pub results: EvaluationResults,
}

/// A target of a plan that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedTarget {
    /// The objective's number in the plan.
    #[schema(minimum = 1, example = 5)]
    pub objective: i32,
    /// What is to be reached.
    #[schema(max_length = 2000, example = "40 % of schools are visited for the first time")]
    pub statement: String,
    /// The plan year.
    #[schema(max_length = 40, example = "2015/16")]
    pub plan_year: String,
    /// The cohort that it counts, if it counts one.
    #[schema(max_length = 200, example = json!(null))]
    pub cohort: Option<String>,
    /// The last day on which it is due.
    #[serde(with = "entity::date::option")]
    #[schema(example = "2016-03-31")]
    pub last_due_on: Option<Date>,
}

/// Query of a briefing.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BriefingQuery {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves the choice.
    #[param(inline, example = "json")]
    pub format: Option<PageFormat>,
}

routes! { ReadSchools: get_school_briefing }

/// Gets what a visitor wants to know of a school before going, as data or as a page to print.
///
/// People at the school, the last visits with their reports, open actions, ratings, the last self-evaluation, music in
/// the school's plans, its results in music, and the plan's targets that concern the school. Each part needs its own
/// scope and follows the caller's reach; a part without the scope is absent. A school's own people read the briefing of
/// their school: reports, actions and ratings once they are shared with it, and people of the hub by name and role.
#[utoipa::path(
    get,
    path = "/schools/{id}/briefing",
    params(BriefingQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The briefing, in the form asked for, with an `ETag`.",
            content((Briefing = "application/json"), (HtmlPage = "text/html")),
        ),
        (status = 304, description = "The briefing named in `If-None-Match` is still the same."),
    ),
)]
async fn get_school_briefing(
    can: Can<ReadSchools>,
    id: Id,
    query: Query<BriefingQuery>,
    accepted: Accepted<PageFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let (briefing, version) = load::briefing(&can, id.0).await?;
    let reply = match format {
        PageFormat::Json => Reply::ok(&briefing)?,
        PageFormat::Html => {
            page::html(&briefing)?.reply(&file_name(&format!("{} briefing", briefing.school.name), "school", "html"))
        }
    };
    Ok(reply.with(VARY, "Accept").with(CONTENT_LANGUAGE, "en-GB").version_and_hash(version))
}

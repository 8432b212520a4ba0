//! An evaluation as a page to read and to print, with picture, evidence and next steps.

use actix_web::http::header::VARY;
use askama::Template;
use entity::frameworks::evaluation::EvaluationStatus;
use entity::frameworks::{criterion, evaluation_response as response};
use entity::identity::hub;
use entity::instant::Instant;
use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect};

use super::{Found, SectionResult, picture};
use crate::frameworks::evaluation::rules;
use crate::kernel::base::clock::day_of;
use crate::kernel::base::sheet::{HtmlPage, Sheet, day, file_name};
use crate::kernel::prelude::*;

#[derive(Template)]
#[template(path = "evaluation.html")]
struct Page<'a> {
    found: &'a Found,
    school: &'a str,
    hub: &'a str,
    picture: &'a str,
    sections: Vec<Section<'a>>,
    submitted: Option<String>,
    decided: Option<String>,
    style: &'a str,
}

/// A section with its answers.
struct Section<'a> {
    result: &'a SectionResult,
    answers: Vec<Answer<'a>>,
}

/// A criterion with its answer.
struct Answer<'a> {
    criterion: &'a criterion::Model,
    row: &'a response::Model,
}

impl Answer<'_> {
    /// The level that counts, with its name.
    fn level(&self) -> String {
        let name = |level: i32| {
            let at = usize::try_from(level - 1).ok()?;
            self.criterion.levels.get(at).map(|it| format!("{level} of {}: {}", self.row.levels, it.name))
        };
        match rules::counted(self.row) {
            None if self.row.not_applicable => "Does not apply".to_owned(),
            None => "Not answered yet".to_owned(),
            Some(level) => name(level).unwrap_or_default(),
        }
    }

    /// What the school said itself, where another level was agreed.
    fn own(&self) -> Option<String> {
        let agreed = self.row.agreed_level?;
        match self.row.level {
            Some(own) => (own != agreed).then(|| own.to_string()),
            None => self.row.not_applicable.then(|| "does not apply".to_owned()),
        }
    }
}

impl Page<'_> {
    fn status(&self) -> &'static str {
        match self.found.evaluation.status {
            EvaluationStatus::Draft => "Draft",
            EvaluationStatus::Submitted => "Submitted",
            EvaluationStatus::InModeration => "In moderation",
            EvaluationStatus::Agreed => "Agreed",
            EvaluationStatus::Returned => "Returned to the school",
        }
    }

    /// The criteria with a next step.
    fn next_steps(&self) -> Vec<(&str, &str)> {
        let answers = self.sections.iter().flat_map(|section| &section.answers);
        answers.filter_map(|it| Some((it.criterion.statement.as_str(), it.row.next_step.as_deref()?))).collect()
    }
}

routes! { ReadFrameworks: get_evaluation_document }

/// Shows an evaluation as a page to read and to print on A4, with picture, evidence and next steps.
///
/// Agreed levels count once the evaluation is agreed, the school's own until then.
#[utoipa::path(
    get,
    path = "/evaluations/{id}/document",
    params(("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The page, with an `ETag`.", content_type = "text/html", body = HtmlPage),
        (status = 304, description = "The page named in `If-None-Match` is still the same."),
    ),
)]
async fn get_evaluation_document(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let found = super::find(&can, &db, id.0).await?;
    let service = Caller::system(can.state().clone(), can.hub_id);
    let name = service.rows::<school::Entity>().filter(school::Column::Id.eq(found.evaluation.school_id));
    let name = name.select_only().column(school::Column::Name).into_tuple::<String>().one(&db).await?;
    let hub = service.rows::<hub::Entity>().select_only().column(hub::Column::Name).into_tuple::<String>();
    let hub = hub.one(&db).await?.unwrap_or_default();
    let sheet = page(&found, &name.unwrap_or_default(), &hub)?;
    let version = found.evaluation.version;
    let title = format!("{} {}", found.rows.framework.title, found.evaluation.academic_year);
    Ok(sheet.reply(&file_name(&title, "evaluation", "html")).with(VARY, "Accept").version_and_hash(version))
}

fn page(found: &Found, school: &str, hub: &str) -> Result<Sheet> {
    let picture = picture::draw(&found.results)?.0;
    let sections = || found.results.sections.iter();
    let style = include_str!("../../../../templates/evaluation.css");
    let foot = format!("{school} · {} · {}", found.rows.framework.title, found.evaluation.academic_year);
    Sheet::new(style, &foot, |style| {
        let sections =
            sections().map(|result| Section { result, answers: answers(found, result.section_id) }).collect();
        let on = |at: Option<Instant>| at.map(|at| day(&day_of(at)));
        let (submitted, decided) = (on(found.evaluation.submitted_at), on(found.evaluation.decided_at));
        Page { found, school, hub, picture: &picture, sections, submitted, decided, style }.render()
    })
}

/// The answers of a section in order.
fn answers(found: &Found, section_id: Uuid) -> Vec<Answer<'_>> {
    let of_section = found.rows.criteria.iter().filter(|criterion| criterion.section_id == section_id);
    of_section
        .filter_map(|criterion| {
            let row = found.responses.iter().find(|row| row.criterion_id == criterion.id)?;
            Some(Answer { criterion, row })
        })
        .collect()
}

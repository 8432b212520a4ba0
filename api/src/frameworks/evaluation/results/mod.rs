//! What an evaluation found: levels by section, beside the last time and beside similar schools.

pub mod document;
pub mod picture;
pub mod profile;
pub mod similar;

use std::collections::HashMap;

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::{criterion, evaluation_response as response, framework};
use sea_orm::{ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::frameworks::tree::Rows;
use crate::kernel::base::picture::SvgPicture;
use crate::kernel::prelude::*;

/// The states from which on an evaluation counts in comparisons.
const SENT: [EvaluationStatus; 3] =
    [EvaluationStatus::Submitted, EvaluationStatus::InModeration, EvaluationStatus::Agreed];

/// What an evaluation found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvaluationResults {
    /// The evaluation.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub evaluation_id: Uuid,
    /// Its academic year.
    #[schema(max_length = 7, example = "2016/17")]
    pub academic_year: String,
    /// How far it has come. Agreed levels count once it is agreed, the school's own until then.
    #[schema(example = "agreed")]
    pub status: EvaluationStatus,
    /// The evaluation before, by any edition of the framework; absent where the caller sees none.
    pub previous: Option<PreviousEvaluation>,
    /// Each section, in the order of the framework.
    #[schema(max_items = 30)]
    pub sections: Vec<SectionResult>,
}

/// The evaluation before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviousEvaluation {
    /// The evaluation.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// Its academic year.
    #[schema(max_length = 7, example = "2015/16")]
    pub academic_year: String,
}

/// What was found in one section.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SectionResult {
    /// The section.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub section_id: Uuid,
    /// Its title.
    #[schema(max_length = 200, example = "Singing")]
    pub title: String,
    /// How many criteria have a level that counts.
    #[schema(minimum = 0, example = 3)]
    pub counted: usize,
    /// How many criteria do not apply to the school, and are left out.
    #[schema(minimum = 0, example = 1)]
    pub not_applicable: usize,
    /// How many criteria are not answered yet.
    #[schema(minimum = 0, example = 0)]
    pub unanswered: usize,
    /// The highest level of the section's scale, which begins with 1.
    #[schema(minimum = 2, maximum = 6, example = 4)]
    pub levels: i32,
    /// The mean of the levels that count, by the weights of their criteria, in hundredths; absent where none counts.
    #[schema(minimum = 1, maximum = 6, example = 2.67)]
    pub average_level: Option<f64>,
    /// The change since the evaluation before; absent where nothing can be compared.
    pub change: Option<SectionChange>,
    /// Where similar schools of the hub stand in the same year; absent where fewer than five others can be compared.
    pub similar: Option<SimilarSchools>,
}

/// The change of a section since the evaluation before, over the criteria that are the same in both editions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SectionChange {
    /// How many criteria are compared.
    #[schema(minimum = 1, example = 3)]
    pub compared: usize,
    /// The mean of their levels then.
    #[schema(minimum = 1, maximum = 6, example = 2.33)]
    pub before: f64,
    /// The mean of their levels now.
    #[schema(minimum = 1, maximum = 6, example = 2.67)]
    pub now: f64,
}

/// Where other schools of the same phase stand, without a name. The quarter of them below the lower quartile and the
/// quarter above the upper one are left open, so that no single school is seen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SimilarSchools {
    /// How many other schools are compared.
    #[schema(minimum = 5, example = 24)]
    pub schools: usize,
    /// The level that a quarter of them does not reach.
    #[schema(minimum = 1, maximum = 6, example = 2.0)]
    pub lower_quartile: f64,
    /// The level in the middle.
    #[schema(minimum = 1, maximum = 6, example = 2.5)]
    pub median: f64,
    /// The level that a quarter of them passes.
    #[schema(minimum = 1, maximum = 6, example = 3.0)]
    pub upper_quartile: f64,
}

impl EvaluationResults {
    /// The results of an evaluation that is there for the caller.
    ///
    /// # Errors
    /// 404.
    pub async fn of(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<Self> {
        Ok(find(caller, db, id).await?.results)
    }

    /// Draws the levels of the sections, with the levels of the time before beside them.
    ///
    /// # Errors
    /// 500, which only a fault of the template can bring about.
    pub fn picture(&self) -> Result<SvgPicture> {
        picture::draw(self)
    }
}

/// An evaluation with all that its results are made of.
pub struct Found {
    /// The evaluation.
    pub evaluation: evaluation::Model,
    /// Its framework.
    pub rows: Rows,
    /// Its responses.
    pub responses: Vec<response::Model>,
    /// What it found.
    pub results: EvaluationResults,
}

/// Finds the results of an evaluation.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn find(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<Found> {
    let evaluation = store::evaluation(caller, db, id).await?;
    let rows = Rows::load(caller, db, evaluation.framework_id).await?;
    let responses = store::responses(caller, db, id).await?;
    let mut sections = profile::sections(&rows, &responses);
    let previous = previous(caller, db, &evaluation, &rows.framework).await?;
    if let Some(previous) = &previous {
        let then = levels_by_lineage(caller, db, previous).await?;
        profile::compare(&rows, &responses, &then, &mut sections);
    }
    let others = similar::levels(caller, db, &evaluation, &rows.framework).await?;
    for section in &mut sections {
        let lineage = rows.sections.iter().find(|row| row.id == section.section_id).map(|row| row.lineage_id);
        let others = lineage.and_then(|lineage| others.get(&lineage));
        section.similar = others.and_then(|others| profile::spread(others, section.levels));
    }
    let results = EvaluationResults {
        evaluation_id: evaluation.id,
        academic_year: evaluation.academic_year.clone(),
        status: evaluation.status,
        previous: previous.map(|row| PreviousEvaluation { id: row.id, academic_year: row.academic_year }),
        sections,
    };
    Ok(Found { evaluation, rows, responses, results })
}

/// The evaluation of the school before this one, by any edition of its framework, as far as the caller sees it.
async fn previous(
    caller: &Caller,
    db: &impl ConnectionTrait,
    row: &evaluation::Model,
    of: &framework::Model,
) -> Result<Option<evaluation::Model>> {
    use evaluation::Column;

    let editions = caller.rows::<framework::Entity>().filter(framework::Column::LineageId.eq(of.lineage_id));
    let editions = editions.select_only().column(framework::Column::Id).into_query();
    let same_year = Column::AcademicYear.eq(row.academic_year.as_str()).and(Column::CreatedAt.lt(row.created_at));
    let earlier = Condition::any().add(Column::AcademicYear.lt(row.academic_year.as_str())).add(same_year);
    let found = caller.rows::<evaluation::Entity>().filter(Column::SchoolId.eq(row.school_id)).filter(earlier);
    let found = found.filter(Column::FrameworkId.in_subquery(editions)).filter(Column::Status.is_in(SENT));
    Ok(found.order_by_desc(Column::AcademicYear).order_by_desc(Column::CreatedAt).one(db).await?)
}

/// The levels that count in an evaluation, by the lineage of their criteria.
async fn levels_by_lineage(
    caller: &Caller,
    db: &impl ConnectionTrait,
    of: &evaluation::Model,
) -> Result<HashMap<Uuid, i32>> {
    let criteria = caller.rows::<criterion::Entity>().filter(criterion::Column::FrameworkId.eq(of.framework_id));
    let criteria = criteria.select_only().columns([criterion::Column::Id, criterion::Column::LineageId]);
    let lineages: HashMap<Uuid, Uuid> = criteria.into_tuple::<(Uuid, Uuid)>().all(db).await?.into_iter().collect();
    let responses = store::responses(caller, db, of.id).await?;
    let levels = responses.iter().filter_map(|it| Some((*lineages.get(&it.criterion_id)?, super::rules::counted(it)?)));
    Ok(levels.collect())
}

routes! { ReadFrameworks: get_evaluation_results }

/// Shows what an evaluation found, section by section.
///
/// Criteria that do not apply are left out, unless a level was agreed for them. The change since the evaluation before
/// counts the criteria that are the same in both editions. Similar schools are the others of the hub with the same
/// phase and year, of which there must be five.
#[utoipa::path(get, path = "/evaluations/{id}/results", responses((status = 200, body = EvaluationResults)))]
async fn get_evaluation_results(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    Reply::ok(&find(&can, &db, id.0).await?.results)
}

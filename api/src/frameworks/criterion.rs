//! Criteria of frameworks, with the levels by which each is judged.

use entity::frameworks::criterion::{self, Level, Levels};
use entity::frameworks::framework;
use sea_orm::QueryFilter;

use super::rules;
use super::section::FrameworkSection;
use crate::kernel::prelude::*;

record! {
    /// A criterion of a framework, with the levels by which it is judged.
    FrameworkCriterion from NewFrameworkCriterion in criterion {
        /// The section; another one by `move`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        section_id: Uuid,
        /// What is judged, in one sentence.
        #[schema(min_length = 1, max_length = 500, example = "Every pupil sings every week")]
        statement: String,
        /// What a person who judges should look at.
        #[schema(min_length = 1, max_length = 4000, example = "Ask pupils which songs they know by heart")]
        guidance: Option<String>,
        /// What counts as evidence. No pupil names; safeguarding concerns go to the school's designated lead.
        #[schema(min_length = 1, max_length = 2000, example = "A timetable, a repertoire list, a recording")]
        evidence: Option<String>,
        /// Its levels from the lowest to the highest, each with a name of its own; two at least once the framework is
        /// in use.
        #[serde(default)]
        #[schema(
            value_type = Vec<Level>,
            max_items = 6,
            example = json!([
                { "name": "Emerging", "descriptor": "Some classes sing." },
                { "name": "Secure", "descriptor": "Every class sings every week." },
            ]),
        )]
        levels: Levels,
        /// How much it counts beside the others, where that is set: an integer, 1 if absent.
        #[schema(minimum = 1, maximum = 100, example = json!(null))]
        weight: Option<i32>,
    }
    initial {
        framework_id: Uuid::nil(),
        position: 0,
        search_key: String::new(),
        lineage_id: Uuid::nil(),
        previous_id: None,
    }
    computed {
        /// The framework.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        framework_id: Uuid,
        /// Its place in its section, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
        /// The same in all editions in which it is the same criterion, so that results can be compared: the id of the
        /// first. A criterion with another number of levels than in the edition before has one of its own.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
    }
}

impl Resource for FrameworkCriterion {
    type Entity = criterion::Entity;
    type Form = NewFrameworkCriterion;
    type Filter = FrameworkCriterionFilter;

    const PATH: &'static str = "/framework-criteria";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, criterion::Column)] =
        &[("position", criterion::Column::Position), ("updated_at", criterion::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["statement", "guidance", "evidence", "levels"];
    const COUNTS: &'static [&'static str] = &["section_id", "framework_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn faults(form: &NewFrameworkCriterion) -> Vec<Fault> {
        rules::levels("", &form.levels)
    }

    fn complete(row: &mut criterion::Model) {
        row.search_key = search_key(&row.statement);
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, criterion::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let faults = children::parent_faults::<Self>(write, &step).await?;
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        let releveled = step.before.is_some_and(|before| before.levels.len() != step.after.levels.len());
        if let Some(id) = step.after.previous_id.filter(|_| releveled) {
            let previous = write.caller().rows_archived::<criterion::Entity>().filter(criterion::Column::Id.eq(id));
            let previous = previous.one(write.tx()).await?;
            step.after.lineage_id = rules::lineage(step.after, previous.as_ref());
        }
        Ok(())
    }
}

impl Child for FrameworkCriterion {
    type Root = framework::Entity;

    const ROOT: criterion::Column = criterion::Column::FrameworkId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<FrameworkSection>(criterion::Column::SectionId));
}

impl Ordered for FrameworkCriterion {
    const POSITION: criterion::Column = criterion::Column::Position;
    const MOST: u64 = 30;
}

/// Narrows the list of criteria.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FrameworkCriterionFilter {
    /// Only criteria of this framework.
    pub framework_id: Option<Uuid>,
    /// Only criteria of this section.
    pub section_id: Option<Uuid>,
    /// Only this criterion in all editions in which it is the same.
    pub lineage_id: Option<Uuid>,
    /// Words that the statement contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "sings")]
    pub q: Option<String>,
}

impl Filter<criterion::Entity> for FrameworkCriterionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(criterion::Column::FrameworkId, self.framework_id))
            .add_option(is(criterion::Column::SectionId, self.section_id))
            .add_option(is(criterion::Column::LineageId, self.lineage_id))
            .add_option(contains(criterion::Column::SearchKey, self.q.as_deref()))
    }
}

/// Where a criterion goes.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveCriterion {
    /// Its new place, from 1. The others make room; a place beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
    /// The section of the same framework that it goes to, if it leaves its own.
    #[schema(example = json!(null))]
    pub section_id: Option<Uuid>,
}

routes! {
    ReadFrameworks: list_framework_criteria, count_framework_criteria, get_framework_criterion;
    WriteFrameworks: create_framework_criterion, update_framework_criterion, archive_framework_criterion,
        restore_framework_criterion;
    ReadFrameworks: list_framework_criterion_history;
    WriteFrameworks: move_framework_criterion;
}

/// Lists the criteria.
#[utoipa::path(
    get,
    path = "/framework-criteria",
    params(List<FrameworkCriterion>),
    responses((status = 200, body = Page<FrameworkCriterion>)),
)]
async fn list_framework_criteria(can: Can<ReadFrameworks>, list: List<FrameworkCriterion>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the criteria by one or two of their fields.
#[utoipa::path(
    get,
    path = "/framework-criteria/counts",
    params(CountBy<FrameworkCriterion>),
    responses((status = 200, body = Counts)),
)]
async fn count_framework_criteria(can: Can<ReadFrameworks>, by: CountBy<FrameworkCriterion>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a criterion, as the last of its section.
///
/// A section has at most 30 criteria.
#[utoipa::path(post, path = "/framework-criteria", responses((status = 201, body = FrameworkCriterion)))]
async fn create_framework_criterion(can: Can<WriteFrameworks>, form: Json<NewFrameworkCriterion>) -> Result<Reply> {
    crud::create::<FrameworkCriterion>(&can, form).await
}

/// Gets a criterion.
#[utoipa::path(
    get,
    path = "/framework-criteria/{id}",
    params(Show<FrameworkCriterion>),
    responses((status = 200, body = FrameworkCriterion)),
)]
async fn get_framework_criterion(can: Can<ReadFrameworks>, id: Id, show: Show<FrameworkCriterion>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a criterion.
///
/// It stays the same criterion as in the edition before, as long as it has as many levels.
#[utoipa::path(patch, path = "/framework-criteria/{id}", responses((status = 200, body = FrameworkCriterion)))]
async fn update_framework_criterion(
    can: Can<WriteFrameworks>,
    id: Id,
    patch: Patch<NewFrameworkCriterion>,
) -> Result<Reply> {
    crud::update::<FrameworkCriterion>(&can, id.0, patch).await
}

/// Archives a criterion.
#[utoipa::path(delete, path = "/framework-criteria/{id}", responses((status = 204)))]
async fn archive_framework_criterion(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<FrameworkCriterion>(&can, id.0).await
}

/// Restores an archived criterion, as the last of its section.
#[utoipa::path(
    post,
    path = "/framework-criteria/{id}/restore",
    responses((status = 200, body = FrameworkCriterion)),
)]
async fn restore_framework_criterion(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<FrameworkCriterion>(&can, id.0).await
}

/// Shows the history of a criterion.
#[utoipa::path(
    get,
    path = "/framework-criteria/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_framework_criterion_history(
    can: Can<ReadFrameworks>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<FrameworkCriterion>(&can, id.0, &part).await
}

/// Moves a criterion to another place.
///
/// The criteria that it passes are renumbered. It can move to another section of the same framework.
#[utoipa::path(
    post,
    path = "/framework-criteria/{id}/move",
    responses((status = 200, body = FrameworkCriterion)),
)]
async fn move_framework_criterion(can: Can<WriteFrameworks>, id: Id, body: Json<MoveCriterion>) -> Result<Reply> {
    crud::move_to::<FrameworkCriterion>(&can, id.0, body.position, body.section_id).await
}

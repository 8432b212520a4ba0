//! Sections of frameworks.

use entity::frameworks::{criterion, framework, section};

use super::framework::FRAMEWORKS;
use super::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::children::Root;

record! {
    /// A section of a framework: criteria that belong together.
    FrameworkSection from NewFrameworkSection in section {
        /// The framework.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        framework_id: Uuid,
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Singing")]
        title: String,
        /// What a person who fills it in should look at.
        #[schema(min_length = 1, max_length = 4000, example = "Look at assemblies, choirs and lessons")]
        guidance: Option<String>,
    }
    initial { position: 0, lineage_id: Uuid::nil() }
    computed {
        /// Its place in the framework, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
        /// The same in all editions of the framework: the id of the first.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
    }
}

impl Resource for FrameworkSection {
    type Entity = section::Entity;
    type Form = NewFrameworkSection;
    type Filter = FrameworkSectionFilter;

    const PATH: &'static str = "/framework-sections";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, section::Column)] =
        &[("position", section::Column::Position), ("updated_at", section::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "guidance"];
    const COUNTS: &'static [&'static str] = &["framework_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut section::Model) {
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, section::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            let criteria = criterion::Column::SectionId.eq(step.after.id);
            return Dependents::default().by::<criterion::Entity>(criteria).refuse(write, "section").await;
        }
        let faults = children::parent_faults::<Self>(write, &step).await?;
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }
}

impl Root for framework::Entity {
    type Edit = ();

    const KEEPS_ROOT: &'static str = "a section or criterion stays in its framework";
    const KEEPS_PARENT: &'static str = "a criterion goes to another section by POST …/{id}/move";

    fn admit(next: &mut framework::Model, (): (), caller: &Caller) -> Result<()> {
        caller.expect_writes_hub(FRAMEWORKS)?;
        rules::editable(next.status)
    }
}

impl Child for FrameworkSection {
    type Root = framework::Entity;

    const ROOT: section::Column = section::Column::FrameworkId;
}

impl Ordered for FrameworkSection {
    const POSITION: section::Column = section::Column::Position;
    const MOST: u64 = 30;
}

/// Narrows the list of sections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FrameworkSectionFilter {
    /// Only sections of this framework.
    pub framework_id: Option<Uuid>,
    /// Only this section in all its editions.
    pub lineage_id: Option<Uuid>,
}

impl Filter<section::Entity> for FrameworkSectionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(section::Column::FrameworkId, self.framework_id))
            .add_option(is(section::Column::LineageId, self.lineage_id))
    }
}

/// Where a section goes.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveSection {
    /// Its new place, from 1. The others make room; a place beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
}

routes! {
    ReadFrameworks: list_framework_sections, count_framework_sections, get_framework_section;
    WriteFrameworks: create_framework_section, update_framework_section, archive_framework_section,
        restore_framework_section;
    ReadFrameworks: list_framework_section_history;
    WriteFrameworks: move_framework_section;
}

/// Lists the sections.
#[utoipa::path(
    get,
    path = "/framework-sections",
    params(List<FrameworkSection>),
    responses((status = 200, body = Page<FrameworkSection>)),
)]
async fn list_framework_sections(can: Can<ReadFrameworks>, list: List<FrameworkSection>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the sections by their framework.
#[utoipa::path(
    get,
    path = "/framework-sections/counts",
    params(CountBy<FrameworkSection>),
    responses((status = 200, body = Counts)),
)]
async fn count_framework_sections(can: Can<ReadFrameworks>, by: CountBy<FrameworkSection>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a section, as the last of its framework.
///
/// A framework has at most 30 sections.
#[utoipa::path(post, path = "/framework-sections", responses((status = 201, body = FrameworkSection)))]
async fn create_framework_section(can: Can<WriteFrameworks>, form: Json<NewFrameworkSection>) -> Result<Reply> {
    crud::create::<FrameworkSection>(&can, form).await
}

/// Gets a section.
#[utoipa::path(
    get,
    path = "/framework-sections/{id}",
    params(Show<FrameworkSection>),
    responses((status = 200, body = FrameworkSection)),
)]
async fn get_framework_section(can: Can<ReadFrameworks>, id: Id, show: Show<FrameworkSection>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a section.
#[utoipa::path(patch, path = "/framework-sections/{id}", responses((status = 200, body = FrameworkSection)))]
async fn update_framework_section(
    can: Can<WriteFrameworks>,
    id: Id,
    patch: Patch<NewFrameworkSection>,
) -> Result<Reply> {
    crud::update::<FrameworkSection>(&can, id.0, patch).await
}

/// Archives a section without criteria.
#[utoipa::path(delete, path = "/framework-sections/{id}", responses((status = 204)))]
async fn archive_framework_section(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<FrameworkSection>(&can, id.0).await
}

/// Restores an archived section, as the last of its framework.
#[utoipa::path(
    post,
    path = "/framework-sections/{id}/restore",
    responses((status = 200, body = FrameworkSection)),
)]
async fn restore_framework_section(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<FrameworkSection>(&can, id.0).await
}

/// Shows the history of a section.
#[utoipa::path(
    get,
    path = "/framework-sections/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_framework_section_history(can: Can<ReadFrameworks>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<FrameworkSection>(&can, id.0, &part).await
}

/// Moves a section to another place.
///
/// The sections that it passes are renumbered.
#[utoipa::path(
    post,
    path = "/framework-sections/{id}/move",
    responses((status = 200, body = FrameworkSection)),
)]
async fn move_framework_section(can: Can<WriteFrameworks>, id: Id, body: Json<MoveSection>) -> Result<Reply> {
    crud::move_to::<FrameworkSection>(&can, id.0, body.position, None).await
}

//! What the hub counts at schools: measures, each with its meaning, unit, basis and breakdowns.

pub mod lifecycle;
pub mod shipped;
pub mod transition;

use entity::identity::hub;
use entity::instant::Instant;
use entity::outcomes::measure_definition::{self, DefinitionStatus, Dimensions, MeasureBasis, MeasureDimension};

use super::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::edition;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// A measure: what is counted at each school in an academic year, in which unit, and how it may be broken down.
    ///
    /// A published definition is never changed. Its next edition has the same code, so that figures stay comparable
    /// from year to year.
    MeasureDefinition from NewMeasureDefinition in measure_definition {
        /// Its name for programs, the same in all editions.
        #[schema(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "orchestra_pupils")]
        code: String,
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Orchestras: pupils")]
        title: String,
        /// What is counted, and what is not.
        #[schema(min_length = 1, max_length = 4000, example = "Pupils who play in an orchestra of the school")]
        meaning: String,
        /// The unit of its figures.
        #[schema(min_length = 1, max_length = 60, example = "pupils")]
        unit: String,
        /// What a figure counts. Figures of pupils from 1 to 5 are withheld from callers who see other schools' data.
        #[schema(example = "headcount")]
        basis: MeasureBasis,
        /// Of whom or what it is a count.
        #[schema(min_length = 1, max_length = 500, example = "Pupils on roll in the year")]
        population: Option<String>,
        /// By what a total may be broken down, in order.
        #[schema(value_type = Vec<MeasureDimension>, max_items = 7)]
        dimensions: Dimensions,
    }
    initial {
        title_key: String::new(),
        status: DefinitionStatus::Draft,
        edition: 1,
        lineage_id: Uuid::nil(),
        previous_id: None,
        published_at: None,
        retired_at: None,
    }
    computed {
        /// How far it has come; changed by `publish` and `retire`.
        #[schema(example = "draft")]
        status: DefinitionStatus,
        /// Which edition it is, from 1.
        #[schema(minimum = 1, example = 1)]
        edition: i32,
        /// The same for all editions of a definition: the id of the first.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
        /// The edition that it was made from.
        #[schema(example = json!(null))]
        previous_id: Option<Uuid>,
        /// When it came into use.
        published_at: Option<Instant>,
        /// When it was retired.
        retired_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for MeasureDefinition {
    type Entity = measure_definition::Entity;
    type Form = NewMeasureDefinition;
    type Filter = MeasureDefinitionFilter;

    const PATH: &'static str = "/measure-definitions";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, measure_definition::Column)] = &[
        ("code", measure_definition::Column::Code),
        ("title", measure_definition::Column::TitleKey),
        ("status", measure_definition::Column::Status),
        ("updated_at", measure_definition::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "meaning", "unit", "population"];
    const COUNTS: &'static [&'static str] = &["status", "basis"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["actions"];

    fn faults(form: &NewMeasureDefinition) -> Vec<Fault> {
        rules::dimensions(form.basis, &form.dimensions)
    }

    fn complete(row: &mut measure_definition::Model) {
        row.title_key = search_key(&row.title);
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    fn keys(row: &measure_definition::Model) -> Value {
        json!({ "code": row.code, "edition": row.edition })
    }

    fn same_key(row: &measure_definition::Model) -> Option<Condition> {
        use measure_definition::Column;

        Some(Condition::all().add(Column::Code.eq(&row.code)).add(Column::Edition.eq(row.edition)))
    }

    /// The hub comes first, so that of two who bring editions of one definition into use the second meets the first.
    async fn lock_first(write: &Write) -> Result<()> {
        match write.caller().expect_writes_hub(DEFINITIONS) {
            Ok(()) => write.hold::<hub::Entity>(write.caller().hub_id).await,
            Err(_) => Ok(()),
        }
    }

    async fn decide(write: &mut Write, step: Mutation<'_, measure_definition::Model>) -> Result<()> {
        write.caller().expect_writes_hub(DEFINITIONS)?;
        match step.operation {
            Operation::Update => rules::editable(step.before, step.after),
            Operation::Archive => rules::archivable(step.after.status),
            Operation::Restore if step.after.status == DefinitionStatus::Draft => {
                edition::expect_no_draft::<Self>(write, step.after).await
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[measure_definition::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// What a refusal calls what schools see and do not change.
pub const DEFINITIONS: &str = "the hub's definitions of measures";

/// Narrows the list of definitions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MeasureDefinitionFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<DefinitionStatus>,
    /// Only editions of this code.
    #[param(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "first_access_pupils")]
    pub code: Option<String>,
    /// Any of these bases.
    #[serde(default)]
    #[param(max_items = 6)]
    pub basis: Vec<MeasureBasis>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "first access")]
    pub q: Option<String>,
}

impl Filter<measure_definition::Entity> for MeasureDefinitionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use measure_definition::Column;

        Condition::all()
            .add_option(any_of(Column::Status, &self.status))
            .add_option(is(Column::Code, self.code.clone()))
            .add_option(any_of(Column::Basis, &self.basis))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadOutcomes: list_measure_definitions, count_measure_definitions, get_measure_definition;
    WriteOutcomes: create_measure_definition, update_measure_definition, archive_measure_definition,
        restore_measure_definition;
    ReadOutcomes: list_measure_definition_history;
}

/// Lists the definitions of measures.
///
/// A school and a specialist leader see those that are in use or were.
#[utoipa::path(
    get,
    path = "/measure-definitions",
    params(List<MeasureDefinition>),
    responses((status = 200, body = Page<MeasureDefinition>)),
)]
async fn list_measure_definitions(can: Can<ReadOutcomes>, list: List<MeasureDefinition>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the definitions by one or two of their fields.
#[utoipa::path(
    get,
    path = "/measure-definitions/counts",
    params(CountBy<MeasureDefinition>),
    responses((status = 200, body = Counts)),
)]
async fn count_measure_definitions(can: Can<ReadOutcomes>, by: CountBy<MeasureDefinition>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a definition in draft.
///
/// `GET /shipped-measure-definitions` has some to begin with. 409 where a definition has the code; make its next
/// edition instead.
#[utoipa::path(post, path = "/measure-definitions", responses((status = 201, body = MeasureDefinition)))]
async fn create_measure_definition(can: Can<WriteOutcomes>, form: Json<NewMeasureDefinition>) -> Result<Reply> {
    crud::create::<MeasureDefinition>(&can, form).await
}

/// Gets a definition.
#[utoipa::path(
    get,
    path = "/measure-definitions/{id}",
    params(Show<MeasureDefinition>),
    responses((status = 200, body = MeasureDefinition)),
)]
async fn get_measure_definition(can: Can<ReadOutcomes>, id: Id, show: Show<MeasureDefinition>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a definition.
///
/// Only a draft can change, and the code only in the first edition.
#[utoipa::path(patch, path = "/measure-definitions/{id}", responses((status = 200, body = MeasureDefinition)))]
async fn update_measure_definition(
    can: Can<WriteOutcomes>,
    id: Id,
    patch: Patch<NewMeasureDefinition>,
) -> Result<Reply> {
    crud::update::<MeasureDefinition>(&can, id.0, patch).await
}

/// Archives a definition.
///
/// Only a draft can be archived: figures refer to the others.
#[utoipa::path(delete, path = "/measure-definitions/{id}", responses((status = 204)))]
async fn archive_measure_definition(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<MeasureDefinition>(&can, id.0).await
}

/// Restores an archived definition.
#[utoipa::path(post, path = "/measure-definitions/{id}/restore", responses((status = 200, body = MeasureDefinition)))]
async fn restore_measure_definition(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<MeasureDefinition>(&can, id.0).await
}

/// Shows the history of a definition.
#[utoipa::path(
    get,
    path = "/measure-definitions/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_measure_definition_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<MeasureDefinition>(&can, id.0, &part).await
}

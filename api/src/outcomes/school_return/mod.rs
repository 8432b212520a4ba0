//! Returns: how far each school has come with a collection.

pub mod answers;
pub mod lifecycle;
pub mod transition;

use entity::instant::Instant;
use entity::outcomes::collection::{self, CollectionStatus};
use entity::outcomes::school_return::{self, ReturnStatus};
use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};

use super::collection::Collection;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::school::School;

record! {
    /// A school's return to a collection.
    ///
    /// When a collection is opened, each open school in scope gets one. The school fills it in by measure values and
    /// sends it; the hub accepts it or sends it back with a reason.
    SchoolReturn from NewSchoolReturn in school_return {
        /// The collection.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        collection_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// What the hub should know. No pupil names; safeguarding concerns go to the school's designated lead, not
        /// here.
        #[schema(min_length = 1, max_length = 2000, example = "The figures of year 4 are best estimates")]
        note: Option<String>,
    }
    initial {
        status: ReturnStatus::Draft,
        submitted_at: None,
        estimated_lines: None,
        decided_at: None,
        status_reason: None,
    }
    computed {
        /// How far it has come; changed by `submit`, `accept` and `send-back`.
        #[schema(example = "draft")]
        status: ReturnStatus,
        /// When the school last sent it.
        submitted_at: Option<Instant>,
        /// How many lines were best estimates when it was sent.
        #[schema(minimum = 0, maximum = 200, example = 2)]
        estimated_lines: Option<i32>,
        /// When the hub last accepted it or sent it back.
        decided_at: Option<Instant>,
        /// Why the hub sent it back.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
    }
    embedded {
        /// The collection, when asked for with `expand=collection`.
        collection: Collection,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for SchoolReturn {
    type Entity = school_return::Entity;
    type Form = NewSchoolReturn;
    type Filter = SchoolReturnFilter;

    const PATH: &'static str = "/returns";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, school_return::Column)] = &[
        ("updated_at", school_return::Column::UpdatedAt),
        ("submitted_at", school_return::Column::SubmittedAt),
        ("status", school_return::Column::Status),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["note", "status_reason"];
    const COUNTS: &'static [&'static str] = &["status", "collection_id"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["collection", "school", "actions"];

    fn refs(form: &NewSchoolReturn) -> Refs {
        Refs::default()
            .to::<collection::Entity>("/collection_id", form.collection_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn school(row: &school_return::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &school_return::Model) -> Value {
        json!({ "collection_id": row.collection_id, "school_id": row.school_id })
    }

    fn same_key(row: &school_return::Model) -> Option<Condition> {
        use school_return::Column;

        Some(Condition::all().add(Column::CollectionId.eq(row.collection_id)).add(Column::SchoolId.eq(row.school_id)))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, school_return::Model>) -> Result<()> {
        let Mutation { before, after, operation } = step;
        match (operation, before) {
            (Operation::Create, _) => {
                write.caller().expect_writes_hub(RETURNS)?;
                expect_open(write, after.collection_id).await
            }
            (Operation::Update, Some(before)) => editable(before, after),
            (Operation::Archive, _) if after.status != ReturnStatus::Draft => {
                Err(Problem::conflict("cannot archive a return that was sent: send it back, and keep it"))
            }
            (Operation::Archive | Operation::Restore, _) => write.caller().expect_writes_hub(RETURNS),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[school_return::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "collection" => expand::one::<Collection>(caller, db, rows.iter().map(|row| row.collection_id)).await,
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// What a refusal calls what a school sees and does not decide.
pub const RETURNS: &str = "which schools are asked, and what is accepted";

async fn expect_open(write: &Write, id: Uuid) -> Result<()> {
    let collection = write.caller().rows::<collection::Entity>().filter(collection::Column::Id.eq(id));
    let collection = collection.one(write.tx()).await?;
    match collection.map(|collection| collection.status) {
        Some(CollectionStatus::Open) => Ok(()),
        _ => Err(Problem::conflict("cannot add a school to a collection that is not open: open it first")),
    }
}

fn editable(before: &school_return::Model, after: &school_return::Model) -> Result<()> {
    if (before.collection_id, before.school_id) != (after.collection_id, after.school_id) {
        let message = "a return stays with its school and collection: leave both as they are";
        return Err(Problem::invalid("/school_id", "fixed", message));
    }
    match after.status {
        ReturnStatus::Draft | ReturnStatus::SentBack => Ok(()),
        ReturnStatus::Submitted | ReturnStatus::Accepted => Err(Problem::conflict(
            "cannot change a return that is with the hub: the hub sends it back by POST /returns/{id}/send-back",
        )),
    }
}

/// Narrows the list of returns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolReturnFilter {
    /// Any of these collections.
    #[serde(default)]
    #[param(max_items = 50)]
    pub collection_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<ReturnStatus>,
    /// True for returns that are due and not with the hub, false for the others.
    pub overdue: Option<bool>,
}

impl Filter<school_return::Entity> for SchoolReturnFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use school_return::Column;

        let in_areas = (!self.area_id.is_empty()).then(|| {
            let schools = caller.rows::<school::Entity>().filter(school::Column::AreaId.is_in(self.area_id.clone()));
            Column::SchoolId.in_subquery(schools.select_only().column(school::Column::Id).into_query())
        });
        let overdue = self.overdue.map(|overdue| {
            let due = caller
                .rows::<collection::Entity>()
                .filter(collection::Column::DueOn.lt(caller.today()))
                .select_only()
                .column(collection::Column::Id)
                .into_query();
            let late = Condition::all()
                .add(Column::CollectionId.in_subquery(due))
                .add(Column::Status.is_in([ReturnStatus::Draft, ReturnStatus::SentBack]));
            if overdue { late } else { late.not() }
        });
        Condition::all()
            .add_option(any_of(Column::CollectionId, &self.collection_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(in_areas)
            .add_option(any_of(Column::Status, &self.status))
            .add_option(overdue)
    }
}

routes! {
    ReadOutcomes: list_school_returns, count_school_returns, get_school_return;
    WriteOutcomes: create_school_return, update_school_return, archive_school_return, restore_school_return;
    ReadOutcomes: list_school_return_history;
}

/// Lists the returns of schools. A school sees its own.
#[utoipa::path(
    get,
    path = "/returns",
    params(List<SchoolReturn>),
    responses((status = 200, body = Page<SchoolReturn>)),
)]
async fn list_school_returns(can: Can<ReadOutcomes>, list: List<SchoolReturn>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the returns by one or two of their fields.
#[utoipa::path(
    get,
    path = "/returns/counts",
    params(CountBy<SchoolReturn>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_returns(can: Can<ReadOutcomes>, by: CountBy<SchoolReturn>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Asks one more school, such as one that came into scope after the collection was opened.
///
/// 409 where the school has a return, which the reply names, and where the collection is not open.
#[utoipa::path(post, path = "/returns", responses((status = 201, body = SchoolReturn)))]
async fn create_school_return(can: Can<WriteOutcomes>, form: Json<NewSchoolReturn>) -> Result<Reply> {
    crud::create::<SchoolReturn>(&can, form).await
}

/// Gets a return.
#[utoipa::path(
    get,
    path = "/returns/{id}",
    params(Show<SchoolReturn>),
    responses((status = 200, body = SchoolReturn)),
)]
async fn get_school_return(can: Can<ReadOutcomes>, id: Id, show: Show<SchoolReturn>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes the note of a return that is not with the hub.
#[utoipa::path(patch, path = "/returns/{id}", responses((status = 200, body = SchoolReturn)))]
async fn update_school_return(can: Can<WriteOutcomes>, id: Id, patch: Patch<NewSchoolReturn>) -> Result<Reply> {
    crud::update::<SchoolReturn>(&can, id.0, patch).await
}

/// Archives a return that was not sent: the school is not asked.
#[utoipa::path(delete, path = "/returns/{id}", responses((status = 204)))]
async fn archive_school_return(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<SchoolReturn>(&can, id.0).await
}

/// Restores an archived return.
#[utoipa::path(post, path = "/returns/{id}/restore", responses((status = 200, body = SchoolReturn)))]
async fn restore_school_return(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<SchoolReturn>(&can, id.0).await
}

/// Shows the history of a return.
#[utoipa::path(
    get,
    path = "/returns/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_school_return_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SchoolReturn>(&can, id.0, &part).await
}

//! Collections: what the hub asks all its schools for in a year, by a form that is data.

pub mod lifecycle;
pub mod template;
pub mod transition;

use entity::instant::Instant;
use entity::outcomes::collection::{self, CollectionStatus, FormLine, FormLines};
use entity::outcomes::school_return;
use time::Date;

use super::{rules, store};
use crate::kernel::base::academic_year;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// A collection: a form that each school in scope answers by a day, for one academic year.
    ///
    /// The form lists measures, so that the form of the next year is another collection and no other program. The
    /// figures that schools give are measure values; a return says how far a school has come with them.
    Collection from NewCollection in collection {
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Yearly return 2014/15")]
        title: String,
        /// The academic year that the figures are about, from September to August.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
        academic_year: String,
        /// The day by which schools answer.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-10-16")]
        due_on: Date,
        /// How to fill in the form.
        #[schema(min_length = 1, max_length = 4000, example = "Best estimates are welcome: mark them as such")]
        guidance: Option<String>,
        /// The form: what is asked for, in order. It can change until the collection is opened.
        #[schema(value_type = Vec<FormLine>, min_items = 1, max_items = 200)]
        lines: FormLines,
    }
    initial { title_key: String::new(), status: CollectionStatus::Draft, opened_at: None, closed_at: None }
    computed {
        /// How far it has come; changed by `open` and `close`.
        #[schema(example = "draft")]
        status: CollectionStatus,
        /// When it was first opened.
        opened_at: Option<Instant>,
        /// When it was closed.
        closed_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Collection {
    type Entity = collection::Entity;
    type Form = NewCollection;
    type Filter = CollectionFilter;

    const PATH: &'static str = "/collections";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, collection::Column)] = &[
        ("due_on", collection::Column::DueOn),
        ("title", collection::Column::TitleKey),
        ("academic_year", collection::Column::AcademicYear),
        ("updated_at", collection::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "guidance", "lines"];
    const COUNTS: &'static [&'static str] = &["status", "academic_year"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["actions"];

    fn faults(form: &NewCollection) -> Vec<Fault> {
        let mut faults = rules::lines(&form.lines);
        if academic_year::days(&form.academic_year).is_none() {
            let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
            faults.push(Fault::new("/academic_year", "order", message));
        }
        faults
    }

    fn complete(row: &mut collection::Model) {
        row.title_key = search_key(&row.title);
    }

    fn keys(row: &collection::Model) -> Value {
        json!({ "title": row.title, "academic_year": row.academic_year })
    }

    fn referenced_by(row: &collection::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<school_return::Entity>(school_return::Column::CollectionId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, collection::Model>) -> Result<()> {
        write.caller().expect_writes_hub(COLLECTIONS)?;
        match (step.operation, step.before) {
            (Operation::Update, Some(before)) => rules::collection_editable(before, step.after)?,
            (Operation::Create, _) => {}
            _ => return Ok(()),
        }
        settle_lines(write, step.after).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[collection::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// What a refusal calls what schools see and do not change.
pub const COLLECTIONS: &str = "the hub's collections";

/// Gives each line of a form the edition of its measure that is in use.
///
/// # Errors
/// 422 with the faults of every line.
async fn settle_lines(write: &Write, row: &mut collection::Model) -> Result<()> {
    let definitions = store::definitions(write.caller(), write.tx()).await?;
    let mut faults = Vec::new();
    let mut lines: Vec<FormLine> = row.lines.to_vec();
    for (at, line) in lines.iter_mut().enumerate() {
        let below = |fault: Fault| Fault { pointer: format!("/lines/{at}{}", fault.pointer), ..fault };
        match rules::edition_of(&line.definition_code, line.definition_id, &definitions) {
            Err(fault) => faults.push(below(fault)),
            Ok(definition) => {
                faults.extend(rules::codes(definition, &rules::codes_of(line)).into_iter().map(below));
                line.definition_id = Some(definition.id);
            }
        }
    }
    row.lines = lines.into();
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Narrows the list of collections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CollectionFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<CollectionStatus>,
    /// Any of these academic years.
    #[serde(default)]
    #[param(
        max_items = 20,
        min_length = 7,
        max_length = 7,
        pattern = "^[0-9]{4}/[0-9]{2}$",
        example = json!(["2014/15"]),
    )]
    pub academic_year: Vec<String>,
    /// Only collections due on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub due_from: Option<Date>,
    /// Only collections due on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-08-31")]
    pub due_to: Option<Date>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "yearly return")]
    pub q: Option<String>,
}

impl Filter<collection::Entity> for CollectionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use collection::Column;

        Condition::all()
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add(between(Column::DueOn, self.due_from, self.due_to))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadOutcomes: list_collections, count_collections, get_collection;
    WriteOutcomes: create_collection, update_collection, archive_collection, restore_collection;
    ReadOutcomes: list_collection_history;
}

/// Lists the collections.
///
/// A school sees those that are open or were.
#[utoipa::path(
    get,
    path = "/collections",
    params(List<Collection>),
    responses((status = 200, body = Page<Collection>)),
)]
async fn list_collections(can: Can<ReadOutcomes>, list: List<Collection>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the collections by one or two of their fields.
#[utoipa::path(
    get,
    path = "/collections/counts",
    params(CountBy<Collection>),
    responses((status = 200, body = Counts)),
)]
async fn count_collections(can: Can<ReadOutcomes>, by: CountBy<Collection>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a collection in draft, with its form.
#[utoipa::path(post, path = "/collections", responses((status = 201, body = Collection)))]
async fn create_collection(can: Can<WriteOutcomes>, form: Json<NewCollection>) -> Result<Reply> {
    crud::create::<Collection>(&can, form).await
}

/// Gets a collection.
#[utoipa::path(
    get,
    path = "/collections/{id}",
    params(Show<Collection>),
    responses((status = 200, body = Collection)),
)]
async fn get_collection(can: Can<ReadOutcomes>, id: Id, show: Show<Collection>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a collection.
///
/// The form and the year can change in a draft; title, guidance and day until the collection is closed (409).
#[utoipa::path(patch, path = "/collections/{id}", responses((status = 200, body = Collection)))]
async fn update_collection(can: Can<WriteOutcomes>, id: Id, patch: Patch<NewCollection>) -> Result<Reply> {
    crud::update::<Collection>(&can, id.0, patch).await
}

/// Archives a collection without returns.
#[utoipa::path(delete, path = "/collections/{id}", responses((status = 204)))]
async fn archive_collection(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<Collection>(&can, id.0).await
}

/// Restores an archived collection.
#[utoipa::path(post, path = "/collections/{id}/restore", responses((status = 200, body = Collection)))]
async fn restore_collection(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<Collection>(&can, id.0).await
}

/// Shows the history of a collection.
#[utoipa::path(
    get,
    path = "/collections/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_collection_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Collection>(&can, id.0, &part).await
}

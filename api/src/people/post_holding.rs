//! Who holds a post, and who held it when.

use entity::people::{person, post, post_holding};
use sea_orm::QueryFilter;
use time::Date;

use super::person::Person;
use super::post::Post;
use super::{rules, store};
use crate::kernel::base::period::{holds, overlaps};
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;

record! {
    /// The time for which a person holds a post. Nobody else holds the post on the same day.
    ///
    /// To fill a post is to create a holding; the person leaves by its last day. The hub's own people see it.
    PostHolding from NewPostHolding in post_holding {
        /// The post.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        post_id: Uuid,
        /// The person.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The first day: the post is filled from then.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-06-02")]
        from_on: Date,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-07-31")]
        to_on: Option<Date>,
        /// Why the person leaves; only with `to_on`. No pupil names.
        #[schema(min_length = 1, max_length = 500, example = json!(null))]
        end_reason: Option<String>,
    }
    embedded {
        /// The post, when asked for with `expand=post`.
        #[schema(no_recursion)]
        post: Post,
        /// The person, when asked for with `expand=person`.
        person: Person,
    }
}

impl Resource for PostHolding {
    type Entity = post_holding::Entity;
    type Form = NewPostHolding;
    type Filter = PostHoldingFilter;

    const PATH: &'static str = "/post-holdings";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, post_holding::Column)] = &[
        ("from_on", post_holding::Column::FromOn),
        ("to_on", post_holding::Column::ToOn),
        ("updated_at", post_holding::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["post_id", "person_id"];
    const EXPANDS: &'static [&'static str] = &["post", "person"];
    const LOCK: Option<LockRoot> = Some(store::lock_post);
    const NAMES_PEOPLE: &'static [&'static str] = &["end_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];

    fn refs(form: &NewPostHolding) -> Refs {
        Refs::default().to::<post::Entity>("/post_id", form.post_id).to::<person::Entity>("/person_id", form.person_id)
    }

    fn faults(form: &NewPostHolding) -> Vec<Fault> {
        rules::end(form.from_on, form.to_on, form.end_reason.as_deref())
    }

    async fn decide(write: &mut Write, step: Mutation<'_, post_holding::Model>) -> Result<()> {
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let kept = |row: &post_holding::Model| (row.post_id, row.person_id);
        if step.before.is_some_and(|before| kept(before) != kept(step.after)) {
            let message = "a holding keeps its post and person: end this one and make another";
            return Err(Problem::invalid("/person_id", "fixed", message));
        }
        let post = write.row::<post::Entity>(step.after.post_id).await?;
        if let Some(fault) = rules::within(step.after, &post) {
            return Err(Problem::faults(vec![fault]));
        }
        expect_no_other(write, step.after).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[post_holding::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "post" => expand::one::<Post>(caller, db, rows.iter().map(|row| row.post_id)).await,
            _ => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
        }
    }
}

/// Refuses two people in one post on one day. The post is locked.
async fn expect_no_other(write: &Write, row: &post_holding::Model) -> Result<()> {
    use post_holding::Column;

    let others = write.caller().rows::<post_holding::Entity>().filter(Column::Id.ne(row.id));
    let others = others.filter(Column::PostId.eq(row.post_id));
    let others = others.filter(overlaps(Column::FromOn, Column::ToOn, row.from_on, row.to_on));
    let Some(other) = others.one(write.tx()).await? else { return Ok(()) };
    let detail = format!("somebody holds the post at that time ({}): end that holding first", other.id);
    let fault = Fault::new("/from_on", "duplicate", &detail);
    Err(Problem::new(Code::Duplicate, detail).with(fault))
}

/// Narrows the list of holdings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PostHoldingFilter {
    /// Any of these posts.
    #[serde(default)]
    #[param(max_items = 200)]
    pub post_id: Vec<Uuid>,
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 200)]
    pub person_id: Vec<Uuid>,
    /// Only holdings on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
    /// Only holdings that begin on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub from_on_from: Option<Date>,
    /// Only holdings that begin on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub from_on_to: Option<Date>,
}

impl Filter<post_holding::Entity> for PostHoldingFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use post_holding::Column;

        Condition::all()
            .add_option(any_of(Column::PostId, &self.post_id))
            .add_option(any_of(Column::PersonId, &self.person_id))
            .add_option(self.on.map(|on| holds(Column::FromOn, Column::ToOn, on)))
            .add(between(Column::FromOn, self.from_on_from, self.from_on_to))
    }
}

routes! {
    ReadPeople: list_post_holdings, count_post_holdings, export_post_holdings, get_post_holding;
    WritePeople: create_post_holding, update_post_holding, archive_post_holding, restore_post_holding;
    ReadPeople: list_post_holding_history;
}

/// Lists who holds which post, and who held it when.
///
/// Only callers who reach the whole hub see any.
#[utoipa::path(
    get,
    path = "/post-holdings",
    params(List<PostHolding>),
    responses((status = 200, body = Page<PostHolding>)),
)]
async fn list_post_holdings(can: Can<ReadPeople>, list: List<PostHolding>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the holdings of posts by one or two of their fields.
#[utoipa::path(
    get,
    path = "/post-holdings/counts",
    params(CountBy<PostHolding>),
    responses((status = 200, body = Counts)),
)]
async fn count_post_holdings(can: Can<ReadPeople>, by: CountBy<PostHolding>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the holdings of posts as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/post-holdings/export",
    params(Export<PostHolding>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_post_holdings(can: Can<ReadPeople>, export: Export<PostHolding>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Fills a post with a person.
///
/// 409 where somebody holds the post on one of the days.
#[utoipa::path(post, path = "/post-holdings", responses((status = 201, body = PostHolding)))]
async fn create_post_holding(can: Can<WritePeople>, form: Json<NewPostHolding>) -> Result<Reply> {
    crud::create::<PostHolding>(&can, form).await
}

/// Gets a holding of a post.
#[utoipa::path(
    get,
    path = "/post-holdings/{id}",
    params(Show<PostHolding>),
    responses((status = 200, body = PostHolding)),
)]
async fn get_post_holding(can: Can<ReadPeople>, id: Id, show: Show<PostHolding>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes the days of a holding, or ends it: the person leaves the post.
#[utoipa::path(patch, path = "/post-holdings/{id}", responses((status = 200, body = PostHolding)))]
async fn update_post_holding(can: Can<WritePeople>, id: Id, patch: Patch<NewPostHolding>) -> Result<Reply> {
    crud::update::<PostHolding>(&can, id.0, patch).await
}

/// Archives a holding of a post.
///
/// Only for entries made by mistake: a person who leaves gets a last day instead.
#[utoipa::path(delete, path = "/post-holdings/{id}", responses((status = 204)))]
async fn archive_post_holding(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::archive::<PostHolding>(&can, id.0).await
}

/// Restores an archived holding of a post.
#[utoipa::path(post, path = "/post-holdings/{id}/restore", responses((status = 200, body = PostHolding)))]
async fn restore_post_holding(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::restore::<PostHolding>(&can, id.0).await
}

/// Shows the history of a holding of a post.
#[utoipa::path(
    get,
    path = "/post-holdings/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_post_holding_history(can: Can<ReadPeople>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<PostHolding>(&can, id.0, &part).await
}

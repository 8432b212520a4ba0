//! Posts of the hub: what work there is, for how much of the week, and who pays.

use std::collections::HashMap;

use entity::partners::partner;
use entity::people::designation::Territory;
use entity::people::post::{self, PostFunding};
use entity::people::post_holding;
use time::Date;

use super::person::Person;
use super::post_holding::PostHolding;
use super::{rules, store};
use crate::kernel::base::period::{holds, in_order};
use crate::kernel::prelude::*;

record! {
    /// A post of the hub. Who holds it, and who held it before, are its holdings; a post without one is vacant.
    ///
    /// The hub's own people see it.
    Post from NewPost in post {
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "Curriculum support teacher")]
        title: String,
        /// The role, by its code in the glossary.
        #[schema(min_length = 1, max_length = 40, pattern = r"^\S(.*\S)?$", example = "ML")]
        role_code: Option<String>,
        /// The role in words, where the glossary has no code for it.
        #[schema(min_length = 1, max_length = 100, pattern = r"^\S(.*\S)?$", example = json!(null))]
        role_text: Option<String>,
        /// Hundredths of full time: 80 is 0.8 of a full-time equivalent (FTE).
        #[schema(minimum = 1, maximum = 100, example = 80)]
        fte_hundredths: i32,
        /// Who pays, such as a grant or a council.
        #[schema(min_length = 1, max_length = 200, example = "Music education hub grant")]
        funding_source: Option<String>,
        /// What it is paid from: the hub's core funding, or what the hub sells.
        #[schema(example = "core")]
        funding: PostFunding,
        /// The partner that employs the person, if it is not the hub.
        #[schema(example = json!(null))]
        provider_id: Option<Uuid>,
        /// The part of the hub's area that the post is for; absent for all of it.
        #[schema(example = json!(null))]
        territory: Option<Territory>,
        /// True while it is not decided that there will be the post. Reports count it apart.
        #[serde(default)]
        #[schema(example = false)]
        tentative: bool,
        /// The first day.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-09-01")]
        from_on: Date,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        to_on: Option<Date>,
        /// Anything worth knowing. No pupil names.
        #[schema(min_length = 1, max_length = 2000, example = "Reviewed against income in January")]
        note: Option<String>,
    }
    initial { title_key: String::new(), role_key: String::new(), search_key: String::new() }
    embedded {
        /// The holding of today, when asked for with `expand=holding`; absent for a vacancy.
        holding: PostHolding,
        /// The person who holds it today, when asked for with `expand=holder`; absent for a vacancy.
        holder: Person,
        /// Every holding, the first one first, when asked for with `expand=holdings`.
        #[schema(max_items = 200)]
        holdings: Vec<PostHolding>,
    }
}

/// How many holdings are shown with a post.
const MOST_HOLDINGS: usize = 200;

impl Resource for Post {
    type Entity = post::Entity;
    type Form = NewPost;
    type Filter = PostFilter;

    const PATH: &'static str = "/posts";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, post::Column)] = &[
        ("title", post::Column::TitleKey),
        ("from_on", post::Column::FromOn),
        ("to_on", post::Column::ToOn),
        ("role", post::Column::RoleKey),
        ("updated_at", post::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] =
        &["role_code", "role_text", "funding", "funding_source", "territory", "tentative", "provider_id"];
    const EXPANDS: &'static [&'static str] = &["holding", "holder", "holdings"];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "role_text", "funding_source", "note"];

    fn refs(form: &NewPost) -> Refs {
        Refs::default().to::<partner::Entity>("/provider_id", form.provider_id)
    }

    fn faults(form: &NewPost) -> Vec<Fault> {
        let role = rules::role(form.role_code.as_deref(), form.role_text.as_deref());
        role.into_iter().chain(in_order("/to_on", Some(form.from_on), form.to_on)).collect()
    }

    fn complete(row: &mut post::Model) {
        row.title_key = search_key(&row.title);
        row.role_key = rules::role_key(row.role_code.as_deref(), row.role_text.as_deref());
        let words = [Some(&row.title), row.role_code.as_ref(), row.role_text.as_ref(), row.funding_source.as_ref()];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        row.search_key = search_key(&words.join(" "));
    }

    fn keys(row: &post::Model) -> Value {
        json!({ "title": row.title })
    }

    fn referenced_by(row: &post::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<post_holding::Entity>(post_holding::Column::PostId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, post::Model>) -> Result<()> {
        if step.operation == Operation::Archive {
            return Ok(());
        }
        store::settle_role(write, &mut step.after.role_code).await?;
        if step.before.is_none() {
            return Ok(());
        }
        let held = store::holdings(write.caller(), write.tx(), std::slice::from_ref(step.after), None).await?;
        let outside = held.iter().find_map(|one| Some((one.id, rules::within(one, step.after)?)));
        let Some((holding, fault)) = outside else { return Ok(()) };
        let message = fault.message;
        Err(Problem::conflict(format!("cannot change the days of the post: {message}, and holding {holding} does not")))
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[post::Model],
    ) -> Result<Vec<Value>> {
        if name == "holdings" {
            let found = store::holdings(caller, db, rows, None).await?;
            let mut lists: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
            for holding in &found {
                lists.entry(holding.post_id).or_default().push(holding.id);
            }
            let lists: Vec<Vec<Uuid>> = rows.iter().map(|row| lists.remove(&row.id).unwrap_or_default()).collect();
            let lists = lists.iter().map(|ids| &ids[..ids.len().min(MOST_HOLDINGS)]).collect();
            return expand::many::<PostHolding>(caller, db, lists).await;
        }
        let found = store::holdings(caller, db, rows, Some(caller.today())).await?;
        let found: HashMap<Uuid, &post_holding::Model> =
            found.iter().map(|holding| (holding.post_id, holding)).collect();
        let held = rows.iter().map(|row| found.get(&row.id));
        match name {
            "holding" => expand::one::<PostHolding>(caller, db, held.map(|one| one.map(|one| one.id))).await,
            _ => expand::one::<Person>(caller, db, held.map(|one| one.map(|one| one.person_id))).await,
        }
    }
}

/// Narrows the list of posts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PostFilter {
    /// Any of these roles, by code or in words, regardless of case and accents.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 100, example = json!(["ML"]))]
    pub role: Vec<String>,
    /// Only posts that are paid so.
    pub funding: Option<PostFunding>,
    /// Any of these partners, as the employer.
    #[serde(default)]
    #[param(max_items = 50)]
    pub provider_id: Vec<Uuid>,
    /// Only posts for this part of the hub's area.
    pub territory: Option<Territory>,
    /// Only tentative posts, or only others.
    pub tentative: Option<bool>,
    /// Any of these people, who holds the post today.
    #[serde(default)]
    #[param(max_items = 50)]
    pub holder_id: Vec<Uuid>,
    /// Only posts that there are on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
    /// Only posts that there are on this day and that nobody holds then.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub vacant_on: Option<Date>,
    /// Words of the title, the role and the funding source, each whole or in part, in any order and without regard to
    /// case and accents.
    #[param(min_length = 1, max_length = 100, example = "support")]
    pub q: Option<String>,
}

impl Filter<post::Entity> for PostFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use post::Column;

        let roles: Vec<String> = self.role.iter().map(|role| search_key(role)).collect();
        let on = |day| holds(Column::FromOn, Column::ToOn, day);
        let vacant =
            self.vacant_on.map(|day| on(day).add(Column::Id.not_in_subquery(store::posts_held(caller, day, &[]))));
        let holders = (!self.holder_id.is_empty())
            .then(|| Column::Id.in_subquery(store::posts_held(caller, caller.today(), &self.holder_id)));
        Condition::all()
            .add_option(any_of(Column::RoleKey, &roles))
            .add_option(is(Column::Funding, self.funding))
            .add_option(any_of(Column::ProviderId, &self.provider_id))
            .add_option(is(Column::Territory, self.territory))
            .add_option(is(Column::Tentative, self.tentative))
            .add_option(holders)
            .add_option(self.on.map(on))
            .add_option(vacant)
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPeople: list_posts, count_posts, export_posts, get_post;
    WritePeople: create_post, update_post, archive_post, restore_post;
    ReadPeople: list_post_history;
}

/// Lists the posts.
///
/// Only callers who reach the whole hub see any. `vacant_on` lists vacancies, and `tentative=true` the posts that are
/// not decided yet.
#[utoipa::path(get, path = "/posts", params(List<Post>), responses((status = 200, body = Page<Post>)))]
async fn list_posts(can: Can<ReadPeople>, list: List<Post>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the posts by one or two of their fields.
#[utoipa::path(get, path = "/posts/counts", params(CountBy<Post>), responses((status = 200, body = Counts)))]
async fn count_posts(can: Can<ReadPeople>, by: CountBy<Post>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the posts as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/posts/export",
    params(Export<Post>),
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
async fn export_posts(can: Can<ReadPeople>, export: Export<Post>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Creates a post.
///
/// It is vacant until somebody holds it, by `POST /post-holdings`.
#[utoipa::path(post, path = "/posts", responses((status = 201, body = Post)))]
async fn create_post(can: Can<WritePeople>, form: Json<NewPost>) -> Result<Reply> {
    crud::create::<Post>(&can, form).await
}

/// Gets a post.
#[utoipa::path(get, path = "/posts/{id}", params(Show<Post>), responses((status = 200, body = Post)))]
async fn get_post(can: Can<ReadPeople>, id: Id, show: Show<Post>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a post.
///
/// 409 where somebody holds it on days that it would not have: end the holding first.
#[utoipa::path(patch, path = "/posts/{id}", responses((status = 200, body = Post)))]
async fn update_post(can: Can<WritePeople>, id: Id, patch: Patch<NewPost>) -> Result<Reply> {
    crud::update::<Post>(&can, id.0, patch).await
}

/// Archives a post.
///
/// Only for entries made by mistake: a post that ends gets a last day instead. Refused (409) while it has holdings.
#[utoipa::path(delete, path = "/posts/{id}", responses((status = 204)))]
async fn archive_post(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::archive::<Post>(&can, id.0).await
}

/// Restores an archived post.
#[utoipa::path(post, path = "/posts/{id}/restore", responses((status = 200, body = Post)))]
async fn restore_post(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::restore::<Post>(&can, id.0).await
}

/// Shows the history of a post.
#[utoipa::path(
    get,
    path = "/posts/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_post_history(can: Can<ReadPeople>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Post>(&can, id.0, &part).await
}

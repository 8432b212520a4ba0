//! Reading the change log: the history of an item, and the feed of all changes.

mod visible;

use std::borrow::Cow;

use entity::instant::Instant;
use entity::kernel::change::{self, ActorKind};
use entity::owned::Owned;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use self::visible::Visible;
use super::epoch;
pub use super::epoch::position;
use super::list::Address;
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query::IN_QUERY;
use crate::kernel::resource::field;
use crate::kernel::resource::mentions::Mentions;
use crate::kernel::resource::traits::Resource;

/// One change of one item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Its number within the hub. Numbers grow in the order of commits, without gaps.
    #[schema(minimum = 1, example = 36905)]
    pub number: i64,
    /// What changed, by the name of its kind.
    #[schema(value_type = Kind)]
    pub resource: String,
    /// The item.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The item's version after the change.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// The keys by which people and partner systems know the item.
    #[schema(value_type = Object, example = json!({ "urn": 120_001 }))]
    pub keys: Value,
    /// The school that the item belongs to, if it belongs to one.
    pub school_id: Option<Uuid>,
    /// `create`, `update`, `archive`, `restore`, `attach` and `detach` for a file of the item, or the name of a
    /// transition.
    #[schema(max_length = 60, example = "update")]
    pub operation: String,
    /// When it was committed.
    pub at: Instant,
    /// What kind of caller did it.
    pub actor_kind: ActorKind,
    /// The user or client who did it.
    pub actor_id: Option<Uuid>,
    /// The person behind the user.
    pub actor_person_id: Option<Uuid>,
    /// Why, where a reason was given.
    #[schema(max_length = 2000, example = "approved by the governing group")]
    pub reason: Option<String>,
    /// Each field that changed, with its value `before` and `after`. A file that was attached or removed stands under
    /// `attachment`, without its content.
    #[schema(value_type = Object, example = json!({ "pupils": { "before": 210, "after": 214 } }))]
    pub fields: Value,
}

impl Change {
    fn of(row: change::Model, hidden: &[&str]) -> Self {
        let mut fields = row.fields;
        if let Some(fields) = fields.as_object_mut() {
            take_away(fields, hidden);
        }
        Self {
            number: row.number,
            resource: row.resource,
            id: row.row_id,
            version: row.row_version,
            keys: row.keys,
            school_id: row.school_id,
            operation: row.operation,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_person_id: row.actor_person_id,
            reason: row.reason,
            fields,
        }
    }
}

fn take_away(fields: &mut Map<String, Value>, hidden: &[&str]) {
    for name in hidden {
        fields.shift_remove(*name);
    }
}

/// What the feed knows of a resource; each part registers its own.
#[derive(Clone, Copy, Debug)]
pub struct FeedResource {
    /// The resource's name in the log.
    pub resource: &'static str,
    /// The last part of its collection's address.
    pub collection: &'static str,
    /// The collection's address below `/api/v1`.
    pub path: &'static str,
    /// What `expand` can embed in an item.
    pub expands: &'static [&'static str],
    /// The name of the item's schema in the document.
    pub schema: fn() -> Cow<'static, str>,
    /// True if a change needs `If-Match`.
    pub guarded: bool,
    /// False if its changes are kept in the log and shown in no feed.
    pub shown: bool,
    /// Where its rows name people, and refer to them.
    pub mentions: Mentions,
    /// The scope by which it is read.
    pub read: Scope,
    sees_past: fn(&Caller) -> bool,
    ids: fn(&Caller) -> SelectStatement,
    withheld: fn(&Caller) -> &'static [&'static str],
}

impl FeedResource {
    /// That of a resource.
    #[must_use]
    pub fn of<R: Resource>() -> Self {
        Self {
            resource: R::Entity::table(),
            collection: R::PATH.rsplit('/').next().unwrap_or_default(),
            path: R::PATH,
            expands: R::EXPANDS,
            schema: R::name,
            guarded: R::IF_MATCH,
            shown: true,
            mentions: Mentions::of::<R>(),
            read: R::READ,
            sees_past: |caller| caller.sees_past(&R::Entity::fence()),
            ids: |caller| {
                let rows = caller.rows_archived::<R::Entity>();
                rows.select_only().column(R::Entity::id()).into_query()
            },
            withheld: |caller| R::withheld(caller).fields(),
        }
    }

    /// The fields that the caller does not see in every row.
    #[must_use]
    pub fn withheld(&self, caller: &Caller) -> &'static [&'static str] {
        (self.withheld)(caller)
    }

    /// The same for what no feed shows.
    #[must_use]
    pub fn never_shown(self) -> Self {
        Self { shown: false, ..self }
    }
}

impl State {
    /// What the parts registered for the feed.
    #[must_use]
    pub fn followed(&self) -> &[FeedResource] {
        self.registered::<Vec<FeedResource>>()
    }
}

/// A part of a feed or history.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// The changes in the order of their numbers: rising in the feed, falling in a history.
    #[schema(max_items = 200)]
    pub items: Vec<Change>,
    /// Send it as `after` to go on: the number of the last change read, whether the caller may see
    /// that one or not; the same as was sent when nothing new is there. In a history it goes in
    /// `before`, and is absent at the beginning.
    #[schema(minimum = 0, example = 36905)]
    pub next: Option<i64>,
    /// Send it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub next_cursor: Option<String>,
    /// In the feed: the epoch within which the numbers hold. Send it back as `epoch`. In a history it
    /// is absent.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub epoch: Option<Uuid>,
}

/// Where the feed of a hub ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedPosition {
    /// The epoch within which the number holds. Send it as `epoch`.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub epoch: Uuid,
    /// The number of the last change, 0 before the first. Send it as `after`.
    #[schema(minimum = 0, example = 36905)]
    pub after: i64,
}

/// The end of the feed of the caller's hub.
///
/// # Errors
/// When the database is away.
pub async fn end(caller: &Caller) -> Result<Reply> {
    let (epoch, after) = position(caller.db().read(), caller.hub_id).await?;
    Reply::ok(&FeedPosition { epoch, after })
}

/// What a cursor of these pages is bound to, so that it fits only what it was made for.
struct Pages<'a> {
    caller: &'a Caller,
    of: String,
}

impl Pages<'_> {
    /// The number that a cursor stands for.
    fn number(&self, cursor: Option<&str>) -> Result<Option<i64>> {
        let secret = &self.caller.state().cursor_secret;
        let cursor = cursor.map(|text| Cursor::open(text, secret, &self.bound())).transpose()?;
        Ok(cursor.and_then(|cursor| cursor.key.as_i64()))
    }

    fn bound(&self) -> String {
        format!("change|{}|{}", self.caller.hub_id, self.of)
    }

    /// The reply with a page. `last` is the number that the next page goes on from; none on the
    /// last page.
    fn reply(&self, mut page: Changes, last: Option<i64>) -> Result<Reply> {
        let secret = &self.caller.state().cursor_secret;
        let cursor = last.map(|number| Cursor { key: number.into(), id: Uuid::nil() });
        page.next_cursor = cursor.map(|cursor| cursor.seal(secret, &self.bound()));
        let reply = Reply::ok(&page)?;
        Ok(Address::asked_by(self.caller).link(reply, page.next_cursor.as_deref()))
    }
}

/// Which part of an item's history.
///
/// The parameters are a type of their own: a handler asks `HistoryQuery` for them with a closure of its own type, and
/// they are compiled once all the same.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct HistoryQuery(HistoryPart);

impl IntoParams for HistoryQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        HistoryPart::into_params(IN_QUERY)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryPart {
    /// Only changes with a lower number: `next` of the part before.
    #[param(minimum = 1, example = 36905)]
    before: Option<i64>,
    /// `next_cursor` of the page before. It fits only the same item and `before`.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    cursor: Option<String>,
    /// How many changes at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<u64>,
}

/// The history of one item, the latest change first.
///
/// # Errors
/// 404 when the item is not there for the caller; 403 when the caller sees the item as it is, but
/// not what it was.
pub fn history<R: Resource>(caller: &Caller, id: Uuid, query: &HistoryQuery) -> impl Future<Output = Result<Reply>> {
    let mut item = caller.statement::<R::Entity>(true);
    field::select(&mut item, R::Entity::table(), &["id"]);
    item.and_where(R::Entity::id().eq(id));
    history_of(caller, FeedResource::of::<R>(), item, id, &query.0)
}

async fn history_of(
    caller: &Caller,
    of: FeedResource,
    item: SelectStatement,
    id: Uuid,
    query: &HistoryPart,
) -> Result<Reply> {
    let db = caller.db().snapshot().await?;
    db.query_one(&item).await?.ok_or_else(Problem::not_found)?;
    if !(of.sees_past)(caller) {
        return Err(Problem::forbidden(format!(
            "the history of these items needs `{}` over the whole hub: ask somebody of the hub for it",
            caller.scope()
        )));
    }
    let limit = query.limit.unwrap_or(50);
    let pages = Pages { caller, of: format!("{}|{id}|{:?}", of.resource, query.before) };
    let before = pages.number(query.cursor.as_deref())?.or(query.before);
    #[expect(clippy::disallowed_methods, reason = "the row itself was looked up as the caller's")]
    let mut changes = change::Entity::find()
        .filter(change::Column::HubId.eq(caller.hub_id))
        .filter(change::Column::Resource.eq(of.resource))
        .filter(change::Column::RowId.eq(id));
    if let Some(before) = before {
        changes = changes.filter(change::Column::Number.lt(before));
    }
    let mut rows = changes.order_by_desc(change::Column::Number).limit(limit + 1).all(&db).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| row.number);
    let hidden = of.withheld(caller);
    let items = rows.into_iter().map(|row| Change::of(row, hidden)).collect();
    pages.reply(Changes { items, next, next_cursor: None, epoch: None }, next)
}

/// A kind of item, as `resource` of a change names it. Later versions may add kinds.
#[derive(ToSchema)]
#[schema(as = ChangedResource, value_type = String, example = "school")]
pub struct Kind(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Which part of the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// Only changes with a higher number: `next` of the part before; 0 or absent begins at the
    /// first change.
    #[param(minimum = 0, example = 0)]
    pub after: Option<i64>,
    /// `next_cursor` of the page before. It fits only the same `after` and `resource`. Keep `next` to
    /// go on from after the last page.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
    /// The epoch of the part before. If the database has been restored since then, the reply is 410
    /// instead of changes whose numbers mean something else.
    #[param(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub epoch: Option<Uuid>,
    /// Only changes of these kinds of item; repeatable.
    #[serde(default)]
    #[param(value_type = Vec<Kind>, max_items = 50, example = json!(["school"]))]
    pub resource: Vec<String>,
    /// How many changes at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
}

/// The changes of the hub that the caller may see, in the order of their commits.
///
/// # Errors
/// 400 for a cursor that does not fit; 410 for a follower of another epoch.
pub async fn changes(caller: &Caller, query: &FeedQuery) -> Result<Reply> {
    let visible = Visible::to(caller, &query.resource);
    let pages = Pages { caller, of: format!("{:?}|{:?}", query.resource, query.after) };
    let after = pages.number(query.cursor.as_deref())?.or(query.after).unwrap_or(0);
    let (epoch, last) = epoch::admit(caller, query.epoch, after).await?;
    let epoch = Some(epoch);
    let Some(visible) = visible else {
        return pages.reply(Changes { items: Vec::new(), next: Some(last), next_cursor: None, epoch }, None);
    };
    let limit = query.limit.unwrap_or(50);
    let within = Condition::all().add(change::Column::Number.gt(after)).add(change::Column::Number.lte(last));
    let mut items = visible.read(within, limit + 1).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    // Where nothing more is to be seen, what was not shown is read as well.
    let next = items.last().filter(|_| more).map_or(last, |change| change.number);
    pages.reply(Changes { items, next: Some(next), next_cursor: None, epoch }, Some(next).filter(|_| more))
}

//! A page of a list: which one is asked for, and how it is read.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Expr, IntoCondition, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, ExprTrait, ModelTrait, Order, PaginatorTrait, QueryFilter, QuerySelect,
    Select,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::cursor::{self, Cursor};
use super::expand;
use super::openapi::Document;
use super::problem::{Problem, Result};
use super::query;
use super::reply::Reply;
use super::resource::{Listed, ListedColumn, ListedRow};
use super::selection::{Narrowing, Selection, Sort, sort_parameter};
use super::tenancy::Caller;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order asked for.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub next_cursor: Option<String>,
    /// How many there are in all, when `total=true` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false, minimum = 0, example = 414)]
    pub total: Option<u64>,
}

/// Which page it is to be.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Paging {
    /// How many items a page holds at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before. It fits only the same filter and sort.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
    /// Whether to count the whole list.
    pub total: Option<bool>,
}

/// What to embed, whose values differ from resource to resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    expand: Vec<String>,
}

/// The parameters of a list request.
pub struct List<L: Listed> {
    selection: Selection<L>,
    paging: Paging,
    expands: Vec<&'static str>,
    /// What the cursor is bound to, beside the hub.
    bound: String,
    address: Address,
}

/// Where a list was asked for, from which its next page has its address.
#[derive(Debug)]
pub struct Address {
    path: String,
    /// Without a cursor.
    query: String,
}

impl Address {
    fn of(request: &HttpRequest) -> Self {
        Self::new(request.path(), request.query_string())
    }

    /// Where the caller's request went to.
    #[must_use]
    pub fn asked_by(caller: &Caller) -> Self {
        let address = caller.request().route.split_once(' ').map_or("", |(_, address)| address);
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Self::new(path, query)
    }

    fn new(path: &str, query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.starts_with("cursor=") && !pair.is_empty());
        Self { path: path.to_owned(), query: pairs.collect::<Vec<_>>().join("&") }
    }

    /// The reply with a page, and with the link to the next one if there is one.
    ///
    /// # Errors
    /// 500 when the page is no JSON.
    pub fn reply<T: Serialize>(&self, page: &Page<T>) -> Result<Reply> {
        Ok(self.link(Reply::ok(page)?, page.next_cursor.as_deref()))
    }

    /// The reply with the link to the next page if there is one.
    #[must_use]
    pub fn link(&self, reply: Reply, next_cursor: Option<&str>) -> Reply {
        let Some(cursor) = next_cursor else { return reply };
        let joint = if self.query.is_empty() { "" } else { "&" };
        let link = format!("<{}?{}{joint}cursor={cursor}>; rel=\"next\"", self.path, self.query);
        reply.with(header::LINK, link)
    }
}

impl FromRequest for Address {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl<L: Listed> FromRequest for List<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl<L: Listed> List<L> {
    fn parse(request: &HttpRequest) -> Result<Self> {
        let text = request.query_string();
        let mut values = Document::of(request)?.query::<Self>()?.read(text)?;
        let paging: Paging = query::from_values(values.clone())?;
        let choice: Choice = query::from_values(values.clone())?;
        let selection = Selection::read(&values)?;
        let expands = expand::names::<L>(&choice.expand);
        for unbound in ["cursor", "limit", "total", "expand"] {
            values.shift_remove(unbound);
        }
        values.sort_keys();
        let bound = format!("{}?{}", L::Entity::table(), Value::Object(values));
        Ok(Self { selection, paging, expands, bound, address: Address::of(request) })
    }
}

impl<L: Listed> List<L> {
    /// What narrows the list.
    #[must_use]
    pub const fn filter(&self) -> &L::Filter {
        self.selection.filter()
    }

    /// All rows of the list, for a part that finds some of them in code.
    pub fn rows(&self, caller: &Caller) -> Select<L::Entity> {
        self.selection.rows(caller)
    }

    /// The same list with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: impl IntoCondition) -> Self {
        Self { selection: self.selection.narrowed(condition.into_condition()), ..self }
    }
}

impl<L: Listed> Sort<L> {
    /// The rows after a cursor, or from the beginning; those without a key come last both ways.
    fn after(&self, cursor: Option<(&Cursor, Option<sea_orm::Value>)>) -> Condition {
        let id = <L::Entity as Owned>::id();
        match cursor {
            None => Condition::all(),
            Some((cursor, None)) => Condition::all().add(self.beyond(id, cursor.id.into())),
            Some((cursor, Some(key))) => {
                let here = Expr::tuple([
                    SimpleExpr::from(Expr::col(self.column.as_column_ref())),
                    Expr::col(id.as_column_ref()),
                ]);
                let there = Expr::tuple([Expr::val(key), Expr::val(cursor.id)]);
                let beyond = if self.order == Order::Asc { here.gt(there) } else { here.lt(there) };
                Condition::all().add(beyond)
            }
        }
    }

    fn beyond(&self, column: ListedColumn<L>, value: sea_orm::Value) -> SimpleExpr {
        if self.order == Order::Asc { column.gt(value) } else { column.lt(value) }
    }
}

/// Reads a page as the caller sees it.
///
/// # Errors
/// 400 for a cursor that does not fit; those of the database.
pub async fn page<L: Listed>(caller: &Caller, list: List<L>) -> Result<Reply> {
    let bound = format!("{}|{}", caller.hub_id, list.bound);
    let secret = &caller.state().cursor_secret;
    let cursor = list.paging.cursor.as_deref();
    let cursor = cursor.map(|text| Cursor::open(text, secret, &bound)).transpose()?;

    let rows = list.selection.rows(caller);
    // A page that takes more than one statement is read from one snapshot; the rest of the
    // pages are spared its two round trips.
    let several =
        list.paging.total == Some(true) || list.selection.sort.column.def().is_null() || !list.expands.is_empty();
    if several {
        let db = caller.db().snapshot().await?;
        compose(caller, &db, list, rows, cursor, &bound).await
    } else {
        compose(caller, caller.db().read(), list, rows, cursor, &bound).await
    }
}

async fn compose<L: Listed>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    list: List<L>,
    rows: Select<L::Entity>,
    cursor: Option<Cursor>,
    bound: &str,
) -> Result<Reply> {
    let limit = list.paging.limit.unwrap_or(50);
    let secret = &caller.state().cursor_secret;
    let total = match list.paging.total {
        Some(true) => Some(rows.clone().count(db).await?),
        _ => None,
    };
    let mut items = read(db, rows, &list.selection.sort, cursor.as_ref(), limit + 1).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = match items.last() {
        Some(last) if more => {
            let key = cursor::to_json(&last.get(list.selection.sort.column))?;
            Some(Cursor { key, id: last.id() }.seal(secret, bound))
        }
        _ => None,
    };
    if list.expands.is_empty() && L::hidden(caller).is_empty() {
        let items: Vec<L> = items.iter().map(L::from).collect();
        list.address.reply(&Page { items, next_cursor, total })
    } else {
        let items = super::crud::shown::<L>(caller, db, &items, &list.expands).await?;
        list.address.reply(&Page { items, next_cursor, total })
    }
}

/// Reads up to `limit` rows, from both segments where the first does not have as many.
async fn read<L: Listed>(
    db: &impl ConnectionTrait,
    rows: Select<L::Entity>,
    sort: &Sort<L>,
    cursor: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<ListedRow<L>>> {
    let (keyed, tail) = sort.segments(rows);
    let in_tail = tail.is_some() && cursor.is_some_and(|cursor| cursor.key == Value::Null);
    let mut items = Vec::new();
    if !in_tail {
        let after = match cursor {
            Some(cursor) => {
                let key = cursor::from_json(sort.column, &cursor.key)?;
                sort.after(Some((cursor, Some(key))))
            }
            None => sort.after(None),
        };
        items = keyed.filter(after).limit(limit).all(db).await?;
    }
    let left = limit - items.len() as u64;
    if let Some(tail) = tail.filter(|_| left > 0) {
        let after = sort.after(cursor.filter(|_| in_tail).map(|cursor| (cursor, None)));
        items.extend(tail.filter(after).limit(left).all(db).await?);
    }
    Ok(items)
}

impl<L: Listed> IntoParams for List<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let query = || Some(ParameterIn::Query);
        let mut parameters = L::Filter::into_params(query);
        parameters.push(sort_parameter::<L>());
        parameters.extend(expand::parameter::<L>());
        parameters.extend(Paging::into_params(query));
        parameters.extend(Narrowing::into_params(query));
        parameters
    }
}

//! A page of a list: which one is asked for, and how it is read.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use entity::cell::json;
use entity::owned::Owned;
use sea_orm::sea_query::{Asterisk, Expr, Query, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, ExprTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::selection::{Narrowing, Selection, Sort, sort_parameter};
use super::show::{self, Embed, Embedded, Shown};
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query::{self, IN_QUERY};
use crate::kernel::resource::field::{Field, Reading};
use crate::kernel::resource::traits::Listed;

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
    /// True to count the whole list.
    pub total: Option<bool>,
}

/// What stands before the fields in a row that is read: its id and its sort key.
const KEYS: usize = 2;

/// The parameters of a list request.
pub struct List<L: Listed> {
    selection: Selection<L>,
    part: Part,
}

/// Which part of a list, and what of its items.
struct Part {
    paging: Paging,
    shown: Shown,
    /// What the cursor is bound to, beside the hub: the table and the parameters that decide which rows a list has.
    bound: String,
    address: Address,
}

impl Part {
    /// Takes the parameters that do not decide which rows a list has out of the values of a query.
    fn take(
        values: &mut Value,
        request: &HttpRequest,
        table: &str,
        fields: &[Field],
        expands: &[&'static str],
    ) -> Result<Self> {
        let paging = query::from_values(values)?;
        let shown = Shown::read(values, fields, expands)?;
        if let Value::Object(values) = values {
            for unbound in ["cursor", "limit", "total", "expand", "fields"] {
                values.shift_remove(unbound);
            }
            values.sort_keys();
        }
        Ok(Self { paging, shown, bound: format!("{table}?{values}"), address: Address::of(request) })
    }
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
        self.reply_to(page, page.next_cursor.as_deref())
    }

    /// The reply with a page of another form, and with the link to the next one if there is one.
    ///
    /// # Errors
    /// 500 when the page is no JSON.
    pub fn reply_to<T: Serialize>(&self, page: &T, next_cursor: Option<&str>) -> Result<Reply> {
        Ok(self.link(Reply::ok(page)?, next_cursor))
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
        let mut values = query::values_of::<Self>(request)?;
        let part = Part::take(&mut values, request, L::Entity::table(), L::FIELDS, L::EXPANDS)?;
        Ok(Self { selection: Selection::read(&values)?, part })
    }

    /// What is listed.
    pub const fn selection(&self) -> &Selection<L> {
        &self.selection
    }

    /// Returns true if archived rows are asked for instead of the others.
    pub(super) fn archived(&self) -> bool {
        self.selection.archived()
    }

    /// The same list with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: Condition) -> Self {
        Self { selection: self.selection.narrowed(condition), ..self }
    }
}

/// Reads a page as the caller sees it.
///
/// # Errors
/// 400 for a cursor that does not fit.
pub fn page<L: Listed>(caller: &Caller, list: List<L>) -> impl Future<Output = Result<Reply>> {
    let rows = caller.statement::<L::Entity>(list.archived());
    page_of(caller, list, rows)
}

/// As [`page`], over rows that are narrowed to what exists for the caller. Where they are the rows of a subquery, it
/// has the name of the list's table.
///
/// # Errors
/// As [`page`].
pub fn page_of<L: Listed>(
    caller: &Caller,
    list: List<L>,
    mut rows: SelectStatement,
) -> impl Future<Output = Result<Reply>> {
    let List { selection, part } = list;
    let reading = Reading::of::<L>(caller, &part.shown.fields);
    rows.cond_where(selection.condition(caller));
    selection.sort.select(&mut rows);
    reading.select(&mut rows, L::Entity::table());
    if !part.shown.expands.is_empty() {
        show::select::<L>(&mut rows, &reading);
    }
    part.page(caller, rows, selection.sort, reading, show::embed::<L>)
}

impl Part {
    async fn page(
        self,
        caller: &Caller,
        rows: SelectStatement,
        sort: Sort,
        reading: Reading,
        embed: Embed,
    ) -> Result<Reply> {
        let Self { paging, shown: Shown { expands, .. }, bound, address } = self;
        let bound = format!("{}|{}", caller.hub_id, bound);
        let secret = &caller.state().cursor_secret;
        let cursor = paging.cursor.as_deref();
        let cursor = cursor.map(|text| Cursor::open(text, secret, &bound)).transpose()?;
        // A page that takes more than one statement is read from one snapshot; the rest of the
        // pages are spared its two round trips.
        let several = paging.total == Some(true) || sort.is_nullable() || !expands.is_empty();
        let want = Want { rows, sort: &sort, cursor, limit: paging.limit.unwrap_or(50), total: paging.total };
        let (found, embedded) = if several {
            let db = caller.db().snapshot().await?;
            let found = want.read(&db).await?;
            let embedded = embed(caller, &db, &expands, &found.rows).await?;
            (found, embedded)
        } else {
            (want.read(caller.db().read()).await?, Vec::new())
        };
        let next_cursor = found.next.map(|place| place.seal(secret, &bound));
        let body = written(&found.rows, &reading, &embedded, next_cursor.as_deref(), found.total)?;
        Ok(address.link(Reply::written(body), next_cursor.as_deref()))
    }
}

/// Which rows a page is to have: each begins with its id and its sort key.
struct Want<'a> {
    rows: SelectStatement,
    sort: &'a Sort,
    cursor: Option<Cursor>,
    limit: u64,
    total: Option<bool>,
}

/// The rows of a page.
struct Found {
    rows: Vec<QueryResult>,
    /// Where the next page begins, if there is one.
    next: Option<Cursor>,
    total: Option<u64>,
}

impl Want<'_> {
    async fn read(self, db: &impl ConnectionTrait) -> Result<Found> {
        let total = match self.total {
            Some(true) => Some(count(db, self.rows.clone()).await?),
            _ => None,
        };
        let limit = self.limit + 1;
        let mut rows = self.up_to(db, limit).await?;
        let more = rows.len() as u64 == limit;
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| self.sort.place(row)).transpose()?;
        Ok(Found { rows, next, total })
    }

    /// Reads up to `limit` rows, from both segments where the first does not have as many.
    async fn up_to(&self, db: &impl ConnectionTrait, limit: u64) -> Result<Vec<QueryResult>> {
        let (mut keyed, tail) = self.sort.segments(self.rows.clone());
        let in_tail = tail.is_some() && self.cursor.as_ref().is_some_and(|cursor| cursor.key == Value::Null);
        let mut rows = Vec::new();
        if !in_tail {
            if let Some(cursor) = &self.cursor {
                self.sort.after(&mut keyed, cursor)?;
            }
            rows = db.query_all(keyed.limit(limit)).await?;
        }
        let left = limit - rows.len() as u64;
        if let Some(mut tail) = tail.filter(|_| left > 0) {
            if let Some(cursor) = self.cursor.as_ref().filter(|_| in_tail) {
                self.sort.after_in_tail(&mut tail, cursor);
            }
            rows.extend(db.query_all(tail.limit(left)).await?);
        }
        Ok(rows)
    }
}

/// How many rows a statement finds.
pub(super) async fn count(db: &impl ConnectionTrait, rows: SelectStatement) -> Result<u64> {
    let mut counted = Query::select();
    counted.expr(Expr::col(Asterisk).count()).from_subquery(rows, "found");
    let row = db.query_one(&counted).await?.ok_or_else(|| Problem::internal("a count without a row"))?;
    let count: i64 = row.try_get_by_index(0)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The page as JSON, as [`Page`] is documented.
fn written(
    rows: &[QueryResult],
    reading: &Reading,
    embedded: &Embedded,
    next_cursor: Option<&str>,
    total: Option<u64>,
) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(256 + rows.len() * 512);
    body.extend_from_slice(b"{\"items\":[");
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        reading.write(row, KEYS, show::of_row(embedded, at), &mut body)?;
    }
    body.push(b']');
    if let Some(cursor) = next_cursor {
        body.extend_from_slice(b",\"next_cursor\":");
        json(cursor, &mut body)?;
    }
    if let Some(total) = total {
        body.extend_from_slice(b",\"total\":");
        json(&total, &mut body)?;
    }
    body.push(b'}');
    Ok(body)
}

impl<L: Listed> IntoParams for List<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameters(L::Filter::into_params(IN_QUERY), sort_parameter::<L>(), show::parameters(L::FIELDS, L::EXPANDS))
    }
}

fn parameters(filter: Vec<Parameter>, sort: Parameter, show: Vec<Parameter>) -> Vec<Parameter> {
    let mut parameters = filter;
    parameters.push(sort);
    parameters.extend(show);
    parameters.extend(Paging::into_params(IN_QUERY));
    parameters.extend(Narrowing::into_params(IN_QUERY));
    parameters
}

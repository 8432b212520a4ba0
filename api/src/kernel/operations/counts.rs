//! How many items there are by one or two of their fields: what a front end shows beside its
//! filters.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::owned::Owned;
use sea_orm::sea_query::{Expr, Order, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, ExprTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::selection::{Narrowing, Selection};
use super::show::{known, names};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::Document;
use crate::kernel::document::openapi::query::{self, IN_QUERY};
use crate::kernel::resource::field::Reading;
use crate::kernel::resource::traits::Listed;

/// How many groups a reply lists.
const GROUPS: u64 = 200;

/// How many items of a list there are, in groups.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    /// All items of the list, under the filters given.
    #[schema(minimum = 0, example = 414)]
    pub total: i64,
    /// The largest groups first. Groups of equal size are ordered by their values, nulls last.
    #[schema(max_items = 200)]
    pub groups: Vec<CountedGroup>,
    /// The items of all further groups together.
    #[schema(minimum = 0, example = 0)]
    pub others: i64,
}

/// The items that have the same values.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountedGroup {
    /// The value of each field of `by`, as the items have it; null for items without one.
    #[schema(value_type = Object, example = json!({ "phase": "primary" }))]
    pub by: Map<String, Value>,
    /// How many items have them.
    #[schema(minimum = 1, example = 310)]
    pub count: i64,
}

/// The parameters of a request for counts: the fields, and the parameters of the list but its pages.
pub struct CountBy<L: Listed> {
    selection: Selection<L>,
    by: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Asked {
    by: Vec<String>,
}

impl<L: Listed> CountBy<L> {
    /// What is counted.
    pub const fn selection(&self) -> &Selection<L> {
        &self.selection
    }

    /// The same with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: Condition) -> Self {
        Self { selection: self.selection.narrowed(condition), ..self }
    }

    fn parse(request: &HttpRequest) -> Result<Self> {
        let values = Document::of(request)?.query::<Self>()?.read(request.query_string())?;
        let asked: Asked = query::from_values(&values)?;
        Ok(Self { selection: Selection::read(&values)?, by: known(L::COUNTS, &asked.by) })
    }
}

impl<L: Listed> FromRequest for CountBy<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl<L: Listed> IntoParams for CountBy<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameters(L::COUNTS, L::Filter::into_params(IN_QUERY))
    }
}

fn parameters(counts: &[&'static str], filter: Vec<Parameter>) -> Vec<Parameter> {
    let mut parameters = vec![names("by", "One or two fields to count by, separated by commas.", counts, (1, 2))];
    parameters.extend(filter);
    parameters.extend(Narrowing::into_params(IN_QUERY));
    parameters
}

/// Counts the items that the caller sees, by their values of some fields. A field that is withheld
/// from the caller has no value in any of them.
///
/// # Errors
/// When the database fails.
pub fn run<L: Listed>(caller: &Caller, asked: CountBy<L>) -> impl Future<Output = Result<Reply>> {
    let reading = Reading::of::<L>(caller, &asked.by);
    count(caller, asked.selection.statement(caller), reading, L::Entity::table())
}

/// As [`run`], over rows that are narrowed to what exists for the caller.
///
/// # Errors
/// When the database fails.
pub fn run_of<L: Listed>(
    caller: &Caller,
    asked: CountBy<L>,
    mut rows: SelectStatement,
) -> impl Future<Output = Result<Reply>> {
    let reading = Reading::of::<L>(caller, &asked.by);
    rows.cond_where(asked.selection.condition(caller));
    count(caller, rows, reading, L::Entity::table())
}

async fn count(caller: &Caller, mut rows: SelectStatement, reading: Reading, table: &'static str) -> Result<Reply> {
    group(&mut rows, &reading, table);
    let rows = caller.db().read().query_all(&rows).await?;
    Reply::ok(&counts(&rows, &reading)?)
}

/// Turns a statement over rows into one over their groups. It reads the count of a group, the count
/// of all rows, and the values.
fn group(rows: &mut SelectStatement, reading: &Reading, table: &'static str) {
    rows.expr(Expr::cust("COUNT(*)")).expr(Expr::cust("CAST(SUM(COUNT(*)) OVER () AS BIGINT)"));
    reading.select(rows, table);
    let columns: Vec<_> = reading.columns(table).collect();
    rows.add_group_by(columns.iter().cloned()).order_by_expr(Expr::cust("COUNT(*)"), Order::Desc);
    for column in columns {
        // The databases do not agree on the place of nulls.
        rows.order_by_expr(column.clone().is_null(), Order::Asc).order_by_expr(column, Order::Asc);
    }
    rows.limit(GROUPS);
}

fn counts(rows: &[QueryResult], reading: &Reading) -> Result<Counts> {
    let mut counts = Counts { total: 0, groups: Vec::with_capacity(rows.len()), others: 0 };
    for row in rows {
        let count = row.try_get_by_index(0)?;
        // Without a column to group by there is one group, which may be empty.
        if count == 0 {
            continue;
        }
        let total = row.try_get_by_index(1)?;
        counts.groups.push(CountedGroup { by: reading.object(row, 2)?, count });
        (counts.total, counts.others) = (total, total);
    }
    counts.others -= counts.groups.iter().map(|group| group.count).sum::<i64>();
    Ok(counts)
}

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
use uuid::Uuid;

use super::labels;
use super::selection::{Narrowing, Selection};
use super::show::{known, names};
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
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
    /// With `apart=true` the groups of each field of `by`, in its order; `groups` is then empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<FieldCounts>, required = false, max_items = 6)]
    pub fields: Option<Vec<FieldCounts>>,
}

/// How many items of a list there are by one field, under all filters but that of the field itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldCounts {
    /// The field.
    #[schema(max_length = 60, example = "phase")]
    pub field: &'static str,
    /// All items that are counted by it.
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
    /// The names of what fields refer to by id, such as that of the area for `area_id`, where the caller sees it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({ "area_id": "Charnwood" }))]
    pub names: Map<String, Value>,
    /// How many items have them.
    #[schema(minimum = 1, example = 310)]
    pub count: i64,
}

/// The parameters of a request for counts: the fields, and the parameters of the list but its pages.
pub struct CountBy<L: Listed> {
    selection: Selection<L>,
    by: Vec<&'static str>,
    /// Each field by itself, with what is counted by it: all that is asked for but by the field's own filter.
    apart: Vec<(&'static str, Selection<L>)>,
}

#[derive(Deserialize)]
struct Asked {
    by: Vec<String>,
}

/// Whether fields are counted together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Together {
    /// True to count by each field by itself, in `fields`, and not by the fields together. Each is counted under all
    /// filters but its own, so that one request serves all filters that a screen shows.
    apart: Option<bool>,
}

/// By how many fields items are counted together.
const TOGETHER: usize = 2;

/// By how many fields items are counted, each by itself.
const APART: usize = 6;

impl<L: Listed> CountBy<L> {
    /// What is counted.
    pub const fn selection(&self) -> &Selection<L> {
        &self.selection
    }

    /// The same with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: Condition) -> Self {
        let narrowed = |(field, selection): (_, Selection<L>)| (field, selection.narrowed(condition.clone()));
        let apart = self.apart.into_iter().map(narrowed).collect();
        Self { selection: self.selection.narrowed(condition), apart, ..self }
    }

    fn parse(request: &HttpRequest) -> Result<Self> {
        let values = query::values_of::<Self>(request)?;
        let asked: Asked = query::from_values(&values)?;
        let Together { apart } = query::from_values(&values)?;
        let by = known(L::COUNTS, &asked.by);
        let selection = Selection::read(&values)?;
        if apart != Some(true) {
            return if by.len() > TOGETHER { Err(too_many()) } else { Ok(Self { selection, by, apart: Vec::new() }) };
        }
        let without = |field: &&'static str| {
            let mut values = values.clone();
            if let Value::Object(values) = &mut values {
                values.shift_remove(*field);
            }
            Ok((*field, Selection::read(&values)?))
        };
        let apart = by.iter().map(without).collect::<Result<_>>()?;
        Ok(Self { selection, by, apart })
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

fn too_many() -> Problem {
    let message = "count by one or two fields together, or by more of them each by itself with `apart=true`";
    Problem::new(Code::BadParameter, message).with(Fault::new("?by", "max_items", message))
}

fn parameters(counts: &[&'static str], filter: Vec<Parameter>) -> Vec<Parameter> {
    let about = "One or two fields to count by, separated by commas; with `apart=true` up to six.";
    let mut parameters = vec![names("by", about, counts, (1, APART))];
    parameters.extend(Together::into_params(IN_QUERY));
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
    let rows = |selection: &Selection<L>| selection.statement(caller);
    let together = Counted::of::<L>(caller, &asked.by, rows(&asked.selection));
    let apart = asked.apart.iter().map(|(field, selection)| Counted::of::<L>(caller, &[*field], rows(selection)));
    count(caller, together, apart.collect())
}

/// As [`run`], over rows that are narrowed to what exists for the caller.
///
/// # Errors
/// When the database fails.
pub fn run_of<L: Listed>(
    caller: &Caller,
    asked: CountBy<L>,
    rows: SelectStatement,
) -> impl Future<Output = Result<Reply>> {
    let narrowed = |selection: &Selection<L>| {
        let mut rows = rows.clone();
        rows.cond_where(selection.condition(caller));
        rows
    };
    let together = Counted::of::<L>(caller, &asked.by, narrowed(&asked.selection));
    let apart = asked.apart.iter().map(|(field, selection)| Counted::of::<L>(caller, &[*field], narrowed(selection)));
    count(caller, together, apart.collect())
}

/// Rows in groups, and by which fields they are in them.
struct Counted {
    by: Vec<&'static str>,
    rows: SelectStatement,
    reading: Reading,
}

impl Counted {
    fn of<L: Listed>(caller: &Caller, by: &[&'static str], mut rows: SelectStatement) -> Self {
        let reading = Reading::of::<L>(caller, by);
        group(&mut rows, &reading, L::Entity::table());
        Self { by: by.to_vec(), rows, reading }
    }

    async fn read(&self, caller: &Caller, db: &impl ConnectionTrait) -> Result<Counts> {
        let mut counts = counts(&db.query_all(&self.rows).await?, &self.reading)?;
        for field in &self.by {
            let id = |group: &CountedGroup| Uuid::try_parse(group.by.get(*field)?.as_str()?).ok();
            let ids: Vec<Uuid> = counts.groups.iter().filter_map(id).collect();
            let names = labels::names(caller, db, field, &ids).await?;
            for group in &mut counts.groups {
                if let Some(name) = id(group).and_then(|id| names.get(&id)) {
                    group.names.insert((*field).to_owned(), name.as_str().into());
                }
            }
        }
        Ok(counts)
    }
}

/// Counts by the fields together, or by each of them where there are any apart.
async fn count(caller: &Caller, together: Counted, apart: Vec<Counted>) -> Result<Reply> {
    if apart.is_empty() && !together.by.iter().any(|field| field.ends_with("_id")) {
        return Reply::ok(&together.read(caller, caller.db().read()).await?);
    }
    let db = caller.db().snapshot().await?;
    if apart.is_empty() {
        return Reply::ok(&together.read(caller, &db).await?);
    }
    let mut fields = Vec::with_capacity(apart.len());
    for counted in &apart {
        let Counts { total, groups, others, .. } = counted.read(caller, &db).await?;
        fields.extend(counted.by.first().copied().map(|field| FieldCounts { field, total, groups, others }));
    }
    let total = together.read(caller, &db).await?.total;
    Reply::ok(&Counts { total, groups: Vec::new(), others: 0, fields: Some(fields) })
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
    let mut counts = Counts { total: 0, groups: Vec::with_capacity(rows.len()), others: 0, fields: None };
    for row in rows {
        let count = row.try_get_by_index(0)?;
        // Without a column to group by there is one group, which may be empty.
        if count == 0 {
            continue;
        }
        let total = row.try_get_by_index(1)?;
        counts.groups.push(CountedGroup { by: reading.object(row, 2)?, names: Map::new(), count });
        (counts.total, counts.others) = (total, total);
    }
    counts.others -= counts.groups.iter().map(|group| group.count).sum::<i64>();
    Ok(counts)
}

//! Which rows a list has, and in which order: what its pages and its export have in common.

use entity::instant::Instant;
use entity::owned::Owned;
use sea_orm::sea_query::{ColumnRef, ColumnType, Expr, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ExprTrait, Order, QueryFilter, QueryResult, Select};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use uuid::Uuid;

use crate::kernel::base::cursor::{self, Cursor};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query;
use crate::kernel::resource::traits::{Filter, Listed};

/// What narrows every list beside its own filter.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Narrowing {
    /// Only these items, by their ids; repeatable.
    #[param(max_items = 200, required = false)]
    pub id: Vec<Uuid>,
    /// Only items changed after this moment.
    pub updated_after: Option<Instant>,
    /// Archived items instead of the others.
    pub archived: Option<bool>,
}

/// The parameters of every selection beside its own filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    id: Vec<Uuid>,
    updated_after: Option<Instant>,
    archived: Option<bool>,
    sort: Option<String>,
}

/// What is asked for of a list, whether as pages or as a whole.
pub struct Selection<L: Listed> {
    filter: L::Filter,
    narrowing: Narrowing,
    /// What a part has found out beyond the filter.
    further: Condition,
    /// The order.
    pub sort: Sort,
}

impl<L: Listed> Selection<L> {
    /// Reads the filter, the narrowing and the sort of a query.
    ///
    /// # Errors
    /// `bad-parameter` at the value that does not fit.
    pub fn read(values: &Value) -> Result<Self> {
        let Choice { id, updated_after, archived, sort } = query::from_values(values)?;
        Ok(Self {
            filter: query::from_values(values)?,
            narrowing: Narrowing { id, updated_after, archived },
            further: Condition::all(),
            sort: Sort::named::<L>(sort.as_deref())?,
        })
    }

    /// What narrows the rows.
    pub const fn filter(&self) -> &L::Filter {
        &self.filter
    }

    /// The same with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: Condition) -> Self {
        Self { further: self.further.add(condition), ..self }
    }

    /// A statement over the rows asked for, of those that exist for the caller, without a column.
    pub fn statement(&self, caller: &Caller) -> SelectStatement {
        let mut rows = caller.statement::<L::Entity>(self.archived());
        rows.cond_where(self.condition(caller));
        rows
    }

    /// The rows asked for, of those that exist for the caller, each as a whole.
    pub fn rows(&self, caller: &Caller) -> Select<L::Entity> {
        let rows = if self.archived() { caller.rows_archived() } else { caller.rows() };
        rows.filter(self.condition(caller))
    }

    /// Returns true if archived rows are asked for instead of the others.
    pub(super) fn archived(&self) -> bool {
        self.narrowing.archived == Some(true)
    }

    /// The condition of the rows asked for, beside what exists for the caller.
    pub(super) fn condition(&self, caller: &Caller) -> Condition {
        let columns = Columns {
            id: L::Entity::id().as_column_ref().into(),
            archived: L::Entity::archived().as_column_ref().into(),
            updated_at: L::Entity::updated_at().as_column_ref().into(),
        };
        self.narrowing.around(self.filter.condition(caller), &self.further, columns)
    }
}

/// The columns of a table at which the narrowing looks.
struct Columns {
    id: ColumnRef,
    archived: ColumnRef,
    updated_at: ColumnRef,
}

impl Narrowing {
    /// The condition of a list as a whole, with the filter and what a part adds.
    fn around(&self, filter: Condition, further: &Condition, columns: Columns) -> Condition {
        let Columns { id, archived, updated_at } = columns;
        let mut condition = Condition::all();
        if !self.id.is_empty() {
            condition = condition.add(Expr::col(id).is_in(self.id.iter().copied()));
        }
        if self.archived == Some(true) {
            condition = condition.add(Expr::col(archived).is_not_null());
        }
        condition = condition.add(filter).add(further.clone());
        if let Some(after) = self.updated_after {
            condition = condition.add(Expr::col(updated_at).gt(after));
        }
        condition
    }
}

/// An order of a list.
pub struct Sort {
    /// The key.
    column: ColumnRef,
    kind: ColumnType,
    nullable: bool,
    id: ColumnRef,
    /// Up or down.
    order: Order,
}

impl Sort {
    fn named<L: Listed>(name: Option<&str>) -> Result<Self> {
        let (at, order) = chosen(name, sort_key::<L>)?;
        let column = L::SORTS[at].1;
        let def = column.def();
        Ok(Self {
            column: column.as_column_ref().into(),
            kind: def.get_column_type().clone(),
            nullable: def.is_null(),
            id: <L::Entity as Owned>::id().as_column_ref().into(),
            order,
        })
    }

    /// Returns true if there may be rows without the key.
    pub const fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Adds the id and the key to what is read of the rows, in this order.
    pub fn select(&self, rows: &mut SelectStatement) {
        rows.expr(Expr::col(self.id.clone())).expr(Expr::col(self.column.clone()));
    }

    /// The place of a row in the order, whose id and key stand at its beginning.
    ///
    /// # Errors
    /// When the row does not begin so.
    pub fn place(&self, row: &QueryResult) -> Result<Cursor> {
        Ok(Cursor { id: row.try_get_by_index(0)?, key: cursor::of_row(row, 1, &self.kind)? })
    }

    /// The rows in order, in two segments of which each is served by the index of the key: those
    /// that have a key, and after them those that have none, where there can be any.
    pub fn segments(&self, rows: SelectStatement) -> (SelectStatement, Option<SelectStatement>) {
        let key = || Expr::col(self.column.clone());
        let (mut keyed, mut tail) = (rows, None);
        if self.nullable {
            let mut rows = keyed.clone();
            rows.and_where(key().is_null()).order_by(self.id.clone(), self.order.clone());
            tail = Some(rows);
            keyed.and_where(key().is_not_null());
        }
        keyed.order_by(self.column.clone(), self.order.clone()).order_by(self.id.clone(), self.order.clone());
        (keyed, tail)
    }

    /// Narrows the rows that have a key to those after a place.
    ///
    /// # Errors
    /// 400 for a key of another type.
    pub fn after(&self, keyed: &mut SelectStatement, place: &Cursor) -> Result<()> {
        let here = Expr::tuple([Expr::col(self.column.clone()), Expr::col(self.id.clone())]);
        let there = Expr::tuple([Expr::val(cursor::from_json(&self.kind, &place.key)?), Expr::val(place.id)]);
        keyed.and_where(if self.order == Order::Asc { here.gt(there) } else { here.lt(there) });
        Ok(())
    }

    /// Narrows the rows that have no key to those after a place among them.
    pub fn after_in_tail(&self, tail: &mut SelectStatement, place: &Cursor) {
        let here = Expr::col(self.id.clone());
        tail.and_where(if self.order == Order::Asc { here.gt(place.id) } else { here.lt(place.id) });
    }
}

/// Returns the name of a sort key by its place. What reads the names is compiled once, not for each type of columns.
type SortKeys = fn(usize) -> Option<&'static str>;

fn sort_key<L: Listed>(at: usize) -> Option<&'static str> {
    match L::SORTS.get(at) {
        Some((name, _)) => Some(name),
        None => None,
    }
}

/// The place of the sort key that is asked for, and the direction.
fn chosen(name: Option<&str>, keys: SortKeys) -> Result<(usize, Order)> {
    let (key, order) = match name.map(|name| (name, name.strip_prefix('-'))) {
        None => (keys(0), Order::Asc),
        Some((_, Some(key))) => (Some(key), Order::Desc),
        Some((key, None)) => (Some(key), Order::Asc),
    };
    let at = key.and_then(|key| (0..).map_while(keys).position(|name| name == key));
    // The document lists the keys, and the query was checked against it.
    Ok((at.ok_or_else(|| Problem::new(Code::BadParameter, "there is no such sort key"))?, order))
}

/// The parameter that chooses the order.
pub fn sort_parameter<L: Listed>() -> Parameter {
    sort_parameter_of(sort_key::<L>)
}

fn sort_parameter_of(keys: SortKeys) -> Parameter {
    let first = keys(0).unwrap_or("id");
    let keys = (0..).map_while(keys).flat_map(|name| [name.to_owned(), format!("-{name}")]);
    ParameterBuilder::new()
        .name("sort")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(format!(
            "The key to sort by, with a minus for descending; `{first}` if absent. The id breaks \
             ties, and items without the key come last both ways."
        )))
        .schema(Some(Object::builder().schema_type(Type::String).enum_values(Some(keys)).build()))
        .build()
}

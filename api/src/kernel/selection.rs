//! Which rows a list has, and in which order: what its pages and its export have in common.

use std::marker::PhantomData;

use entity::instant::Instant;
use entity::owned::Owned;
use sea_orm::{ColumnTrait, Condition, Order, QueryFilter, QueryOrder, Select};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};

use super::problem::{Code, Problem, Result};
use super::query;
use super::resource::{Filter, Listed, ListedColumn};
use super::tenancy::Caller;

/// What narrows every list beside its own filter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Narrowing {
    /// Only items changed after this moment.
    pub updated_after: Option<Instant>,
    /// Archived items instead of the others.
    pub archived: Option<bool>,
}

/// The sort, whose values differ from resource to resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    sort: Option<String>,
}

/// What is asked for of a list, whether as pages or as a whole.
pub struct Selection<L: Listed> {
    filter: L::Filter,
    narrowing: Narrowing,
    /// What a part has found out beyond the filter.
    further: Condition,
    /// The order.
    pub sort: Sort<L>,
}

impl<L: Listed> Selection<L> {
    /// That of the values of a query.
    ///
    /// # Errors
    /// `bad-parameter` at the value that does not fit.
    pub fn read(values: &Map<String, Value>) -> Result<Self> {
        let choice: Choice = query::from_values(values.clone())?;
        Ok(Self {
            filter: query::from_values(values.clone())?,
            narrowing: query::from_values(values.clone())?,
            further: Condition::all(),
            sort: Sort::named(choice.sort.as_deref())?,
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

    /// The rows asked for, of those that exist for the caller.
    pub fn rows(&self, caller: &Caller) -> Select<L::Entity> {
        let rows = if self.narrowing.archived == Some(true) {
            caller.rows_archived::<L::Entity>().filter(L::Entity::archived().is_not_null())
        } else {
            caller.rows::<L::Entity>()
        };
        let rows = rows.filter(self.filter.condition(caller)).filter(self.further.clone());
        match self.narrowing.updated_after {
            Some(after) => rows.filter(L::Entity::updated_at().gt(after)),
            None => rows,
        }
    }
}

/// An order of a list.
pub struct Sort<L: Listed> {
    /// The key.
    pub column: ListedColumn<L>,
    /// Up or down.
    pub order: Order,
    resource: PhantomData<L>,
}

impl<L: Listed> Sort<L> {
    fn named(name: Option<&str>) -> Result<Self> {
        let (key, order) = match name.map(|name| (name, name.strip_prefix('-'))) {
            None => (None, Order::Asc),
            Some((_, Some(key))) => (Some(key), Order::Desc),
            Some((key, None)) => (Some(key), Order::Asc),
        };
        let mut sorts = L::SORTS.iter();
        let found = match key {
            None => sorts.next(),
            Some(key) => sorts.find(|(name, _)| *name == key),
        };
        // The document lists the keys, and the query was checked against it.
        let (_, column) = found.ok_or_else(|| Problem::new(Code::BadParameter, "there is no such sort key"))?;
        Ok(Self { column: *column, order, resource: PhantomData })
    }

    /// The rows in order, in two segments of which each is served by the index of the key: those
    /// that have a key, and after them those that have none, where there can be any.
    pub fn segments(&self, rows: Select<L::Entity>) -> (Select<L::Entity>, Option<Select<L::Entity>>) {
        let id = <L::Entity as Owned>::id();
        let nullable = self.column.def().is_null();
        let tail = nullable.then(|| rows.clone().filter(self.column.is_null()).order_by(id, self.order.clone()));
        let keyed = if nullable { rows.filter(self.column.is_not_null()) } else { rows };
        (keyed.order_by(self.column, self.order.clone()).order_by(id, self.order.clone()), tail)
    }
}

/// The parameter that chooses the order.
pub fn sort_parameter<L: Listed>() -> Parameter {
    let keys = L::SORTS.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
    let first = L::SORTS.first().map_or("id", |(name, _)| name);
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

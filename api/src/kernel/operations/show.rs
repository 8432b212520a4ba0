//! What of an item a reply shows: some of its fields, and what is embedded of other resources.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::owned::Owned;
use futures_util::future::LocalBoxFuture;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, Object, Type};

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::query;
use crate::kernel::resource::field::{self, Field, Reading};
use crate::kernel::resource::traits::{Listed, ListedRow};

/// What of an item a request asks for.
pub struct Show<L: Listed> {
    shown: Shown,
    resource: PhantomData<L>,
}

/// The names of fields and of embedded resources that a request asks for.
pub(super) struct Shown {
    /// Some of the fields; all where there is none.
    pub fields: Vec<&'static str>,
    pub expands: Vec<&'static str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    fields: Vec<String>,
    expand: Vec<String>,
}

impl Shown {
    pub fn read(values: &Value, fields: &[Field], expands: &[&'static str]) -> Result<Self> {
        let asked: Asked = query::from_values(values)?;
        Ok(Self { fields: known(&names_of(fields), &asked.fields), expands: known(expands, &asked.expand) })
    }
}

/// What is embedded: the values of each row under each name.
pub type Embedded = Vec<(&'static str, Vec<Value>)>;

/// Embeds what some names stand for into rows of one table.
pub(super) type Embed = for<'a> fn(
    caller: &'a Caller,
    db: &'a Transaction,
    names: &'a [&'static str],
    rows: &'a [QueryResult],
) -> LocalBoxFuture<'a, Result<Embedded>>;

impl<L: Listed> Show<L> {
    /// Reads `fields` and `expand` of a query that was checked against the document.
    ///
    /// # Errors
    /// `bad-parameter` at the value that does not fit.
    pub fn read(values: &Value) -> Result<Self> {
        Ok(Self { shown: Shown::read(values, L::FIELDS, L::EXPANDS)?, resource: PhantomData })
    }

    fn parse(request: &HttpRequest) -> Result<Self> {
        Self::read(&query::values_of::<Self>(request)?)
    }

    /// The names of the fields asked for; none when all are.
    pub fn fields(&self) -> &[&'static str] {
        &self.shown.fields
    }

    /// What to embed.
    pub fn embedded(&self) -> &[&'static str] {
        &self.shown.expands
    }

    /// Returns true if it is the plain item.
    pub fn is_plain(&self) -> bool {
        self.shown.fields.is_empty() && self.shown.expands.is_empty()
    }

    /// Adds to a statement what embedding needs of the rows beyond the columns that are read anyhow.
    pub fn select(&self, rows: &mut SelectStatement, reading: &Reading) {
        if !self.shown.expands.is_empty() {
            select::<L>(rows, reading);
        }
    }
}

/// Adds to a statement what embedding needs of the rows of `L` beyond the columns that are read anyhow.
pub(super) fn select<L: Listed>(rows: &mut SelectStatement, reading: &Reading) {
    let mut columns = Vec::new();
    for column in <L::Entity as EntityTrait>::Column::iter() {
        if !reading.reads(column.as_str()) {
            columns.push(column.as_str());
        }
    }
    field::select(rows, L::Entity::table(), &columns);
}

/// Embeds what the names stand for into rows of `L`.
pub(super) fn embed<'a, L: Listed>(
    caller: &'a Caller,
    db: &'a Transaction,
    names: &'a [&'static str],
    rows: &'a [QueryResult],
) -> LocalBoxFuture<'a, Result<Embedded>> {
    if names.is_empty() {
        return Box::pin(ready(Ok(Vec::new())));
    }
    Box::pin(async move {
        let mut items: Vec<ListedRow<L>> = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(FromQueryResult::from_query_result(row, "")?);
        }
        let mut embedded = Vec::with_capacity(names.len());
        for name in names {
            embedded.push((*name, L::expand(caller, db, name, &items).await?));
        }
        Ok(embedded)
    })
}

/// What is embedded in the row at a place; nothing where there is nothing for the caller.
pub fn of_row<'a>(
    embedded: &'a [(&'static str, Vec<Value>)],
    at: usize,
) -> impl Iterator<Item = (&'static str, &'a Value)> {
    let values = embedded.iter().filter_map(move |(name, values)| Some((*name, values.get(at)?)));
    values.filter(|(_, value)| !value.is_null())
}

fn names_of(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).collect()
}

/// Returns the known names that are asked for, each once.
pub fn known(names: &[&'static str], asked: &[String]) -> Vec<&'static str> {
    names.iter().copied().filter(|name| asked.iter().any(|asked| asked == name)).collect()
}

impl<L: Listed> query::Parameters for Show<L> {
    fn of(values: &Value) -> Result<Self> {
        Self::read(values)
    }
}

impl<L: Listed> FromRequest for Show<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl<L: Listed> IntoParams for Show<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameters(L::FIELDS, L::EXPANDS)
    }
}

/// The parameters that choose fields and what is embedded.
pub fn parameters(fields: &[Field], expands: &[&'static str]) -> Vec<Parameter> {
    let mut parameters = vec![fields_parameter(fields)];
    if !expands.is_empty() {
        parameters.push(names(
            "expand",
            "What to embed, separated by commas. Each appears under the caller's own permission for it, and is absent \
             where there is none.",
            expands,
            (0, expands.len()),
        ));
    }
    parameters
}

/// The parameter that chooses fields.
pub fn fields_parameter(fields: &[Field]) -> Parameter {
    let fields = names_of(fields);
    names(
        "fields",
        "The fields to show, separated by commas; all if absent. The reply leaves out all others, also the required \
         ones.",
        &fields,
        (0, fields.len()),
    )
}

/// A parameter that takes at least and at most so many of the names, with the first of them as its
/// example.
pub fn names(name: &str, description: &str, known: &[&'static str], (least, most): (usize, usize)) -> Parameter {
    let schema = Object::builder().schema_type(Type::String).enum_values(Some(known.iter().copied()));
    let mut list = ArrayBuilder::new().items(schema).max_items(Some(most));
    if least > 0 {
        list = list.min_items(Some(least));
    }
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(if least > 0 { Required::True } else { Required::False })
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .description(Some(description))
        .schema(Some(list))
        .example(Some(serde_json::json!(known.first().into_iter().collect::<Vec<_>>())))
        .build()
}

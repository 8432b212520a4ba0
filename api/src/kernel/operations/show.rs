//! What of an item a reply shows: some of its fields, and what is embedded of other resources.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::owned::Owned;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, Object, Type};

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::{Document, query};
use crate::kernel::resource::field::{self, Reading};
use crate::kernel::resource::traits::{Listed, ListedRow};

/// What of an item a request asks for.
pub struct Show<L: Listed> {
    /// Some of the fields; all where there is none.
    fields: Vec<&'static str>,
    expands: Vec<&'static str>,
    resource: PhantomData<L>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    fields: Vec<String>,
    expand: Vec<String>,
}

impl<L: Listed> Show<L> {
    /// Reads `fields` and `expand` of a query that was checked against the document.
    ///
    /// # Errors
    /// `bad-parameter` at the value that does not fit.
    pub fn read(values: Map<String, Value>) -> Result<Self> {
        let asked: Asked = query::from_values(values)?;
        Ok(Self {
            fields: known(&fields::<L>(), &asked.fields),
            expands: known(L::EXPANDS, &asked.expand),
            resource: PhantomData,
        })
    }

    /// The names of the fields asked for; none when all are.
    pub fn fields(&self) -> &[&'static str] {
        &self.fields
    }

    /// What to embed.
    pub fn embedded(&self) -> &[&'static str] {
        &self.expands
    }

    /// Returns true if it is the plain item.
    pub fn is_plain(&self) -> bool {
        self.fields.is_empty() && self.expands.is_empty()
    }

    /// Adds to a statement what embedding needs of the rows beyond the columns that are read anyhow.
    pub fn select(&self, rows: &mut SelectStatement, reading: &Reading) {
        if !self.expands.is_empty() {
            let columns = <L::Entity as EntityTrait>::Column::iter().map(|column| column.as_str());
            let columns: Vec<_> = columns.filter(|column| !reading.reads(column)).collect();
            field::select(rows, L::Entity::table(), &columns);
        }
    }

    /// Loads what is embedded in rows, one value for each row under each name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn embed(
        &self,
        caller: &Caller,
        db: &impl ConnectionTrait,
        rows: &[QueryResult],
    ) -> Result<Vec<(&'static str, Vec<Value>)>> {
        if self.expands.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<ListedRow<L>> =
            rows.iter().map(|row| FromQueryResult::from_query_result(row, "")).collect::<Result<_, _>>()?;
        let mut embedded = Vec::with_capacity(self.expands.len());
        for name in &self.expands {
            embedded.push((*name, L::expand(caller, db, name, &rows).await?));
        }
        Ok(embedded)
    }
}

/// What is embedded in the row at a place; nothing where there is nothing for the caller.
pub fn of_row<'a>(
    embedded: &'a [(&'static str, Vec<Value>)],
    at: usize,
) -> impl Iterator<Item = (&'static str, &'a Value)> {
    let values = embedded.iter().filter_map(move |(name, values)| Some((*name, values.get(at)?)));
    values.filter(|(_, value)| !value.is_null())
}

/// The names of all fields of an item.
fn fields<L: Listed>() -> Vec<&'static str> {
    L::FIELDS.iter().map(|field| field.name).collect()
}

/// Returns the known names that are asked for, each once.
pub fn known(names: &[&'static str], asked: &[String]) -> Vec<&'static str> {
    names.iter().copied().filter(|name| asked.iter().any(|asked| asked == name)).collect()
}

impl<L: Listed> FromRequest for Show<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = Document::of(request)
            .and_then(Document::query::<Self>)
            .and_then(|known| known.read(request.query_string()));
        ready(values.and_then(Self::read))
    }
}

impl<L: Listed> IntoParams for Show<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Self::parameters()
    }
}

impl<L: Listed> Show<L> {
    pub(super) fn parameters() -> Vec<Parameter> {
        let mut parameters = vec![fields_parameter::<L>()];
        if !L::EXPANDS.is_empty() {
            parameters.push(names(
                "expand",
                "What to embed, separated by commas. Each appears under the caller's own permission for it, and is \
                 absent where there is none.",
                L::EXPANDS,
                (0, L::EXPANDS.len()),
            ));
        }
        parameters
    }
}

/// The parameter that chooses fields.
pub fn fields_parameter<L: Listed>() -> Parameter {
    let fields = fields::<L>();
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

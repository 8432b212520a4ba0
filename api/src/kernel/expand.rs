//! `expand`: what a reply embeds of other resources, one level deep.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, Object, Type};
use uuid::Uuid;

use super::crud;
use super::openapi::Document;
use super::problem::{Problem, Result};
use super::resource::{Listed, Resource};
use super::tenancy::Caller;

/// The `expand` parameter of a request for one item.
pub struct Expand<L: Listed>(Vec<&'static str>, PhantomData<L>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    expand: Vec<String>,
}

impl<L: Listed> Expand<L> {
    /// What to embed.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl<L: Listed> FromRequest for Expand<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            Document::of(request)
                .and_then(Document::query::<Self>)
                .and_then(|known| known.decode::<Asked>(request.query_string()))
                .map(|asked| Self(names::<L>(&asked.expand), PhantomData)),
        )
    }
}

impl<L: Listed> IntoParams for Expand<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameter::<L>().into_iter().collect()
    }
}

/// The names in an `expand` parameter, each once. The document lists them, and the query was checked
/// against it.
#[must_use]
pub fn names<L: Listed>(asked: &[String]) -> Vec<&'static str> {
    L::EXPANDS.iter().copied().filter(|name| asked.iter().any(|asked| asked == name)).collect()
}

/// The `expand` parameter of a resource, if it has anything to embed.
#[must_use]
pub fn parameter<L: Listed>() -> Option<Parameter> {
    let first = L::EXPANDS.first()?;
    let name = Object::builder().schema_type(Type::String).enum_values(Some(L::EXPANDS.iter().copied()));
    Some(
        ParameterBuilder::new()
            .name("expand")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .style(Some(ParameterStyle::Form))
            .explode(Some(false))
            .description(Some(
                "What to embed, separated by commas. Each appears under the caller's own permission for it, and is \
                 absent where there is none.",
            ))
            .schema(Some(ArrayBuilder::new().items(name).max_items(Some(L::EXPANDS.len()))))
            .example(Some(serde_json::json!([first])))
            .build(),
    )
}

/// Embeds one row of `T` for each id, in one statement; null where there is none for the caller.
///
/// # Errors
/// Those of the database.
pub async fn one<T: Resource>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = impl Into<Option<Uuid>>>,
) -> Result<Vec<Value>> {
    let ids: Vec<Option<Uuid>> = ids.into_iter().map(Into::into).collect();
    let Some(caller) = caller.under(T::READ) else { return Ok(vec![Value::Null; ids.len()]) };
    let mut wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = HashMap::new();
    if !wanted.is_empty() {
        let rows = caller.rows::<T::Entity>().filter(T::Entity::id().is_in(wanted)).all(db).await?;
        let items = crud::shown::<T>(&caller, db, &rows, &[]).await?;
        found.extend(rows.iter().map(Row::id).zip(items));
    }
    let value = |id: Option<Uuid>| id.and_then(|id| found.get(&id).cloned()).unwrap_or_default();
    Ok(ids.into_iter().map(value).collect())
}

/// Embeds a list of rows of `T` for each list of ids, in one statement; without those that are not
/// there for the caller.
///
/// # Errors
/// Those of the database.
pub async fn many<T: Resource>(caller: &Caller, db: &impl ConnectionTrait, lists: Vec<&[Uuid]>) -> Result<Vec<Value>> {
    let ids = lists.iter().flat_map(|ids| ids.iter().copied());
    let mut items = one::<T>(caller, db, ids).await?.into_iter();
    let list = |ids: &[Uuid]| items.by_ref().take(ids.len()).filter(|item| !item.is_null()).collect();
    Ok(lists.into_iter().map(list).collect())
}

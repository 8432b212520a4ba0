//! What the file of a resource uses.

pub use actix_web::{HttpResponse, delete, get, patch, post, put};
pub use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
pub use serde::Deserialize;
pub use serde_json::{Value, json};
pub use utoipa::IntoParams;
pub use uuid::Uuid;

pub use super::batch::{BatchQuery, BatchReport};
pub use super::children::{self, Child, Dependents, Ordered, Parent};
pub use super::counts::{CountBy, Counts};
pub use super::crud;
pub use super::expand;
pub use super::export::{Export, ExportLines, ExportSheet, ExportTable};
pub use super::feed::{self, Changes, HistoryQuery};
pub use super::field::{Field, Fields};
pub use super::filter::{any_of, begins, between, contains, contains_as_written, is, json_has};
pub use super::fold::fold;
pub use super::input::{Batch, ByKey, Id, Json, OptionalJson, Patch};
pub use super::key::NaturalKey;
pub use super::list::{List, Page};
pub use super::openapi::query::Query;
pub use super::operation::Operation;
pub use super::permission::*;
pub use super::problem::{Fault, Problem, Result};
pub use super::refs::Refs;
pub use super::reply::Reply;
pub use super::resource::{Filter, Listed, ListedColumn, LockRoot, Resource, Step, one_key_each};
pub use super::show::Show;
pub use super::tenancy::{Caller, Can};
pub use super::uses::Uses;
pub use super::write::Write;
pub use crate::{fields, record, routes};

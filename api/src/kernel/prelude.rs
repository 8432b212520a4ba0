//! What the file of a resource uses.

pub use actix_web::HttpResponse;
pub use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
pub use serde::Deserialize;
pub use serde_json::{Value, json};
pub use utoipa::IntoParams;
pub use uuid::Uuid;

pub use crate::kernel::base::filter::{
    any_of, begins, between, contains, contains_as_written, is, json_has, json_is_empty,
};
pub use crate::kernel::base::fold::search_key;
pub use crate::kernel::base::problem::{Fault, Problem, Result};
pub use crate::kernel::base::reply::Reply;
pub use crate::kernel::caller::input::{Batch, ByKey, Id, Json, OptionalJson, Patch};
pub use crate::kernel::caller::permission::*;
pub use crate::kernel::caller::refs::Refs;
pub use crate::kernel::caller::tenancy::{Caller, Can};
pub use crate::kernel::caller::uses::ReferencedBy;
pub use crate::kernel::document::openapi::query::{And, Query};
pub use crate::kernel::operations::batch::{BatchQuery, BatchReport};
pub use crate::kernel::operations::counts::{CountBy, Counts};
pub use crate::kernel::operations::crud;
pub use crate::kernel::operations::expand;
pub use crate::kernel::operations::export::{Export, ExportLines, ExportSheet, ExportTable};
pub use crate::kernel::operations::feed::{self, Changes, HistoryQuery};
pub use crate::kernel::operations::list::{List, Page};
pub use crate::kernel::operations::report::{self, Asked, Figures, Period, PeriodQuery, Report, ReportReading};
pub use crate::kernel::operations::report::{ReportSheet, ReportSource, ReportTable, Share};
pub use crate::kernel::operations::show::Show;
pub use crate::kernel::resource::children::{self, Child, Dependents, Ordered, Parent};
pub use crate::kernel::resource::field::{Field, Fields};
pub use crate::kernel::resource::key::{ComposedKey, NaturalKey};
pub use crate::kernel::resource::operation::Operation;
pub use crate::kernel::resource::traits::{Filter, Listed, ListedColumn, LockRoot, Mutation, Resource, one_key_each};
pub use crate::kernel::resource::withheld::Withheld;
pub use crate::kernel::resource::write::Write;
pub use crate::{fields, record, routes};

//! What is asked for: the form, the day, and the report's own parameters.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde_json::Value;
use time::Date;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};

use super::ReportSource;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::JSON;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::accept::{Accepted, Form};
use crate::kernel::document::openapi::query::{self, IN_QUERY, Parameters};

entity::choice! {
    /// A form of a report.
    pub enum ReportFormat {
        /// Data (`application/json`).
        Json = "json",
        /// For spreadsheets and most programs (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
    }
}

impl Form for ReportFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
            Self::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        }
    }
}

impl ReportFormat {
    /// The value of `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// The parameters of every report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Common {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves the choice.
    #[param(inline, example = "json")]
    format: Option<ReportFormat>,
    /// The day for which the figures hold, in the past or in the future; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    as_at: Option<Date>,
}

/// A report as it is asked for.
pub struct Asked<R: ReportSource> {
    pub(super) query: R::Query,
    pub(super) as_at: Option<Date>,
    pub(super) format: ReportFormat,
    report: PhantomData<R>,
}

impl<R: ReportSource> Asked<R> {
    /// What a query string asks for, in a form given beside it.
    pub(super) fn read(caller: &Caller, query: &str, format: ReportFormat) -> Result<Self> {
        let values = caller.state().document.query::<InQuery<R>>()?.read(query)?;
        let Common { as_at, .. } = query::from_values(&values)?;
        Ok(Self { query: R::Query::of(&values)?, as_at, format, report: PhantomData })
    }
}

impl<R: ReportSource> FromRequest for Asked<R> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(asked(request))
    }
}

fn asked<R: ReportSource>(request: &HttpRequest) -> Result<Asked<R>> {
    let values = query::values_of::<InQuery<R>>(request)?;
    let (format, as_at) = common(request, &values)?;
    Ok(Asked { query: R::Query::of(&values)?, as_at, format, report: PhantomData })
}

fn common(request: &HttpRequest, values: &Value) -> Result<(ReportFormat, Option<Date>)> {
    let Common { format, as_at } = query::from_values(values)?;
    Ok((Accepted::of(request).or(format)?, as_at))
}

/// The parameters in the query, without the header.
struct InQuery<R>(PhantomData<R>);

impl<R: ReportSource> IntoParams for InQuery<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [Common::into_params(IN_QUERY), R::Query::into_params(IN_QUERY)].concat()
    }
}

impl<R: ReportSource> IntoParams for Asked<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = InQuery::<R>::into_params(IN_QUERY);
        // The document replaces it by the one that all operations with an `ETag` share.
        parameters.push(
            ParameterBuilder::new()
                .name("If-None-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .schema(Some(Object::with_type(Type::String)))
                .build(),
        );
        parameters
    }
}

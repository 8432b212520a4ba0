//! What is asked for: which rows, in which order and in which form.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sea_orm::Condition;
use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::kernel::base::connection::Line;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::HeadOnly;
use crate::kernel::document::accept::{Accepted, Form};
use crate::kernel::document::openapi::query::{self, IN_QUERY};
use crate::kernel::operations::selection::{Narrowing, Selection, sort_parameter};
use crate::kernel::operations::show::{Show, fields_parameter};
use crate::kernel::resource::traits::Listed;

entity::choice! {
    /// A form of an export.
    pub enum ExportFormat {
        /// For spreadsheets and most programs (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
        /// For programs: one JSON object on each line (`application/x-ndjson`).
        Ndjson = "ndjson",
    }
}

impl Form for ExportFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text", "csv"),
            Self::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Self::Ndjson => ("application", "x-ndjson"),
        }
    }
}

impl ExportFormat {
    /// The value of `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// The rows as CSV (RFC 4180): UTF-8 with a byte order mark, lines ended by CR and LF, first a line
/// with the names of the fields in the order of the item, then a line for each item. What is absent
/// is empty, `true` and `false` stand as such. A list stands in one cell with `; ` between, the key
/// of a partner's system as `system=id`. A text that begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return gets an apostrophe before it, so that no spreadsheet takes it for a formula;
/// numbers stay as they are.
#[derive(Debug, ToSchema)]
#[schema(
    max_length = 2_147_483_647,
    example = "id,name,pupils,external_ids\r\n\
               0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10,Woodgate Vale,212,paritor=SCH-00412\r\n"
)]
pub struct ExportTable(pub String);

/// The rows as a workbook of one sheet, with the columns of the CSV. The headings are bold, stay in
/// sight and filter. Numbers are numbers, `true` and `false` are truth values, days are dates
/// (one before March 1900, on which programs do not agree, is a text); moments are texts as in JSON, since
/// dates of a sheet lose their microseconds. Texts are texts by their type, also
/// with `=` in front: no cell holds a formula. A sheet holds 1,048,575 items and 32,767 characters in a cell; for
/// more the reply is 400.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ExportSheet(pub Vec<u8>);

/// The rows as lines, each with an item as the list has it, a JSON object, and a line feed.
#[derive(Debug, ToSchema)]
#[schema(
    max_length = 2_147_483_647,
    example = "{\"id\":\"0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10\",\"name\":\"Woodgate Vale\"}\n"
)]
pub struct ExportLines(pub String);

/// The form of the file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and CSV where it leaves the
    /// choice.
    #[param(inline, example = "csv")]
    format: Option<ExportFormat>,
}

/// The parameters of an export: the parameters of the list without paging, and the form.
pub struct Export<L: Listed> {
    pub(super) selection: Selection<L>,
    pub(super) show: Show<L>,
    pub(super) wanted: WantedFile,
}

/// The file that an export is to be.
pub(super) struct WantedFile {
    pub(super) format: ExportFormat,
    /// What is exported, by the address.
    pub(super) name: String,
    pub(super) line: Option<Line>,
    pub(super) head_only: bool,
}

impl<L: Listed> Export<L> {
    fn parse(request: &HttpRequest) -> Result<Self> {
        let values = query::values_of::<Self>(request)?;
        let (selection, show) = (Selection::read(&values)?, Show::read(&values)?);
        Ok(Self { selection, show, wanted: WantedFile::of(request, &values)? })
    }

    /// The same with a further condition.
    #[must_use]
    pub fn narrowed(self, condition: Condition) -> Self {
        Self { selection: self.selection.narrowed(condition), ..self }
    }
}

impl WantedFile {
    fn of(request: &HttpRequest, values: &Value) -> Result<Self> {
        let wanted: Wanted = query::from_values(values)?;
        let format = Accepted::of(request).or(wanted.format)?;
        let collection = request.path().rsplit('/').nth(1).unwrap_or_default();
        let head_only = request.extensions().contains::<HeadOnly>();
        Ok(Self { format, name: collection.to_owned(), line: Line::of(request), head_only })
    }
}

impl<L: Listed> FromRequest for Export<L> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request))
    }
}

impl<L: Listed> IntoParams for Export<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = Wanted::into_params(IN_QUERY);
        parameters.extend(L::Filter::into_params(IN_QUERY));
        parameters.push(sort_parameter::<L>());
        parameters.push(fields_parameter(L::FIELDS));
        parameters.extend(Narrowing::into_params(IN_QUERY));
        parameters
    }
}

//! Reports: figures over the rows that the caller reaches, as on any day, as data or as a file.
//!
//! A report states its name, its parameters, its line and how the lines are read ([`ReportSource`]). The rest is here:
//! the form of the reply, the columns of a file, the `ETag`, and one snapshot on a connection of the pool for reports.

mod drawn;
mod form;
pub mod keep;
mod period;
mod share;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, CONTENT_DISPOSITION, CONTENT_ENCODING, VARY};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::drawn::{DrawnReport, PictureDay, draw};
pub use self::form::{Asked, ReportFormat};
pub use self::period::{MOST_YEARS, Period, PeriodQuery};
pub use self::share::Share;
use crate::kernel::base::encoding::base64url;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::registry::Registry;
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::limit;
use crate::kernel::document::openapi::query::Parameters;

/// What a report at `/reports/{name}` is made of.
pub trait ReportSource: 'static {
    /// The name in the address.
    const NAME: &'static str;
    /// The parameters beside the form and the day.
    type Query: Parameters;
    /// A line of the reply and of a file.
    type Line: ToSchema + Serialize + 'static;

    /// Reads the figures. All statements see the same moment.
    ///
    /// # Errors
    /// 400 for parameters that do not go together.
    fn read(reading: &ReportReading<'_>, query: &Self::Query) -> impl Future<Output = Result<Figures<Self::Line>>>;
}

/// What a report gives.
#[derive(Debug)]
pub struct Figures<L> {
    /// The days over which events are counted; none where the report counts no events.
    pub period: Option<Period>,
    /// What every share counts of.
    pub scope: &'static str,
    /// The lines in their order.
    pub lines: Vec<L>,
    /// All rows in one line; none where the lines cannot be summed up.
    pub total: Option<L>,
    /// How many lines there are in all.
    pub found: u64,
}

/// For whom, as on which day and by which snapshot a report reads.
pub struct ReportReading<'a> {
    /// The caller, whose reach bounds every figure.
    pub caller: &'a Caller,
    /// The day for which the figures hold.
    pub as_at: Date,
    db: &'a DatabaseTransaction,
    /// What was read once for all figures, by hub.
    known: Arc<Mutex<HashMap<Uuid, Registry>>>,
}

impl<'a> ReportReading<'a> {
    /// A reading for the caller, as on a day, in a snapshot.
    #[must_use]
    pub fn new(caller: &'a Caller, as_at: Date, db: &'a DatabaseTransaction) -> Self {
        Self { caller, as_at, db, known: Arc::default() }
    }

    /// The same reading for another caller, or the same one under another scope, as on another day.
    #[must_use]
    pub fn by<'b>(&'b self, caller: &'b Caller, as_at: Date) -> ReportReading<'b> {
        ReportReading { caller, as_at, db: self.db, known: Arc::clone(&self.known) }
    }

    /// A fact of the hub that figures share: what `read` gives the first time, and then the same.
    ///
    /// # Errors
    /// As `read`.
    pub async fn once<T: Clone + Send + Sync + 'static>(&self, read: impl Future<Output = Result<T>>) -> Result<T> {
        let hub_id = self.caller.hub_id;
        let known = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&hub_id).and_then(Registry::find::<T>).cloned()
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let found = read.await?;
        self.know(hub_id, found.clone());
        Ok(found)
    }

    /// Keeps a fact of a hub that was read together with the same fact of other hubs, for [`ReportReading::once`].
    pub fn know<T: Send + Sync + 'static>(&self, hub_id: Uuid, fact: T) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(hub_id).or_default().put(fact);
    }

    /// The connection, for statements that are built elsewhere.
    #[must_use]
    pub const fn db(&self) -> &DatabaseTransaction {
        self.db
    }

    /// The rows of a statement.
    ///
    /// # Errors
    /// When the database fails, or gives no rows in time.
    pub async fn all(&self, rows: &SelectStatement) -> Result<Vec<QueryResult>> {
        Ok(limit::report(self.db.query_all(rows)).await?)
    }

    /// The first row of a statement.
    ///
    /// # Errors
    /// As [`ReportReading::all`].
    pub async fn one(&self, rows: &SelectStatement) -> Result<Option<QueryResult>> {
        Ok(limit::report(self.db.query_one(rows)).await?)
    }
}

/// A report as data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report<L> {
    /// The name of the report.
    #[schema(max_length = 60, example = "visit-coverage")]
    pub name: &'static str,
    /// The day for which the figures hold.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
    pub as_at: Date,
    /// The days over which events are counted; null where the report counts no events.
    pub period: Option<Period>,
    /// What every share counts of.
    #[schema(value_type = String, max_length = 200, example = "open schools that the hub counts, on the day")]
    pub scope: &'static str,
    /// How many lines there are in all; more than `lines` holds where a limit cuts them.
    #[schema(minimum = 0, example = 7)]
    pub found: u64,
    /// The lines.
    #[schema(max_items = 1000)]
    pub lines: Vec<L>,
    /// All rows in one line; absent where the lines cannot be summed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub total: Option<L>,
}

/// The report as CSV (RFC 4180): UTF-8 with a byte order mark, lines ended by CR and LF, first a line with the names
/// of the columns. The columns `as_at`, `from_on` and `to_on` come first, then the fields of a line. A field of a part
/// has the name of the part before it, as in `visited_numerator`. A text that begins like a formula gets an apostrophe
/// before it. The total stands in the JSON alone, so that lines can be added up.
#[derive(Debug, ToSchema)]
#[schema(
    max_length = 50_000_000,
    example = "as_at,from_on,to_on,group_label,schools,visited_numerator\r\n\
               2015-03-31,2014-09-01,2015-08-31,North,60,36\r\n"
)]
pub struct ReportTable(pub String);

/// The report as a workbook of one sheet, with the columns of the CSV.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ReportSheet(pub Vec<u8>);

/// Answers with the report, in the form asked for, with an `ETag` that is the same for as long as the figures are.
///
/// # Errors
/// 503 when as many reports are being made as there are connections for them; every error of the report's.
pub async fn run<R: ReportSource>(caller: &Caller, asked: Asked<R>) -> Result<Reply> {
    let Asked { query, as_at, format, .. } = asked;
    let as_at = as_at.unwrap_or_else(|| caller.today());
    let db = caller.db().report_snapshot().await?;
    let figures = R::read(&ReportReading::new(caller, as_at, &db), &query).await?;
    db.rollback().await?;
    let Figures { period, scope, lines, total, found } = figures;
    let report = Report { name: R::NAME, as_at, period, scope, found, lines, total };
    let written = serde_json::to_value(&report).map_err(Problem::internal)?;
    answer(caller, written, &R::Line::name(), format).await
}

async fn answer(caller: &Caller, report: Value, line: &str, format: ReportFormat) -> Result<Reply> {
    let json = serde_json::to_vec(&report).map_err(Problem::internal)?;
    let hash = base64url(&Sha256::digest(&json)[..12]);
    let reply = match format {
        ReportFormat::Json => Reply::written(json),
        ReportFormat::Csv => file(format, &report, table::csv(table::columns(caller, line), &report)?),
        ReportFormat::Xlsx => {
            let sheet = table::sheet(table::columns(caller, line), &report).await?;
            // It is packed already, and this says so to the layer that compresses.
            file(format, &report, sheet).with(CONTENT_ENCODING, "identity")
        }
    };
    Ok(reply.with(VARY, "Accept").with(header::ETAG, format!("\"{hash}-{format}\"")))
}

fn file(format: ReportFormat, report: &Value, bytes: Vec<u8>) -> Reply {
    let text = |field: &str| report[field].as_str().unwrap_or_default().to_owned();
    let name = format!("{}-{}.{format}", text("name"), text("as_at"));
    let body = Some((format.content_type(), bytes));
    let reply = Reply { body, ..Reply::empty(StatusCode::OK) };
    reply.with(CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
}

//! A list as a file: all rows of the caller's filter, in the order asked for, in constant memory.
//!
//! Rows are read in one snapshot on a connection of the pool for reports, and become text or cells
//! one by one in an unnamed file. The connection goes back before the first byte is sent, so that a
//! slow client holds a file and keeps nobody else from an export. An error before that
//! is a problem like any other.

pub(super) mod column;
mod form;
pub(super) mod sheet;
mod table;

use std::convert::Infallible;
use std::pin::pin;
use std::{iter, mem};

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, VARY};
use actix_web::web::Bytes;
use entity::owned::Owned;
use futures_util::{TryStreamExt, stream};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, StreamTrait};

pub use self::column::Column;
use self::column::harmless;
use self::form::WantedFile;
pub use self::form::{Export, ExportFormat, ExportLines, ExportSheet, ExportTable};
pub use self::table::Table;
use super::list;
use super::selection::Sort;
use super::spool::Spool;
use crate::kernel::base::csv;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::limit;
use crate::kernel::resource::field::{self, Reading};
use crate::kernel::resource::traits::Listed;

/// How much is written at once, in bytes.
const CHUNK: usize = 64 << 10;

/// The place of the first field in a row that is read, after the id.
const FIRST: usize = 1;

/// Answers with the rows asked for as a file.
///
/// # Errors
/// 503 when as many exports are being made as there are connections for them, the space for them
/// is taken, or their files cannot be written; 507 when the disk is full; 429 when the caller's own
/// fill their share of it; 400 when the file is larger than that, or a sheet cannot hold it.
pub fn run<L: Listed>(caller: &Caller, export: Export<L>) -> impl Future<Output = Result<HttpResponse>> {
    let rows = caller.statement::<L::Entity>(export.selection.archived());
    run_of(caller, export, rows)
}

/// As [`run`], over rows that are narrowed to what exists for the caller.
///
/// # Errors
/// As [`run`].
pub fn run_of<L: Listed>(
    caller: &Caller,
    export: Export<L>,
    mut rows: SelectStatement,
) -> impl Future<Output = Result<HttpResponse>> {
    let Export { selection, show, wanted } = export;
    let reading = Reading::of::<L>(caller, show.fields());
    let columns = Column::all(caller, &L::name(), &reading);
    rows.cond_where(selection.condition(caller));
    // A caller from whom every field asked for is withheld reads the id alone.
    field::select(&mut rows, L::Entity::table(), &["id"]);
    reading.select(&mut rows, L::Entity::table());
    file_of(caller, rows, selection.sort, reading, columns, wanted)
}

async fn file_of(
    caller: &Caller,
    rows: SelectStatement,
    sort: Sort,
    reading: Reading,
    columns: Vec<Column>,
    wanted: WantedFile,
) -> Result<HttpResponse> {
    let WantedFile { format, name, line, head_only } = wanted;
    let file = format!("attachment; filename=\"{name}-{}.{format}\"", caller.today());
    let mut reply = HttpResponse::Ok();
    reply
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, file))
        .insert_header((VARY, "Accept"));
    if format == ExportFormat::Xlsx {
        // It is packed already, and this says so to the layer that compresses.
        reply.insert_header((CONTENT_ENCODING, ContentEncoding::Identity));
    }
    if head_only {
        // How long it would be is known only once it is made.
        return Ok(reply.body(BoxBody::new(BodyStream::new(stream::empty::<Result<Bytes, Infallible>>()))));
    }
    let (keyed, tail) = sort.segments(rows.clone());
    let db = caller.db().report_snapshot().await?;
    let spool = if format == ExportFormat::Xlsx {
        sheet::room(list::count(&db, rows.clone()).await?)?;
        // The connection goes with the reading, before the sheet is packed.
        let sheet = sheet::write(name, columns, caller.now(), async move |sheet| {
            let mut add = async |row: QueryResult| sheet.add(reading.values(&row, FIRST)?).await;
            each(&db, keyed, tail, &mut add).await
        });
        Spool::of(caller, sheet.await?)?
    } else {
        let mut text = Text::new(caller, &reading, format)?;
        text.head(&columns)?;
        each(&db, keyed, tail, &mut async |row| text.add(&row).await).await?;
        let spool = text.end().await?;
        db.rollback().await?;
        spool
    };
    Ok(reply.body(BoxBody::new(spool.body(line).await?)))
}

/// The rows as CSV, or as a line of JSON each.
struct Text<'a> {
    reading: &'a Reading,
    table: bool,
    lines: Vec<u8>,
    spool: Spool,
}

impl<'a> Text<'a> {
    fn new(caller: &Caller, reading: &'a Reading, format: ExportFormat) -> Result<Self> {
        let table = format == ExportFormat::Csv;
        Ok(Self { reading, table, lines: Vec::with_capacity(CHUNK), spool: Spool::new(caller)? })
    }

    fn head(&mut self, columns: &[Column]) -> Result<()> {
        if !self.table {
            return Ok(());
        }
        self.lines.extend_from_slice(csv::BYTE_ORDER_MARK.as_bytes());
        record(&mut self.lines, columns.iter().map(|column| column.name.clone()))
    }

    async fn add(&mut self, row: &QueryResult) -> Result<()> {
        if self.table {
            record(&mut self.lines, self.reading.values(row, FIRST)?.iter().map(harmless))?;
        } else {
            self.reading.write(row, FIRST, [], &mut self.lines)?;
            self.lines.push(b'\n');
        }
        if self.lines.len() < CHUNK {
            return Ok(());
        }
        self.spool.write(&mem::replace(&mut self.lines, Vec::with_capacity(CHUNK))).await
    }

    async fn end(mut self) -> Result<Spool> {
        self.spool.write(&self.lines).await?;
        Ok(self.spool)
    }
}

fn record(lines: &mut Vec<u8>, cells: impl Iterator<Item = String>) -> Result<()> {
    let mut writer = csv::writer(lines);
    writer.write_record(cells).map_err(Problem::internal)?;
    writer.flush().map_err(Problem::internal)
}

/// Reads every row, in order, and hands on each.
async fn each(
    db: &DatabaseTransaction,
    keyed: SelectStatement,
    tail: Option<SelectStatement>,
    take: &mut impl AsyncFnMut(QueryResult) -> Result<()>,
) -> Result<()> {
    for rows in iter::once(keyed).chain(tail) {
        let statement = ConnectionTrait::get_database_backend(db).build(&rows);
        let mut rows = pin!(db.stream_raw(statement).await?);
        while let Some(row) = limit::report(rows.try_next()).await? {
            take(row).await?;
        }
    }
    Ok(())
}

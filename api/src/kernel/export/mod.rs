//! A list as a file: all rows of the caller's filter, in the order asked for, in constant memory.
//!
//! Rows are read in one snapshot on a connection of the pool for reports, and become text or cells
//! one by one in an unnamed file. The connection goes back before the first byte is sent, so that a
//! slow client holds a file and keeps nobody else from an export. Whatever goes wrong before that
//! is a problem like any other.

mod column;
mod form;
mod sheet;

use std::convert::Infallible;
use std::mem;
use std::pin::pin;

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, VARY};
use actix_web::web::Bytes;
use futures_util::{TryStreamExt, stream};
use sea_orm::{DatabaseTransaction, EntityTrait, PaginatorTrait, Select};
use serde_json::Value;

use self::column::Column;
pub use self::form::{Export, ExportFormat, ExportLines, ExportSheet, ExportTable};
use super::crud;
use super::csv;
use super::db::limit;
use super::problem::{Problem, Result};
use super::resource::{Listed, ListedRow};
use super::selection::Selection;
use super::spool::Spool;
use super::tenancy::Caller;

/// How much is written at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Answers with the rows asked for as a file.
///
/// # Errors
/// 503 when as many exports are being made as there are connections for them, the space for them
/// is taken, or their files cannot be written; 507 when the disk is full; 429 when the caller's own fill their share of it; 400 when the file is larger than
/// that, or a sheet cannot hold it.
pub async fn run<L: Listed>(caller: &Caller, export: Export<L>) -> Result<HttpResponse> {
    let Export { selection, format, name, line, head_only } = export;
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
    let columns = Column::all::<L>(caller);
    let db = caller.db().report_snapshot().await?;
    let spool = if format == ExportFormat::Xlsx {
        sheet::room(selection.rows(caller).count(&db).await?)?;
        // The connection goes with the reading, before the sheet is packed.
        let sheet = sheet::write(name, columns, caller.now(), async move |rows| {
            each(caller, &db, &selection, async |item| rows.add(item).await).await
        });
        Spool::of(caller, sheet.await?)?
    } else {
        let spool = text(caller, &db, &selection, format, &columns).await?;
        db.rollback().await?;
        spool
    };
    Ok(reply.body(BoxBody::new(spool.body(line).await?)))
}

/// Writes the rows as CSV, or as a line of JSON each.
async fn text<L: Listed>(
    caller: &Caller,
    db: &DatabaseTransaction,
    selection: &Selection<L>,
    format: ExportFormat,
    columns: &[Column],
) -> Result<Spool> {
    let table = format == ExportFormat::Csv;
    let mut spool = Spool::new(caller)?;
    let mut lines = Vec::with_capacity(CHUNK);
    if table {
        lines.extend_from_slice(csv::BYTE_ORDER_MARK.as_bytes());
        record(&mut lines, columns.iter().map(|column| column.name.clone()))?;
    }
    each(caller, db, selection, async |item| {
        if table {
            record(&mut lines, columns.iter().map(|column| column.harmless(&item)))?;
        } else {
            serde_json::to_writer(&mut lines, &item).map_err(Problem::internal)?;
            lines.push(b'\n');
        }
        if lines.len() < CHUNK {
            return Ok(());
        }
        spool.write(&mem::replace(&mut lines, Vec::with_capacity(CHUNK))).await
    })
    .await?;
    spool.write(&lines).await?;
    Ok(spool)
}

fn record(lines: &mut Vec<u8>, cells: impl Iterator<Item = String>) -> Result<()> {
    let mut writer = csv::writer(lines);
    writer.write_record(cells).map_err(Problem::internal)?;
    writer.flush().map_err(Problem::internal)
}

/// Reads every row, in order, and hands on each as the caller sees it.
async fn each<L: Listed>(
    caller: &Caller,
    db: &DatabaseTransaction,
    selection: &Selection<L>,
    mut take: impl AsyncFnMut(Value) -> Result<()>,
) -> Result<()> {
    let mut take = async |row: ListedRow<L>| take(crud::withhold(caller, L::from(&row))?).await;
    let (keyed, tail) = selection.sort.segments(selection.rows(caller));
    rows(keyed, db, &mut take).await?;
    match tail {
        Some(tail) => rows(tail, db, &mut take).await,
        None => Ok(()),
    }
}

async fn rows<E: EntityTrait>(
    rows: Select<E>,
    db: &DatabaseTransaction,
    take: &mut impl AsyncFnMut(E::Model) -> Result<()>,
) -> Result<()> {
    let mut rows = pin!(rows.stream(db).await?);
    while let Some(row) = limit::report(rows.try_next()).await? {
        take(row).await?;
    }
    Ok(())
}

//! A list as a file: all rows of the caller's filter, in the order asked for, in constant memory.
//!
//! Rows are read in one snapshot on a connection of the pool for reports, and become text or cells
//! one by one. Whatever goes wrong before the first byte is a problem like any other; after it the
//! connection is reset, so that a part of an export never passes for the whole.

mod chunks;
mod column;
mod form;
mod sheet;

use std::mem;
use std::pin::pin;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, VARY};
use futures_util::TryStreamExt;
use sea_orm::{DatabaseTransaction, EntityTrait, PaginatorTrait, Select};
use serde_json::Value;

use self::chunks::{CHUNK, Chunks, Outlet};
use self::column::Column;
pub use self::form::{Export, ExportFormat, ExportLines, ExportSheet, ExportTable};
use super::crud;
use super::csv;
use super::db::limit;
use super::problem::{Problem, Result};
use super::resource::{Listed, ListedRow};
use super::selection::Selection;
use super::tenancy::Caller;

/// Answers with the rows asked for as a file.
///
/// # Errors
/// 503 when as many exports are being read as there are connections for them; those of the
/// database; 400 when a sheet cannot hold it.
pub async fn run<L: Listed>(caller: &Caller, export: Export<L>) -> Result<HttpResponse> {
    let Export { selection, format, name, line } = export;
    let db = caller.db().report_snapshot().await?;
    let columns = Column::all::<L>(caller);
    let file = format!("attachment; filename=\"{name}-{}.{format}\"", caller.today());
    let limit = caller.state().settings.send_timeout;
    let mut reply = HttpResponse::Ok();
    reply
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, file))
        .insert_header((VARY, "Accept"));
    let body = if format == ExportFormat::Xlsx {
        // It is packed already, and this says so to the layer that compresses.
        reply.insert_header((CONTENT_ENCODING, ContentEncoding::Identity));
        sheet::room(selection.rows(caller).count(&db).await?)?;
        // The connection goes with the reading, before the sheet is packed and sent.
        let sheet = sheet::write(name, columns, caller.now(), async move |rows| {
            each(caller, &db, &selection, async |item| rows.add(item).await).await
        });
        Chunks::of_file(sheet.await?, line, limit).await?
    } else {
        let caller = caller.clone();
        let work = async move |outlet: &Outlet| text(&caller, &db, &selection, format, &columns, outlet).await;
        Chunks::start(line, limit, work).await?
    };
    Ok(reply.body(BoxBody::new(body)))
}

/// Sends the rows as CSV, or as a line of JSON each.
async fn text<L: Listed>(
    caller: &Caller,
    db: &DatabaseTransaction,
    selection: &Selection<L>,
    format: ExportFormat,
    columns: &[Column],
    outlet: &Outlet,
) -> Result<()> {
    let table = format == ExportFormat::Csv;
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
        outlet.send(mem::replace(&mut lines, Vec::with_capacity(CHUNK)).into()).await
    })
    .await?;
    if lines.is_empty() { Ok(()) } else { outlet.send(lines.into()).await }
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
    stream(keyed, db, &mut take).await?;
    match tail {
        Some(tail) => stream(tail, db, &mut take).await,
        None => Ok(()),
    }
}

async fn stream<E: EntityTrait>(
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

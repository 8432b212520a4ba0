//! A table that is made as a whole, as a file in memory.

use std::io::Read;

use actix_web::rt;
use entity::instant::Instant;
use serde_json::Value;

use super::column::{Column, harmless};
use super::sheet;
use crate::kernel::base::csv;
use crate::kernel::base::problem::{Problem, Result};

/// A table with its columns and rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of the sheet.
    pub name: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a value for each column.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// The table as CSV (RFC 4180), with a byte order mark.
    ///
    /// # Errors
    /// 500, which only a fault of the writer can bring about.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::writer(csv::BYTE_ORDER_MARK.as_bytes().to_vec());
        let names = self.columns.iter().map(|column| column.name.as_str());
        writer.write_record(names).map_err(Problem::internal)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(harmless)).map_err(Problem::internal)?;
        }
        writer.into_inner().map_err(Problem::internal)
    }

    /// The table as a workbook of one sheet, which bears the time at which it was made.
    ///
    /// # Errors
    /// 400 for a text that no cell holds; 503 when the workbook cannot be written, 507 when the disk is full.
    pub async fn sheet(self, made: Instant) -> Result<Vec<u8>> {
        let Self { name, columns, rows } = self;
        let written = sheet::write(name, columns, made, async |sheet| {
            for row in rows {
                sheet.add(row).await?;
            }
            Ok(())
        });
        let mut file = written.await?;
        let bytes = rt::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        });
        Ok(bytes.await.map_err(Problem::internal)??)
    }
}

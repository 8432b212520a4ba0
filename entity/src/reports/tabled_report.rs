//! A report as it was put before a meeting.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tabled_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub meeting_id: Uuid,
    pub title: String,
    pub title_key: String,
    pub note: Option<String>,
    /// The name of the report.
    pub report: String,
    /// The plan or review that it is about, if it is about one.
    pub item_id: Option<Uuid>,
    /// The parameters, as a query string.
    pub query: Option<String>,
    pub format: TabledFormat,
    /// The scope by which the report is read.
    pub scope: String,
    pub file_name: String,
    pub content_type: String,
    /// The `Content-Security-Policy` of a page.
    pub content_policy: Option<String>,
    pub size_bytes: i64,
    /// Of the content as it was tabled, in hexadecimal digits.
    pub sha256: String,
    pub tabled_on: Date,
    pub tabled_by_id: Option<Uuid>,
}

choice! {
    /// The form of a tabled report.
    #[example = "csv"]
    pub enum TabledFormat {
        /// Data.
        Json = "json",
        /// For spreadsheets and most programs.
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
        /// A page to print.
        Html = "html",
    }
}

row!(Visibility::HubOnly);

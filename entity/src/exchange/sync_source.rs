//! A music service's database with which the hub is kept in step. How it is read stands in a mapping file.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_source")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    /// Its code in the mapping file, and the system of the keys that its rows have here.
    pub name: String,
    pub kind: SyncKind,
    pub enabled: bool,
    pub schedule_every: Option<SyncEvery>,
    /// The time of day, such as `02:30`; of each hour its minutes count.
    pub schedule_at: Option<String>,
    pub schedule_weekday: Option<Weekday>,
    /// When the schedule has its next run.
    pub next_run_at: Option<Instant>,
    /// Since when no mapping file names it.
    pub absent_since: Option<Instant>,
}

choice! {
    /// What kind of database a source is.
    pub enum SyncKind {
        /// A folder of CSV files.
        Csv = "csv",
        /// PostgreSQL.
        Postgresql = "postgresql",
        /// MySQL or MariaDB.
        Mysql = "mysql",
        /// A database by its ODBC driver.
        Odbc = "odbc",
    }
}

choice! {
    /// How often a source has a run.
    pub enum SyncEvery {
        /// Each hour.
        Hour = "hour",
        /// Each day.
        Day = "day",
        /// Each week.
        Week = "week",
    }
}

choice! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

row!(Visibility::HubOnly);

//! The database's schema: explicit, forward only, the same on SQLite and PostgreSQL.
//!
//! A step that has gone out is never edited; what changes is a new step. It only adds, so that the
//! version before runs on it as well; see [`steps`] for what does more.

pub use sea_orm_migration::{MigrationStatus, MigratorTrait};

mod choice;
pub mod steps;
mod table;

mod m20261123_01_kernel;
mod m20261123_02_people;
mod m20261123_03_schools;
mod m20261123_04_partners;
mod m20261123_05_identity;
mod m20261123_06_plans;
mod m20261123_07_imports;
mod m20261124_01_write_probe;
mod m20261124_02_feed_epoch;
mod m20261124_03_schema_steps;
mod m20261124_06_one_time_passwords;
mod m20261124_07_invitations;
mod m20261124_08_sign_in;
mod m20261124_10_search_keys;
mod m20261124_13_plan_authors;
mod m20261124_14_pending_updates;
mod m20261125_01_past_plan_authors;
mod m20261128_01_jobs;
mod m20261129_01_frameworks;
mod m20261129_02_school_plan_records;
mod m20261129_03_visits;
mod m20261129_04_evaluations;
mod m20261129_05_ratings;
mod m20261129_06_attachments;
mod m20261129_07_awards;
mod m20261129_08_calendar;
mod m20261129_09_visit_figures;
mod m20261129_10_observations;
mod m20261130_01_packages;
mod m20261130_11_capacity;
mod m20261130_12_training;
mod m20261130_21_engagement;
mod m20261130_22_shared_practice;
mod m20261130_23_between_hubs;
mod m20261130_31_erasures;
mod m20261130_32_retention;
mod m20261130_41_exam_results;
mod m20261201_21_measures;
mod m20261202_01_comparisons;
mod m20261203_01_reviews;
mod m20261203_02_tabled_reports;
mod m20261204_01_metrics;
mod m20261205_01_webhooks;
mod m20261206_01_measure_imports;
mod m20261207_21_sync;
mod m20261208_01_report_indexes;

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, seaql_migrations};

use table::Table;

pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        // In the order of their foreign keys, which the CREATE TABLE declares.
        vec![
            Box::new(NewTables("m20261123_01_kernel", m20261123_01_kernel::tables)),
            Box::new(NewTables("m20261123_02_people", m20261123_02_people::tables)),
            Box::new(NewTables("m20261123_03_schools", m20261123_03_schools::tables)),
            Box::new(NewTables("m20261123_04_partners", m20261123_04_partners::tables)),
            Box::new(NewTables("m20261123_05_identity", m20261123_05_identity::tables)),
            Box::new(NewTables("m20261123_06_plans", m20261123_06_plans::tables)),
            Box::new(NewTables("m20261123_07_imports", m20261123_07_imports::tables)),
            Box::new(NewTables("m20261124_01_write_probe", m20261124_01_write_probe::tables)),
            Box::new(m20261124_02_feed_epoch::FeedEpoch),
            Box::new(NewTables("m20261124_03_schema_steps", m20261124_03_schema_steps::tables)),
            Box::new(m20261124_06_one_time_passwords::OneTimePasswords),
            Box::new(m20261124_07_invitations::Invitations),
            Box::new(m20261124_08_sign_in::SignIn),
            Box::new(m20261124_10_search_keys::SearchKeys),
            Box::new(m20261124_13_plan_authors::PlanAuthors),
            Box::new(m20261124_14_pending_updates::PendingUpdates),
            Box::new(m20261125_01_past_plan_authors::PastPlanAuthors),
            Box::new(m20261128_01_jobs::Jobs),
            Box::new(NewTables("m20261129_01_frameworks", m20261129_01_frameworks::tables)),
            Box::new(NewTables("m20261129_02_school_plan_records", m20261129_02_school_plan_records::tables)),
            Box::new(m20261129_03_visits::Visits),
            Box::new(NewTables("m20261129_04_evaluations", m20261129_04_evaluations::tables)),
            Box::new(NewTables("m20261129_05_ratings", m20261129_05_ratings::tables)),
            Box::new(NewTables("m20261129_06_attachments", m20261129_06_attachments::tables)),
            Box::new(NewTables("m20261129_07_awards", m20261129_07_awards::tables)),
            Box::new(NewTables("m20261129_08_calendar", m20261129_08_calendar::tables)),
            Box::new(m20261129_09_visit_figures::VisitFigures),
            Box::new(NewTables("m20261129_10_observations", m20261129_10_observations::tables)),
            Box::new(NewTables("m20261130_01_packages", m20261130_01_packages::tables)),
            Box::new(m20261130_11_capacity::Capacity),
            Box::new(NewTables("m20261130_12_training", m20261130_12_training::tables)),
            Box::new(NewTables("m20261130_21_engagement", m20261130_21_engagement::tables)),
            Box::new(NewTables("m20261130_22_shared_practice", m20261130_22_shared_practice::tables)),
            Box::new(NewTables("m20261130_23_between_hubs", m20261130_23_between_hubs::tables)),
            Box::new(m20261130_31_erasures::Erasures),
            Box::new(NewTables("m20261130_32_retention", m20261130_32_retention::tables)),
            Box::new(m20261130_41_exam_results::ExamResults),
            Box::new(NewTables("m20261201_21_measures", m20261201_21_measures::tables)),
            Box::new(NewTables("m20261202_01_comparisons", m20261202_01_comparisons::tables)),
            Box::new(m20261203_01_reviews::Reviews),
            Box::new(NewTables("m20261203_02_tabled_reports", m20261203_02_tabled_reports::tables)),
            Box::new(m20261204_01_metrics::Metrics),
            Box::new(NewTables("m20261205_01_webhooks", m20261205_01_webhooks::tables)),
            Box::new(m20261206_01_measure_imports::MeasureImports),
            Box::new(NewTables("m20261207_21_sync", m20261207_21_sync::tables)),
            Box::new(m20261208_01_report_indexes::ReportIndexes),
        ]
    }

    /// Leaves out the steps of newer programs. [`steps::standing`] says which of them are no hindrance.
    async fn get_migration_models<C: ConnectionTrait>(db: &C) -> Result<Vec<seaql_migrations::Model>, DbErr> {
        Self::install(db).await?;
        let known = steps::names();
        let taken = seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version);
        Ok(taken.all(db).await?.into_iter().filter(|step| known.contains(&step.version)).collect())
    }
}

/// A step that makes new tables, by the name that the database remembers.
struct NewTables(&'static str, fn() -> Vec<Table>);

impl MigrationName for NewTables {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for NewTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in (self.1)() {
            let statements = table.statements(manager.get_database_backend());
            manager.create_table(statements.table).await?;
            for index in statements.indexes {
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        // On SQLite too: a step that fails leaves nothing behind.
        Some(true)
    }
}

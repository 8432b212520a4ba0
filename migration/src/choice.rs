//! More values for a column whose values a CHECK names.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// A column of text with the values that its CHECK names, in their order.
pub struct Choice {
    /// The table.
    pub table: &'static str,
    /// The column, whose CHECK `Table::choice` made.
    pub column: &'static str,
    /// The values so far.
    pub values: &'static [&'static str],
}

impl Choice {
    /// Adds values to the CHECK. Rows stay as they are, since each keeps to the longer list.
    pub async fn widen(&self, manager: &SchemaManager<'_>, more: &[&str]) -> Result<(), DbErr> {
        let list = |values: &[&str]| values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
        let Self { table, column, values } = self;
        let (before, after) = (list(values), list(&[*values, more].concat()));
        let db = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            let check = format!("{table}_{column}_check");
            let sql = format!(
                "ALTER TABLE \"{table}\" DROP CONSTRAINT \"{check}\", \
                 ADD CONSTRAINT \"{check}\" CHECK (\"{column}\" IN ({after}))"
            );
            return db.execute_unprepared(&sql).await.map(drop);
        }
        // SQLite has no statement for it. Its manual (ALTER TABLE, "Making Other Kinds Of Table Schema Changes") has
        // the text of the table changed where only a CHECK differs, and the version of the schema after it.
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let (from, to) = (format!("\"{column}\" IN ({before})"), format!("\"{column}\" IN ({after})"));
        db.execute_unprepared("PRAGMA writable_schema = ON").await?;
        let sql = format!(
            "UPDATE sqlite_schema SET sql = replace(sql, {from}, {to}) \
             WHERE type = 'table' AND name = '{table}' AND instr(sql, {from}) > 0",
            from = quoted(&from),
            to = quoted(&to)
        );
        let changed = db.execute_unprepared(&sql).await?.rows_affected();
        let version = "SELECT schema_version AS v FROM pragma_schema_version";
        let row = db.query_one_raw(sea_orm_migration::sea_orm::Statement::from_string(DbBackend::Sqlite, version));
        let version: i64 = row.await?.map(|row| row.try_get("", "v")).transpose()?.unwrap_or_default();
        db.execute_unprepared(&format!("PRAGMA schema_version = {}", version + 1)).await?;
        db.execute_unprepared("PRAGMA writable_schema = RESET").await?;
        match changed {
            1 => Ok(()),
            _ => Err(DbErr::Custom(format!("the CHECK of {table}.{column} is not {from}"))),
        }
    }
}

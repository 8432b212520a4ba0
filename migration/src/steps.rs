//! Which programs can run on a schema that has steps they do not know.
//!
//! A version of the program runs on a schema that is newer than its own, so that instances can be
//! replaced one after the other, and a version can be taken back. A step therefore only adds: tables,
//! columns that may be empty or have a default, indexes. What older programs use is removed by a later
//! step, and [`NEEDS`] says which step a program has to know to run on that.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::{Migrator, MigratorTrait};

/// Steps that do more than add, each with the step that a program has to know to run on the schema
/// after it: for the removal of a column the step since which no program uses that column.
const NEEDS: &[(&str, &str)] = &[];

/// How the schema of a database stands to this program.
#[derive(Debug, Default)]
pub struct Standing {
    /// Steps that this program knows and the database has not taken, in order.
    pub pending: Vec<String>,
    /// Steps that the database has taken and on which this program cannot run.
    pub incompatible: Vec<String>,
}

/// The names of all steps, in order.
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// Returns the step that a program has to know to run on the schema after the step `name`. The first
/// one, which every program knows, for a step that only adds.
pub fn needs(name: &str) -> String {
    match NEEDS.iter().find(|(step, _)| *step == name) {
        Some((_, needed)) => (*needed).to_owned(),
        None => names().swap_remove(0),
    }
}

/// Reads which steps the database has taken, without changing anything.
pub async fn standing(db: &DatabaseConnection) -> Result<Standing, DbErr> {
    let known = names();
    let taken = texts(db, "seaql_migrations", &["version"]).await?;
    let is_taken = |name: &String| taken.iter().any(|row| row[0] == *name);
    let pending = known.iter().filter(|name| !is_taken(name)).cloned().collect();
    let mut strange: Vec<String> =
        taken.iter().map(|row| row[0].clone()).filter(|name| !known.contains(name)).collect();
    if !strange.is_empty() {
        // A step that nobody has said anything about may have done anything.
        let steps = texts(db, "schema_step", &["name", "needs"]).await?;
        strange.retain(|name| !steps.iter().any(|row| row[0] == *name && known.contains(&row[1])));
    }
    Ok(Standing { pending, incompatible: strange })
}

/// Records for each step what it needs, where that is not recorded yet.
pub async fn record(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut record = Query::insert();
    record.into_table("schema_step").columns(["name", "needs"]);
    for name in names() {
        let needed = needs(&name);
        record.values_panic([name.into(), needed.into()]);
    }
    record.on_conflict(OnConflict::column("name").do_nothing().to_owned());
    db.execute(&record).await.map(drop)
}

/// The texts in columns of a table, in the order of the first; none where the table is missing.
async fn texts(
    db: &DatabaseConnection,
    table: &'static str,
    columns: &[&'static str],
) -> Result<Vec<Vec<String>>, DbErr> {
    if !SchemaManager::new(db).has_table(table).await? {
        return Ok(Vec::new());
    }
    let mut select = Query::select();
    select.columns(columns.iter().copied()).from(table).order_by(columns[0], Order::Asc);
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| columns.iter().map(|column| row.try_get("", column)).collect()).collect()
}

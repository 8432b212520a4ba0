//! The words that lists are searched by, folded alike on both databases.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The tables, each with the text that its key is made of.
const TABLES: [(&str, &str); 10] = [
    (
        "school",
        "name || ' ' || COALESCE(town, '') || ' ' || COALESCE(REPLACE(postcode, ' ', ''), '') || ' ' \
         || COALESCE(CAST(urn AS text), '') || ' ' || COALESCE(la_code || '/' || establishment_number, '') \
         || ' ' || COALESCE(la_code || establishment_number, '')",
    ),
    ("objective", "title"),
    ("strand", "text"),
    ("target", "statement"),
    ("milestone", "statement"),
    ("cohort", "name"),
    ("resource_line", "text"),
    ("budget_line", "COALESCE(text, '')"),
    ("progress_update", "narrative"),
    ("glossary_term", "code || ' ' || meaning"),
];

/// How many rows get their keys at once.
const AT_ONCE: usize = 300;

/// Adds `search_key`, and fills it for the rows that are there.
pub struct SearchKeys;

impl MigrationName for SearchKeys {
    fn name(&self) -> &'static str {
        "m20261124_10_search_keys"
    }
}

#[async_trait]
impl MigrationTrait for SearchKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, text) in TABLES {
            let mut column = ColumnDef::new("search_key");
            column.text();
            if manager.get_database_backend() == DbBackend::Postgres {
                column.extra("COLLATE \"C\"");
            }
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
            fill(manager, table, text).await?;
        }
        let mut index = Index::create();
        index.name("school_by_search_key").table("school").col("hub_id").col("search_key").col("id");
        manager.create_index(index).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Reads the rows in the order of their keys, some at a time, and writes what is folded from each.
async fn fill(manager: &SchemaManager<'_>, table: &str, text: &str) -> Result<(), DbErr> {
    let (db, backend) = (manager.get_connection(), manager.get_database_backend());
    let postgres = backend == DbBackend::Postgres;
    let as_text = |id: &str| if postgres { format!("CAST({id} AS text)") } else { format!("hex({id})") };
    let as_id = |text: &str| if postgres { format!("CAST({text} AS uuid)") } else { format!("unhex({text})") };
    let read = format!(
        "SELECT {} AS hub, {} AS row, {text} AS text FROM {table} \
         WHERE (hub_id, id) > ({}, {}) ORDER BY hub_id, id LIMIT {AT_ONCE}",
        as_text("hub_id"),
        as_text("id"),
        as_id("$1"),
        as_id("$2"),
    );
    let mut last = ["0".repeat(32), "0".repeat(32)];
    loop {
        let rows =
            db.query_all_raw(Statement::from_sql_and_values(backend, &read, last.clone().map(Into::into))).await?;
        let mut values = Vec::with_capacity(3 * rows.len());
        for row in &rows {
            last = [row.try_get("", "hub")?, row.try_get("", "row")?];
            let key = search_key(table, &row.try_get::<String>("", "text")?);
            values.extend([last[0].clone(), last[1].clone(), key].map(Value::from));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let places: Vec<_> =
            (0..rows.len()).map(|at| format!("(${}, ${}, ${})", 3 * at + 1, 3 * at + 2, 3 * at + 3)).collect();
        let write = format!(
            "UPDATE {table} SET search_key = found.column3 FROM (VALUES {}) AS found \
             WHERE {table}.hub_id = {} AND {table}.id = {}",
            places.join(", "),
            as_id("found.column1"),
            as_id("found.column2"),
        );
        db.execute_raw(Statement::from_sql_and_values(backend, write, values)).await?;
    }
}

/// Lower case without accents, marks and repeated white space; of schools also without apostrophes
/// and full stops, and cut to what an index takes.
fn search_key(table: &str, text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let bare = word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
        bare.map(|c| if c == '’' { '\'' } else { c }).collect::<String>()
    });
    let folded = words.collect::<Vec<_>>().join(" ");
    match table {
        "school" => folded.replace(['\'', '.'], "").chars().take(600).collect(),
        _ => folded,
    }
}

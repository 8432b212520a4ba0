//! A copy in a SQL database: one table for each kind of item, and a row that says where the copy stands.
//!
//! Rows and position move in one transaction. A new copy is made in tables of its own; it takes the place of the one
//! that readers see in one transaction, so that they see the one or the other.

mod books;
mod db;
mod lock;
mod sql;

use std::collections::BTreeMap;
use std::fs::File;

use serde_json::Value;

use self::books::{CURRENT, Copied, NEXT};
use self::db::Db;
use self::sql::{COPY, Dialect, POSITION, quoted};
use super::catalogue::Kind;
use super::fault::Fault;
use super::target::{Position, Refreshed, Standing, Target};

/// The tables, and what they have.
pub struct Tables {
    db: Db,
    dialect: Dialect,
    current: Option<Standing>,
    next: Option<Standing>,
    kinds: BTreeMap<String, Copied>,
    /// What keeps other followers away from a file.
    lock: Option<File>,
}

impl Tables {
    /// Opens a database and finds out what is there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(place: &str, schema: Option<String>, prefix: String) -> Result<Self, Fault> {
        let unopened = |error| Fault::Fatal(format!("the copy cannot be opened: {error}"));
        let db = Db::open(place).await.map_err(unopened)?;
        if schema.is_some() && !db.is_postgres() {
            return Err(Fault::Fatal("a SQLite file has no schemas: use --prefix".to_owned()));
        }
        let usable =
            |name: &String| name.len() <= 30 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !schema.iter().chain([&prefix]).all(usable) {
            return Err(Fault::Fatal(
                "a schema and a prefix have at most 30 letters, digits and underscores".to_owned(),
            ));
        }
        let dialect = Dialect { postgres: db.is_postgres(), schema, prefix };
        let mut tables = Self { db, dialect, current: None, next: None, kinds: BTreeMap::new(), lock: None };
        tables.lock(place).await?;
        tables.prepare().await?;
        Ok(tables)
    }

    async fn prepare(&mut self) -> Result<(), Fault> {
        if self.dialect.postgres {
            // What is there already is no news.
            self.db.run("SET client_min_messages = warning", &[]).await?;
        }
        self.db.begin().await?;
        if let Some(schema) = self.dialect.schema.as_deref() {
            // Only where it is missing: a user who may write to a schema need not be one who may make schemas.
            let known = format!("SELECT CAST(nspname AS text) FROM pg_namespace WHERE nspname = '{schema}'");
            if self.db.rows(&known, 1).await?.is_empty() {
                self.db.run(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema)), &[]).await?;
            }
        }
        for table in self.dialect.bookkeeping() {
            self.db.run(&table, &[]).await?;
        }
        self.db.commit().await?;
        for (copy, standing) in self.positions().await? {
            match copy.as_str() {
                CURRENT => self.current = Some(standing),
                _ => self.next = Some(standing),
            }
        }
        let copied = format!(
            "SELECT \"kind\", \"columns\", \"next_columns\", \"next_cursor\" FROM {}",
            self.dialect.table(COPY)
        );
        for row in self.db.rows(&copied, 4).await? {
            let [Some(kind), columns, next_columns, next_cursor] = <[_; 4]>::try_from(row).unwrap_or_default() else {
                continue;
            };
            self.kinds.insert(kind, Copied { columns, next_columns, next_cursor });
        }
        Ok(())
    }

    async fn drop_next(&mut self) -> Result<(), Fault> {
        for kind in self.kinds.keys().cloned().collect::<Vec<_>>() {
            self.db.run(&format!("DROP TABLE IF EXISTS {}", self.dialect.next(&kind)), &[]).await?;
        }
        Ok(())
    }

    async fn upsert(&mut self, kind: &Kind, table: &str, items: &[Value]) -> Result<(), Fault> {
        if items.is_empty() {
            return Ok(());
        }
        let text = serde_json::to_string(items).map_err(|error| Fault::Fatal(error.to_string()))?;
        self.db.run(&self.dialect.upsert(kind, table), &[(&text).into()]).await?;
        Ok(())
    }

    /// Adds the columns that the next copy has and the tables lack. It happens before the one takes the place of the
    /// other, so that readers wait shorter. A table whose columns have other types is made again by [`Tables::swap`].
    async fn grow(&mut self, kinds: &[Kind]) -> Result<(), Fault> {
        self.db.begin().await?;
        for kind in kinds {
            let Some(copied) = self.kinds.get(&kind.name).cloned() else { continue };
            let Some(columns) = copied.columns.clone().filter(|columns| is_grown(columns, &kind.shape())) else {
                continue;
            };
            let there: Vec<&str> = columns.split(',').collect();
            for column in
                kind.columns.iter().filter(|it| !there.contains(&format!("{} {}", it.name, it.of.name()).as_str()))
            {
                self.db.run(&self.dialect.add_column(kind, column), &[]).await?;
            }
            self.remember(&kind.name, Copied { columns: Some(merged(&columns, &kind.shape())), ..copied }).await?;
        }
        self.db.commit().await?;
        Ok(())
    }

    /// Puts the next copy of a kind where readers see it.
    async fn swap(&mut self, kind: &Kind) -> Result<(), Fault> {
        let copied = self.kinds.get(&kind.name).cloned().unwrap_or_default();
        let (live, next) = (self.dialect.live(&kind.name), self.dialect.next(&kind.name));
        let columns = match copied.columns {
            Some(columns) if is_grown(&columns, &kind.shape()) => {
                // The table stays, with what others built on it.
                self.db.run(&format!("DELETE FROM {live}"), &[]).await?;
                self.db.run(&self.dialect.fill(kind), &[]).await?;
                self.db.run(&format!("DROP TABLE {next}"), &[]).await?;
                columns
            }
            known => {
                if known.is_some() {
                    self.db.run(&format!("DROP TABLE {live}"), &[]).await?;
                }
                self.db.run(&self.dialect.rename(&kind.name), &[]).await?;
                kind.shape()
            }
        };
        self.remember(&kind.name, Copied { columns: Some(columns), next_columns: None, next_cursor: None }).await
    }

    /// Empties the tables of kinds that are not among these, and forgets them.
    async fn empty_all_but(&mut self, kept: &[Kind]) -> Result<(), Fault> {
        let others = self.kinds.iter().filter(|(name, _)| kept.iter().all(|kind| kind.name != **name));
        let others: Vec<_> = others.map(|(name, copied)| (name.clone(), copied.clone())).collect();
        for (name, copied) in others {
            if copied.columns.is_some() {
                self.db.run(&format!("DELETE FROM {}", self.dialect.live(&name)), &[]).await?;
            }
            self.db.run(&format!("DROP TABLE IF EXISTS {}", self.dialect.next(&name)), &[]).await?;
            self.remember(&name, Copied { columns: copied.columns, ..Copied::default() }).await?;
        }
        Ok(())
    }
}

/// Returns true if a table with some columns gets others by new columns alone.
fn is_grown(columns: &str, wanted: &str) -> bool {
    let named = |column: &str| column.split(' ').next().unwrap_or_default().to_owned();
    let there: BTreeMap<_, _> = columns.split(',').map(|column| (named(column), column)).collect();
    wanted.split(',').all(|column| there.get(&named(column)).is_none_or(|known| *known == column))
}

/// The columns of a table once it has others as well.
fn merged(columns: &str, wanted: &str) -> String {
    let mut all: Vec<&str> = columns.split(',').collect();
    for column in wanted.split(',') {
        if !all.contains(&column) {
            all.push(column);
        }
    }
    all.join(",")
}

impl Target for Tables {
    fn current(&self) -> Option<&Standing> {
        self.current.as_ref()
    }

    fn next(&self) -> Option<&Standing> {
        self.next.as_ref()
    }

    async fn keep_only(&mut self, seen: &[Kind]) -> Result<(), Fault> {
        self.db.begin().await?;
        self.empty_all_but(seen).await?;
        self.db.commit().await?;
        Ok(())
    }

    async fn begin(&mut self, standing: Standing, kinds: &[Kind]) -> Result<(), Fault> {
        let known = self.current.as_ref().or(self.next.as_ref());
        if known.is_some_and(|known| known.basis.hub != standing.basis.hub) {
            return Err(Fault::Fatal(
                "the tables hold a copy of another hub: give another database, or --prefix".to_owned(),
            ));
        }
        self.db.begin().await?;
        self.drop_next().await?;
        for (kind, copied) in self.kinds.clone() {
            self.remember(&kind, Copied { columns: copied.columns, ..Copied::default() }).await?;
        }
        for kind in kinds {
            self.db.run(&self.dialect.create(kind), &[]).await?;
            let columns = self.kinds.get(&kind.name).and_then(|copied| copied.columns.clone());
            let copied = Copied { columns, next_columns: Some(kind.shape()), next_cursor: Some(String::new()) };
            self.remember(&kind.name, copied).await?;
        }
        self.place(NEXT, &standing).await?;
        self.db.commit().await?;
        self.next = Some(standing);
        Ok(())
    }

    fn cursor(&self, kind: &Kind) -> Option<String> {
        self.kinds.get(&kind.name).and_then(|copied| copied.next_cursor.clone())
    }

    async fn add(&mut self, kind: &Kind, items: &[Value], cursor: Option<&str>) -> Result<(), Fault> {
        let copied = self.kinds.get(&kind.name).cloned().unwrap_or_default();
        self.db.begin().await?;
        self.upsert(kind, &self.dialect.next(&kind.name), items).await?;
        self.remember(&kind.name, Copied { next_cursor: cursor.map(str::to_owned), ..copied }).await?;
        self.db.commit().await?;
        Ok(())
    }

    async fn restart(&mut self, kind: &Kind) -> Result<(), Fault> {
        let copied = self.kinds.get(&kind.name).cloned().unwrap_or_default();
        self.db.begin().await?;
        self.db.run(&format!("DELETE FROM {}", self.dialect.next(&kind.name)), &[]).await?;
        self.remember(&kind.name, Copied { next_cursor: Some(String::new()), ..copied }).await?;
        self.db.commit().await?;
        Ok(())
    }

    async fn refresh(&mut self, kinds: &[Kind], refreshed: &[Refreshed], after: i64) -> Result<(), Fault> {
        let (copy, standing) = match (&self.next, &self.current) {
            (Some(next), _) => (NEXT, next.clone()),
            (None, Some(current)) => (CURRENT, current.clone()),
            (None, None) => return Ok(()),
        };
        self.db.begin().await?;
        // First, so that a second follower waits here and then finds the position moved.
        self.advance(copy, standing.at, after).await?;
        for Refreshed { kind, items, gone } in refreshed {
            let kind = &kinds[*kind];
            let table = if copy == NEXT { self.dialect.next(&kind.name) } else { self.dialect.live(&kind.name) };
            if !gone.is_empty() {
                let ids = serde_json::to_string(gone).map_err(|error| Fault::Fatal(error.to_string()))?;
                self.db.run(&self.dialect.delete(&table), &[(&ids).into()]).await?;
            }
            self.upsert(kind, &table, items).await?;
        }
        self.db.commit().await?;
        let moved = Standing { at: Position { after, ..standing.at }, ..standing };
        if copy == NEXT {
            self.next = Some(moved);
        } else {
            self.current = Some(moved);
        }
        Ok(())
    }

    async fn finish(&mut self, kinds: &[Kind]) -> Result<(), Fault> {
        let Some(standing) = self.next.clone() else { return Ok(()) };
        self.grow(kinds).await?;
        self.db.begin().await?;
        for kind in kinds {
            self.swap(kind).await?;
        }
        self.empty_all_but(kinds).await?;
        self.place(CURRENT, &standing).await?;
        let done = format!("DELETE FROM {} WHERE \"copy\" = $1", self.dialect.table(POSITION));
        self.db.run(&done, &[NEXT.into()]).await?;
        self.db.commit().await?;
        self.current = Some(standing);
        self.next = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grows_by_new_columns_and_by_nothing_else() {
        assert!(is_grown("id uuid,name text", "id uuid,name text,code text"));
        assert!(is_grown("id uuid,name text,old text", "id uuid,name text"));
        assert!(!is_grown("id uuid,name text", "id uuid,name json"));
        assert_eq!(merged("id uuid,old text", "id uuid,code text"), "id uuid,old text,code text");
    }
}

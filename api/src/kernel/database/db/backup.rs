//! A copy of the database while it is in use.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Db, epoch};

impl Db {
    /// Writes a consistent copy to a new file. The service may go on meanwhile: the copy shows
    /// the moment at which it began.
    pub async fn backup(&self, file: &Path) -> Result<(), String> {
        if self.backend() == DbBackend::Postgres {
            return Err("the database is PostgreSQL: make the backup with its own tool, \
                        pg_dump --format=custom"
                .to_owned());
        }
        if file.exists() {
            return Err(format!("{} exists already: name a new file", file.display()));
        }
        let Some(name) = file.to_str() else {
            return Err(format!("{} is not a name in UTF-8", file.display()));
        };
        self.write_pool()
            .execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()]))
            .await
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        // Where it is restored, numbers of the change feed are given out a second time.
        epoch::estrange(file).await.map_err(|error| format!("cannot mark {} as a copy: {error}", file.display()))
    }
}

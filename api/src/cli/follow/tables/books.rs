//! The tables that say where a copy stands, and what its tables have.

use super::super::fault::Fault;
use super::super::target::{Basis, Position, Standing};
use super::Tables;
use super::db::Bind;
use super::lock::another_follower;
use super::sql::{COPY, POSITION};

/// The name of the copy that readers see, in the table of positions.
pub const CURRENT: &str = "current";
/// The name of the copy that is being made.
pub const NEXT: &str = "next";

/// What is known of the tables of a kind.
#[derive(Clone, Debug, Default)]
pub struct Copied {
    /// The columns of the table that readers see, if there is one.
    pub columns: Option<String>,
    /// The columns of the table of the next copy, if there is one.
    pub next_columns: Option<String>,
    /// Where its list is read on: none at the end.
    pub next_cursor: Option<String>,
}

impl Tables {
    /// Where the copies stand.
    pub(super) async fn positions(&mut self) -> Result<Vec<(String, Standing)>, Fault> {
        let positions = format!(
            "SELECT \"copy\", \"epoch\", CAST(\"after\" AS text), \"hub\", CAST(\"rights\" AS text), \"shape\" FROM {}",
            self.dialect.table(POSITION)
        );
        let rows = self.db.rows(&positions, 6).await?;
        let read = |row: Vec<Option<String>>| {
            let [copy, epoch, after, hub, rights, shape] = <[_; 6]>::try_from(row).ok()?;
            let at = Position { epoch: epoch?.parse().ok()?, after: after?.parse().ok()? };
            let basis = Basis { hub: hub?, rights: rights?.parse().ok()?, shape: shape? };
            Some((copy?, Standing { basis, at }))
        };
        let unread = || Fault::Fatal("the table smep_position was changed by somebody else: drop it".to_owned());
        rows.into_iter().map(|row| read(row).ok_or_else(unread)).collect()
    }

    /// Puts a position where one copy has it.
    pub(super) async fn place(&mut self, copy: &str, standing: &Standing) -> Result<(), Fault> {
        let now = self.dialect.now();
        let place = format!(
            r#"INSERT INTO {} ("copy", "epoch", "after", "at", "hub", "rights", "shape")
               VALUES ($1, $2, $3, {now}, $4, $5, $6)
               ON CONFLICT ("copy") DO UPDATE SET "epoch" = excluded."epoch", "after" = excluded."after",
               "at" = excluded."at", "hub" = excluded."hub", "rights" = excluded."rights", "shape" = excluded."shape""#,
            self.dialect.table(POSITION)
        );
        let epoch = standing.at.epoch.to_string();
        let Basis { hub, rights, shape } = &standing.basis;
        let values: [Bind<'_>; 6] =
            [copy.into(), (&epoch).into(), standing.at.after.into(), hub.into(), (*rights).into(), shape.into()];
        self.db.run(&place, &values).await?;
        Ok(())
    }

    /// Moves the position of a copy, unless somebody else has moved it.
    pub(super) async fn advance(&mut self, copy: &str, from: Position, after: i64) -> Result<(), Fault> {
        let advance = format!(
            "UPDATE {} SET \"after\" = $1, \"at\" = {} WHERE \"copy\" = $2 AND \"epoch\" = $3 AND \"after\" = $4",
            self.dialect.table(POSITION),
            self.dialect.now()
        );
        let epoch = from.epoch.to_string();
        let values: [Bind<'_>; 4] = [after.into(), copy.into(), (&epoch).into(), from.after.into()];
        if self.db.run(&advance, &values).await? == 1 {
            return Ok(());
        }
        Err(another_follower())
    }

    /// Writes down what is known of the tables of a kind.
    pub(super) async fn remember(&mut self, kind: &str, copied: Copied) -> Result<(), Fault> {
        let remember = format!(
            "INSERT INTO {} (\"kind\", \"columns\", \"next_columns\", \"next_cursor\") VALUES ($1, $2, $3, $4) \
             ON CONFLICT (\"kind\") DO UPDATE SET \"columns\" = excluded.\"columns\", \
             \"next_columns\" = excluded.\"next_columns\", \"next_cursor\" = excluded.\"next_cursor\"",
            self.dialect.table(COPY)
        );
        let values: [Bind<'_>; 4] = [
            kind.into(),
            copied.columns.as_deref().into(),
            copied.next_columns.as_deref().into(),
            copied.next_cursor.as_deref().into(),
        ];
        self.db.run(&remember, &values).await?;
        self.kinds.insert(kind.to_owned(), copied);
        Ok(())
    }
}

//! Reading a source: a folder of CSV files, a PostgreSQL or MySQL database, or one behind ODBC.
//!
//! Every kind answers the same questions: named columns of one table at a time, as texts. Lookups, conditions and codes
//! are applied here to those texts, so that a row is the same from every kind. SQL sources are read in one read-only
//! transaction. Only the tables and columns that the mapping names are asked for.

use crate::exchange::sync::mapping::{Fault, Mapping, SourceKind};
use crate::kernel::base::nearest::nearest;

mod away;
mod cells;
pub(super) mod csv;
mod logical;
#[cfg(feature = "odbc")]
pub(super) mod odbc;
mod plan;
mod rows;
pub(super) mod select;
pub(super) mod sql;
pub(super) mod worker;

pub use away::Away;
pub use logical::Logical;
pub use rows::{LONGEST_KEY, Rows};

use plan::Plan;
use select::Select;
use worker::{Log, Question, RawRow, Worker};

/// A source that is open for reading.
#[derive(Debug)]
pub struct Source {
    mapping: Mapping,
    worker: Worker,
    log: Log,
}

impl Source {
    /// Connects, and begins the transaction in which everything is read.
    ///
    /// # Errors
    /// When the source cannot be reached or refuses the account.
    pub async fn open(mapping: &Mapping) -> Result<Self, Away> {
        let log = Log::default();
        let worker = match mapping.kind() {
            SourceKind::Csv => csv::start(mapping, &log)?,
            SourceKind::Postgresql | SourceKind::Mysql => sql::start(mapping, &log).await?,
            #[cfg(feature = "odbc")]
            SourceKind::Odbc => odbc::start(mapping, &log).await?,
            #[cfg(not(feature = "odbc"))]
            SourceKind::Odbc => return Err(no_odbc()),
        };
        Ok(Self { mapping: mapping.clone(), worker, log })
    }

    /// The rows of a logical table. A table that the mapping does not take has none.
    ///
    /// # Errors
    /// When a lookup cannot be read.
    pub async fn read<T: Logical>(&mut self) -> Result<Rows<'_, T>, Away> {
        match self.mapping.section(T::TABLE) {
            None => Ok(Rows::none()),
            Some(section) => Rows::start(Plan::new(section, self.mapping.formats()), &self.worker).await,
        }
    }

    /// Every statement sent so far; for a folder every file that was opened.
    pub fn statements(&self) -> Vec<String> {
        self.log.list()
    }

    /// Looks whether the source has every table and column that the mapping names, and whether they can be read.
    ///
    /// # Errors
    /// When the source stops answering. What the mapping names wrongly is no error but a fault.
    pub async fn check(&mut self) -> Result<Vec<Fault>, Away> {
        let mut faults = Vec::new();
        let plans: Vec<Plan> =
            self.mapping.sections().map(|section| Plan::new(section, self.mapping.formats())).collect();
        for select in plans.iter().flat_map(Plan::selects) {
            self.check_select(select, &mut faults).await?;
        }
        faults.sort_by_key(|fault| fault.line);
        faults.dedup();
        Ok(faults)
    }

    async fn check_select(&self, select: &Select, faults: &mut Vec<Fault>) -> Result<(), Away> {
        let mut fault = |line, message| faults.push(self.mapping.fault(line, message));
        let names = self.worker.all(Question::Columns(select.table.clone())).await?;
        let names: Vec<String> = names
            .into_iter()
            .filter_map(|row| match row {
                RawRow::Cells(cells) => cells.into_vec().pop().flatten(),
                RawRow::Unread { .. } => None,
            })
            .collect();
        let table = select.table.as_text();
        let found = names.len();
        if found > 0 {
            let csv = self.mapping.kind() == SourceKind::Csv;
            let known = |name: &str| names.iter().any(|it| it == name || (csv && it.eq_ignore_ascii_case(name)));
            let missing: Vec<_> = select.columns.iter().filter(|column| !known(&column.name)).collect();
            for column in &missing {
                let fix = match nearest(&column.name, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "correct the name".to_owned(),
                };
                fault(column.line, format!("the source's table {table} has no column `{}`: {fix}", column.name));
            }
            if !missing.is_empty() {
                return Ok(());
            }
        }
        match self.worker.all(Question::Probe(select.clone())).await {
            Ok(_) => Ok(()),
            Err(away) if ["connection", "timeout"].contains(&away.code) => Err(away),
            Err(away) => {
                fault(select.table.line, format!("{table} cannot be read: {away}"));
                Ok(())
            }
        }
    }
}

/// What a program without ODBC says.
#[cfg(not(feature = "odbc"))]
pub(super) fn no_odbc() -> Away {
    Away::new("failed", "this program was built without ODBC: build it with `--features odbc`")
}

//! Small numbers: counts of 1 to 5 pupils, by which a reader could recognise a pupil.
//!
//! Two rules keep them from callers who see the data of other schools. Both are here, so that lists, exports, the feed,
//! reports and pictures withhold alike.
//!
//! - **Rows.** A table of counts has a boolean column, `suppressed`, that is true in the rows whose count is small, and
//!   in the rows by which a small count could be worked out. [`withheld`] makes the count null in these rows, wherever
//!   rows are shown, for every caller but the ones of [`Caller::sees_small_counts`]. Sums for such callers add up the
//!   rows that they see. No filter, period or difference of two requests therefore tells more than the rows do.
//! - **Tables.** A [`CountTable`] has cells, lines that are sums of lines, and a column that is the sum of the others.
//!   It finds the cells to withhold so that no small count follows from the cells that are left.

mod network;
mod table;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use sea_orm::IdenStatic;

pub use self::table::CountTable;
use crate::kernel::caller::permission::{Reach, Scope};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::withheld::Withheld;

/// The counts that are small, in pupils.
pub const SMALL: RangeInclusive<i64> = 1..=5;

/// How a report adds up counts of schools for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedCounts {
    /// As they are: all rows are of the caller's own schools.
    Raw,
    /// Every count, since the caller sees them all; the table of the report then withholds what is small, for its
    /// further readers.
    Tabled,
    /// Only the counts that are not suppressed. Nothing that is withheld can follow from such a sum.
    Shown,
}

impl Caller {
    /// Returns how reports add up counts for the caller, where `writes` is the scope to write them.
    #[must_use]
    pub fn reported_counts(&self, writes: Scope) -> ReportedCounts {
        match self.sees_small_counts(writes) {
            false => ReportedCounts::Shown,
            true if self.sees_hub() => ReportedCounts::Tabled,
            true => ReportedCounts::Raw,
        }
    }

    /// Returns true if the caller sees small counts in rows: a caller who reaches no rows but the own schools', or who
    /// may write the rows of the whole hub with the scope, and so collects and checks them. What is published has none.
    #[must_use]
    pub fn sees_small_counts(&self, writes: Scope) -> bool {
        if self.publishes() {
            return false;
        }
        let seen = self.reach(self.scope().sees());
        if seen.has(Reach::HUB) { self.reach(writes).has(Reach::HUB) } else { seen == Reach::OWN }
    }
}

/// The fields that are withheld from a caller in the rows whose column `suppressed` is true.
#[must_use]
pub fn withheld(
    caller: &Caller,
    writes: Scope,
    fields: &'static [&'static str],
    suppressed: impl IdenStatic,
) -> Withheld {
    if caller.sees_small_counts(writes) {
        Withheld::default()
    } else {
        Withheld::of(fields).unless(suppressed, [false])
    }
}

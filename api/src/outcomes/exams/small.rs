//! Which figures of schools are small, or give a small one away: the figures that are withheld from callers who see the
//! data of other schools.

use std::collections::HashMap;

use entity::outcomes::exam_result;
use entity::row::Row;
use entity::schools::school;
use uuid::Uuid;

use super::exam_result::ExamResult;
use super::rules::Figured;
use super::store::{SeriesKey, of_series, series_of};
use crate::kernel::base::problem::Result;
use crate::kernel::operations::suppression::CountTable;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Mutation;
use crate::kernel::resource::write::{Decided, Write};

/// How many series are looked at at once.
const AT_ONCE: usize = 200;

/// Says for each figure of a series whether it is withheld from callers who see the data of other schools. Each comes
/// with its grade; the total has none.
#[must_use]
pub fn suppressed<'s>(stated: impl Iterator<Item = (Option<&'s str>, Option<i32>)> + Clone) -> Vec<bool> {
    let count = |pupils: Option<i32>| pupils.map(i64::from);
    let total = stated.clone().find(|(grade, _)| grade.is_none()).and_then(|(_, pupils)| count(pupils));
    let grades = stated.clone().filter(|(grade, _)| grade.is_some()).map(|(_, pupils)| count(pupils));
    let counts: Vec<_> = std::iter::once(total).chain(grades).collect();
    let mut table = CountTable::with_total(counts.len());
    table.add(None, counts);
    let mut withheld = table.withheld().into_iter().flatten();
    let total = withheld.next() == Some(true);
    stated.map(|(grade, _)| if grade.is_some() { withheld.next() == Some(true) } else { total }).collect()
}

/// Says in the rows of steps that are taken whether they are suppressed, and gives the other rows of their series that
/// are to say otherwise than they do. `stored` is what the series hold now.
pub fn flag(
    stored: Vec<exam_result::Model>,
    steps: &mut [Mutation<'_, exam_result::Model>],
    decided: &[Result<()>],
) -> Vec<exam_result::Model> {
    let taken = |at: usize| decided.get(at).is_some_and(Result::is_ok);
    let mut series: HashMap<SeriesKey, Vec<Member>> = HashMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| taken(*at)) {
        if step.operation != Operation::Archive {
            series.entry(series_of(step.after)).or_default().push(Member::Step(at));
        }
    }
    let changed: Vec<Uuid> =
        steps.iter().enumerate().filter(|(at, _)| taken(*at)).map(|(_, step)| step.after.id).collect();
    for row in stored.into_iter().filter(|row| row.archived_at.is_none() && !changed.contains(&row.id)) {
        series.entry(series_of(&row)).or_default().push(Member::Beside(Box::new(row)));
    }
    let mut flipped = Vec::new();
    for members in series.into_values() {
        let flags = {
            let rows = members.iter().map(|member| match member {
                Member::Step(at) => &*steps[*at].after,
                Member::Beside(row) => row,
            });
            suppressed(rows.map(|row| (row.figure().grade, row.figure().pupils)))
        };
        for (member, flag) in members.into_iter().zip(flags) {
            match member {
                Member::Step(at) => steps[at].after.suppressed = flag,
                Member::Beside(row) if row.suppressed != flag => flipped.push(*row),
                Member::Beside(_) => {}
            }
        }
    }
    flipped
}

/// A row of a series.
enum Member {
    /// The row of a step.
    Step(usize),
    /// Another one.
    Beside(Box<exam_result::Model>),
}

/// Suppresses rows, or shows them again, each in its next version.
///
/// # Errors
/// When the database is away.
pub async fn store(write: &mut Write, flipped: Vec<exam_result::Model>) -> Result<()> {
    let after = |before: &exam_result::Model| {
        let mut after = exam_result::Model { suppressed: !before.suppressed, ..before.clone() };
        after.set_meta(write.meta_after(before));
        after
    };
    let after: Vec<_> = flipped.iter().map(after).collect();
    let pairs = flipped.iter().zip(&after);
    let steps = pairs.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Update });
    write.store_many::<ExamResult>(&steps.collect::<Vec<_>>()).await
}

/// Corrects the rows of series that were written a moment ago, part by part.
///
/// # Errors
/// When the database is away.
pub async fn settle(write: &mut Write, mut keys: Vec<SeriesKey>) -> Result<()> {
    keys.sort_unstable();
    keys.dedup();
    for keys in keys.chunks(AT_ONCE) {
        write.hold_all::<school::Entity>(keys.iter().map(|(school, ..)| *school).collect()).await?;
        let rows = of_series(write.caller(), write.tx(), keys).await?;
        let flipped = flag(rows, &mut [], &[]);
        store(write, flipped).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_figures_are_suppressed_with_what_gives_them_away() {
        let found = |figures: &[(Option<&str>, Option<i32>)]| suppressed(figures.iter().copied());
        let three = [(None, Some(20)), (Some("9"), Some(9)), (Some("8"), Some(3)), (Some("7"), Some(8))];
        let flags = found(&three);
        assert!(!flags[0] && flags[2], "{flags:?}");
        assert_eq!(flags.iter().filter(|flag| **flag).count(), 2, "a second grade goes with it: {flags:?}");
        assert_eq!(found(&[(None, Some(9)), (Some("9"), Some(9))]), [false, false]);
        assert_eq!(found(&[(None, Some(3))]), [true]);
        assert_eq!(found(&[(Some("9"), Some(3)), (Some("8"), None), (Some("7"), Some(8))]), [true, false, false]);
    }
}

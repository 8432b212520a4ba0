//! The status of a target on a day: worked out, never typed in.

use entity::plans::target::{self, Comparator, TargetKind};
pub use entity::plans::target_status::Status;
use time::Date;

/// The share of the expected change, or value, that counts as on track.
const ENOUGH: f64 = 0.9;

/// What the status follows from, all of it as known on the day it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetFacts {
    /// A figure or words.
    pub kind: TargetKind,
    /// The figure before the work began.
    pub baseline: Option<f64>,
    /// How the figure is held against `value`; at least, where none is given.
    pub comparator: Option<Comparator>,
    /// The figure to be reached.
    pub value: Option<f64>,
    /// The first day of the target's time.
    pub starts_on: Date,
    /// The last day of the last due; it is late after that.
    pub last_due_on: Option<Date>,
    /// True if it has dues and each of them was done by the day.
    pub all_done: bool,
    /// The latest figure that counts.
    pub latest: Option<f64>,
}

impl TargetFacts {
    /// The facts of a target on a day. One without a start of its own starts with its plan year,
    /// or with its first due where that comes earlier: a plan may put a review of January into
    /// the targets of the year that begins in April.
    #[must_use]
    pub fn of(target: &target::Model, year_begins: Date, latest: Option<f64>, as_at: Date) -> Self {
        let dues = &target.dues;
        let first_due = dues.iter().map(|due| due.first_day).min();
        let starts_on = target.starts_on.unwrap_or_else(|| first_due.map_or(year_begins, |day| day.min(year_begins)));
        let done = |day: Option<Date>| day.is_some_and(|day| day <= as_at);
        Self {
            kind: target.kind,
            baseline: target.baseline,
            comparator: target.comparator,
            value: target.value,
            starts_on,
            last_due_on: target.last_due_on,
            all_done: !dues.is_empty() && dues.iter().all(|due| done(due.done_on)),
            latest,
        }
    }
}

/// The status on a day.
///
/// - A target in words, and one whose figure is not set yet, is met when all its dues are done,
///   and on track until its last due day is over.
/// - Nothing reported counts as nothing done, not as nothing expected.
/// - Without a due there is no time to be behind of: it is never missed, and at risk only when it
///   has fallen below where it began.
/// - "Keep at or below" has no path from one figure to another, so that it is never on track: it
///   is met or at risk while its time runs. Once its last due day is over it is missed like any
///   other, since nothing that is over is still at risk. A figure to be *brought* down, whose
///   baseline is above the value, has such a path and follows it.
#[must_use]
pub fn status(facts: &TargetFacts, as_at: Date) -> Status {
    if met(facts) {
        Status::Met
    } else if as_at < facts.starts_on && facts.latest.is_none() {
        Status::NotStarted
    } else if facts.last_due_on.is_some_and(|day| as_at > day) {
        Status::Missed
    } else if on_track(facts, as_at) {
        Status::OnTrack
    } else {
        Status::AtRisk
    }
}

/// The figure to be reached, with how it is compared.
fn figure(facts: &TargetFacts) -> Option<(Comparator, f64)> {
    let value = facts.value.filter(|_| facts.kind == TargetKind::Measured)?;
    Some((facts.comparator.unwrap_or(Comparator::AtLeast), value))
}

fn met(facts: &TargetFacts) -> bool {
    let Some((comparator, value)) = figure(facts) else { return facts.all_done };
    facts.latest.is_some_and(|latest| match comparator {
        Comparator::AtLeast => reaches(latest, value),
        Comparator::AtMost => reaches(value, latest),
        Comparator::Equal => reaches(latest, value) && reaches(value, latest),
    })
}

/// The figure that was to be expected by a day, on the straight way from the baseline, or from nothing, to the value.
/// None for words, for what is to keep at or below a figure, and without a due.
#[must_use]
pub fn expected(facts: &TargetFacts, as_at: Date) -> Option<f64> {
    let (comparator, value) = figure(facts)?;
    facts.last_due_on?;
    let baseline = facts.baseline.unwrap_or(0.0);
    if comparator == Comparator::AtMost && (facts.baseline.is_none() || value >= baseline) {
        return None;
    }
    Some(baseline + (value - baseline) * share_of_time(facts, as_at))
}

fn on_track(facts: &TargetFacts, as_at: Date) -> bool {
    let Some((comparator, value)) = figure(facts) else { return true };
    let share = share_of_time(facts, as_at);
    let Some(baseline) = facts.baseline else {
        let expected = value * share;
        return comparator != Comparator::AtMost && reaches(facts.latest.unwrap_or(0.0), ENOUGH * expected);
    };
    let latest = facts.latest.unwrap_or(baseline);
    let change = value - baseline;
    let (done, expected) = (latest - baseline, change * share);
    match comparator {
        Comparator::AtMost if change >= 0.0 => false,
        // Nothing was to change: any change is one away from the target.
        Comparator::Equal if change == 0.0 => reaches(0.0, done.abs()),
        _ if change < 0.0 => reaches(-done, -ENOUGH * expected),
        _ => reaches(done, ENOUGH * expected),
    }
}

/// How much of the time from the start to the last due is gone, 0 to 1.
fn share_of_time(facts: &TargetFacts, as_at: Date) -> f64 {
    let Some(last) = facts.last_due_on else { return 0.0 };
    if as_at >= last {
        return 1.0;
    }
    let days = |from: Date, to: Date| f64::from(to.to_julian_day() - from.to_julian_day());
    let whole = days(facts.starts_on, last);
    if whole <= 0.0 { 0.0 } else { (days(facts.starts_on, as_at) / whole).clamp(0.0, 1.0) }
}

/// Returns true if `figure` is at least `mark`, but for what arithmetic on fractions loses.
fn reaches(figure: f64, mark: f64) -> bool {
    figure >= mark - 1e-9 * mark.abs().max(1.0)
}

#[cfg(test)]
mod tests;

//! How the document words dates, figures and sums.

use entity::plans::budget_line::BudgetKind;
use entity::plans::progress_update::Opinion;
use entity::plans::target::{Comparator, TargetUnit};

pub use crate::kernel::base::sheet::day;

use super::view::{
    DocumentAim, DocumentApproval, DocumentBudget, DocumentDue, DocumentFigure, DocumentItem, DocumentParty,
};
use crate::plans::progress::status::Status;

/// The status on its chip.
pub const fn status(status: &Status) -> &'static str {
    status.words()
}

/// An opinion, as it stands beside a status.
pub const fn opinion(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Red => "red",
        Opinion::Amber => "amber",
        Opinion::Green => "green",
    }
}

/// How something is paid for.
pub const fn paid(kind: &BudgetKind) -> &'static str {
    match kind {
        BudgetKind::Cash => "Cash",
        BudgetKind::InKind => "In kind",
        BudgetKind::WithinRoles => "Within roles",
    }
}

/// A figure without needless decimals.
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A figure with what it counts.
pub fn figure(value: f64, unit: Option<TargetUnit>) -> String {
    let count = number(value);
    // No line may end between a figure and its unit.
    match unit {
        Some(TargetUnit::Percent) => format!("{count}\u{a0}%"),
        Some(TargetUnit::Fte) => format!("{count}\u{a0}FTE"),
        Some(TargetUnit::Days) => format!("{count}\u{a0}days"),
        Some(TargetUnit::Schools) => format!("{count}\u{a0}schools"),
        Some(TargetUnit::People) => format!("{count}\u{a0}people"),
        Some(TargetUnit::Sessions) => format!("{count}\u{a0}sessions"),
        #[expect(clippy::cast_possible_truncation, reason = "a sum far below 2^53 pence")]
        Some(TargetUnit::Pence) => pounds(value.round() as i64),
        Some(TargetUnit::Count | TargetUnit::Other) | None => count,
    }
}

/// A sum in pounds: `£7,000`, and with pence where there are any.
pub fn pounds(pence: i64) -> String {
    let whole = (pence.unsigned_abs() / 100).to_string();
    let mut grouped = String::with_capacity(whole.len() + 4);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if pence < 0 { "−" } else { "" };
    match pence.unsigned_abs() % 100 {
        0 => format!("{sign}£{grouped}"),
        rest => format!("{sign}£{grouped}.{rest:02}"),
    }
}

/// The figure to be reached: `at least 60 %`.
pub fn aim(aim: &DocumentAim) -> String {
    let how = match aim.comparator {
        Comparator::AtLeast => "at least",
        Comparator::AtMost => "at most",
        Comparator::Equal => "just",
    };
    format!("{how} {}", figure(aim.value, aim.unit))
}

/// An approval in one line: `Governing Group on 5 Feb 2014 (GOV 2014-02-05, item 4)`.
pub fn approval(approval: &DocumentApproval) -> String {
    let line = format!("{} on {}", approval.body, day(&approval.approved_on));
    match &approval.minute_reference {
        Some(reference) => format!("{line} ({reference})"),
        None => line,
    }
}

/// What has been reached of it by when: `53 % on 24 Oct 2014`, of a computed share `61.7 % (148 of 240 schools in
/// scope) on 31 Mar 2015`, with the opinion of its lead while the target is open.
pub fn reached(item: &DocumentItem) -> Option<String> {
    let unit = item.aim.as_ref().and_then(|aim| aim.unit);
    let reached = item.reached.as_ref().map(|reached| {
        let figure = figure(reached.value, unit) + &share(reached);
        reached.on.map_or_else(|| figure.clone(), |on| format!("{figure} on {}", day(&on)))
    });
    let open = !matches!(item.status, Some(Status::Met | Status::Missed));
    let opinion = item.opinion.filter(|_| open).map(|given| format!("lead’s opinion {}", opinion(given)));
    // A figure that was due by now and that nobody reported explains the status.
    let silent = item.aim.is_some()
        && item.reached.is_none()
        && matches!(item.status, Some(Status::OnTrack | Status::AtRisk | Status::Missed));
    let silent = silent.then(|| "nothing reported".to_owned());
    let said: Vec<_> = [reached, silent, opinion].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What a computed share is made of: ` (148 of 240 schools in scope)`.
fn share(reached: &DocumentFigure) -> String {
    match (reached.numerator, reached.denominator) {
        (Some(counted), Some(all)) => {
            let scope = reached.scope.as_deref().map(|scope| format!(" {scope}")).unwrap_or_default();
            format!(" ({} of {}{scope})", number(counted), number(all))
        }
        _ => String::new(),
    }
}

/// The sums of a budget line: `£7,000` or `10 days`.
pub fn sum(line: &DocumentBudget) -> Option<String> {
    both(line.amount_pence, line.days)
}

/// How much of a budget line is spent.
pub fn spent(line: &DocumentBudget) -> Option<String> {
    both(line.spent_pence, line.spent_days).map(|sum| format!("spent {sum}"))
}

fn both(pence: Option<i64>, days: Option<f64>) -> Option<String> {
    let days = days.map(|days| figure(days, Some(TargetUnit::Days)));
    let sums: Vec<_> = [pence.map(pounds), days].into_iter().flatten().collect();
    (!sums.is_empty()).then(|| sums.join(" and "))
}

/// What a budget line is for and where its money comes from, which often is the same.
pub fn purpose(line: &DocumentBudget) -> String {
    let (source, text) = (line.source.as_deref(), line.text.as_deref());
    match (source, text) {
        (Some(source), Some(text)) if !text.contains(source) => format!("{source}: {text}"),
        (source, text) => text.or(source).unwrap_or_default().to_owned(),
    }
}

/// A whole budget line in one sentence.
pub fn budget(line: &DocumentBudget) -> String {
    let sums: Vec<_> = [sum(line), spent(line)].into_iter().flatten().collect();
    let mut said = vec![paid(&line.kind).to_owned(), sums.join(", "), purpose(line)];
    said.retain(|part| !part.is_empty());
    said.join("; ")
}

/// When something is due, in one sentence.
pub fn due(due: &DocumentDue) -> String {
    match due.done_on {
        Some(done) => format!("{} (done {})", due.label, day(&done)),
        None if due.overdue => format!("{} (not done)", due.label),
        None => due.label.clone(),
    }
}

/// Parties in one line.
pub fn parties(parties: &[DocumentParty]) -> String {
    parties.iter().map(|party| party.label.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn days_figures_and_sums_read_as_people_write_them() {
        assert_eq!(day(&date!(2014 - 05 - 09)), "9 May 2014");
        assert_eq!(figure(92.0, Some(TargetUnit::Percent)), "92\u{a0}%");
        assert_eq!(figure(0.8, Some(TargetUnit::Fte)), "0.8\u{a0}FTE");
        assert_eq!(figure(100.0, None), "100");
        assert_eq!(figure(0.0, None), "0");
        assert_eq!(pounds(700_000), "£7,000");
        assert_eq!(pounds(123_456_789), "£1,234,567.89");
        assert_eq!(pounds(-5), "−£0.05");
        assert_eq!(pounds(99_900), "£999");
    }

    #[test]
    fn a_budget_line_says_its_source_once() {
        let line = DocumentBudget {
            kind: BudgetKind::Cash,
            source: Some("Supply cover".to_owned()),
            text: Some("Supply cover for 6 staff".to_owned()),
            amount_pence: Some(700_000),
            days: None,
            spent_pence: Some(525_000),
            spent_days: None,
        };
        assert_eq!(budget(&line), "Cash; £7,000, spent £5,250; Supply cover for 6 staff");
        let line = DocumentBudget { source: Some("Grant".to_owned()), ..line };
        assert_eq!(purpose(&line), "Grant: Supply cover for 6 staff");
    }
}

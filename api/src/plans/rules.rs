//! What holds between the fields of a plan's nodes, and who counts as whom. Pure: rows and days
//! come in, faults go out.

use entity::identity::grant::Role;
use entity::plans::parts::{Due, DueDone, Dues, Party, Precision};
use entity::plans::target::{self, TargetKind, TargetUnit};
use entity::plans::{budget_line, plan_year, progress_update};
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::Fault;

/// The last day of the last due.
#[must_use]
pub fn last_due(dues: &Dues) -> Option<Date> {
    dues.iter().map(|due| due.last_day).max()
}

/// Takes away what says that dues were done.
pub fn undo(dues: &mut Dues) {
    *dues = dues.iter().map(|due| Due { done_on: None, ..due.clone() }).collect();
}

/// Each due ends no earlier than it begins, and one to the day is one day.
#[must_use]
pub fn dues(pointer: &str, dues: &Dues) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, due) in dues.iter().enumerate() {
        let place = format!("{pointer}/{index}/last_day");
        if due.last_day < due.first_day {
            faults.push(Fault::new(place, "before_first_day", "not before first_day"));
        } else if due.precision == Precision::Day && due.last_day != due.first_day {
            let message = "with precision day it is the same day as first_day";
            faults.push(Fault::new(place, "not_one_day", message));
        }
    }
    faults
}

/// A measured target has a figure to reach, one in words has none.
#[must_use]
pub fn target(pointer: &str, row: &target::Model) -> Vec<Fault> {
    let mut faults = dues(&format!("{pointer}/dues"), &row.dues);
    let mut fault = |field: &str, code: &str, message: &str| {
        faults.push(Fault::new(format!("{pointer}/{field}"), code, message));
    };
    let figures = [
        ("comparator", row.comparator.is_some(), true),
        ("value", row.value.is_some(), true),
        ("unit", row.unit.is_some(), true),
        ("baseline", row.baseline.is_some(), false),
        ("metric", row.metric.is_some(), false),
        ("metric_filter", row.metric_filter.is_some(), false),
    ];
    for (field, given, needed) in figures {
        match row.kind {
            TargetKind::Measured if needed && !given => {
                fault(field, "missing", "a measured target needs it; a text target does not");
            }
            TargetKind::Text if given => {
                fault(field, "not_measured", "a text target has no figures; leave it out");
            }
            _ => {}
        }
    }
    if row.unit == Some(TargetUnit::Percent) {
        for (field, figure) in [("baseline", row.baseline), ("value", row.value)] {
            if figure.is_some_and(|figure| !(0.0..=100.0).contains(&figure)) {
                fault(field, "no_percentage", "a percentage lies between 0 and 100");
            }
        }
    }
    if row.metric_filter.is_some() && row.metric.is_none() {
        fault("metric", "missing", "name the metric that metric_filter narrows");
    }
    let late = |start: Date| last_due(&row.dues).is_some_and(|last| last < start);
    if row.starts_on.is_some_and(late) {
        fault("starts_on", "after_last_due", "it starts no later than its last due ends");
    }
    faults
}

/// A measured target that nothing computes takes a figure, a target in words takes done dates, and no day may lie
/// in the future.
#[must_use]
pub fn report(row: &progress_update::Model, target: &target::Model, today: Date) -> Vec<Fault> {
    let mut faults = done(row, target, today);
    if row.on_date > today {
        faults.push(Fault::new("/on_date", "in_future", "not after today"));
    }
    if row.value.is_some() {
        if let Some(metric) = &target.metric {
            let message = format!("the metric `{metric}` computes the figure; leave it out");
            faults.push(Fault::new("/value", "live_target", message));
        } else if target.kind == TargetKind::Text {
            let message = "a text target has no figures; leave it out, and report its done dates in dues_done";
            faults.push(Fault::new("/value", "not_measured", message));
        }
    }
    if target.unit == Some(TargetUnit::Percent) && row.value.is_some_and(|value| !(0.0..=100.0).contains(&value)) {
        faults.push(Fault::new("/value", "no_percentage", "a percentage lies between 0 and 100"));
    }
    faults
}

/// Done dates name dues of a text target, each once, and no later day than today.
fn done(row: &progress_update::Model, target: &target::Model, today: Date) -> Vec<Fault> {
    if target.kind == TargetKind::Measured && !row.dues_done.is_empty() {
        let message = "a measured target is met by its figure; leave it out, and report a value";
        return vec![Fault::new("/dues_done", "measured", message)];
    }
    let mut faults = Vec::new();
    for (index, told) in row.dues_done.iter().enumerate() {
        let mut fault = |field: &str, code: &str, message: String| {
            faults.push(Fault::new(format!("/dues_done/{index}/{field}"), code, message));
        };
        if due_at(&target.dues, told.due).is_none() {
            let dues = target.dues.len();
            fault("due", "unknown_due", format!("the target has {dues} dues: give a place among them, from 1"));
        }
        if row.dues_done.iter().take(index).any(|before| before.due == told.due) {
            fault("due", "duplicate", "each due once".to_owned());
        }
        if told.done_on.is_some_and(|day| day > today) {
            fault("done_on", "in_future", "not after today".to_owned());
        }
    }
    faults
}

/// The due at a place from 1.
#[must_use]
pub fn due_at(dues: &Dues, place: i32) -> Option<&Due> {
    usize::try_from(place).ok()?.checked_sub(1).and_then(|index| dues.get(index))
}

/// The dues with the done dates that a report tells.
#[must_use]
pub fn with_done(dues: &Dues, told: &[DueDone]) -> Dues {
    let places = dues.iter().zip(1..);
    let dues = places.map(|(due, place)| match told.iter().find(|told| told.due == place) {
        Some(told) => Due { done_on: told.done_on, ..due.clone() },
        None => due.clone(),
    });
    dues.collect()
}

/// A budget line says something.
#[must_use]
pub fn budget_line(pointer: &str, row: &budget_line::Model) -> Vec<Fault> {
    let nothing_said = row.text.is_none() && row.source.is_none() && row.amount_pence.is_none() && row.days.is_none();
    if nothing_said {
        let message = "give a text, a source, an amount or days: an empty line says nothing";
        return vec![Fault::new(format!("{pointer}/text"), "missing", message)];
    }
    Vec::new()
}

/// A year ends after it begins.
#[must_use]
pub fn year(pointer: &str, row: &plan_year::Model) -> Vec<Fault> {
    if row.last_day > row.first_day {
        return Vec::new();
    }
    vec![Fault::new(format!("{pointer}/last_day"), "before_first_day", "after first_day")]
}

/// No two years of a plan share a day.
#[must_use]
pub fn overlap<'a>(
    pointer: &str,
    row: &plan_year::Model,
    years: impl IntoIterator<Item = &'a plan_year::Model>,
) -> Option<Fault> {
    let shared = years
        .into_iter()
        .find(|other| other.id != row.id && other.first_day <= row.last_day && row.first_day <= other.last_day)?;
    let message = format!("it shares days with the year {} of the plan", shared.label);
    Some(Fault::new(format!("{pointer}/first_day"), "overlap", message))
}

/// Someone who may be among parties.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// The role in which they act.
    pub role: Option<Role>,
    /// The person.
    pub person_id: Option<Uuid>,
    /// The partner for whom they act.
    pub partner_id: Option<Uuid>,
    /// The working groups that the person is in.
    pub group_ids: Vec<Uuid>,
}

impl Who {
    /// Returns true if they are one of the parties.
    #[must_use]
    pub fn is_among(&self, parties: &[Party]) -> bool {
        parties.iter().any(|party| {
            let role = |code: &str| self.role.is_some() && self.role == Role::of_code(code);
            party.role_code.as_deref().is_some_and(role)
                || (party.person_id.is_some() && party.person_id == self.person_id)
                || (party.partner_id.is_some() && party.partner_id == self.partner_id)
                || party.group_id.is_some_and(|group| self.group_ids.contains(&group))
        })
    }
}

/// Returns the parties of a node: its own, else the parties of its strands, else the objective's. A strand without
/// parties stands for the objective's.
#[must_use]
pub fn effective(own: &[Party], strands: &[&[Party]], objective: &[Party]) -> Vec<Party> {
    if !own.is_empty() {
        return own.to_vec();
    }
    let mut all: Vec<Party> = Vec::new();
    for strand in strands {
        for party in if strand.is_empty() { objective } else { strand } {
            if !all.contains(party) {
                all.push(party.clone());
            }
        }
    }
    if all.is_empty() { objective.to_vec() } else { all }
}

/// Parties as a person reads them.
#[must_use]
pub fn wording(parties: &[Party]) -> String {
    let words = parties.iter().map(|party| {
        if let Some(words) = party.role_code.as_ref().or(party.text.as_ref()) {
            return words.clone();
        }
        let named = [("person", party.person_id), ("working group", party.group_id), ("partner", party.partner_id)];
        let named = named.into_iter().find_map(|(kind, id)| id.map(|id| format!("{kind} {id}")));
        named.unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::plans::target::Comparator;
    use entity::row::Meta;
    use serde_json::json;
    use time::macros::date;

    use crate::kernel::resource::traits::Form;
    use crate::plans::nodes::plan_year::NewPlanYear;
    use crate::plans::nodes::target::NewTarget;

    fn measured() -> target::Model {
        let form = json!({
            "objective_id": Uuid::nil(),
            "plan_year_id": Uuid::nil(),
            "kind": "measured",
            "statement": "Half of them",
            "comparator": "at_least",
            "value": 50,
            "unit": "percent",
            "dues": [{
                "first_day": "2014-05-01",
                "last_day": "2014-06-30",
                "precision": "range",
                "label": "May-June 2014",
            }],
        });
        serde_json::from_value::<NewTarget>(form).unwrap().into_row(Meta::unset())
    }

    #[track_caller]
    fn faults_of(row: &target::Model, expected: &[(&str, &str)]) {
        let faults = target("", row);
        let faults: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_measured_target_needs_its_figure_and_one_in_words_has_none() {
        faults_of(&measured(), &[]);
        let mut row = measured();
        (row.comparator, row.value, row.unit) = (None, None, None);
        let missing = [("/comparator", "missing"), ("/value", "missing"), ("/unit", "missing")];
        faults_of(&row, &missing);
        row.kind = TargetKind::Text;
        faults_of(&row, &[]);
        (row.comparator, row.baseline) = (Some(Comparator::AtMost), Some(1.0));
        row.metric = Some("visits".to_owned());
        let given = [("/comparator", "not_measured"), ("/baseline", "not_measured"), ("/metric", "not_measured")];
        faults_of(&row, &given);
    }

    #[test]
    fn a_percentage_lies_between_0_and_100() {
        let mut row = measured();
        for (baseline, value, fault) in
            [(0.0, 100.0, None), (-0.1, 50.0, Some("/baseline")), (0.0, 100.5, Some("/value"))]
        {
            (row.baseline, row.value) = (Some(baseline), Some(value));
            let expected: Vec<_> = fault.map(|field| (field, "no_percentage")).into_iter().collect();
            faults_of(&row, &expected);
        }
        row.unit = Some(TargetUnit::Count);
        faults_of(&row, &[]);
    }

    #[test]
    fn a_due_ends_no_earlier_than_it_begins_and_a_day_is_one_day() {
        let mut row = measured();
        assert_eq!(last_due(&row.dues), Some(date!(2014 - 06 - 30)));
        let due = row.dues.first().unwrap().clone();
        let backwards = Due { last_day: date!(2014 - 04 - 30), ..due.clone() };
        let long = Due { precision: Precision::Day, ..due.clone() };
        row.dues = vec![due, backwards, long].into();
        let expected = [("/dues/1/last_day", "before_first_day"), ("/dues/2/last_day", "not_one_day")];
        faults_of(&row, &expected);
        row.dues = Dues::default();
        assert_eq!(last_due(&row.dues), None);
    }

    #[test]
    fn a_target_starts_before_it_is_due_and_a_filter_has_a_metric() {
        let mut row = measured();
        row.starts_on = Some(date!(2014 - 07 - 01));
        row.metric_filter = Some(json!({ "phase": "primary" }));
        faults_of(&row, &[("/metric", "missing"), ("/starts_on", "after_last_due")]);
        row.starts_on = Some(date!(2014 - 06 - 30));
        row.metric = Some("visits".to_owned());
        faults_of(&row, &[]);
    }

    #[test]
    fn parties_come_from_the_node_its_strands_or_the_objective() {
        let [a, b, c] = ["AML", "BM", "HoS"].map(|code| vec![Party::role(code)]);
        assert_eq!(effective(&a, &[&b], &c), a);
        assert_eq!(effective(&[], &[&b], &c), b);
        assert_eq!(effective(&[], &[&b, &[], &b], &c), [&b[..], &c[..]].concat());
        assert_eq!(effective(&[], &[], &c), c);
        assert_eq!(effective(&[], &[&[]], &[]), []);
    }

    #[test]
    fn somebody_is_among_parties_by_role_person_group_or_partner() {
        let [me, group, partner] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let who =
            Who { role: Some(Role::Monitor), person_id: Some(me), partner_id: Some(partner), group_ids: vec![group] };
        for party in
            [Party::role("CYPS"), Party::role("SM"), Party::person(me), Party::group(group), Party::partner(partner)]
        {
            assert!(who.is_among(&[Party::role("HoS"), party.clone()]), "{party:?}");
        }
        for party in [Party::role("HoS"), Party::person(group), Party::text("CYPS")] {
            assert!(!who.is_among(std::slice::from_ref(&party)), "{party:?}");
        }
        assert!(!Who::default().is_among(&[Party::text("anybody"), Party::default()]));
    }

    #[test]
    fn years_of_a_plan_share_no_day() {
        let year = |first_day, last_day| {
            let (plan_id, label) = (Uuid::nil(), "2014/15".to_owned());
            let form = NewPlanYear { plan_id, label, first_day, last_day };
            form.into_row(Meta { id: Uuid::now_v7(), ..Meta::unset() })
        };
        let first = year(date!(2014 - 04 - 01), date!(2015 - 03 - 31));
        let next = year(date!(2015 - 04 - 01), date!(2016 - 03 - 31));
        let both = year(date!(2015 - 03 - 31), date!(2015 - 04 - 30));
        assert_eq!(overlap("", &next, [&first, &next]), None);
        assert_eq!(overlap("", &both, [&first]).unwrap().pointer, "/first_day");
        assert!(self::year("", &first).is_empty());
        assert_eq!(self::year("", &year(next.last_day, next.first_day)).len(), 1);
    }
}

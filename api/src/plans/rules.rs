//! What holds between the fields of a plan's nodes, and who counts as whom. Pure: rows and days
//! come in, faults go out.

use entity::identity::grant::Role;
use entity::plans::parts::{Due, Dues, Parties, Party, Precision};
use entity::plans::target::{self, TargetKind, TargetUnit};
use entity::plans::{budget_line, plan_year, progress_update};
use time::Date;
use uuid::Uuid;

use crate::kernel::problem::Fault;

/// The last day of the last due.
#[must_use]
pub fn last_due(dues: &Dues) -> Option<Date> {
    dues.iter().map(|due| due.last_day).max()
}

/// Takes away what says that dues were done.
pub fn undo(dues: &mut Dues) {
    *dues = dues.iter().map(|due| Due { done_on: None, ..due.clone() }).collect();
}

/// Each party names exactly one of its five fields.
#[must_use]
pub fn parties(pointer: &str, parties: &Parties) -> Vec<Fault> {
    let unsound = parties.iter().enumerate().filter(|(_, party)| party.named() != 1);
    unsound
        .map(|(index, _)| {
            Fault::new(
                format!("{pointer}/{index}"),
                "one_of",
                "give exactly one of role_code, person_id, group_id, partner_id and text",
            )
        })
        .collect()
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

/// A figure is told of a measured target that nothing computes, and no day is told ahead.
#[must_use]
pub fn report(row: &progress_update::Model, target: &target::Model, today: Date) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row.on_date > today {
        faults.push(Fault::new("/on_date", "in_future", "not after today"));
    }
    if row.value.is_some() {
        if let Some(metric) = &target.metric {
            let message = format!("the metric `{metric}` computes the figure; leave it out");
            faults.push(Fault::new("/value", "live_target", message));
        } else if target.kind == TargetKind::Text {
            let message = "a text target has no figures; leave it out";
            faults.push(Fault::new("/value", "not_measured", message));
        }
    }
    if target.unit == Some(TargetUnit::Percent)
        && row.value.is_some_and(|value| !(0.0..=100.0).contains(&value))
    {
        faults.push(Fault::new("/value", "no_percentage", "a percentage lies between 0 and 100"));
    }
    faults
}

/// A budget line says something.
#[must_use]
pub fn budget_line(pointer: &str, row: &budget_line::Model) -> Vec<Fault> {
    let nothing_said = row.text.is_none()
        && row.source.is_none()
        && row.amount_pence.is_none()
        && row.days.is_none();
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
    let shared = years.into_iter().find(|other| {
        other.id != row.id && other.first_day <= row.last_day && row.first_day <= other.last_day
    })?;
    let message = format!("it shares days with the year {} of the plan", shared.label);
    Some(Fault::new(format!("{pointer}/first_day"), "overlap", message))
}

/// The codes by which plans name whoever holds a role.
#[must_use]
pub const fn codes(role: Role) -> &'static [&'static str] {
    match role {
        Role::HeadOfService => &["HoS"],
        Role::DeputyHeadOfService => &["DHoS"],
        Role::BusinessManager => &["BM"],
        Role::Administrator => &["Admin"],
        Role::AreaMusicLeader => &["AML"],
        Role::MusicLeader => &["ML"],
        Role::StrategyDevelopmentManager => &["SDM"],
        Role::SingingDevelopmentLeader => &["SDL"],
        Role::CommunicationsManager => &["C&MM"],
        Role::SpecialistLeader => &["SLE"],
        Role::Governor => &["Gov"],
        Role::Executive => &["Exec"],
        Role::Monitor => &["CYPS", "SM", "LA", "SI"],
        Role::SchoolHead => &["HT"],
        Role::SchoolStaff => &["HoM"],
        Role::Provider | Role::PlatformAdministrator => &[],
    }
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
    /// Whether they are one of the parties.
    #[must_use]
    pub fn is_among(&self, parties: &[Party]) -> bool {
        parties.iter().any(|party| {
            let role = |code: &str| self.role.is_some_and(|role| codes(role).contains(&code));
            party.role_code.as_deref().is_some_and(role)
                || (party.person_id.is_some() && party.person_id == self.person_id)
                || (party.partner_id.is_some() && party.partner_id == self.partner_id)
                || party.group_id.is_some_and(|group| self.group_ids.contains(&group))
        })
    }
}

/// The parties of a node: its own, else those of its strands, where a strand without any stands
/// for the objective's, else the objective's.
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
        let named = [
            ("person", party.person_id),
            ("working group", party.group_id),
            ("partner", party.partner_id),
        ];
        let named = named.into_iter().find_map(|(kind, id)| id.map(|id| format!("{kind} {id}")));
        named.unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(", ")
}

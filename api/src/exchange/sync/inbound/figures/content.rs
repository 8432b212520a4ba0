//! What a figure says, as the two sides are compared. Pure.

use entity::missing::MissingReason;
use entity::outcomes::measure_definition::MeasureBasis;
use entity::outcomes::measure_value::{Model, ValueSource};
use serde::Serialize;

use super::figure::Figure;

/// What a figure says. None stands for one that nobody has collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The figure; none where it is missing for a reason that somebody gave.
    pub value: Option<i64>,
    /// The reason.
    pub missing: Option<MissingReason>,
    /// Whether it is an estimate.
    pub estimated: bool,
    /// What it counts.
    pub basis: MeasureBasis,
}

impl Content {
    /// What our row says.
    #[must_use]
    pub fn of_row(row: &Model) -> Option<Self> {
        let collected = row.value.is_some() || row.missing_reason != Some(MissingReason::NotCollected);
        collected.then_some(Self {
            value: row.value,
            missing: row.missing_reason,
            estimated: row.estimated,
            basis: row.basis,
        })
    }

    /// What the source says under a definition. Heads that may be counted twice are participations.
    #[must_use]
    pub fn of_source(figure: &Figure, definition: MeasureBasis) -> Option<Self> {
        let basis = if definition == MeasureBasis::Headcount { figure.basis } else { definition };
        let value = Some(figure.value?);
        Some(Self { value, missing: None, estimated: figure.estimated, basis })
    }

    /// Lays what is said over a row.
    pub fn lay_over(said: Option<&Self>, definition: MeasureBasis, row: &mut Model) {
        row.value = said.and_then(|it| it.value);
        row.missing_reason = said.map_or(Some(MissingReason::NotCollected), |it| it.missing);
        row.estimated = said.is_some_and(|it| it.estimated);
        row.basis = said.map_or(definition, |it| it.basis);
        row.source = ValueSource::Imported;
    }

    /// The figure in words, for a report. A small one is not shown.
    #[must_use]
    pub fn shown(said: Option<&Self>) -> String {
        let Some(said) = said else { return "no count".to_owned() };
        let estimated = if said.estimated { ", an estimate" } else { "" };
        match (said.value, said.missing) {
            (Some(1..=5), _) => format!("a count of 1 to 5 ({}{estimated})", said.basis),
            (Some(value), _) => format!("{value} ({}{estimated})", said.basis),
            (None, Some(reason)) => format!("none ({reason})"),
            (None, None) => "none".to_owned(),
        }
    }
}

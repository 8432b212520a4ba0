//! What is done about a figure: what the source says against what the hub has. Pure, but for ids and times.

use std::collections::BTreeSet;

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::outcomes::measure_definition;
use entity::outcomes::measure_value::Model;
use entity::owned::Owned;
use entity::row::Meta;
use uuid::Uuid;

use super::content::Content;
use super::figure::Figure;
use super::gather::FigureKey;
use crate::exchange::sync::digest::Salt;
use crate::exchange::sync::mapping::Leads;
use crate::exchange::sync::run::{Link, Merge, Planned, Reported};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Form as _, Resource as _};
use crate::outcomes::measure_value::MeasureValue;
use crate::outcomes::measure_value::NewMeasureValue;
use crate::outcomes::rules;

/// The field that the two sides are compared by: the figure with its reason, its basis and whether it is an estimate.
pub const FIELD: &str = "value";

/// The table of figures.
pub fn table() -> &'static str {
    entity::outcomes::measure_value::Entity::table()
}

/// A step that is decided on.
#[derive(Clone, Debug)]
pub struct Step {
    /// The row as it stands; none where it is made.
    pub before: Option<Model>,
    /// The row as it will be.
    pub after: Model,
    /// What is done.
    pub operation: Operation,
}

/// What is done about a figure.
#[derive(Clone, Debug)]
pub struct PlannedFigure {
    /// The steps: of the figure itself, and of others of its family that are suppressed or shown with it.
    pub steps: Vec<Step>,
    /// The figures of its family that were looked at, each with its version.
    pub family: BTreeSet<(Uuid, i64)>,
    /// What is remembered.
    pub link: Link,
    /// Whether that differs from what is remembered already.
    pub relinks: bool,
    /// How it is reported.
    pub reported: Reported,
}

impl PlannedFigure {
    /// Returns true if there is nothing to write.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty() && !self.relinks
    }
}

impl Planned for PlannedFigure {
    fn told(&self) -> Vec<Reported> {
        vec![self.reported.clone()]
    }

    fn links(&self) -> Vec<Link> {
        if self.relinks { vec![self.link.clone()] } else { Vec::new() }
    }
}

/// With what figures are planned.
pub struct Planner<'a> {
    /// Makes digests.
    pub salt: Salt,
    /// The columns of a row that is made.
    pub meta: &'a dyn Fn() -> Meta,
    /// The time of the run.
    pub now: entity::instant::Instant,
}

/// A figure with what is known of it.
pub struct Subject<'a> {
    /// Which figure.
    pub key: &'a FigureKey,
    /// The edition of its measure.
    pub definition: &'a measure_definition::Model,
    /// What leads where both sides changed it.
    pub leads: Leads,
    /// What the hub has, archived or not.
    pub before: Option<&'a Model>,
    /// What is remembered.
    pub link: Option<&'a Link>,
}

impl Subject<'_> {
    fn reported(&self, outcome: SyncOutcome) -> Reported {
        Reported::new(SyncSection::Figures, self.key.text(), outcome).school(self.key.school)
    }
}

impl FigureKey {
    /// The key of the figure in links and reports.
    #[must_use]
    pub fn text(&self) -> String {
        rules::row_key(self.school, &self.year, &self.code, "")
    }

    /// Reads the key of a link.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let school = parts.next()?.parse().ok()?;
        let (year, code) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Self { school, year, code })
    }
}

impl Planner<'_> {
    /// Plans a figure that the source gives.
    pub fn given(&self, subject: &Subject<'_>, figure: &Figure, link: Link) -> PlannedFigure {
        let said = Content::of_source(figure, subject.definition.basis);
        let reported = subject.reported(SyncOutcome::Unchanged);
        let fingerprint = self.salt.digest(&said);
        // A row that the sync itself archived, when the figure moved or was gone, comes back.
        let withdrawn = subject.link.is_some_and(|link| link.missing_since().is_some());
        let stands = subject.before.filter(|row| row.archived_at.is_none());
        let comes_back = subject.before.filter(|row| row.archived_at.is_some() && withdrawn);
        if let Some(row) = subject.before
            && stands.is_none()
            && comes_back.is_none()
        {
            let relinks = subject.link.is_none_or(|known| !known.is_same(&fingerprint));
            let link = link.to(table(), row.id).saying(fingerprint, subject.fields());
            let fix = "archived in the hub: restore the figure to have it follow the source";
            let reported = reported.because("archived", fix);
            return PlannedFigure { steps: Vec::new(), family: BTreeSet::new(), link, relinks, reported };
        }
        let ours = stands.and_then(Content::of_row);
        let leads = |_: &str| subject.leads;
        let mut merge = Merge::new(self.salt, &leads, subject.link, stands.is_none());
        let value = merge.field(FIELD, &ours, &said);
        let merged = merge.end();
        let (before, operation) = match (stands, comes_back) {
            (Some(row), _) => (Some(row), Operation::Update),
            (None, Some(row)) => (Some(row), Operation::Restore),
            (None, None) => (None, Operation::Create),
        };
        let writes = stands.is_none() || value != ours;
        let mut after = before.cloned().unwrap_or_else(|| self.made(subject));
        if writes {
            Content::lay_over(value.as_ref(), subject.definition.basis, &mut after);
            after.definition_id = Some(subject.definition.id);
            after.archived_at = None;
        }
        // That the source has no count is no contradiction to a figure that the hub has from elsewhere.
        let conflicts = !merged.conflicts.is_empty() && (subject.link.is_some() || said.is_some());
        let outcome = match (writes, operation) {
            (true, Operation::Create | Operation::Restore) => SyncOutcome::Created,
            (true, _) => SyncOutcome::Updated,
            (false, _) if conflicts => SyncOutcome::Conflict,
            (false, _) => SyncOutcome::Unchanged,
        };
        let reported = subject.reported(outcome).item(table(), after.id);
        let reported = if conflicts {
            let code = if subject.link.is_some() { "both_changed" } else { "differs_here" };
            let sides = (Content::shown(ours.as_ref()), Content::shown(said.as_ref()));
            let stands = if writes { "the source leads, and its figure was taken" } else { "the hub's figure stays" };
            reported
                .because(code, format!("the hub has {}, the source has {}: {stands}", sides.0, sides.1))
                .at("pupils")
        } else {
            reported
        };
        let reported = if writes || conflicts { reported.fields([FIELD]) } else { reported };
        let relinks = subject.link.is_none_or(|known| {
            !known.is_same(&fingerprint) || known.item_in(table()) != Some(after.id) || writes || conflicts
        });
        let link = link.to(table(), after.id).saying(fingerprint, merged.fields);
        let steps = if writes { vec![Step { before: before.cloned(), after, operation }] } else { Vec::new() };
        PlannedFigure { steps, family: BTreeSet::new(), link, relinks, reported }
    }

    /// Plans a figure that the source no longer gives: it stands at another school of the line now (`moved`), or all of
    /// its activities are gone or cancelled. None where that is known already.
    pub fn gone(&self, subject: &Subject<'_>, link: &Link, moved: bool) -> Option<PlannedFigure> {
        if link.missing_since().is_some() {
            return None;
        }
        let reported = subject.reported(SyncOutcome::Missing);
        let Some(row) = subject.before.filter(|row| row.archived_at.is_none()) else {
            let reported = reported.because("archived", "the figure was archived in the hub before");
            return Some(PlannedFigure {
                steps: Vec::new(),
                family: BTreeSet::new(),
                link: link.clone().missing(self.now),
                relinks: true,
                reported,
            });
        };
        let ours = Content::of_row(row);
        let leads = |_: &str| subject.leads;
        let mut merge = Merge::new(self.salt, &leads, Some(link), false);
        let value = merge.field(FIELD, &ours, &None);
        let merged = merge.end();
        let mut after = row.clone();
        let (operation, code, message) = match (value.is_none(), moved) {
            (false, _) => {
                (None, "corrected_here", "the source no longer has it, and somebody corrected it here: it stays")
            }
            (true, true) => {
                after.archived_at = Some(self.now);
                (Some(Operation::Archive), "moved", "the figure stands at another school of the line now, and once")
            }
            (true, false) => {
                let fix = "all of its activities are gone or cancelled: the figure counts as not collected";
                (Some(Operation::Update).filter(|_| ours.is_some()), "no_activity", fix)
            }
        };
        if operation == Some(Operation::Update) {
            Content::lay_over(None, subject.definition.basis, &mut after);
        }
        let reported = reported.item(table(), row.id).because(code, message);
        let link = link.clone().saying(self.salt.digest(&None::<Content>), merged.fields).missing(self.now);
        let step = |operation| Step { before: Some(row.clone()), after, operation };
        let steps = operation.map(step).into_iter().collect();
        Some(PlannedFigure { steps, family: BTreeSet::new(), link, relinks: true, reported })
    }

    /// A figure that is not there yet.
    fn made(&self, subject: &Subject<'_>) -> Model {
        let form = NewMeasureValue {
            school_id: subject.key.school,
            academic_year: subject.key.year.clone(),
            definition_code: subject.key.code.clone(),
            definition_id: Some(subject.definition.id),
            key_stage: None,
            year_group: None,
            sex: None,
            send: None,
            pupil_premium: None,
            terms: None,
            instrument: None,
            provider_id: None,
            value: None,
            missing_reason: None,
            source: entity::outcomes::measure_value::ValueSource::Imported,
            estimated: false,
            note: None,
        };
        let mut row = form.into_row((self.meta)());
        MeasureValue::complete(&mut row);
        row
    }
}

impl Subject<'_> {
    fn fields(&self) -> entity::exchange::sync_link::LinkFields {
        self.link.map(Link::fields).unwrap_or_default()
    }
}

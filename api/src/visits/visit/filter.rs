//! What narrows the list of visits.

use entity::instant::Instant;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use sea_orm::ExprTrait;
use time::Date;

use crate::kernel::prelude::*;
use crate::schools::store::of_schools;

/// Narrows the list of visits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VisitFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these people, as the visitor or as one who comes along.
    #[serde(default)]
    #[param(max_items = 50)]
    pub visitor_id: Vec<Uuid>,
    /// Any of these partners, as the provider.
    #[serde(default)]
    #[param(max_items = 50)]
    pub provider_id: Vec<Uuid>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<VisitKind>,
    /// Any of these modes.
    #[serde(default)]
    #[param(max_items = 4)]
    pub mode: Vec<VisitMode>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 8)]
    pub status: Vec<VisitStatus>,
    /// Only visits that begin at this moment or later.
    #[param(example = "2026-01-01T00:00:00Z")]
    pub starts_from: Option<Instant>,
    /// Only visits that begin at this moment or earlier.
    #[param(example = "2026-07-31T23:59:59Z")]
    pub starts_to: Option<Instant>,
    /// Only visits that were made on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub completed_from: Option<Date>,
    /// Only visits that were made on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub completed_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Words that the purpose contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "choir")]
    pub q: Option<String>,
}

impl Filter<visit::Entity> for VisitFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use visit::Column;

        let backend = caller.db().backend();
        let comes_along = |person: &Uuid| json_has(backend, Column::CoVisitorIds, *person);
        let visitors = any_of(Column::VisitorId, &self.visitor_id)
            .map(|visits| self.visitor_id.iter().map(comes_along).fold(visits, ExprTrait::or));
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(visitors)
            .add_option(any_of(Column::ProviderId, &self.provider_id))
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Mode, &self.mode))
            .add_option(any_of(Column::Status, &self.status))
            .add(between(Column::StartsAt, self.starts_from, self.starts_to))
            .add(between(Column::CompletedOn, self.completed_from, self.completed_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

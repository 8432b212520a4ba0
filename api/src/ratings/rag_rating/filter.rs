//! How the list of ratings is narrowed.

use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, Column, RatingSource, RatingStatus, SupportCode};
use entity::schools::school::{self, SchoolPhase};
use entity::schools::school_group_member;
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;

use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::ratings::store;

/// Narrows the list of ratings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RagRatingFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these colours.
    #[serde(default)]
    #[param(max_items = 3)]
    pub colour: Vec<RatingColour>,
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 3)]
    pub source: Vec<RatingSource>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<RatingStatus>,
    /// Any of these kinds of support.
    #[serde(default)]
    #[param(max_items = 2)]
    pub support_code: Vec<SupportCode>,
    /// Only ratings by this edition of a scheme.
    pub scheme_id: Option<Uuid>,
    /// Only ratings from this visit.
    pub visit_id: Option<Uuid>,
    /// True for the current rating of each school: the latest accepted one that has not expired today. False for all
    /// others.
    pub current: Option<bool>,
    /// The rating of each school that was, or will be, the current one on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub current_on: Option<Date>,
    /// True for ratings that the school sees.
    pub shared: Option<bool>,
    /// Dated on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on_date_from: Option<Date>,
    /// Dated on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub on_date_to: Option<Date>,
    /// Expires on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-09-01")]
    pub valid_until_from: Option<Date>,
    /// Expires on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-12-31")]
    pub valid_until_to: Option<Date>,
    /// Only schools in any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// Only schools that belong to this group today.
    pub school_group_id: Option<Uuid>,
    /// Only schools of any of these phases.
    #[serde(default)]
    #[param(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
}

impl Filter<rag_rating::Entity> for RagRatingFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let shared = self.shared.map(|shared| match shared {
            true => Column::SharedOn.is_not_null(),
            false => Column::SharedOn.is_null(),
        });
        let current = self.current.map(|current| {
            let is_current = store::is_current(caller, caller.today());
            if current { is_current } else { is_current.not() }
        });
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::Colour, &self.colour))
            .add_option(any_of(Column::Source, &self.source))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::SupportCode, &self.support_code))
            .add_option(is(Column::SchemeId, self.scheme_id))
            .add_option(is(Column::VisitId, self.visit_id))
            .add_option(current)
            .add_option(self.current_on.map(|day| store::is_current(caller, day)))
            .add_option(shared)
            .add(between(Column::OnDate, self.on_date_from, self.on_date_to))
            .add(between(Column::ValidUntil, self.valid_until_from, self.valid_until_to))
            .add_option(self.of_schools(caller))
            .add_option(self.of_group(caller))
    }
}

impl RagRatingFilter {
    fn of_schools(&self, caller: &Caller) -> Option<Condition> {
        if self.area_id.is_empty() && self.phase.is_empty() {
            return None;
        }
        let schools = caller.rows::<school::Entity>();
        let narrowed = Condition::all()
            .add_option(any_of(school::Column::AreaId, &self.area_id))
            .add_option(any_of(school::Column::Phase, &self.phase));
        let schools = schools.filter(narrowed).select_only().column(school::Column::Id);
        Some(Condition::all().add(Column::SchoolId.in_subquery(schools.into_query())))
    }

    fn of_group(&self, caller: &Caller) -> Option<Condition> {
        let members = caller.rows::<school_group_member::Entity>();
        let members = members.filter(school_group_member::Column::SchoolGroupId.eq(self.school_group_id?));
        let held = holds(school_group_member::Column::FromOn, school_group_member::Column::ToOn, caller.today());
        let members = members.filter(held).select_only().column(school_group_member::Column::SchoolId);
        Some(Condition::all().add(Column::SchoolId.in_subquery(members.into_query())))
    }
}

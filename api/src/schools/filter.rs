//! How the list of schools is narrowed.

use entity::ratings::parts::RatingColour;
use entity::schools::school::{self, SchoolKind, SchoolPhase, SchoolStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::Expr;

use super::store::rated;
use super::{search, store};
use crate::identity::hub::LaCode;
use crate::kernel::base::fold::fold_postcode;
use crate::kernel::prelude::*;

/// Narrows the list of schools.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolFilter {
    /// Words that are all found in the name, town, postcode, URN or DfE number, each whole or in
    /// part and in any order. Case, accents, apostrophes and full stops do not matter.
    #[param(min_length = 1, max_length = 100, example = "academy bosworth")]
    pub q: Option<String>,
    /// Any of these URNs.
    #[serde(default)]
    #[param(max_items = 200, minimum = 100_000, maximum = 999_999)]
    pub urn: Vec<i32>,
    /// How the postcode begins, such as a district (`LE11`) or a sector (`LE11 2`). Only a whole
    /// postcode may do without its space.
    #[param(min_length = 1, max_length = 8, example = "LE11")]
    pub postcode: Option<String>,
    /// Any of these local authorities, by code.
    #[serde(default)]
    #[param(value_type = Vec<LaCode>, max_items = 50)]
    pub la_code: Vec<String>,
    /// Any of these phases.
    #[serde(default)]
    #[param(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<SchoolKind>,
    /// Any of these statuses.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<SchoolStatus>,
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Any of these colours of the school's current rating. A caller sees ratings with `ratings:read`; without it, and
    /// without a rating that the caller sees, no school is found.
    #[serde(default)]
    #[param(max_items = 3)]
    pub rating: Vec<RatingColour>,
    /// True for schools with a current rating that the caller sees, false for the others.
    pub rated: Option<bool>,
    /// At least so many pupils.
    #[param(minimum = 0, maximum = 20_000, example = 100)]
    pub pupils_from: Option<i32>,
    /// At most so many pupils.
    #[param(minimum = 0, maximum = 20_000, example = 400)]
    pub pupils_to: Option<i32>,
    /// True if the hub counts it.
    pub in_scope: Option<bool>,
    /// True if it is a special school.
    pub special: Option<bool>,
    /// True if the last register import no longer listed the school.
    pub missing_from_source: Option<bool>,
}

impl Filter<school::Entity> for SchoolFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let members = self.school_group_id.map(|group| school::Column::Id.in_subquery(store::members(caller, group)));
        Condition::all()
            .add_option(search::matching(school::Column::Id, caller.hub_id, self.q.as_deref()))
            .add_option(any_of(school::Column::Urn, &self.urn))
            .add_option(begins(school::Column::PostcodeKey, self.postcode.as_deref().map(fold_postcode)))
            .add_option(any_of(school::Column::LaCode, &self.la_code))
            .add_option(any_of(school::Column::Phase, &self.phase))
            .add_option(any_of(school::Column::Kind, &self.kind))
            .add_option(any_of(school::Column::Status, &self.status))
            .add_option(any_of(school::Column::AreaId, &self.area_id))
            .add_option(members)
            .add_option(self.rated_so(caller))
            .add(between(school::Column::Pupils, self.pupils_from, self.pupils_to))
            .add_option(is(school::Column::InScope, self.in_scope))
            .add_option(is(school::Column::Special, self.special))
            .add_option(is(school::Column::MissingFromSource, self.missing_from_source))
    }
}

impl SchoolFilter {
    /// The schools by their current rating.
    fn rated_so(&self, caller: &Caller) -> Option<Condition> {
        if self.rating.is_empty() && self.rated.is_none() {
            return None;
        }
        let Some(under) = caller.under(Scope::ReadRatings) else {
            let rated = !self.rating.is_empty() || self.rated == Some(true);
            return Some(Condition::all().add_option(rated.then(|| Expr::cust("1 = 0"))));
        };
        let school = Expr::col(school::Column::Id.as_column_ref());
        let colour = || rated::colour_of(&under, under.today(), school.clone());
        let is_rated = self.rated.map(|rated| if rated { colour().is_not_null() } else { colour().is_null() });
        let among = self.rating.iter().map(|colour| colour.as_str());
        let of_colour = (!self.rating.is_empty()).then(|| colour().is_in(among));
        Some(Condition::all().add_option(is_rated).add_option(of_colour))
    }
}

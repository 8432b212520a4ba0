//! What is agreed with one school for the plan in force: a page for the wall of a music room.

mod page;

use actix_web::http::header::{CONTENT_LANGUAGE, VARY};
use entity::choice;
use entity::instant::Instant;
use entity::plans::plan::{self, PlanStatus};
use entity::plans::plan_year;
use entity::schools::school;
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::briefing::load::targets;
use super::briefing::{BriefedTarget, BriefingQuery};
use super::timeline::merged;
use super::timeline::{TimelineEntry, TimelineKind, TimelineOrder, TimelineQuery};
use crate::kernel::base::academic_year::{academic_year, days};
use crate::kernel::base::sheet::{HtmlPage, file_name};
use crate::kernel::database::db::Transaction;
use crate::kernel::document::accept::{Accepted, PageFormat};
use crate::kernel::prelude::*;

/// How many steps a road map has at most.
const STEPS: u64 = 500;

/// What is agreed with a school. A delivery belongs to its order.
const KINDS: [TimelineKind; 6] = [
    TimelineKind::Visit,
    TimelineKind::Evaluation,
    TimelineKind::AwardApplication,
    TimelineKind::Action,
    TimelineKind::Order,
    TimelineKind::Training,
];

/// States in which a step is called off, or only thought of.
const NOT_AGREED: [&str; 6] = ["cancelled", "declined", "dropped", "withdrawn", "waiting", "quote"];

/// States in which a step is taken.
const TAKEN: [&str; 15] = [
    "completed",
    "reported",
    "shared",
    "closed",
    "submitted",
    "in_moderation",
    "agreed",
    "assessed",
    "awarded",
    "done",
    "delivered",
    "handed_over",
    "attended",
    "absent",
    "sent",
];

choice! {
    /// How far a step of a road map has come.
    pub enum RoadMapState {
        /// It was taken.
        Taken = "taken",
        /// It is still to come.
        Agreed = "agreed",
        /// Its day is over, and it was not taken.
        Overdue = "overdue",
    }
}

/// A step that is agreed with a school.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoadMapStep {
    /// What it is.
    #[schema(example = "visit")]
    pub kind: TimelineKind,
    /// The item, which its own address tells in full.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// When: the beginning of the day where only a day is agreed.
    pub at: Instant,
    /// True if only the day is agreed.
    #[schema(example = true)]
    pub whole_day: bool,
    /// More about the kind, as the item has it.
    #[schema(max_length = 60, example = "follow_up")]
    pub what: Option<String>,
    /// What it is about.
    #[schema(max_length = 1000, example = "Hear the new choir")]
    pub title: Option<String>,
    /// How far it has come.
    #[schema(example = "agreed")]
    pub state: RoadMapState,
}

/// What is agreed with a school for the plan in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoadMap {
    /// The day for which it holds.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2015-03-31")]
    pub as_at: Date,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The name of the school.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: String,
    /// The plan in force; absent where there is none, or the caller does not see it.
    #[schema(max_length = 200, example = "Schools Music Education Plan 2014–2016")]
    pub plan: Option<String>,
    /// The first day: that of the plan, or of the academic year without one.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2014-04-01")]
    pub from: Date,
    /// The last day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2016-03-31")]
    pub to: Date,
    /// The steps in the order of their days, as far as the caller sees them elsewhere. What was called off is left out.
    #[schema(max_items = 500)]
    pub steps: Vec<RoadMapStep>,
    /// The plan's targets that concern the school.
    #[schema(max_items = 100)]
    pub targets: Option<Vec<BriefedTarget>>,
}

routes! { ReadSchools: get_school_road_map }

/// Gets what is agreed with a school for the plan in force, as data or as a page to print.
///
/// Visits, evaluations, awards, support that was ordered, training and actions in the order of their days, each as far
/// as the caller sees it elsewhere, and the plan's targets that concern the school.
#[utoipa::path(
    get,
    path = "/schools/{id}/road-map",
    params(BriefingQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The road map, in the form asked for, with an `ETag`.",
            content((RoadMap = "application/json"), (HtmlPage = "text/html")),
        ),
        (status = 304, description = "The road map named in `If-None-Match` is still the same."),
    ),
)]
async fn get_school_road_map(
    can: Can<ReadSchools>,
    id: Id,
    query: Query<BriefingQuery>,
    accepted: Accepted<PageFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let db = can.db().snapshot().await?;
    let school = can.rows::<school::Entity>().filter(school::Column::Id.eq(id.0)).one(&db).await?;
    let school = school.ok_or_else(Problem::not_found)?;
    let map = road_map(&can, &db, &school).await?;
    let reply = match format {
        PageFormat::Json => Reply::ok(&map)?,
        PageFormat::Html => {
            page::html(&map)?.reply(&file_name(&format!("{} road map", map.school_name), "school", "html"))
        }
    };
    Ok(reply.with(VARY, "Accept").with(CONTENT_LANGUAGE, "en-GB").version_and_hash(school.version))
}

async fn road_map(caller: &Caller, db: &Transaction, school: &school::Model) -> Result<RoadMap> {
    let as_at = caller.today();
    let plan = in_force(caller, db).await?;
    let (plan, from, to) = match plan {
        Some((title, from, to)) => (Some(title), from, to),
        None => {
            let (from, to) = days(&academic_year(as_at)).unwrap_or((as_at, as_at));
            (None, from, to)
        }
    };
    let query = TimelineQuery {
        kind: KINDS.to_vec(),
        from: Some(from),
        to: Some(to),
        planned: None,
        sort: Some(TimelineOrder::Rising),
        limit: Some(STEPS - 1),
        cursor: None,
    };
    let entries = merged::entries(caller, db, school.id, &query, None).await?;
    let steps = entries.into_iter().filter_map(|(_, entry)| step(entry)).collect();
    let targets = targets(caller, db, school.id).await?;
    Ok(RoadMap { as_at, school_id: school.id, school_name: school.name.clone(), plan, from, to, steps, targets })
}

/// The step of an entry, if it is agreed.
fn step(entry: TimelineEntry) -> Option<RoadMapStep> {
    let TimelineEntry { kind, id, at, whole_day, planned, what, title, status, .. } = entry;
    let is_among = |states: &[&str]| status.as_deref().is_some_and(|status| states.contains(&status));
    if is_among(&NOT_AGREED) {
        return None;
    }
    // What has no states has happened once its day is over.
    let state = match planned {
        _ if is_among(&TAKEN) => RoadMapState::Taken,
        // The day of an order is that of its quote, and not the one on which it is due.
        _ if kind == TimelineKind::Order => RoadMapState::Agreed,
        true => RoadMapState::Agreed,
        false if status.is_none() => RoadMapState::Taken,
        false => RoadMapState::Overdue,
    };
    Some(RoadMapStep { kind, id, at, whole_day, what, title, state })
}

/// The plan in force that ends last, with its first and its last day.
async fn in_force(caller: &Caller, db: &Transaction) -> Result<Option<(String, Date, Date)>> {
    let Some(under) = caller.under(Scope::ReadPlans) else { return Ok(None) };
    let plans = under.rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active)).all(db).await?;
    let years = under.rows::<plan_year::Entity>();
    let years = years.filter(plan_year::Column::PlanId.is_in(plans.iter().map(|plan| plan.id)));
    let years = years.order_by_asc(plan_year::Column::FirstDay).all(db).await?;
    let of = |plan: plan::Model| {
        let mut years = years.iter().filter(|year| year.plan_id == plan.id);
        let first = years.clone().next()?;
        let last = years.next_back()?;
        Some((plan.title, first.first_day, last.last_day))
    };
    Ok(plans.into_iter().filter_map(of).max_by_key(|(_, _, last)| *last))
}

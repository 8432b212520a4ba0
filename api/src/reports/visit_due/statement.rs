//! The list of schools that are due, as one statement.

use entity::ratings::rag_rating::{self, RatingStatus, SupportCode};
use entity::schools::school;
use entity::visits::visit::{self, VisitStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, Query as Select, SelectStatement};
use time::Date;

use super::{DueQuery, DueState};
use crate::kernel::base::clock::day_begins;
use crate::kernel::prelude::*;
use crate::reports::counted::{CountedVisits, column, flag};
use crate::reports::rules;

/// The place of the number of all rows in a row.
pub const FOUND: usize = 14;

/// The states as the statement sorts by them.
pub const OVERDUE: i32 = 0;
/// As [`OVERDUE`].
pub const DUE: i32 = 1;
const NOT_DUE: i32 = 2;

/// The days by which a school is due or overdue.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    overdue_before: Date,
    due_before: Date,
    over: bool,
}

impl Thresholds {
    /// The days for a period, as on a day, with so many months between two visits.
    pub fn of(period: &Period, as_at: Date, interval: i32) -> Self {
        Self {
            overdue_before: rules::months_before(as_at, interval),
            due_before: rules::months_before(period.to_on.next_day().unwrap_or(Date::MAX), interval),
            over: period.to_on < as_at,
        }
    }

    /// The state of a school by the day of its last visit.
    fn state(self, last: Expr) -> Expr {
        let never = if self.over { OVERDUE } else { DUE };
        Expr::case(last.clone().is_null(), never)
            .case(last.clone().lt(self.overdue_before), OVERDUE)
            .case(last.lt(self.due_before), DUE)
            .finally(NOT_DUE)
            .into()
    }
}

/// The schools in order: what `DueRow` reads, the state, and how many there are in all.
pub fn list(
    reading: &ReportReading<'_>,
    mut schools: SelectStatement,
    counted: &CountedVisits,
    thresholds: Thresholds,
    query: &DueQuery,
) -> SelectStatement {
    for name in [school::Column::Name, school::Column::NameKey, school::Column::Urn] {
        schools.column((school::Entity, name));
    }
    schools.columns([(school::Entity, school::Column::Easting), (school::Entity, school::Column::Northing)]);
    let of = |name| column("counted", name);
    let join = |rows: &mut SelectStatement, part: &'static str, joined: SelectStatement| {
        let same = column(part, "school_id").eq(of("id"));
        rows.join_subquery(JoinType::LeftJoin, joined, Alias::new(part), same);
    };
    let mut rows = Select::select();
    for name in ["id", "name", "urn", "phase", "area_id", "la_code", "easting", "northing", "lead_id", "name_key"] {
        rows.expr(of(name));
    }
    rows.expr(column("made", "last"))
        .expr(column("planned", "next"))
        .expr_as(thresholds.state(column("made", "last")), Alias::new("state"))
        .from_subquery(schools, Alias::new("counted"));
    join(&mut rows, "made", last_visits(reading, counted));
    join(&mut rows, "planned", planned_visits(reading));
    match reading.caller.under(Scope::ReadRatings) {
        Some(caller) => {
            rows.expr(column("rated", "colour"));
            rows.expr_as(
                flag(column("rated", "support_code").eq(SupportCode::Targeted.as_str())),
                Alias::new("targeted"),
            );
            join(&mut rows, "rated", ratings(&caller, reading.as_at));
        }
        None => {
            rows.expr_as(Expr::cust("CAST(NULL AS TEXT)"), Alias::new("colour"));
            rows.expr_as(Expr::val(0), Alias::new("targeted"));
        }
    }
    ordered(rows, query)
}

fn ordered(rows: SelectStatement, query: &DueQuery) -> SelectStatement {
    let of = |name| column("due", name);
    let mut list = Select::select();
    for name in ["id", "name", "urn", "phase", "area_id", "la_code", "easting", "northing", "lead_id", "last", "next"] {
        list.expr(of(name));
    }
    for name in ["colour", "targeted", "state"] {
        list.expr(of(name));
    }
    let states = query.states().iter().map(|state| match state {
        DueState::Overdue => OVERDUE,
        DueState::Due => DUE,
        DueState::NotDue => NOT_DUE,
    });
    let is_null = |name, null: bool| if null { of(name).is_null() } else { of(name).is_not_null() };
    let rating = Expr::case(of("colour").eq("red"), 0).case(of("colour").eq("amber"), 1);
    let rating = rating.case(of("colour").eq("green"), 3).finally(2);
    list.expr(Expr::cust("COUNT(*) OVER ()"))
        .from_subquery(rows, Alias::new("due"))
        .and_where(of("state").is_in(states))
        .cond_where(
            Condition::all()
                .add_option(query.unassigned.map(|unassigned| is_null("lead_id", unassigned)))
                .add_option(query.planned.map(|planned| is_null("next", !planned))),
        )
        .order_by_expr(of("state"), Order::Asc)
        .order_by_expr(rating.into(), Order::Asc)
        .order_by_expr(of("targeted"), Order::Desc)
        .order_by_expr(flag(of("last").is_not_null()), Order::Asc)
        .order_by_expr(of("last"), Order::Asc)
        .order_by_expr(of("name_key"), Order::Asc)
        .order_by_expr(of("id"), Order::Asc);
    list
}

/// The last visit of each school that counts.
fn last_visits(reading: &ReportReading<'_>, counted: &CountedVisits) -> SelectStatement {
    let mut visits = counted.visits(reading.caller, counted.since_on, reading.as_at);
    let school = || Expr::col((visit::Entity, visit::Column::SchoolId));
    visits
        .column((visit::Entity, visit::Column::SchoolId))
        .expr_as(Expr::col((visit::Entity, visit::Column::CompletedOn)).max(), Alias::new("last"))
        .add_group_by([school()]);
    visits
}

/// The next visit of each school that is planned on the day or later.
fn planned_visits(reading: &ReportReading<'_>) -> SelectStatement {
    let mut visits = reading.caller.statement::<visit::Entity>(false);
    let column = |column| Expr::col((visit::Entity, column));
    visits
        .column((visit::Entity, visit::Column::SchoolId))
        .expr_as(column(visit::Column::StartsAt).min(), Alias::new("next"))
        .and_where(visit::Column::Status.is_in([VisitStatus::Planned, VisitStatus::Confirmed]))
        .and_where(visit::Column::StartsAt.gte(day_begins(reading.as_at)))
        .add_group_by([column(visit::Column::SchoolId)]);
    visits
}

/// The rating of each school that is in force on a day: the latest one that was accepted and has not run out.
fn ratings(caller: &Caller, on: Date) -> SelectStatement {
    use rag_rating::Column;

    let mut all = caller.statement::<rag_rating::Entity>(false);
    all.columns([Column::SchoolId, Column::Colour, Column::SupportCode].map(|column| (rag_rating::Entity, column)))
        .expr_as(
            Expr::cust(
                "ROW_NUMBER() OVER (PARTITION BY \"rag_rating\".\"school_id\" \
                 ORDER BY \"rag_rating\".\"on_date\" DESC, \"rag_rating\".\"id\" DESC)",
            ),
            Alias::new("nth"),
        )
        .and_where(Column::Status.eq(RatingStatus::Accepted))
        .and_where(Column::OnDate.lte(on))
        .cond_where(Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gte(on)));
    let mut latest = Select::select();
    for name in ["school_id", "colour", "support_code"] {
        latest.expr(column("rating", name));
    }
    latest.from_subquery(all, Alias::new("rating")).and_where(column("rating", "nth").eq(1));
    latest
}

/// For each of the people the place of a school that they visited on the day of their last visit.
pub fn last_positions(reading: &ReportReading<'_>, people: Vec<Uuid>) -> SelectStatement {
    use visit::Column;

    let made = || {
        let mut visits = reading.caller.statement::<visit::Entity>(false);
        visits.and_where(Column::VisitorId.is_in(people.clone())).and_where(Column::CompletedOn.lte(reading.as_at));
        visits
    };
    let visitor = || Expr::col((visit::Entity, Column::VisitorId));
    let mut latest = made();
    latest
        .column((visit::Entity, Column::VisitorId))
        .expr_as(Expr::col((visit::Entity, Column::CompletedOn)).max(), Alias::new("last"))
        .add_group_by([visitor()]);
    let mut visits = made();
    let same = column("latest", "visitor_id").eq(visitor());
    let same = same.and(column("latest", "last").eq(Expr::col((visit::Entity, Column::CompletedOn))));
    visits.columns([Column::VisitorId, Column::SchoolId].map(|column| (visit::Entity, column))).join_subquery(
        JoinType::InnerJoin,
        latest,
        Alias::new("latest"),
        same,
    );
    let mut places = reading.caller.statement::<school::Entity>(false);
    places
        .expr(column("made", "visitor_id"))
        .columns([school::Column::Easting, school::Column::Northing].map(|column| (school::Entity, column)))
        .join_subquery(
            JoinType::InnerJoin,
            visits,
            Alias::new("made"),
            column("made", "school_id").equals((school::Entity, school::Column::Id)),
        )
        .and_where(school::Column::Easting.is_not_null())
        .and_where(school::Column::Northing.is_not_null())
        // Of several schools on one day the last one in this order counts.
        .order_by((school::Entity, school::Column::Id), Order::Asc);
    places
}

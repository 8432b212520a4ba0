//! How schools moved from colour to colour between two days: as a matrix, and school by school.

use entity::ratings::parts::RatingColour;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::ratings::store;
use crate::schools::store::reported::{self, ReportedSchools};

/// How many lines the list of schools has at most.
const MOST: u64 = 1000;

/// The matrix.
pub struct Movement;

/// The schools.
pub struct Moves;

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SinceQuery {
    /// The earlier day; a year before `as_at` if absent.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub since: Option<Date>,
}

impl SinceQuery {
    fn day(&self, as_at: Date) -> Result<Date> {
        let since = self.since.unwrap_or_else(|| months_later(as_at, -12));
        if since <= as_at {
            return Ok(since);
        }
        let message = "not after `as_at`";
        let problem = Problem::new(Code::BadParameter, format!("?since: {message}"));
        Err(problem.with(Fault::new("?since", "order", message)))
    }
}

/// The schools that had one colour on the earlier day and have another, or the same, on the later one.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingMovement {
    /// The colour on the earlier day; null where the school had no current rating.
    pub from_colour: Option<RatingColour>,
    /// The colour on the later day; null where it has none.
    pub to_colour: Option<RatingColour>,
    /// How many schools.
    #[schema(minimum = 1, example = 12)]
    pub schools: i64,
    /// The share of the schools in scope.
    pub share: Share,
}

/// A school that moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingMove {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// Its name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
    /// Its Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// The colour on the earlier day; null where the school had no current rating.
    pub from_colour: Option<RatingColour>,
    /// The colour on the later day; null where it has none.
    pub to_colour: Option<RatingColour>,
}

fn of(table: &'static str, name: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

/// The schools of the report with their colours on both days, as `before` and `after`.
async fn both(reading: &ReportReading<'_>, schools: &ReportedSchools, since: Date) -> Result<SelectStatement> {
    let mut rated = reported::schools(reading, schools, None).await?;
    for (day, name) in [(since, "before"), (reading.as_at, "after")] {
        rated.expr_as(store::colour_of(reading.caller, day, of("school", "id")), Alias::new(name));
    }
    Ok(rated)
}

/// The place of a colour in the matrix: from the greatest need to the least, then none.
fn place(colour: Option<RatingColour>) -> usize {
    let at = colour.and_then(|colour| RatingColour::ALL.iter().position(|it| *it == colour));
    at.unwrap_or(RatingColour::ALL.len())
}

impl ReportSource for Movement {
    const NAME: &'static str = "rating-movement";
    type Query = And<SinceQuery, ReportedSchools>;
    type Line = RatingMovement;

    async fn read(reading: &ReportReading<'_>, And(since, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let since = since.day(reading.as_at)?;
        let rated = both(reading, schools, since).await?;
        let mut counted = Query::select();
        counted
            .expr(of("rated", "before"))
            .expr(of("rated", "after"))
            .expr(of("rated", "id").count())
            .from_subquery(rated, Alias::new("rated"))
            .add_group_by([of("rated", "before"), of("rated", "after")]);
        let mut counts = Vec::new();
        for row in reading.all(&counted).await? {
            counts.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index::<i64>(2)?));
        }
        let all = counts.iter().map(|(_, _, count)| count).sum();
        let line = |(from_colour, to_colour, count)| RatingMovement {
            from_colour,
            to_colour,
            schools: count,
            share: Share::of(count, all, reported::IN_SCOPE),
        };
        let mut lines: Vec<_> = counts.into_iter().map(line).collect();
        lines.sort_by_key(|line| (place(line.from_colour), place(line.to_colour)));
        let found = lines.len() as u64;
        let period = Some(Period { from_on: since, to_on: reading.as_at, label: None, plan_id: None });
        Ok(Figures { period, scope: reported::SCOPE, lines, total: None, found })
    }
}

impl ReportSource for Moves {
    const NAME: &'static str = "rating-moves";
    type Query = And<SinceQuery, ReportedSchools>;
    type Line = RatingMove;

    async fn read(reading: &ReportReading<'_>, And(since, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let since = since.day(reading.as_at)?;
        let mut rated = both(reading, schools, since).await?;
        for name in ["name", "name_key", "urn"] {
            rated.expr(of("school", name));
        }
        let colour = |name| of("rated", name).if_null("none");
        let mut moved = Query::select();
        moved
            .expr(of("rated", "id"))
            .expr(of("rated", "name"))
            .expr(of("rated", "urn"))
            .expr(of("rated", "before"))
            .expr(of("rated", "after"))
            .from_subquery(rated, Alias::new("rated"))
            .and_where(colour("before").ne(colour("after")))
            .order_by_expr(of("rated", "name_key"), Order::Asc)
            .order_by_expr(of("rated", "id"), Order::Asc);
        let rows = reading.all(&moved).await?;
        let found = rows.len() as u64;
        let mut lines = Vec::new();
        for row in rows.iter().take(usize::try_from(MOST).unwrap_or(usize::MAX)) {
            lines.push(RatingMove {
                school_id: row.try_get_by_index(0)?,
                name: row.try_get_by_index(1)?,
                urn: row.try_get_by_index(2)?,
                from_colour: row.try_get_by_index(3)?,
                to_colour: row.try_get_by_index(4)?,
            });
        }
        let period = Some(Period { from_on: since, to_on: reading.as_at, label: None, plan_id: None });
        Ok(Figures { period, scope: reported::SCOPE, lines, total: None, found })
    }
}

routes! { ReadRatings: report_rating_movement, report_rating_moves }

/// Reports how many schools moved from each colour to each between two days, or stayed.
///
/// What counts on a day is the current rating of a school. The schools are the ones in scope on `as_at`. A
/// specialist leader sees the schools that the leader is assigned to, and a school its own ratings that are shared with
/// it.
#[utoipa::path(
    get,
    path = "/reports/rating-movement",
    params(Asked<Movement>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<RatingMovement> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_rating_movement(can: Can<ReadRatings>, asked: Asked<Movement>) -> Result<Reply> {
    report::run(&can, asked).await
}

/// Reports which schools moved from one colour to another between two days, by name.
///
/// At most 1,000 of them; `found` tells how many there are. A specialist leader sees the schools that the leader is
/// assigned to, and a school its own ratings that are shared with it.
#[utoipa::path(
    get,
    path = "/reports/rating-moves",
    params(Asked<Moves>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<RatingMove> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_rating_moves(can: Can<ReadRatings>, asked: Asked<Moves>) -> Result<Reply> {
    report::run(&can, asked).await
}

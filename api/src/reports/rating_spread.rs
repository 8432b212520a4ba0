//! How many schools have each colour.

use std::collections::BTreeMap;

use entity::ratings::parts::RatingColour;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::ratings::store;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};

/// The report.
pub struct Spread;

/// By what the schools are grouped.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpreadQuery {
    /// By what the lines are grouped; by area if absent.
    #[param(inline)]
    pub by: Option<SchoolGrouping>,
}

/// The colours of the schools of one group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RatingSpread {
    /// What the schools have in common.
    pub group: ReportGroup,
    /// Schools in scope.
    #[schema(minimum = 0, example = 60)]
    pub schools: i64,
    /// Schools whose current rating is red.
    pub red: Share,
    /// Schools whose current rating is amber.
    pub amber: Share,
    /// Schools whose current rating is green.
    pub green: Share,
    /// Schools without a current rating.
    pub without_rating: Share,
}

/// How many schools have each colour, and how many have any.
#[derive(Clone, Copy, Default)]
struct Colours {
    schools: i64,
    red: i64,
    amber: i64,
    green: i64,
}

impl Colours {
    fn line(self, group: ReportGroup) -> RatingSpread {
        let share = |count| Share::of(count, self.schools, reported::IN_SCOPE);
        RatingSpread {
            group,
            schools: self.schools,
            red: share(self.red),
            amber: share(self.amber),
            green: share(self.green),
            without_rating: share(self.schools - self.red - self.amber - self.green),
        }
    }

    const fn add(&mut self, colour: Option<RatingColour>, count: i64) {
        self.schools += count;
        match colour {
            Some(RatingColour::Red) => self.red += count,
            Some(RatingColour::Amber) => self.amber += count,
            Some(RatingColour::Green) => self.green += count,
            None => {}
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            schools: self.schools + other.schools,
            red: self.red + other.red,
            amber: self.amber + other.amber,
            green: self.green + other.green,
        }
    }
}

impl ReportSource for Spread {
    const NAME: &'static str = "rating-spread";
    type Query = And<SpreadQuery, ReportedSchools>;
    type Line = RatingSpread;

    async fn read(reading: &ReportReading<'_>, And(query, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let by = query.by.unwrap_or(SchoolGrouping::Area);
        let mut rated = reported::schools(reading, schools, Some(by)).await?;
        let school = Expr::col((Alias::new("school"), Alias::new("id")));
        rated.expr_as(store::colour_of(reading.caller, reading.as_at, school), Alias::new("colour"));
        let column = |name: &'static str| Expr::col((Alias::new("rated"), Alias::new(name)));
        // By colour too, so that the colour of each school is looked up once.
        let keys = [column(by.column()), column("colour")];
        let mut counted = Query::select();
        counted
            .exprs(keys.clone())
            .expr(column("id").count())
            .from_subquery(rated, Alias::new("rated"))
            .add_group_by(keys);
        let mut counts: BTreeMap<Option<String>, Colours> = BTreeMap::new();
        for row in reading.all(&counted).await? {
            counts.entry(by.value(&row, 0)?).or_default().add(row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        }
        let (values, counts): (Vec<_>, Vec<_>) = counts.into_iter().unzip();
        let total = counts.iter().fold(Colours::default(), |all, one| all.and(*one)).line(ReportGroup::all());
        let groups = by.groups(reading, values).await?;
        let mut lines: Vec<_> = groups.into_iter().zip(counts).map(|(group, counts)| counts.line(group)).collect();
        // By name; schools without the group come last.
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: reported::SCOPE, lines, total: Some(total), found })
    }
}

routes! { ReadRatings: report_rating_spread }

/// Reports how many schools have each colour on a day, by area, phase, local authority or specialist leader.
///
/// What counts is the current rating of a school: the latest accepted one that had not expired on the day.
/// A specialist leader sees the schools that the leader is assigned to, and a school its own ratings that are shared
/// with it.
#[utoipa::path(
    get,
    path = "/reports/rating-spread",
    params(Asked<Spread>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<RatingSpread> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_rating_spread(can: Can<ReadRatings>, asked: Asked<Spread>) -> Result<Reply> {
    report::run(&can, asked).await
}

//! How many sessions were held, how many people they trained, and how many are qualified on a day.

use std::collections::BTreeMap;

use entity::schools::school;
use entity::training::attendance::{self, AttendanceStatus};
use entity::training::training_event::{self, TrainingKind, TrainingStatus};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query as Select, SelectStatement};
use sea_orm::{ExprTrait, QueryResult};
use serde::Serialize;
use time::{Date, Duration};
use utoipa::ToSchema;

use super::counted::column;
use crate::kernel::base::clock::day_begins;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportGroup};

/// What the report counts.
const SCOPE: &str = "training events that were held, and people who came";

/// How many days before its end a qualification counts as ending, unless it is asked otherwise.
const ENDING: i64 = 90;

entity::choice! {
    /// By what training is grouped.
    #[example = "kind"]
    pub enum TrainingGrouping {
        /// The kind of event.
        Kind = "kind",
        /// What the event qualifies for.
        Qualification = "qualification",
        /// The school that booked.
        School = "school",
        /// The area of the school that booked.
        Area = "area",
    }
}

/// Which training counts.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrainingCounted {
    /// Any of these kinds of event; all kinds if absent.
    #[serde(default)]
    #[param(max_items = 4)]
    pub kind: Vec<TrainingKind>,
    /// What the events qualify for, regardless of case and accents; all if absent.
    #[param(min_length = 1, max_length = 200, example = "Singing leader, level 1")]
    pub qualification: Option<String>,
    /// Any of these schools that booked; all, and the hub's own people, if absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas of the schools that booked.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A qualification counts as ending so many days before its last day; 90 if absent.
    #[param(minimum = 0, maximum = 3660, example = 90)]
    pub ending_within_days: Option<i64>,
}

impl TrainingCounted {
    /// The last day up to which a qualification counts as ending.
    #[must_use]
    pub fn ending(&self, as_at: Date) -> Date {
        as_at.checked_add(Duration::days(self.ending_within_days.unwrap_or(ENDING))).unwrap_or(Date::MAX)
    }

    /// The events that count.
    fn of_events(&self) -> Condition {
        use training_event::Column;

        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(is(Column::QualificationKey, self.qualification.as_deref().map(search_key)))
    }

    /// Returns true if only some schools are asked for.
    const fn of_some_schools(&self) -> bool {
        !self.school_id.is_empty() || !self.area_id.is_empty()
    }
}

/// The attendances of people who came by the day, each with its event and school, as `event` and `of`.
#[must_use]
pub fn came(reading: &ReportReading<'_>, counted: &TrainingCounted) -> SelectStatement {
    use attendance::Column;

    let caller = reading.caller;
    let mut rows = caller.statement::<attendance::Entity>(false);
    let mut events = caller.statement::<training_event::Entity>(false);
    for column in [
        training_event::Column::Id,
        training_event::Column::Kind,
        training_event::Column::Title,
        training_event::Column::Qualification,
        training_event::Column::QualificationKey,
    ] {
        events.column((training_event::Entity, column));
    }
    events.cond_where(counted.of_events());
    // Which school booked is a fact of the attendance, also for callers who do not see the register.
    let whole = Caller::system(caller.state().clone(), caller.hub_id);
    let mut schools = whole.statement::<school::Entity>(true);
    for column in [school::Column::Id, school::Column::AreaId] {
        schools.column((school::Entity, column));
    }
    let same_event = column("event", "id").equals((attendance::Entity, Column::EventId));
    let same_school = column("of", "id").equals((attendance::Entity, Column::SchoolId));
    rows.join_subquery(JoinType::InnerJoin, events, Alias::new("event"), same_event)
        .join_subquery(JoinType::LeftJoin, schools, Alias::new("of"), same_school)
        .and_where(Column::Status.eq(AttendanceStatus::Attended))
        .and_where(Column::AttendedOn.lte(reading.as_at));
    let areas = &counted.area_id;
    rows.cond_where(
        Condition::all()
            .add_option(any_of(Column::SchoolId, &counted.school_id))
            .add_option((!areas.is_empty()).then(|| column("of", "area_id").is_in(areas.iter().copied()))),
    );
    rows
}

/// The attendance qualifies the person on a day.
#[must_use]
pub fn qualifies(on: Date) -> Expr {
    use attendance::Column;

    let holds = Column::ValidUntil.is_null().or(Column::ValidUntil.gte(on));
    column("event", "qualification_key").is_not_null().and(holds)
}

/// The report.
pub struct Training;

/// The training of one group.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrainingLine {
    /// What it has in common; a null value stands for events that do not qualify, or for the hub's own people.
    pub group: ReportGroup,
    /// Events that were held in the period, up to the day; for a school or an area, the ones to which its people came.
    #[schema(minimum = 0, example = 2)]
    pub sessions_held: i64,
    /// People who came to an event in the period, each once.
    #[schema(minimum = 0, example = 31)]
    pub people_trained: i64,
    /// People who are qualified on the day by an event of any time, each once.
    #[schema(minimum = 0, example = 24)]
    pub people_qualified: i64,
    /// People with a qualification that holds on the day and ends soon: within `ending_within_days`. Who has renewed it
    /// since counts all the same.
    #[schema(minimum = 0, example = 3)]
    pub people_ending: i64,
    /// The mean of the feedback on events in the period, from 1 to 5, in hundredths; null where there is none.
    #[schema(minimum = 1, maximum = 5, example = 4.25)]
    pub feedback: Option<f64>,
}

/// The figures of a group.
#[derive(Clone, Copy, Default)]
struct Counts {
    sessions: i64,
    trained: i64,
    qualified: i64,
    ending: i64,
    feedback: Option<f64>,
}

impl Counts {
    /// Reads the figures at the beginning of a row of [`people`].
    fn of(row: &QueryResult) -> Result<Self> {
        let (score, scores): (Option<i64>, i64) = (row.try_get_by_index(4)?, row.try_get_by_index(5)?);
        #[expect(clippy::cast_precision_loss, reason = "scores are from 1 to 5, and people are few")]
        let feedback = score.map(|score| ((score * 100) as f64 / scores as f64).round() / 100.0);
        Ok(Self {
            sessions: row.try_get_by_index(0)?,
            trained: row.try_get_by_index(1)?,
            qualified: row.try_get_by_index(2)?,
            ending: row.try_get_by_index(3)?,
            feedback,
        })
    }

    const fn line(self, group: ReportGroup) -> TrainingLine {
        TrainingLine {
            group,
            sessions_held: self.sessions,
            people_trained: self.trained,
            people_qualified: self.qualified,
            people_ending: self.ending,
            feedback: self.feedback,
        }
    }
}

/// By what the lines are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrainingQuery {
    /// By what the lines are grouped; by the kind of event if absent.
    #[param(inline)]
    pub by: Option<TrainingGrouping>,
}

/// The place of the group after the figures.
const KEY: usize = 6;

impl ReportSource for Training {
    const NAME: &'static str = "training";
    type Query = And<TrainingQuery, And<TrainingCounted, PeriodQuery>>;
    type Line = TrainingLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(query, And(counted, period)): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let by = query.by.unwrap_or(TrainingGrouping::Kind);
        let period = period.period(reading).await?;
        let mut groups: BTreeMap<Option<String>, Counts> = BTreeMap::new();
        for row in reading.all(&by_group(people(reading, counted, &period), by)).await? {
            groups.insert(value(by, &row, KEY)?, Counts::of(&row)?);
        }
        let all = reading.one(&people(reading, counted, &period)).await?;
        let mut total = all.as_ref().map(Counts::of).transpose()?.unwrap_or_default();
        // Sessions are counted by themselves, since one to which nobody came was held too.
        let of_events = matches!(by, TrainingGrouping::Kind | TrainingGrouping::Qualification);
        if of_events && !counted.of_some_schools() {
            total.sessions = 0;
            for group in groups.values_mut() {
                group.sessions = 0;
            }
            for row in reading.all(&sessions(reading, counted, &period, by)).await? {
                let held = row.try_get_by_index(0)?;
                groups.entry(row.try_get_by_index(1)?).or_default().sessions = held;
                total.sessions += held;
            }
        }
        let (values, counts): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        let named = named(reading, by, values).await?;
        let mut lines: Vec<_> = named.into_iter().zip(counts).map(|(group, counts)| counts.line(group)).collect();
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let found = lines.len() as u64;
        let total = Some(total.line(ReportGroup::all()));
        Ok(Figures { period: Some(period), scope: SCOPE, lines, total, found })
    }
}

/// The figures of the people who came.
fn people(reading: &ReportReading<'_>, counted: &TrainingCounted, period: &Period) -> SelectStatement {
    use attendance::Column;

    let as_at = reading.as_at;
    let of = |column| Expr::col((attendance::Entity, column));
    let when = |condition: Expr, value: Expr| Expr::case(condition, value);
    let in_period = || Column::AttendedOn.between(period.from_on, period.to_on);
    let ending = qualifies(as_at).and(Column::ValidUntil.lte(counted.ending(as_at)));
    let mut rows = came(reading, counted);
    rows.expr(Expr::expr(when(in_period(), of(Column::EventId))).count_distinct())
        .expr(Expr::expr(when(in_period(), of(Column::PersonId))).count_distinct())
        .expr(Expr::expr(when(qualifies(as_at), of(Column::PersonId))).count_distinct())
        .expr(Expr::expr(when(ending, of(Column::PersonId))).count_distinct())
        .expr(Expr::expr(when(in_period(), of(Column::FeedbackScore))).sum())
        .expr(Expr::expr(when(in_period(), of(Column::FeedbackScore))).count());
    rows
}

/// The same for each group, which stands at [`KEY`].
fn by_group(mut rows: SelectStatement, by: TrainingGrouping) -> SelectStatement {
    let key = match by {
        TrainingGrouping::Kind => column("event", "kind"),
        TrainingGrouping::Qualification => column("event", "qualification"),
        TrainingGrouping::School => Expr::col((attendance::Entity, attendance::Column::SchoolId)),
        TrainingGrouping::Area => column("of", "area_id"),
    };
    rows.expr(key.clone()).add_group_by([key]);
    rows
}

/// How many events of each group were held in the period, up to the day.
fn sessions(
    reading: &ReportReading<'_>,
    counted: &TrainingCounted,
    period: &Period,
    by: TrainingGrouping,
) -> SelectStatement {
    use training_event::Column;

    let last = Ord::min(period.to_on, reading.as_at);
    let after = day_begins(last.next_day().unwrap_or(last));
    let key = match by {
        TrainingGrouping::Qualification => Column::Qualification,
        _ => Column::Kind,
    };
    let key = Expr::col((training_event::Entity, key));
    let mut rows = reading.caller.statement::<training_event::Entity>(false);
    rows.expr(Expr::col((training_event::Entity, Column::Id)).count())
        .expr(key.clone())
        .cond_where(counted.of_events())
        .and_where(Column::Status.eq(TrainingStatus::Held))
        .and_where(Column::StartsAt.gte(day_begins(period.from_on)))
        .and_where(Column::StartsAt.lt(after))
        .add_group_by([key]);
    rows
}

fn value(by: TrainingGrouping, row: &QueryResult, at: usize) -> Result<Option<String>> {
    Ok(match by {
        TrainingGrouping::Kind | TrainingGrouping::Qualification => row.try_get_by_index(at)?,
        TrainingGrouping::School | TrainingGrouping::Area => {
            row.try_get_by_index::<Option<Uuid>>(at)?.map(|id| id.to_string())
        }
    })
}

async fn named(
    reading: &ReportReading<'_>,
    by: TrainingGrouping,
    values: Vec<Option<String>>,
) -> Result<Vec<ReportGroup>> {
    let ids: Vec<Uuid> = values.iter().flatten().filter_map(|value| value.parse().ok()).collect();
    let names = match by {
        TrainingGrouping::Area => reported::areas(reading, ids).await?,
        TrainingGrouping::School => schools(reading, ids).await?,
        TrainingGrouping::Kind | TrainingGrouping::Qualification => {
            values.iter().flatten().map(|value| (value.clone(), value.clone())).collect()
        }
    };
    let group = |value: Option<String>| {
        let label = value.as_ref().and_then(|value| names.get(value).cloned());
        ReportGroup { value, label }
    };
    Ok(values.into_iter().map(group).collect())
}

/// The names of schools by their ids, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn schools(reading: &ReportReading<'_>, ids: Vec<Uuid>) -> Result<BTreeMap<String, String>> {
    let Some(caller) = reading.caller.under(Scope::ReadSchools) else { return Ok(BTreeMap::new()) };
    let mut names = caller.statement::<school::Entity>(false);
    names.columns([school::Column::Id, school::Column::Name].map(|column| (school::Entity, column)));
    names.and_where(school::Column::Id.is_in(ids));
    let rows = reading.all(&names).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index::<Uuid>(0)?.to_string(), row.try_get_by_index(1)?))).collect()
}

routes! { ReadReports: report_training }

/// Reports how many sessions were held, how many people they trained, and how many are qualified on the day.
///
/// `GET /reports/qualified-people` lists who is qualified for what until when. A specialist leader counts the people
/// whom the schools booked that are assigned to the person.
#[utoipa::path(
    get,
    path = "/reports/training",
    params(Asked<Training>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<TrainingLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_training(can: Can<ReadReports>, asked: Asked<Training>) -> Result<Reply> {
    report::run(&can, asked).await
}

/// How many rows a statement without a limit has.
#[must_use]
pub fn how_many(rows: SelectStatement) -> SelectStatement {
    let mut count = Select::select();
    count.expr(column("found", "id").count()).from_subquery(rows, Alias::new("found"));
    count
}

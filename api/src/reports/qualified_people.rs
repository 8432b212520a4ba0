//! Who is qualified for what, until when.

use entity::training::attendance;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Expr, NullOrdering, Order};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::counted::column;
use super::training::{TrainingCounted, came, how_many, qualifies, schools};
use crate::kernel::prelude::*;
use crate::schools::store::reported;

/// What the report lists.
const SCOPE: &str = "people who came to an event that qualifies them on the day";

/// How many lines there are, unless it is asked otherwise.
const LINES: u64 = 1000;

/// Narrows the list of qualified people.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QualifiedQuery {
    /// Only qualifications that end soon: within `ending_within_days`.
    pub ending: Option<bool>,
    /// How many lines there are at most; 1,000 if absent. `found` says how many there would be.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

/// The report.
pub struct QualifiedPeople;

/// A person with a qualification that holds on the day.
#[derive(Debug, Serialize, ToSchema)]
pub struct QualifiedPerson {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// The name; null where the caller does not see it.
    #[schema(max_length = 200, example = "Priya Nair")]
    pub name: Option<String>,
    /// The school that booked; null for the hub's own people.
    #[schema(example = json!(null))]
    pub school_id: Option<Uuid>,
    /// The school's name; null where the caller does not see it.
    #[schema(max_length = 300, example = "Woodgate Vale Primary School")]
    pub school_name: Option<String>,
    /// The area in which the school lies.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
    /// The area's name; null where the caller does not see it.
    #[schema(max_length = 200, example = "North")]
    pub area_name: Option<String>,
    /// What the person is qualified for.
    #[schema(max_length = 200, example = "Singing leader, level 1")]
    pub qualification: String,
    /// The event that qualifies the person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub event_id: Uuid,
    /// Its title.
    #[schema(max_length = 200, example = "Whole-class singing in key stage 2")]
    pub event_title: String,
    /// The day of the event.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-10-15")]
    pub attended_on: Date,
    /// The last day; null where it holds for good.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2016-10-14")]
    pub valid_until: Option<Date>,
    /// True if it ends within `ending_within_days`.
    #[schema(example = false)]
    pub ends_soon: bool,
}

impl ReportSource for QualifiedPeople {
    const NAME: &'static str = "qualified-people";
    type Query = And<QualifiedQuery, TrainingCounted>;
    type Line = QualifiedPerson;

    async fn read(reading: &ReportReading<'_>, And(query, counted): &Self::Query) -> Result<Figures<Self::Line>> {
        use attendance::Column;

        let ending = counted.ending(reading.as_at);
        let of = |column| Expr::col((attendance::Entity, column));
        let mut rows = came(reading, counted);
        rows.and_where(qualifies(reading.as_at));
        match query.ending {
            Some(true) => drop(rows.and_where(Column::ValidUntil.lte(ending))),
            Some(false) => {
                rows.and_where(Column::ValidUntil.is_null().or(Column::ValidUntil.gt(ending)));
            }
            None => {}
        }
        rows.expr(of(Column::Id));
        let found = reading.one(&how_many(rows.clone())).await?;
        let found: i64 = found.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        rows.exprs(
            [Column::PersonId, Column::SchoolId, Column::EventId, Column::AttendedOn, Column::ValidUntil].map(of),
        )
        .exprs([column("of", "area_id"), column("event", "qualification")])
        .expr(column("event", "title"))
        .order_by_with_nulls((attendance::Entity, Column::ValidUntil), Order::Asc, NullOrdering::Last)
        .order_by((attendance::Entity, Column::AttendedOn), Order::Asc)
        .order_by((attendance::Entity, Column::Id), Order::Asc)
        .limit(query.limit.unwrap_or(LINES));
        let mut lines = Vec::new();
        for row in &reading.all(&rows).await? {
            let valid_until: Option<Date> = row.try_get_by_index(5)?;
            lines.push(QualifiedPerson {
                person_id: row.try_get_by_index(1)?,
                name: None,
                school_id: row.try_get_by_index(2)?,
                event_id: row.try_get_by_index(3)?,
                attended_on: row.try_get_by_index(4)?,
                valid_until,
                school_name: None,
                area_id: row.try_get_by_index(6)?,
                area_name: None,
                qualification: row.try_get_by_index(7)?,
                event_title: row.try_get_by_index(8)?,
                ends_soon: valid_until.is_some_and(|day| day <= ending),
            });
        }
        let people = reported::people(reading, lines.iter().map(|line| line.person_id).collect()).await?;
        let areas = reported::areas(reading, lines.iter().filter_map(|line| line.area_id).collect()).await?;
        let schools = schools(reading, lines.iter().filter_map(|line| line.school_id).collect()).await?;
        for line in &mut lines {
            line.school_name = line.school_id.and_then(|id| schools.get(&id.to_string()).cloned());
            line.name = people.get(&line.person_id.to_string()).cloned();
            line.area_name = line.area_id.and_then(|id| areas.get(&id.to_string()).cloned());
        }
        Ok(Figures { period: None, scope: SCOPE, lines, total: None, found: found.unsigned_abs() })
    }
}

routes! { ReadReports: report_qualified_people }

/// Reports who is qualified for what until when, the first that ends first.
///
/// A person stands in it once for each event that qualifies the person on the day.
#[utoipa::path(
    get,
    path = "/reports/qualified-people",
    params(Asked<QualifiedPeople>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<QualifiedPerson> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_qualified_people(can: Can<ReadReports>, asked: Asked<QualifiedPeople>) -> Result<Reply> {
    report::run(&can, asked).await
}

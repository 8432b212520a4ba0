//! The chasing list: schools whose return is not with the hub, with whom to ask and how late they are.

use std::collections::HashMap;

use entity::outcomes::collection;
use entity::outcomes::measure_value::{self, Column};
use entity::outcomes::school_return::{self, ReturnStatus};
use entity::schools::{contact, school};
use sea_orm::ExprTrait;
use sea_orm::QueryFilter;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, SelectStatement};
use serde::Serialize;
use utoipa::ToSchema;

use super::OfCollection;
use crate::kernel::base::period::holds;
use crate::kernel::base::wall_day;
use crate::kernel::prelude::*;
use crate::outcomes::store;
use crate::reports::counted::column;
use crate::schools::store::reported;

/// The report.
pub struct Outstanding;

/// What the lines are.
const SCOPE: &str = "schools whose return is not with the hub";

/// How many lines there are unless it is asked otherwise.
const LIMIT: u64 = 200;

/// How many lines there are.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OutstandingQuery {
    /// Only schools of any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// How many lines the list has at most; 200 if absent.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

/// A school whose return is not with the hub.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutstandingReturn {
    /// The return.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub return_id: Uuid,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The school's name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: String,
    /// Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// The area that it lies in.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
    /// The area's name.
    #[schema(max_length = 200, example = "North")]
    pub area_name: Option<String>,
    /// How far the return has come.
    #[schema(example = "draft")]
    pub status: ReturnStatus,
    /// How many days it is overdue on the day; 0 until the day after it is due.
    #[schema(minimum = 0, example = 12)]
    pub days_overdue: i64,
    /// How many lines of the form the school has answered.
    #[schema(minimum = 0, maximum = 200, example = 3)]
    pub answered: i64,
    /// How many lines the form has.
    #[schema(minimum = 1, maximum = 200, example = 8)]
    pub lines: i64,
    /// The job of the contact to turn to first; null where there is none, or the caller does not see it.
    #[schema(max_length = 100, example = "Music co-ordinator")]
    pub contact_job_role: Option<String>,
    /// The person who has it.
    #[schema(example = json!(null))]
    pub contact_person_id: Option<Uuid>,
    /// The person's name.
    #[schema(max_length = 200, example = json!(null))]
    pub contact_name: Option<String>,
}

impl ReportSource for Outstanding {
    const NAME: &'static str = "returns-outstanding";
    type Query = And<OutstandingQuery, OfCollection>;
    type Line = OutstandingReturn;

    async fn read(reading: &ReportReading<'_>, And(query, of): &Self::Query) -> Result<Figures<Self::Line>> {
        let Some(collection) = of.load(reading).await? else { return Ok(super::nothing(SCOPE)) };
        let rows = reading.all(&list(reading, &collection, query)).await?;
        let found = rows.first().map(|row| row.try_get_by_index::<i64>(7)).transpose()?.unwrap_or_default();
        let mut lines = Vec::with_capacity(rows.len());
        let days_overdue = Ord::max((reading.as_at - collection.due_on).whole_days(), 0);
        for row in &rows {
            lines.push(OutstandingReturn {
                return_id: row.try_get_by_index(0)?,
                school_id: row.try_get_by_index(1)?,
                school_name: row.try_get_by_index(2)?,
                urn: row.try_get_by_index(3)?,
                area_id: row.try_get_by_index(4)?,
                area_name: None,
                status: row.try_get_by_index(5)?,
                days_overdue,
                answered: row.try_get_by_index::<Option<i64>>(6)?.unwrap_or_default(),
                lines: i64::try_from(collection.lines.len()).unwrap_or(i64::MAX),
                contact_job_role: None,
                contact_person_id: None,
                contact_name: None,
            });
        }
        name_areas(reading, &mut lines).await?;
        name_contacts(reading, &mut lines).await?;
        let found = u64::try_from(found).unwrap_or_default();
        Ok(Figures { period: None, scope: SCOPE, lines, total: None, found })
    }
}

/// The returns that are not with the hub, or were sent after the day, in the order of the schools' names.
fn list(reading: &ReportReading<'_>, collection: &collection::Model, query: &OutstandingQuery) -> SelectStatement {
    use school_return::Column as OfReturn;

    let ReportReading { caller, as_at, .. } = reading;
    let of = |column: OfReturn| Expr::col((school_return::Entity, column));
    let of_school = |column: school::Column| Expr::col((school::Entity, column));
    let mut answered = caller.statement::<measure_value::Entity>(false);
    answered
        .column((measure_value::Entity, Column::SchoolId))
        .expr_as(Expr::col((measure_value::Entity, Column::Id)).count(), Alias::new("answered"))
        .and_where(Column::AcademicYear.eq(collection.academic_year.as_str()))
        .cond_where(store::asked_for(&collection.lines))
        .add_group_by([Expr::col((measure_value::Entity, Column::SchoolId))]);
    let mut list = caller.statement::<school_return::Entity>(false);
    list.expr(of(OfReturn::Id))
        .expr(of(OfReturn::SchoolId))
        .exprs([school::Column::Name, school::Column::Urn, school::Column::AreaId].map(of_school))
        .expr(of(OfReturn::Status))
        .expr(column("answers", "answered"))
        .expr(Expr::cust("COUNT(*) OVER ()"))
        .join(
            JoinType::InnerJoin,
            school::Entity,
            Condition::all()
                .add(of_school(school::Column::HubId).eq(of(OfReturn::HubId)))
                .add(of_school(school::Column::Id).eq(of(OfReturn::SchoolId))),
        )
        .join_subquery(
            JoinType::LeftJoin,
            answered,
            Alias::new("answers"),
            column("answers", "school_id").eq(of(OfReturn::SchoolId)),
        )
        .and_where(OfReturn::CollectionId.eq(collection.id))
        .cond_where(
            Condition::any()
                .add(OfReturn::Status.is_in([ReturnStatus::Draft, ReturnStatus::SentBack]))
                .add(wall_day::after(OfReturn::SubmittedAt, *as_at)),
        )
        .cond_where(Condition::all().add_option(any_of(school::Column::AreaId, &query.area_id)))
        .order_by_expr(of_school(school::Column::NameKey), Order::Asc)
        .order_by_expr(of(OfReturn::SchoolId), Order::Asc)
        .limit(query.limit.unwrap_or(LIMIT));
    list
}

async fn name_areas(reading: &ReportReading<'_>, lines: &mut [OutstandingReturn]) -> Result<()> {
    let areas = reported::areas(reading, lines.iter().filter_map(|line| line.area_id).collect()).await?;
    for line in lines {
        line.area_name = line.area_id.and_then(|id| areas.get(&id.to_string()).cloned());
    }
    Ok(())
}

/// Adds the first contact of each school, where the caller sees contacts.
async fn name_contacts(reading: &ReportReading<'_>, lines: &mut [OutstandingReturn]) -> Result<()> {
    use contact::Column as OfContact;

    let Some(caller) = reading.caller.under(Scope::ReadContacts) else { return Ok(()) };
    let primary = caller
        .rows::<contact::Entity>()
        .filter(OfContact::SchoolId.is_in(lines.iter().map(|line| line.school_id)))
        .filter(OfContact::IsPrimary.eq(true))
        .filter(holds(OfContact::FromOn, OfContact::ToOn, reading.as_at));
    let primary = primary.all(reading.db()).await?;
    let people = reported::people(reading, primary.iter().map(|contact| contact.person_id).collect()).await?;
    let contacts: HashMap<Uuid, contact::Model> = primary.into_iter().map(|it| (it.school_id, it)).collect();
    for line in lines {
        let Some(contact) = contacts.get(&line.school_id) else { continue };
        line.contact_job_role = Some(contact.job_role.clone());
        line.contact_person_id = Some(contact.person_id);
        line.contact_name = people.get(&contact.person_id.to_string()).cloned();
    }
    Ok(())
}

routes! { ReadOutcomes: report_returns_outstanding }

/// Reports which schools have not sent their return to a collection, and whom to ask.
///
/// It says how many days late they are, and how many lines they have answered.
#[utoipa::path(
    get,
    path = "/reports/returns-outstanding",
    params(Asked<Outstanding>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<OutstandingReturn> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_returns_outstanding(can: Can<ReadOutcomes>, asked: Asked<Outstanding>) -> Result<Reply> {
    report::run(&can, asked).await
}

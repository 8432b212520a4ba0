//! The rows behind the figure of a live target.

use std::collections::HashMap;

use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::{OnDay, measured};
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::Code;
use crate::kernel::operations::list::Address;
use crate::kernel::operations::metric::MetricMeasure;
use crate::kernel::operations::metric::evidence::{Thing, after, counting, lacking};
use crate::kernel::operations::metric::value::MetricUnknown;
use crate::kernel::prelude::*;
use crate::plans::progress::as_at::Days;

/// A row behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetEvidence {
    /// The thing that counts: of a share of schools the school, elsewhere the visit, the post, the order.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The day from which it counts; null with `counts=false`.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-11-18")]
    pub on_date: Option<Date>,
    /// What it is, in words; null where the school says it all.
    #[schema(max_length = 1000, example = json!(null))]
    pub label: Option<String>,
    /// What it adds to a sum, or has of what it could have; null where rows are counted.
    #[schema(example = json!(null))]
    pub amount: Option<f64>,
    /// What it could have; null elsewhere.
    #[schema(example = json!(null))]
    pub whole: Option<f64>,
    /// The school that it belongs to; null where it belongs to none, or the caller does not see it.
    pub school: Option<EvidenceSchool>,
}

/// A school that evidence belongs to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceSchool {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// Its unique reference number.
    #[schema(minimum = 100_000, maximum = 999_999, example = 119_843)]
    pub urn: Option<i32>,
    /// Its name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
}

/// The day of the evidence, and a page of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceQuery {
    /// The day. If absent: today, or the plan's nearest day where today is not one of its own.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
    /// False for what could count and does not: the schools not visited yet. For shares alone.
    pub counts: Option<bool>,
    /// How many rows at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
}

routes! { ReadPlans: list_target_evidence }

/// Lists the rows behind the figure of a live target, in the order of their days.
///
/// Their number is `evidence` of `GET /targets/{id}/value` on the same day. With `counts=false` it lists what could
/// count and does not, so that one sees what is still to do.
#[utoipa::path(
    get,
    path = "/targets/{id}/evidence",
    params(EvidenceQuery),
    responses((status = 200, body = Page<TargetEvidence>), (status = 409)),
)]
async fn list_target_evidence(can: Can<ReadPlans>, id: Id, query: Query<EvidenceQuery>) -> Result<Reply> {
    let db = can.db().report_snapshot().await?;
    let (target, year) = measured(&can, &db, id.0).await?;
    let days = Days::load(&can, &db, [target.plan_id], query.as_at).await?;
    let as_at = days.by_plan.get(&target.plan_id).ok_or_else(Problem::not_found)?.as_at;
    let on = OnDay { target: &target, year: year.as_ref(), as_at };
    let wanted = on.wanted(&can).ok_or_else(|| {
        Problem::conflict("the figure of this target is reported: GET /progress-updates?target_id= lists its reports")
    })?;
    let reading = ReportReading::new(&can, as_at, &db);
    let (entry, counted) = wanted.counted(&reading).await?.map_err(|unknown| refused(&can, wanted.code, unknown))?;

    let counts = query.counts.unwrap_or(true);
    if !counts && entry.measure != MetricMeasure::Share {
        let fault = Fault::new("?counts", "no_share", "only a share has what could count and does not");
        return Err(Problem::new(Code::BadParameter, "?counts: leave it out for this metric").with(fault));
    }
    let (secret, bound) = (&can.state().cursor_secret, format!("evidence|{}|{}|{as_at}|{counts}", can.hub_id, id.0));
    let from = query.cursor.as_deref().map(|text| after(&Cursor::open(text, secret, &bound)?)).transpose()?;
    let limit = query.limit.unwrap_or(50);
    let mut things = match counts {
        true => counting(&reading, entry.measure, counted, from, limit + 1).await?,
        false => lacking(&reading, counted, from, limit + 1).await?,
    };
    let more = things.len() as u64 > limit;
    things.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = things.last().filter(|_| more).map(|last| last.cursor().seal(secret, &bound));
    let of_school = |thing: &Thing| thing.school_id.or_else(|| entry.of_schools.then_some(thing.id));
    let schools = schools(&can, &db, things.iter().filter_map(of_school)).await?;
    db.rollback().await?;
    let items = things.into_iter().map(|thing| TargetEvidence {
        school: of_school(&thing).and_then(|id| schools.get(&id).cloned()),
        id: thing.id,
        on_date: thing.on_date,
        label: thing.label,
        amount: thing.amount,
        whole: thing.whole,
    });
    Address::asked_by(&can).reply(&Page { items: items.collect(), next_cursor, total: None })
}

/// Why there is no evidence.
fn refused(caller: &Caller, code: &str, unknown: MetricUnknown) -> Problem {
    match unknown {
        MetricUnknown::NotSeen => {
            let scope = caller.state().metrics().find(code).map_or("", |entry| entry.read.as_str());
            Problem::forbidden(format!("this needs the scope `{scope}` over the whole hub"))
        }
        MetricUnknown::NotDated => {
            Problem::conflict("what this metric counts bears no days: it is known for today alone, without `as_at`")
        }
        MetricUnknown::EmptyPopulation | MetricUnknown::NotComputed => {
            Problem::conflict("the metric of this target cannot be computed: see /metrics-catalogue, and change it")
        }
    }
}

/// Schools by their ids, as the caller sees them.
async fn schools(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, EvidenceSchool>> {
    use school::Column;

    let ids: Vec<Uuid> = ids.collect();
    let Some(caller) = caller.under(Scope::ReadSchools).filter(|_| !ids.is_empty()) else { return Ok(HashMap::new()) };
    let rows = caller.rows::<school::Entity>().filter(Column::Id.is_in(ids)).select_only();
    let rows = rows.columns([Column::Id, Column::Urn, Column::Name]).into_tuple::<(Uuid, Option<i32>, String)>();
    let rows = rows.all(db).await?.into_iter();
    Ok(rows.map(|(id, urn, name)| (id, EvidenceSchool { id, urn, name })).collect())
}

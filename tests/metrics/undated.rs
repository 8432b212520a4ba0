//! A metric whose things bear no days. None of the catalogue is like that: the metric here is registered for the test.

use api::kernel::base::problem::Result;
use api::kernel::caller::permission::Scope;
use api::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use api::kernel::operations::report::ReportReading;
use api::schools::store::reported::ReportedSchools;
use entity::schools::area;
use insta::assert_snapshot;
use sea_orm::sea_query::{Alias, Expr};
use serde_json::{Value, json};
use time::macros::date;

use super::World;
use crate::support::{self, Caller};

/// The areas that the hub has now: nobody notes since when.
struct Areas;

impl Metric for Areas {
    type Filter = ReportedSchools;

    const CODE: &'static str = "areas_now";
    const MEANING: &'static str = "The areas that the hub has now.";
    const PART: &'static str = "schools";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "areas";
    const READ: Scope = Scope::ReadSchools;
    const DATED: bool = false;

    async fn counted(reading: &ReportReading<'_>, _: &Over, _: ReportedSchools) -> Result<Counted> {
        let mut areas = reading.caller.statement::<area::Entity>(false);
        areas
            .expr_as(Expr::col((area::Entity, area::Column::Id)), Alias::new("id"))
            .expr_as(Expr::val(reading.as_at), Alias::new("on_date"));
        Ok(Counted::things(areas, &[]))
    }
}

/// The figure, why there is none, and how many rows of evidence there are.
async fn figure(head: &Caller, target: &str, as_at: &str) -> Value {
    let told = head.get(&format!("{target}/value{as_at}")).await.expect(200).json();
    json!([told["value"], told["live"]["unknown"], told["live"]["evidence"]])
}

#[actix_web::test]
async fn a_figure_without_days_is_known_for_today_alone_and_says_so_for_a_day_before() {
    let app = support::app_registering(|registered| registered.metrics.push(MetricEntry::of::<Areas>())).await;
    let mut world = World::over(app, 0).await;
    for name in ["North", "South"] {
        world.app.area(&world.head, name).await;
    }
    let target = format!("/targets/{}", world.target("areas_now", &json!({})).await);
    assert_eq!(world.metric("areas_now").await["dated"], false);
    let (known, unknown) = (json!([2.0, null, 2]), json!([null, "not_dated", 0]));
    assert_eq!(figure(&world.head, &target, "?as_at=2014-08-31").await, unknown);
    assert_eq!(figure(&world.head, &target, "?as_at=2014-09-01").await, known);
    assert_eq!(figure(&world.head, &target, "").await, known);

    assert_eq!(world.head.all(&format!("{target}/evidence")).await.len(), 2);
    let before = world.head.get(&format!("{target}/evidence?as_at=2014-08-31")).await.refusal(409, "conflict");
    assert_snapshot!(before, @"what this metric counts bears no days: it is known for today alone, without `as_at`");
    let series = world.head.get(&format!("{target}/series")).await.expect(200).json();
    let points = series["points"].as_array().unwrap().iter();
    let points: Vec<_> = points.map(|point| json!([point["value"], point["unknown"]])).collect();
    let (today, earlier) = points.split_last().unwrap();
    assert_eq!(*today, json!([2.0, null]));
    assert!(!earlier.is_empty() && earlier.iter().all(|point| *point == json!([null, "not_dated"])), "{earlier:?}");

    // A day later, what was known is known no more.
    world.to(date!(2014 - 09 - 02)).await;
    assert_eq!(figure(&world.head, &target, "?as_at=2014-09-01").await, unknown);
    assert_eq!(figure(&world.head, &target, "?as_at=2014-09-02").await, known);
}

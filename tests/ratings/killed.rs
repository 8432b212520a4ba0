//! A computation whose program was killed goes on where it was.
#![expect(clippy::disallowed_methods, reason = "time is moved on behind the API")]

use std::collections::HashSet;
use std::time::Duration;

use api::kernel::resource::traits::Form as _;
use api::outcomes::school_plan_record::NewSchoolPlanRecord;
use entity::identity::grant::Role;
use entity::kernel::job;
use entity::outcomes::school_plan_record;
use entity::row::Meta;
use entity::schools::school;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::json;
use uuid::Uuid;

use super::{active, scheme};
use crate::support::{self, App, rows, until};

/// So many that a computation can be met while it is at work.
pub const COUNT: usize = 4000;

/// Schools, each with a record of its plans.
pub async fn schools(app: &App) {
    let now = app.clock.now();
    let schools: Vec<_> = (0..COUNT).map(|number| rows::school(app.hub, &format!("School {number}"), now)).collect();
    let records = schools.iter().map(|school| {
        let form = json!({ "school_id": school.id, "academic_year": "2020/21", "in_development_plan": false });
        let form: NewSchoolPlanRecord = serde_json::from_value(form).unwrap();
        form.into_row(Meta::first(app.hub, Uuid::now_v7(), now))
    });
    let records: Vec<school_plan_record::Model> = records.collect();
    app.insert::<school::Entity>(app.hub, schools).await;
    app.insert::<school_plan_record::Entity>(app.hub, records).await;
}

#[actix_web::test]
async fn a_computation_that_was_killed_goes_on_after_the_last_school_that_was_stored() {
    let mut app = support::program(&[]).await;
    schools(&app).await;
    let head = app.as_role(Role::HeadOfService).await;
    let scheme = active(&head, scheme()).await;
    let begun = head.act(&format!("/rag-schemes/{scheme}/recompute"), Some("*")).await.expect(202).id();
    let path = format!("/rag-recomputations/{begun}");
    let before = until("some are computed", async || {
        let record = head.get(&path).await.expect(200).json();
        (record["computed"].as_i64() > Some(0)).then_some(record)
    })
    .await;
    app.process().kill();
    assert!(before["computed"].as_u64() < Some(COUNT as u64), "it ended before it could be killed: {before:#}");

    // Nobody has heard of the job for long.
    let earlier = Expr::value(app.clock.now() - Duration::from_secs(31));
    let aged = job::Entity::update_many().col_expr(job::Column::HeartbeatAt, earlier);
    aged.exec(app.state.db.write_pool()).await.unwrap();
    app.start(&[]);
    let head = head.at(app.base());
    let job = until("the job has ended", async || {
        let job = head.get(&format!("/jobs/{begun}")).await.expect(200).json();
        (!job["finished_at"].is_null()).then_some(job)
    })
    .await;
    assert_eq!(json!([job["state"], job["attempts"]]), json!(["finished", 2]), "{job:#}");
    let record = head.get(&path).await.expect(200).json();
    assert_eq!(
        json!([record["computed"], record["suggested"], record["unchanged"], record["replaced"]]),
        json!([COUNT, COUNT, 0, 0])
    );
    let ratings = head.all("/rag-ratings?fields=id,school_id").await;
    let rated: HashSet<_> = ratings.iter().map(|rating| rating["school_id"].as_str().unwrap()).collect();
    assert_eq!((ratings.len(), rated.len()), (COUNT, COUNT));
}

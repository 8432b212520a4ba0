//! Reports that a school does not answer in time.

use std::time::Duration;

use actix_web::rt::time::sleep;
use api::kernel::resource::job;
use api::kernel::resource::write::Write;
use api::visits::visit_report::VisitReport;
use api::visits::visit_report::deadline::CLOSE_UNANSWERED;
use entity::visits::{visit, visit_report};
use futures_util::future::join;
use serde_json::json;

use super::{Hub, answer, status};
use crate::support::until;

/// Runs the job of the deadlines once, and waits until it has run.
async fn close_unanswered(hub: &Hub) {
    let made = hub.app.write(hub.app.hub, async |write| job::wait(write, &CLOSE_UNANSWERED).await).await;
    let path = format!("/jobs/{}", made.id);
    job::look(&hub.app.state).await.unwrap();
    let head = hub.app.again(&hub.head);
    until("the job has run", async || {
        let job = head.get(&path).await.expect(200).json();
        // It comes round again: it then waits for its next time.
        (job["state"] == "queued" && job["finished_at"] != json!(null)).then_some(())
    })
    .await;
}

fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

#[actix_web::test]
async fn a_report_without_an_answer_is_closed_the_day_after_the_last() {
    let hub = Hub::new().await;
    let (visit, report) = hub.shared().await;
    let (path, visit_path) = (format!("/visit-reports/{report}"), format!("/visits/{visit}"));
    let shown = hub.head.get(&path).await.expect(200).json();
    assert_eq!(shown["answer_due_on"], "2014-09-15");
    hub.app.clock.advance(days(14));
    close_unanswered(&hub).await;
    assert_eq!(status(&hub.app.again(&hub.head), &path).await, "shared");
    hub.app.clock.advance(days(1));
    close_unanswered(&hub).await;
    let (head, school_head) = (hub.app.again(&hub.head), hub.app.again(&hub.school_head));
    assert_eq!(status(&school_head, &path).await, "unanswered");
    assert_eq!(status(&school_head, &visit_path).await, "closed");
    for path in [&path, &visit_path] {
        let history = head.get(&format!("{path}/history")).await.expect(200).json();
        let entries = history["items"].as_array().unwrap();
        let last = entries.iter().max_by_key(|entry| entry["version"].as_i64().unwrap()).unwrap();
        assert_eq!(last["reason"], "the school did not answer in time", "{last}");
        assert_eq!(last["actor_kind"], "system", "{last}");
    }
    answer(&school_head, report, "accept", None).await.problem(409, "conflict");
}

#[actix_web::test]
async fn the_hub_gives_the_days_and_what_is_answered_or_rewritten_stays_open() {
    let hub = Hub::new().await;
    hub.head.patch("/hub", &json!({ "report_answer_days": 2 }), "*").await.expect(200);
    let (_, silent) = hub.shared().await;
    let (_, disputed) = hub.shared().await;
    answer(&hub.school_head, disputed, "dispute", Some("We compose every spring")).await.expect(200);
    let (_, rewritten) = hub.shared().await;
    hub.head.act(&format!("/visit-reports/{rewritten}/next-version"), Some("*")).await.expect(201);
    hub.app.clock.advance(days(3));
    close_unanswered(&hub).await;
    close_unanswered(&hub).await;
    let head = hub.app.again(&hub.head);
    let status = async |report| status(&head, &format!("/visit-reports/{report}")).await;
    assert_eq!(status(silent).await, "unanswered");
    assert_eq!(status(disputed).await, "disputed");
    assert_eq!(status(rewritten).await, "shared");
}

#[actix_web::test]
async fn a_version_that_is_begun_while_reports_are_closed_keeps_its_report_open() {
    let hub = Hub::new().await;
    let (visit, report) = hub.shared().await;
    hub.app.clock.advance(days(15));
    let made = hub.app.write(hub.app.hub, async |write| job::wait(write, &CLOSE_UNANSWERED).await).await;
    let begin = hub.app.write(hub.app.hub, async |write: &mut Write| {
        let shared = write.row::<visit_report::Entity>(report).await?;
        write.row::<visit::Entity>(visit).await?;
        sleep(Duration::from_secs(1)).await;
        write.create::<VisitReport>((&shared).into()).await.map(drop)
    });
    // The job finds the report, and waits for its visit; on SQLite it waits for the other writer before.
    let close = async {
        sleep(Duration::from_millis(300)).await;
        job::look(&hub.app.state).await.unwrap();
    };
    Box::pin(join(begin, close)).await;
    let head = hub.app.again(&hub.head);
    let path = format!("/jobs/{}", made.id);
    until("the job has run", async || {
        let job = head.get(&path).await.expect(200).json();
        (job["state"] == "queued" && job["finished_at"] != json!(null)).then_some(())
    })
    .await;
    assert_eq!(status(&head, &format!("/visit-reports/{report}")).await, "shared");
    assert_eq!(status(&head, &format!("/visits/{visit}")).await, "shared");
}

//! Ratings: schemes, what they compute, what is given by hand, and who sees it.

mod cancelled;
mod computed;
mod given;
mod killed;
mod moved;
mod recomputed;
mod schemes;
mod shared;

use api::kernel::resource::traits::Form as _;
use api::ratings::rag_rating::NewRagRating;
use entity::identity::grant::Role;
use entity::instant::Instant;
use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus};
use entity::row::Meta;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use serde_json::{Value, json};
use time::Date;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::{self, App, Caller, until};

/// A scheme of two criteria, of equal weight: music in plans, and the last visit, which counts as red without data.
pub fn scheme() -> Value {
    json!({
        "title": "Need of support",
        "criteria": [
            {
                "code": "plans", "title": "Music stands in plans", "data": "music_in_plans",
                "green": 60, "amber": 30, "weight": 1, "no_data": "left_out"
            },
            {
                "code": "visit", "title": "Visited in the last year", "data": "last_visit",
                "green": 12, "amber": 24, "weight": 1, "no_data": "as_red"
            }
        ],
        "amber_from": 35, "red_from": 65, "least_with_data": 1, "targeted_from": "red", "valid_months": 12
    })
}

/// A suggestion that nobody has decided on.
pub async fn suggested(app: &App, school_id: Uuid) -> Uuid {
    let form = NewRagRating {
        school_id,
        on_date: app.clock.today(),
        colour: RatingColour::Amber,
        source: RatingSource::Computed,
        visit_id: None,
        reason: None,
        valid_until: Some(Date::MAX),
        support_code: None,
    };
    let row = form.into_row(Meta::first(app.hub, Uuid::now_v7(), app.clock.now()));
    let row = rag_rating::Model { status: RatingStatus::Suggestion, ..row };
    let made = row.id;
    app.insert::<rag_rating::Entity>(app.hub, vec![row]).await;
    made
}

async fn hub() -> (App, Caller) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    (app, head)
}

/// Makes a scheme and brings it into use.
async fn active(head: &Caller, form: Value) -> Uuid {
    let scheme = head.post("/rag-schemes", &form).await.expect(201).id();
    head.act(&format!("/rag-schemes/{scheme}/activate"), Some("*")).await.expect(200);
    scheme
}

fn by_hand(school: Uuid, colour: &str, on_date: &str, valid_until: &str) -> Value {
    json!({
        "school_id": school, "colour": colour, "on_date": on_date, "valid_until": valid_until,
        "source": "by_hand", "reason": "As seen at the network meeting"
    })
}

/// Gives a rating that holds from a day until the end of 2016.
async fn rate(head: &Caller, school: Uuid, colour: &str, on_date: &str) -> Uuid {
    head.post("/rag-ratings", &by_hand(school, colour, on_date, "2016-12-31")).await.expect(201).id()
}

/// Says what a school's plans for a year tell: so many facts of two.
async fn plans(head: &Caller, school: Uuid, year: &str, held: usize) -> Uuid {
    let form = json!({
        "school_id": school, "academic_year": year,
        "in_development_plan": held > 0, "in_self_evaluation": held > 1
    });
    head.post("/school-plan-records", &form).await.expect(201).id()
}

/// A visit that was made on a day.
async fn visited(app: &App, visitor: &Caller, school_id: Uuid, on: Date) -> Uuid {
    let now = app.clock.now();
    let row = visit::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        visitor_id: visitor.person(),
        co_visitor_ids: Vec::new().into(),
        kind: VisitKind::Initial,
        mode: VisitMode::InPerson,
        provider_id: None,
        starts_at: Instant::from(datetime!(2014-01-10 09:00 UTC)),
        ends_at: Instant::from(datetime!(2014-01-10 10:00 UTC)),
        purpose: None,
        note: None,
        people_met: Vec::new().into(),
        status: VisitStatus::Completed,
        status_reason: None,
        completed_on: Some(on),
        external_ids: Vec::new().into(),
        search_key: String::new(),
    };
    let made = row.id;
    app.insert::<visit::Entity>(app.hub, vec![row]).await;
    made
}

/// Computes all schools, and waits for the end. The record of what came of it.
async fn recompute(head: &Caller, scheme: Uuid) -> Value {
    let begun = head.act(&format!("/rag-schemes/{scheme}/recompute"), Some("*")).await.expect(202).id();
    let job = until("the job has ended", async || {
        let job = head.get(&format!("/jobs/{begun}")).await.expect(200).json();
        (!job["finished_at"].is_null()).then_some(job)
    })
    .await;
    assert_eq!(job["state"], "finished", "{job:#}");
    head.get(&format!("/rag-recomputations/{begun}")).await.expect(200).json()
}

/// The counts of a computation: suggested, replaced, unchanged, without data.
fn came_of(record: &Value) -> [i64; 4] {
    assert_eq!(record["computed"], record["schools"], "{record:#}");
    ["suggested", "replaced", "unchanged", "without_data"].map(|field| record[field].as_i64().unwrap())
}

//! Training: events, places, who came, and what that qualifies for.

mod day;
mod places;
mod reports;
mod results;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};

/// A hub with two schools, each with its head and a member of staff who is a contact.
pub struct Hub {
    pub app: App,
    pub office: Caller,
    pub ash: School,
    pub beech: School,
}

pub struct School {
    pub id: Uuid,
    pub head: Caller,
    pub staff: Caller,
}

impl Hub {
    pub async fn new() -> Self {
        let app = support::app().await;
        let office = app.as_role(Role::Administrator).await;
        let [ash, beech] = [school(&app, &office, "Ash").await, school(&app, &office, "Beech").await];
        Self { app, office, ash, beech }
    }

    /// An event in October with so many places, which is open.
    pub async fn open(&self, more: Value) -> Uuid {
        let event = self.office.post("/training-events", &with(form(), autumn())).await.expect(201).id();
        let path = format!("/training-events/{event}");
        self.office.patch(&path, &more, "*").await.expect(200);
        self.office.act(&format!("{path}/open"), None).await.expect(200);
        event
    }
}

async fn school(app: &App, office: &Caller, name: &str) -> School {
    let id = app.school(office, name, json!({})).await.id();
    let (head, staff) = (app.at_school(Role::SchoolHead, id).await, app.at_school(Role::SchoolStaff, id).await);
    for person in [head.person(), staff.person()] {
        contact(office, person, id).await;
    }
    School { id, head, staff }
}

async fn contact(by: &Caller, person: Uuid, school: Uuid) -> Uuid {
    let form = json!({ "person_id": person, "school_id": school, "job_role": "Teacher" });
    by.post("/contacts", &form).await.expect(201).id()
}

/// Another person who is a contact of a school.
pub async fn colleague(by: &Caller, school: Uuid) -> Uuid {
    let person = by.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201).id();
    contact(by, person, school).await;
    person
}

/// The form of an event of two places that began a few days ago.
pub fn form() -> Value {
    json!({
        "title": "Singing in key stage 2",
        "kind": "training",
        "starts_at": "2014-08-28T09:00:00Z",
        "ends_at": "2014-08-28T15:00:00Z",
        "place": "Town hall",
        "places": 2,
        "qualification": "Singing leader",
        "qualification_months": 12,
        "audience": "all_schools",
    })
}

/// The times of an event in October.
pub fn autumn() -> Value {
    json!({
        "starts_at": "2014-10-15T08:00:00Z", "ends_at": "2014-10-15T14:00:00Z", "book_until": "2014-10-08",
    })
}

pub fn with(mut form: Value, more: Value) -> Value {
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

/// Books a place for somebody of a school.
pub async fn book(by: &Caller, event: Uuid, person: Uuid, school: Uuid) -> Reply {
    let form = json!({ "event_id": event, "person_id": person, "school_id": school });
    by.post("/attendances", &form).await
}

pub async fn status(by: &Caller, attendance: Uuid) -> String {
    let item = by.get(&format!("/attendances/{attendance}")).await.expect(200).json();
    item["status"].as_str().unwrap().to_owned()
}

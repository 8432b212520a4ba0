//! Packages, from the price to what finance gets: who sees and does what, and how money and capacity are counted.

mod attacks;
mod capacity;
mod finance;
mod pilots;
mod prices;
mod reports;
mod story;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};

/// A hub with a school and its people, an officer, and a partner that delivers.
pub struct Shop {
    pub app: App,
    pub head: Caller,
    pub officer: Caller,
    pub school: Uuid,
    pub school_head: Caller,
    pub staff: Caller,
    pub partner: Uuid,
    pub provider: Caller,
    /// On sale for £240.00 a visit, ten visits in a term.
    pub package: Uuid,
}

impl Shop {
    pub async fn new() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let officer = app.as_role(Role::BusinessManager).await;
        let school = app.school(&head, "Ash", json!({ "pupils": 210 })).await.id();
        let school_head = app.at_school(Role::SchoolHead, school).await;
        let staff = app.at_school(Role::SchoolStaff, school).await;
        let partner = json!({ "name": "Soar Valley Band", "kind": "organisation" });
        let partner = head.post("/partners", &partner).await.expect(201).id();
        let provider = app.as_role_in(app.hub, Role::Provider, |grant| grant.partner_id = Some(partner)).await;
        let package = on_sale(&officer, "LDR", json!({ "capacity_per_term": 10 })).await;
        Self { app, head, officer, school, school_head, staff, partner, provider, package }
    }

    /// A quote for the school's package.
    pub async fn quoted(&self, units: i32) -> Uuid {
        self.staff.post("/orders", &quote(self.school, self.package, units)).await.expect(201).id()
    }

    /// An order that the hub has confirmed.
    pub async fn confirmed(&self, units: i32) -> Uuid {
        let order = self.quoted(units).await;
        step(&self.school_head, order, "order").await.expect(200);
        step(&self.officer, order, "confirm").await.expect(200);
        order
    }

    /// An order of which everything was delivered.
    pub async fn delivered(&self, units: i32) -> Uuid {
        let order = self.confirmed(units).await;
        deliver_all(&self.officer, order).await;
        step(&self.officer, order, "deliver").await.expect(200);
        order
    }
}

/// The form of a package that costs £240.00 a visit.
pub fn package(code: &str) -> Value {
    json!({
        "code": code, "title": format!("Leadership support {code}"), "kind": "leadership_support",
        "price_pence": 24_000, "vat_code": "S", "unit": "visit",
    })
}

/// A package on sale.
pub async fn on_sale(by: &Caller, code: &str, more: Value) -> Uuid {
    let made = by.post("/packages", &with(package(code), more)).await.expect(201).id();
    act(by, &format!("/packages/{made}/launch")).await.expect(200);
    made
}

/// The form of a quote for the spring term of 2014/15.
pub fn quote(school: Uuid, package: Uuid, units: i32) -> Value {
    json!({
        "school_id": school, "academic_year": "2014/15", "term": "spring",
        "lines": [{ "package_id": package, "quantity": units }],
    })
}

/// The form with some of its fields as given.
pub fn with(mut form: Value, more: Value) -> Value {
    for (field, value) in more.as_object().unwrap() {
        form[field] = value.clone();
    }
    form
}

/// Takes an item to its next state, with the reason that some verbs need.
pub async fn act(by: &Caller, path: &str) -> Reply {
    let reasoned = ["withdraw", "cancel"].iter().any(|verb| path.ends_with(verb));
    let request = by.act(path, Some("*"));
    if reasoned { request.json(&json!({ "reason": "The school has another plan" })).await } else { request.await }
}

/// Takes an order to its next state.
pub async fn step(by: &Caller, order: Uuid, verb: &str) -> Reply {
    act(by, &format!("/orders/{order}/{verb}")).await
}

pub async fn read(by: &Caller, order: Uuid) -> Value {
    by.get(&format!("/orders/{order}")).await.expect(200).json()
}

/// Records everything of an order as delivered by the caller.
pub async fn deliver_all(by: &Caller, order: Uuid) {
    for line in read(by, order).await["lines"].as_array().unwrap() {
        let form = json!({
            "order_line_id": line["id"], "delivered_on": "2014-09-01", "person_id": by.person(),
            "hours": 2.5, "units": line["quantity"],
        });
        by.post("/deliveries", &form).await.expect(201);
    }
}

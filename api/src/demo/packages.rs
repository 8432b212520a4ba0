//! Packages of the demo in every state, with resources, pilots, orders, deliveries and a batch for finance.

use std::collections::HashMap;

use entity::frameworks::framework::{self, FrameworkStatus};
use entity::packages::package::PackageStatus;
use entity::packages::package_order::{self, OrderStatus};
use entity::packages::pilot::PilotStatus;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::Date;
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::lifecycle::{self, Lifecycle};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::Write;
use crate::packages::delivery::Delivery;
use crate::packages::hand_over::{self, HandOver, HandOverOrders, NewHandOver};
use crate::packages::order::Order;
use crate::packages::order::transition as of_order;
use crate::packages::package::Package;
use crate::packages::package::transition as of_package;
use crate::packages::package_resource::PackageResource;
use crate::packages::pilot::Pilot;
use crate::packages::pilot::transition as of_pilot;

/// The packages of the demo, with resources, pilots, orders and the batch for finance, as its JSON file lists them.
#[derive(Clone, Default, Deserialize)]
pub struct Sales {
    resources: Vec<ResourceStory>,
    packages: Vec<PackageStory>,
    pilots: Vec<PilotStory>,
    orders: Vec<OrderStory>,
    /// What finance calls the batch.
    finance_reference: Option<String>,
}

#[derive(Clone, Deserialize)]
struct ResourceStory {
    /// The chosen schools.
    urns: Option<Vec<i32>>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
struct PackageStory {
    status: PackageStatus,
    /// Why it was withdrawn.
    reason: Option<String>,
    code: String,
    /// The name of the working group.
    group: Option<String>,
    /// The logins of the people who lead it.
    #[serde(default)]
    leads: Vec<String>,
    /// The titles of its resources.
    #[serde(default)]
    resources: Vec<String>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
struct PilotStory {
    status: PilotStatus,
    /// Why it was cancelled.
    reason: Option<String>,
    package: Option<String>,
    /// True for the framework that is in pilot.
    #[serde(default)]
    framework: bool,
    resource: Option<String>,
    urns: Vec<i32>,
    #[serde(default)]
    groups: Vec<String>,
    /// Answers of the schools, in the order of `urns`: true if the school is confident. The last schools may have none.
    #[serde(default)]
    confident: Vec<bool>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
struct OrderStory {
    urn: i32,
    status: OrderStatus,
    /// Why it was cancelled.
    reason: Option<String>,
    #[serde(default, with = "entity::date::option")]
    quoted_on: Option<Date>,
    #[serde(default, with = "entity::date::option")]
    ordered_on: Option<Date>,
    #[serde(default, with = "entity::date::option")]
    delivered_on: Option<Date>,
    lines: Vec<Map<String, Value>>,
    #[serde(default)]
    subsidies: Vec<Map<String, Value>>,
    #[serde(default)]
    deliveries: Vec<DeliveryStory>,
    score: Option<i32>,
    comment: Option<String>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
struct DeliveryStory {
    /// The place of the line in the order, from 0.
    line: usize,
    person: Option<String>,
    provider: Option<String>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

/// Creates the resources, packages, pilots, orders, deliveries and the batch of a hub. With `examples` the first row
/// of each kind gets the id that the OpenAPI examples use.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, sales: &Sales, made: &Made, examples: bool) -> Result<()> {
    let mut making = Making { write, made, examples, resources: HashMap::new(), packages: HashMap::new() };
    for (at, resource) in sales.resources.iter().enumerate() {
        making.resource(resource, at == 0).await?;
    }
    for (at, package) in sales.packages.iter().enumerate() {
        making.package(package, at == 0).await?;
    }
    for (at, pilot) in sales.pilots.iter().enumerate() {
        making.pilot(pilot, at == 0).await?;
    }
    let mut handed_over = Vec::new();
    let mut first_delivery = true;
    for (at, order) in sales.orders.iter().enumerate() {
        let done = making.order(order, at == 0, &mut first_delivery).await?;
        handed_over.extend((order.status == OrderStatus::HandedOver).then_some(done));
    }
    let Making { write, .. } = making;
    if handed_over.is_empty() {
        return Ok(());
    }
    write.give_example_ids(examples);
    let form = HandOverOrders { order_ids: Some(handed_over), note: Some("Autumn term 2014".to_owned()) };
    let batch = hand_over::make(write, &form).await?;
    write.give_example_ids(false);
    let form = NewHandOver { finance_reference: sales.finance_reference.clone(), note: batch.note.clone() };
    write.update::<HandOver>(batch, form).await.map(drop)
}

struct Making<'a> {
    write: &'a mut Write,
    made: &'a Made,
    examples: bool,
    /// The ids of resources by their titles, and of packages by their codes.
    resources: HashMap<String, Uuid>,
    packages: HashMap<String, Uuid>,
}

impl Making<'_> {
    fn schools(&self, urns: &[i32]) -> Vec<Uuid> {
        urns.iter().filter_map(|urn| self.made.schools.get(urn)).copied().collect()
    }

    async fn resource(&mut self, story: &ResourceStory, first: bool) -> Result<()> {
        let schools = story.urns.as_ref().map(|urns| self.schools(urns));
        let form = with(&story.form, json!({ "school_ids": schools }));
        self.write.give_example_ids(self.examples && first);
        let form = decode(self.write, form)?;
        let row = self.write.create::<PackageResource>(form).await?;
        self.write.give_example_ids(false);
        self.resources.insert(row.title, row.id);
        Ok(())
    }

    async fn package(&mut self, story: &PackageStory, first: bool) -> Result<()> {
        let leads: Vec<_> = story.leads.iter().filter_map(|login| self.made.people.get(login)).collect();
        let resources: Vec<_> = story.resources.iter().filter_map(|title| self.resources.get(title)).collect();
        let form = json!({
            "code": story.code,
            "working_group_id": story.group.as_ref().and_then(|name| self.made.working_groups.get(name)),
            "lead_ids": leads,
            "resource_ids": resources,
        });
        let form = with(&story.form, form);
        self.write.give_example_ids(self.examples && first);
        let form = decode(self.write, form)?;
        let mut row = self.write.create::<Package>(form).await?;
        self.write.give_example_ids(false);
        let verbs: &[Verb] = match story.status {
            PackageStatus::Development => &[],
            PackageStatus::Pilot => &[of_package::START_PILOT],
            PackageStatus::Live => &[of_package::START_PILOT, of_package::LAUNCH],
            PackageStatus::Withdrawn => &[of_package::LAUNCH, of_package::WITHDRAW],
        };
        for verb in verbs {
            self.write.because(story.reason.clone().filter(|_| *verb == of_package::WITHDRAW));
            row = lifecycle::enter::<Package>(self.write, row, verb).await?;
        }
        self.write.because(None);
        self.packages.insert(row.code, row.id);
        Ok(())
    }

    async fn pilot(&mut self, story: &PilotStory, first: bool) -> Result<()> {
        let schools = self.schools(&story.urns);
        let respondents: Vec<_> = schools
            .iter()
            .zip(&story.confident)
            .map(|(school, confident)| json!({ "school_id": school, "role": "Head of music", "confident": confident }))
            .collect();
        let framework = if story.framework { framework_in_pilot(self.write).await? } else { None };
        let groups: Vec<_> = story.groups.iter().filter_map(|name| self.made.groups.get(name)).collect();
        let form = json!({
            "package_id": story.package.as_ref().and_then(|code| self.packages.get(code)),
            "framework_id": framework,
            "resource_id": story.resource.as_ref().and_then(|title| self.resources.get(title)),
            "school_ids": schools,
            "school_group_ids": groups,
            "respondents": respondents,
        });
        self.write.give_example_ids(self.examples && first);
        let form = decode(self.write, with(&story.form, form))?;
        let mut row = self.write.create::<Pilot>(form).await?;
        self.write.give_example_ids(false);
        let verbs: &[Verb] = match story.status {
            PilotStatus::Planned => &[],
            PilotStatus::Running => &[of_pilot::START],
            PilotStatus::Completed => &[of_pilot::START, of_pilot::COMPLETE],
            PilotStatus::Cancelled => &[of_pilot::CANCEL],
        };
        for verb in verbs {
            self.write.because(story.reason.clone());
            row = lifecycle::enter::<Pilot>(self.write, row, verb).await?;
        }
        self.write.because(None);
        Ok(())
    }

    /// Makes an order and takes it to the state of its story. [`make`] hands it over to finance.
    async fn order(&mut self, story: &OrderStory, first: bool, first_delivery: &mut bool) -> Result<Uuid> {
        let lines = story.lines.iter().map(|line| self.named(line)).collect::<Vec<_>>();
        let subsidies = story.subsidies.iter().map(|line| self.named(line)).collect::<Vec<_>>();
        let school = self.made.schools.get(&story.urn);
        let form = with(&story.form, json!({ "school_id": school, "lines": lines, "subsidies": subsidies }));
        self.write.give_example_ids(self.examples && first);
        let form = decode(self.write, form)?;
        let mut row = self.write.create::<Order>(form).await?;
        self.write.give_example_ids(false);
        for verb in verbs_to(story.status) {
            if *verb == of_order::DELIVER {
                self.deliveries(story, &row, first_delivery).await?;
            }
            self.write.because(story.reason.clone());
            let mut after = row.clone();
            Order::enter(self.write, &mut after, verb).await?;
            dated(&mut after, story);
            row = self.write.store::<Order>(Some(row), after, Operation::Verb(verb.name)).await?;
        }
        self.write.because(None);
        if story.status == OrderStatus::Confirmed {
            self.deliveries(story, &row, first_delivery).await?;
        }
        Ok(row.id)
    }

    async fn deliveries(
        &mut self,
        story: &OrderStory,
        order: &package_order::Model,
        first_delivery: &mut bool,
    ) -> Result<()> {
        for delivery in &story.deliveries {
            let line = order.lines.get(delivery.line).and_then(|line| line.id);
            let form = json!({
                "order_line_id": line,
                "person_id": delivery.person.as_ref().and_then(|login| self.made.people.get(login)),
                "provider_id": delivery.provider.as_ref().and_then(|name| self.made.partners.get(name)),
            });
            self.write.give_example_ids(self.examples && std::mem::take(first_delivery));
            let form = decode(self.write, with(&delivery.form, form))?;
            self.write.create::<Delivery>(form).await?;
            self.write.give_example_ids(false);
        }
        Ok(())
    }

    /// A line or a subsidy with ids in place of names.
    fn named(&self, line: &Map<String, Value>) -> Value {
        let mut line = line.clone();
        let mut id = |name: &str, known: &HashMap<String, Uuid>| {
            let named = line.shift_remove(name);
            named.and_then(|named| known.get(named.as_str()?).copied())
        };
        let (package, provider) = (id("package", &self.packages), id("provider", &self.made.partners));
        line.extend(package.map(|id| ("package_id".to_owned(), json!(id))));
        line.extend(provider.map(|id| ("provider_id".to_owned(), json!(id))));
        Value::Object(line)
    }
}

/// Returns the verbs that take a new order to a state. An order that is handed over stops at delivered: [`make`] hands
/// it over.
const fn verbs_to(status: OrderStatus) -> &'static [Verb] {
    use of_order::{CANCEL, CONFIRM, DELIVER, ORDER};

    match status {
        OrderStatus::Quote => &[],
        OrderStatus::Ordered => &[ORDER],
        OrderStatus::Confirmed => &[ORDER, CONFIRM],
        OrderStatus::Delivered | OrderStatus::HandedOver => &[ORDER, CONFIRM, DELIVER],
        OrderStatus::Cancelled => &[ORDER, CANCEL],
    }
}

/// Gives an order the days of its story, and the school's evaluation. An order is confirmed or cancelled on the day on
/// which it was placed.
fn dated(order: &mut package_order::Model, story: &OrderStory) {
    order.quoted_on = story.quoted_on.unwrap_or(order.quoted_on);
    let ordered_on = |day: Date| story.ordered_on.unwrap_or(day);
    order.ordered_on = order.ordered_on.map(ordered_on);
    order.confirmed_on = order.confirmed_on.map(ordered_on);
    order.cancelled_on = order.cancelled_on.map(ordered_on);
    if let Some(day) = order.delivered_on {
        order.delivered_on = Some(story.delivered_on.unwrap_or(day));
        order.evaluation_score = story.score;
        order.evaluation_comment = story.comment.clone();
        order.evaluated_on = story.score.and(order.delivered_on);
    }
}

async fn framework_in_pilot(write: &Write) -> Result<Option<Uuid>> {
    let rows = write.caller().rows::<framework::Entity>();
    let rows = rows.filter(framework::Column::Status.eq(FrameworkStatus::Pilot));
    let row = rows.order_by_asc(framework::Column::Id).one(write.tx()).await?;
    row.map(|row| Some(row.id)).ok_or_else(|| Problem::internal("the demo has no framework in pilot"))
}

fn with(form: &Map<String, Value>, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    let given = more.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(form.clone().into_iter().chain(given).collect())
}

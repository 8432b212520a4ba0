//! A quote or an order as a page to print.

use askama::Template;
use entity::identity::hub;
use entity::packages::package::{self, PackageUnit};
use entity::packages::package_order::{self, OrderStatus};
use entity::people::person;
use entity::schools::school;
use sea_orm::QueryFilter;

use crate::kernel::base::sheet::{HtmlPage, Sheet, day, file_name};
use crate::kernel::prelude::*;
use crate::packages::rules::{amount, pounds};

/// The page.
#[derive(Template)]
#[template(path = "order.html")]
struct Page<'a> {
    hub: &'a str,
    title: &'a str,
    school: &'a str,
    address: String,
    facts: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    subsidies: Vec<(String, String)>,
    lines_sum: String,
    total: String,
    contacts: Vec<(String, String)>,
    number: String,
    style: &'a str,
}

struct Line {
    code: String,
    title: String,
    quantity: String,
    price: String,
    vat_code: String,
    amount: String,
}

routes! { ReadPackages: get_order_document }

/// Shows a quote or an order as a page to print, on one sheet of A4.
///
/// It has the lines with their VAT codes, the subsidies, the sums, until when a quote holds, and whom to write to.
#[utoipa::path(
    get,
    path = "/orders/{id}/document",
    responses((status = 200, description = "The page.", body = HtmlPage, content_type = "text/html")),
)]
async fn get_order_document(can: Can<ReadPackages>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let order = can.rows::<package_order::Entity>().filter(package_order::Column::Id.eq(id.0));
    let order = order.one(&db).await?.ok_or_else(Problem::not_found)?;
    let school = can.rows::<school::Entity>().filter(school::Column::Id.eq(order.school_id));
    let school = school.one(&db).await?.ok_or_else(Problem::not_found)?;
    // Who sells and whom to write to are no secret from the school that asks.
    let service = Caller::system(can.state().clone(), can.hub_id);
    let hub = service.rows::<hub::Entity>().one(&db).await?;
    let hub = hub.map(|hub| hub.lead_organisation.unwrap_or(hub.name)).unwrap_or_default();
    let contacts = contacts(&service, &db, &order).await?;
    let title = title(order.status);
    let sheet = Sheet::new(include_str!("../../../templates/order.css"), &hub, |style| {
        let page = Page {
            hub: &hub,
            title,
            school: &school.name,
            address: address(&school),
            facts: facts(&order),
            lines: order.lines.iter().map(line).collect(),
            subsidies: order.subsidies.iter().map(|it| (it.text.clone(), pounds(it.subsidy_pence))).collect(),
            lines_sum: pounds(order.lines_pence),
            total: pounds(order.total_pence),
            contacts,
            number: order.id.to_string(),
            style,
        };
        page.render()
    })?;
    Ok(sheet.reply(&file_name(&format!("{title} {}", school.name), "order", "html")))
}

const fn title(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Quote => "Quote",
        OrderStatus::Cancelled => "Cancelled order",
        _ => "Order",
    }
}

fn facts(order: &package_order::Model) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Date of the quote", day(&order.quoted_on)),
        ("Delivery", format!("{} term {}", order.term, order.academic_year)),
    ];
    let days = [
        ("Valid until", order.expires_on.filter(|_| order.status == OrderStatus::Quote)),
        ("Ordered on", order.ordered_on),
        ("Confirmed on", order.confirmed_on),
        ("Delivered on", order.delivered_on),
        ("Cancelled on", order.cancelled_on),
    ];
    facts.extend(days.into_iter().filter_map(|(name, on)| Some((name, day(&on?)))));
    facts.extend(order.purchase_order_number.clone().map(|number| ("Purchase order", number)));
    facts
}

fn line(line: &package_order::OrderLine) -> Line {
    let unit = line.unit.map(|unit| unit_words(unit, line.quantity)).unwrap_or_default();
    Line {
        code: line.code.clone().unwrap_or_default(),
        title: line.title.clone().unwrap_or_default(),
        quantity: format!("{} {unit}", line.quantity),
        price: pounds(line.price_pence.unwrap_or_default()),
        vat_code: line.vat_code.clone().unwrap_or_default(),
        amount: pounds(amount(line)),
    }
}

/// The unit in words, for a quantity.
const fn unit_words(unit: PackageUnit, quantity: i32) -> &'static str {
    match (unit, quantity == 1) {
        (PackageUnit::Visit, true) => "visit",
        (PackageUnit::Visit, false) => "visits",
        (PackageUnit::Day, true) => "day",
        (PackageUnit::Day, false) => "days",
        (PackageUnit::HalfDay, true) => "half day",
        (PackageUnit::HalfDay, false) => "half days",
        (PackageUnit::Hour, true) => "hour",
        (PackageUnit::Hour, false) => "hours",
        (PackageUnit::Place, true) => "place",
        (PackageUnit::Place, false) => "places",
        (PackageUnit::School, true) => "school",
        (PackageUnit::School, false) => "schools",
        (PackageUnit::Licence, true) => "licence",
        (PackageUnit::Licence, false) => "licences",
    }
}

fn address(school: &school::Model) -> String {
    let parts = [&school.street, &school.locality, &school.town, &school.postcode];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Who leads the packages of an order first, each once, with the e-mail address.
async fn contacts(
    service: &Caller,
    db: &impl ConnectionTrait,
    order: &package_order::Model,
) -> Result<Vec<(String, String)>> {
    let ids = order.lines.iter().map(|line| line.package_id);
    let packages = service.rows_archived::<package::Entity>().filter(package::Column::Id.is_in(ids));
    let packages = packages.all(db).await?;
    let of = |id| packages.iter().find(|package| package.id == id).and_then(|package| package.lead_ids.first());
    let mut leads: Vec<Uuid> = Vec::new();
    for lead in order.lines.iter().filter_map(|line| of(line.package_id)) {
        if !leads.contains(lead) {
            leads.push(*lead);
        }
    }
    let people = service.rows::<person::Entity>().filter(person::Column::Id.is_in(leads.iter().copied()));
    let people = people.all(db).await?;
    let found = leads.iter().filter_map(|id| people.iter().find(|person| person.id == *id));
    Ok(found.map(|person| (person.name.clone(), person.email.clone().unwrap_or_default())).collect())
}

//! What a hub sells and who delivers it: packages with orders and deliveries of three years, and posts with their
//! holders. Written after the years of visits, whose schools and people they are of.

use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller;
use api::kernel::resource::write::Write;
use api::packages::rules::term_number;
use entity::instant::Instant;
use entity::packages::delivery;
use entity::packages::order_line;
use entity::packages::package::{self, PackageKind, PackageStatus, PackageUnit};
use entity::packages::package_order::{self, OrderStatus, SchoolTerm};
use entity::people::post::{self, PostFunding};
use entity::people::{person, post_holding};
use time::macros::{date, datetime};
use time::{Date, Duration};
use uuid::Uuid;

use super::Made;
use super::year::TODAY;
use crate::Outcome;
use crate::random::Random;

/// The orders of nine schools: of all hubs' schools some 200,000.
const ORDERS_OF_NINE: usize = 80;

/// The packages of a hub.
const PACKAGES: usize = 12;

/// The posts of a hub.
const POSTS: usize = 40;

/// The deliveries of the one school whose timeline is long.
const LONG: usize = 2_200;

/// The terms of the orders, the first and the last of nine.
const TERMS: [(&str, SchoolTerm, Date); 9] = [
    ("2023/24", SchoolTerm::Autumn, date!(2023 - 10 - 10)),
    ("2023/24", SchoolTerm::Spring, date!(2024 - 02 - 06)),
    ("2023/24", SchoolTerm::Summer, date!(2024 - 05 - 14)),
    ("2024/25", SchoolTerm::Autumn, date!(2024 - 10 - 08)),
    ("2024/25", SchoolTerm::Spring, date!(2025 - 02 - 04)),
    ("2024/25", SchoolTerm::Summer, date!(2025 - 05 - 13)),
    ("2025/26", SchoolTerm::Autumn, date!(2025 - 10 - 07)),
    ("2025/26", SchoolTerm::Spring, date!(2026 - 02 - 03)),
    ("2025/26", SchoolTerm::Summer, date!(2026 - 05 - 12)),
];

/// What was written for a hub.
pub struct Trade {
    /// The school whose timeline is long.
    pub long: Uuid,
    pub orders: usize,
    pub deliveries: usize,
}

/// Writes what a hub sells, in one transaction and without entries in the change log.
pub async fn write(state: &State, hub: &Made) -> Outcome<Trade> {
    let caller = Caller::system(state.clone(), hub.id);
    let rows = Rows::of(hub);
    let done = Write::value_of(&caller, async |write| {
        write.insert_rows::<package::Entity>(&rows.packages).await?;
        write.insert_rows::<package_order::Entity>(&rows.orders).await?;
        write.insert_rows::<order_line::Entity>(&rows.lines).await?;
        write.insert_rows::<delivery::Entity>(&rows.deliveries).await?;
        write.insert_rows::<person::Entity>(&rows.people).await?;
        write.insert_rows::<post::Entity>(&rows.posts).await?;
        write.insert_rows::<post_holding::Entity>(&rows.holdings).await?;
        Ok(())
    });
    done.await.map_err(|problem| problem.to_string())?;
    let long = hub.open.first().copied().ok_or("a hub without schools")?;
    Ok(Trade { long, orders: rows.orders.len(), deliveries: rows.deliveries.len() })
}

struct Rows {
    packages: Vec<package::Model>,
    orders: Vec<package_order::Model>,
    lines: Vec<order_line::Model>,
    deliveries: Vec<delivery::Model>,
    people: Vec<person::Model>,
    posts: Vec<post::Model>,
    holdings: Vec<post_holding::Model>,
}

/// The moment at which everything was entered.
fn entered() -> Instant {
    datetime!(2026-11-30 08:00 UTC).into()
}

impl Rows {
    fn of(hub: &Made) -> Self {
        let mut random = Random::new(super::SEED ^ (hub.open.len() as u64) << 8);
        let packages: Vec<_> = (1..=PACKAGES).map(|number| package(hub.id, number)).collect();
        let mut rows = Self {
            packages,
            orders: Vec::new(),
            lines: Vec::new(),
            deliveries: Vec::new(),
            people: Vec::new(),
            posts: Vec::new(),
            holdings: Vec::new(),
        };
        for (number, school) in hub.open.iter().enumerate() {
            // In nine schools as many as the constant says.
            let count = ORDERS_OF_NINE / 9 + usize::from(number % 9 < ORDERS_OF_NINE % 9);
            for order in 0..count {
                rows.order(hub.id, *school, order, &mut random);
            }
        }
        if let Some(line) = rows.lines.first().cloned() {
            let days = (0..LONG).map(|back| TODAY - Duration::hours(12 * i64::try_from(back).unwrap_or_default()));
            rows.deliveries.extend(days.map(|day| delivery(&line, day, 1)));
        }
        for number in 1..=POSTS {
            rows.post(hub.id, number, &mut random);
        }
        rows
    }

    /// An order of one line, delivered unless it is of the last term.
    fn order(&mut self, hub_id: Uuid, school_id: Uuid, number: usize, random: &mut Random) {
        let (academic_year, term, day) = TERMS[number % TERMS.len()];
        let term_number = term_number(academic_year, term).unwrap_or_default();
        let package = random.pick(&(0..PACKAGES).collect::<Vec<_>>());
        let package = &self.packages[package];
        let quantity = random.between(1, 4);
        let amount = i64::from(quantity) * package.price_pence.unwrap_or_default();
        let delivered = number % TERMS.len() < TERMS.len() - 1;
        let order = package_order::Model {
            hub_id,
            id: Uuid::now_v7(),
            version: 1,
            created_at: entered(),
            updated_at: entered(),
            archived_at: None,
            school_id,
            academic_year: academic_year.to_owned(),
            term,
            term_number,
            lines: Vec::new().into(),
            subsidies: Vec::new().into(),
            expires_on: Some(day - Duration::days(10)),
            purchase_order_number: None,
            note: None,
            external_ids: Vec::new().into(),
            status: if delivered { OrderStatus::Delivered } else { OrderStatus::Confirmed },
            status_reason: None,
            quoted_on: day - Duration::days(30),
            ordered_on: Some(day - Duration::days(20)),
            confirmed_on: Some(day - Duration::days(18)),
            delivered_on: delivered.then_some(day),
            handed_over_on: None,
            cancelled_on: None,
            requested_by_id: None,
            ordered_by_id: None,
            lines_pence: amount,
            subsidy_pence: 0,
            total_pence: amount,
            evaluation_score: None,
            evaluation_comment: None,
            evaluated_on: None,
            hand_over_id: None,
            search_key: String::new(),
        };
        let line = order_line::Model {
            hub_id,
            id: Uuid::now_v7(),
            version: 1,
            created_at: entered(),
            updated_at: entered(),
            archived_at: None,
            order_id: order.id,
            school_id,
            place: 1,
            package_id: Some(package.id),
            title: package.title.clone(),
            provider_id: None,
            academic_year: order.academic_year.clone(),
            term,
            term_number,
            quantity,
            amount_pence: amount,
        };
        if delivered {
            self.deliveries.push(delivery(&line, day, quantity));
        }
        self.orders.push(order);
        self.lines.push(line);
    }

    /// A post, and somebody who holds it but for one in ten.
    fn post(&mut self, hub_id: Uuid, number: usize, random: &mut Random) {
        let title = format!("Music leader {number}");
        let post = post::Model {
            hub_id,
            id: Uuid::now_v7(),
            version: 1,
            created_at: entered(),
            updated_at: entered(),
            archived_at: None,
            title_key: title.to_lowercase(),
            title,
            role_code: None,
            role_text: Some("Music leader".to_owned()),
            role_key: "music leader".to_owned(),
            fte_hundredths: random.pick(&[40, 60, 80, 100]),
            funding_source: None,
            funding: random.pick(&[PostFunding::Core, PostFunding::Traded]),
            provider_id: None,
            territory: None,
            tentative: false,
            from_on: date!(2016 - 09 - 01),
            to_on: None,
            note: None,
            search_key: String::new(),
        };
        if random.happens(90) {
            let person = super::year::person(hub_id, 1_000 + number);
            self.holdings.push(post_holding::Model {
                hub_id,
                id: Uuid::now_v7(),
                version: 1,
                created_at: entered(),
                updated_at: entered(),
                archived_at: None,
                post_id: post.id,
                person_id: person.id,
                from_on: post.from_on,
                to_on: None,
                end_reason: None,
            });
            self.people.push(person);
        }
        self.posts.push(post);
    }
}

fn package(hub_id: Uuid, number: usize) -> package::Model {
    let (code, title) = (format!("PK-{number}"), format!("Package {number}"));
    package::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        code_key: code.to_lowercase(),
        code,
        title_key: title.to_lowercase(),
        title,
        kind: PackageKind::LeadershipSupport,
        phases: Vec::new().into(),
        description: None,
        price_pence: Some(12_000 + 500 * i64::try_from(number).unwrap_or_default()),
        price_bands: Vec::new().into(),
        vat_code: "S".to_owned(),
        unit: PackageUnit::Visit,
        capacity_per_term: Some(2_000),
        working_group_id: None,
        lead_ids: Vec::new().into(),
        framework_ids: Vec::new().into(),
        resource_ids: Vec::new().into(),
        status: PackageStatus::Live,
        status_reason: None,
        search_key: String::new(),
    }
}

fn delivery(line: &order_line::Model, day: Date, units: i32) -> delivery::Model {
    delivery::Model {
        hub_id: line.hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        order_line_id: line.id,
        order_id: line.order_id,
        school_id: line.school_id,
        package_id: line.package_id,
        delivered_on: day,
        person_id: None,
        provider_id: None,
        hours: Some(2.0),
        units,
        note: None,
        search_key: String::new(),
    }
}

//! What a hub asks about what it sells, about its people, and about one school: alone, and among all hubs of England.

use std::time::{Duration, Instant};

use super::asked::{Measured, Question, compared, measured};
use crate::Outcome;
use crate::database::Database;
use crate::http::{Reply, request};
use crate::national::trade::{self, Trade};
use crate::national::year::{self, TODAY};
use crate::national::{self, HUBS};
use crate::program::{Account, Program};
use crate::table::{count, figure};

/// Which hub is asked: the largest of the ordinary ones, after the one that is larger than any.
const ASKED: usize = 1;

/// How many entries a page of the long timeline has, so that there are 200 pages.
const PAGE: usize = 10;

/// The scopes of the caller.
const SCOPES: [&str; 8] = [
    "schools:read",
    "visits:read",
    "frameworks:read",
    "ratings:read",
    "reports:read",
    "packages:read",
    "people:read",
    "outcomes:read",
];

/// Measures on a database of its own.
pub async fn measure(program: &Program, database: &Database, length: Duration) -> Outcome {
    let began = Instant::now();
    let state = national::state(database.url()).await?;
    let mut hubs = national::hubs();
    let asked = hubs.remove(ASKED).write(&state).await?;
    let years = year::write(&state, &asked).await?;
    let own = trade::write(&state, &asked).await?;
    database.settle().await?;
    let account = program.add_client(database.url(), &asked.slug, &SCOPES)?;
    let alone = questions(program, database, &account, &own, length).await?;

    let entries = |years: &year::Year, trade: &Trade| {
        years.visits + years.evaluations + years.ratings + trade.orders + trade.deliveries
    };
    let (mut schools, mut orders, mut rows) = (asked.open.len(), own.orders, entries(&years, &own));
    for hub in hubs {
        let made = hub.write(&state).await?;
        let years = year::write(&state, &made).await?;
        let trade = trade::write(&state, &made).await?;
        schools += made.open.len();
        orders += trade.orders;
        rows += entries(&years, &trade);
    }
    state.db.close().await;
    database.settle().await?;
    let took = began.elapsed();
    let among_all = questions(program, database, &account, &own, length).await?;
    let whole = |number: usize| figure(count(number as u64), 0);
    let title = format!(
        "A hub of {} open schools with {} orders: alone, and among {HUBS} hubs with {} open schools, {} orders and {} \
         entries of timelines",
        whole(asked.open.len()),
        whole(own.orders),
        whole(schools),
        whole(orders),
        whole(rows),
    );
    compared(title, &alone, &among_all, length, took).print();
    Ok(())
}

/// Asks a freshly started service everything.
async fn questions(
    program: &Program,
    database: &Database,
    account: &Account,
    trade: &Trade,
    length: Duration,
) -> Outcome<Measured> {
    let service = program.serve(database.url(), database.folder())?;
    let token = account.sign_in(&service).await?;
    let timeline = format!("/schools/{}/timeline?limit={PAGE}", trade.long);
    let mut last = timeline.clone();
    for _ in 1..200 {
        let asked = request("GET", &format!("/api/v1{last}"), Some(&token), None);
        let mut reply = Reply::default();
        service.connect().await?.exchange(&asked, &mut reply).await?;
        reply.expect(200)?;
        let page = reply.json()?;
        let cursor = page["next_cursor"].as_str().ok_or("a timeline of less than 200 pages")?;
        last = format!("{timeline}&cursor={cursor}");
    }
    let report = |path: &str| vec![format!("/reports/{path}as_at={TODAY}")];
    let asked: [Question; 8] = [
        ("timeline of a school, page 1", vec![timeline]),
        ("timeline of a school, page 200", vec![last]),
        ("income by package", report("income?by=package&")),
        ("income by area", report("income?by=area&")),
        ("what schools bought", report("purchases?")),
        ("capacity at a date", report("capacity?")),
        ("orders, page 1, 50 items", vec!["/orders?limit=50".to_owned()]),
        ("deliveries, page 1, 50 items", vec!["/deliveries?limit=50".to_owned()]),
    ];
    measured(&service, &token, asked, length).await
}

//! What a hub asks about its years of visits, evaluations and ratings: alone, and among all hubs of England.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::asked::{Measured, Question, compared, measured};
use crate::Outcome;
use crate::database::Database;
use crate::national::year::{self, TODAY, Year};
use crate::national::{self, HUBS, Made};
use crate::program::{Account, Program};
use crate::table::{count, figure};

/// Which hub is asked: the largest of the ordinary ones, after the one that is larger than any.
const ASKED: usize = 1;

/// The scopes of the caller.
const SCOPES: [&str; 5] = ["schools:read", "visits:read", "frameworks:read", "ratings:read", "reports:read"];

/// Measures on a database of its own.
pub async fn measure(program: &Program, database: &Database, length: Duration) -> Outcome {
    let began = Instant::now();
    let state = national::state(database.url()).await?;
    let mut hubs = national::hubs();
    let asked = hubs.remove(ASKED).write(&state).await?;
    let years = year::write(&state, &asked).await?;
    database.settle().await?;
    let account = program.add_client(database.url(), &asked.slug, &SCOPES)?;
    let alone = questions(program, database, &account, &years, length).await?;

    let (mut schools, mut visits, mut evaluations) = (asked.open.len(), years.visits, years.evaluations);
    for hub in hubs {
        let made: Made = hub.write(&state).await?;
        let years = year::write(&state, &made).await?;
        schools += made.open.len();
        visits += years.visits;
        evaluations += years.evaluations;
    }
    state.db.close().await;
    database.settle().await?;
    let took = began.elapsed();
    let among_all = questions(program, database, &account, &years, length).await?;

    let whole = |number: usize| figure(count(number as u64), 0);
    let title = format!(
        "A hub of {} open schools with {} visits and {} evaluations: alone, and among {HUBS} hubs with {} open \
         schools, {} visits and {} evaluations",
        whole(asked.open.len()),
        whole(years.visits),
        whole(years.evaluations),
        whole(schools),
        whole(visits),
        whole(evaluations),
    );
    compared(title, &alone, &among_all, length, took).print();
    Ok(())
}

/// Asks a freshly started service everything.
async fn questions(
    program: &Program,
    database: &Database,
    account: &Account,
    years: &Year,
    length: Duration,
) -> Outcome<Measured> {
    let service = program.serve(database.url(), database.folder())?;
    let token = account.sign_in(&service).await?;
    let by_id = |id: &Uuid| format!("/visits/{id}");
    let visits: Vec<String> = years.some_visits.iter().map(by_id).collect();
    let schools: Vec<String> = years.some_schools.iter().map(|id| format!("/schools/{id}")).collect();
    let questions: [Question; 9] = [
        ("coverage by area", vec![format!("/reports/visit-coverage?by=area&as_at={TODAY}")]),
        ("coverage by specialist", vec![format!("/reports/visit-coverage?by=specialist&as_at={TODAY}")]),
        ("rating spread by area", vec![format!("/reports/rating-spread?by=area&as_at={TODAY}")]),
        ("visits due", vec![format!("/reports/visit-due?as_at={TODAY}")]),
        ("visits, page 1, 50 items", vec!["/visits?sort=-starts_at&limit=50".to_owned()]),
        ("a visit by id", visits),
        ("evaluations, page 1, 50 items", vec!["/evaluations?limit=50".to_owned()]),
        ("a school by id", schools),
        ("schools, page 1, 50 items", vec!["/schools?sort=name&limit=50".to_owned()]),
    ];
    measured(&service, &token, questions, length).await
}

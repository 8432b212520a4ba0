//! What a hub asks about its years of visits, evaluations and ratings: alone, and among all hubs of England.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::Outcome;
use crate::database::Database;
use crate::http::{Reply, request};
use crate::load::{Askers, InTurn, round};
use crate::national::year::{self, TODAY, Year};
use crate::national::{self, HUBS, Made};
use crate::program::{Account, Memory, Program};
use crate::table::{Table, count, figure, median, megabytes, milliseconds, seconds};

/// Rounds of each question.
const ROUNDS: usize = 5;

/// Which hub is asked: the largest of the ordinary ones, after the one that is larger than any.
const ASKED: usize = 1;

/// The scopes of the caller.
const SCOPES: [&str; 5] = ["schools:read", "visits:read", "frameworks:read", "ratings:read", "reports:read"];

/// A question, with how long its replies took in a round.
struct Asked {
    name: &'static str,
    bytes: usize,
    /// In microseconds, the median of each round.
    medians: Vec<f64>,
    longest: u64,
}

/// Measures on a database of its own.
pub async fn measure(program: &Program, database: &Database, length: Duration) -> Outcome {
    let began = Instant::now();
    let state = national::state(database.url()).await?;
    let mut hubs = national::hubs();
    let asked = hubs.remove(ASKED).write(&state).await?;
    let years = year::write(&state, &asked).await?;
    database.settle().await?;
    let account = program.add_client(database.url(), &asked.slug, &SCOPES)?;
    let (alone, memory_alone) = questions(program, database, &account, &years, length).await?;

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
    let (among_all, memory) = questions(program, database, &account, &years, length).await?;

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
    let columns = ["question", "bytes", "alone: median ms", "max ms", "among all: median ms", "max ms", "ratio"];
    let mut table = Table::new(title, 1, &columns);
    for (alone, all) in alone.iter().zip(&among_all) {
        let typical = [median(&alone.medians), median(&all.medians)];
        table.row([
            all.name.to_owned(),
            figure(count(all.bytes as u64), 0),
            figure(typical[0] / 1e3, 2),
            milliseconds(alone.longest),
            figure(typical[1] / 1e3, 2),
            milliseconds(all.longest),
            figure(typical[1] / typical[0], 2),
        ]);
    }
    table.note(format!(
        "One connection, {ROUNDS} rounds of {} s each. Written in {} s, measured with it. Memory of the service, held \
         and at most: alone {} and {} MB,",
        length.as_secs(),
        seconds(took),
        megabytes(memory_alone.now),
        megabytes(memory_alone.peak),
    ));
    table.note(format!("among all {} and {} MB.", megabytes(memory.now), megabytes(memory.peak)));
    table.print();
    Ok(())
}

/// Asks a freshly started service everything.
async fn questions(
    program: &Program,
    database: &Database,
    account: &Account,
    years: &Year,
    length: Duration,
) -> Outcome<(Vec<Asked>, Memory)> {
    let service = program.serve(database.url(), database.folder())?;
    let token = account.sign_in(&service).await?;
    let by_id = |id: &Uuid| format!("/visits/{id}");
    let visits: Vec<String> = years.some_visits.iter().map(by_id).collect();
    let schools: Vec<String> = years.some_schools.iter().map(|id| format!("/schools/{id}")).collect();
    let questions: [(&'static str, Vec<String>); 9] = [
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
    let mut asked = Vec::new();
    for (name, paths) in questions {
        let requests: Vec<Vec<u8>> =
            paths.iter().map(|path| request("GET", &format!("/api/v1{path}"), Some(&token), None)).collect();
        let mut reply = Reply::default();
        service.connect().await?.exchange(&requests[0], &mut reply).await?;
        reply.expect(200)?;
        let mut askers: Askers<'_> = vec![Box::new(InTurn::new(requests))];
        let (mut medians, mut longest) = (Vec::new(), 0);
        for number in 0..=ROUNDS {
            let done = round(&service, &mut askers, length).await?;
            // The first does not count.
            if number > 0 {
                medians.push(count(done.latencies.value_at_quantile(0.5)));
                longest = longest.max(done.latencies.max());
            }
        }
        asked.push(Asked { name, bytes: reply.body.len(), medians, longest });
    }
    Ok((asked, service.memory()))
}

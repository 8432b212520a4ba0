//! Reads and writes by the service, and by bare handlers that issue the same statements.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Bench;
use crate::Outcome;
use crate::http::{Reply, request, request_with};
use crate::load::{Asker, Askers, CONNECTIONS, InTurn, Round, round};
use crate::national::Made;
use crate::program::{Account, Process, serve_bare};
use crate::table::{Table, count, figure, median, milliseconds, spread};

/// Rounds of each side.
const ROUNDS: usize = 5;

/// Items of the pages that are walked to.
const PAGE: usize = 20;

/// Both sides answer alike but for these.
const APART: [&str; 3] = ["version", "updated_at", "note"];

/// The service, or the bare handlers in its place.
struct Side<'a> {
    process: &'a Process,
    /// The address of a hub's schools.
    schools: String,
    token: Option<String>,
}

impl Side<'_> {
    fn get(&self, rest: &str) -> Vec<u8> {
        request("GET", &format!("{}{rest}", self.schools), self.token.as_deref(), None)
    }

    fn patch(&self, id: Uuid, version: i64, note: &str) -> Vec<u8> {
        let path = format!("{}/{id}", self.schools);
        let body = json!({ "note": note }).to_string();
        let lines = format!("If-Match: \"{version}\"\r\n");
        let content = ("application/merge-patch+json", body.as_bytes());
        request_with("PATCH", &path, self.token.as_deref(), &lines, Some(content))
    }

    async fn ask(&self, request: &[u8]) -> Outcome<Reply> {
        let mut reply = Reply::default();
        self.process.connect().await?.exchange(request, &mut reply).await?;
        reply.expect(200)?;
        Ok(reply)
    }

    /// The query of page 1,000, reached by walking: 111 pages of 180 items are 999 of 20.
    async fn page_1000(&self) -> Outcome<String> {
        let mut cursor = String::new();
        for _ in 0..111 {
            let page = self.ask(&self.get(&format!("?sort=name&limit=180{cursor}"))).await?.json()?;
            let next = page["next_cursor"].as_str().ok_or("the list ended before page 1,000")?;
            cursor = format!("&cursor={next}");
        }
        Ok(format!("?sort=name&limit={PAGE}{cursor}"))
    }
}

/// The service and the bare handlers before the schools of one hub.
struct Both<'a>([Side<'a>; 2]);

impl<'a> Both<'a> {
    async fn of(hub: &Made, account: &Account, service: &'a Process, bare: &'a Process) -> Outcome<Self> {
        let token = Some(account.sign_in(service).await?);
        let service = Side { process: service, schools: "/api/v1/schools".to_owned(), token };
        let bare = Side { process: bare, schools: format!("/hubs/{}/schools", hub.id), token: None };
        Ok(Self([service, bare]))
    }

    /// Refuses to compare what is not alike. Gives the size of the service's reply.
    async fn compare(&self, requests: [Vec<u8>; 2]) -> Outcome<usize> {
        let [service, bare] = &self.0;
        let (service, bare) = (service.ask(&requests[0]).await?, bare.ask(&requests[1]).await?);
        if alike(service.json()?) == alike(bare.json()?) {
            return Ok(service.body.len());
        }
        Err(format!("the bare handler answers otherwise: {} and {}", service.told(), bare.told()))
    }

    /// The same requests of both sides, for as many connections as load them.
    fn askers(&self, rests: &[String]) -> [Askers<'static>; 2] {
        self.0.each_ref().map(|side| {
            let share = |connection: usize| rests.iter().skip(connection % rests.len()).step_by(CONNECTIONS);
            let asker = |connection| -> Box<dyn Asker> {
                Box::new(InTurn::new(share(connection).map(|rest| side.get(rest)).collect()))
            };
            (0..CONNECTIONS).map(asker).collect()
        })
    }
}

/// What both sides have to agree on: the items of a page, or the fields of an item.
fn alike(mut reply: Value) -> Value {
    if let Some(fields) = reply.as_object_mut() {
        for name in APART {
            fields.shift_remove(name);
        }
        if let Some(items) = fields.shift_remove("items") {
            return items;
        }
    }
    reply
}

/// Changes schools of its own one after another, each from the version that it has. Both sides
/// change the same ones, in turn.
struct Changes<'a> {
    side: &'a Side<'a>,
    rows: Rc<RefCell<Rows>>,
    request: Vec<u8>,
}

struct Rows {
    schools: Vec<(Uuid, i64)>,
    /// How many changes there were.
    done: usize,
}

impl Rows {
    fn current(&mut self) -> &mut (Uuid, i64) {
        let now = self.done % self.schools.len();
        &mut self.schools[now]
    }
}

impl Asker for Changes<'_> {
    fn ask(&mut self) -> &[u8] {
        let mut rows = self.rows.borrow_mut();
        let note = format!("Looked at {} times", rows.done + 1);
        let (id, version) = *rows.current();
        self.request = self.side.patch(id, version, &note);
        &self.request
    }

    fn answered(&mut self, reply: &Reply) {
        let mut rows = self.rows.borrow_mut();
        let version = reply.header("etag").and_then(|tag| tag.trim_matches('"').parse().ok());
        let row = rows.current();
        row.1 = version.unwrap_or(row.1 + 1);
        rows.done += 1;
    }
}

/// One operation, measured.
struct Measured {
    name: &'static str,
    bytes: usize,
    /// The rounds of the service and of the bare handlers.
    rounds: [Vec<Round>; 2],
}

impl Measured {
    /// Asks both sides in turn, after a short round of each that does not count.
    async fn of(
        name: &'static str,
        bytes: usize,
        bench: &Bench<'_>,
        both: &Both<'_>,
        mut askers: [Askers<'_>; 2],
    ) -> Outcome<Self> {
        let mut rounds = [Vec::new(), Vec::new()];
        for number in 0..=ROUNDS {
            for ((side, askers), rounds) in both.0.iter().zip(&mut askers).zip(&mut rounds) {
                let length = if number == 0 { bench.round / 3 } else { bench.round };
                let done = round(side.process, askers, length).await?;
                if number > 0 {
                    rounds.push(done);
                }
            }
        }
        Ok(Self { name, bytes, rounds })
    }

    fn tell(&self, table: &mut Table) {
        let rate = |round: &Round| count(round.requests) / round.elapsed.as_secs_f64();
        let rates = self.rounds.each_ref().map(|rounds| rounds.iter().map(rate).collect::<Vec<f64>>());
        for ((side, rounds), rates) in ["service", "bare"].into_iter().zip(&self.rounds).zip(&rates) {
            let quantile = |at: f64| {
                let each: Vec<f64> = rounds.iter().map(|round| count(round.latencies.value_at_quantile(at))).collect();
                figure(median(&each) / 1e3, 2)
            };
            let longest = rounds.iter().map(|round| round.latencies.max()).max().unwrap_or(0);
            let used = rounds.iter().map(|round| round.processor_time.as_secs_f64() * 1e6 / count(round.requests));
            let first = side == "service";
            let cells = [
                if first { self.name.to_owned() } else { String::new() },
                if first { figure(count(self.bytes as u64), 0) } else { String::new() },
                side.to_owned(),
                spread(rates, 0),
                quantile(0.5),
                quantile(0.99),
                milliseconds(longest),
                figure(median(&used.collect::<Vec<f64>>()), 0),
            ];
            table.row(cells);
        }
        let ratios: Vec<f64> = rates[0].iter().zip(&rates[1]).map(|(service, bare)| service / bare).collect();
        table.row([String::new(), String::new(), "ratio".to_owned(), spread(&ratios, 2)]);
    }
}

pub async fn measure(bench: &Bench<'_>) -> Outcome {
    let url = bench.database.url();
    let scopes = ["schools:read", "schools:write"];
    let largest = &bench.hubs[0];
    let account = bench.program.add_client(url, &largest.slug, &scopes)?;
    let wide_account = bench.program.add_client(url, &bench.country.slug, &scopes)?;
    let (service, bare) = (bench.serve()?, serve_bare(url, bench.database.folder())?);

    let mut measured = Vec::new();
    {
        let both = Both::of(largest, &account, &service, &bare).await?;
        let ids: Vec<String> = largest.open.iter().map(|id| format!("/{id}")).collect();
        measured.push(get(bench, &both, "GET a school by id", &ids).await?);
        measured.push(get(bench, &both, "GET page 1, 50 items", &["?sort=name&limit=50".to_owned()]).await?);
    }
    {
        let both = Both::of(&bench.country, &wide_account, &service, &bare).await?;
        measured.push(get(bench, &both, "GET page 1, 20 items", &[format!("?sort=name&limit={PAGE}")]).await?);
        let [wide, wide_bare] = &both.0;
        let pages = [wide.page_1000().await?, wide_bare.page_1000().await?];
        let bytes = both.compare([wide.get(&pages[0]), wide_bare.get(&pages[1])]).await?;
        let asker = |side: &Side<'_>, page: &String| -> Askers<'_> {
            (0..CONNECTIONS).map(|_| -> Box<dyn Asker> { Box::new(InTurn::new(vec![side.get(page)])) }).collect()
        };
        let askers = [asker(wide, &pages[0]), asker(wide_bare, &pages[1])];
        measured.push(Measured::of("GET page 1,000, 20 items", bytes, bench, &both, askers).await?);
    }
    {
        let both = Both::of(largest, &account, &service, &bare).await?;
        measured.push(patch(bench, &both, &largest.open).await?);
    }

    let title = format!(
        "Reads and writes: {CONNECTIONS} connections, each asking again as soon as it has its reply; {ROUNDS} rounds \
         of {} s of each side, in turn",
        bench.round.as_secs(),
    );
    let columns = ["operation", "bytes", "side", "req/s: median (least–most)", "p50 ms", "p99 ms", "max ms", "CPU µs"];
    let mut table = Table::new(title, 3, &columns);
    for one in &measured {
        one.tell(&mut table);
    }
    table.note("Only the ratios may be carried over to another machine: the rates are this one's, which the service,");
    table.note("the database and the load generator share. CPU: of the side's own process, for one request.");
    table.note(format!(
        "Pages of {PAGE} come from a hub with {} schools, page 1,000 by the cursor found by walking there. The rest \
         is",
        figure(count(super::COUNTRY as u64), 0),
    ));
    table.note(
        "the largest hub's of the national set. PATCH changes one field, with If-Match, each time of another row.",
    );
    table.note(
        "Bare: the service's statements, pools, workers and allocator; no token, no rights, no form, no log line.",
    );
    table.print();
    Ok(())
}

/// Measures requests that both sides answer alike.
async fn get(bench: &Bench<'_>, both: &Both<'_>, name: &'static str, rests: &[String]) -> Outcome<Measured> {
    let bytes = both.compare(both.0.each_ref().map(|side| side.get(&rests[0]))).await?;
    Measured::of(name, bytes, bench, both, both.askers(rests)).await
}

/// Measures changes of one field, of another school each time.
async fn patch(bench: &Bench<'_>, both: &Both<'_>, schools: &[Uuid]) -> Outcome<Measured> {
    let [service, bare] = &both.0;
    // The last one is not among those that are changed under load.
    let (last, schools) = schools.split_last().ok_or("the hub has no open school")?;
    let requests = [service.patch(*last, 1, "Looked at once"), bare.patch(*last, 2, "Looked at twice")];
    let bytes = both.compare(requests).await?;
    let share = |connection| {
        let schools = schools.iter().skip(connection).step_by(CONNECTIONS).map(|id| (*id, 1));
        Rc::new(RefCell::new(Rows { schools: schools.collect(), done: 0 }))
    };
    let shares: Vec<_> = (0..CONNECTIONS).map(share).collect();
    let askers = both.0.each_ref().map(|side| {
        let asker = |rows: &Rc<RefCell<Rows>>| -> Box<dyn Asker + '_> {
            Box::new(Changes { side, rows: rows.clone(), request: Vec::new() })
        };
        shares.iter().map(asker).collect()
    });
    Measured::of("PATCH a school", bytes, bench, both, askers).await
}

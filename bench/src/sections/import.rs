//! Imports of the register, and what others notice of them.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::Bench;
use crate::http::{Connection, Reply, request, request_with};
use crate::load::{InTurn, Stream, stream};
use crate::program::{Account, Process};
use crate::table::{Table, count, figure, megabytes, milliseconds, seconds};
use crate::{Outcome, register};

const ROWS: usize = 50_000;

/// The local authority of all rows.
const LA_CODE: &str = "995";

/// Requests a second of each of the streams that run beside an import.
const PACE: u32 = 20;

/// Schools of the importing hub that are not in the file.
const OTHERS: usize = 20;

/// How often it is asked how far the import is.
const LOOK: Duration = Duration::from_millis(50);

/// An import that has not ended by then never will.
const PATIENCE: Duration = Duration::from_mins(10);

const SCOPES: [&str; 5] = ["schools:read", "schools:write", "exchange:read", "exchange:write", "imports:write"];

/// The hub that imports, and one that does not.
struct Hubs<'a> {
    account: Account,
    /// Its schools that are not in the file.
    schools: Vec<Uuid>,
    other_account: &'a Account,
    other_schools: &'a [Uuid],
}

/// An import that came to its end.
pub struct Imported {
    /// How long the file took on its way.
    upload: Duration,
    pub whole: Duration,
    /// What the job said it was doing, and for how long.
    pub phases: Vec<(String, Duration)>,
    pub job: Value,
}

pub async fn measure(bench: &Bench<'_>, data: &Path) -> Outcome {
    let url = bench.database.url();
    let other = &bench.hubs[0];
    let other_account = bench.program.add_client(url, &other.slug, &SCOPES)?;
    let file = register::file(data, LA_CODE, ROWS)?;
    let title = format!(
        "Imports of {} rows of the register ({} MB, {}), each by a freshly started service",
        figure(count(ROWS as u64), 0),
        megabytes(file.bytes.len() as u64),
        file.origin,
    );
    let mut imports =
        Table::new(title, 3, &["mode", "run", "result", "upload s", "whole s", "rows/s", "peak MB", "in each state s"]);
    let mut streams = Table::new(
        format!("Meanwhile: streams of {PACE} requests a second each"),
        3,
        &["mode", "run", "request", "requests", "refused", "p50 ms", "p99 ms", "max ms"],
    );
    let mut refusals = Vec::new();
    for mode in ["each", "atomic"] {
        let slug = format!("import-{mode}");
        bench.program.run(url, &["hub", "add", "--slug", &slug, "--name", "Import", "--la", LA_CODE], "")?;
        let account = bench.program.add_client(url, &slug, &SCOPES)?;
        let schools = make_schools(&bench.serve()?, &account).await?;
        let hubs = Hubs { account, schools, other_account: &other_account, other_schools: &other.open };
        for run in ["first", "again"] {
            let service = bench.serve()?;
            let (done, beside) = import(&service, &hubs, mode, &file.bytes).await?;
            let peak = service.memory().peak;
            let rate = count(ROWS as u64) / done.whole.as_secs_f64();
            let phases = done.phases.iter().map(|(state, took)| format!("{state} {}", seconds(*took)));
            imports.row([
                mode.to_owned(),
                run.to_owned(),
                result(&done.job),
                seconds(done.upload),
                seconds(done.whole),
                figure(rate, 0),
                megabytes(peak),
                phases.collect::<Vec<_>>().join(", "),
            ]);
            for (name, stream) in beside {
                let quantile = |at: f64| milliseconds(stream.latencies.value_at_quantile(at));
                streams.row([
                    mode.to_owned(),
                    run.to_owned(),
                    name.to_owned(),
                    stream.latencies.len().to_string(),
                    stream.refused.to_string(),
                    quantile(0.5),
                    quantile(0.99),
                    milliseconds(stream.latencies.max()),
                ]);
                refusals.extend(stream.first_refusal.map(|refusal| format!("refused {name}: {refusal}")));
            }
        }
    }
    imports
        .note("Bounds: whole < 10 s, peak (VmHWM) < 150 MB. Whole: from the first byte sent until the job has ended.");
    imports.print();
    streams.note(
        "Bound: p99 of a small write < 300 ms. A request that waits for the one before counts from when it was due.",
    );
    for refusal in refusals {
        streams.note(refusal);
    }
    streams.print();
    Ok(())
}

/// Makes schools by the API that no register knows.
async fn make_schools(service: &Process, account: &Account) -> Outcome<Vec<Uuid>> {
    let token = account.sign_in(service).await?;
    let mut connection = service.connect().await?;
    let mut reply = Reply::default();
    let mut made = Vec::new();
    for number in 0..OTHERS {
        let form = serde_json::json!({
            "kind": "school", "name": format!("Unlisted School {number}"), "phase": "primary", "status": "open",
        });
        let content = ("application/json", form.to_string().into_bytes());
        let request = request("POST", "/api/v1/schools", Some(&token), Some((content.0, &content.1)));
        connection.exchange(&request, &mut reply).await?;
        reply.expect(201)?;
        made.extend(reply.json()?["id"].as_str().and_then(|id| Uuid::parse_str(id).ok()));
    }
    Ok(made)
}

/// Imports while others read and write.
async fn import(
    service: &Process,
    hubs: &Hubs<'_>,
    mode: &str,
    file: &[u8],
) -> Outcome<(Imported, Vec<(&'static str, Stream)>)> {
    let token = hubs.account.sign_in(service).await?;
    let other_token = hubs.other_account.sign_in(service).await?;
    let over = Cell::new(None);
    let importing = async {
        let done = run(service, &token, "gias-register", mode, file).await;
        over.set(Some(tokio::time::Instant::now()));
        done
    };
    let mut writes = InTurn::new(changes(&token, &hubs.schools));
    let mut other_writes = InTurn::new(changes(&other_token, hubs.other_schools));
    let mut reads = InTurn::new(
        hubs.other_schools
            .iter()
            .map(|id| request("GET", &format!("/api/v1/schools/{id}"), Some(&other_token), None))
            .collect(),
    );
    let (done, writes, other_writes, reads) = tokio::try_join!(
        importing,
        stream(service, &mut writes, PACE, &over),
        stream(service, &mut other_writes, PACE, &over),
        stream(service, &mut reads, PACE, &over),
    )?;
    let beside =
        vec![("PATCH in the same hub", writes), ("PATCH in another hub", other_writes), ("GET in another hub", reads)];
    Ok((done, beside))
}

/// Changes of schools in turn, of any version; each differs from the one before.
fn changes(token: &str, schools: &[Uuid]) -> Vec<Vec<u8>> {
    let bodies = [r#"{"note":"Looked at again"}"#, r#"{"note":null}"#];
    let change = |body: &'static str| {
        schools.iter().map(move |id| {
            let content = ("application/merge-patch+json", body.as_bytes());
            let path = format!("/api/v1/schools/{id}");
            request_with("PATCH", &path, Some(token), "If-Match: *\r\n", Some(content))
        })
    };
    bodies.into_iter().flat_map(change).collect()
}

/// Sends the file and waits for the end of its import.
pub async fn run(service: &Process, token: &str, source: &str, mode: &str, file: &[u8]) -> Outcome<Imported> {
    let mut connection = service.connect().await?;
    let mut reply = Reply::default();
    let path = format!("/api/v1/imports?source={source}&mode={mode}&dry_run=false");
    let send = request("POST", &path, Some(token), Some(("text/csv", file)));
    let began = Instant::now();
    connection.exchange(&send, &mut reply).await?;
    let upload = began.elapsed();
    reply.expect(202)?;
    let place = reply.header("location").ok_or_else(|| format!("no Location: {}", reply.told()))?.to_owned();
    drop(send);
    let job = wait(&mut connection, &place, token, began).await?;
    let state = job.0["state"].as_str().unwrap_or_default();
    if state != "finished" {
        return Err(format!("the import ended as {state}: {}", job.0));
    }
    Ok(Imported { upload, whole: began.elapsed(), phases: job.1, job: job.0 })
}

/// Looks at the job until it has ended, and at what it says it does meanwhile.
async fn wait(
    connection: &mut Connection,
    place: &str,
    token: &str,
    began: Instant,
) -> Outcome<(Value, Vec<(String, Duration)>)> {
    let look = request("GET", place, Some(token), None);
    let mut reply = Reply::default();
    let mut phases: Vec<(String, Duration)> = Vec::new();
    let mut last = Instant::now();
    while began.elapsed() < PATIENCE {
        connection.exchange(&look, &mut reply).await?;
        reply.expect(200)?;
        let job = reply.json()?;
        let state = job["state"].as_str().unwrap_or_default().to_owned();
        let took = last.elapsed();
        last += took;
        match phases.last_mut() {
            Some((same, sum)) if *same == state => *sum += took,
            _ => phases.push((state.clone(), took)),
        }
        if matches!(state.as_str(), "finished" | "failed" | "cancelled") {
            phases.pop();
            return Ok((job, phases));
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(format!("the import has not ended after {PATIENCE:?}: {}", reply.told()))
}

/// The job's counts that are not zero.
pub fn result(job: &Value) -> String {
    let counts =
        ["read", "created", "updated", "unchanged", "rejected", "out_of_area", "missing_from_source", "implied"];
    let told = counts.iter().filter_map(|name| {
        let number = job[*name].as_u64().filter(|number| *number > 0)?;
        Some(format!("{} {}", figure(count(number), 0), name.replace('_', " ")))
    });
    told.collect::<Vec<_>>().join(", ")
}

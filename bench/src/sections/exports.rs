//! Exports of a large hub's schools, and what of the memory they take.

use std::time::Instant;

use super::{Bench, COUNTRY};
use crate::Outcome;
use crate::http::{Reply, request};
use crate::table::{Table, count, figure, megabytes, seconds};

const FORMATS: [&str; 3] = ["csv", "ndjson", "xlsx"];

pub async fn measure(bench: &Bench<'_>) -> Outcome {
    let scopes = ["schools:read", "exchange:read"];
    let account = bench.program.add_client(bench.database.url(), &bench.country.slug, &scopes)?;
    let schools = count(COUNTRY as u64);
    let mut table = Table::new(
        format!("Exports of {} schools, each by a freshly started service", figure(schools, 0)),
        1,
        &["format", "s", "schools/s", "MB", "memory before MB", "peak MB", "growth MB"],
    );
    for format in FORMATS {
        let service = bench.serve()?;
        let token = account.sign_in(&service).await?;
        let mut connection = service.connect().await?;
        let mut reply = Reply::default();
        // What the first list takes is not the export's.
        connection.exchange(&request("GET", "/api/v1/schools?limit=200", Some(&token), None), &mut reply).await?;
        reply.expect(200)?;

        let export = request("GET", &format!("/api/v1/schools/export?format={format}"), Some(&token), None);
        let before = service.memory().now;
        let began = Instant::now();
        let (mut bytes, mut lines, mut first) = (0_u64, 0, Vec::new());
        let take = |piece: &[u8]| {
            bytes += piece.len() as u64;
            lines += piece.split(|byte| *byte == b'\n').count() - 1;
            if first.len() < 1_000 {
                first.extend_from_slice(piece);
            }
        };
        connection.stream(&export, &mut reply, take).await?;
        let took = began.elapsed();
        if reply.status != 200 {
            reply.body = first;
            reply.expect(200)?;
        }
        if format != "xlsx" && lines < COUNTRY {
            return Err(format!("the export as {format} has {lines} lines for {COUNTRY} schools"));
        }
        let peak = service.memory().peak;
        let rate = schools / took.as_secs_f64();
        let growth = peak.saturating_sub(before);
        let cells = [seconds(took), figure(rate, 0), megabytes(bytes), megabytes(before), megabytes(peak)];
        table.row([format.to_owned()].into_iter().chain(cells).chain([megabytes(growth)]));
    }
    table.note("Memory: what the process holds (VmRSS) after one page of a list, and the most it held (VmHWM).");
    table.print();
    Ok(())
}

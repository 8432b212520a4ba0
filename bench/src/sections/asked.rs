//! Questions asked one after the other, of a hub that is alone and of the same hub among all.

use std::time::Duration;

use crate::Outcome;
use crate::http::{Reply, request};
use crate::load::{Askers, InTurn, round};
use crate::program::{Memory, Process};
use crate::table::{Table, count, figure, median, megabytes, milliseconds, seconds};

/// Rounds of each question.
const ROUNDS: usize = 5;

/// A question: its name, and the addresses that are asked in turn.
pub type Question = (&'static str, Vec<String>);

/// A question, with how long its replies took in a round.
struct Asked {
    name: &'static str,
    bytes: usize,
    /// In microseconds, the median of each round.
    medians: Vec<f64>,
    longest: u64,
}

/// What a service needed for all questions.
pub struct Measured {
    asked: Vec<Asked>,
    memory: Memory,
}

impl Measured {
    /// The same with what the service was asked next.
    pub fn then(mut self, next: Self) -> Self {
        self.asked.extend(next.asked);
        Self { memory: next.memory, ..self }
    }
}

/// Asks a freshly started service everything.
pub async fn measured(
    service: &Process,
    token: &str,
    questions: impl IntoIterator<Item = Question>,
    length: Duration,
) -> Outcome<Measured> {
    let mut asked = Vec::new();
    for (name, paths) in questions {
        let requests: Vec<Vec<u8>> =
            paths.iter().map(|path| request("GET", &format!("/api/v1{path}"), Some(token), None)).collect();
        let mut reply = Reply::default();
        service.connect().await?.exchange(&requests[0], &mut reply).await?;
        reply.expect(200)?;
        let mut askers: Askers<'_> = vec![Box::new(InTurn::new(requests))];
        let (mut medians, mut longest) = (Vec::new(), 0);
        for number in 0..=ROUNDS {
            let done = round(service, &mut askers, length).await?;
            // The first does not count.
            if number > 0 {
                medians.push(count(done.latencies.value_at_quantile(0.5)));
                longest = longest.max(done.latencies.max());
            }
        }
        asked.push(Asked { name, bytes: reply.body.len(), medians, longest });
    }
    Ok(Measured { asked, memory: service.memory() })
}

/// The table of both.
pub fn compared(title: String, alone: &Measured, among_all: &Measured, length: Duration, took: Duration) -> Table {
    let columns = ["question", "bytes", "alone: median ms", "max ms", "among all: median ms", "max ms", "ratio"];
    let mut table = Table::new(title, 1, &columns);
    for (alone, all) in alone.asked.iter().zip(&among_all.asked) {
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
        megabytes(alone.memory.now),
        megabytes(alone.memory.peak),
    ));
    table.note(format!("among all {} and {} MB.", megabytes(among_all.memory.now), megabytes(among_all.memory.peak)));
    table
}

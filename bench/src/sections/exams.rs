//! Imports of results of exams, as the Department publishes them: a figure a row, a million rows.

use super::Bench;
use super::import::{Imported, result, run};
use crate::program::Account;
use crate::table::{Table, count, figure, megabytes, seconds};
use crate::{Outcome, register};

/// Rows of a file.
const ROWS: usize = 1_000_000;

/// The local authority of the hub.
const LA_CODE: &str = "996";

/// Schools of the hub: the first ones of the file.
const SCHOOLS: usize = 10_000;

/// The first URN of the schools.
const FIRST: usize = 100_000;

const SCOPES: [&str; 4] = ["schools:read", "exchange:read", "exchange:write", "imports:write"];

/// The grades of a subject, the total first.
const GRADES: [&str; 11] = ["Total", "9", "8", "7", "6", "5", "4", "3", "2", "1", "U"];

const YEARS: [&str; 5] = ["201819", "201920", "202021", "202122", "202223"];

/// Which share of a file concerns the hub.
#[derive(Clone, Copy)]
struct Share {
    name: &'static str,
    /// Of so many subjects one is music.
    subjects: usize,
    /// Of so many schools one is the hub's.
    schools: usize,
}

const SHARES: [Share; 2] = [
    Share { name: "all of England, all subjects", subjects: 25, schools: 10 },
    Share { name: "all of the hub, all music", subjects: 1, schools: 1 },
];

pub async fn measure(bench: &Bench<'_>, data: &std::path::Path) -> Outcome {
    let url = bench.database.url();
    let title = format!(
        "Imports of {} results of exams into a hub of {} schools, each by a freshly started service",
        figure(count(ROWS as u64), 0),
        figure(count(SCHOOLS as u64), 0),
    );
    let mut table =
        Table::new(title, 3, &["file", "run", "result", "MB", "whole s", "rows/s", "peak MB", "in each state s"]);
    let schools = register::file(data, LA_CODE, SCHOOLS)?;
    for (number, share) in SHARES.into_iter().enumerate() {
        let slug = format!("exams-{number}");
        bench.program.run(url, &["hub", "add", "--slug", &slug, "--name", "Exams", "--la", LA_CODE], "")?;
        let account = bench.program.add_client(url, &slug, &SCOPES)?;
        imported(bench, &account, "gias-register", &schools.bytes).await?;
        let file = file(share);
        for turn in ["first", "again"] {
            let (done, peak) = imported(bench, &account, "exam-entries", file.as_bytes()).await?;
            let phases = done.phases.iter().map(|(state, took)| format!("{state} {}", seconds(*took)));
            table.row([
                share.name.to_owned(),
                turn.to_owned(),
                result(&done.job),
                megabytes(file.len() as u64),
                seconds(done.whole),
                figure(count(ROWS as u64) / done.whole.as_secs_f64(), 0),
                megabytes(peak),
                phases.collect::<Vec<_>>().join(", "),
            ]);
        }
    }
    table.note("Bounds: whole < 60 s, peak (VmHWM) < 150 MB. Whole: from the first byte sent until the job has ended.");
    table.print();
    Ok(())
}

/// Imports a file by a freshly started service, and says how much memory that took.
async fn imported(bench: &Bench<'_>, account: &Account, source: &str, file: &[u8]) -> Outcome<(Imported, u64)> {
    let service = bench.serve()?;
    let token = account.sign_in(&service).await?;
    let done = run(&service, &token, source, "each", file).await?;
    Ok((done, service.memory().peak))
}

/// A file of a million rows. The figures of a school stand together, and the total of a subject is that of its grades.
fn file(share: Share) -> String {
    let mut text = String::from(
        "time_period,geographic_level,old_la_code,school_urn,qualification_type,subject,grade,number_achieving\r\n",
    );
    let of_subject = GRADES.len();
    for number in 0..ROWS {
        let subject = number / of_subject;
        let school = subject / (YEARS.len() * share.subjects.max(2));
        let urn = if school.is_multiple_of(share.schools) { FIRST + school } else { FIRST * 5 + school };
        let year = YEARS[subject / share.subjects.max(2) % YEARS.len()];
        let name = match (share.subjects, subject % share.subjects.max(2)) {
            (_, 0) => "Music",
            (1, _) => "Performing Arts",
            _ => "Geography",
        };
        let (grade, pupils) = match number % of_subject {
            0 => (GRADES[0], 60),
            grade => (GRADES[grade], 6),
        };
        text += &format!("{year},School,{LA_CODE},{urn},GCSE,{name},{grade},{pupils}\r\n");
    }
    text
}

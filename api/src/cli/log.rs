//! Where log lines go: standard error, so that a command's output stays its own.

use std::io::{self, BufWriter, IsTerminal, Stderr, Write, stderr};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use api::kernel::base::settings::{LogFormat, LogSettings};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

/// How long a line waits for others, so that many are written at once: a call of the system for each
/// costs as much as the rest of a short request.
const WAIT: Duration = Duration::from_millis(50);

/// The lines that wait.
static LINES: LazyLock<Mutex<BufWriter<Stderr>>> =
    LazyLock::new(|| Mutex::new(BufWriter::with_capacity(64 << 10, stderr())));

/// Begins to log. What waits to be written when the result is dropped is written then.
pub fn start(settings: &LogSettings) -> Result<Log, String> {
    let filter: Targets = settings.log.parse().map_err(|error| format!("SMEP_LOG={}: {error}", settings.log))?;
    let writing = thread::Builder::new().name("log".to_owned()).spawn(write_at_times);
    let writer = writing.map_err(|error| format!("cannot log: {error}"))?.thread().clone();
    let lines = fmt::layer().with_writer(move || Line(writer.clone()));
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.log_format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let started = tracing_subscriber::registry().with(lines).with(filter).try_init();
    started.map_err(|error| format!("cannot log: {error}"))?;
    Ok(Log)
}

/// Writes the lines that wait, some time after the first of them.
fn write_at_times() {
    loop {
        thread::park();
        thread::sleep(WAIT);
        write();
    }
}

fn write() {
    // Without anybody to tell, there is nothing to be done about an error.
    let _ = lines().flush();
}

fn lines() -> MutexGuard<'static, BufWriter<Stderr>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log of a running command.
#[must_use]
pub struct Log;

impl Drop for Log {
    fn drop(&mut self) {
        write();
    }
}

/// A line, with the thread that writes it.
struct Line(Thread);

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut lines = lines();
        if lines.buffer().is_empty() {
            self.0.unpark();
        }
        lines.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        lines().flush()
    }
}

//! The sample database of a music service, in any of its days, as a folder or in a server of the tests.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use api::exchange::sync::mapping::Mapping;
use tempfile::TempDir;

use super::servers::{Mariadb, Postgresql};

/// The days of the sample.
pub const DAYS: [u8; 5] = [1, 2, 3, 4, 5];

/// The mapping that the documents show, which fits the sample.
pub const DOCUMENTED: &str = include_str!("../../docs/guide/mapping.toml");

/// Its address.
const ADDRESS: &str = "postgresql://smep_sync:${MUSIC_PASSWORD}@db.example/music";

/// The folder of the sample; none, said aloud, where it is not at hand, which on CI is a failure.
pub fn folder() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = std::env::var_os("TEST_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = data.join("paritor");
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(&format!("there is no folder {}", folder.display()));
    None
}

/// Says past the harness that a test was skipped, which fails on CI.
pub fn skipped(reason: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// What was made of the sample in this run of the tests.
static MADE: LazyLock<Mutex<TempDir>> = LazyLock::new(|| Mutex::new(tempfile::tempdir().unwrap()));

/// Runs the sample's program once for a file or folder, and returns the path of it.
fn made(name: &str, arguments: &[&str]) -> Option<PathBuf> {
    let sample = folder()?;
    let made = MADE.lock().unwrap();
    let path = made.path().join(name);
    if !path.exists() {
        let mut command = Command::new("python3");
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(sample.join("make.py"));
        let output = command.args(arguments).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(path)
}

/// The files of a day, as the service exports them.
pub fn exported(day: u8) -> Option<PathBuf> {
    made(&format!("csv-{day}"), &["--day", &day.to_string(), "--csv"])
}

/// The schema, then all rows of a day.
pub fn statements(day: u8) -> Option<[String; 2]> {
    let rows = made(&format!("day-{day}.sql"), &["--day", &day.to_string(), "--sql"])?;
    let schema = folder()?.join("schema.sql");
    Some([schema, rows].map(|path| std::fs::read_to_string(path).unwrap()))
}

/// The statements that lead to a day from the one before it.
pub fn changes(day: u8) -> Option<String> {
    let path = made(&format!("delta-{day}.sql"), &["--day", &day.to_string(), "--delta"])?;
    Some(std::fs::read_to_string(path).unwrap())
}

/// A text as a mapping of a source somewhere.
pub fn mapping(text: &str, kind: &str, address: &str) -> Mapping {
    let text = text.replace("kind = \"postgresql\"", &format!("kind = \"{kind}\"")).replace(ADDRESS, "${ADDRESS}");
    let environment = |name: &str| (name == "ADDRESS").then(|| address.to_owned());
    Mapping::parse(Path::new("/nowhere/music.toml"), &text, &environment).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The documented mapping on a folder.
pub fn of_folder(folder: &Path) -> Mapping {
    mapping(DOCUMENTED, "csv", &folder.display().to_string())
}

/// The documented mapping on PostgreSQL.
pub fn of_postgresql(server: &Postgresql) -> Mapping {
    mapping(DOCUMENTED, "postgresql", server.url())
}

/// The documented mapping on MariaDB.
pub fn of_mariadb(server: &Mariadb) -> Mapping {
    mapping(DOCUMENTED, "mysql", server.url())
}

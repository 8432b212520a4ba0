//! The sample database of a music service, in any of its days, as a folder or in a server of the tests.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use api::exchange::sync::mapping::Mapping;

use super::servers::{Mariadb, Postgresql};

/// The days of the sample.
pub const DAYS: [u8; 5] = [1, 2, 3, 4, 5];

/// The tables that the documented mapping names. The account of a test may read these alone.
pub const TABLES: [&str; 15] = [
    "academic_year",
    "activity",
    "activity_headcount",
    "activity_type",
    "address",
    "association",
    "contact",
    "ensemble",
    "ensemble_members",
    "job_role",
    "school",
    "school_contract",
    "subject",
    "term",
    "user_field_value",
];

/// The names of what the sample's program makes of a day.
const CSV: &str = "csv";
const ROWS: &str = "rows.sql";
const CHANGES: &str = "changes.sql";
const REGISTER: &str = "register.csv";
const LINKS: &str = "links.csv";

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

/// The files of a day, in a folder beside what is built: the sample's program takes up to a minute for a day, and later
/// runs of the tests find what an earlier one made.
fn made(day: u8) -> Option<PathBuf> {
    static MADE: [OnceLock<PathBuf>; DAYS.len()] = [const { OnceLock::new() }; DAYS.len()];
    let sample = folder()?;
    Some(MADE[usize::from(day) - 1].get_or_init(|| find_or_make(&sample, day)).clone())
}

fn find_or_make(sample: &Path, day: u8) -> PathBuf {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sample-{:016x}", version(sample)));
    let path = kept.join(format!("day-{day}"));
    if path.exists() {
        return path;
    }
    fs::create_dir_all(&kept).unwrap();
    let made = tempfile::tempdir_in(&kept).unwrap();
    let mut command = Command::new("python3");
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(sample.join("make.py")).args(["--day", &day.to_string()]);
    let files = [("--csv", CSV), ("--sql", ROWS), ("--register", REGISTER), ("--links", LINKS)];
    for (flag, name) in files.into_iter().chain((day > 1).then_some(("--delta", CHANGES))) {
        command.arg(flag).arg(made.path().join(name));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    if let Err(error) = fs::rename(made.path(), &path) {
        // Another run of the tests was faster.
        assert!(path.exists(), "{error}");
    }
    path
}

/// Says whether a file of the sample, or one that its program may read, is another one than before.
fn version(sample: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let paths = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let folders = paths(sample.parent().unwrap()).into_iter().filter(|path| path.is_dir());
    let mut files: Vec<_> = folders.flat_map(|folder| paths(&folder)).filter(|path| path.is_file()).collect();
    files.sort();
    for file in files {
        fs::read(&file).unwrap().hash(&mut hasher);
        file.hash(&mut hasher);
    }
    hasher.finish()
}

/// The files of a day, as the service exports them.
pub fn exported(day: u8) -> Option<PathBuf> {
    Some(made(day)?.join(CSV))
}

/// The register of a day with its links.
pub fn register(day: u8) -> Option<[PathBuf; 2]> {
    let made = made(day)?;
    Some([REGISTER, LINKS].map(|name| made.join(name)))
}

/// The schema, then all rows of a day.
pub fn statements(day: u8) -> Option<[String; 2]> {
    let schema = folder()?.join("schema.sql");
    Some([schema, made(day)?.join(ROWS)].map(|path| fs::read_to_string(path).unwrap()))
}

/// The statements that lead to a day from the one before it.
pub fn changes(day: u8) -> Option<String> {
    Some(fs::read_to_string(made(day)?.join(CHANGES)).unwrap())
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

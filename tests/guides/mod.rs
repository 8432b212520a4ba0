//! The guides in `docs/guide/`: what each tells its readers to type is typed, by bash, against the demonstration.
//!
//! A guide is a page `docs/guide/NAME.md` with a module `NAME` here. Its blocks that are fenced as `sh` run one after
//! the other in one shell, which stops at the first command that fails. A block right after the line
//! `<!-- not run -->` is left out: a command that never ends, or one of another machine. A page whose commands
//! need more than bash, curl and jq is run by a step of `.ci/run`, which names it.

mod feed;
mod going_live;
mod school_year;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::database::folder;
use crate::support::process::said;
use crate::support::{Database, Process};

const PASSWORD: &str = "nine-oboes-and-a-harp";

/// A service with the demonstration, and an empty folder in which the commands of a guide run.
///
/// The commands find `smep` and the address of the service (`SMEP`), the database (`DATABASE_URL`) and the password of
/// every user of the demonstration (`SMEP_DEMO_PASSWORD`).
pub struct Guide {
    pub service: Process,
    pub folder: tempfile::TempDir,
    database: Database,
}

impl Guide {
    /// The demonstration as it is made.
    pub async fn of_the_demo() -> Self {
        Self::over(Database::empty().await, &["--demo", "--demo-password", PASSWORD])
    }

    /// The service over a database, with flags of `smep serve`.
    pub fn over(database: Database, flags: &[&str]) -> Self {
        Self { service: Process::serve(database.url(), flags), folder: folder(), database }
    }

    /// Runs the commands of a page and returns what they print. Fails with all of it when one of them fails.
    pub fn follows(&self, page: &str) -> String {
        let output = self.shell(&commands(page).join("\n\n"), &[]);
        assert!(output.status.success(), "the commands of docs/guide/{page}.md:\n{}", said(&output));
        said(&output)
    }

    /// What a text prints as a script, with variables beside the usual ones.
    pub fn shell(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let programs = Path::new(env!("CARGO_BIN_EXE_smep")).parent().unwrap().display();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("TMPDIR", self.folder.path())
            .env("SMEP", self.service.base())
            .env("SMEP_DEMO_PASSWORD", PASSWORD)
            .env("DATABASE_URL", self.database.url())
            .envs(variables.iter().copied())
            .output()
            .expect("bash, curl and jq are there")
    }
}

/// The text of a page.
pub fn page(name: &str) -> String {
    std::fs::read_to_string(guides().join(format!("{name}.md"))).unwrap()
}

/// The blocks of commands of a page, in its order.
pub fn commands(name: &str) -> Vec<String> {
    let text = page(name);
    let (mut blocks, mut block) = (Vec::new(), None::<String>);
    let mut before = "";
    for line in text.lines() {
        match &mut block {
            Some(_) if line == "```" => blocks.extend(block.take()),
            Some(commands) => {
                commands.push_str(line);
                commands.push('\n');
            }
            None if line == "```sh" && before != "<!-- not run -->" => block = Some(String::new()),
            None => {}
        }
        before = line;
    }
    assert!(!blocks.is_empty(), "docs/guide/{name}.md has commands, fenced as `sh`");
    blocks
}

fn guides() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")
}

/// The names of the files of a folder that end so, without the ending.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[test]
fn every_guide_has_its_test() {
    let mut tested = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guides"), ".rs");
    tested.remove("mod");
    let steps = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/run")).unwrap();
    let mut pages = names(&guides(), ".md");
    pages.retain(|name| page(name).contains("```sh"));
    tested.extend(pages.iter().filter(|page| steps.contains(&format!("guide {page}\n"))).cloned());
    let tested: BTreeSet<String> = tested.into_iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(pages, tested, "the pages of docs/guide and the modules of tests/guides");
}

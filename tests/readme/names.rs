//! What the documents for readers name in code: paths, commands, functions, types and addresses. Each must exist,
//! so that a document cannot outlive a renaming.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use api::kernel::base::prescribed::is_counted;

use super::{ARCHITECTURE, CONTRIBUTING, README};
use crate::source::root;
use crate::support::document::document;
use crate::support::process;

const DOCUMENTS: [(&str, &str); 3] =
    [("README.md", README), ("CONTRIBUTING.md", CONTRIBUTING), ("docs/architecture.md", ARCHITECTURE)];

/// Folders that are made by tools.
const MADE: [&str; 4] = ["target", "node_modules", "generated", ".git"];

/// How the name of a file ends.
const ENDINGS: [&str; 9] = [".rs", ".toml", ".md", ".json", ".yml", ".yaml", ".py", ".svg", ".png"];

/// How media types begin, which look like paths.
const MEDIA: [&str; 3] = ["application/", "text/", "multipart/"];

/// What the documents run of cargo.
const CARGO: [&str; 8] = ["build", "clippy", "deny", "doc", "fetch", "fmt", "run", "test"];

#[test]
fn every_name_in_the_documents_exists() {
    let mut missing = Vec::new();
    for (document, text) in DOCUMENTS {
        let spans = spans(text);
        assert!(spans.len() > 20, "{document}: {spans:?}");
        let faults = spans.iter().filter_map(|span| fault(span));
        missing.extend(faults.map(|fault| format!("{document}: {fault}")));
        let faults = shell(text).filter_map(|line| command_fault(&line));
        missing.extend(faults.map(|fault| format!("{document}: {fault}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for (document, text) in DOCUMENTS {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = root().join(document).parent().unwrap().join(path);
            assert!(target.exists(), "{document} links to {link}");
            let there = |text: String| text.lines().any(|line| line.starts_with('#') && slug(line) == heading);
            assert!(heading.is_empty() || there(fs::read_to_string(target).unwrap()), "{document} links to {link}");
        }
    }
}

#[test]
fn a_name_that_is_gone_is_found() {
    let gone = [
        "api/src/kernel/lists.rs",
        "nowhere.rs",
        "api/src/<part>/<resource>.py",
        "list::pages",
        "Write::runs",
        "Routes::Painted",
        "Callers",
        "rows!",
        "GET /api/v1/colleges",
        "just tests",
        "just test a_test_that_is_not_there",
        "cargo test -p apis",
        "cargo test -p api --test smeps",
        "smep export",
        "smep hub add --colour",
    ];
    let found: Vec<_> = gone.iter().filter(|name| fault(name).is_none()).collect();
    assert!(found.is_empty(), "{found:?}");
    let there =
        ["api/src/<part>/<resource>.rs", "list::page", "Write::run", "row!", "GET /schools?limit=1", "just test"];
    let faults: Vec<_> = there.iter().filter_map(|name| fault(name)).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

/// Returns what a document has in backticks, outside of fenced blocks.
fn spans(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut plain = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            plain += line;
            plain.push(' ');
        }
    }
    assert_eq!(plain.matches('`').count() % 2, 0, "a backtick that nothing closes");
    plain.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns the lines of the fenced blocks for a shell.
fn shell(text: &str) -> impl Iterator<Item = String> {
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest));
    blocks.flat_map(str::lines).map(|line| line.trim().to_owned())
}

/// Returns the anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Says what is wrong with a name; none for what exists, and for what is no name of ours.
fn fault(span: &str) -> Option<String> {
    let exists = if let Some((method, address)) = request(span) {
        let path = address.split('?').next().unwrap_or_default();
        let base = if is_counted(path) { "" } else { "/api/v1" };
        document().methods(&format!("{base}{path}")).is_some_and(|known| known.iter().any(|it| it == method))
    } else if span.contains(' ') {
        return command_fault(span);
    } else if is_path(span) {
        path_exists(span)
    } else {
        name_exists(span)
    };
    (!exists).then(|| format!("there is no `{span}`"))
}

/// Splits a method from an address.
fn request(span: &str) -> Option<(&str, &str)> {
    span.split_once(' ').filter(|(method, address)| {
        address.starts_with('/') && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(method)
    })
}

fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/<>".contains(c);
    let file = ["justfile", "Dockerfile"].contains(&span) || ENDINGS.iter().any(|it| span.ends_with(it));
    let media = MEDIA.iter().any(|it| span.starts_with(it));
    span.chars().all(plain) && !span.starts_with('/') && !media && (file || span.contains('/'))
}

/// Returns whether a file or folder has this path, or a path that ends with it. `<part>` stands for any name.
fn path_exists(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    TREE.iter().any(|known| {
        let ends = known.match_indices('/').map(|(at, _)| &known[at + 1..]);
        ends.chain([known.as_str()]).any(|end| fits(path, end))
    })
}

fn fits(pattern: &str, name: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('<') else { return pattern == name };
    let Some(name) = name.strip_prefix(before) else { return false };
    let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
    let mut taken = name.char_indices().take_while(|(_, c)| *c != '/').map(|(at, c)| at + c.len_utf8());
    taken.any(|end| fits(rest, &name[end..]))
}

/// Every file and folder, by its path from the root.
static TREE: LazyLock<Vec<String>> = LazyLock::new(|| {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            found.push(path.strip_prefix(root()).unwrap().display().to_string());
            if path.is_dir() {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
});

/// The sources with their paths.
static SOURCES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    // This file names what does not exist.
    let sources = TREE.iter().filter(|path| is_rust(path) && !path.ends_with("readme/names.rs"));
    sources.map(|path| (path.as_str(), fs::read_to_string(root().join(path)).unwrap())).collect()
});

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "rs")
}

/// Returns whether a type, a macro, `module::function` or `Type::member` is in the sources.
fn name_exists(span: &str) -> bool {
    let name = span.split(['<', '(']).next().unwrap_or_default();
    if let Some(name) = name.strip_suffix('!') {
        return SOURCES.iter().any(|(_, text)| text.contains(&format!("macro_rules! {name} ")));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':') {
        return true;
    }
    let Some((path, member)) = name.rsplit_once("::") else {
        let mixed = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().any(|c| c.is_ascii_lowercase());
        return !mixed || SOURCES.iter().any(|(_, text)| code(text).any(|line| has_word(line, name)));
    };
    let owner = path.rsplit("::").next().unwrap_or(path);
    SOURCES.iter().any(|(path, text)| stands_in(owner, path, text) && defines(text, member))
}

/// Returns whether a source is the module `owner`, a part of it, or implements the type `owner`.
fn stands_in(owner: &str, path: &str, text: &str) -> bool {
    if owner.starts_with(|c: char| c.is_ascii_lowercase()) {
        return path.ends_with(&format!("/{owner}.rs")) || path.contains(&format!("/{owner}/"));
    }
    let kinds = ["impl", "pub trait ", "pub struct ", "pub enum ", "struct ", "enum "];
    text.lines().any(|line| kinds.iter().any(|kind| line.starts_with(kind)) && has_word(line, owner))
}

fn defines(text: &str, name: &str) -> bool {
    let kinds = ["fn", "const", "static", "struct", "enum", "trait", "type"];
    code(text).any(|line| {
        let named = |before: &str, rest: &str| {
            let is_name = rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_part_of_a_word));
            is_name && kinds.iter().chain(&["as"]).any(|kind| before == *kind || before.ends_with(&format!(" {kind}")))
        };
        let variant =
            name.starts_with(|c: char| c.is_ascii_uppercase()) && line.starts_with(name) && has_word(line, name);
        variant || line.match_indices(' ').any(|(at, _)| named(&line[..at], &line[at + 1..]))
    })
}

/// Returns the lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_part_of_a_word) && !text[at + word.len()..].starts_with(is_part_of_a_word)
    })
}

fn is_part_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Says what is wrong with a command of `just`, `cargo` or `smep`; none for any other text.
fn command_fault(line: &str) -> Option<String> {
    let assigned = |word: &&str| word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase());
    let words: Vec<&str> = line.split_whitespace().skip_while(assigned).collect();
    let (program, rest) = words.split_first()?;
    let runs = match *program {
        "just" => just_runs(rest),
        "cargo" => cargo_runs(rest),
        "smep" => smep_runs(rest),
        _ => true,
    };
    (!runs).then(|| format!("nothing runs `{line}`"))
}

fn just_runs(words: &[&str]) -> bool {
    let Some((recipe, rest)) = words.split_first() else { return true };
    let justfile = fs::read_to_string(root().join("justfile")).unwrap();
    let mut recipes = justfile.lines().filter(|line| line.contains(':') && !line.contains(":="));
    let known = recipes.any(|line| line.split([' ', ':']).next() == Some(recipe));
    known && (!["test", "test-pg"].contains(recipe) || rest.iter().all(|word| is_tested(word)))
}

fn cargo_runs(words: &[&str]) -> bool {
    let after = |flags: &[&str]| {
        let at = words.iter().position(|word| flags.contains(word));
        at.and_then(|at| words.get(at + 1).copied())
    };
    let manifest = |package: &str| fs::read_to_string(root().join(package).join("Cargo.toml"));
    let package = after(&["-p", "--package"]);
    let target = |name: &str| manifest(package.unwrap_or("api")).unwrap().contains(&format!("name = \"{name}\""));
    let mut tests = words.iter().skip_while(|word| **word != "--").skip(1).filter(|word| !word.starts_with('-'));
    words.first().is_some_and(|word| CARGO.contains(word))
        && package.is_none_or(|package| manifest(package).is_ok())
        && after(&["--test", "--bin"]).is_none_or(target)
        && (words[0] != "test" || tests.all(|word| is_tested(word)))
}

/// Returns whether a test or a module of tests has this name.
fn is_tested(word: &str) -> bool {
    let name = word.trim_end_matches("::").rsplit("::").next().unwrap_or_default();
    let tests = || SOURCES.iter().filter(|(path, _)| path.starts_with("tests/"));
    tests().any(|(_, text)| text.contains(&format!("fn {name}(")) || text.contains(&format!("mod {name};")))
}

/// Asks the program for the help on a command, and looks for its flags there.
fn smep_runs(words: &[&str]) -> bool {
    let is_command = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
    let mut asked: Vec<&str> = words.iter().take_while(is_command).copied().collect();
    asked.push("--help");
    let output = process::run(&asked);
    let help = String::from_utf8_lossy(&output.stdout);
    let mut flags = words.iter().filter(|word| word.starts_with("--"));
    output.status.success() && flags.all(|flag| help.contains(flag))
}

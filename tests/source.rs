//! The source itself: who may do what stands in every handler's signature, imports point one way, and lines and
//! words are easy to read.

mod floors;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use api::kernel::base::prescribed::is_prescribed;
use api::kernel::caller::permission::Scope;

use crate::support::document::{Operation, operations};

/// What concerns nobody but the caller: a token is enough.
const OWN: [&str; 1] = ["/me"];

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files below a folder with their paths from it.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let folder = root().join(folder);
    let mut found = Vec::new();
    walk(&folder, &mut found);
    found.sort();
    assert!(!found.is_empty());
    let named = found.into_iter().map(|path| {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

/// The Rust files below a folder without tests and samples.
fn sources(folder: &str) -> Vec<(String, String)> {
    rust_files(folder)
        .into_iter()
        .filter(|(name, _)| !name.ends_with("tests.rs") && !name.ends_with("sample.rs"))
        .map(|(name, text)| {
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            (name, code.to_owned())
        })
        .collect()
}

#[derive(Debug)]
struct Handler {
    #[expect(dead_code, reason = "told when a test fails")]
    file: String,
    name: String,
    path: String,
    /// The scope that the document names.
    scope: Option<&'static str>,
    first: String,
}

/// The text from `from` to the bracket that closes the one there.
fn bracketed(text: &str, from: usize) -> &str {
    let mut depth = 0;
    for (at, c) in text[from..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[from..=from + at];
        }
    }
    panic!("a bracket that nothing closes")
}

fn handlers() -> Vec<Handler> {
    let mut handlers = Vec::new();
    for (file, text) in sources("api/src") {
        if file.starts_with("kernel/") {
            continue;
        }
        for (at, mark) in text.match_indices("#[utoipa::path(") {
            let attribute = bracketed(&text, at + mark.len() - 1);
            assert!(!attribute.contains("security("), "{file}: the scope of a handler stands in `routes!`");
            assert!(!attribute.contains("tag ="), "{file}: the tag of a handler stands in the `mod.rs` of its part");
            let rest = &text[at + mark.len() - 1 + attribute.len()..];
            let path = attribute.split("path = \"").nth(1).and_then(|path| path.split('"').next());
            let path = path.unwrap_or_else(|| panic!("{file}: a handler without a path: {attribute}")).to_owned();
            if path.starts_with("/.well-known/") {
                continue;
            }
            let name_at = rest.find("async fn ").expect("a handler after its description");
            let signature = &rest[name_at + "async fn ".len()..];
            let open = signature.find('(').unwrap();
            let arguments = bracketed(signature, open);
            let first = arguments[1..].split_once(':').map_or("", |(_, kind)| kind.trim());
            let end = first.find('>').map_or(first.len(), |at| at + 1);
            let end = end.min(first.find(',').unwrap_or(first.len()));
            let name = signature[..open].trim().to_owned();
            let described = operations().iter().find(|operation| operation.id == name);
            handlers.push(Handler {
                file: file.clone(),
                scope: described.and_then(Operation::scope),
                name,
                path,
                first: first[..end].to_owned(),
            });
        }
    }
    handlers
}

/// What a link opens, which stands for the token of its maker.
const LINKED: [&str; 2] = ["/plan-documents/", "/visit-calendars/"];

fn is_linked(path: &str) -> bool {
    LINKED.iter().any(|linked| path.starts_with(linked))
}

#[test]
fn no_handler_is_overlooked() {
    let read: BTreeSet<String> = handlers().into_iter().filter(|it| !is_linked(&it.path)).map(|it| it.name).collect();
    let documented: BTreeSet<String> = operations()
        .iter()
        .filter(|operation| operation.path.starts_with("/api/v1/") || is_prescribed(&operation.path))
        .map(|operation| operation.id.clone())
        .collect();
    let apart: Vec<_> = read.symmetric_difference(&documented).collect();
    assert!(apart.is_empty(), "in the source or in the document alone: {apart:?}");
}

#[test]
fn every_handler_begins_with_the_permission_that_its_routes_declare() {
    for handler in handlers() {
        if handler.path.starts_with("/auth/") || is_linked(&handler.path) {
            continue;
        }
        let marker = handler.first.strip_prefix("Can<").and_then(|it| it.strip_suffix('>'));
        let own = OWN.iter().any(|it| handler.path.starts_with(it));
        if own && marker.is_none() {
            assert_eq!(handler.first, "SignedIn", "{handler:?}");
            assert_eq!(handler.scope, None, "{handler:?}");
            continue;
        }
        let marker = marker.unwrap_or_else(|| panic!("`Can<..>` is not first: {handler:?}"));
        let scope = Scope::ALL.iter().find(|scope| format!("{scope:?}") == marker);
        let scope = scope.map(|scope| scope.as_str());
        assert!(scope.is_some(), "there is no such permission: {handler:?}");
        assert_eq!(scope, handler.scope, "{handler:?}");
    }
}

/// The names that a file puts into the brackets after a mark.
fn names_after(text: &str, mark: &str) -> Vec<String> {
    let list = text.split(mark).nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_is_withheld_decides_neither_the_order_of_a_list_nor_what_it_holds() {
    let mut withholding = 0;
    for (file, text) in sources("api/src").into_iter().filter(|(file, _)| !file.starts_with("kernel/")) {
        let withheld = names_after(&text, "Withheld::of(&[");
        if withheld.is_empty() {
            continue;
        }
        withholding += 1;
        let path = text.split("const PATH: &'static str = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let all = operations();
        let lists = all.iter().filter(|it| it.path.strip_prefix("/api/v1").is_some_and(|it| it.starts_with(path)));
        let parameters: Vec<_> = lists.flat_map(Operation::parameters).filter(|it| it["in"] == "query").collect();
        assert!(parameters.iter().any(|it| it["name"] == "sort"), "{file}: there is no list of {path}");
        for field in withheld {
            for parameter in &parameters {
                let name = parameter["name"].as_str().unwrap();
                assert!(name != field && !name.starts_with(&format!("{field}_")), "{file}: `{name}` filters");
                let chooses = ["sort", "by"].contains(&name) && parameter["schema"].to_string().contains(&field);
                assert!(!chooses, "{file}: `{name}` takes `{field}`");
            }
        }
    }
    assert!(withholding >= 3, "{withholding} files that withhold fields");
}

/// The modules of the crate in the order of `lib.rs`.
fn modules() -> Vec<String> {
    let text = fs::read_to_string(root().join("api/src/lib.rs")).unwrap();
    let names = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// What a file names of the crate's modules: `crate::module::rest`, groups taken apart.
fn named(text: &str) -> Vec<(String, String)> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("crate::") {
        let rest = &code[at + mark.len()..];
        let one = |text: &str| {
            let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let path = &text[..end.unwrap_or(text.len())];
            let (module, rest) = path.split_once("::").unwrap_or((path, ""));
            (module.to_owned(), rest.trim_end_matches(':').to_owned())
        };
        if rest.starts_with('{') {
            let group = bracketed(rest, 0);
            found.extend(group[1..group.len() - 1].split(',').map(|it| one(it.trim())));
        } else {
            found.push(one(rest));
        }
    }
    found
}

#[test]
fn imports_point_one_way() {
    let modules = modules();
    let place = |name: &str| modules.iter().position(|it| it == name);
    assert_eq!(modules.first().map(String::as_str), Some("kernel"));
    // What fills a database for show, and what comes after it, stands on all parts.
    let roof = place("demo").or_else(|| place("app")).expect("app");
    for (file, text) in sources("api/src") {
        let module = file.split(['/', '.']).next().unwrap_or_default();
        // The program, and what puts the parts together, may use all of them.
        let Some(here) = place(module).filter(|here| *here < roof) else { continue };
        for (used, rest) in named(&text) {
            let Some(there) = place(&used) else { continue };
            assert!(there <= here, "{file} uses {used}, which comes after {module}");
            assert!(module != "kernel" || there == 0, "{file} names the part {used}");
            if there == 0 || there == here {
                continue;
            }
            // Of an earlier part: its decisions, its queries, or a resource to embed.
            let last = rest.rsplit("::").next().unwrap_or_default();
            let kind = last.chars().next().is_some_and(char::is_uppercase);
            let decides = ["rules", "store"].iter().any(|it| rest.split("::").any(|part| part == *it));
            assert!(kind || decides, "{file} reaches into {used}: {rest}");
        }
    }
}

#[test]
fn tables_and_migrations_know_nothing_of_the_api() {
    for (package, strangers) in [("entity", ["actix", "api", "jsonschema"]), ("migration", ["actix", "api", "entity"])]
    {
        let text = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        let needed = text.split("[dependencies]").nth(1).unwrap_or_default();
        let needed = needed.split("\n[").next().unwrap_or_default();
        for line in needed.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(!strangers.iter().any(|it| name.starts_with(it)), "{package} needs {name}");
        }
    }
}

/// The widest line of a Rust file.
const WIDTH: usize = 120;

#[test]
fn no_line_is_wider_than_an_editor_shows() {
    for folder in ["api", "bench", "entity", "migration", "tests"] {
        for (file, text) in rust_files(folder) {
            for (at, line) in text.lines().enumerate() {
                let width = line.chars().count();
                assert!(width <= WIDTH, "{folder}/{file}:{}: {width} characters, at most {WIDTH}", at + 1);
            }
        }
    }
}

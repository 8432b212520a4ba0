//! The floors of the kernel: a floor uses only floors below it, and its files know each other in one direction.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{bracketed, root, sources};

/// The floors in the order of `kernel/mod.rs`, from the lowest to the highest.
const FLOORS: [&str; 7] = ["base", "database", "document", "caller", "resource", "operations", "edge"];

/// The modules that know each other in a circle, each circle within one floor, and why that is natural.
const CIRCLES: [&[&str]; 2] = [
    // `crud` is the list of all operations. An item by its key is one of them, and is read and answered like others.
    &["operations/by_key", "operations/crud"],
    // What a resource states takes the write that asks, and a write is generic over the resource. Keys, fields and
    // entries of the log are parts of both. An effect is given the write that runs it.
    &["resource/change", "resource/effect", "resource/field", "resource/key", "resource/traits", "resource/write"],
];

/// A path in a file of the kernel that leads to another file of the kernel.
#[derive(Debug)]
struct Arrow {
    /// The module of the file, such as `edge/auth/keys`.
    from: String,
    /// The module that the path leads to; empty for a name in `kernel/mod.rs`.
    to: String,
    /// The file and the line, for people.
    place: String,
}

/// The paths of a source that begin with `crate` or `super`, each with its line, groups taken apart.
fn paths(source: &str) -> Vec<(usize, Vec<String>)> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let goes_on = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        if !goes_on {
            let line = 1 + code[..at].matches('\n').count();
            found.extend(branches(&code[at..]).into_iter().map(|path| (line, path)));
        }
    }
    found.sort();
    found
}

/// The paths of a tree such as `a::{b::C, d}`, which ends where the path does.
fn branches(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim_start();
    let (name, rest) = tree.split_at(tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len()));
    let below = match rest.strip_prefix("::") {
        None => return vec![vec![name.to_owned()]],
        Some(rest) if rest.starts_with('{') => {
            let group = bracketed(rest, 0);
            parts(&group[1..group.len() - 1]).into_iter().flat_map(branches).collect()
        }
        Some(rest) => branches(rest),
    };
    let path = |below: Vec<String>| [name.to_owned()].into_iter().chain(below).collect();
    below.into_iter().map(path).collect()
}

/// The parts between the commas of a group, the groups within it left whole.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// The module of a file, by the file's path below `kernel/`.
fn module_of(file: &str) -> &str {
    let module = file.trim_end_matches(".rs");
    module.strip_suffix("/mod").unwrap_or(module)
}

/// The arrows from a file to other modules. `file` is its path below `kernel/`.
fn arrows_of(file: &str, source: &str, modules: &BTreeSet<&str>) -> Vec<Arrow> {
    let from = module_of(file);
    let home: Vec<&str> = from.split('/').collect();
    let mut arrows = Vec::new();
    for (line, path) in paths(source) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut target = match path.as_slice() {
            ["crate", "kernel", target @ ..] if !target.is_empty() => target.to_vec(),
            ["super", ..] => {
                let up = path.iter().take_while(|segment| **segment == "super").count();
                let Some(above) = home.len().checked_sub(up) else { continue };
                [&home[..above], &path[up..]].concat()
            }
            _ => continue,
        };
        // What is left of the path once a module has been found is in that module.
        while !target.is_empty() && !modules.contains(target.join("/").as_str()) {
            target.pop();
        }
        let to = target.join("/");
        // A module and its own parts are one.
        let own =
            |one: &str, other: &str| one == other || one.strip_prefix(other).is_some_and(|it| it.starts_with('/'));
        if !own(from, &to) && !own(&to, from) {
            arrows.push(Arrow { from: from.to_owned(), to, place: format!("api/src/kernel/{file}:{line}") });
        }
    }
    arrows
}

/// All arrows of the kernel. `prelude.rs` gathers what resources need, and stands on all floors.
fn arrows() -> Vec<Arrow> {
    let files = sources("api/src/kernel");
    let modules = files.iter().map(|(file, _)| module_of(file)).collect();
    let inside = files.iter().filter(|(file, _)| file != "mod.rs" && file != "prelude.rs");
    inside.flat_map(|(file, source)| arrows_of(file, source, &modules)).collect()
}

/// The place of a floor, from 0; none for what is no floor.
fn place_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| Some(*floor) == module.split('/').next())
}

/// What each module uses.
type Uses<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The modules that a module reaches over any number of arrows.
fn reached<'a>(from: &'a str, uses: &Uses<'a>) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(uses.get(module).into_iter().flatten().filter(|to| seen.insert(**to)));
    }
    seen
}

/// The groups of modules that reach each other.
fn circles(arrows: &[Arrow]) -> BTreeSet<Vec<&str>> {
    let mut uses = Uses::new();
    for arrow in arrows {
        uses.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reach: Uses<'_> = uses.keys().map(|module| (*module, reached(module, &uses))).collect();
    let reaches = |one: &str, other: &str| reach.get(one).is_some_and(|reached| reached.contains(other));
    let group = |one: &&str| reach.keys().copied().filter(|other| reaches(one, other) && reaches(other, one)).collect();
    reach.keys().map(group).filter(|group: &Vec<&str>| !group.is_empty()).collect()
}

#[test]
fn a_floor_uses_only_floors_below_it() {
    let arrows = arrows();
    assert!(arrows.len() > 100, "{arrows:?}");
    let up = arrows.iter().filter(|arrow| {
        let (Some(from), Some(to)) = (place_of(&arrow.from), place_of(&arrow.to)) else { return true };
        to > from
    });
    let told: Vec<_> = up.map(|arrow| format!("{}: {} uses {}", arrow.place, arrow.from, arrow.to)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_files_of_the_kernel_know_each_other_in_one_direction() {
    let arrows = arrows();
    let natural: BTreeSet<Vec<&str>> = CIRCLES.iter().map(|circle| circle.to_vec()).collect();
    assert_eq!(circles(&arrows), natural, "left: the circles that there are; right: those that are natural");
}

#[test]
fn the_kernel_lists_its_floors_from_the_lowest_to_the_highest() {
    let text = fs::read_to_string(root().join("api/src/kernel/mod.rs")).unwrap();
    let listed = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let listed: Vec<_> = listed.filter(|module| *module != "prelude").collect();
    assert_eq!(listed, FLOORS);
}

#[test]
fn an_arrow_is_found_however_it_is_written() {
    let source = "use super::{clock::Clock, search_key};\n\
                  // crate::kernel::edge::wire\n\
                  use crate::{app, kernel::{caller::{state::{self, State}, tenancy}, database}};\n\
                  fn f() -> crate::kernel::prelude::Reply { $crate::kernel::edge::limits::count::<u8>(super::x()) }";
    let modules = "base base/clock base/fold caller caller/state caller/tenancy database edge edge/auth edge/auth/keys \
                   edge/limits prelude";
    let modules = modules.split_whitespace().collect();
    let found = arrows_of("base/fold.rs", source, &modules).into_iter();
    let found: Vec<_> =
        found.map(|arrow| format!("{} {}", arrow.place.rsplit(':').next().unwrap(), arrow.to)).collect();
    let expected = [
        "1 base/clock",
        "3 caller/state",
        "3 caller/state",
        "3 caller/tenancy",
        "3 database",
        "4 edge/limits",
        "4 prelude",
    ];
    assert_eq!(found, expected);
    let own = "use super::token; use super::super::auth::seal;";
    assert!(arrows_of("edge/auth/keys.rs", own, &modules).is_empty());
    assert_eq!(arrows_of("edge/auth/mod.rs", "use super::limits::Limits;", &modules)[0].to, "edge/limits");
    assert_eq!(arrows_of("edge/limits.rs", "use super::super::Lost;", &modules)[0].to, "");
}

//! The documents for readers, held against the program: tours are run, tables are compared, names are looked up.

mod names;

use std::collections::BTreeMap;
use std::process::Command;

use api::kernel::caller::permission::{Reach, Scope};
use entity::identity::grant::Role;
use serde_json::Value;

use crate::support::{Caller, Database, Process, process};

const README: &str = include_str!("../README.md");
const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");
const ARCHITECTURE: &str = include_str!("../docs/architecture.md");

const PASSWORD: &str = "nine-oboes-and-a-harp";

#[actix_web::test]
async fn the_tour_runs_against_the_demo_as_it_stands() {
    let database = Database::empty().await;
    let flags = ["--demo", "--demo-password", PASSWORD];
    let service = Process::serve(database.url(), &flags);
    let tour = blocks("tour").join("\n");
    assert!(tour.contains("If-Match"), "the tour is marked in README.md");
    let folder = tempfile::tempdir().unwrap();
    let run_tour = || {
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &tour])
            .env("SMEP", service.base())
            .env("SMEP_DEMO_PASSWORD", PASSWORD)
            .env("TMPDIR", folder.path())
            .output()
            .expect("bash, curl and sed are there")
    };
    let output = run_tour();
    let told = process::said(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("\n412\n"), "the stale change is refused\n{told}");
    // Somebody who begins again, or has clicked about before, gets through as well.
    let again = run_tour();
    assert!(again.status.success(), "{}", process::said(&again));
}

#[actix_web::test]
async fn a_newcomer_gets_from_nothing_to_an_accepted_report_in_a_hub_of_their_own() {
    let database = Database::empty().await;
    let service = Process::serve(database.url(), &[]);
    let tour = blocks("own hub").join("\n");
    let folder = tempfile::tempdir().unwrap();
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_smep")).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &tour])
        .current_dir(folder.path())
        .env("SMEP", service.base())
        .env("DATABASE_URL", database.url())
        .env("PATH", path)
        .output()
        .expect("bash, curl and sed are there");
    let told = process::said(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("Beech Academy") && told.contains("\"decision\":\"accepted\""), "{told}");
    assert!(told.contains("\"last_value\":64"), "{told}");
}

#[test]
fn every_setting_is_in_the_table_with_its_default_and_no_other_is() {
    let output = process::run(&["serve", "--help"]);
    let help = String::from_utf8_lossy(&output.stdout);
    let settings = settings(&help);
    assert!(settings.contains_key("DATABASE_URL"), "{help}");
    let rows: BTreeMap<String, String> = between("settings")
        .lines()
        .skip(2)
        .map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
            let name = cells.next().unwrap_or_default().trim_matches('`').to_owned();
            (name, cells.next().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        settings.keys().collect::<Vec<_>>(),
        "the variables of README.md and of `smep serve --help`"
    );
    for (name, default) in settings {
        if let Some(default) = default {
            assert_eq!(rows[&name], format!("`{default}`"), "the default of {name}");
        }
    }
}

#[test]
fn the_table_of_roles_is_the_one_in_the_code() {
    let table = roles();
    assert_eq!(between("roles").trim(), table.trim(), "the table should be\n\n{table}");
}

#[test]
fn the_table_of_sign_ins_is_that_of_the_demonstration() {
    let people: Vec<Value> = serde_json::from_str(include_str!("../api/src/demo/people.json")).unwrap();
    let luton: Value = serde_json::from_str(include_str!("../api/src/demo/luton.json")).unwrap();
    let people = people.iter().chain(luton["users"].as_array().unwrap());
    let signs_in = people.filter(|person| person.get("login").is_some());
    let expected: Vec<_> =
        signs_in.map(|it| ["name", "email", "role"].map(|field| it[field].as_str().unwrap())).collect();
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`'));
    let rows = between("sign-ins").lines().skip(2).map(|row| cells(row).take(3).collect::<Vec<_>>());
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

#[actix_web::test]
async fn the_pages_that_the_readme_leads_to_are_there() {
    let database = Database::empty().await;
    let service = Process::serve(database.url(), &["--demo", "--demo-password", PASSWORD]);
    let visitor = Caller::nobody(service.base());
    let plan = visitor.get("//demo/plan").await.expect(200).text();
    assert!(plan.contains("As at 31 Mar 2015") && plan.contains("Leicester-Shire Music Education Hub"), "{plan}");
    assert!(visitor.get("//").await.expect(200).text().contains("href=\"/demo/plan\""));
    visitor.get("//docs/").await.expect(200);
}

/// The text between `<!-- NAME -->` and `<!-- /NAME -->`.
fn between(name: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("<!-- {name} -->\n")).expect(name);
    let (text, _) = rest.split_once(&format!("<!-- /{name} -->")).expect(name);
    text.trim()
}

/// What stands in the fenced blocks right after each `<!-- NAME -->`.
fn blocks(name: &str) -> Vec<&'static str> {
    let opening = format!("<!-- {name} -->\n```sh\n");
    README.split(&opening).skip(1).map(|rest| rest.split("\n```").next().unwrap_or(rest)).collect()
}

/// Each variable of the help, with its default where it has a fixed one.
fn settings(help: &str) -> BTreeMap<String, Option<String>> {
    // A name is followed by `=` and the value of this moment, or by nothing.
    let marked = |text: &str, mark: &str| {
        let (_, rest) = text.split_once(mark)?;
        rest.split_once(']').map(|(value, _)| value.to_owned())
    };
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .split(" --")
        .filter_map(|flag| {
            let variable = marked(flag, "[env: ")?;
            let name = variable.split('=').next().unwrap_or_default().to_owned();
            let default = marked(flag, "[default: ");
            // One that depends on the machine or on another setting is described in words.
            Some((name, default.filter(|value| !value.contains(' '))))
        })
        .collect()
}

/// Roles of the same rights share their rows; a row for each reach.
fn roles() -> String {
    let mut groups: Vec<(Vec<Role>, Vec<Reach>)> = Vec::new();
    for role in Role::ALL {
        let reaches: Vec<Reach> = Scope::ALL.iter().map(|scope| scope.reach(*role)).collect();
        match groups.iter_mut().find(|(_, known)| *known == reaches) {
            Some((same, _)) => same.push(*role),
            None => groups.push((vec![*role], reaches)),
        }
    }
    let mut table = "| Role | Reach | Scopes |\n| --- | --- | --- |\n".to_owned();
    for (same, reaches) in groups {
        let mut names = list(same.iter().map(|role| role.as_str()));
        let mut kinds: Vec<Reach> = Vec::new();
        for reach in &reaches {
            if *reach != Reach::NONE && !kinds.contains(reach) {
                kinds.push(*reach);
            }
        }
        for kind in kinds {
            let scopes = Scope::ALL.iter().zip(&reaches).filter(|(_, reach)| **reach == kind);
            let scopes = list(scopes.map(|(scope, _)| scope.as_str()));
            table += &format!("| {names} | {} | {scopes} |\n", kind.names().join(" or "));
            names.clear();
        }
    }
    table
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

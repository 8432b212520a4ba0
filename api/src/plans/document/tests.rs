//! What the document promises, on the demo's plan.

use askama::filters::{Html as Escaper, escape};
use time::macros::date;

use super::build::{Audience, build};
use super::view::{ColumnKey, PlanDocument};
use super::{csv, html, sample};

fn demo(audience: Audience) -> PlanDocument {
    build(&sample::tree(date!(2015 - 02 - 01)), &sample::names(), audience)
}

fn page(document: &PlanDocument) -> String {
    html::html(document).unwrap().page.0
}

fn escaped(text: &str) -> String {
    escape(text, Escaper).unwrap().to_string()
}

/// The records of a document's CSV, without its byte order mark.
fn records(document: &PlanDocument) -> Vec<Vec<String>> {
    let csv = csv::csv(document).unwrap().0;
    let csv = csv.strip_prefix('\u{feff}').unwrap();
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn every_statement_of_the_demo_stands_in_every_form() {
    for audience in [Audience::Hub, Audience::School] {
        let document = demo(audience);
        let json = serde_json::to_string(&document).unwrap();
        let page = page(&document);
        let records = records(&document);
        let statements = sample::statements();
        assert!(statements.len() > 70, "{}", statements.len());
        for statement in statements {
            assert!(json.contains(&serde_json::to_string(&statement).unwrap()), "{statement}");
            assert!(page.contains(&escaped(&statement)), "{statement}");
            let stands = records.iter().any(|record| record.contains(&statement));
            assert!(stands, "{statement}");
        }
    }
}

#[test]
fn all_eight_objectives_have_their_strands_resources_and_budget() {
    let document = demo(Audience::Hub);
    let page = page(&document);
    assert_eq!(document.objectives.len(), 8);
    for objective in &document.objectives {
        assert!(page.contains(&escaped(&objective.title)));
        for row in &objective.rows {
            let strand = row.strand.iter().map(|strand| &strand.text);
            let budget = row.budget.iter().filter_map(|line| line.text.as_ref());
            for text in strand.chain(&row.resources).chain(budget) {
                assert!(page.contains(&escaped(text)), "{text}");
            }
        }
    }
    for term in &document.glossary {
        assert!(page.contains(&escaped(&term.meaning)), "{}", term.code);
    }
    for partner in &document.partners {
        assert!(page.contains(&escaped(&partner.name)), "{}", partner.name);
    }
    assert!(page.contains("£7,000") && page.contains("lang=\"en-GB\""));
}

#[test]
fn later_years_stand_in_the_last_column() {
    let document = demo(Audience::Hub);
    let headings: Vec<_> = document.columns.iter().map(|column| column.heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Objective",
            "Actions and resources",
            "Leads",
            "2014/15 targets and milestones",
            "By when",
            "Monitor",
            "Budget",
            "2015/16 targets"
        ]
    );
    for row in document.objectives.iter().flat_map(|objective| &objective.rows) {
        assert!(row.items.iter().all(|item| item.year.as_deref() == Some("2014/15")));
        assert!(row.later.iter().all(|item| item.year.as_deref() == Some("2015/16")));
    }
}

#[test]
fn a_school_sees_neither_budgets_nor_progress() {
    let document = demo(Audience::School);
    assert!(document.columns.iter().all(|column| column.key != ColumnKey::Budget));
    assert!(document.standing.is_empty());
    for row in document.objectives.iter().flat_map(|objective| &objective.rows) {
        assert!(row.budget.is_empty());
        for item in row.items.iter().chain(&row.later) {
            assert!(item.status.is_none() && item.reached.is_none() && item.opinion.is_none());
            assert!(item.by_when.iter().all(|due| due.done_on.is_none() && !due.overdue));
        }
    }
    // The target for supply cover says its own sum.
    let page = page(&document).replace("£7,000", "");
    for word in ["£", "class=\"chip", "class=\"done", "class=\"late\"", "opinion", "Within roles"] {
        assert!(!page.contains(word), "{word}");
    }
    let width = records(&document)[0].len();
    assert_eq!(width, 9);
    assert!(records(&document).iter().all(|record| record.len() == width));
}

#[test]
fn the_page_names_the_hub_and_its_approvals_and_leaves_room_to_sign() {
    let page = page(&demo(Audience::Hub));
    assert!(page.contains("<p class=\"hub\">Leicester-Shire Music Education Hub</p>"));
    assert!(page.contains("Governing Group on 5 Feb 2014 (GOV 2014-02-05, item 4)"));
    assert!(page.contains("<th scope=\"col\">Signed</th>") && page.contains("the hub: Head of Service"));

    let mut unapproved = sample::names();
    unapproved.approvals.clear();
    let page = self::page(&build(&sample::tree(date!(2015 - 02 - 01)), &unapproved, Audience::Hub));
    assert!(page.contains("This plan has not been approved yet."));
}

#[test]
fn every_printed_page_of_an_objective_repeats_its_title() {
    let document = demo(Audience::Hub);
    let page = page(&document);
    let heads: Vec<&str> = page.split("<thead>").skip(1).filter_map(|rest| rest.split("</thead>").next()).collect();
    for objective in &document.objectives {
        let title = escaped(&objective.title);
        assert!(heads.iter().any(|head| head.contains(&title) && head.contains("By when")), "{title}");
    }
}

#[test]
fn a_target_says_how_it_stands_once() {
    let document = demo(Audience::Hub);
    let rows = document.objectives.iter().flat_map(|objective| &objective.rows);
    let items: Vec<_> = rows.flat_map(|row| row.items.iter().chain(&row.later)).collect();
    let statuses = items.iter().filter(|item| item.status.is_some()).count();
    let late_milestones = items.iter().filter(|item| item.status.is_none());
    let late = late_milestones.flat_map(|item| &item.by_when).filter(|due| due.overdue).count();
    let page = page(&document);
    assert_eq!(page.matches("<span class=\"chip").count(), statuses + document.standing.len());
    assert_eq!(page.matches("not done").count(), late);
}

#[test]
fn a_plan_of_one_year_has_no_column_for_the_next() {
    let mut tree = sample::tree(date!(2015 - 02 - 01));
    let first = tree.years[0].id;
    for node in &mut tree.objectives {
        node.targets.retain(|target| target.target.plan_year_id == first);
        node.milestones.retain(|milestone| milestone.milestone.plan_year_id == first);
    }
    let document = build(&tree, &sample::names(), Audience::Hub);
    assert!(document.columns.iter().all(|column| column.key != ColumnKey::NextYears));
    let records = records(&document);
    assert!(records.iter().all(|record| record.len() == records[0].len()));
    let page = page(&document);
    assert!(!page.contains("class=\"c-later\"") && page.contains("class=\"c-budget\""));
}

#[test]
fn what_happened_later_is_not_told() {
    let tree = sample::tree(date!(2014 - 04 - 26));
    let document = build(&tree, &sample::names(), Audience::Hub);
    let rows = document.objectives.iter().flat_map(|objective| &objective.rows);
    for item in rows.flat_map(|row| row.items.iter().chain(&row.later)) {
        assert!(item.by_when.iter().all(|due| due.done_on <= Some(tree.as_at)));
        let reached = item.reached.as_ref().and_then(|reached| reached.on);
        assert!(reached <= Some(tree.as_at));
    }
}

#[test]
fn no_text_of_a_plan_becomes_markup() {
    let mut tree = sample::tree(date!(2015 - 02 - 01));
    let evil = "</style></td><script>alert('\"&')</script>";
    tree.plan.title = evil.to_owned();
    tree.plan.motto = Some(evil.to_owned());
    tree.plan.acknowledgement = Some(evil.to_owned());
    let node = &mut tree.objectives[0];
    node.objective.title = evil.to_owned();
    node.strands[0].strand.text = evil.to_owned();
    node.targets[0].target.statement = evil.to_owned();
    node.resources[0].text = evil.to_owned();
    node.budget[0].text = Some(evil.to_owned());
    let mut names = sample::names();
    names.partners[0].name = evil.to_owned();
    names.glossary[0].meaning = evil.to_owned();
    let page = page(&build(&tree, &names, Audience::Hub));
    assert!(!page.contains("<script") && !page.contains(evil));
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.matches(&escaped(evil)).count() >= 9);
}

#[test]
fn the_policy_lets_in_the_pages_own_style_alone() {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let html = html::html(&demo(Audience::Hub)).unwrap();
    let (_, rest) = html.page.0.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    assert!(html.policy.contains(&format!("style-src 'sha256-{hash}'")));
    for outside in ["style=", "src=", "href=", "http:", "https:", "url("] {
        assert!(!rest.contains(outside) && !style.contains(outside), "{outside}");
    }
}

#[test]
fn csv_is_rfc_4180_with_a_mark_and_no_formulas() {
    let mut tree = sample::tree(date!(2015 - 02 - 01));
    let formula = "=HYPERLINK(\"http://x\",\"a\nb\")";
    tree.objectives[0].targets[0].target.statement = formula.to_owned();
    let document = build(&tree, &sample::names(), Audience::Hub);
    let csv = csv::csv(&document).unwrap().0;
    assert!(csv.starts_with("\u{feff}Objective,Strand,") && csv.ends_with("\r\n"));
    let records = records(&document);
    assert!(records.iter().all(|record| record.len() == records[0].len()));
    let cells = || records.iter().flatten();
    assert!(cells().any(|cell| *cell == format!("'{formula}")));
    assert!(!cells().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
}

/// To look at it: set `SMEP_PLAN_PAGE` to a folder, and open what is written there.
#[test]
fn the_page_can_be_looked_at() {
    let Ok(folder) = std::env::var("SMEP_PLAN_PAGE") else { return };
    for (name, audience) in [("hub", Audience::Hub), ("school", Audience::School)] {
        let document = demo(audience);
        std::fs::write(format!("{folder}/{name}.html"), page(&document)).unwrap();
        std::fs::write(format!("{folder}/{name}.csv"), csv::csv(&document).unwrap().0).unwrap();
    }
}

//! Reports: the same figures in three forms, as on any day, within the caller's reach.

mod between_hubs;
mod briefing;
mod coverage;
mod dashboard;
mod due;
mod exam_trends;
mod forms;
mod live_targets;
mod pictures;
mod progress;
mod proposals;
mod road_map;
mod statements;
mod tabled;
mod timeline;

use std::io::Cursor;

use api::kernel::base::clock::{at, day_begins};
use calamine::{Data, Reader, Xlsx};
use entity::identity::grant::Role;
use entity::instant::Instant;
use entity::visits::action::{self, ActionAudience, ActionSource, ActionStatus};
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use entity::visits::visit_report::{self, ReportStatus};
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use time::macros::{date, time};
use time::{Date, Duration};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A person of the hub.
async fn person(head: &Caller, name: &str) -> Uuid {
    head.post("/people", &json!({ "name": name })).await.expect(201).id()
}

/// The years of a new plan: from April 2014, and from April 2015.
async fn plan_years(head: &Caller) -> [Uuid; 2] {
    let plan = json!({ "kind": "school_music_education_plan", "title": "Plan 2014-2016" });
    let plan = head.post("/plans", &plan).await.expect(201).id();
    let year = async |label, first, last| {
        let year = json!({ "plan_id": plan, "label": label, "first_day": first, "last_day": last });
        head.post("/plan-years", &year).await.expect(201).id()
    };
    [year("2014/15", "2014-04-01", "2015-03-31").await, year("2015/16", "2015-04-01", "2016-03-31").await]
}

/// Assigns a person to a school.
async fn assign(head: &Caller, person: Uuid, school: Uuid, role: &str, days: (&str, Option<&str>)) {
    let (from_on, to_on) = days;
    let form = json!({ "person_id": person, "school_id": school, "role": role, "from_on": from_on, "to_on": to_on });
    head.post("/assignments", &form).await.expect(201);
}

/// A visit in person that was completed on a day and whose report the school has, if the day is over; else a planned
/// one.
fn visit(app: &App, school_id: Uuid, visitor_id: Uuid, on: Date) -> visit::Model {
    let now = app.clock.now();
    let made = on < app.clock.today();
    visit::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        visitor_id,
        co_visitor_ids: Default::default(),
        kind: VisitKind::Initial,
        mode: VisitMode::InPerson,
        provider_id: None,
        starts_at: at(on, time!(09:30)),
        ends_at: at(on, time!(11:00)),
        purpose: None,
        note: None,
        people_met: Default::default(),
        status: if made { VisitStatus::Shared } else { VisitStatus::Planned },
        status_reason: None,
        completed_on: made.then_some(on),
        external_ids: Default::default(),
        search_key: String::new(),
    }
}

/// An open action that somebody owns.
fn action(app: &App, school_id: Uuid, owner: Uuid, due_on: Date) -> action::Model {
    let now = app.clock.now();
    action::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        source_kind: ActionSource::Review,
        source_id: None,
        source_text: None,
        criterion_id: None,
        text: "Start a choir".to_owned(),
        owner_id: Some(owner),
        owner_role: None,
        due_on,
        done_on: None,
        audience: ActionAudience::School,
        shared_at: None,
        status: ActionStatus::Open,
        status_reason: None,
        carried_to_id: None,
        times_carried: 0,
        dropped_on: None,
        search_key: String::new(),
    }
}

/// Moves the clock to the morning of a later day.
fn wait_until(app: &App, day: Date) {
    let days = u32::try_from((day - app.clock.today()).whole_days()).unwrap();
    app.clock.advance(std::time::Duration::from_hours(24) * days);
}

/// Two specialist leaders: one leads at two schools until the end of the year, the other helps at one of them.
async fn two_specialists() -> (App, Caller, [Uuid; 2]) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (priya, sam) = (person(&head, "Priya Nair").await, person(&head, "=Sam").await);
    let north = app.area(&head, "North").await.id();
    let [ash, beech] = [
        app.school(&head, "Ash", json!({ "area_id": north })).await.id(),
        app.school(&head, "Beech", json!({ "phase": "secondary" })).await.id(),
    ];
    for school in [ash, beech] {
        assign(&head, priya, school, "lead", ("2014-09-01", Some("2015-08-31"))).await;
    }
    assign(&head, sam, ash, "support", ("2014-09-01", None)).await;
    (app, head, [priya, sam])
}

fn load(reply: &Reply) -> Vec<(String, i64, i64)> {
    let report = reply.json();
    let lines = report["lines"].as_array().unwrap();
    let count = |line: &Value, field: &str| line[field].as_i64().unwrap();
    let mut load: Vec<_> = lines
        .iter()
        .map(|line| {
            let name = line["name"].as_str().unwrap().to_owned();
            (name, count(line, "schools_led"), count(line, "schools_supported"))
        })
        .collect();
    load.sort();
    load
}

#[actix_web::test]
async fn a_report_holds_for_any_day_and_for_the_schools_asked_for() {
    let (_app, head, _) = two_specialists().await;
    let report = async |query: &str| head.get(&format!("/reports/specialist-load?{query}")).await.expect(200);
    let line = |name: &str, led, helped| (name.to_owned(), led, helped);
    assert_eq!(load(&report("as_at=2015-08-31").await), [line("=Sam", 0, 1), line("Priya Nair", 2, 0)]);
    assert_eq!(load(&report("as_at=2015-09-01").await), [line("=Sam", 0, 1)]);
    assert_eq!(load(&report("as_at=2014-08-31").await), []);
    assert_eq!(load(&report("as_at=2015-01-01&phase=secondary").await), [line("Priya Nair", 1, 0)]);
    let today = report("").await.json();
    assert_eq!((&today["as_at"], &today["found"]), (&json!("2014-09-01"), &json!(2)));
    assert_eq!(
        today["period"],
        json!({
            "from_on": "2014-09-01", "to_on": "2015-08-31", "label": "2014/15", "plan_id": null
        })
    );
}

#[actix_web::test]
async fn the_same_figures_come_as_data_as_csv_and_as_a_sheet() {
    let (_app, head, _) = two_specialists().await;
    let csv = head.get("/reports/specialist-load?format=csv&as_at=2015-01-01").await.expect(200);
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"specialist-load-2015-01-01.csv\"");
    let text = csv.text();
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').expect("a mark").as_bytes());
    let headings: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headings[..5], ["as_at", "from_on", "to_on", "person_id", "name"]);
    let mut names: Vec<_> = reader.records().map(|record| record.unwrap()[4].to_owned()).collect();
    names.sort();
    assert_eq!(names, ["'=Sam", "Priya Nair"], "no cell is a formula");

    let sheet = head.ask(Method::GET, "/reports/specialist-load?as_at=2015-01-01").header("accept", XLSX);
    let sheet = sheet.await.expect(200);
    assert_eq!(sheet.header("content-type"), XLSX);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(sheet.body.clone())).unwrap();
    let rows: Vec<Vec<Data>> = book.worksheet_range("specialist-load").unwrap().rows().map(<[Data]>::to_vec).collect();
    assert_eq!(rows[0].iter().map(ToString::to_string).collect::<Vec<_>>(), headings);
    let found: Vec<_> = rows[1..].iter().map(|row| row[4].to_string()).collect();
    assert!(rows.len() == 3 && found.contains(&"=Sam".to_owned()), "{found:?}");
    let refused = head.ask(Method::GET, "/reports/specialist-load").header("accept", "text/html").await;
    refused.problem(406, "not-acceptable");
}

#[actix_web::test]
async fn an_etag_is_the_same_for_as_long_as_the_figures_are() {
    let (_app, head, [_, sam]) = two_specialists().await;
    for format in ["json", "csv", "xlsx"] {
        let path = format!("/reports/specialist-load?format={format}");
        let first = head.get(&path).await.expect(200);
        let again = head.get(&path).await.expect(200);
        assert_eq!((first.etag(), &first.body), (again.etag(), &again.body), "{format}");
        let known = head.ask(Method::GET, &path).header("if-none-match", first.etag()).await.expect(304);
        assert!(known.body.is_empty());
    }
    let path = "/reports/specialist-load";
    let before = head.get(path).await.expect(200).etag();
    let schools = head.get("/schools?sort=name").await.expect(200).ids();
    assign(&head, sam, schools[1], "support", ("2014-09-01", None)).await;
    assert_ne!(head.get(path).await.expect(200).etag(), before);
}

#[actix_web::test]
async fn one_period_is_asked_for_whole() {
    let (_app, head, _) = two_specialists().await;
    let refused = async |query: &str| {
        let reply = head.get(&format!("/reports/specialist-load?{query}")).await;
        reply.refusal(400, "bad-parameter")
    };
    assert_snapshot!(refused("academic_year=2014/16").await, @"
    ?academic_year: an academic year is a year and the last two digits of the next, such as 2016/17
    ?academic_year order: an academic year is a year and the last two digits of the next, such as
      2016/17
    ");
    assert_snapshot!(refused("from_on=2014-09-01").await, @"
    ?to_on: goes with `from_on`
    ?to_on required: goes with `from_on`
    ");
    assert_snapshot!(refused("from_on=2014-09-02&to_on=2014-09-01").await, @"
    ?to_on: not before `from_on`
    ?to_on order: not before `from_on`
    ");
    assert_snapshot!(refused("academic_year=2014/15&from_on=2014-09-01&to_on=2014-09-02").await, @"
    ?academic_year: send one period: a year, or two days
    ?academic_year exclusive: send one period: a year, or two days
    ");
    assert_snapshot!(refused(&format!("plan_year_id={}", Uuid::now_v7())).await, @"
    ?plan_year_id: there is no such year of a plan
    ?plan_year_id unknown_reference: there is no such year of a plan
    ");
}

#[actix_web::test]
async fn a_period_of_two_days_has_at_most_thirty_years() {
    let (_app, head, _) = two_specialists().await;
    let mut refused = Vec::new();
    for report in ["specialist-load", "visit-coverage", "income", "consultations", "income/picture"] {
        let path = |last: &str| format!("/reports/{report}?from_on=2014-09-01&to_on={last}");
        head.get(&path("2044-08-31")).await.expect(200);
        refused.push(head.get(&path("2044-09-01")).await.refusal(400, "bad-parameter"));
    }
    assert_snapshot!(support::one_text(&refused), @"
    ?to_on: a period has at most 30 years: ask for a shorter one
    ?to_on too_long: a period has at most 30 years: ask for a shorter one
    ");
}

#[actix_web::test]
async fn a_specialist_counts_the_own_schools_alone_and_a_school_none() {
    let (app, head, [priya, _]) = two_specialists().await;
    let specialist = app.as_role(Role::SpecialistLeader).await;
    let ash = head.get("/schools?sort=name").await.expect(200).ids()[0];
    assign(&head, specialist.person(), ash, "support", ("2014-09-01", None)).await;
    let report = specialist.get("/reports/specialist-load").await.expect(200).json();
    let of = |person: Uuid| {
        let lines = report["lines"].as_array().unwrap();
        lines.iter().find(|line| line["person_id"] == person.to_string()).unwrap().clone()
    };
    assert_eq!(of(priya)["schools_led"], 1, "the other school is not the specialist's");
    assert_eq!(of(priya)["name"], Value::Null);
    assert_eq!(report["found"], 3);
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        app.at_school(role, ash).await.get("/reports/specialist-load").await.problem(403, "forbidden");
    }
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_client_in(elsewhere, "reports:read").await;
    assert_eq!(stranger.get("/reports/specialist-load").await.expect(200).json()["found"], 0);
}

#[actix_web::test]
async fn load_counts_visits_in_the_period_open_reports_and_overdue_actions() {
    let (app, head, [priya, sam]) = two_specialists().await;
    wait_until(&app, date!(2015 - 01 - 10));
    let head = app.again(&head);
    let ash = head.get("/schools?sort=name").await.expect(200).ids()[0];
    let of = |visitor, on| visit(&app, ash, visitor, on);
    let unwritten = visit::Model { status: VisitStatus::Completed, ..of(priya, date!(2014 - 12 - 01)) };
    let cancelled = visit::Model { status: VisitStatus::Cancelled, ..of(priya, date!(2015 - 02 - 02)) };
    let before = of(priya, date!(2014 - 08 - 31));
    let visits = vec![of(priya, date!(2014 - 09 - 01)), unwritten, cancelled, before, of(sam, date!(2015 - 03 - 01))];
    app.insert::<visit::Entity>(app.hub, visits).await;
    let done = action::Model {
        status: ActionStatus::Done,
        done_on: Some(date!(2014 - 12 - 20)),
        ..action(&app, ash, priya, date!(2014 - 12 - 01))
    };
    let actions = vec![
        action(&app, ash, priya, date!(2014 - 12 - 31)),
        action(&app, ash, priya, app.clock.today() + Duration::DAY),
        done,
    ];
    app.insert::<action::Entity>(app.hub, actions).await;
    let report = async |query: &str| {
        let report = head.get(&format!("/reports/specialist-load?{query}")).await.expect(200).json();
        let lines = report["lines"].as_array().unwrap();
        let figures = ["visits_planned", "visits_completed", "open_reports", "overdue_actions"];
        let line =
            |line: &Value| (line["name"].as_str().unwrap().to_owned(), figures.map(|it| line[it].as_i64().unwrap()));
        lines.iter().map(line).collect::<Vec<_>>()
    };
    let line = |name: &str, figures: [i64; 4]| (name.to_owned(), figures);
    assert_eq!(report("").await, [line("=Sam", [1, 0, 0, 0]), line("Priya Nair", [0, 2, 1, 1])]);
    let autumn = "from_on=2014-09-02&to_on=2014-12-31&as_at=2014-12-10";
    assert_eq!(report(autumn).await, [line("=Sam", [0, 0, 0, 0]), line("Priya Nair", [0, 1, 1, 1])]);
    assert_eq!(report("phase=secondary").await, [line("Priya Nair", [0, 0, 0, 0])]);
    // A report was open on a day if the school got it later.
    let shared = of(priya, date!(2014 - 11 - 10));
    let versions = [(1, date!(2014 - 11 - 20)), (2, date!(2014 - 12 - 20))];
    let versions = versions.map(|(number, on)| version(&shared, number, day_begins(on)));
    app.insert::<visit::Entity>(app.hub, vec![shared]).await;
    app.insert::<visit_report::Entity>(app.hub, versions.to_vec()).await;
    for (day, open) in [("2014-11-09", 0), ("2014-11-19", 1), ("2014-11-20", 0), ("2014-12-01", 1), ("2014-12-19", 1)] {
        let found = report(&format!("as_at={day}")).await;
        let line = found.iter().find(|(name, _)| name == "Priya Nair").unwrap();
        assert_eq!(line.1[2], open, "{day}");
    }
}

/// A version of the report of a visit that the school got at a time.
fn version(of: &visit::Model, number: i32, shared_at: Instant) -> visit_report::Model {
    visit_report::Model {
        hub_id: of.hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: of.created_at,
        updated_at: of.updated_at,
        archived_at: None,
        visit_id: of.id,
        school_id: of.school_id,
        number,
        seen: None,
        strengths: None,
        areas_to_develop: None,
        judgement: None,
        rag: None,
        status: ReportStatus::Shared,
        shared_at: Some(shared_at),
        answer_due_on: None,
        answered_at: None,
        answer_comment: None,
        ended_at: None,
    }
}

#[actix_web::test]
async fn a_year_before_the_last_day_of_february_is_the_last_day_of_february() {
    let (app, head, _) = two_specialists().await;
    wait_until(&app, date!(2016 - 03 - 01));
    let head = app.again(&head);
    for report in ["rating-movement", "rating-moves"] {
        for (day, since) in [("2016-02-29", "2015-02-28"), ("2015-02-28", "2014-02-28"), ("2016-03-01", "2015-03-01")] {
            let report = head.get(&format!("/reports/{report}?as_at={day}")).await.expect(200).json();
            assert_eq!(report["period"]["from_on"], since, "{day}");
        }
    }
}

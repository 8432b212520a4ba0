//! Results of exams: figures, their totals, small numbers, and what follows from them.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use crate::support::{self, App, Caller};

/// A figure of GCSE music.
fn figure(school: Uuid, year: &str, grade: Option<&str>, pupils: Value) -> Value {
    json!({
        "school_id": school,
        "academic_year": year,
        "qualification": "gcse",
        "subject": "music",
        "basis": "entries",
        "kind": if grade.is_some() { "grade" } else { "total" },
        "grade": grade,
        "pupils": pupils,
        "source": "reported",
    })
}

fn with(mut form: Value, more: Value) -> Value {
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

async fn school(app: &App, head: &Caller, name: &str) -> Uuid {
    app.school(head, name, json!({ "phase": "secondary", "la_code": "855" })).await.id()
}

/// Takes figures of a school: the total and grades of a year.
async fn taken(head: &Caller, school: Uuid, year: &str, total: i32, grades: &[(&str, i32)]) {
    let grades = grades.iter().map(|(grade, pupils)| figure(school, year, Some(grade), json!(pupils)));
    let items: Vec<_> = grades.chain([figure(school, year, None, json!(total))]).collect();
    let report = head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["created"], items.len(), "{report:#}");
}

#[actix_web::test]
async fn a_figure_is_known_or_has_a_reason_and_never_both() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = school(&app, &head, "Ash").await;
    let post = async |form: Value| head.post("/exam-results", &form).await;
    let neither = figure(school, "2022/23", Some("7"), Value::Null);
    assert_snapshot!(post(neither.clone()).await.refusal(422, "invalid"), @r"
    give the figure, or in `missing_reason` why it is missing: it is never 0 for that
    /pupils missing: give the figure, or in `missing_reason` why it is missing: it is never 0 for that
    ");
    let both = with(figure(school, "2022/23", Some("7"), json!(3)), json!({ "missing_reason": "suppressed" }));
    assert_eq!(post(both).await.faults(), [("/missing_reason".to_owned(), "exclusive".to_owned())]);
    let made = post(with(neither, json!({ "missing_reason": "suppressed" }))).await.expect(201);
    assert_eq!((&made.json()["pupils"], &made.json()["missing_reason"]), (&Value::Null, &json!("suppressed")));
    let path = format!("/exam-results/{}", made.id());
    let known = head.patch(&path, &json!({ "pupils": 0, "missing_reason": null }), "\"1\"").await.expect(200).json();
    assert_eq!((&known["pupils"], &known["missing_reason"]), (&json!(0), &Value::Null));
    for (form, fault) in [
        (figure(school, "2022/24", Some("7"), json!(1)), ("/academic_year", "order")),
        (figure(school, "2022/23", Some("10"), json!(1)), ("/grade", "unknown")),
        (with(figure(school, "2022/23", Some("7"), json!(1)), json!({ "kind": "total" })), ("/grade", "exclusive")),
        (with(figure(school, "2022/23", None, json!(1)), json!({ "kind": "grade" })), ("/grade", "missing")),
    ] {
        assert_eq!(post(form).await.faults(), [(fault.0.to_owned(), fault.1.to_owned())]);
    }
    head.post("/exam-results", &figure(school, "2020/21", None, json!(9))).await.expect(201);
}

#[actix_web::test]
async fn a_school_has_each_figure_once() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = school(&app, &head, "Ash").await;
    let form = figure(school, "2022/23", Some("7"), json!(8));
    let made = head.post("/exam-results", &form).await.expect(201);
    let again = head.post("/exam-results", &form).await;
    again.problem(409, "duplicate");
    assert!(again.header("location").ends_with(&made.id().to_string()));
    let titled = with(form.clone(), json!({ "title": "GCSE Short Course" }));
    head.post("/exam-results", &titled).await.expect(201);
    let items = [form, figure(school, "2022/23", Some("6"), json!(9)), figure(school, "2022/23", Some("6"), json!(9))];
    let sent = json!({ "items": items });
    let report = head.post("/exam-results/batch?mode=each", &sent).await.expect(200).json();
    let outcomes: Vec<_> = report["items"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(outcomes, ["rejected", "created", "rejected"]);
    assert_eq!(report["items"][0]["errors"][0]["code"], "duplicate");
}

#[actix_web::test]
async fn a_total_and_its_grades_do_not_contradict_each_other() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = school(&app, &head, "Ash").await;
    let total = head.post("/exam-results", &figure(school, "2022/23", None, json!(12))).await.expect(201);
    let nine = head.post("/exam-results", &figure(school, "2022/23", Some("9"), json!(8))).await.expect(201);
    let refused = head.post("/exam-results", &figure(school, "2022/23", Some("8"), json!(5))).await;
    let named = format!(
        "the grades of gcse music in 2022/23 add up to 13, and their total (item {}) is 12: correct the total or the \
         grades",
        total.id()
    );
    let problem = refused.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["message"], named);
    assert_eq!(refused.faults(), [("/pupils".to_owned(), "contradiction".to_owned())]);
    head.post("/exam-results", &figure(school, "2022/23", Some("8"), json!(4))).await.expect(201);
    // Another year, another basis and another title are other series.
    head.post("/exam-results", &figure(school, "2021/22", Some("8"), json!(50))).await.expect(201);
    // All grades together are not less than the total either.
    let rest = ["7", "6", "5", "4", "3", "2", "1"].map(|grade| figure(school, "2022/23", Some(grade), json!(0)));
    head.post("/exam-results/batch", &json!({ "items": rest })).await.expect(200);
    let smaller = format!("/exam-results/{}", nine.id());
    head.patch(&smaller, &json!({ "pupils": 7 }), "*").await.expect(200);
    let refused = head.post("/exam-results", &figure(school, "2022/23", Some("U"), json!(0))).await;
    assert_eq!(refused.faults(), [("/pupils".to_owned(), "contradiction".to_owned())]);
    head.post("/exam-results", &figure(school, "2022/23", Some("U"), json!(1))).await.expect(201);
    let path = format!("/exam-results/{}", total.id());
    head.patch(&path, &json!({ "pupils": 11 }), "*").await.problem(422, "invalid");
    head.patch(&path, &json!({ "pupils": 13 }), "*").await.problem(422, "invalid");
}

#[actix_web::test]
async fn each_figure_of_a_full_batch_may_be_of_a_series_of_its_own() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut items = Vec::new();
    for number in 0..40 {
        let school = school(&app, &head, &format!("School {number}")).await;
        let years = (0..25).map(|year| format!("20{year:02}/{:02}", year + 1));
        items.extend(years.map(|year| figure(school, &year, None, json!(20))));
    }
    let form = json!({ "items": items });
    for outcome in ["created", "rejected"] {
        let report = head.post("/exam-results/batch?mode=each", &form).await.expect(200).json();
        assert_eq!(report[outcome], 1000, "{outcome}");
    }
}

#[actix_web::test]
async fn a_batch_is_compared_as_a_whole() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [ash, beech] = [school(&app, &head, "Ash").await, school(&app, &head, "Beech").await];
    let items = [
        figure(ash, "2022/23", Some("9"), json!(8)),
        figure(ash, "2022/23", None, json!(7)),
        figure(beech, "2022/23", Some("9"), json!(8)),
        figure(beech, "2022/23", None, json!(9)),
    ];
    let report = head.post("/exam-results/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    let outcomes: Vec<_> = report["items"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(outcomes, ["rejected", "rejected", "created", "created"]);
    assert_eq!(report["items"][1]["errors"][0]["code"], "contradiction");
}

#[actix_web::test]
async fn a_school_reports_its_own_results_and_imports_nothing() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [own, other] = [school(&app, &head, "Ash").await, school(&app, &head, "Beech").await];
    head.post("/exam-results", &figure(other, "2022/23", None, json!(9))).await.expect(201);
    let imported = with(figure(own, "2021/22", None, json!(9)), json!({ "source": "imported" }));
    let imported_id = head.post("/exam-results", &imported).await.expect(201).id();
    let staff = app.at_school(Role::SchoolStaff, own).await;
    let made = staff.post("/exam-results", &figure(own, "2022/23", None, json!(9))).await.expect(201).id();
    staff.post("/exam-results", &figure(other, "2021/22", None, json!(9))).await.problem(422, "invalid");
    let refused = staff.post("/exam-results", &with(imported, json!({ "academic_year": "2018/19" }))).await;
    assert_eq!(refused.faults(), [("/source".to_owned(), "fixed".to_owned())]);
    staff.patch(&format!("/exam-results/{imported_id}"), &json!({ "pupils": 8 }), "*").await.problem(422, "invalid");
    let mut seen = staff.get("/exam-results").await.expect(200).ids();
    seen.sort_unstable();
    let mut expected = vec![imported_id, made];
    expected.sort_unstable();
    assert_eq!(seen, expected);
    staff.get(&format!("/exam-results/{made}")).await.expect(200);
    let elsewhere = app.at_school(Role::SchoolStaff, other).await;
    elsewhere.get(&format!("/exam-results/{made}")).await.problem(404, "not-found");
    elsewhere.patch(&format!("/exam-results/{made}"), &json!({ "pupils": 1 }), "*").await.problem(404, "not-found");
}

#[actix_web::test]
async fn results_are_found_by_what_they_are_about() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let area = app.area(&head, "North").await.id();
    let ash = app.school(&head, "Ash", json!({ "area_id": area })).await.id();
    let beech = school(&app, &head, "Beech").await;
    taken(&head, ash, "2021/22", 9, &[("9", 9)]).await;
    taken(&head, ash, "2022/23", 9, &[("9", 9)]).await;
    taken(&head, beech, "2022/23", 8, &[("8", 8), ("7", 0)]).await;
    for (query, found) in [
        (format!("school_id={ash}"), 4),
        (format!("area_id={area}"), 4),
        ("academic_year=2022/23".to_owned(), 5),
        ("academic_year_from=2022/23&academic_year_to=2023/24".to_owned(), 5),
        ("kind=total".to_owned(), 3),
        ("grade=9&grade=8".to_owned(), 3),
        ("qualification=a_level".to_owned(), 0),
        ("subject=music&source=reported".to_owned(), 7),
    ] {
        assert_eq!(head.get(&format!("/exam-results?{query}")).await.expect(200).ids().len(), found, "{query}");
    }
    let counts = head.get("/exam-results/counts?by=academic_year&kind=total").await.expect(200).json();
    assert_eq!(counts["total"], 3);
    let export = head.get("/exam-results/export?format=csv&academic_year=2021/22").await.expect(200).text();
    assert_eq!(export.lines().count(), 3, "{export}");
    head.get("/exam-results?pupils=9").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn figures_of_areas_are_the_hubs_own() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let area = json!({
        "area_level": "local_authority", "area_code": "855", "academic_year": "2022/23", "qualification": "gcse",
        "subject": "music", "basis": "entries", "kind": "total", "pupils": 300, "source": "reported",
    });
    let made = head.post("/exam-statistics", &area).await.expect(201).id();
    head.post("/exam-statistics", &area).await.problem(409, "duplicate");
    let grade = with(area.clone(), json!({ "kind": "grade", "grade": "9", "pupils": 301 }));
    let refused = head.post("/exam-statistics", &grade).await;
    assert_eq!(refused.faults(), [("/pupils".to_owned(), "contradiction".to_owned())]);
    assert!(refused.text().contains(&made.to_string()), "{}", refused.text());
    let school = school(&app, &head, "Ash").await;
    let staff = app.at_school(Role::SchoolStaff, school).await;
    assert_eq!(staff.get("/exam-statistics").await.expect(200).ids(), [made]);
    staff.post("/exam-statistics", &with(area, json!({ "area_code": "856" }))).await.problem(403, "forbidden");
}

/// A figure that the report has, by year.
fn of<'l>(report: &'l Value, whose: &str, year: &str) -> &'l Value {
    let lines = report["lines"].as_array().unwrap();
    let found = lines.iter().find(|line| line["of"] == whose && line["academic_year"] == year);
    found.unwrap_or_else(|| panic!("{whose} {year}: {report:#}"))
}

#[actix_web::test]
async fn trends_have_shares_breaks_and_the_areas_beside_them() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [ash, beech] = [school(&app, &head, "Ash").await, school(&app, &head, "Beech").await];
    taken(&head, ash, "2018/19", 20, &[("9", 10), ("3", 10)]).await;
    taken(&head, ash, "2021/22", 20, &[("9", 12), ("3", 8)]).await;
    taken(&head, beech, "2021/22", 10, &[("4", 10)]).await;
    taken(&head, ash, "2022/23", 10, &[("7", 10)]).await;
    // Beech has one grade that nobody knows.
    head.post("/exam-results", &figure(beech, "2022/23", None, json!(30))).await.expect(201);
    let unknown = with(figure(beech, "2022/23", Some("9"), Value::Null), json!({ "missing_reason": "suppressed" }));
    head.post("/exam-results", &unknown).await.expect(201);
    let area = |year: &str, grade: Option<&str>, pupils: i32| {
        json!({
            "area_level": "country", "area_code": "E92000001", "area_name": "England", "academic_year": year,
            "qualification": "gcse", "subject": "music", "basis": "entries", "source": "imported",
            "kind": if grade.is_some() { "grade" } else { "total" }, "grade": grade, "pupils": pupils,
        })
    };
    let items = [area("2022/23", None, 1000), area("2022/23", Some("5"), 750), area("2022/23", Some("1"), 250)];
    head.post("/exam-statistics/batch", &json!({ "items": items })).await.expect(200);
    let report = async |query: &str| {
        let path = format!("/reports/exam-trends?as_at=2024-01-15&{query}");
        head.get(&path).await.expect(200).json()
    };
    let all = report("").await;
    let years: Vec<_> = all["lines"].as_array().unwrap().iter().map(|line| line["academic_year"].clone()).collect();
    assert_eq!(years, ["2018/19", "2019/20", "2020/21", "2021/22", "2022/23", "2022/23"]);
    let line = of(&all, "schools", "2021/22");
    assert_eq!((&line["schools"], &line["entries"]), (&json!(2), &json!(30)));
    assert_eq!((&line["good"]["numerator"], &line["good"]["denominator"]), (&json!(22), &json!(30)));
    assert_eq!((&line["series_break"], &line["change"]), (&json!("after_no_results"), &Value::Null));
    let line = of(&all, "schools", "2020/21");
    assert_eq!((&line["series_break"], &line["entries"]), (&json!("no_results"), &Value::Null));
    assert_eq!(line["good"]["percentage"], Value::Null);
    let line = of(&all, "schools", "2022/23");
    assert_eq!((&line["entries"], &line["left_out"], &line["without_entries"]), (&json!(40), &json!(1), &json!(0)));
    assert_eq!((&line["good"]["percentage"], &line["change"]), (&json!(100.0), &json!(26.7)));
    assert_eq!(of(&all, "country", "2022/23")["good"]["percentage"], 75.0);
    let sevens = report("grade=7").await;
    assert_eq!(of(&sevens, "schools", "2021/22")["good"]["numerator"], 12);
    let one = report(&format!("school_id={beech}")).await;
    assert_eq!(of(&one, "schools", "2021/22")["good"]["percentage"], 100.0);
    let short = report("academic_year_from=2022/23&academic_year_to=2022/23").await;
    assert_eq!(short["found"], 2);
    let csv = head.get("/reports/exam-trends?as_at=2024-01-15&format=csv").await.expect(200).text();
    assert!(csv.contains("group_label,academic_year,schools,entries,without_entries,good_numerator"), "{csv}");
    assert_eq!(csv.lines().count(), 7, "{csv}");
    let picture = head.get("/reports/exam-trends/picture?as_at=2024-01-15").await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let svg = picture.text();
    assert!(svg.contains("2021/22: 73.3 % of 30") && svg.contains("England (published)"), "{svg}");
    for (query, pointer) in [
        ("grade=10", "?grade"),
        ("academic_year_from=2022/24", "?academic_year_from"),
        ("academic_year_from=1950/51", "?academic_year_from"),
    ] {
        let refused = head.get(&format!("/reports/exam-trends?as_at=2024-01-15&{query}")).await;
        refused.problem(400, "bad-parameter");
        assert_eq!(refused.faults()[0].0, pointer, "{query}");
    }
    let staff = app.at_school(Role::SchoolStaff, beech).await;
    let own = staff.get("/reports/exam-trends?as_at=2024-01-15").await.expect(200).json();
    assert_eq!(
        (&of(&own, "schools", "2021/22")["entries"], &of(&own, "country", "2022/23")["entries"]),
        (&json!(10), &json!(1000))
    );
}

/// A school that closed in 2021, and the academy in the same area that came from it.
async fn converted(app: &App, head: &Caller) -> [Uuid; 2] {
    let area = app.area(head, "North").await.id();
    let form = |urn: u32| json!({ "urn": urn, "phase": "secondary", "la_code": "855", "area_id": area });
    let old = app.school(head, "Elm School", form(100_001)).await.id();
    let mut academy = form(100_002);
    academy["opened_on"] = json!("2021-09-01");
    let new = app.school(head, "Elm Academy", academy).await.id();
    let link = json!({ "school_id": new, "link_urn": 100_001, "relation": "predecessor" });
    head.post("/school-links", &link).await.expect(201);
    [old, new]
}

async fn close(head: &Caller, school: Uuid) {
    let closed = json!({ "status": "closed", "closed_on": "2021-08-31" });
    head.patch(&format!("/schools/{school}"), &closed, "*").await.expect(200);
}

#[actix_web::test]
async fn results_of_a_closed_school_count_once_under_the_school_that_came_from_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [old, new] = converted(&app, &head).await;
    let ash = school(&app, &head, "Ash").await;
    taken(&head, old, "2017/18", 10, &[("9", 10)]).await;
    taken(&head, old, "2018/19", 20, &[("9", 12), ("3", 8)]).await;
    taken(&head, ash, "2018/19", 30, &[("9", 10), ("3", 20)]).await;
    close(&head, old).await;
    taken(&head, new, "2021/22", 10, &[("9", 10)]).await;
    // The file of 2018/19 once more, after the school has closed.
    let again = |grade: Option<&str>, pupils: i32| {
        with(figure(new, "2018/19", grade, json!(pupils)), json!({ "published_urn": 100_001 }))
    };
    let items = [again(None, 20), again(Some("9"), 12), again(Some("3"), 8)];
    head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200);
    let report = async |query: &str| {
        let report = head.get(&format!("/reports/exam-trends?{query}")).await.expect(200).json();
        let line = |line: &Value| {
            let good = &line["good"];
            json!([line["group"]["label"], line["academic_year"], line["schools"], line["entries"], good["numerator"]])
        };
        let known = |line: &&Value| !line["entries"].is_null();
        report["lines"].as_array().unwrap().iter().filter(known).map(line).collect::<Vec<_>>()
    };
    let own =
        [json!([null, "2017/18", 1, 10, 10]), json!([null, "2018/19", 1, 20, 12]), json!([null, "2021/22", 1, 10, 10])];
    assert_eq!(report(&format!("as_at=2024-01-15&school_id={new}")).await, own);
    let both = [own[0].clone(), json!([null, "2018/19", 2, 50, 22]), own[2].clone()];
    assert_eq!(report("as_at=2024-01-15").await, both);
    let by_area = report("as_at=2024-01-15&by=area").await;
    let north = own.clone().map(|line| json!(["North", line[1], line[2], line[3], line[4]]));
    assert_eq!(by_area[..3], north);
    assert_eq!(by_area[3..], [json!([null, "2018/19", 1, 30, 10])]);
    // The closed school shows its own, and on a day on which it was open it counts for itself.
    assert_eq!(report(&format!("as_at=2024-01-15&school_id={old}")).await, own[..2]);
    assert_eq!(report("as_at=2021-01-15").await, both[..2]);
}

#[actix_web::test]
async fn a_small_figure_is_withheld_with_what_gives_it_away() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let ash = school(&app, &head, "Ash").await;
    taken(&head, ash, "2022/23", 30, &[("9", 10), ("8", 11), ("7", 9)]).await;
    let governor = app.as_role(Role::Governor).await;
    let seen = async |by: &Caller| {
        let rows = by.get("/exam-results?sort=created_at").await.expect(200).json();
        rows["items"].as_array().unwrap().iter().map(|row| row["pupils"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(json!(seen(&governor).await), json!([10, 11, 9, 30]));
    let of_grade = async |grade: &str| head.get(&format!("/exam-results?{grade}")).await.expect(200).ids()[0];
    let (eight, total) = (of_grade("grade=8").await, of_grade("kind=total").await);
    let patch = async |id: Uuid, pupils: i32| {
        head.patch(&format!("/exam-results/{id}"), &json!({ "pupils": pupils }), "*").await.expect(200)
    };
    patch(eight, 3).await;
    patch(total, 22).await;
    assert_eq!(json!(seen(&head).await), json!([10, 3, 9, 22]));
    assert_eq!(json!(seen(&app.at_school(Role::SchoolHead, ash).await).await), json!([10, 3, 9, 22]));
    assert_eq!(json!(seen(&governor).await), json!([10, null, null, 22]));
    let item = governor.get(&format!("/exam-results/{eight}")).await.expect(200).json();
    assert_eq!((&item["pupils"], &item["suppressed"]), (&Value::Null, &json!(true)));
    let history = governor.get(&format!("/exam-results/{eight}/history")).await.expect(200).json();
    assert!(!history.to_string().contains("\"pupils\""), "{history}");
    let follower = app.as_client("exchange:read outcomes:read").await;
    let feed = follower.get("/changes?resource=exam_result").await.expect(200).json();
    assert!(!feed.to_string().contains("\"pupils\""), "{feed}");
    let export = governor.get("/exam-results/export?format=csv&fields=grade,pupils").await.expect(200).text();
    assert!(export.contains("\n8,\r") && export.contains("9,10"), "{export}");
    patch(total, 30).await;
    patch(eight, 11).await;
    assert_eq!(json!(seen(&governor).await), json!([10, 11, 9, 30]));
}

#[actix_web::test]
async fn trends_give_no_small_figure_away() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [ash, beech] = [school(&app, &head, "Ash").await, school(&app, &head, "Beech").await];
    taken(&head, ash, "2022/23", 20, &[("9", 10), ("3", 10)]).await;
    taken(&head, beech, "2022/23", 12, &[("9", 2), ("3", 10)]).await;
    let line = async |by: &Caller, more: &str| {
        let path = format!("/reports/exam-trends?as_at=2024-01-15{more}");
        by.get(&path).await.expect(200).json()["lines"][0].clone()
    };
    let governor = app.as_role(Role::Governor).await;
    let all = line(&governor, "").await;
    assert_eq!((&all["entries"], &all["left_out"]), (&json!(32), &json!(1)));
    assert_eq!((&all["good"]["numerator"], &all["good"]["denominator"]), (&json!(10), &json!(20)));
    assert_eq!(line(&head, "").await["good"]["numerator"], 12);
    let of_beech = format!("&school_id={beech}");
    assert_eq!(line(&governor, &of_beech).await["good"], Value::Null);
    let told = line(&head, &of_beech).await;
    assert_eq!((&told["good"], &told["suppressed"], &told["entries"]), (&Value::Null, &json!(true), &json!(12)));
    let own = app.at_school(Role::SchoolHead, beech).await;
    assert_eq!(line(&own, "").await["good"]["numerator"], 2);
}

/// A scheme that rates by results alone.
async fn scheme(head: &Caller) -> Uuid {
    let draft = json!({
        "title": "Results alone", "criteria": [{ "code": "exams", "title": "Results hold or rise", "data": "exam_trend",
            "green": 0, "amber": -5, "weight": 1, "no_data": "left_out" }],
        "amber_from": 35, "red_from": 65, "least_with_data": 1, "targeted_from": "red", "valid_months": 12,
    });
    head.post("/rag-schemes", &draft).await.expect(201).id()
}

#[actix_web::test]
async fn a_rating_follows_the_trend_of_a_school() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let ash = school(&app, &head, "Ash").await;
    let scheme = scheme(&head).await;
    let score = async |on: &str| {
        let path = format!("/rag-schemes/{scheme}/explanation?school_id={ash}&on_date={on}");
        head.get(&path).await.expect(200).json()["scores"][0].clone()
    };
    assert_eq!(score("2023-10-01").await["value"], Value::Null);
    taken(&head, ash, "2021/22", 20, &[("9", 12), ("3", 8)]).await;
    taken(&head, ash, "2022/23", 20, &[("9", 10), ("3", 10)]).await;
    let found = score("2023-10-01").await;
    assert_eq!((&found["value"], &found["colour"]), (&json!(-10.0), &json!("red")));
    assert_eq!(found["numerator"], Value::Null, "it tells no count of pupils");
    // A year counts once it has ended; a year after the break has nothing to compare with.
    assert_eq!(score("2023-08-31").await["value"], Value::Null);
}

#[actix_web::test]
async fn a_rating_and_a_briefing_follow_results_of_a_closed_school_to_the_one_that_came_from_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [old, new] = converted(&app, &head).await;
    taken(&head, old, "2021/22", 20, &[("9", 12), ("3", 8)]).await;
    let closed = json!({ "status": "closed", "closed_on": "2022-08-31" });
    head.patch(&format!("/schools/{old}"), &closed, "*").await.expect(200);
    taken(&head, new, "2022/23", 30, &[("9", 12), ("3", 18)]).await;
    let days = u32::try_from((date!(2023 - 10 - 01) - app.clock.today()).whole_days()).unwrap();
    app.clock.advance(std::time::Duration::from_hours(24) * days);
    let head = app.again(&head);
    let briefing = head.get(&format!("/schools/{new}/briefing")).await.expect(200).json();
    let told_of = |year: &Value| json!([year["academic_year"], year["entries"], year["good"]["numerator"]]);
    let told: Vec<_> = briefing["exam_results"].as_array().unwrap().iter().map(told_of).collect();
    assert_eq!(told, [json!(["2022/23", 30, 12]), json!(["2021/22", 20, 12])]);
    let scheme = scheme(&head).await;
    let path = format!("/rag-schemes/{scheme}/explanation?school_id={new}&on_date=2023-10-01");
    let score = head.get(&path).await.expect(200).json()["scores"][0].clone();
    assert_eq!(score["value"], json!(-20.0), "{score:#}");
    // What was published stands at the academy once more, with another figure of its own.
    let again = |grade: Option<&str>, pupils: i32| {
        with(figure(new, "2021/22", grade, json!(pupils)), json!({ "published_urn": 100_001 }))
    };
    let items = [again(None, 20), again(Some("9"), 12), again(Some("3"), 8)];
    head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200);
    taken(&head, new, "2021/22", 10, &[("9", 10)]).await;
    let score = head.get(&path).await.expect(200).json()["scores"][0].clone();
    assert_eq!(score["value"], json!(-33.0), "22 of 30, then 12 of 30: {score:#}");
    let briefing = head.get(&format!("/schools/{new}/briefing")).await.expect(200).json();
    let told: Vec<_> = briefing["exam_results"].as_array().unwrap().iter().map(told_of).collect();
    assert_eq!(told[1], json!(["2021/22", 30, 22]));
}

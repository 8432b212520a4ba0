//! How far plans and evaluations are, and reports as pictures.

use crate::evaluations::{answer_all, open_in, publish};
use crate::frameworks::singing;

use super::*;

/// A hub with schools of which so many send a self-evaluation at a level on 1 September 2014.
async fn evaluated(areas: &[(&str, &[i32])]) -> (App, Caller, Uuid) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let framework = publish(&head, &singing()).await;
    for (name, levels) in areas {
        let area = app.area(&head, name).await.id();
        for (number, level) in levels.iter().enumerate() {
            let school = app.school(&head, &format!("{name} {number}"), json!({ "area_id": area })).await.id();
            if *level > 0 {
                let evaluation = open_in(&head, school, framework, "2014/15").await;
                answer_all(&head, evaluation, *level).await;
                head.act(&format!("/evaluations/{evaluation}/submit"), Some("*")).await.expect(200);
            }
        }
    }
    (app, head, framework)
}

fn lines(report: &Value) -> Vec<Value> {
    report["lines"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn the_profile_of_the_hub_tells_levels_by_section_and_never_of_few_schools() {
    let areas = [("East", &[1, 2, 2, 3, 3][..]), ("North", &[2, 2, 2, 2, 3, 3]), ("South", &[1, 3])];
    let (_app, head, framework) = evaluated(&areas).await;
    let report = async |query: &str| head.get(&format!("/reports/evaluation-profile?{query}")).await.expect(200).json();
    let all = report("").await;
    let [line] = &lines(&all)[..] else { panic!("one section in one year: {all:#}") };
    assert_eq!((&line["framework_id"], &line["section_title"]), (&json!(framework), &json!("Singing")));
    assert_eq!(
        (&line["academic_year"], &line["schools"], &line["withheld"]),
        (&json!("2014/15"), &json!(13), &json!(false))
    );
    // Two criteria each: two schools at the first level, six at the second, five at the third.
    let counts = ["level_1", "level_2", "level_3", "level_4"].map(|it| line[it]["numerator"].as_i64().unwrap());
    assert_eq!((counts, &line["level_1"]["denominator"]), ([4, 12, 10, 0], &json!(26)));
    assert_eq!(line["average_level"], 2.23);
    let by_area = lines(&report("by=area").await);
    let shown = |line: &Value| (line["group"]["label"].clone(), line["withheld"].clone(), line["schools"].clone());
    let shown: Vec<_> = by_area.iter().map(shown).collect();
    // All schools less the ones of the other areas would be the two of the south.
    assert_eq!(
        shown,
        [
            (json!("East"), json!(true), Value::Null),
            (json!("North"), json!(false), json!(6)),
            (json!("South"), json!(true), Value::Null),
        ]
    );
    let hidden = by_area.iter().filter(|line| line["withheld"] == true);
    assert!(hidden.into_iter().all(|line| line["level_1"].is_null() && line["average_level"].is_null()));
    assert_eq!(lines(&report("as_at=2014-08-31").await).len(), 0, "nothing was sent by then");
    assert_eq!(lines(&report("academic_year=2013/14").await).len(), 0);
    assert_eq!(lines(&report("phase=secondary").await).len(), 0);
    let csv = head.get("/reports/evaluation-profile?by=area&format=csv").await.expect(200).text();
    assert!(csv.contains(",North,false,6,2.33,0,12,0.0,"), "{csv}");
    let picture = head.get("/reports/evaluation-profile/picture?by=area").await.expect(200).text();
    assert!(picture.contains("Singing, 2014/15, North: 2.33 on average, of 6 schools"), "{picture}");
    assert!(picture.contains("Singing, 2014/15, South: withheld: fewer than five schools"), "{picture}");
}

#[actix_web::test]
async fn completeness_counts_what_was_opened_sent_agreed_and_answered_by_the_day() {
    let (app, head, framework) = evaluated(&[("East", &[1, 2, 0]), ("North", &[0])]).await;
    let schools = head.all("/schools").await;
    let third = schools.iter().find(|school| school["name"] == "East 2").unwrap();
    let third: Uuid = third["id"].as_str().unwrap().parse().unwrap();
    let drafted = open_in(&head, third, framework, "2014/15").await;
    let answers = crate::evaluations::responses(&head, drafted).await;
    let path = format!("/evaluation-responses/{}", answers[0]["id"].as_str().unwrap());
    head.patch(&path, &json!({ "level": 2, "evidence": "Seen" }), "*").await.expect(200);
    wait_until(&app, date!(2014 - 09 - 10));
    let head = app.again(&head);
    let first = head.all("/evaluations?status=submitted").await[0]["id"].as_str().unwrap().to_owned();
    for verb in ["moderate", "agree"] {
        head.act(&format!("/evaluations/{first}/{verb}"), Some("*")).await.expect(200);
    }
    let report = async |query: &str| {
        let report = head.get(&format!("/reports/evaluation-completeness?{query}")).await.expect(200).json();
        let figures = |line: &Value| {
            let share = |name: &str| line[name]["numerator"].as_i64().unwrap();
            let schools = line["schools"].as_i64().unwrap();
            [schools, share("opened"), share("submitted"), share("agreed"), share("answered")]
        };
        (lines(&report).iter().map(figures).collect::<Vec<_>>(), figures(&report["total"]), report)
    };
    let (by_area, total, told) = report("").await;
    assert_eq!(by_area, [[3, 3, 2, 1, 5], [1, 0, 0, 0, 0]]);
    assert_eq!(total, [4, 3, 2, 1, 5]);
    assert_eq!(told["total"]["answered"]["denominator"], 6);
    assert_eq!(report("as_at=2014-09-09").await.1, [4, 3, 2, 0, 5]);
    assert_eq!(report("as_at=2014-08-31&academic_year=2014/15").await.1, [4, 0, 0, 0, 0]);
    assert_eq!(report("kind=visit_audit").await.1, [4, 0, 0, 0, 0]);
    assert_eq!(report("academic_year=2013/14").await.1, [4, 0, 0, 0, 0]);
    let picture = head.get("/reports/evaluation-completeness/picture").await.expect(200).text();
    assert!(
        picture.contains("East: 2 of 3 (66.7 %) sent, 1 agreed; 5 of 6 (83.3 %) of the criteria answered"),
        "{picture}"
    );
}

#[actix_web::test]
async fn progress_of_plans_counts_targets_by_objective_and_status() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.all("/plans?status=active").await.remove(0);
    let plan = plan["id"].as_str().unwrap();
    let as_at = "as_at=2015-03-31";
    let report = head.get(&format!("/reports/plan-progress?{as_at}")).await.expect(200).json();
    let progress = head.get(&format!("/plans/{plan}/progress?{as_at}")).await.expect(200).json();
    let objectives = progress["objectives"].as_array().unwrap();
    let of_plan: Vec<_> = lines(&report).iter().filter(|line| line["plan_id"] == json!(plan)).cloned().collect();
    assert_eq!(of_plan.len(), objectives.len());
    for (line, objective) in of_plan.iter().zip(objectives) {
        assert_eq!(line["objective_number"], objective["number"]);
        assert_eq!(line["targets"], objective["counts"]["all"]);
        for status in ["not_started", "on_track", "at_risk", "met", "missed"] {
            assert_eq!(line[status], objective["counts"][status], "{line}");
        }
    }
    let met = |lines: &[Value]| lines.iter().map(|line| line["met"].as_i64().unwrap()).sum::<i64>();
    assert_eq!(json!(met(&of_plan)), progress["counts"]["met"]);
    assert_eq!(json!(met(&lines(&report))), report["total"]["met"]);
    let year = head.all(&format!("/plan-years?plan_id={plan}")).await[0]["id"].clone();
    let one = format!("/reports/plan-progress?{as_at}&plan_year_id={}", year.as_str().unwrap());
    let one = head.get(&one).await.expect(200).json();
    assert!(one["total"]["targets"].as_i64() < report["total"]["targets"].as_i64(), "{one}");
    let plans = app.as_client("reports:read").await;
    assert_eq!(lines(&plans.get("/reports/plan-progress").await.expect(200).json()).len(), 0, "without plans:read");
    let sheet = head.get(&format!("/reports/plan-progress?{as_at}&format=xlsx")).await.expect(200);
    assert_eq!(sheet.header("content-type"), XLSX);
}

#[actix_web::test]
async fn reports_are_drawn_with_their_figures_in_words() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let year = "from_on=2014-04-01&to_on=2015-03-31&as_at=2015-03-31";
    for (path, words) in [
        (format!("visit-coverage/picture?by=area&{year}"), "visited in the period"),
        ("rating-spread/picture?as_at=2015-03-31".to_owned(), "without a rating, of"),
        ("rating-movement/picture?since=2014-12-31&as_at=2015-07-31".to_owned(), "From red to"),
        (format!("reach/picture?{year}"), "announcement"),
        (format!("practice/picture?{year}"), "opened it; shared with"),
        (format!("award-applications/picture?{year}"), "hold it;"),
        ("plan-progress/picture?as_at=2015-03-31".to_owned(), "1. Build communication and engagement with schools"),
        ("evaluation-profile/picture?as_at=2015-03-31".to_owned(), "on average, of"),
        ("evaluation-completeness/picture?as_at=2015-03-31".to_owned(), "of the criteria answered"),
        (format!("income/picture?{year}"), "handed over; orders:"),
        (format!("purchases/picture?{year}"), "; orders: 1, units:"),
        ("capacity-used/picture?as_at=2015-03-31".to_owned(), "2014/15 autumn: units ordered:"),
        (format!("consultations/picture?{year}"), "head teachers:"),
    ] {
        let picture = head.get(&format!("/reports/{path}")).await.expect(200);
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert_eq!(picture.header("content-security-policy"), "default-src 'none'; sandbox");
        let picture = picture.text();
        assert!(picture.starts_with("<svg ") && picture.contains(words), "{path}: {picture}");
    }
    let coverage = head.get(&format!("/reports/visit-coverage/picture?{year}")).await.expect(200).text();
    assert!(coverage.contains("All schools: 23 of 38 (60.5 %) visited in the period"), "{coverage}");
    head.get("/reports/rating-spread/picture?by=colour").await.problem(400, "bad-parameter");
}

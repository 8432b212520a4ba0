//! The demo's plan measures itself: each of its figures comes from rows of the demo.

use entity::identity::grant::Role;
use serde_json::Value;

use super::text;
use crate::support;

/// The measured targets of the plan by the beginnings of their statements, each with its figure at the end of its year.
const FIGURES: &[(&str, &str, f64)] = &[
    ("100 % of schools are t", "2015-03-31", 100.0),
    ("Of the school development plans", "2015-03-31", 50.0),
    ("The remaining 50 % of those", "2016-03-31", 92.9),
    ("80 % of schools engage", "2015-03-31", 81.6),
    ("First Access reaches 90 %", "2016-03-31", 90.0),
    ("One Deputy post (0.8 FTE)", "2015-03-31", 0.8),
    ("One new Specialist Lead in Education (0.6 FTE)", "2015-03-31", 0.6),
    ("5 representatives of the executive", "2015-03-31", 5.0),
    ("5 Champion Head Teachers", "2015-03-31", 5.0),
    ("3 school improvement staff of the county", "2015-03-31", 3.0),
    ("2 school improvement staff of the city", "2015-03-31", 2.0),
    ("3 teaching school alliances", "2015-03-31", 3.0),
    ("1 of these alliances", "2015-03-31", 1.0),
    ("2 National Leaders in Education", "2015-03-31", 2.0),
    ("2 head teachers share", "2015-03-31", 2.0),
    ("One full-time equivalent (1.0 FTE)", "2015-03-31", 1.0),
    ("One administrative support post (0.4 FTE)", "2015-03-31", 0.4),
    ("Work grows to 4 teaching school alliances", "2016-03-31", 4.0),
    ("Curriculum staff are recruited, perhaps 3 FTE", "2016-03-31", 2.0),
    ("2 training sessions are held", "2015-03-31", 2.0),
    ("3 peer-to-peer support sessions", "2015-03-31", 3.0),
    ("60 % of schools are visited in year 1", "2015-03-31", 60.5),
    ("100 % of schools, academies, colleges", "2016-03-31", 95.0),
    ("The other 40 % of schools", "2016-03-31", 37.5),
    ("Visits are repeated at the 10 %", "2016-03-31", 10.0),
    ("School music awards: 30 % of the first cohort", "2015-03-31", 30.4),
    ("1 pilot framework for self-evaluation", "2015-03-31", 1.0),
    ("The senior leaders of 2 pilot schools or clusters", "2015-03-31", 2.0),
    ("Good practice is shared with 50 % of schools", "2015-03-31", 50.0),
    ("3 working groups devise frameworks", "2015-03-31", 3.0),
    ("6 specialist leads work in these groups", "2015-03-31", 6.0),
    ("An interactive online resource", "2015-03-31", 6.0),
    ("Support for senior leadership teams is tried in 10", "2015-03-31", 10.0),
    ("The money for supply cover", "2015-03-31", 700_000.0),
];

#[actix_web::test]
async fn every_measured_target_of_the_demo_has_a_figure_of_its_own() {
    let app = support::demo().await;
    let governor = app.as_role(Role::Governor).await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.all("/plans?status=active").await.remove(0);
    let targets = head.all(&format!("/targets?plan_id={}", text(&plan, "id"))).await;
    let measured: Vec<&Value> = targets.iter().filter(|target| target["kind"] == "measured").collect();
    let mut wrong = Vec::new();
    for target in &measured {
        let statement = text(target, "statement");
        let Some((_, day, figure)) = FIGURES.iter().find(|(begins, ..)| statement.starts_with(begins)) else {
            wrong.push(format!("{statement}: no figure is known"));
            continue;
        };
        let path = format!("/targets/{}/value?as_at={day}", text(target, "id"));
        let told = head.get(&path).await.expect(200).json();
        if told["live"].is_null() || told["value"].as_f64() != Some(*figure) {
            wrong.push(format!("{statement}: {figure}, and not {}", told["live"]));
        }
        let asked = governor.get(&path).await.expect(200).json();
        if asked["live"] != told["live"] {
            wrong.push(format!("{statement}: a governor sees {}", asked["live"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(measured.len(), FIGURES.len());
}

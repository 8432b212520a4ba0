//! The demo's plan measures itself: each of its figures comes from rows of the demo.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::second_way::{Asked, Found, Lists, found};
use super::text;
use crate::support::{self, Caller};

/// The measured targets of the plan by the beginnings of their statements, each with its figure on a day: mostly the
/// last one of its year.
const FIGURES: &[(&str, &str, f64)] = &[
    ("Every key representative", "2014-04-30", 4.0),
    ("All of these representatives", "2015-03-31", 100.0),
    ("100 % of schools are t", "2015-03-31", 100.0),
    ("Of the school development plans", "2015-03-31", 50.0),
    ("The remaining 50 % of those", "2016-03-31", 92.9),
    ("The present First Access baseline", "2014-05-31", 62.2),
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
    ("Schools are RAG-rated", "2016-03-31", 91.3),
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

/// The days on which the figures are found once more.
const DAYS: [&str; 4] = ["2014-04-30", "2014-10-31", "2015-03-31", "2016-03-31"];

#[actix_web::test]
async fn the_figure_of_every_live_target_of_the_demo_is_what_its_lists_add_up_to() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let lists = Lists::read(&head).await;
    let plan = head.all("/plans?status=active").await.remove(0);
    let live = head.all(&format!("/targets?live=true&plan_id={}", text(&plan, "id"))).await;
    let mut wrong = Vec::new();
    for (target, day) in live.iter().flat_map(|target| DAYS.map(|day| (target, day))) {
        let asked = Asked::of(&lists, target, day);
        let differs = match found(target, &asked) {
            Ok(found) => difference(&head, target, day, &asked, &found).await,
            Err(why) => Some(why),
        };
        wrong.extend(differs.map(|why| format!("{} on {day}: {why}", text(target, "statement"))));
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(live.len(), FIGURES.len(), "every measured target is live");
}

/// In what the service and the second way differ: the days, the figure, what it is made of, the things that count, and
/// of a share those that could count and do not.
async fn difference(by: &Caller, target: &Value, day: &str, asked: &Asked<'_>, found: &Found) -> Option<String> {
    let path = format!("/targets/{}", text(target, "id"));
    let told = by.get(&format!("{path}/value?as_at={day}")).await.expect(200).json();
    let live = &told["live"];
    let counts = ids(by, &format!("{path}/evidence?as_at={day}")).await;
    let lacking = match &found.among {
        Some(_) => ids(by, &format!("{path}/evidence?as_at={day}&counts=false")).await,
        None => Vec::new(),
    };
    let told = json!({
        "days": [told["from_on"], told["until_on"]], "value": told["value"], "of_metric": live["value"],
        "numerator": live["numerator"], "denominator": live["denominator"], "rows": live["evidence"],
        "counts": counts, "lacking": lacking,
    });
    let [value, numerator, denominator] = found.figure();
    let counts: Vec<_> = found.counts.keys().collect();
    let lacking = found.among.iter().flatten().filter(|id| !found.counts.contains_key(*id));
    let lacking: Vec<_> = lacking.collect();
    let expected = json!({
        "days": [asked.first, asked.last], "value": value, "of_metric": value,
        "numerator": numerator, "denominator": denominator, "rows": counts.len(),
        "counts": counts, "lacking": lacking,
    });
    (told != expected).then(|| format!("{expected}, and not {told}"))
}

/// The ids of the rows of a list in their order, each as often as it stands there.
async fn ids(by: &Caller, list: &str) -> Vec<String> {
    let mut ids: Vec<_> = by.all(list).await.iter().map(|row| text(row, "id").to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[actix_web::test]
async fn first_access_grows_from_the_baseline_that_was_determined_in_may_2014() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.all("/plans?status=active").await.remove(0);
    let targets = head.all(&format!("/targets?plan_id={}&q=first%20access", text(&plan, "id"))).await;
    let saying = |words: &str| targets.iter().find(|target| text(target, "statement").contains(words)).unwrap();
    let baseline = saying("First Access baseline");
    let path = format!("/targets/{}/value?as_at=2014-05-31", text(baseline, "id"));
    let told = head.get(&path).await.expect(200).json();
    assert_eq!((&told["value"], &told["status"]), (&saying("First Access reaches 90 %")["baseline"], &json!("met")));
}

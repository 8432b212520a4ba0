//! What a visitor wants to know of a school before going.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use crate::visits::Hub;

#[actix_web::test]
async fn a_visitor_reads_what_is_known_of_a_school_before_going() {
    let hub = Hub::new().await;
    let (visit, _) = hub.shared().await;
    let agreed = json!({
        "school_id": hub.school,
        "source_kind": "visit",
        "source_id": visit,
        "text": "Timetable the choir <weekly>",
        "owner_role": "Head of music",
        "due_on": "2014-08-29",
        "audience": "school",
    });
    hub.head.post("/actions", &agreed).await.expect(201);
    let rating = json!({
        "school_id": hub.school,
        "on_date": "2014-09-01",
        "colour": "amber",
        "source": "by_hand",
        "reason": "Composing begins late",
        "valid_until": "2015-08-31",
        "support_code": "targeted",
    });
    hub.head.post("/rag-ratings", &rating).await.expect(201);
    let path = format!("/schools/{}/briefing", hub.school);
    let reply = hub.specialist.get(&path).await.expect(200);
    let briefing = reply.json();
    assert_eq!(briefing["school"]["name"], "Ash");
    let last = &briefing["last_visits"][0];
    assert_eq!((&last["id"], &last["report"]["strengths"]), (&json!(visit), &json!("Everybody sings")));
    let action = &briefing["open_actions"][0];
    assert_eq!((&action["owner"], &action["overdue"]), (&json!("Head of music"), &json!(true)));
    let rating = &briefing["ratings"][0];
    assert_eq!((&rating["colour"], &rating["current"]), (&json!("amber"), &json!(true)));
    assert_eq!((&briefing["visits_to_come"], &briefing["evaluation"]), (&json!([]), &Value::Null));
    let same = hub.specialist.get(&path).header("if-none-match", reply.header("etag")).await;
    same.expect(304);

    let page = hub.head.get(&path).header("accept", "text/html").await.expect(200);
    let html = page.text();
    for told in ["Everybody sings", "Timetable the choir &#60;weekly&#62;", "overdue", "Amber: some support"] {
        assert!(html.contains(told), "{told}: {html}");
    }
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    hub.head.get(&path).header("accept", "text/csv").await.problem(406, "not-acceptable");
}

#[actix_web::test]
async fn a_school_reads_its_own_briefing_with_what_it_may_see_and_the_names_of_who_comes() {
    let hub = Hub::new().await;
    let (visit, report) = hub.shared().await;
    let made = hub.head.post("/visits", &hub.form()).await.expect(201);
    hub.designate("Specialist leader").await;
    for (text, audience) in [("Timetable the choir", "school"), ("Ask the governors", "hub")] {
        let action = json!({
            "school_id": hub.school, "source_kind": "visit", "source_id": visit, "text": text,
            "owner_id": hub.specialist.person(), "due_on": "2014-10-01", "audience": audience,
        });
        hub.head.post("/actions", &action).await.expect(201);
    }
    let rating = json!({
        "school_id": hub.school, "on_date": "2014-08-28", "colour": "red", "source": "by_hand",
        "reason": "Not for the school yet", "valid_until": "2015-08-31", "support_code": "targeted",
    });
    hub.head.post("/rag-ratings", &rating).await.expect(201);

    let path = format!("/schools/{}/briefing", hub.school);
    let briefing = hub.school_head.get(&path).await.expect(200).json();
    let name = hub.name_of_specialist().await;
    let who = json!([{ "name": name, "role": "Specialist leader" }]);
    let [next, last] = [&briefing["visits_to_come"][0], &briefing["last_visits"][0]];
    assert_eq!((&next["id"], &next["visitors"], &next["visitor"]), (&json!(made.id()), &who, &json!(name)));
    assert_eq!((&last["visitors"], &last["report"]["id"]), (&who, &json!(report)));
    let specialist = &briefing["specialists"][0];
    assert_eq!((&specialist["name"], &specialist["job_role"]), (&json!(name), &json!("Specialist leader")));
    let actions = briefing["open_actions"].as_array().unwrap();
    assert_eq!((actions.len(), &actions[0]["text"]), (1, &json!("Timetable the choir")));
    assert_eq!(actions[0]["owner"], json!(name));
    assert_eq!(briefing["ratings"], json!([]), "it is not shared");
    let page = hub.school_head.get(&path).header("accept", "text/html").await.expect(200).text();
    for hidden in ["Not for the school yet", "Ask the governors", "Ask about the piano", "@hub.example"] {
        assert!(!briefing.to_string().contains(hidden) && !page.contains(hidden), "{hidden}");
    }

    // The staff has no part in ratings, and another school's people see nothing of it.
    let staff = hub.app.at_school(Role::SchoolStaff, hub.school).await;
    assert_eq!(staff.get(&path).await.expect(200).json()["ratings"], Value::Null);
    let other = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    let stranger = hub.app.at_school(Role::SchoolHead, other).await;
    stranger.get(&path).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_briefing_shows_each_caller_no_more_than_its_own_lists_do() {
    let hub = Hub::new().await;
    hub.shared().await;
    let path = format!("/schools/{}/briefing", hub.school);
    // Without the school a specialist leader reads the register, and nothing of the school's support.
    let stranger = hub.app.as_role(Role::SpecialistLeader).await.get(&path).await.expect(200).json();
    for part in ["last_visits", "open_actions", "ratings"] {
        assert_eq!(stranger[part], json!([]), "{part}");
    }
    let narrow = hub.app.as_client("reports:read schools:read").await.get(&path).await.expect(200).json();
    for part in ["contacts", "last_visits", "open_actions", "ratings", "evaluation", "plan_record", "targets"] {
        assert_eq!(narrow[part], Value::Null, "{part}");
    }
}

#[actix_web::test]
async fn a_sum_of_exams_is_not_known_where_a_part_of_it_is_not() {
    let hub = Hub::new().await;
    let figure = |year: &str, title: Option<&str>, pupils: Option<i32>| {
        json!({
            "school_id": hub.school, "academic_year": year, "qualification": "gcse", "subject": "music", "title": title,
            "basis": "entries", "kind": "total", "pupils": pupils, "source": "reported",
            "missing_reason": if pupils.is_none() { Some("suppressed") } else { None },
        })
    };
    let items = [
        figure("2013/14", None, Some(12)),
        figure("2013/14", Some("GCSE Short Course"), None),
        figure("2012/13", None, Some(12)),
        figure("2012/13", Some("GCSE Short Course"), Some(6)),
    ];
    let report = hub.head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["created"], 4, "{report:#}");
    let briefing = hub.head.get(&format!("/schools/{}/briefing", hub.school)).await.expect(200).json();
    let exams = briefing["exam_results"].as_array().unwrap().iter();
    let entries: Vec<_> = exams.map(|it| (it["academic_year"].clone(), it["entries"].clone())).collect();
    assert_eq!(entries, [(json!("2013/14"), Value::Null), (json!("2012/13"), json!(18))]);
}

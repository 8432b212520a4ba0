//! Awards: schemes, applications, who assesses, and certificates.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frameworks::singing;
use crate::support::{self, App, Caller, Reply};

/// A hub with a scheme in use, and a school that has an evaluation.
struct Fixture {
    app: App,
    head: Caller,
    framework: Uuid,
    scheme: Uuid,
    school: Uuid,
    /// Who leads the school.
    principal: Caller,
}

pub fn scheme(framework: Uuid) -> Value {
    json!({
        "title": "School music award",
        "framework_id": framework,
        "valid_months": 24,
        "levels": [
            { "level": "bronze", "criterion_level": 2, "share_percent": 50 },
            { "level": "silver", "criterion_level": 3, "share_percent": 100, "section_share_percent": 50 },
        ],
        "evidence": [
            { "code": "recording", "title": "A recording", "from_level": "bronze" },
            { "code": "timetable", "title": "The timetable", "from_level": "silver" },
        ],
    })
}

impl Fixture {
    async fn new() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let framework = head.post("/frameworks", &singing()).await.expect(201).id();
        head.act(&format!("/frameworks/{framework}/publish"), Some("*")).await.expect(200);
        let scheme = head.post("/award-schemes", &scheme(framework)).await.expect(201).id();
        head.act(&format!("/award-schemes/{scheme}/use"), Some("*")).await.expect(200);
        let school = app.school(&head, "Ash", json!({})).await.id();
        let principal = app.at_school(Role::SchoolHead, school).await;
        Self { app, head, framework, scheme, school, principal }
    }

    /// An evaluation of a school with these levels, sent, and agreed if that is wanted.
    async fn evaluated(&self, school: Uuid, year: &str, levels: [i64; 2], agreed: bool) -> Uuid {
        let form = json!({ "school_id": school, "framework_id": self.framework, "academic_year": year });
        let evaluation = self.head.post("/evaluations", &form).await.expect(201).id();
        let responses = self.head.all(&format!("/evaluation-responses?evaluation_id={evaluation}")).await;
        for (response, level) in responses.iter().zip(levels) {
            let path = format!("/evaluation-responses/{}", response["id"].as_str().unwrap());
            let answer = json!({ "level": level, "evidence": "Seen in lessons" });
            self.head.patch(&path, &answer, "*").await.expect(200);
        }
        let verbs: &[&str] = if agreed { &["submit", "moderate", "agree"] } else { &["submit"] };
        for verb in verbs {
            self.head.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await.expect(200);
        }
        evaluation
    }

    fn form(&self, evaluation: Uuid, level: &str) -> Value {
        json!({
            "school_id": self.school,
            "scheme_id": self.scheme,
            "level": level,
            "evaluation_id": evaluation,
            "evidence": [{ "code": "recording", "links": ["https://ash.example/concert"] }],
        })
    }

    async fn applied(&self, evaluation: Uuid, level: &str) -> Uuid {
        self.principal.post("/award-applications", &self.form(evaluation, level)).await.expect(201).id()
    }
}

async fn act(by: &Caller, application: Uuid, verb: &str) -> Reply {
    by.act(&format!("/award-applications/{application}/{verb}"), Some("*")).await
}

#[actix_web::test]
async fn an_award_is_applied_for_assessed_and_given_with_an_end() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 1], true).await;
    let application = it.applied(evaluation, "bronze").await;
    let path = format!("/award-applications/{application}");
    let notes = json!({ "note": "Heard the choir" });
    it.head.post(&format!("{path}/assess"), &notes).header("if-match", "*").await.expect(200);
    let open = it.principal.get(&path).await.expect(200).json();
    assert_eq!((&open["status"], &open["assessor_notes"]), (&json!("assessed"), &Value::Null));
    assert_eq!(open["decision_reason"], Value::Null);
    assert_eq!(it.head.get(&path).await.expect(200).json()["assessor_notes"], "Heard the choir");
    let reason = json!({ "reason": "A strong singing culture" });
    let given = it.head.post(&format!("{path}/award"), &reason).header("if-match", "*").await.expect(200).json();
    assert_eq!((&given["awarded_on"], &given["valid_until"]), (&json!("2014-09-01"), &json!("2016-08-31")));
    let seen = it.principal.get(&path).await.expect(200).json();
    assert_eq!((&seen["decision_reason"], &seen["assessor_notes"]), (&reason["reason"], &Value::Null));
    // Nothing changes after that.
    it.head.patch(&path, &json!({ "note": "More" }), "*").await.problem(409, "conflict");
    it.head.delete(&path, "*").await.problem(409, "conflict");
    for (verb, found) in
        [("expires_before=2016-08-31", 0), ("expires_before=2016-09-01", 1), ("holds_on=2016-08-31", 1)]
    {
        assert_eq!(it.head.get(&format!("/award-applications?{verb}")).await.expect(200).ids().len(), found, "{verb}");
    }
}

#[actix_web::test]
async fn the_check_says_what_is_met_and_what_is_missing() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [3, 1], false).await;
    let application = it.applied(evaluation, "silver").await;
    let check = it.principal.get(&format!("/award-applications/{application}/check")).await.expect(200).json();
    let lines: Vec<_> = check["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["met"], one["message"].as_str().unwrap()))
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    false the evaluation is submitted; an award needs an agreed one
    false 1 of 2 criteria is at level 3 or higher; needed: 2 (100 %)
    true "Singing": 1 of 2 criteria is at level 3 or higher; needed: 1 (50 %)
    true given: A recording
    false missing: The timetable
    "#);
    act(&it.head, application, "assess").await.expect(200);
    assert_snapshot!(act(&it.head, application, "award").await.refusal(409, "conflict"), @"
    cannot give an award for which something is missing: decline it, or wait for it
    /requirements/0 incomplete: the evaluation is submitted; an award needs an agreed one
    /requirements/1 incomplete: 1 of 2 criteria is at level 3 or higher; needed: 2 (100 %)
    /requirements/4 incomplete: missing: The timetable
    ");
    let reason = json!({ "reason": "Add the timetable" });
    let decline = format!("/award-applications/{application}/decline");
    it.head.act(&decline, Some("*")).json(&json!({})).await.problem(422, "invalid");
    let declined = it.head.post(&decline, &reason).header("if-match", "*").await.expect(200).json();
    assert_eq!((&declined["status"], &declined["valid_until"]), (&json!("declined"), &Value::Null));
    // A declined school applies again.
    it.applied(evaluation, "bronze").await;
}

#[actix_web::test]
async fn what_does_not_go_together_is_refused_at_its_place() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], false).await;
    let other = it.app.school(&it.head, "Beech", json!({})).await.id();
    let theirs = it.evaluated(other, "2014/15", [2, 2], false).await;
    let draft = json!({ "school_id": it.school, "framework_id": it.framework, "academic_year": "2015/16" });
    let draft = it.head.post("/evaluations", &draft).await.expect(201).id();
    let evidence = json!([{ "code": "recording" }, { "code": "recording" }, { "code": "photo" }]);
    let files = json!([{ "code": "recording", "attachment_ids": [Uuid::now_v7()] }]);
    for (field, value, pointer, code) in [
        ("evaluation_id", json!(theirs), "/evaluation_id", "unknown_reference"),
        ("evaluation_id", json!(draft), "/evaluation_id", "unknown_reference"),
        ("level", json!("gold"), "/level", "unknown_value"),
        ("evidence", evidence, "/evidence/1/code", "duplicate"),
        ("evidence", files, "/evidence/0/attachment_ids/0", "unknown_reference"),
    ] {
        let mut form = it.form(evaluation, "bronze");
        form[field] = value;
        let refused = it.head.post("/award-applications", &form).await;
        refused.problem(422, "invalid");
        assert!(refused.faults().contains(&(pointer.to_owned(), code.to_owned())), "{refused:?}");
    }
    assert_eq!(it.head.get("/award-applications").await.expect(200).ids(), [] as [Uuid; 0]);
    let first = it.applied(evaluation, "bronze").await;
    let again = it.principal.post("/award-applications", &it.form(evaluation, "silver")).await;
    again.problem(409, "duplicate");
    assert!(again.header("location").ends_with(&first.to_string()));
    let moved = it.head.patch(&format!("/award-applications/{first}"), &json!({ "school_id": other }), "*").await;
    moved.problem(422, "invalid");
}

#[actix_web::test]
async fn nobody_assesses_a_school_in_which_they_have_a_stake() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let application = it.applied(evaluation, "bronze").await;
    let deputy = it.app.as_role(Role::DeputyHeadOfService).await;
    let job = json!({ "person_id": deputy.person(), "school_id": it.school, "job_role": "music_lead" });
    it.head.post("/contacts", &job).await.expect(201);
    assert_snapshot!(act(&deputy, application, "assess").await.refusal(403, "forbidden"),
        @"nobody judges a school that employs them: this person works there");
    let path = format!("/award-applications/{application}?expand=actions");
    let verbs = async |by: &Caller| by.get(&path).await.expect(200).json()["actions"].as_array().unwrap().len();
    assert_eq!((verbs(&deputy).await, verbs(&it.head).await, verbs(&it.principal).await), (0, 1, 0));
    act(&it.principal, application, "assess").await.problem(403, "forbidden");
    let client = it.app.as_client("frameworks:read awards:assess").await;
    act(&client, application, "assess").await.problem(403, "forbidden");
    act(&it.head, application, "assess").await.expect(200);
    act(&deputy, application, "award").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_school_applies_for_itself_and_sees_its_own_applications_alone() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], false).await;
    let staff = it.app.at_school(Role::SchoolStaff, it.school).await;
    staff.post("/award-applications", &it.form(evaluation, "bronze")).await.problem(403, "forbidden");
    let application = it.applied(evaluation, "bronze").await;
    let path = format!("/award-applications/{application}");
    let evidence = json!({ "evidence": [{ "code": "recording", "text": "The summer concert" }] });
    staff.patch(&path, &evidence, "*").await.expect(200);
    let other = it.app.school(&it.head, "Beech", json!({})).await.id();
    let stranger = it.app.at_school(Role::SchoolHead, other).await;
    for rest in ["", "/check", "/certificate", "/attachments"] {
        stranger.get(&format!("{path}{rest}")).await.problem(404, "not-found");
    }
    assert_eq!(stranger.get("/award-applications?total=true").await.expect(200).json()["total"], 0);
    stranger.post("/award-applications", &it.form(evaluation, "bronze")).await.problem(422, "invalid");
    it.principal.post("/award-schemes", &scheme(it.framework)).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_file_of_the_application_is_evidence_until_it_is_assessed() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let application = it.applied(evaluation, "bronze").await;
    let path = format!("/award-applications/{application}");
    let form =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4\n\r\n--x--\r\n";
    let attach = || {
        let request = it.principal.ask(Method::POST, &format!("{path}/attachments"));
        request.raw_of("multipart/form-data; boundary=x", form)
    };
    let file = attach().await.expect(201);
    let evidence = json!({ "evidence": [{ "code": "recording", "attachment_ids": [file.id()] }] });
    it.principal.patch(&path, &evidence, "*").await.expect(200);
    let met = async || it.head.get(&format!("{path}/check")).await.expect(200).json()["met"].clone();
    assert_eq!(met().await, true);
    it.principal.delete(file.header("location"), "*").await.expect(204);
    assert_eq!(met().await, false, "the file is gone");
    act(&it.head, application, "assess").await.expect(200);
    attach().await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_scheme_in_use_is_frozen_and_its_next_edition_takes_over() {
    let it = Fixture::new().await;
    let path = format!("/award-schemes/{}", it.scheme);
    assert_snapshot!(it.head.patch(&path, &json!({ "valid_months": 12 }), "*").await.refusal(409, "conflict"), @"
    cannot change a scheme in use, which is frozen for good: make the next edition by POST
      /award-schemes/{id}/next-edition and change that draft
    ");
    let next = it.head.act(&format!("{path}/next-edition"), Some("*")).await.expect(201);
    it.head.act(&format!("{path}/next-edition"), Some("*")).await.problem(409, "conflict");
    let next = format!("/award-schemes/{}", next.id());
    it.principal.get(&next).await.problem(404, "not-found");
    it.head.patch(&next, &json!({ "valid_months": 12 }), "*").await.expect(200);
    let used = it.head.act(&format!("{next}/use"), Some("*")).await.expect(200).json();
    assert_eq!((&used["edition"], &used["lineage_id"]), (&json!(2), &json!(it.scheme)));
    assert_eq!(it.head.get(&path).await.expect(200).json()["status"], "retired");
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], false).await;
    let late = it.principal.post("/award-applications", &it.form(evaluation, "bronze")).await;
    assert_eq!(late.expect(422).faults(), [("/scheme_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn an_older_edition_of_a_scheme_is_not_used_after_a_newer_one() {
    let it = Fixture::new().await;
    let next = async || {
        let next = it.head.act(&format!("/award-schemes/{}/next-edition", it.scheme), Some("*")).await;
        format!("/award-schemes/{}", next.expect(201).id())
    };
    let older = next().await;
    it.head.delete(&older, "*").await.expect(204);
    let newer = next().await;
    it.head.act(&format!("{newer}/use"), Some("*")).await.expect(200);
    it.head.act(&format!("{older}/restore"), Some("*")).await.expect(200);
    let refused = it.head.act(&format!("{older}/use"), Some("*")).await.refusal(409, "conflict");
    let refused = refused.replace(newer.trim_start_matches("/award-schemes/"), "[newer]");
    assert_snapshot!(refused, @"cannot use edition 2: edition 3 came into use after it ([newer])");
    assert_eq!(it.head.get(&newer).await.expect(200).json()["status"], "in_use");
}

#[actix_web::test]
async fn a_scheme_asks_only_for_what_its_framework_has() {
    let it = Fixture::new().await;
    let mut form = scheme(it.framework);
    form["levels"] = json!([
        { "level": "gold", "criterion_level": 5, "share_percent": 50 },
        { "level": "bronze", "criterion_level": 2, "share_percent": 50 },
    ]);
    let refused = it.head.post("/award-schemes", &form).await;
    assert_eq!(refused.expect(422).faults(), [("/levels/1/level".to_owned(), "order".to_owned())]);
    form["levels"].as_array_mut().unwrap().pop();
    let made = it.head.post("/award-schemes", &form).await.expect(201).id();
    let refused = it.head.act(&format!("/award-schemes/{made}/use"), Some("*")).await;
    assert_snapshot!(refused.refusal(409, "conflict"),
        @"cannot use the scheme: gold asks for level 5 of a criterion, and the framework has at most 3");
}

#[actix_web::test]
async fn an_award_is_renewed_by_the_same_school_and_scheme() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let first = it.applied(evaluation, "bronze").await;
    let mut form = it.form(evaluation, "bronze");
    form["renewal_of_id"] = json!(first);
    let early = it.principal.post("/award-applications", &form).await;
    assert_eq!(early.expect(422).faults(), [("/renewal_of_id".to_owned(), "unknown_reference".to_owned())]);
    act(&it.head, first, "assess").await.expect(200);
    act(&it.head, first, "award").await.expect(200);
    let renewal = it.principal.post("/award-applications", &form).await.expect(201).id();
    let found = it.head.get(&format!("/award-applications?renewal_of_id={first}")).await.expect(200);
    assert_eq!(found.ids(), [renewal]);
}

#[actix_web::test]
async fn a_certificate_is_printed_for_an_award_alone() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let application = it.applied(evaluation, "bronze").await;
    let path = format!("/award-applications/{application}/certificate");
    assert_snapshot!(it.principal.get(&path).await.refusal(409, "conflict"),
        @"cannot print a certificate for an application that is applied: it is not awarded");
    act(&it.head, application, "assess").await.expect(200);
    act(&it.head, application, "award").await.expect(200);
    let page = it.principal.get(&path).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").contains("default-src 'none'; style-src 'sha256-"));
    for words in ["Ash", "School music award", "Bronze", "1 September 2014", "31 August 2016"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(!page.text().contains("<script"));
}

#[actix_web::test]
async fn the_share_of_schools_that_applied_is_reported_with_what_it_counts() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let other = it.app.school(&it.head, "Beech", json!({})).await.id();
    it.app.school(&it.head, "Cedar", json!({})).await;
    let application = it.applied(evaluation, "bronze").await;
    act(&it.head, application, "assess").await.expect(200);
    act(&it.head, application, "award").await.expect(200);
    let theirs = it.evaluated(other, "2014/15", [2, 2], false).await;
    let mut form = it.form(theirs, "silver");
    form["school_id"] = json!(other);
    it.head.post("/award-applications", &form).await.expect(201);
    let report =
        async |query: &str| it.head.get(&format!("/reports/award-applications{query}")).await.expect(200).json();
    let told = async |query: &str| {
        let total = report(query).await["total"].clone();
        ["applied", "awarded", "holding"].map(|figure| {
            (total[figure]["numerator"].as_i64().unwrap(), total[figure]["denominator"].as_i64().unwrap())
        })
    };
    assert_eq!(told("").await, [(2, 3), (1, 3), (1, 3)]);
    assert_eq!(told("?academic_year=2013/14").await, [(0, 3), (0, 3), (1, 3)]);
    assert_eq!(told("?academic_year=2014/15&as_at=2016-09-01").await, [(2, 3), (1, 3), (0, 3)]);
    let silver = report("").await["lines"][1].clone();
    assert_eq!((&silver["level"], &silver["applied"]["numerator"]), (&json!("silver"), &json!(1)));
    it.head
        .get(&format!("/reports/award-applications?cohort_id={}", Uuid::now_v7()))
        .await
        .problem(400, "bad-parameter");
}

#[actix_web::test]
async fn the_share_of_a_cohort_that_applied_counts_the_schools_of_the_cohort_alone() {
    let it = Fixture::new().await;
    let mut schools = vec![it.school];
    for (name, phase) in [("Beech", "primary"), ("Cedar", "secondary"), ("Dogwood", "primary"), ("Elm", "primary")] {
        schools.push(it.app.school(&it.head, name, json!({ "phase": phase })).await.id());
    }
    let plan = json!({ "kind": "school_music_education_plan", "title": "Plan 2014-2016" });
    let plan = it.head.post("/plans", &plan).await.expect(201).id();
    let cohort = json!({ "plan_id": plan, "number": 1, "name": "First cohort" });
    let cohort = it.head.post("/cohorts", &cohort).await.expect(201).id();
    for school in &schools[..3] {
        let member = json!({ "cohort_id": cohort, "school_id": school });
        it.head.post("/cohort-members", &member).await.expect(201);
    }
    // One school of the cohort has the award, and one beside it has applied.
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let application = it.applied(evaluation, "bronze").await;
    act(&it.head, application, "assess").await.expect(200);
    act(&it.head, application, "award").await.expect(200);
    let theirs = it.evaluated(schools[3], "2014/15", [2, 2], false).await;
    let mut form = it.form(theirs, "silver");
    form["school_id"] = json!(schools[3]);
    it.head.post("/award-applications", &form).await.expect(201);

    let path = format!("/reports/award-applications?cohort_id={cohort}");
    let counted = |line: &Value| {
        ["applied", "awarded", "holding"]
            .map(|figure| (line[figure]["numerator"].as_i64().unwrap(), line[figure]["denominator"].as_i64().unwrap()))
    };
    let report = it.head.get(&path).await.expect(200).json();
    assert_eq!(counted(&report["total"]), [(1, 3), (1, 3), (1, 3)]);
    assert_eq!(report["total"]["applied"]["percentage"], 33.3);
    assert_eq!(
        (&report["scope"], &report["total"]["applied"]["scope"]),
        (&json!("schools of the cohort"), &json!("schools of the cohort"),)
    );
    let [bronze, silver] = [&report["lines"][0], &report["lines"][1]];
    assert_eq!((&bronze["level"], counted(bronze)[0]), (&json!("bronze"), (1, 3)));
    assert_eq!((&silver["level"], counted(silver)[0]), (&json!("silver"), (0, 3)));
    let total =
        async |by: &Caller, query: &str| counted(&by.get(&format!("{path}{query}")).await.expect(200).json()["total"]);
    assert_eq!(total(&it.head, "&phase=primary").await[0], (1, 2), "Cedar is left out");
    assert_eq!(total(&it.head, "&phase=secondary").await[0], (0, 1));
    assert_eq!(total(&it.head, "&as_at=2014-08-31").await, [(0, 3), (0, 3), (0, 3)]);
    assert_eq!(total(&it.head, "&as_at=2016-09-01&academic_year=2014/15").await, [(1, 3), (1, 3), (0, 3)]);
    let all = it.head.get("/reports/award-applications").await.expect(200).json();
    assert_eq!(counted(&all["total"]), [(2, 5), (1, 5), (1, 5)]);

    // A specialist leader counts the own schools of the cohort alone.
    assert_eq!(total(&it.app.as_role(Role::Governor).await, "").await[0], (1, 3));
    let specialist = it.app.as_role(Role::SpecialistLeader).await;
    for school in [schools[0], schools[2], schools[3]] {
        let lead = json!({
            "person_id": specialist.person(), "school_id": school, "role": "lead", "from_on": "2014-09-01",
        });
        it.head.post("/assignments", &lead).await.expect(201);
    }
    assert_eq!(total(&specialist, "").await[0], (1, 2));
    // Callers who do not see the plan do not learn that there is a cohort.
    let refused = it.app.as_client("reports:read").await.get(&path).await.expect(400);
    assert_eq!(refused.faults(), [("?cohort_id".to_owned(), "unknown_reference".to_owned())]);
    it.principal.get(&path).await.problem(403, "forbidden");
    // A school that has closed, or that is not in scope any more, stays in the cohort.
    for (school, change) in [
        (schools[1], json!({ "status": "closed", "closed_on": "2014-08-31" })),
        (schools[2], json!({ "in_scope": false, "scope_reason": "Buys from another hub" })),
    ] {
        it.head.patch(&format!("/schools/{school}"), &change, "*").await.expect(200);
    }
    assert_eq!(total(&it.head, "").await[0], (1, 3));
    assert_eq!(total(&it.head, "&phase=secondary").await[0], (0, 1));
    let all = it.head.get("/reports/award-applications").await.expect(200).json();
    assert_eq!(counted(&all["total"]), [(2, 3), (1, 3), (1, 3)]);
}

#[actix_web::test]
async fn the_check_counts_a_level_that_was_agreed_for_a_criterion_that_the_school_left_out() {
    let it = Fixture::new().await;
    let form = json!({ "school_id": it.school, "framework_id": it.framework, "academic_year": "2014/15" });
    let evaluation = it.head.post("/evaluations", &form).await.expect(201).id();
    let responses = it.head.all(&format!("/evaluation-responses?evaluation_id={evaluation}")).await;
    let left_out = json!({ "not_applicable": true, "reason": "There is no hall" });
    for (response, answer) in responses.iter().zip([left_out, json!({ "level": 2 })]) {
        let path = format!("/evaluation-responses/{}", response["id"].as_str().unwrap());
        it.head.patch(&path, &answer, "*").await.expect(200);
    }
    let verb = async |verb: &str| it.head.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await;
    verb("submit").await.expect(200);
    let application = it.applied(evaluation, "silver").await;
    let share = async || {
        let check = it.head.get(&format!("/award-applications/{application}/check")).await.expect(200).json();
        check["requirements"][1]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(share().await, "0 of 1 criteria are at level 3 or higher; needed: 1 (100 %)");
    verb("moderate").await.expect(200);
    let level = json!({ "evaluation_id": evaluation, "criterion_id": responses[0]["criterion_id"], "level": 3 });
    it.head.post("/evaluation-judgements", &level).await.expect(201);
    verb("agree").await.expect(200);
    assert_eq!(share().await, "1 of 2 criteria is at level 3 or higher; needed: 2 (100 %)");
}

#[actix_web::test]
async fn staff_change_the_evidence_of_an_application_and_not_what_is_applied_for() {
    let it = Fixture::new().await;
    let evaluation = it.evaluated(it.school, "2014/15", [2, 2], true).await;
    let earlier = it.evaluated(it.school, "2013/14", [2, 2], true).await;
    let first = it.applied(evaluation, "bronze").await;
    act(&it.head, first, "assess").await.expect(200);
    act(&it.head, first, "award").await.expect(200);
    let path = format!("/award-applications/{}", it.applied(evaluation, "bronze").await);
    let staff = it.app.at_school(Role::SchoolStaff, it.school).await;
    let specialist = it.app.as_role(Role::SpecialistLeader).await;
    let lead = json!({
        "person_id": specialist.person(), "school_id": it.school, "role": "lead", "from_on": "2014-09-01",
    });
    it.head.post("/assignments", &lead).await.expect(201);
    for by in [&staff, &specialist] {
        for change in
            [json!({ "level": "silver" }), json!({ "evaluation_id": earlier }), json!({ "renewal_of_id": first })]
        {
            by.patch(&path, &change, "*").await.problem(403, "forbidden");
        }
        by.delete(&path, "*").await.problem(403, "forbidden");
        by.patch(&path, &json!({ "note": format!("Seen by {}", by.person()) }), "*").await.expect(200);
    }
    it.principal.patch(&path, &json!({ "level": "silver", "renewal_of_id": first }), "*").await.expect(200);
    it.principal.delete(&path, "*").await.expect(204);
    staff.act(&format!("{path}/restore"), Some("*")).await.problem(404, "not-found");
    it.head.act(&format!("{path}/restore"), Some("*")).await.expect(200);
}

//! Every verb in every state of every resource, and the actions from which a front end draws its buttons.

use api::exchange::import::record::{Wanted, fresh};
use api::kernel::caller::identity::Actor;
use api::kernel::resource::transition::{Needs, Transitions, Verb};
use api::kernel::resource::write::Write;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::identity::grant::Role;
use entity::kernel::job::{self, JobState};
use entity::row::Meta;
use entity::visits::visit_report::{self, ReportStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::plans::{act, hub, id, make, small, tree};
use crate::support::document::{document, operations, resolved};
use crate::support::{App, Caller, Reply};
use crate::{awards, evaluations, frameworks, ratings, visits};

/// A hub that makes an item of any resource in any state.
struct Fixture {
    app: App,
    head: Caller,
    /// Writes all plans, so that nobody else is their author.
    officer: Caller,
    governor: Caller,
    /// Reports on a target that a head of service, a governor and a monitor decide about.
    author: Caller,
    target: Uuid,
    school: Uuid,
    /// Published.
    framework: Uuid,
}

impl Fixture {
    async fn new() -> Self {
        let (app, head) = hub().await;
        let officer = app.as_role(Role::BusinessManager).await;
        let governor = app.as_role(Role::Governor).await;
        let author = app.as_role(Role::SpecialistLeader).await;
        let school = app.school(&head, "Ash", json!({})).await.id();
        let code = json!({ "code": "SM", "meaning": "School monitor" });
        head.post("/glossary-terms", &code).await.expect(201);
        let framework = evaluations::publish(&head, &frameworks::singing()).await;
        let mut made = Self { app, head, officer, governor, author, target: Uuid::nil(), school, framework };
        let plan = made.plan("active").await;
        made.target = id(&tree(&made.head, plan).await, "/objectives/0/targets/0");
        made
    }

    async fn item(&self, table: &Transitions, state: &str) -> Uuid {
        match table.noun {
            "plan" => self.plan(state).await,
            "progress update" => self.update(state).await,
            "user" => self.user(state).await,
            "client" => self.client(state).await,
            "import" => self.import(state).await,
            "job" => self.job(state).await,
            "framework" => self.framework(state).await,
            "visit" => self.visit(state).await,
            "report" => self.report(state).await,
            "action" => self.action(state).await,
            "evaluation" => self.evaluation(state).await,
            "invitation" => self.invitation(state).await,
            "scheme" => self.scheme(state).await,
            "rating" => self.rating(state).await,
            "award scheme" => self.award_scheme(state).await,
            "award application" => self.award_application(state).await,
            other => panic!("nothing here makes a {other}"),
        }
    }

    /// A plan of no named kind, approved as soon as it is proposed.
    async fn plan(&self, state: &str) -> Uuid {
        let mut form = small();
        form["kind"] = json!("other");
        let monitors = ["HoS", "Gov", "SM"].map(|code| json!({ "role_code": code }));
        form["objectives"][0]["targets"][0]["monitors"] = json!(monitors);
        let plan = make(&self.officer, form).await;
        let steps = ["propose", "approvals", "activate", "close"];
        let taken = match state {
            "draft" => 0,
            "proposed" => 2,
            "active" => 3,
            _ => 4,
        };
        for step in &steps[..taken] {
            let by = if *step == "approvals" { &self.governor } else { &self.officer };
            let reply = act(by, plan, step).await;
            assert!(reply.status < 300, "{reply:?}");
        }
        plan
    }

    /// A framework of its own lineage.
    async fn framework(&self, state: &str) -> Uuid {
        let framework = self.head.post("/frameworks", &frameworks::singing()).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "pilot" => &["pilot"],
            "published" => &["publish"],
            _ => &["publish", "retire"],
        };
        for verb in verbs {
            self.head.act(&format!("/frameworks/{framework}/{verb}"), Some("*")).await.expect(200);
        }
        framework
    }

    /// A visit to the school, whose report it has answered where the visit can be closed.
    async fn visit(&self, state: &str) -> Uuid {
        let visit = self.planned_visit().await;
        let verbs: &[&str] = match state {
            "planned" => &[],
            "confirmed" => &["confirm"],
            "cancelled" => &["cancel"],
            "declined" => &["decline"],
            _ => &["confirm", "complete"],
        };
        for verb in verbs {
            visits::step(&self.head, visit, verb).await.expect(200);
        }
        if !["completed", "reported", "shared", "closed"].contains(&state) {
            return visit;
        }
        let report = self.head.post("/visit-reports", &visits::report(visit)).await.expect(201).id();
        if state == "reported" {
            visits::step(&self.head, visit, "report").await.expect(200);
        }
        if state == "shared" || state == "closed" {
            visits::answer(&self.head, report, "share", None).await.expect(200);
            let verb = if state == "closed" { "accept" } else { "dispute" };
            visits::answer(&self.head, report, verb, Some("As it was")).await.expect(200);
        }
        visit
    }

    async fn planned_visit(&self) -> Uuid {
        let form = visits::form(self.school, self.author.person());
        self.head.post("/visits", &form).await.expect(201).id()
    }

    /// A version of a report, which the school has unless it is a draft.
    async fn report(&self, state: &str) -> Uuid {
        let visit = self.visit("completed").await;
        let [report] = self.head.get(&format!("/visit-reports?visit_id={visit}")).await.expect(200).ids()[..] else {
            panic!("a visit that was made has a draft here");
        };
        if state == "draft" {
            return report;
        }
        visits::answer(&self.head, report, "share", None).await.expect(200);
        let verb = match state {
            "accepted" => "accept",
            "disputed" | "closed" => "dispute",
            _ => "next-version",
        };
        if state != "shared" && state != "unanswered" {
            let comment = (verb != "next-version").then_some("As it was");
            let next = visits::answer(&self.head, report, verb, comment).await;
            match state {
                "closed" => drop(visits::answer(&self.head, report, "close", None).await.expect(200)),
                "superseded" => drop(visits::answer(&self.head, next.id(), "share", None).await.expect(200)),
                _ => {}
            }
        }
        if state == "unanswered" {
            let lapse = async |write: &mut Write| {
                let row = write.row::<visit_report::Entity>(report).await?;
                let row = visit_report::Model { status: ReportStatus::Unanswered, ..row };
                write.replace_row::<visit_report::Entity>(&row).await
            };
            self.app.write(self.app.hub, lapse).await;
        }
        report
    }

    async fn action(&self, state: &str) -> Uuid {
        let form = json!({
            "school_id": self.school, "source_kind": "meeting", "source_text": "Area group", "text": "Plan a choir",
            "owner_role": "Head of music", "due_on": "2014-12-19", "audience": "school",
        });
        let action = self.head.post("/actions", &form).await.expect(201).id();
        let path = format!("/actions/{action}");
        match state {
            "open" => {}
            "done" => drop(self.head.act(&format!("{path}/complete"), None).await.expect(200)),
            _ => {
                let reason = json!({ "reason": "The school has another plan" });
                self.head.post(&format!("{path}/drop"), &reason).await.expect(200);
            }
        }
        action
    }

    /// A whole evaluation of the school, in an academic year of its own.
    async fn evaluation(&self, state: &str) -> Uuid {
        let first = 2000 + self.app.next();
        let year = format!("{first}/{:02}", (first + 1) % 100);
        let made = evaluations::open_in(&self.head, self.school, self.framework, &year).await;
        evaluations::answer_all(&self.head, made, 2).await;
        let verbs: &[&str] = match state {
            "draft" => &[],
            "submitted" => &["submit"],
            "in_moderation" => &["submit", "moderate"],
            "agreed" => &["submit", "moderate", "agree"],
            _ => &["submit", "moderate", "return"],
        };
        for verb in verbs {
            let address = format!("/evaluations/{made}/{verb}");
            let reason = if *verb == "return" { "required" } else { "no" };
            ask(&self.head, &address, true, reason).await.expect(200);
        }
        made
    }

    /// A scheme of its own lineage.
    async fn award_scheme(&self, state: &str) -> Uuid {
        let scheme = self.head.post("/award-schemes", &awards::scheme(self.framework)).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "in_use" => &["use"],
            _ => &["use", "retire"],
        };
        for verb in verbs {
            self.head.act(&format!("/award-schemes/{scheme}/{verb}"), Some("*")).await.expect(200);
        }
        scheme
    }

    /// An application by a scheme of its own, which lacks nothing.
    async fn award_application(&self, state: &str) -> Uuid {
        let form = json!({
            "school_id": self.school,
            "scheme_id": self.award_scheme("in_use").await,
            "level": "bronze",
            "evaluation_id": self.evaluation("agreed").await,
            "evidence": [{ "code": "recording", "text": "The summer concert" }],
        });
        let made = self.head.post("/award-applications", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "applied" => &[],
            "assessed" => &["assess"],
            "awarded" => &["assess", "award"],
            _ => &["assess", "decline"],
        };
        for verb in verbs {
            let reason = if *verb == "decline" { "required" } else { "no" };
            ask(&self.head, &format!("/award-applications/{made}/{verb}"), true, reason).await.expect(200);
        }
        made
    }

    /// An invitation of the head of service.
    /// A scheme for ratings of its own lineage.
    async fn scheme(&self, state: &str) -> Uuid {
        let scheme = self.head.post("/rag-schemes", &ratings::scheme()).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "active" => &["activate"],
            _ => &["activate", "retire"],
        };
        for verb in verbs {
            self.head.act(&format!("/rag-schemes/{scheme}/{verb}"), Some("*")).await.expect(200);
        }
        scheme
    }

    async fn rating(&self, state: &str) -> Uuid {
        let suggested = ratings::suggested(&self.app, self.school).await;
        let verb = match state {
            "suggestion" => return suggested,
            "accepted" => "accept",
            _ => "dismiss",
        };
        self.head.act(&format!("/rag-ratings/{suggested}/{verb}"), Some("*")).await.expect(200);
        suggested
    }

    async fn invitation(&self, state: &str) -> Uuid {
        let evaluation = self.evaluation(if state == "completed" { "in_moderation" } else { "draft" }).await;
        let made = evaluations::invite(&self.head, evaluation, self.head.person()).await.expect(201).id();
        match state {
            "open" => {}
            "completed" => {
                self.head.act(&format!("/evaluations/{evaluation}/agree"), Some("*")).await.expect(200);
            }
            "declined" => {
                self.head.act(&format!("/invitations/{made}/decline"), None).await.expect(200);
            }
            _ => {
                self.head.act(&format!("/invitations/{made}/withdraw"), None).await.expect(200);
            }
        }
        made
    }

    async fn update(&self, state: &str) -> Uuid {
        let form = json!({ "target_id": self.target, "on_date": "2014-08-01", "narrative": "As counted." });
        let update = self.author.post("/progress-updates", &form).await.expect(201).id();
        let path = format!("/progress-updates/{update}");
        let verb = match state {
            "pending" => return update,
            "accepted" => "accept",
            _ => "send-back",
        };
        let note = json!({ "note": "Say which schools" });
        self.head.post(&format!("{path}/{verb}"), &note).header("if-match", "*").await.expect(200);
        update
    }

    /// Somebody of the school.
    async fn user(&self, state: &str) -> Uuid {
        let user = self.app.at_school(Role::SchoolStaff, self.school).await.subject();
        self.disabled(format!("/users/{user}"), state).await;
        user
    }

    async fn client(&self, state: &str) -> Uuid {
        let form = json!({ "name": format!("System {}", self.app.next()), "scopes": ["schools:read"] });
        let client = self.head.post("/clients", &form).await.expect(201).id();
        self.disabled(format!("/clients/{client}"), state).await;
        client
    }

    async fn disabled(&self, path: String, state: &str) {
        if state == "disabled" {
            self.head.act(&format!("{path}/disable"), None).await.expect(200);
        }
    }

    /// The record of an import that nobody works on.
    async fn import(&self, state: &str) -> Uuid {
        let wanted = Wanted {
            source: ImportSource::GiasRegister,
            mode: ImportMode::Each,
            dry_run: true,
            file_name: None,
            bytes: 1,
        };
        let meta = Meta::first(self.app.hub, Uuid::now_v7(), self.app.clock.now());
        let state = ImportState::ALL.iter().copied().find(|it| it.as_str() == state).unwrap();
        let row = import::Model { state, ..fresh(meta, Actor::System, wanted) };
        let made = row.id;
        self.app.insert::<import::Entity>(self.app.hub, vec![row]).await;
        made
    }

    /// A job that waits for a worker, or that a run works on.
    async fn job(&self, state: &str) -> Uuid {
        let meta = Meta::first(self.app.hub, Uuid::now_v7(), self.app.clock.now());
        let state = JobState::ALL.iter().copied().find(|it| it.as_str() == state).unwrap();
        let run = (state == JobState::Running).then(Uuid::now_v7);
        let row = job::Model {
            state,
            run,
            ..api::kernel::resource::job::fresh(meta, Actor::System, &api::exchange::import::KIND)
        };
        let made = row.id;
        self.app.insert::<job::Entity>(self.app.hub, vec![row]).await;
        made
    }

    /// The item, and its history where it has one.
    async fn told(&self, table: &Transitions, item: Uuid) -> (Value, Value) {
        let path = format!("{}/{item}", table.path);
        let shown = self.head.get(&path).await.expect(200).json();
        if ["import", "job"].contains(&table.noun) {
            return (shown, Value::Null);
        }
        (shown, self.head.get(&format!("{path}/history")).await.expect(200).json())
    }
}

/// Sends what a table says about a verb, and nothing else.
async fn ask(by: &Caller, address: &str, if_match: bool, reason: &str) -> Reply {
    let request = by.act(address, if_match.then_some("*"));
    let field = match address.rsplit('/').next() {
        Some("send-back") => "note",
        Some("dispute") => "comment",
        _ => "reason",
    };
    let request = if reason == "required" { request.json(&json!({ field: "Say which schools" })) } else { request };
    request.await
}

async fn use_verb(by: &Caller, table: &Transitions, verb: &Verb, item: Uuid) -> Reply {
    ask(by, &table.address(verb, &item.to_string()), table.if_match, verb.reason.as_str()).await
}

fn succeeded(reply: &Reply) -> bool {
    (200..300).contains(&reply.status)
}

fn state_of(table: &Transitions, item: &Value) -> String {
    let named = ["status", "decision", "state"].iter().find_map(|field| item[*field].as_str());
    let disabled = if item["disabled_at"].is_null() { "enabled" } else { "disabled" };
    let state = named.unwrap_or(disabled).to_owned();
    assert!(table.states.contains(&&*state), "{state} is in no table: {item}");
    state
}

#[actix_web::test]
async fn every_state_allows_the_verbs_of_its_table_and_refuses_the_others() {
    let fixture = Fixture::new().await;
    let mut refused = 0;
    for table in api::app::transitions() {
        for state in table.states {
            for verb in table.verbs {
                let item = fixture.item(&table, state).await;
                let before = fixture.told(&table, item).await;
                let reply = use_verb(&fixture.head, &table, verb, item).await;
                let after = fixture.told(&table, item).await;
                if verb.leaves(state) {
                    assert!(succeeded(&reply), "{state}: {reply:?}");
                    // The run that works on it ends it.
                    let asked = table.noun == "import" || (table.noun, *state) == ("job", "running");
                    let to = if asked { state } else { verb.to };
                    assert_eq!(state_of(&table, &after.0), to, "{reply:?}");
                    continue;
                }
                let problem = reply.problem(409, "conflict");
                let detail = problem["detail"].as_str().unwrap();
                let named: Vec<&str> = detail.split('`').skip(1).step_by(2).collect();
                let allowed: Vec<&str> = table.allowed(state).map(|verb| verb.name).collect();
                assert_eq!(named, allowed, "{detail}");
                assert_eq!(detail.contains("allows no transition"), allowed.is_empty(), "{detail}");
                assert_eq!(after, before, "{reply:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

/// The verbs and the whole actions that a caller is shown for an item; none where the item is not there for it.
async fn shown(by: &Caller, table: &Transitions, item: Uuid) -> Vec<Value> {
    let reply = by.get(&format!("{}/{item}?expand=actions", table.path)).await;
    if reply.status != 200 {
        assert!([403, 404].contains(&reply.status), "{reply:?}");
        return Vec::new();
    }
    reply.json()["actions"].as_array().unwrap_or_else(|| panic!("no actions: {reply:?}")).clone()
}

#[actix_web::test]
async fn the_actions_shown_are_those_that_succeed() {
    let fixture = Fixture::new().await;
    let callers = [
        ("head", fixture.head.clone()),
        ("monitor", fixture.app.as_role(Role::Monitor).await),
        ("governor", fixture.governor.clone()),
        ("school", fixture.app.at_school(Role::SchoolHead, fixture.school).await),
    ];
    let mut used: Vec<String> = Vec::new();
    for table in api::app::transitions() {
        for state in table.states {
            for (name, caller) in &callers {
                let item = fixture.item(&table, state).await;
                let actions = shown(caller, &table, item).await;
                let listed = |verb: &Verb| actions.iter().any(|action| action["verb"] == verb.name);
                for verb in table.verbs.iter().filter(|verb| !listed(verb)) {
                    let reply = use_verb(caller, &table, verb, item).await;
                    assert!(!succeeded(&reply), "not shown to {name} in {state}: {reply:?}");
                }
                // Each on an item of its own, since the first one changes the state.
                for at in 0..actions.len() {
                    let item = fixture.item(&table, state).await;
                    let action = &shown(caller, &table, item).await[at];
                    let text = |field: &str| action[field].as_str().unwrap();
                    assert_eq!(text("method"), "POST");
                    let reply = ask(caller, text("href"), action["if_match"] == true, text("reason")).await;
                    assert!(succeeded(&reply), "shown to {name} in {state}: {reply:?}");
                    used.push(format!("{name}: {}/{}", table.path, text("verb")));
                }
            }
        }
    }
    used.sort();
    used.dedup();
    let expected = [
        "governor: /plans/approve",
        "governor: /progress-updates/accept",
        "governor: /progress-updates/send-back",
        "head: /actions/complete",
        "head: /actions/drop",
        "head: /actions/reopen",
        "head: /award-applications/assess",
        "head: /award-applications/award",
        "head: /award-applications/decline",
        "head: /award-schemes/retire",
        "head: /award-schemes/use",
        "head: /clients/disable",
        "head: /clients/enable",
        "head: /evaluations/agree",
        "head: /evaluations/moderate",
        "head: /evaluations/return",
        "head: /evaluations/submit",
        "head: /evaluations/withdraw",
        "head: /frameworks/pilot",
        "head: /frameworks/publish",
        "head: /frameworks/retire",
        "head: /frameworks/withdraw",
        "head: /imports/cancel",
        "head: /invitations/decline",
        "head: /invitations/withdraw",
        "head: /jobs/cancel",
        "head: /plans/activate",
        "head: /plans/approve",
        "head: /plans/close",
        "head: /plans/propose",
        "head: /plans/withdraw",
        "head: /progress-updates/accept",
        "head: /progress-updates/send-back",
        "head: /rag-ratings/accept",
        "head: /rag-ratings/dismiss",
        "head: /rag-ratings/share",
        "head: /rag-schemes/activate",
        "head: /rag-schemes/retire",
        "head: /users/disable",
        "head: /users/enable",
        "head: /visit-reports/accept",
        "head: /visit-reports/close",
        "head: /visit-reports/dispute",
        "head: /visit-reports/share",
        "head: /visits/cancel",
        "head: /visits/close",
        "head: /visits/complete",
        "head: /visits/confirm",
        "head: /visits/decline",
        "head: /visits/report",
        "head: /visits/share",
        "monitor: /progress-updates/accept",
        "monitor: /progress-updates/send-back",
        "school: /evaluations/submit",
        "school: /evaluations/withdraw",
        "school: /users/disable",
        "school: /users/enable",
        "school: /visit-reports/accept",
        "school: /visit-reports/dispute",
        "school: /visits/decline",
    ];
    assert_eq!(used, expected);
}

#[actix_web::test]
async fn a_list_shows_the_same_actions_as_its_items() {
    let fixture = Fixture::new().await;
    for table in api::app::transitions() {
        for state in table.states {
            fixture.item(&table, state).await;
        }
        let plain = fixture.head.all(table.path).await;
        assert!(plain.iter().all(|item| item.get("actions").is_none()), "{}", table.path);
        for item in fixture.head.all(&format!("{}?expand=actions", table.path)).await {
            let id = Uuid::parse_str(item["id"].as_str().unwrap()).unwrap();
            assert_eq!(item["actions"], json!(shown(&fixture.head, &table, id).await), "{item}");
        }
    }
}

#[actix_web::test]
async fn a_plan_is_activated_once_it_is_approved_and_approved_by_who_did_not_write_it() {
    let fixture = Fixture::new().await;
    let plan = make(&fixture.head, small()).await;
    act(&fixture.head, plan, "propose").await.expect(200);
    let verbs = async |by: &Caller, query: &str| {
        let shown = by.get(&format!("/plans/{plan}?expand={query}")).await.expect(200).json();
        let actions = shown["actions"].as_array().unwrap().clone();
        actions.iter().map(|action| action["verb"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verbs(&fixture.head, "actions").await, ["withdraw"]);
    assert_eq!(verbs(&fixture.governor, "actions").await, ["approve"]);
    act(&fixture.governor, plan, "approvals").await.expect(201);
    assert_eq!(verbs(&fixture.head, "tree,actions").await, ["withdraw", "activate"]);
    let system = fixture.app.as_client("plans:read plans:approve").await;
    assert_eq!(verbs(&system, "actions").await, Vec::<String>::new());
}

#[actix_web::test]
async fn nobody_is_shown_how_to_lock_everybody_out() {
    let app = crate::support::app().await;
    let only = app.with_password(app.hub, Role::HeadOfService, "only@hub.example", "a password of theirs").await;
    let head = app.as_role(Role::HeadOfService).await;
    let verbs = async |user: Uuid| {
        let shown = head.get(&format!("/users/{user}?expand=actions")).await.expect(200).json();
        shown["actions"].as_array().unwrap().len()
    };
    assert_eq!(verbs(only.id).await, 0);
    head.act(&format!("/users/{}/disable", only.id), None).await.problem(409, "conflict");
    let second = app.with_password(app.hub, Role::Administrator, "second@hub.example", "a password of theirs").await;
    assert_eq!(verbs(only.id).await, 1);
    assert_eq!(verbs(second.id).await, 1);
    // Oneself, which takes a confirmation.
    assert_eq!(verbs(head.subject()).await, 0);
}

#[test]
fn the_document_and_the_tables_agree() {
    for table in api::app::transitions() {
        for verb in table.verbs {
            let address = table.address(verb, "{id}");
            let operation = operations().iter().find(|it| it.method == "POST" && it.path == address);
            let operation = operation.unwrap_or_else(|| panic!("no operation at {address}"));
            assert_eq!(operation.scope(), Some(verb.scope.as_str()), "{address}");
            let body = &operation.value["requestBody"];
            let needs = match body["required"].as_bool() {
                _ if body.is_null() => Needs::No,
                Some(true) => Needs::Required,
                _ => Needs::Optional,
            };
            assert_eq!(needs, verb.reason, "{address}");
            let told = operation.value["description"].as_str().unwrap();
            assert!(told.contains(&table.description(verb)), "{address}: {told}");
            assert_eq!(operation.statuses().contains(&428), table.if_match, "{address}");
        }
        for path in [table.path.to_owned(), format!("{}/{{id}}", table.path)] {
            let path = format!("/api/v1{path}");
            let operation = operations().iter().find(|it| it.method == "GET" && it.path == path).unwrap();
            let expand = operation.parameters().find(|it| it["name"] == "expand");
            let expand = expand.unwrap_or_else(|| panic!("{path} embeds nothing"));
            let names = resolved(&expand["schema"]["items"])["enum"].as_array().unwrap().clone();
            assert!(names.contains(&json!("actions")), "{path}: {names:?}");
        }
    }
    assert!(document().json()["components"]["schemas"]["Action"].is_object());
}

//! An item of any resource in any state.

use api::exchange::import::record::{Wanted, fresh};
use api::kernel::caller::identity::Actor;
use api::kernel::resource::transition::Transitions;
use api::kernel::resource::write::Write;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::identity::grant::Role;
use entity::kernel::job::{self, JobState};
use entity::row::Meta;
use entity::visits::visit_report::{self, ReportStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask;
use crate::plans::{act, hub, id, make, small, tree};
use crate::support::{App, Caller};
use crate::{
    awards, engagement, evaluations, frameworks, outcomes, packages, ratings, sync, training, visits, webhooks,
};

/// A hub that makes an item of any resource in any state.
pub struct Fixture {
    pub app: App,
    pub head: Caller,
    /// Writes all plans, so that nobody else is their author.
    pub officer: Caller,
    pub governor: Caller,
    /// Reports on a target that a head of service, a governor and a monitor decide about.
    pub author: Caller,
    pub target: Uuid,
    pub school: Uuid,
    /// Published.
    pub framework: Uuid,
}

impl Fixture {
    pub async fn new() -> Self {
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

    pub async fn item(&self, table: &Transitions, state: &str) -> Uuid {
        match table.noun {
            "plan" => self.plan(state).await,
            "review" => self.review(state).await,
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
            "training event" => self.training_event(state).await,
            "attendance" => self.attendance(state).await,
            "package" => self.package(state).await,
            "pilot" => self.pilot(state).await,
            "order" => self.order(state).await,
            "meeting" => self.meeting(state).await,
            "message" => self.message(state).await,
            "practice" => self.practice(state).await,
            "link" => self.link(state).await,
            "share" => self.share(state).await,
            "definition" => self.definition(state).await,
            "collection" => self.collection(state).await,
            "return" => self.school_return(state).await,
            "run" => sync::in_state(&self.app, state).await,
            "match" => sync::match_in_state(&self.app, self.school, state).await,
            "webhook" => webhooks::in_state(&self.app, &self.head, state).await,
            "delivery of a webhook" => webhooks::delivery_in_state(&self.app, &self.head, state).await,
            other => panic!("nothing here makes a {other}"),
        }
    }

    /// A plan of no named kind, approved as soon as it is proposed.
    pub async fn plan(&self, state: &str) -> Uuid {
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

    /// A review of a plan of its own, whose revision is proposed and approved while it is written.
    pub async fn review(&self, state: &str) -> Uuid {
        let form = json!({ "plan_id": self.plan("active").await, "title": "Review" });
        let review = self.officer.post("/reviews", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "review" => &[],
            "reflect" => &["reflect"],
            "cancelled" => &["cancel"],
            _ => &["reflect", "revise"],
        };
        for verb in verbs {
            let reason = if *verb == "cancel" { "required" } else { "no" };
            ask(&self.officer, &format!("/reviews/{review}/{verb}"), true, reason).await.expect(200);
        }
        if !["revise", "approved"].contains(&state) {
            return review;
        }
        let told = self.officer.get(&format!("/reviews/{review}")).await.expect(200).json();
        let revision = told["revision_id"].as_str().unwrap().parse().unwrap();
        act(&self.officer, revision, "propose").await.expect(200);
        let approval = json!({
            "plan_id": revision, "body": "Governing Group", "approved_on": "2014-09-01", "minute_reference": "Item 1",
        });
        self.officer.post("/approvals", &approval).await.expect(201);
        if state == "approved" {
            ask(&self.officer, &format!("/reviews/{review}/adopt"), true, "no").await.expect(200);
        }
        review
    }

    /// A framework of its own lineage.
    pub async fn framework(&self, state: &str) -> Uuid {
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
    pub async fn visit(&self, state: &str) -> Uuid {
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

    pub async fn planned_visit(&self) -> Uuid {
        let form = visits::form(self.school, self.author.person());
        self.head.post("/visits", &form).await.expect(201).id()
    }

    /// A version of a report, which the school has unless it is a draft.
    pub async fn report(&self, state: &str) -> Uuid {
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

    pub async fn action(&self, state: &str) -> Uuid {
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
    pub async fn evaluation(&self, state: &str) -> Uuid {
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
    pub async fn award_scheme(&self, state: &str) -> Uuid {
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
    pub async fn award_application(&self, state: &str) -> Uuid {
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

    /// An event that has begun, with two places.
    pub async fn training_event(&self, state: &str) -> Uuid {
        let event = self.head.post("/training-events", &training::form()).await.expect(201).id();
        let verbs: &[&str] = match state {
            "planned" => &[],
            "open" => &["open"],
            "closed" => &["open", "close"],
            "held" => &["open", "hold"],
            _ => &["cancel"],
        };
        for verb in verbs {
            let reason = if *verb == "cancel" { "required" } else { "no" };
            ask(&self.head, &format!("/training-events/{event}/{verb}"), false, reason).await.expect(200);
        }
        event
    }

    /// A place at an event of its own, which the school booked.
    pub async fn attendance(&self, state: &str) -> Uuid {
        let event = self.training_event("open").await;
        if state == "waiting" {
            for _ in 0..2 {
                let person = training::colleague(&self.head, self.school).await;
                training::book(&self.head, event, person, self.school).await.expect(201);
            }
        }
        let person = training::colleague(&self.head, self.school).await;
        let made = training::book(&self.head, event, person, self.school).await.expect(201).id();
        let verb = match state {
            "waiting" | "booked" => return made,
            "attended" => "attend",
            "absent" => "miss",
            _ => "cancel",
        };
        self.head.act(&format!("/attendances/{made}/{verb}"), None).await.expect(200);
        made
    }

    /// A package with a price.
    pub async fn package(&self, state: &str) -> Uuid {
        let form = packages::package(&format!("P-{}", self.app.next()));
        let package = self.head.post("/packages", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "development" => &[],
            "pilot" => &["pilot"],
            "live" => &["launch"],
            _ => &["launch", "withdraw"],
        };
        for verb in verbs {
            packages::act(&self.head, &format!("/packages/{package}/{verb}")).await.expect(200);
        }
        package
    }

    /// A pilot with an outcome.
    pub async fn pilot(&self, state: &str) -> Uuid {
        let form = json!({
            "title": "A framework in a school", "framework_id": self.framework, "school_ids": [self.school],
            "from_on": "2014-09-01", "outcome": "The school is confident",
        });
        let pilot = self.head.post("/pilots", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "planned" => &[],
            "running" => &["start"],
            "completed" => &["start", "complete"],
            _ => &["cancel"],
        };
        for verb in verbs {
            packages::act(&self.head, &format!("/pilots/{pilot}/{verb}")).await.expect(200);
        }
        pilot
    }

    /// An order of a package of its own, of which everything is delivered once it is confirmed.
    pub async fn order(&self, state: &str) -> Uuid {
        let package = self.package("live").await;
        let form = packages::quote(self.school, package, 1);
        let order = self.head.post("/orders", &form).await.expect(201).id();
        let path = format!("/orders/{order}");
        let verbs: &[&str] = match state {
            "quote" => &[],
            "ordered" => &["order"],
            "cancelled" => &["cancel"],
            _ => &["order", "confirm"],
        };
        for verb in verbs {
            packages::act(&self.head, &format!("{path}/{verb}")).await.expect(200);
        }
        if ["confirmed", "delivered", "handed_over"].contains(&state) {
            packages::deliver_all(&self.head, order).await;
        }
        if ["delivered", "handed_over"].contains(&state) {
            packages::act(&self.head, &format!("{path}/deliver")).await.expect(200);
        }
        if state == "handed_over" {
            self.head.post("/hand-overs", &json!({ "order_ids": [order] })).await.expect(201);
        }
        order
    }

    /// A scheme for ratings of its own lineage.
    pub async fn scheme(&self, state: &str) -> Uuid {
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

    pub async fn rating(&self, state: &str) -> Uuid {
        let suggested = ratings::suggested(&self.app, self.school).await;
        let verb = match state {
            "suggestion" => return suggested,
            "accepted" => "accept",
            _ => "dismiss",
        };
        self.head.act(&format!("/rag-ratings/{suggested}/{verb}"), Some("*")).await.expect(200);
        suggested
    }

    /// An invitation of the head of service.
    pub async fn invitation(&self, state: &str) -> Uuid {
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

    /// A measure with a code of its own.
    pub async fn definition(&self, state: &str) -> Uuid {
        let form = outcomes::definition(&format!("pupils_{}", self.app.next()), "headcount");
        let made = self.head.post("/measure-definitions", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "published" => &["publish"],
            _ => &["publish", "retire"],
        };
        self.versioned(&format!("/measure-definitions/{made}"), verbs).await;
        made
    }

    /// A collection of one line that no school has to answer.
    pub async fn collection(&self, state: &str) -> Uuid {
        let code = format!("places_{}", self.app.next());
        outcomes::publish(&self.head, &code, "count").await;
        let line = json!({ "number": "1", "label": "Places", "definition_code": code, "required": false });
        let form = json!({ "title": "Return", "academic_year": "2014/15", "due_on": "2015-10-16", "lines": [line] });
        let made = self.head.post("/collections", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "open" => &["open"],
            _ => &["open", "close"],
        };
        self.versioned(&format!("/collections/{made}"), verbs).await;
        made
    }

    /// The return of the school to a collection of its own.
    pub async fn school_return(&self, state: &str) -> Uuid {
        let collection = self.collection("open").await;
        let found = format!("/returns?collection_id={collection}&school_id={}", self.school);
        let made = self.head.get(&found).await.expect(200).ids()[0];
        let verbs: &[&str] = match state {
            "draft" => &[],
            "submitted" | "sent_back" => &["submit"],
            _ => &["submit", "accept"],
        };
        self.versioned(&format!("/returns/{made}"), verbs).await;
        if state == "sent_back" {
            ask(&self.head, &format!("/returns/{made}/send-back"), true, "required").await.expect(200);
        }
        made
    }

    async fn versioned(&self, path: &str, verbs: &[&str]) {
        for verb in verbs {
            self.head.act(&format!("{path}/{verb}"), Some("*")).await.expect(200);
        }
    }

    /// A meeting with notes, which has begun.
    pub async fn meeting(&self, state: &str) -> Uuid {
        let made = self.head.post("/meetings", &engagement::meeting("other", &json!({}))).await.expect(201).id();
        let verbs: &[&str] = match state {
            "planned" => &[],
            "held" => &["hold"],
            "minuted" => &["hold", "minute"],
            _ => &["cancel"],
        };
        self.steps(&format!("/meetings/{made}"), verbs).await;
        made
    }

    /// A message to every school.
    pub async fn message(&self, state: &str) -> Uuid {
        let form = engagement::message("announcement", &json!({}));
        let made = self.head.post("/communications", &form).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "sent" => &["send"],
            "closed" => &["send", "close"],
            _ => &["withdraw"],
        };
        self.steps(&format!("/communications/{made}"), verbs).await;
        made
    }

    /// A piece of practice that may be shared.
    pub async fn practice(&self, state: &str) -> Uuid {
        let made = self.head.post("/shared-practice", &engagement::practice(&json!({}))).await.expect(201).id();
        let verbs: &[&str] = match state {
            "draft" => &[],
            "published" => &["publish"],
            _ => &["publish", "withdraw"],
        };
        self.steps(&format!("/shared-practice/{made}"), verbs).await;
        made
    }

    /// A link with a hub of its own.
    pub async fn link(&self, state: &str) -> Uuid {
        let slug = format!("partner-{}", self.app.next());
        let partner = self.app.another_hub(&slug).await;
        let there = self.app.as_role_in(partner, Role::HeadOfService, |_| {}).await;
        if state == "offered" {
            return engagement::offered(&self.head, &there, &slug).await;
        }
        let made = engagement::propose(&self.head, &slug).await;
        match state {
            "proposed" => {}
            "active" => engagement::accept(&there).await,
            _ => self.steps(&format!("/hub-links/{made}"), &["end"]).await,
        }
        made
    }

    /// A share of published practice by a link of its own.
    pub async fn share(&self, state: &str) -> Uuid {
        let (link, practice) = (self.link("active").await, self.practice("published").await);
        let made = engagement::share(&self.head, link, practice).await.expect(201).id();
        if state == "ended" {
            self.steps(&format!("/hub-shares/{made}"), &["end"]).await;
        }
        made
    }

    /// Uses verbs one after the other, each with a reason where it needs one.
    async fn steps(&self, path: &str, verbs: &[&str]) {
        for verb in verbs {
            let reason = if ["cancel", "reopen", "end"].contains(verb) || path.starts_with("/shared") {
                "required"
            } else {
                "no"
            };
            ask(&self.head, &format!("{path}/{verb}"), true, reason).await.expect(200);
        }
    }

    pub async fn update(&self, state: &str) -> Uuid {
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
    pub async fn user(&self, state: &str) -> Uuid {
        let user = self.app.at_school(Role::SchoolStaff, self.school).await.subject();
        self.disabled(format!("/users/{user}"), state).await;
        user
    }

    pub async fn client(&self, state: &str) -> Uuid {
        let form = json!({ "name": format!("System {}", self.app.next()), "scopes": ["schools:read"] });
        let client = self.head.post("/clients", &form).await.expect(201).id();
        self.disabled(format!("/clients/{client}"), state).await;
        client
    }

    pub async fn disabled(&self, path: String, state: &str) {
        if state == "disabled" {
            self.head.act(&format!("{path}/disable"), None).await.expect(200);
        }
    }

    /// The record of an import that nobody works on.
    pub async fn import(&self, state: &str) -> Uuid {
        let wanted = Wanted {
            source: ImportSource::GiasRegister,
            mode: ImportMode::Each,
            dry_run: true,
            file_name: None,
            academic_year: None,
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
    pub async fn job(&self, state: &str) -> Uuid {
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
    pub async fn told(&self, table: &Transitions, item: Uuid) -> (Value, Value) {
        let path = format!("{}/{item}", table.path);
        let shown = self.head.get(&path).await.expect(200).json();
        if ["import", "job", "run", "delivery of a webhook"].contains(&table.noun) {
            return (shown, Value::Null);
        }
        (shown, self.head.get(&format!("{path}/history")).await.expect(200).json())
    }
}

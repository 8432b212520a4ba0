//! Nobody acts on a user who has, or would get, more than they have themselves: every role on every
//! other, by every verb on users and grants.

use std::collections::BTreeSet;

use api::kernel::caller::permission::{PLATFORM_HUB, Scope, ScopeSet};
use api::kernel::edge::auth::token::Bearer;
use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::people::person;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{GOOD, platform, signed_in, user_with_one_time};
use crate::support::{self, App, Caller, Request, rows};

/// The verbs on users and grants, each tried on a target of its own.
const VERBS: [&str; 13] = [
    "create",
    "grant",
    "change",
    "disable",
    "enable",
    "reset",
    "invite",
    "revoke the invitation",
    "archive",
    "restore",
    "change the grant",
    "end the grant",
    "restore the grant",
];

/// A hub with a school and a partner, where roles have their places.
struct Stage {
    app: App,
    school: Uuid,
    partner: Uuid,
}

/// A user with one grant, in the state that a verb needs.
struct Target {
    user: user::Model,
    grant: grant::Model,
    token: String,
}

impl Stage {
    async fn build() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let school = app.school(&head, "Ash", json!({})).await.id();
        user_with_one_time(&head, "keeper@hub.example", json!({ "role": "administrator" })).await;
        let partner = head.post("/partners", &json!({ "name": "Soar Band", "kind": "organisation" })).await;
        Self { school, partner: partner.expect(201).id(), app }
    }

    /// Puts a grant where its role has its place.
    fn place(&self, grant: &mut grant::Model) {
        match grant.role {
            Role::SchoolHead | Role::SchoolStaff => grant.school_id = Some(self.school),
            Role::Provider => grant.partner_id = Some(self.partner),
            _ => {}
        }
        grant.to_on = Some(date!(2014 - 12 - 31));
    }

    async fn caller(&self, role: Role) -> Caller {
        self.app.as_role_in(self.app.hub, role, |grant| self.place(grant)).await
    }

    /// Users of a role, one for each verb.
    async fn targets(&self, role: Role) -> Vec<Target> {
        let (hub, now) = (self.app.hub, self.app.clock.now());
        let mut people = Vec::new();
        let mut targets = Vec::new();
        for verb in VERBS {
            let person = rows::person(hub, "Target", now);
            let mut user = rows::user(hub, person.id, &format!("target{}@hub.example", self.app.next()), now);
            let mut grant = rows::grant(hub, user.id, role, now);
            self.place(&mut grant);
            user.disabled_at = (verb == "enable").then_some(now);
            user.archived_at = (verb == "restore").then_some(now);
            grant.archived_at = (verb == "restore the grant").then_some(now);
            let bearer = Bearer {
                hub_id: hub,
                subject: user.id,
                grant_id: Some(grant.id),
                session_id: None,
                scope: ScopeSet::of(role).to_string(),
                generation: 0,
            };
            targets.push(Target { token: self.app.mint(bearer), user, grant });
            people.push(person);
        }
        self.app.insert::<person::Entity>(hub, people).await;
        self.app.insert::<user::Entity>(hub, targets.iter().map(|it| it.user.clone()).collect()).await;
        self.app.insert::<grant::Entity>(hub, targets.iter().map(|it| it.grant.clone()).collect()).await;
        targets
    }

    /// Somebody to give a grant to: with nothing yet, or a member of staff whom a head sees.
    async fn recipient(&self, caller: Role) -> Uuid {
        let (hub, now) = (self.app.hub, self.app.clock.now());
        let person = rows::person(hub, "Recipient", now);
        let user = rows::user(hub, person.id, &format!("recipient{}@hub.example", self.app.next()), now);
        let id = user.id;
        let mut staff = rows::grant(hub, id, Role::SchoolStaff, now);
        self.place(&mut staff);
        self.app.insert::<person::Entity>(hub, vec![person]).await;
        self.app.insert::<user::Entity>(hub, vec![user]).await;
        if caller == Role::SchoolHead {
            self.app.insert::<grant::Entity>(hub, vec![staff]).await;
        }
        id
    }

    fn request(&self, caller: &Caller, verb: &str, target: &Target, recipient: Uuid) -> Request {
        let user = format!("/users/{}", target.user.id);
        let grant = format!("/grants/{}", target.grant.id);
        let given = |user_id: Option<Uuid>| {
            json!({
                "user_id": user_id,
                "role": target.grant.role,
                "school_id": target.grant.school_id,
                "partner_id": target.grant.partner_id,
                "from_on": "2014-09-01",
                "to_on": "2014-12-31",
            })
        };
        let new = format!("new{}@hub.example", self.app.next());
        match verb {
            "create" => {
                let mut first = given(None);
                first.as_object_mut().unwrap().remove("user_id");
                caller.post("/users", &json!({ "email": new, "name": "New", "grant": first }))
            }
            "grant" => caller.post("/grants", &given(Some(recipient))),
            "change" => caller.patch(&user, &json!({ "email": new }), "*"),
            "reset" => caller.act(&format!("{user}/reset-password"), None),
            "invite" => caller.act(&format!("{user}/invitation"), None),
            "revoke the invitation" => caller.ask(Method::DELETE, &format!("{user}/invitation")),
            "archive" => caller.delete(&user, "*"),
            "change the grant" => caller.patch(&grant, &json!({ "reason": "as agreed" }), "*"),
            "end the grant" => caller.delete(&grant, "*"),
            "restore the grant" => caller.act(&format!("{grant}/restore"), None),
            verb => caller.act(&format!("{user}/{verb}"), None),
        }
    }

    /// What a role gives: each scope with the place that it reaches.
    fn powers(&self, role: Role) -> BTreeSet<(&'static str, String)> {
        let places = |scope: &Scope| {
            let scope = *scope;
            scope.reach(role).names().into_iter().map(move |reach| {
                let place = match reach {
                    "own" => self.school.to_string(),
                    "provider" => self.partner.to_string(),
                    other => other.to_owned(),
                };
                (scope.as_str(), place)
            })
        };
        Scope::ALL.iter().flat_map(places).collect()
    }

    /// Returns true if somebody with these powers has all of a role's. What a person is assigned or invited
    /// to is nobody else's.
    fn within(&self, mine: &BTreeSet<(&'static str, String)>, role: Role) -> bool {
        self.powers(role).into_iter().all(|(scope, place)| {
            let personal = place == "assigned" || place == "invited";
            mine.contains(&(scope, "hub".to_owned())) || (!personal && mine.contains(&(scope, place)))
        })
    }

    /// Tries every verb on users of a role, and says where the reply is not as the table of
    /// permissions has it.
    async fn try_all(&self, caller: &Caller, own: Role, mine: &BTreeSet<(&'static str, String)>, role: Role) {
        let within = self.within(mine, role);
        for (verb, target) in VERBS.into_iter().zip(self.targets(role).await) {
            let narrow = own == Role::SchoolHead;
            // A head sees nothing that is archived, nor a user whose only grant is.
            if narrow && verb.starts_with("restore") {
                continue;
            }
            let recipient = if verb == "grant" { self.recipient(own).await } else { target.user.id };
            // Another head's role is the hub's to end, unless it was passed on.
            let may = within && !(narrow && role == Role::SchoolHead && verb.ends_with("the grant"));
            let reply = self.request(caller, verb, &target, recipient).await;
            let what = format!("{own} {verb} {role}: {reply:?}");
            match reply.status {
                200 | 201 | 204 => assert!(may, "{what}"),
                404 => assert!(!may && narrow, "{what}"),
                _ => {
                    assert!(!may, "{what}");
                    reply.problem(403, "forbidden");
                }
            }
            let ends = may && ["disable", "reset", "archive", "end the grant"].contains(&verb);
            if !["enable", "restore", "restore the grant"].contains(&verb) {
                let me = self.app.nobody().with_token(target.token.as_str()).get("/me").await;
                assert_eq!(me.status, if ends { 401 } else { 200 }, "{what}, and then {me:?}");
            }
        }
    }
}

fn of_a_hub() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|role| *role != Role::PlatformAdministrator)
}

#[actix_web::test]
async fn every_role_acts_only_on_users_who_have_and_get_no_more_than_it_has() {
    let stage = Stage::build().await;
    let acting: Vec<Role> = of_a_hub().filter(|role| ScopeSet::of(*role).contains(Scope::WriteUsers)).collect();
    assert_eq!(acting.len(), 5, "{acting:?}");
    for own in acting {
        let (caller, mine) = (stage.caller(own).await, stage.powers(own));
        for role in of_a_hub() {
            stage.try_all(&caller, own, &mine, role).await;
        }
    }
}

#[actix_web::test]
async fn a_partner_system_acts_on_users_within_its_scopes_only() {
    let stage = Stage::build().await;
    let scopes = ScopeSet::of(Role::BusinessManager);
    let client = stage.app.as_client(&scopes.to_string()).await;
    let mine = scopes.iter().map(|scope| (scope.as_str(), "hub".to_owned())).collect();
    for role in of_a_hub() {
        stage.try_all(&client, Role::BusinessManager, &mine, role).await;
    }
    let narrow = stage.app.as_client("identity:read users:write").await;
    let form = json!({ "email": "x@hub.example", "name": "X", "grant": { "role": "monitor" } });
    narrow.post("/users", &form).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_role_without_the_scope_does_nothing_to_any_user() {
    let stage = Stage::build().await;
    let target = stage.targets(Role::Monitor).await.remove(0);
    for own in of_a_hub().filter(|role| !ScopeSet::of(*role).contains(Scope::WriteUsers)) {
        let caller = stage.caller(own).await;
        for verb in VERBS {
            let reply = stage.request(&caller, verb, &target, target.user.id).await;
            let problem = reply.problem(403, "forbidden");
            assert!(problem["detail"].as_str().unwrap().contains("users:write"), "{own} {verb}: {reply:?}");
        }
    }
}

#[actix_web::test]
async fn the_platforms_administrators_act_on_one_another_and_on_nobody_of_a_hub() {
    let stage = Stage::build().await;
    platform(&stage.app).await;
    let admin = stage.app.as_role_in(PLATFORM_HUB, Role::PlatformAdministrator, |_| {}).await;
    let form = json!({ "email": "two@smep.example", "name": "Two", "grant": { "role": "platform_administrator" } });
    let other = admin.post("/users", &form).await.expect(201);
    admin.act(&format!("/users/{}/reset-password", other.id()), None).await.expect(200);
    let target = stage.targets(Role::Monitor).await.remove(0);
    for verb in ["change", "reset", "invite", "disable", "archive", "change the grant", "end the grant"] {
        stage.request(&admin, verb, &target, target.user.id).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn the_platform_makes_a_hub_with_its_first_user_and_acts_there_no_more() {
    let app = support::app().await;
    platform(&app).await;
    let admin = app.as_role_in(PLATFORM_HUB, Role::PlatformAdministrator, |_| {}).await;
    let form = |role: &str| {
        let first = json!({ "email": "head@rutland.example", "name": "Ruth Landor", "role": role });
        json!({ "slug": "rutland", "name": "Rutland Music", "first_user": first })
    };
    for role in ["governor", "deputy_head_of_service", "platform_administrator"] {
        admin.post("/hubs", &form(role)).await.problem(422, "invalid");
    }
    let made = admin.post("/hubs", &form("head_of_service")).await.expect(201).json();
    admin.post("/hubs", &form("head_of_service")).await.problem(409, "duplicate");
    let password = made["first_user"]["one_time_password"].as_str().unwrap();
    let head = signed_in(&app, "head@rutland.example", password).await;
    head.post("/me/password", &json!({ "old_password": password, "new_password": GOOD })).await.expect(204);
    for role in ["head_of_service", "business_manager", "governor"] {
        let form = json!({ "email": format!("{role}@rutland.example"), "name": "N", "grant": { "role": role } });
        head.post("/users", &form).await.expect(201);
    }
    let first = format!("/users/{}", made["first_user"]["id"].as_str().unwrap());
    admin.act(&format!("{first}/reset-password"), None).await.problem(404, "not-found");
    admin.act(&format!("{first}/disable"), None).await.problem(404, "not-found");
}

#[actix_web::test]
async fn the_refusal_names_the_scopes_and_who_has_them() {
    let app = support::app().await;
    let manager = app.as_role(Role::BusinessManager).await;
    let form = json!({ "email": "g@hub.example", "name": "G", "grant": { "role": "governor" } });
    let refused = manager.post("/users", &form).await;
    assert_snapshot!(refused.refusal(403, "forbidden"), @r"
    the user has, or would get, rights beyond yours: `plans:approve`; ask a caller with the role:
      head_of_service, deputy_head_of_service
    ");
    let everybody = manager.get("/users?q=g@hub").await.expect(200).ids();
    assert!(everybody.is_empty(), "nothing is left of it");
}

#[actix_web::test]
async fn what_a_user_will_hold_counts_and_what_is_over_does_not() {
    let app = support::app().await;
    let manager = app.as_role(Role::BusinessManager).await;
    let now = app.clock.now();
    for (from, to, archived, status) in [
        (date!(2030 - 01 - 01), None, None, 403),
        (date!(2014 - 01 - 01), Some(date!(2014 - 09 - 01)), None, 403),
        (date!(2014 - 01 - 01), Some(date!(2014 - 08 - 31)), None, 200),
        (date!(2014 - 01 - 01), None, Some(now), 200),
    ] {
        let target = app
            .as_role_in(app.hub, Role::HeadOfService, |grant| {
                (grant.from_on, grant.to_on, grant.archived_at) = (from, to, archived);
            })
            .await;
        let reset = manager.act(&format!("/users/{}/reset-password", target.subject()), None).await;
        assert_eq!(reset.status, status, "{from} {to:?} {archived:?}: {reset:?}");
        // To let it count again is to give it.
        let grant = format!("/grants/{}", target.bearer().grant_id.unwrap());
        if archived.is_some() {
            manager.act(&format!("{grant}/restore"), None).await.problem(403, "forbidden");
        } else if status == 200 {
            manager.patch(&grant, &json!({ "to_on": null }), "*").await.problem(403, "forbidden");
        }
    }
}

#[actix_web::test]
async fn a_narrowed_token_does_to_users_what_it_was_narrowed_to() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let monitor = app.as_role(Role::Monitor).await;
    let narrowed = Bearer { scope: "identity:read users:write".to_owned(), ..head.bearer() };
    let narrowed = head.with_token(app.mint(narrowed));
    // With the password that a reset gives, one would have all of the role again.
    for user in [head.subject(), monitor.subject()] {
        let path = format!("/users/{user}/reset-password?confirm=self");
        narrowed.act(&path, None).await.problem(403, "forbidden");
    }
    head.act(&format!("/users/{}/reset-password", monitor.subject()), None).await.expect(200);
}

#[actix_web::test]
async fn the_head_of_a_trust_passes_on_the_schools_that_are_in_it_today() {
    let app = support::app().await;
    let leader = app.as_role(Role::HeadOfService).await;
    let ash = app.school(&leader, "Ash", json!({})).await.id();
    let elm = app.school(&leader, "Elm", json!({})).await.id();
    let trust = leader.post("/school-groups", &json!({ "name": "Soar Trust", "kind": "trust" })).await;
    let trust = trust.expect(201).id();
    let member = |school: Uuid, to: Value| {
        json!({
            "school_group_id": trust, "school_id": school, "from_on": "2010-01-01", "to_on": to,
        })
    };
    leader.post("/school-group-members", &member(ash, json!(null))).await.expect(201);
    leader.post("/school-group-members", &member(elm, json!("2014-08-31"))).await.expect(201);
    let head = app.as_role_in(app.hub, Role::SchoolHead, |grant| grant.school_group_id = Some(trust)).await;
    let mut number = 0;
    let mut make = async |school: Uuid| {
        number += 1;
        let grant = json!({ "role": "school_head", "school_id": school, "to_on": "2014-12-31" });
        let form = json!({ "email": format!("h{number}@hub.example"), "name": "H", "grant": grant });
        head.post("/users", &form).await
    };
    make(ash).await.expect(201);
    // The other school is not there for the head at all.
    make(elm).await.problem(422, "invalid");
}

//! The running service, and everybody who may ask it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use api::app::Registered;
use api::kernel::base::clock::Clock;
use api::kernel::base::problem::Result;
use api::kernel::base::settings::Settings;
use api::kernel::caller::permission::ScopeSet;
use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller as Inside;
use api::kernel::edge::auth::token::Bearer;
use api::kernel::resource::write::Write;
use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::instant::Instant;
use entity::owned::Owned;
use serde_json::{Value, json};
use time::macros::datetime;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::database::Database;
use super::faults::Faults;
use super::http::{Caller, Reply};
use super::process::Process;
use super::rows;

/// The issuer of tokens in tests, whichever port a service listens on.
pub const ISSUER: &str = "http://smep.test";

/// A service with a database of its own, and one hub in it.
pub struct App {
    /// The state of the service in this process; beside a program of its own, a second one over
    /// the same database, for rows and tokens.
    pub state: State,
    pub clock: Clock,
    /// The hub that callers belong to unless another is named.
    pub hub: Uuid,
    behind: Behind,
    base: String,
    number: AtomicU32,
    // After the rest, which is connected to it.
    pub database: Database,
}

enum Behind {
    Nothing,
    Thread(ServerHandle),
    Program(Process),
}

impl Drop for App {
    fn drop(&mut self) {
        if let Behind::Thread(server) = &self.behind {
            // The command is on its way as soon as the future is made.
            drop(server.stop(false));
        }
    }
}

/// The service in this process, its clock at the beginning of a school year.
pub async fn app() -> App {
    app_with(&[]).await
}

/// As [`app`], with settings as flags of `smep serve`.
pub async fn app_with(flags: &[&str]) -> App {
    served(Database::migrated().await, flags).await
}

/// As [`app`], over the database given.
pub async fn app_over(database: Database) -> App {
    served(database, &[]).await
}

async fn served(database: Database, flags: &[&str]) -> App {
    serving_a_hub(App::over(database, term_begins(), flags).await).await
}

/// As [`app`], with more registered than the parts do.
pub async fn app_registering(more: impl FnOnce(&mut Registered)) -> App {
    let mut registered = api::app::registered();
    more(&mut registered);
    serving_a_hub(App::of(Database::migrated().await, term_begins(), &[], registered).await).await
}

async fn serving_a_hub(mut app: App) -> App {
    app.make_hub(app.hub, "leicester").await;
    app.listen();
    app
}

fn term_begins() -> Clock {
    Clock::fixed(Instant::from(datetime!(2014-09-01 08:30 UTC)))
}

/// The password of everybody in the demo of [`demo`].
pub const DEMO_PASSWORD: &str = "nine-oboes-and-a-harp";

/// The demo, with its two hubs and everything in them; the callers belong to the larger one. It is filled once per run.
pub async fn demo() -> App {
    static FILLED: OnceCell<Database> = OnceCell::const_new();
    let filled = FILLED.get_or_init(async || demo_database(DEMO_PASSWORD).await.kept()).await;
    demo_in(filled.copy().await).await
}

/// As [`demo`], in the database given, which is empty or holds the demo.
pub async fn demo_in(database: Database) -> App {
    let mut app = filled(database, DEMO_PASSWORD).await;
    app.listen();
    app
}

/// The database of the demo, whose users have that password; nobody has it open, to be copied.
pub async fn demo_database(password: &str) -> Database {
    let mut app = filled(Database::migrated().await, password).await;
    app.state.db.close().await;
    std::mem::replace(&mut app.database, Database::at(""))
}

/// The demo over a database that holds it.
pub async fn demo_over(database: Database) -> App {
    let mut app = App::over(database, demo_clock(), &[]).await;
    app.hub = api::demo::EXAMPLE;
    app.listen();
    app
}

async fn filled(database: Database, password: &str) -> App {
    let mut app = App::over(database, demo_clock(), &[]).await;
    let filled = api::demo::start(&app.state, Some(password)).await;
    filled.unwrap_or_else(|problem| panic!("{problem}"));
    app.hub = api::demo::EXAMPLE;
    app
}

fn demo_clock() -> Clock {
    Clock::fixed(Instant::from(datetime!(2026-01-12 08:30 UTC)))
}

/// The program itself over a migrated database, on the machine's clock.
pub async fn program(flags: &[&str]) -> App {
    program_over(Database::migrated().await, flags).await
}

/// As [`program`], over the database given.
pub async fn program_over(database: Database, flags: &[&str]) -> App {
    let mut app = App::over(database, Clock::system(), &[]).await;
    app.make_hub(app.hub, "leicester").await;
    app.start(flags);
    app
}

/// The program over a SQLite file whose disk may fail.
pub async fn program_on(faults: &Faults) -> App {
    let mut app = App::over(Database::migrated().await, Clock::system(), &[]).await;
    app.make_hub(app.hub, "leicester").await;
    app.start_on(faults);
    app
}

impl App {
    async fn over(database: Database, clock: Clock, flags: &[&str]) -> Self {
        Self::of(database, clock, flags, api::app::registered()).await
    }

    async fn of(database: Database, clock: Clock, flags: &[&str], registered: Registered) -> Self {
        let url = format!("--database-url={}", database.url());
        let issuer = format!("--public-url={ISSUER}");
        let usual = [
            url.as_str(),
            issuer.as_str(),
            "--sqlite-synchronous=off",
            "--rate-limit=0",
            "--read-connections=4",
            // A busy machine is no outage.
            "--database-timeout=60",
            "--listen=127.0.0.1:0",
            "--workers=2",
        ];
        let settings = Settings::from_flags(with(&usual, flags)).unwrap();
        let state = super::state_of(settings, clock.clone(), registered).await;
        Self {
            state,
            clock,
            hub: Uuid::now_v7(),
            behind: Behind::Nothing,
            base: String::new(),
            number: AtomicU32::new(0),
            database,
        }
    }

    /// Starts the service in this process.
    fn listen(&mut self) {
        let bound = api::server::bind(&self.state, std::future::pending()).unwrap();
        self.base = format!("http://{}", bound.addresses[0]);
        self.behind = Behind::Thread(bound.server.handle());
        actix_web::rt::spawn(bound.server);
    }

    /// Starts the program.
    pub fn start(&mut self, flags: &[&str]) {
        let process = Process::serve(self.database.url(), flags);
        self.base = process.base().to_owned();
        self.behind = Behind::Program(process);
    }

    /// Starts the program with a disk that may fail.
    fn start_on(&mut self, faults: &Faults) {
        let process = Process::serve_on(faults, self.database.url(), &[]);
        self.base = process.base().to_owned();
        self.behind = Behind::Program(process);
    }

    /// The program behind it.
    pub fn process(&mut self) -> &mut Process {
        match &mut self.behind {
            Behind::Program(process) => process,
            _ => panic!("the service runs in this process"),
        }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// A number that no other call gives, for names.
    pub fn next(&self) -> u32 {
        self.number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes rows as the service itself; gives back what the work does.
    pub async fn write<T>(&self, hub: Uuid, work: impl AsyncFn(&mut Write) -> Result<T>) -> T {
        let service = Inside::system(self.state.clone(), hub);
        Write::value_of(&service, work).await.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Inserts rows of one table, without entries in the log.
    pub async fn insert<E: Owned>(&self, hub: Uuid, rows: Vec<E::Model>) {
        self.write(hub, async |write| write.insert_rows::<E>(&rows).await).await;
    }

    /// Another hub.
    pub async fn another_hub(&self, slug: &str) -> Uuid {
        let hub = Uuid::now_v7();
        self.make_hub(hub, slug).await;
        hub
    }

    pub async fn make_hub(&self, hub: Uuid, slug: &str) {
        let row = rows::hub(hub, slug, self.clock.now());
        self.insert::<entity::identity::hub::Entity>(hub, vec![row]).await;
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Caller {
        Caller::nobody(self.base.clone())
    }

    /// A person with that role in the hub.
    pub async fn as_role(&self, role: Role) -> Caller {
        self.as_role_in(self.hub, role, |_| {}).await
    }

    /// Somebody of that school.
    pub async fn at_school(&self, role: Role, school: Uuid) -> Caller {
        self.as_role_in(self.hub, role, |grant| grant.school_id = Some(school)).await
    }

    /// A person whose grant `adjust` completes.
    pub async fn as_role_in(&self, hub: Uuid, role: Role, adjust: impl FnOnce(&mut grant::Model)) -> Caller {
        let now = self.clock.now();
        let person = rows::person(hub, &format!("Person {}", self.next()), now);
        let user = rows::user(hub, person.id, &format!("user{}@hub.example", self.next()), now);
        let mut grant = rows::grant(hub, user.id, role, now);
        adjust(&mut grant);
        let bearer = Bearer {
            hub_id: hub,
            subject: user.id,
            grant_id: Some(grant.id),
            session_id: None,
            scope: ScopeSet::of(role).to_string(),
            generation: 0,
        };
        let caller = self.speaking_for(bearer, Some(person.id));
        self.write(hub, async |write| {
            write.insert_rows::<entity::people::person::Entity>(&[&person]).await?;
            write.insert_rows::<entity::identity::user::Entity>(&[&user]).await?;
            write.insert_rows::<grant::Entity>(&[&grant]).await
        })
        .await;
        caller
    }

    /// A partner system of the hub with these scopes.
    pub async fn as_client(&self, scopes: &str) -> Caller {
        self.as_client_in(self.hub, scopes).await
    }

    /// A partner system of a hub with these scopes.
    pub async fn as_client_in(&self, hub: Uuid, scopes: &str) -> Caller {
        let client = rows::client(hub, scopes, self.clock.now());
        let bearer = Bearer {
            hub_id: hub,
            subject: client.id,
            grant_id: None,
            session_id: None,
            scope: scopes.to_owned(),
            generation: 0,
        };
        let caller = self.speaking_for(bearer, None);
        self.insert::<entity::identity::client::Entity>(hub, vec![client]).await;
        caller
    }

    /// A partner system of the hub that may do anything.
    pub async fn as_anything(&self) -> Caller {
        self.as_client(&ScopeSet::ALL.to_string()).await
    }

    fn speaking_for(&self, bearer: Bearer, person: Option<Uuid>) -> Caller {
        let token = self.mint(bearer.clone());
        self.nobody().speaking_for(bearer, person, token)
    }

    /// The same caller with a new token: they live ten minutes by the clock of the test.
    pub fn again(&self, caller: &Caller) -> Caller {
        caller.with_token(self.mint(caller.bearer()))
    }

    /// A user of a hub who signs in with a password.
    pub async fn with_password(&self, hub: Uuid, role: Role, email: &str, password: &str) -> user::Model {
        let now = self.clock.now();
        let hash = self.state.auth().passwords.hash(&password.into()).await.unwrap();
        let person = rows::person(hub, email, now);
        let user = user::Model { password_hash: Some(hash.into()), ..rows::user(hub, person.id, email, now) };
        let grant = rows::grant(hub, user.id, role, now);
        self.write(hub, async |write| {
            write.insert_rows::<entity::people::person::Entity>(&[&person]).await?;
            write.insert_rows::<user::Entity>(&[&user]).await?;
            write.insert_rows::<grant::Entity>(&[&grant]).await
        })
        .await;
        user
    }

    /// A second instance over the same database, by the clock given; its address.
    pub async fn beside(&self, clock: Clock) -> (State, String) {
        let state = super::state(self.state.settings.clone(), clock).await;
        let bound = api::server::bind(&state, std::future::pending()).unwrap();
        let base = format!("http://{}", bound.addresses[0]);
        actix_web::rt::spawn(bound.server);
        (state, base)
    }

    /// A token of this service.
    pub fn mint(&self, bearer: Bearer) -> String {
        self.state.auth().keys.mint(bearer).unwrap().0
    }

    /// Makes an area by the API.
    pub async fn area(&self, by: &Caller, name: &str) -> Reply {
        by.post("/areas", &json!({ "name": name })).await.expect(201)
    }

    /// Makes a school by the API, with fields beyond those that every school has.
    pub async fn school(&self, by: &Caller, name: &str, more: Value) -> Reply {
        by.post("/schools", &new_school(name, more)).await.expect(201)
    }
}

/// The usual flags, each unless it is given otherwise.
pub fn with<'a>(usual: &[&'a str], given: &[&'a str]) -> Vec<&'a str> {
    let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
    let named = |flag: &str| given.iter().any(|one| name(one) == name(flag));
    usual.iter().filter(|flag| !named(flag)).chain(given).copied().collect()
}

/// The form of a school.
pub fn new_school(name: &str, more: Value) -> Value {
    let mut form = json!({ "kind": "school", "name": name, "phase": "primary", "status": "open" });
    if let (Value::Object(form), Value::Object(more)) = (&mut form, more) {
        form.extend(more);
    }
    form
}

/// Asks until the answer is there, for what happens a moment later.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let patience = Duration::from_mins(1);
    let began = std::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < patience, "still not after {patience:?}: {what}");
        pause(began).await;
    }
}

/// Waits between two questions, the longer the more time has passed: tests that ask all the time take it from what
/// they wait for.
pub async fn pause(since: std::time::Instant) {
    let pause = since.elapsed() / 8;
    tokio::time::sleep(pause.clamp(Duration::from_millis(10), Duration::from_millis(200))).await;
}

//! The service put together: one line per part.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, Error, web};

use crate::exchange::sync::registry::Mappings;
use crate::exchange::webhook::Post;
use crate::kernel::base::clock::Clock;
use crate::kernel::base::prescribed::ROSTERING;
use crate::kernel::base::registry::Registry;
use crate::kernel::base::settings::{SealKey, Settings};
use crate::kernel::base::task;
use crate::kernel::caller::input;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::state::{Core, State};
use crate::kernel::database::db::Db;
use crate::kernel::document::accept::require_acceptable;
use crate::kernel::document::openapi::{API, About, Document, Expands};
use crate::kernel::edge::auth::{Auth, Seal, identify, require_token};
use crate::kernel::edge::limits::{self, Limits};
use crate::kernel::edge::routes::{self, Routes};
use crate::kernel::edge::{docs, fallback, health, listeners, pages, wire};
use crate::kernel::operations::attachment::{self, Files};
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::operations::labels::Label;
use crate::kernel::operations::metric::{Catalogue, MetricEntry};
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::operations::tasks::TaskSource;
use crate::kernel::resource::effect::Effect;
use crate::kernel::resource::idempotency;
use crate::kernel::resource::job::{self, Kind};
use crate::kernel::resource::transition::Transitions;
use crate::{
    demo, engagement, exchange, frameworks, identity, outcomes, packages, partners, people, plans, ratings, reports,
    schools, training, visits,
};

/// Every operation of the API.
fn routes(routes: &mut Routes<'_>) {
    health::routes(&mut routes.tagged("service"));
    routes.tagged("identity").add(identity::token::KEYS);
    routes.tagged("plans").add(plans::document::link::LINKED);
    routes.tagged("exchange").add(exchange::calendar::LINKED);
    // The last one is the first to see a request.
    routes.scope(API, parts, |api| api.wrap(from_fn(require_acceptable)).wrap(from_fn(require_token)));
    routes.tagged("exchange").scope(ROSTERING, exchange::oneroster::rostering, |roster| {
        roster.wrap(from_fn(require_acceptable)).wrap(from_fn(require_token))
    });
}

/// The parts, in the order of `lib.rs`.
fn parts(routes: &mut Routes<'_>) {
    identity::routes(routes);
    people::routes(routes);
    schools::routes(routes);
    partners::routes(routes);
    training::routes(routes);
    plans::routes(routes);
    frameworks::routes(routes);
    visits::routes(routes);
    packages::routes(routes);
    engagement::routes(routes);
    outcomes::routes(routes);
    ratings::routes(routes);
    reports::routes(routes);
    exchange::routes(routes);
}

/// What the parts register of their own, in their order.
pub struct Registered {
    /// What the change feed knows about each resource.
    pub feed_resources: Vec<FeedResource>,
    /// What follows from changes.
    pub effects: Vec<Effect>,
    /// The kinds of jobs.
    pub kinds: Vec<Kind>,
    /// The texts that are kept beside items.
    pub texts: Vec<Texts>,
    /// The reports that are made by their names.
    pub named_reports: Vec<NamedReport>,
    /// The figures that are computed from records.
    pub metrics: Vec<MetricEntry>,
    /// What may wait for somebody.
    pub tasks: Vec<TaskSource>,
    /// What people call items, beside their ids.
    pub labels: Vec<Label>,
}

/// Collects what the parts register of their own.
#[must_use]
pub fn registered() -> Registered {
    Registered {
        feed_resources: feed_resources(),
        // That of exchange changes nothing: it refuses before the others begin.
        effects: [exchange::effects(), schools::effects(), partners::effects()].concat(),
        kinds: [
            &[idempotency::FORGET, attachment::REMOVE_ORPHANS][..],
            &identity::kinds(),
            &people::kinds(),
            &visits::kinds(),
            &ratings::kinds(),
            &exchange::kinds(),
        ]
        .concat(),
        metrics: [
            people::metrics(),
            training::metrics(),
            plans::metrics(),
            frameworks::metrics(),
            visits::metrics(),
            packages::metrics(),
            engagement::metrics(),
            outcomes::metrics(),
            ratings::metrics(),
            reports::metrics(),
        ]
        .concat(),
        texts: [plans::texts(), frameworks::texts(), packages::texts(), reports::texts(), exchange::texts()].concat(),
        tasks: tasks(),
        labels: [
            &people::labels()[..],
            &schools::labels(),
            &partners::labels(),
            &training::labels(),
            &plans::labels(),
            &frameworks::labels(),
            &packages::labels(),
            &engagement::labels(),
            &outcomes::labels(),
        ]
        .concat(),
        named_reports: plans::named_reports().into_iter().chain(reports::named_reports()).collect(),
    }
}

/// What may wait for somebody, part by part.
fn tasks() -> Vec<TaskSource> {
    [&plans::tasks()[..], &frameworks::tasks(), &visits::tasks(), &packages::tasks(), &outcomes::tasks()].concat()
}

/// What the change feed follows, part by part.
fn feed_resources() -> Vec<FeedResource> {
    let mut all = Vec::new();
    all.extend(identity::feed_resources());
    all.extend(people::feed_resources());
    all.extend(schools::feed_resources());
    all.extend(partners::feed_resources());
    all.extend(training::feed_resources());
    all.extend(plans::feed_resources());
    all.extend(frameworks::feed_resources());
    all.extend(visits::feed_resources());
    all.extend(packages::feed_resources());
    all.extend(engagement::feed_resources());
    all.extend(outcomes::feed_resources());
    all.extend(ratings::feed_resources());
    all.extend(reports::feed_resources());
    all.extend(exchange::feed_resources());
    all
}

/// The states of resources, part by part.
#[must_use]
pub fn transitions() -> Vec<Transitions> {
    [
        &identity::transitions()[..],
        &training::transitions(),
        &plans::transitions(),
        &frameworks::transitions(),
        &visits::transitions(),
        &packages::transitions(),
        &engagement::transitions(),
        &outcomes::transitions(),
        &ratings::transitions(),
        &exchange::transitions(),
    ]
    .concat()
}

/// What the tags of the document mean, in the order of a task.
const TAGS: &[(&str, &str)] = &[
    ("auth", "Sign in, refresh and sign out."),
    ("identity", "The hub, its users with their grants, and its partner systems."),
    ("people", "People, the posts and roles that they have, and working groups of the hub."),
    ("schools", "The register of schools, their areas and groups, and who is who at a school."),
    ("partners", "Partners of the hub, and its glossary."),
    ("training", "Training events with their places, who attends them, and what that qualifies for."),
    ("plans", "Plans with their objectives, targets and progress."),
    (
        "frameworks",
        "What schools are judged by, or judge themselves by: frameworks with sections, criteria and levels, and the \
         evaluations made with them.",
    ),
    ("visits", "Visits to schools, the reports of them with the schools' answers, and what was agreed to be done."),
    ("packages", "Packages of support that schools buy: pilots, quotes and orders, deliveries, and what finance gets."),
    (
        "engagement",
        "Whom the hub consults and meets, what it sends to schools, and the practice that it shares with them and with \
         other hubs.",
    ),
    ("outcomes", "What schools do and reach in music, year by year: music in their plans."),
    ("ratings", "How much each school needs support, as red, amber or green: by schemes, after visits and by hand."),
    ("reports", "Figures over the hub as on any day, as data or as a file: coverage, due visits, load and reach."),
    (
        "exchange",
        "What partner systems follow and fetch, webhooks by which changes are sent to them, calendars, the files that \
         the hub takes in, and the databases of music services with which it is kept in step; the register as \
         OneRoster 1.2 has it.",
    ),
    ("service", "Whether the service is alive and ready, and which one it is."),
];

/// How often an instance forgets callers who have been quiet.
const QUIET: Duration = Duration::from_mins(1);

/// Puts the running service together over a database that is up to date.
///
/// # Errors
/// One line that says why it cannot start.
pub async fn state(db: Db, clock: Clock, settings: Settings) -> Result<State, String> {
    state_of(db, clock, settings, registered()).await
}

/// As [`state`], with what is registered given.
///
/// # Errors
/// One line that says why it cannot start.
pub async fn state_of(db: Db, clock: Clock, settings: Settings, registered: Registered) -> Result<State, String> {
    let seal = Seal::new(settings.seal_key.as_ref().map(SealKey::bytes));
    // Without an address of its own the service is known to its tokens by its name.
    let issuer = settings.public_url.as_ref().map_or_else(|| "smep".to_owned(), ToString::to_string);
    let auth = Auth::load(&db, &clock, &seal, issuer).await.map_err(|error| error.to_string())?;
    let cursor_secret = seal.secret(db.write_pool(), "cursor").await;
    let cursor_secret = cursor_secret.map_err(|error| error.to_string())?;
    let Registered { feed_resources, effects, kinds, texts, named_reports, metrics, tasks, labels } = registered;
    let files = Files::open(settings.attachment_folder.as_deref())?;
    let webhook_key = seal.secret(db.write_pool(), exchange::webhook::KEY).await;
    let post = Post::new(webhook_key.map_err(|error| error.to_string())?, &settings.webhook_networks);
    let registry = Registry::default().with(auth).with(Limits::new(&settings)).with(files).with(post);
    let registry = registry.with(feed_resources).with(effects).with(kinds).with(texts).with(named_reports);
    let registry = registry.with(tasks).with(labels);
    let mappings = Mappings::load(settings.sync.as_deref())?;
    let registry = registry.with(mappings).with(Catalogue::new(metrics).map_err(|problem| problem.to_string())?);
    Ok(State::new(Core::new(db, clock, settings, document(), cursor_secret), registry))
}

/// What each instance does for as long as it runs: follows the signing keys, keeps its memory and its
/// log short, sends for webhooks, and works on jobs. What one instance does for all of them is a job ([`registered`]).
pub async fn upkeep(state: State) {
    task::spawn(state.auth().clone().upkeep());
    task::spawn(forget_quiet_callers(state.clone()));
    task::spawn(state.db.clone().keep_log_short());
    task::spawn(exchange::webhook::send_on(state.clone()));
    job::work_on(state).await;
}

async fn forget_quiet_callers(state: State) {
    loop {
        tokio::time::sleep(QUIET).await;
        state.limits().forget_quiet();
    }
}

/// The API document, made from the handlers once.
#[must_use]
pub fn document() -> Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(describe);
    DOCUMENT.clone()
}

fn describe() -> Document {
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| (scope.as_str(), scope.meaning())).collect();
    let feed = feed_resources();
    let guarded: Vec<_> = feed.iter().filter(|one| one.guarded).map(|one| one.collection).collect();
    let resources: Vec<_> = feed.iter().filter(|one| one.shown).map(|one| (one.resource, one.path)).collect();
    let expands =
        feed.iter().map(|one| Expands { path: one.path, schema: (one.schema)().into_owned(), names: one.expands });
    let expands: Vec<_> = expands.collect();
    let transitions: Vec<_> = transitions().iter().flat_map(Transitions::described).collect();
    let tasks: Vec<_> = tasks().iter().map(|source| source.kind).collect();
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        token_url: "/api/v1/auth/token",
        tags: TAGS,
        scopes: &scopes,
        guarded: &guarded,
        resources: &resources,
        transitions: &transitions,
        expands: &expands,
        tasks: &tasks,
    };
    Document::build(routes::described(routes), &about)
}

/// The service, as `smep serve` and the tests run it.
pub fn app(
    state: State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let settings = &state.settings;
    let cors = Condition::new(settings.demo || !settings.cors_origins.is_empty(), wire::cors(settings));
    let unmatched = web::PathConfig::default().error_handler(|_, request| fallback::unmatched(request).into());
    App::new()
        .app_data(input::Limits::new(settings.body_limit, settings.body_timeout).for_uploads(settings.upload_limit))
        .app_data(web::PayloadConfig::new(settings.body_limit))
        .app_data(unmatched)
        .app_data(state.document.clone())
        .app_data(web::Data::new(state.clone()))
        .configure(|config| routes(&mut Routes::Served(config)))
        .configure(pages::routes)
        .configure(docs::routes)
        .configure(demo::page::routes)
        .default_service(web::to(fallback::answer))
        // The last one is the outermost.
        .wrap(from_fn(listeners::show))
        .wrap(from_fn(wire::leave_small))
        .wrap(Compress::default())
        .wrap(from_fn(limits::limit))
        .wrap(from_fn(identify))
        .wrap(cors)
        .wrap(from_fn(wire::request_context))
}

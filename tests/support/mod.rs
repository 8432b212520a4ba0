//! What every test stands on: the running service with a database of its own, and callers of
//! every kind.

mod app;
mod between;
mod cluster;
pub mod database;
pub mod document;
mod faults;
mod http;
pub mod process;
mod reuse;
pub mod rows;
mod wire;

pub use app::{
    App, DEMO_PASSWORD, ISSUER, app, app_over, app_registering, app_with, demo, demo_database, demo_in, demo_over,
    new_school, pause, program, program_on, program_over, until,
};
pub use between::Between;
pub use cluster::Cluster;
pub use database::Database;
pub use faults::Faults;
pub use http::{Caller, Reply, Request, one_text, redacted};
pub use process::Process;
pub use wire::{Heard, Wire};

use api::app::Registered;
use api::kernel::base::clock::Clock;
use api::kernel::base::settings::Settings;
use api::kernel::caller::state::State;
use api::kernel::database::db::Db;

/// The state of a service with these settings, as `smep serve` makes it.
pub async fn state(settings: Settings, clock: Clock) -> State {
    state_of(settings, clock, api::app::registered()).await
}

/// As [`state`], with what is registered given.
async fn state_of(settings: Settings, clock: Clock, registered: Registered) -> State {
    // What the service warns of is shown with a test that fails.
    let lines = tracing_subscriber::fmt().with_env_filter("warn").with_ansi(false);
    let _ = lines.with_test_writer().try_init();
    let db = Db::open(&settings.database).await.unwrap();
    api::app::state_of(db, clock, settings, registered).await.unwrap()
}

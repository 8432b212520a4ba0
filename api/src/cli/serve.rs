//! `smep serve`.

use std::time::Duration;

use api::demo;
use api::exchange::sync::sync_source::keep;
use api::identity::first;
use api::kernel::base::clock::Clock;
use api::kernel::base::problem::Problem;
use api::kernel::base::settings::Settings;
use api::kernel::base::task;
use api::kernel::caller::state::State;
use api::kernel::database::db::Db;
use api::kernel::edge::metrics;
use api::{app, server};
use clap::Args;

use super::{Outcome, log, migrate};

/// How long jobs may take to end, and then connections to the database to come back.
const CLOSING: Duration = Duration::from_secs(5);

/// Runs the service. Each setting is a flag or the variable named beside it.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    /// Serves until a signal stops it.
    pub async fn run(self) -> Outcome {
        let settings = self.settings;
        let _log = log::start(&settings.log)?;
        let db = Db::open(&settings.database).await?;
        if settings.no_migrate {
            let pending = db.pending().await?;
            if !pending.is_empty() {
                return Err(migrate::told(&pending));
            }
        } else {
            let applied = db.migrate().await?;
            if !applied.is_empty() {
                tracing::info!(applied = applied.join(", "), "brought the schema up to date");
            }
        }
        if let Some(epoch) = db.recognise().await? {
            tracing::warn!(%epoch, "the database was restored: followers of the change feed have to copy everything");
        }
        metrics::install();
        let state = app::state(db, Clock::system(), settings).await?;
        state.jobs.prepare();
        task::spawn(metrics::upkeep());
        first_users(&state).await.map_err(|problem| problem.to_string())?;
        keep::all(&state, keep::Gone::Mark).await.map_err(|problem| problem.to_string())?;
        actix_web::rt::spawn(app::upkeep(state.clone()));
        let bound = server::bind(&state, stopping(state.clone()))?;
        let apart = !bound.operations.is_empty();
        let docs = |shown: bool| if shown && !state.settings.no_docs { " (Swagger UI at /docs)" } else { "" };
        for address in &bound.addresses {
            println!(
                "smep {} listens on http://{address}{} over {}",
                env!("CARGO_PKG_VERSION"),
                docs(!apart),
                state.settings.database.database_url,
            );
        }
        for address in &bound.operations {
            println!("for operations: http://{address}{}", docs(apart));
        }
        bound.server.await.map_err(|error| format!("the service stopped: {error}"))?;
        if tokio::time::timeout(CLOSING, state.jobs.ended()).await.is_err() {
            tracing::warn!("a job could not record its end");
        }
        if tokio::time::timeout(CLOSING, state.db.close()).await.is_err() {
            tracing::warn!("connections to the database were still in use");
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Makes the users that a new database needs, and shows their passwords this once.
async fn first_users(state: &State) -> Result<(), Problem> {
    if state.settings.demo {
        let given = state.settings.demo_password.as_deref();
        let demo = demo::start(state, given).await?;
        println!("This is a demo. Sign in with one of these and the password {}", demo.password);
        for (email, role) in &demo.users {
            println!("  {email:24} {role}");
        }
    } else if let Some(first) = first::start(state).await? {
        println!(
            "first start: the platform's administrator is {}, the one-time password {} (it signs in \
             once, within 72 hours)",
            first.email, first.one_time_password,
        );
    }
    Ok(())
}

/// Ends when the service should no longer listen: some time after it said that it is not ready.
async fn stopping(state: State) {
    asked().await;
    state.stop();
    tracing::info!("stopping: running requests finish, new ones are refused soon");
    // A second signal ends the process without waiting.
    tokio::spawn(async {
        asked().await;
        std::process::exit(1);
    });
    tokio::time::sleep(state.settings.shutdown_delay).await;
}

/// Ends at SIGTERM or Ctrl-C.
#[cfg(unix)]
async fn asked() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not handled");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Ends at Ctrl-C.
#[cfg(not(unix))]
async fn asked() {
    let _ = tokio::signal::ctrl_c().await;
}

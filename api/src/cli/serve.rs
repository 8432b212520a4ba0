//! `smep serve`.

use std::time::Duration;

use actix_web::HttpServer;
use actix_web::http::KeepAlive;
use api::app;
use api::kernel::clock::Clock;
use api::kernel::db::Db;
use api::kernel::settings::Settings;
use api::kernel::state::State;
use api::kernel::{connection, metrics};
use clap::Args;

use super::{Outcome, log, migrate};

/// After a reply to a request whose body was not read, how long the rest of it is awaited, so
/// that the client reads the reply before the connection closes.
const LINGER: Duration = Duration::from_secs(3);

/// Runs the service. Each setting is a flag or the variable named beside it.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    /// Serves until it is told to stop.
    pub async fn run(self) -> Outcome {
        let settings = self.settings;
        log::start(&settings.log)?;
        let db = Db::open(&settings.database).await?;
        if settings.no_migrate {
            let pending = db.pending().await?;
            if !pending.is_empty() {
                return Err(migrate::told(&pending));
            }
        } else {
            for name in db.migrate().await? {
                tracing::info!(name, "migrated");
            }
        }
        metrics::install();
        let state = State::new(db, Clock::system(), settings, app::document());
        actix_web::rt::spawn(metrics::upkeep());
        listen(state).await
    }
}

async fn listen(state: State) -> Outcome {
    let settings = &state.settings;
    let factory = {
        let state = state.clone();
        move || app::app(state.clone())
    };
    let mut server = HttpServer::new(factory)
        .keep_alive(KeepAlive::Timeout(settings.keep_alive))
        .client_request_timeout(settings.header_timeout)
        .client_disconnect_timeout(LINGER)
        .on_connect(connection::watch(settings.keep_alive + settings.header_timeout))
        .shutdown_timeout(settings.shutdown_timeout.as_secs().max(1))
        .shutdown_signal(stopping(state.clone()));
    if let Some(workers) = settings.workers {
        server = server.workers(usize::from(workers));
    }
    let server = server.bind(settings.listen.as_str()).map_err(|error| {
        format!("cannot listen on {}: {error}; set SMEP_LISTEN", settings.listen)
    })?;
    for address in server.addrs() {
        println!(
            "smep {} listens on http://{address} (Swagger UI at /docs), database {}",
            env!("CARGO_PKG_VERSION"),
            settings.database.database_url,
        );
    }
    server.run().await.map_err(|error| format!("the service stopped: {error}"))?;
    if tokio::time::timeout(Duration::from_secs(5), state.db.close()).await.is_err() {
        tracing::warn!("connections to the database were still in use");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Ends when the service should no longer listen: some time after it said that it is not ready.
async fn stopping(state: State) {
    asked().await;
    state.stop();
    tracing::info!("stopping: running requests finish, new ones are refused soon");
    // Whoever asks twice does not want to wait.
    actix_web::rt::spawn(async {
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

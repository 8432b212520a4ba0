//! The bare handlers, to which the service is compared: the same statements by the same pools, the
//! same rows as JSON, and nothing else; no token, no permission, no form, no log line.

mod handlers;
mod school;
mod sql;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};
use api::kernel::base::settings::Settings;
use api::kernel::database::db::Db;
use clap::Args;

use crate::Outcome;
use handlers::{postgres, sqlite};

/// Serves the bare handlers until it is killed.
#[derive(Args)]
pub struct Bare {
    #[arg(long)]
    database_url: String,
    #[arg(long)]
    workers: usize,
}

impl Bare {
    pub async fn run(self) -> Outcome {
        let url = format!("--database-url={}", self.database_url);
        let settings = Settings::from_flags([url.as_str()]).map_err(|error| error.to_string())?;
        // The pools are the service's own, as sqlx made them.
        let db = Db::open(&settings.database).await?;
        let (read, write) = (db.read(), db.write_pool());
        match (read.sqlite(), write.sqlite(), read.postgres(), write.postgres()) {
            (Some(read), Some(write), ..) => {
                self.serve(sqlite::Pools { read: read.clone(), write: write.clone() }, sqlite::routes).await
            }
            (_, _, Some(read), Some(write)) => {
                self.serve(postgres::Pools { read: read.clone(), write: write.clone() }, postgres::routes).await
            }
            _ => Err("the pools are of two databases".into()),
        }
    }

    async fn serve<P: Send + Sync + 'static>(self, pools: P, routes: fn(&mut ServiceConfig)) -> Outcome {
        let pools = Data::new(pools);
        let server = HttpServer::new(move || App::new().app_data(pools.clone()).configure(routes));
        let server = server.workers(self.workers).bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        for address in server.addrs() {
            println!("listens on http://{address}");
        }
        server.run().await.map_err(|error| error.to_string())
    }
}

//! The sample as a source of each kind, with the hub that it is for.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};

use super::fixture::World;
use super::naive;
use super::written_back::every_field;
use crate::sync_sources::sample::{self, TABLES};
use crate::sync_sources::servers::{Mariadb, Postgresql};

/// A source of one kind with the hub that it is for. The mapping writes every field that there is.
pub struct Kind {
    pub name: &'static str,
    pub world: World,
    server: Server,
}

enum Server {
    /// A folder, with the rows that were taken over from files handed over, by contact and field.
    Folder(BTreeMap<(String, String), String>),
    Postgresql(Postgresql),
    Mariadb(Mariadb),
}

/// The texts that stand in the fields of the mapping, by contact and field. Each comes with the time of its change.
pub type Standing = BTreeMap<(String, String), (String, String)>;

/// Contact, field, text, and the time of the change.
type Cells = (String, String, String, Option<String>);

/// Asks for the texts that stand there, where a text is of this type.
fn standing(text: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT CAST(entity_id AS {text}), code, value, CAST(modified_at AS {text}) FROM user_field_value \
         WHERE entity = 'school' AND code LIKE 'SMEP%' AND value <> ''"
    ))
}

impl Kind {
    /// All kinds that have a server here.
    pub async fn all() -> Option<Vec<Self>> {
        let world = World::of_files(every_field).await?;
        let mut kinds = vec![Self { name: "CSV", world, server: Server::Folder(BTreeMap::new()) }];
        let [schema, rows] = sample::statements(1)?;
        if let Some(server) = Postgresql::empty().await {
            server.run(&schema).await;
            server.run(&rows).await;
            let world = World::over("postgresql", &server.account().await, every_field).await?;
            kinds.push(Self { name: "PostgreSQL", world, server: Server::Postgresql(server) });
        }
        if let Some(server) = Mariadb::empty().await {
            server.run(&schema).await;
            server.run(&rows).await;
            let world = World::over("mysql", &server.account(&TABLES).await, every_field).await?;
            kinds.push(Self { name: "MariaDB", world, server: Server::Mariadb(server) });
        }
        Some(kinds)
    }

    /// Brings the source and the register to the next day.
    pub async fn day(&mut self, day: u8, later: u64) {
        self.world.days_later(later);
        if day == 3 {
            self.world.register(3).await;
        }
        match &self.server {
            Server::Folder(taken) => export(&self.world, day, taken),
            Server::Postgresql(server) => server.run(&sample::changes(day).unwrap()).await,
            Server::Mariadb(server) => server.run(&sample::changes(day).unwrap()).await,
        }
    }

    /// Takes over the file that was handed over for a folder, and exports the day again. Servers need nothing of it.
    pub fn take_over(&mut self, day: u8) {
        let Server::Folder(taken) = &mut self.server else { return };
        let columns = ["entity", "entity_id", "code", "value", "modified_by", "modified_at"];
        for line in self.world.handed_over() {
            let row = columns.map(|column| line[column].as_str()).join(",");
            taken.insert((line["entity_id"].clone(), line["code"].clone()), format!("{row}\r\n"));
        }
        export(&self.world, day, taken);
    }

    /// The texts that stand in the fields of the mapping.
    pub async fn standing(&self) -> Standing {
        let cells: Vec<Cells> = match &self.server {
            Server::Folder(_) => exported(&self.world),
            Server::Postgresql(server) => {
                let mut connection = PgConnection::connect(server.url()).await.unwrap();
                sqlx::query_as(standing("text")).fetch_all(&mut connection).await.unwrap()
            }
            Server::Mariadb(server) => {
                let mut connection = MySqlConnection::connect(server.url()).await.unwrap();
                sqlx::query_as(standing("char")).fetch_all(&mut connection).await.unwrap()
            }
        };
        let placed = |(contact, field, text, at): Cells| ((contact, field), (text, at.unwrap_or_default()));
        cells.into_iter().map(placed).collect()
    }
}

/// Exports the files of a day with the rows that were taken over until then.
fn export(world: &World, day: u8, taken: &BTreeMap<(String, String), String>) {
    world.files_of(day);
    for line in naive::lines(world.files.path(), "user_field_value") {
        let place = (line["entity_id"].clone(), line["code"].clone());
        assert!(!taken.contains_key(&place), "the sample has a row of its own on day {day}: {place:?}");
    }
    let mut file = OpenOptions::new().append(true).open(world.file("user_field_value")).unwrap();
    file.write_all(taken.values().cloned().collect::<String>().as_bytes()).unwrap();
}

/// The texts in an exported file.
fn exported(world: &World) -> Vec<Cells> {
    let is_ours = |line: &naive::Line| {
        line["entity"] == "school" && line["code"].starts_with("SMEP") && !line["value"].is_empty()
    };
    let cells = |line: naive::Line| {
        let [contact, field, text, at] = ["entity_id", "code", "value", "modified_at"].map(|name| line[name].clone());
        (contact, field, text, Some(at))
    };
    naive::lines(world.files.path(), "user_field_value").into_iter().filter(is_ours).map(cells).collect()
}

//! The register as the CSV files of OneRoster, in one zip.

use std::io::{Cursor, Write as _};
use std::pin::pin;

use actix_web::http::header::CONTENT_DISPOSITION;
use entity::identity::hub;
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, StreamTrait};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::org::{self, Row};
use super::session::{self, RosterSession};
use crate::kernel::base::csv;
use crate::kernel::database::db::limit;
use crate::kernel::prelude::*;

/// The files that a bundle of OneRoster 1.2 may have, but for the manifest.
const FILES: [&str; 21] = [
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "orgs",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "roles",
    "scoreScales",
    "userProfiles",
    "userResources",
    "users",
];

/// The files of which there is something.
const GIVEN: [&str; 2] = ["academicSessions", "orgs"];

/// A zip with `manifest.csv`, `orgs.csv` and `academicSessions.csv` (OneRoster 1.2, bulk).
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 100_000_000)]
pub struct OneRosterBundle(#[expect(dead_code, reason = "it is the schema of a file")] Vec<u8>);

routes! { ReadSchools: get_oneroster_bundle }

/// Gives the register as the CSV files of OneRoster 1.2.
///
/// The zip has `manifest.csv`, `orgs.csv` and `academicSessions.csv`, each with all that the caller sees (bulk).
/// Archived items are not among them. The same items are at `/ims/oneroster/rostering/v1p2`, where more is said
/// about them.
#[utoipa::path(
    get,
    path = "/oneroster-bundle",
    responses((status = 200, description = "The files.", content((OneRosterBundle = "application/zip")))),
)]
async fn get_oneroster_bundle(can: Can<ReadSchools>) -> Result<Reply> {
    let hub = can.rows::<hub::Entity>().one(can.db().read()).await?.ok_or_else(Problem::not_found)?;
    let sessions = session::sessions(&can).await?;
    let orgs = orgs(&can).await?;
    let packing = spawn_blocking(move || packed(&manifest(&hub.slug)?, &sessions_file(&sessions)?, &orgs));
    let zip = packing.await.map_err(Problem::internal)??;
    let name = format!("attachment; filename=\"oneroster-{}.zip\"", can.today());
    let body = Some(("application/zip", zip));
    Ok(Reply { body, ..Reply::empty(actix_web::http::StatusCode::OK) }.with(CONTENT_DISPOSITION, name))
}

fn packed(manifest: &[u8], sessions: &[u8], orgs: &[u8]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("manifest.csv", manifest), ("academicSessions.csv", sessions), ("orgs.csv", orgs)] {
        zip.start_file(name, SimpleFileOptions::default()).map_err(Problem::internal)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish().map_err(Problem::internal)?.into_inner())
}

/// Lines of cells as CSV.
struct Table(::csv::Writer<Vec<u8>>);

impl Table {
    fn new<const N: usize>(names: [&str; N]) -> Result<Self> {
        let mut table = Self(csv::writer(Vec::new()));
        table.add(names)?;
        Ok(table)
    }

    fn add<const N: usize>(&mut self, cells: [&str; N]) -> Result<()> {
        self.0.write_record(cells).map_err(Problem::internal)
    }

    fn end(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(Problem::internal)
    }
}

fn manifest(slug: &str) -> Result<Vec<u8>> {
    let mut table = Table::new(["propertyName", "value"])?;
    table.add(["manifest.version", "1.0"])?;
    table.add(["oneroster.version", "1.2"])?;
    for file in FILES {
        table.add([&format!("file.{file}"), if GIVEN.contains(&file) { "bulk" } else { "absent" }])?;
    }
    table.add(["source.systemName", "School Music Education Plan service"])?;
    table.add(["source.systemCode", slug])?;
    table.end()
}

fn sessions_file(sessions: &[RosterSession]) -> Result<Vec<u8>> {
    let mut table = Table::new([
        "sourcedId",
        "status",
        "dateLastModified",
        "title",
        "type",
        "startDate",
        "endDate",
        "parentSourcedId",
        "schoolYear",
    ])?;
    for session in sessions {
        let parent = session.parent.as_ref().map(|parent| parent.sourced_id.to_string()).unwrap_or_default();
        // In a bulk file nobody says whether and when a line changed.
        table.add([
            &session.sourced_id.to_string(),
            "",
            "",
            &session.title,
            session.r#type.as_str(),
            &session.start_date.to_string(),
            &session.end_date.to_string(),
            &parent,
            &session.school_year,
        ])?;
    }
    table.end()
}

async fn orgs(caller: &Caller) -> Result<Vec<u8>> {
    let mut table =
        Table::new(["sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"])?;
    let db = caller.db().report_snapshot().await?;
    let statement = ConnectionTrait::get_database_backend(&db).build(&org::active(caller));
    {
        let mut rows = pin!(db.stream_raw(statement).await?);
        while let Some(row) = limit::report(rows.try_next()).await? {
            let Row { id, kind, name, identifier, parent_id, .. } = Row::of(&row)?;
            let parent = parent_id.map(|parent| parent.to_string()).unwrap_or_default();
            let identifier = identifier.unwrap_or_default();
            table.add([&id.to_string(), "", "", &name, kind.as_str(), &identifier, &parent])?;
        }
    }
    db.rollback().await?;
    table.end()
}

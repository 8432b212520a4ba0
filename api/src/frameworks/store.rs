//! Reading whole frameworks, each in a fixed number of statements.

use actix_web::http::header::CONTENT_DISPOSITION;
use entity::frameworks::framework::{self, FrameworkKind, FrameworkStatus};
use sea_orm::QueryOrder;
use serde::Serialize;
use uuid::Uuid;

use super::framework::Framework;
use super::tree::form::FrameworkFile;
use super::tree::{self, FrameworkTree, Rows};
use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::transition;

/// Shows a framework, with its sections and criteria if `tree` asks for them, and with the transitions that the caller
/// may make if `actions` does.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn show(caller: &Caller, id: Uuid, tree: bool, actions: bool) -> Result<Reply> {
    if !tree && !actions {
        return crud::item::<Framework>(&tree::framework(caller, caller.db().read(), id).await?);
    }
    let db = caller.db().snapshot().await?;
    let (row, sections) = if tree {
        let rows = Rows::load(caller, &db, id).await?;
        let sections = rows.nodes();
        (rows.framework, Some(sections))
    } else {
        (tree::framework(caller, &db, id).await?, None)
    };
    let mut shown = FrameworkTree { framework: Framework::from(&row), sections };
    if actions {
        shown.framework.actions = transition::actions::<Framework>(caller, &db, &[row]).await?.pop();
    }
    Ok(Reply::ok(&shown)?.version_and_hash(shown.framework.version))
}

/// A framework in one line.
#[derive(Clone, Debug, Serialize)]
pub struct FrameworkSummary {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub kind: FrameworkKind,
    /// Its title.
    pub title: String,
    /// Which edition it is.
    pub edition: i32,
    /// How far it has come.
    pub status: FrameworkStatus,
}

/// The frameworks that the caller sees, by title and edition.
///
/// # Errors
/// When the database is away.
pub async fn all(caller: &Caller) -> Result<Vec<FrameworkSummary>> {
    let rows = caller.rows::<framework::Entity>().order_by_asc(framework::Column::TitleKey);
    let rows = rows.order_by_asc(framework::Column::Edition).all(caller.db().read()).await?;
    let short = |row: framework::Model| {
        let framework::Model { id, kind, title, edition, status, .. } = row;
        FrameworkSummary { id, kind, title, edition, status }
    };
    Ok(rows.into_iter().map(short).collect())
}

/// A framework as a file that `POST /frameworks` takes.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn export(caller: &Caller, id: Uuid) -> Result<Reply> {
    let db = caller.db().snapshot().await?;
    let rows = Rows::load(caller, &db, id).await?;
    let name = format!("framework-{}-edition-{}.json", rows.framework.kind, rows.framework.edition);
    Ok(Reply::ok(&FrameworkFile(rows.form()))?.with(CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
}

//! The demo: a hub with the whole plan of 2014-2016, and a second small hub, so that every screen
//! of a front end has something to show.

mod awards;
mod between;
mod capacity;
mod engagement;
mod erasures;
mod evaluations;
mod exams;
mod files;
mod frameworks;
mod hub;
mod imports;
mod measures;
mod music_service;
mod packages;
pub mod page;
mod plan;
mod progress;
mod ratings;
mod records;
mod reviews;
mod training;
mod visits;
mod webhooks;

use entity::identity::{hub as hub_row, user};
use entity::instant::Instant;
use entity::kernel::installation;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::document::openapi::example_id;
use crate::kernel::edge::auth::Secret;

/// The id of the larger hub of the demo. One row of each kind in this hub has the id that the OpenAPI examples use, so
/// that the examples work unchanged.
pub const EXAMPLE: Uuid = example_id("hub");

/// What the person who started the demo signs in with.
pub struct Started {
    /// The password of every user.
    pub password: String,
    /// The addresses to sign in with, each with its role.
    pub users: Vec<(String, String)>,
}

/// Fills an empty database with the demo, or opens it again with a new password.
///
/// # Errors
/// 409 when the database is neither empty nor a complete demo.
pub async fn start(state: &State, password: Option<&str>) -> Result<Started> {
    let password = password.map_or_else(|| Secret::random().reveal().to_owned(), str::to_owned);
    let hash = state.auth().passwords.hash(&password.clone().into()).await?;
    music_service::bring(state)?;
    match seed_state(state).await? {
        SeedState::Empty => fill(state, &hash).await?,
        SeedState::Demo => set_passwords(state, &hash).await?,
        SeedState::Other => {
            return Err(Problem::conflict(
                "this database holds something else than the demo: name an empty one in \
                 DATABASE_URL, or leave out --demo",
            ));
        }
    }
    Ok(Started { password, users: records::sign_ins() })
}

enum SeedState {
    Empty,
    Demo,
    Other,
}

#[expect(clippy::disallowed_methods, reason = "asked before anybody can call")]
async fn seed_state(state: &State) -> Result<SeedState> {
    let marks = installation::Entity::find().one(state.db.read()).await?;
    if let Some(mark) = marks {
        return Ok(if mark.demo { SeedState::Demo } else { SeedState::Other });
    }
    let hubs = hub_row::Entity::find().count(state.db.read()).await?;
    Ok(if hubs == 0 { SeedState::Empty } else { SeedState::Other })
}

/// Fills the database with both hubs, and marks it as the demo last: a start that fails halfway leaves no mark.
async fn fill(state: &State, hash: &str) -> Result<()> {
    hub::platform(state, hash).await?;
    let (luton, theirs) = (records::luton()?, Uuid::now_v7());
    let slug = luton.hub.slug.clone();
    hub::fill(state, luton, theirs, false, hash).await?;
    hub::fill(state, records::leicester_shire()?, EXAMPLE, true, hash).await?;
    between::make(state, EXAMPLE, theirs, &slug).await?;
    reviews::make(state, EXAMPLE).await?;
    music_service::make(state, EXAMPLE).await?;
    mark(state, state.clock.now()).await
}

#[expect(clippy::disallowed_methods, reason = "the mark belongs to no hub")]
async fn mark(state: &State, now: Instant) -> Result<()> {
    let mark = installation::ActiveModel {
        id: ActiveValue::Set(1),
        demo: ActiveValue::Set(true),
        created_at: ActiveValue::Set(now),
    };
    installation::Entity::insert(mark).exec_without_returning(state.db.write_pool()).await?;
    Ok(())
}

/// Gives all users of a demo the password of this start.
#[expect(clippy::disallowed_methods, reason = "the users of all hubs at once")]
async fn set_passwords(state: &State, hash: &str) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .filter(user::Column::EmailKey.ends_with("@demo.example"))
        .exec(state.db.write_pool())
        .await?;
    Ok(())
}

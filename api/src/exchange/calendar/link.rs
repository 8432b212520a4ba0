//! The address of a calendar: made, shown and revoked by its user, and opened without a token.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Path};
use entity::instant::Instant;
use entity::list::json_has;
use entity::people::person;
use entity::row::{Meta, Row};
use entity::schools::school;
use entity::visits::calendar_link;
use entity::visits::visit;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::ical::{self, Entry};
use crate::endpoints;
use crate::kernel::base::encoding::{base64url, from_base64url};
use crate::kernel::base::problem::Code;
use crate::kernel::base::request::RequestMeta;
use crate::kernel::base::signature::same;
use crate::kernel::caller::permission::ScopeSet;
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::Secret;
use crate::kernel::edge::endpoint::{Endpoint, Public};
use crate::kernel::prelude::*;

/// For how long visits that are over stay in a calendar.
const PAST: Duration = Duration::from_hours(400 * 24);

/// How many visits a calendar holds, the latest ones.
const MOST: u64 = 1000;

/// The letters with which an address says whose calendar it is, before the secret.
const NAMED: usize = 43;

/// The address of a calendar, which is shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewCalendarAddress {
    /// The address, for the calendar program to subscribe to. It shows the caller's visits to anybody who has it.
    #[schema(max_length = 4000, example = "https://smep.example/visit-calendars/Zm9yIHlvdXIgY2FsZW5kYXI.ics")]
    pub url: String,
    /// When it was made.
    #[schema(example = "2014-09-01T08:30:00.000000Z")]
    pub made_at: Instant,
}

/// What is known about the address of a calendar. The address itself cannot be shown again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarAddress {
    /// When it was made.
    #[schema(example = "2014-09-01T08:30:00.000000Z")]
    pub made_at: Instant,
    /// The grant by which it shows visits.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub grant_id: Uuid,
}

/// Visits as a calendar (RFC 5545). A visit keeps its UID, and its SEQUENCE goes up with each change; one that was
/// called off is `CANCELLED`.
#[derive(Debug, ToSchema)]
#[schema(max_length = 50_000_000, example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")]
pub struct VisitCalendar(#[expect(dead_code, reason = "it is the schema of a text")] String);

routes! { ReadVisits: get_my_calendar_address, create_my_calendar_address, revoke_my_calendar_address }

/// What the address leads to, outside of the API.
pub const LINKED: &[Endpoint] = endpoints! { Public: open_visit_calendar };

/// Says whether the caller's calendar has an address.
#[utoipa::path(
    get,
    path = "/me/calendar-address",
    responses((status = 200, body = CalendarAddress), (status = 404, description = "There is none.")),
)]
async fn get_my_calendar_address(can: Can<ReadVisits>) -> Result<Reply> {
    let user_id = can.actor.user_id().ok_or_else(Problem::not_found)?;
    let link = of_user(&can, user_id).one(can.db().read()).await?;
    let link = link.filter(|link| link.archived_at.is_none()).ok_or_else(none)?;
    Reply::ok(&CalendarAddress { made_at: link.updated_at, grant_id: link.grant_id })
}

/// Makes the secret address of the caller's calendar.
///
/// An address that was made before stops working. The calendar shows the visits of the last 400 days and all to come
/// that name the caller as visitor or co-visitor, and that the caller sees at that moment by the grant in use.
#[utoipa::path(post, path = "/me/calendar-address", responses((status = 200, body = NewCalendarAddress)))]
async fn create_my_calendar_address(can: Can<ReadVisits>) -> Result<Reply> {
    let (Some(user_id), Some(grant_id)) = (can.actor.user_id(), can.actor.grant_id()) else {
        return Err(Problem::conflict("a partner system has no calendar: sign in as a person"));
    };
    Write::run(&can, async |write| {
        let secret = Secret::random();
        let before = of_user(write.caller(), user_id).one(write.tx()).await?;
        let meta = match &before {
            Some(before) => Meta { archived_at: None, ..write.meta_after(before) },
            None => write.meta(),
        };
        let mut row = calendar_link::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            user_id,
            grant_id,
            secret_hash: secret.hash(),
        };
        row.set_meta(meta);
        match before {
            Some(_) => write.replace_row::<calendar_link::Entity>(&row).await?,
            None => write.insert_rows::<calendar_link::Entity>(&[&row]).await?,
        }
        let base = write.caller().state().settings.public_url();
        let named = base64url(&[*row.hub_id.as_bytes(), *row.id.as_bytes()].concat());
        let url = format!("{}/visit-calendars/{named}{}.ics", base.trim_end_matches('/'), secret.reveal());
        Ok(Reply::ok(&NewCalendarAddress { url, made_at: row.updated_at })?.secret())
    })
    .await
}

/// Revokes the address of the caller's calendar, which stops working at once.
#[utoipa::path(
    delete,
    path = "/me/calendar-address",
    responses((status = 204), (status = 404, description = "There is none.")),
)]
async fn revoke_my_calendar_address(can: Can<ReadVisits>) -> Result<Reply> {
    let user_id = can.actor.user_id().ok_or_else(none)?;
    Write::run(&can, async |write| {
        let before = of_user(write.caller(), user_id).one(write.tx()).await?;
        let before = before.filter(|link| link.archived_at.is_none()).ok_or_else(none)?;
        let mut row = calendar_link::Model { secret_hash: String::new(), ..before.clone() };
        row.set_meta(Meta { archived_at: Some(write.now()), ..write.meta_after(&before) });
        write.replace_row::<calendar_link::Entity>(&row).await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
    .await
}

/// The address of a user, revoked or not. It concerns the user alone, and is read as the service itself would.
fn of_user(caller: &Caller, user_id: Uuid) -> sea_orm::Select<calendar_link::Entity> {
    let service = Caller::system(caller.state().clone(), caller.hub_id);
    service.rows_archived::<calendar_link::Entity>().filter(calendar_link::Column::UserId.eq(user_id))
}

fn none() -> Problem {
    Problem::new(Code::NotFound, "the calendar has no address: make one by POST /api/v1/me/calendar-address")
}

/// Shows the visits of the user whose calendar has this address.
///
/// The address is the one that `POST /api/v1/me/calendar-address` gives. The reply has an `ETag` that is the same for
/// as long as the visits are.
#[utoipa::path(
    get,
    path = "/visit-calendars/{link}",
    params(
        (
            "link" = String,
            Path,
            max_length = 200,
            description = "The last part of the address, as it was given.",
            example = "Zm9yIHlvdXIgY2FsZW5kYXI.ics",
        ),
    ),
    responses(
        (status = 200, description = "The calendar, with an `ETag`.", content((VisitCalendar = "text/calendar"))),
        (status = 304, description = "The calendar named in `If-None-Match` is still the same."),
        (status = 404, description = "The address was revoked or never made, or its user can no longer sign in."),
    ),
)]
async fn open_visit_calendar(request: HttpRequest, state: Data<State>, link: Path<String>) -> Result<Reply> {
    let caller = behind(&request, &state, &link).await?.ok_or_else(ended)?;
    let person_id = caller.actor.person_id().ok_or_else(ended)?;
    let calendar = calendar(&caller, person_id).await?.into_bytes();
    let etag = format!("\"{}\"", base64url(&Sha256::digest(&calendar)[..12]));
    let body = Some(("text/calendar; charset=utf-8", calendar));
    Ok(Reply { body, ..Reply::empty(StatusCode::OK) }.with(CACHE_CONTROL, "private, no-cache").with(ETAG, etag))
}

fn ended() -> Problem {
    Problem::new(Code::NotFound, "this calendar has no such address: it was revoked, or its user cannot sign in")
}

/// The user behind an address, as the user is now.
async fn behind(request: &HttpRequest, state: &State, link: &str) -> Result<Option<Caller>> {
    let Some((hub_id, id, secret)) = read(link) else { return Ok(None) };
    let service = Caller::system(state.clone(), hub_id);
    let row = service.rows::<calendar_link::Entity>().filter(calendar_link::Column::Id.eq(id));
    let Some(row) = row.one(service.db().read()).await? else { return Ok(None) };
    if !same(secret.hash(), &row.secret_hash) {
        return Ok(None);
    }
    let scopes: ScopeSet = [Scope::ReadVisits, Scope::ReadSchools].into_iter().collect();
    let holder = state.auth().authenticator.holder(hub_id, row.user_id, row.grant_id, scopes).await?;
    let Some(identity) = holder else { return Ok(None) };
    Ok(Caller::new(identity, Scope::ReadVisits, RequestMeta::of(request)?, state.clone()).ok())
}

/// Whose calendar an address names, and its secret.
fn read(link: &str) -> Option<(Uuid, Uuid, Secret)> {
    let (named, secret) = link.strip_suffix(".ics")?.split_at_checked(NAMED)?;
    let named = from_base64url(named)?;
    let (hub_id, id) = named.split_at_checked(16)?;
    Some((Uuid::from_slice(hub_id).ok()?, Uuid::from_slice(id).ok()?, Secret::from(secret)))
}

/// The visits of a person as the caller sees them, from one snapshot.
async fn calendar(caller: &Caller, person_id: Uuid) -> Result<String> {
    use visit::Column;

    let db = caller.db().snapshot().await?;
    let backend = caller.db().backend();
    let goes =
        Condition::any().add(Column::VisitorId.eq(person_id)).add(json_has(backend, Column::CoVisitorIds, person_id));
    let visits = caller.rows::<visit::Entity>().filter(goes).filter(Column::StartsAt.gte(caller.now() - PAST));
    let visits = visits.order_by_desc(Column::StartsAt).order_by_desc(Column::Id).limit(MOST).all(&db).await?;
    let schools = schools(caller, &db, &visits).await?;
    let person = Caller::system(caller.state().clone(), caller.hub_id);
    let person = person.rows::<person::Entity>().filter(person::Column::Id.eq(person_id)).one(&db).await?;
    let name = person.map(|person| person.name).unwrap_or_default();
    let entries = visits.iter().rev().map(|visit| Entry { visit, school: schools.get(&visit.school_id) });
    Ok(ical::write(&format!("Visits of {name}"), entries))
}

async fn schools(
    caller: &Caller,
    db: &impl ConnectionTrait,
    visits: &[visit::Model],
) -> Result<HashMap<Uuid, school::Model>> {
    let Some(caller) = caller.under(Scope::ReadSchools) else { return Ok(HashMap::new()) };
    let schools = caller.rows::<school::Entity>();
    let schools = schools.filter(school::Column::Id.is_in(visits.iter().map(|visit| visit.school_id)));
    Ok(schools.all(db).await?.into_iter().map(|school| (school.id, school)).collect())
}

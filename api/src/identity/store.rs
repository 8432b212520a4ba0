//! What the resources of this part share: rows made and changed by its own rules, and who is left
//! to administer.

use std::collections::HashSet;

use entity::identity::{grant, hub, session, user};
use entity::instant::Instant;
use entity::owned::Owned;
use entity::people::person;
use entity::row::{Meta, Row};
use entity::schools::{school, school_group_member};
use sea_orm::sea_query::{Expr, IntoCondition, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use time::Date;
use uuid::Uuid;

use super::rules;
use super::user::User;
use crate::kernel::base::period::holds;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;

/// Stores a new row on which the rules of this part have decided, and logs it.
///
/// # Errors
/// 409 for a key that is taken.
pub async fn add<R: Resource>(write: &mut Write, mut row: RowOf<R>) -> Result<RowOf<R>> {
    R::complete(&mut row);
    write.insert_rows::<R::Entity>(std::slice::from_ref(&row)).await?;
    write.log(Entry::of::<R>(None, &row, Operation::Create, None)?);
    Ok(row)
}

/// Replaces a row on which the rules of this part have decided, and logs it.
///
/// # Errors
/// 409 for a key that is taken.
pub async fn change<R: Resource>(
    write: &mut Write,
    before: &RowOf<R>,
    mut after: RowOf<R>,
    operation: Operation,
) -> Result<RowOf<R>> {
    let archived_at = after.archived_at();
    after.set_meta(Meta { archived_at, ..write.meta_after(before) });
    R::complete(&mut after);
    write.replace_row::<R::Entity>(&after).await?;
    write.log(Entry::of::<R>(Some(before), &after, operation, None)?);
    Ok(after)
}

/// Ends all sign-ins of the users of a person: their tokens name somebody whom they no longer are.
///
/// # Errors
/// When the database is away.
pub async fn end_sign_ins(write: &mut Write, person_id: Uuid, operation: Operation) -> Result<()> {
    let users = write.rows_archived::<user::Entity>(user::Column::PersonId.eq(person_id).into_condition()).await?;
    for before in &users {
        let token_generation = before.token_generation + 1;
        change::<User>(write, before, user::Model { token_generation, ..before.clone() }, operation).await?;
        revoke_sessions(write, before.id, None, "the person was merged into another").await?;
    }
    Ok(())
}

/// Takes the address away from all users of a person, who are archived. Returns their ids.
///
/// # Errors
/// When the database is away.
pub async fn erase_users(write: &mut Write, person_id: Uuid, operation: Operation) -> Result<Vec<Uuid>> {
    let users = write.rows_archived::<user::Entity>(user::Column::PersonId.eq(person_id).into_condition()).await?;
    for before in &users {
        let email = format!("{}@erased.invalid", before.id);
        if before.email != email {
            change::<User>(write, before, user::Model { email, ..before.clone() }, operation).await?;
        }
    }
    Ok(users.iter().map(|user| user.id).collect())
}

/// The grants of a user that count on a day, the oldest first.
pub async fn grants_in_force(
    caller: &Caller,
    db: &impl ConnectionTrait,
    user_id: Uuid,
    on: Date,
) -> Result<Vec<grant::Model>> {
    let grants = caller
        .rows::<grant::Entity>()
        .filter(grant::Column::UserId.eq(user_id))
        .filter(holds(grant::Column::FromOn, grant::Column::ToOn, on))
        .order_by_asc(grant::Column::FromOn)
        .order_by_asc(grant::Column::Id);
    Ok(grants.all(db).await?)
}

/// Makes sure that a hub keeps an administrator who can sign in when one user, or one grant, no longer
/// counts.
/// The hub's row stays locked until the end of the transaction, so that of two who leave at the
/// same time the second is refused.
///
/// # Errors
/// 409 when nobody would be left.
pub async fn keep_administrator(write: &Write, without_user: Option<Uuid>, without_grant: Option<Uuid>) -> Result<()> {
    let hub_id = write.caller().hub_id;
    let mut lock = Query::select();
    lock.column(hub::Column::Id)
        .from(hub::Entity)
        .and_where(hub::Column::HubId.eq(hub_id))
        // Rows that refer to the hub may be made meanwhile.
        .lock(LockType::NoKeyUpdate);
    write.tx().query_one(&lock).await?;
    let mut left = administrators(write.caller(), write.now());
    left.expr(Expr::val(1)).limit(1);
    if let Some(user_id) = without_user {
        left.and_where(grant::Column::UserId.ne(user_id));
    }
    if let Some(grant_id) = without_grant {
        left.and_where(grant::Column::Id.ne(grant_id));
    }
    match write.tx().query_one(&left).await? {
        Some(_) => Ok(()),
        None => Err(rules::last_administrator()),
    }
}

/// The grants of the hub's administrators who can sign in.
fn administrators(caller: &Caller, now: Instant) -> SelectStatement {
    let hub_id = caller.hub_id;
    let mut grants = Query::select();
    grants
        .from(grant::Entity)
        .inner_join(
            user::Entity,
            Condition::all()
                .add(user::Column::HubId.eq(hub_id))
                .add(Expr::col((user::Entity, user::Column::Id)).equals((grant::Entity, grant::Column::UserId)))
                .add(user::Column::DisabledAt.is_null())
                .add(user::Column::ArchivedAt.is_null())
                .add(signs_in(now)),
        )
        .and_where(grant::Column::HubId.eq(hub_id))
        .and_where(grant::Column::ArchivedAt.is_null())
        .and_where(grant::Column::Role.is_in(rules::ADMINISTRATORS))
        .cond_where(holds(grant::Column::FromOn, grant::Column::ToOn, caller.today()));
    grants
}

/// Returns the users without whom the hub would have no administrator who can sign in, as
/// [`keep_administrator`] has it.
///
/// # Errors
/// 503 when the database is away.
pub async fn needed_administrators(
    caller: &Caller,
    db: &impl ConnectionTrait,
    users: &[&user::Model],
) -> Result<HashSet<Uuid>> {
    // Two are enough: whichever of them goes, the other is left.
    let mut left = administrators(caller, caller.now());
    left.expr(Expr::col((grant::Entity, grant::Column::UserId))).distinct().limit(2);
    let left = db.query_all(&left).await?;
    let left: Vec<Uuid> = left.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let today = caller.today();
    let held = held(caller, db, users).await?.into_iter().filter(|grant| rules::in_force(grant, today));
    let administer = held.filter(|grant| rules::ADMINISTRATORS.contains(&grant.role)).map(|grant| grant.user_id);
    Ok(administer.filter(|user_id| left.iter().all(|one| one == user_id)).collect())
}

/// All grants of users, whether or not the caller sees them.
async fn held(caller: &Caller, db: &impl ConnectionTrait, users: &[&user::Model]) -> Result<Vec<grant::Model>> {
    let system = Caller::system(caller.state().clone(), caller.hub_id);
    let grants = system.rows::<grant::Entity>();
    Ok(grants.filter(grant::Column::UserId.is_in(users.iter().map(|user| user.id))).all(db).await?)
}

/// The users whose password signs in, as [`rules::password_signs_in`] says it of one.
fn signs_in(now: Instant) -> Condition {
    let one_time =
        Condition::all().add(user::Column::OneTimeExpiresAt.gt(now)).add(user::Column::OneTimeUsedAt.is_null());
    let unless_changed = Condition::any().add(user::Column::MustChangePassword.eq(false)).add(one_time);
    Condition::all().add(user::Column::PasswordHash.is_not_null()).add(unless_changed)
}

/// What others know of a hub, which makes no password.
///
/// # Errors
/// 503 when the database is away.
pub async fn hub_hints(caller: &Caller) -> Result<Vec<String>> {
    let hub = caller.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id));
    let hub = hub.one(caller.db().read()).await?;
    Ok(hub.into_iter().flat_map(|hub| [hub.name, hub.slug]).collect())
}

/// What others know of a user, which makes no password.
///
/// # Errors
/// 503 when the database is away.
pub async fn password_hints(caller: &Caller, user: &user::Model) -> Result<Vec<String>> {
    let mut hints = hub_hints(caller).await?;
    let person = caller.rows_archived::<person::Entity>().filter(person::Column::Id.eq(user.person_id));
    hints.extend(person.one(caller.db().read()).await?.map(|person| person.name));
    hints.push(user.email.clone());
    Ok(hints)
}

/// Whether a user holds an administrator's grant that counts.
pub async fn administers(write: &Write, user_id: Uuid) -> Result<bool> {
    let caller = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let grants = grants_in_force(&caller, write.tx(), user_id, caller.today()).await?;
    Ok(grants.iter().any(|grant| rules::ADMINISTRATORS.contains(&grant.role)))
}

/// Refuses to act on a user who holds, or would hold with the grants in `would`, more than the
/// caller. Every verb on users and grants comes by here. The user's row stays locked until the end
/// of the transaction, so that nobody gives the user more at the same moment.
///
/// # Errors
/// 403 as [`rules::expect_within`] says it.
pub async fn expect_within(write: &Write, user_id: Uuid, would: &[&grant::Model]) -> Result<()> {
    let (caller, today) = (write.caller(), write.caller().today());
    let system = Caller::system(caller.state().clone(), caller.hub_id);
    let mut lock = Query::select();
    lock.column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::HubId.eq(caller.hub_id))
        .and_where(user::Column::Id.eq(user_id))
        // Rows that refer to the user may be read meanwhile.
        .lock(LockType::NoKeyUpdate);
    write.tx().query_one(&lock).await?;
    let held = system.rows::<grant::Entity>().filter(grant::Column::UserId.eq(user_id)).all(write.tx()).await?;
    let counted = held.iter().chain(would.iter().copied()).filter(|grant| rules::not_over(grant, today));
    let own_schools = own_schools(caller, write.tx()).await?;
    rules::expect_within(caller, &own_schools, &counted.collect::<Vec<_>>())
}

/// Returns for each user whether [`expect_within`] lets the caller act on that user.
///
/// # Errors
/// 503 when the database is away.
pub async fn within(caller: &Caller, db: &impl ConnectionTrait, users: &[&user::Model]) -> Result<Vec<bool>> {
    let held = held(caller, db, users).await?;
    let own_schools = own_schools(caller, db).await?;
    let today = caller.today();
    let within = |user: &&user::Model| {
        let counted = held.iter().filter(|grant| grant.user_id == user.id && rules::not_over(grant, today));
        rules::expect_within(caller, &own_schools, &counted.collect::<Vec<_>>()).is_ok()
    };
    Ok(users.iter().map(within).collect())
}

/// The schools that the caller's grant names: its school, or those that are in its group today.
async fn own_schools(caller: &Caller, db: &impl ConnectionTrait) -> Result<Vec<Uuid>> {
    let group_id = match (caller.school_id, caller.school_group_id) {
        (Some(school_id), _) => return Ok(vec![school_id]),
        (None, None) => return Ok(Vec::new()),
        (None, Some(group_id)) => group_id,
    };
    let system = Caller::system(caller.state().clone(), caller.hub_id);
    let members = system
        .rows::<school_group_member::Entity>()
        .filter(school_group_member::Column::SchoolGroupId.eq(group_id))
        .filter(holds(school_group_member::Column::FromOn, school_group_member::Column::ToOn, system.today()));
    let members = members.select_only().column(school_group_member::Column::SchoolId);
    Ok(members.into_tuple().all(db).await?)
}

/// Ends the sign-ins of a user, but for one.
pub async fn revoke_sessions(write: &Write, user_id: Uuid, except: Option<Uuid>, reason: &str) -> Result<()> {
    let mut update = Query::update();
    update
        .table(session::Entity)
        .value(session::Column::RevokedAt, write.now())
        .value(session::Column::RevokedReason, reason)
        .and_where(session::Column::HubId.eq(write.caller().hub_id))
        .and_where(session::Column::UserId.eq(user_id))
        .and_where(session::Column::RevokedAt.is_null());
    if let Some(session_id) = except {
        update.and_where(session::Column::Id.ne(session_id));
    }
    write.tx().execute(&update).await?;
    Ok(())
}

/// The hub with a slug.
#[expect(clippy::disallowed_methods, reason = "a hub is looked up by its slug before it is known")]
pub async fn hub_named(db: &impl ConnectionTrait, slug: &str) -> Result<Option<hub::Model>> {
    let hubs = hub::Entity::find().filter(hub::Column::Slug.eq(slug));
    Ok(hubs.filter(<hub::Entity as Owned>::archived().is_null()).one(db).await?)
}

/// The school of a hub with a URN.
///
/// # Errors
/// 404 when the hub's register has none.
pub async fn school_of_urn(caller: &Caller, urn: i32) -> Result<Uuid> {
    let schools = caller.rows::<school::Entity>().filter(school::Column::Urn.eq(urn));
    let school = schools.one(caller.db().read()).await?;
    let school = school
        .ok_or_else(|| Problem::new(Code::NotFound, format!("the hub's register has no school with URN {urn}")))?;
    Ok(school.id)
}

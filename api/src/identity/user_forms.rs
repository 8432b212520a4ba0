//! A new user: with a person, and with a first grant.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::instant::Instant;
use entity::partners::partner;
use entity::people::person;
use entity::row::Meta;
use entity::schools::{school, school_group};
use sea_orm::QueryFilter;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::grant::Grant;
use super::person::{NewUserPerson, UserPerson};
use super::user::{User, email_faults};
use super::{invitation, rules, store};
use crate::kernel::edge::auth::Secret;
use crate::kernel::prelude::*;
use crate::kernel::resource::traits::Form;

/// A new user. The person is one of the hub's (`person_id`), or is made with `name`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The e-mail address to sign in with, unique in the hub without regard to case.
    #[schema(format = Email, example = "h.bell@hub.example")]
    pub email: String,
    /// The person, if the hub has it already.
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// The name of the person to be made.
    #[schema(min_length = 1, max_length = 200, example = "Henrietta Bell")]
    pub name: Option<String>,
    /// The first grant. More are given at `POST /grants`.
    pub grant: Option<FirstGrant>,
    /// True if the reply is to hold an invitation, by which the user sets the first password.
    #[serde(default)]
    #[schema(example = false)]
    pub invitation: bool,
}

/// The first grant of a new user.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstGrant {
    /// What the user does.
    #[schema(example = "music_leader")]
    pub role: Role,
    /// The school, for `school_head` and `school_staff`.
    #[schema(example = json!(null))]
    pub school_id: Option<Uuid>,
    /// The group of schools, in place of one school.
    #[schema(example = json!(null))]
    pub school_group_id: Option<Uuid>,
    /// The partner, for a `provider`.
    #[schema(example = json!(null))]
    pub partner_id: Option<Uuid>,
    /// The first day; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[schema(example = "2014-09-01")]
    pub from_on: Option<Date>,
    /// The last day, if there is one; a school head has to say one.
    #[serde(default, with = "entity::date::option")]
    #[schema(example = "2015-08-31")]
    pub to_on: Option<Date>,
    /// Why it is given.
    #[schema(min_length = 1, max_length = 500, example = "covers the autumn term")]
    pub reason: Option<String>,
}

impl FirstGrant {
    /// A role from today on, without an end.
    #[must_use]
    pub const fn of(role: Role, school_id: Option<Uuid>) -> Self {
        Self { role, school_id, school_group_id: None, partner_id: None, from_on: None, to_on: None, reason: None }
    }

    fn row(self, meta: Meta, user_id: Uuid, today: Date) -> grant::Model {
        grant::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            user_id,
            role: self.role,
            school_id: self.school_id,
            school_group_id: self.school_group_id,
            partner_id: self.partner_id,
            from_on: self.from_on.unwrap_or(today),
            to_on: self.to_on,
            delegated_by: None,
            reason: self.reason,
        }
    }
}

/// A password that signs in once and has to be changed then. It is shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct OneTimePassword {
    /// The user.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The e-mail address to sign in with.
    #[schema(format = Email, example = "h.bell@hub.example")]
    pub email: String,
    /// The password.
    #[schema(max_length = 128, example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA")]
    pub one_time_password: String,
    /// Until when it signs in: for 72 hours.
    pub expires_at: Option<Instant>,
}

impl OneTimePassword {
    /// That of a user.
    #[must_use]
    pub fn new(user: &user::Model, secret: &Secret) -> Self {
        let one_time_password = secret.reveal().to_owned();
        Self { id: user.id, email: user.email.clone(), one_time_password, expires_at: user.one_time_expires_at }
    }
}

/// Creates a user, with a person and a first grant if you like.
///
/// The user has no password yet. With `invitation` the reply holds a token with which the user sets
/// the first password at `POST /auth/password`; this reply is not kept for an `Idempotency-Key`.
/// `POST /users/{id}/reset-password` gives a one-time password instead. The caller needs every
/// scope of the grant, with the same reach (403). A school head gives a first grant on their own
/// school, with a last day.
#[utoipa::path(post, path = "/users", responses((status = 201, body = User)))]
pub(super) async fn create_user(can: Can<WriteUsers>, form: Json<NewUser>) -> Result<Reply> {
    let form = form.into_inner();
    let invites = form.invitation;
    Write::run(&can, async |write| {
        let user = make(write, form.clone(), None).await?;
        if invites {
            let (user, invitation) = invitation::issue(write, user).await?;
            let invitation = serde_json::to_value(invitation).map_err(Problem::internal)?;
            let made = User { invitation: Some(invitation), ..User::from(&user) };
            let reply = Reply::json(StatusCode::CREATED, &made)?.with(LOCATION, User::location(user.id));
            return Ok(reply.version(user.version).secret());
        }
        crud::answer::<User>(write.caller(), &user, true)
    })
    .await
}

/// Makes a user with a person and a first grant.
///
/// # Errors
/// 422 with every fault, 403 where the grant is not the caller's to give, 409 for an address that
/// is taken.
pub async fn make(write: &mut Write, form: NewUser, password_hash: Option<&str>) -> Result<user::Model> {
    let caller = write.caller().clone();
    let (user_meta, grant_meta) = (write.meta_of::<user::Entity>(), write.meta_of::<grant::Entity>());
    let first = form.grant.map(|grant| grant.row(grant_meta, user_meta.id, caller.today()));
    check(write, &form.email, form.person_id, form.name.as_deref(), first.as_ref()).await?;
    let person_id = match form.person_id {
        Some(person_id) => person_id,
        None => {
            let name = form.name.unwrap_or_default();
            let person = NewUserPerson { name, email: Some(form.email.clone()) };
            let person = person.into_row(write.meta_of::<person::Entity>());
            store::add::<UserPerson>(write, person).await?.id
        }
    };
    let user = user::Model {
        hub_id: user_meta.hub_id,
        id: user_meta.id,
        version: user_meta.version,
        created_at: user_meta.created_at,
        updated_at: user_meta.updated_at,
        archived_at: None,
        person_id,
        email: form.email,
        email_key: String::new(),
        password_hash: password_hash.map(Into::into),
        must_change_password: false,
        disabled_at: None,
        tokens_valid_from: write.now(),
        one_time_expires_at: None,
        one_time_used_at: None,
        invitation_hash: None,
        invitation_expires_at: None,
        token_generation: 0,
    };
    let user = store::add::<User>(write, user).await?;
    if let Some(mut first) = first {
        store::expect_within(write, user.id, &[&first]).await?;
        super::grant::delegate(write, &mut first, "/grant").await?;
        store::add::<Grant>(write, first).await?;
    }
    Ok(user)
}

async fn check(
    write: &Write,
    email: &str,
    person_id: Option<Uuid>,
    name: Option<&str>,
    first: Option<&grant::Model>,
) -> Result<()> {
    let caller = write.caller();
    let mut faults = email_faults(email);
    match (person_id, name) {
        (None, None) => faults.push(Fault::new(
            "/name",
            "required",
            "send the name of a person to be made, or the person_id of one that is there",
        )),
        (Some(_), Some(_)) => {
            faults.push(Fault::new("/name", "one_of", "send person_id or name, not both"));
        }
        _ => {}
    }
    let mut refs = Refs::default().to::<person::Entity>("/person_id", person_id);
    match first {
        Some(first) => {
            faults.extend(
                rules::faults(first)
                    .into_iter()
                    .map(|fault| Fault { pointer: format!("/grant{}", fault.pointer), ..fault }),
            );
            refs = refs
                .to::<school::Entity>("/grant/school_id", first.school_id)
                .to::<school_group::Entity>("/grant/school_group_id", first.school_group_id)
                .to::<partner::Entity>("/grant/partner_id", first.partner_id);
        }
        None if !caller.reach(Scope::WriteUsers).has(Reach::HUB) => faults.push(Fault::new(
            "/grant",
            "required",
            "say the role at your school; without one the user would not be yours to see",
        )),
        None => {}
    }
    faults.extend(refs.faults(caller, write.tx()).await?);
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// The user of an address, in the caller's hub.
///
/// # Errors
/// 404 when there is none.
pub async fn of_email(caller: &Caller, db: &impl ConnectionTrait, email: &str) -> Result<user::Model> {
    let user = caller.rows::<user::Entity>().filter(user::Column::EmailKey.eq(rules::email_key(email)));
    let user = user.one(db).await?;
    user.ok_or_else(|| {
        Problem::new(crate::kernel::base::problem::Code::NotFound, "the hub has no user of this address")
    })
}

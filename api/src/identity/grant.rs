//! Roles that users hold: what they reach, and when.

use entity::identity::{grant, user};
use entity::partners::partner;
use entity::schools::{school, school_group};
use sea_orm::QueryFilter;
use time::Date;

use super::confirm::ConfirmQuery;
use super::{rules, store};
use crate::kernel::prelude::*;

record! {
    /// A role that a user holds, what it reaches, and when.
    Grant from NewGrant in grant {
        /// The user.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        user_id: Uuid,
        /// What the user does.
        #[schema(example = "music_leader")]
        role: grant::Role,
        /// The school, for `school_head` and `school_staff`.
        #[schema(example = json!(null))]
        school_id: Option<Uuid>,
        /// The group whose schools it reaches, in place of one school.
        #[schema(example = json!(null))]
        school_group_id: Option<Uuid>,
        /// The partner, for a `provider`.
        #[schema(example = json!(null))]
        partner_id: Option<Uuid>,
        /// The first day.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-09-01")]
        from_on: Date,
        /// The last day, if there is one. A delegation by a school head has one, within a year.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2015-08-31")]
        to_on: Option<Date>,
        /// Why it was given.
        #[schema(min_length = 1, max_length = 500, example = "covers the autumn term")]
        reason: Option<String>,
    }
    initial { delegated_by: None }
    computed {
        /// The user who passed the role on, if it was delegated.
        delegated_by: Option<Uuid>,
    }
}

impl Resource for Grant {
    type Entity = grant::Entity;
    type Form = NewGrant;
    type Filter = GrantFilter;

    const PATH: &'static str = "/grants";
    const READ: Scope = Scope::ReadIdentity;
    const SORTS: &'static [(&'static str, grant::Column)] =
        &[("from_on", grant::Column::FromOn), ("updated_at", grant::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["reason"];
    const COUNTS: &'static [&'static str] = &["role", "school_id", "user_id"];

    fn refs(form: &NewGrant) -> Refs {
        Refs::default()
            .to::<user::Entity>("/user_id", form.user_id)
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<school_group::Entity>("/school_group_id", form.school_group_id)
            .to::<partner::Entity>("/partner_id", form.partner_id)
    }

    fn school(row: &grant::Model) -> Option<Uuid> {
        row.school_id
    }

    async fn decide(write: &mut Write, step: Mutation<'_, grant::Model>) -> Result<()> {
        let faults = rules::faults(step.after);
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        let would: Vec<&grant::Model> = step.before.into_iter().chain([&*step.after]).collect();
        store::expect_within(write, step.after.user_id, &would).await?;
        let ends = step.after.archived_at.is_some();
        if let Some(before) = step.before {
            if before.user_id != step.after.user_id {
                let fix = "a grant stays with its user: end this one and give another";
                return Err(Problem::invalid("/user_id", "fixed", fix));
            }
            rules::may_end(write.caller(), before)?;
            let (caller, today) = (write.caller(), write.caller().today());
            let oneself = caller.actor.grant_id() == Some(before.id);
            let oneself = oneself && rules::takes_away(before, step.after, today);
            rules::expect_confirmed(oneself, caller.request().confirms_self)?;
            if rules::takes_administrator(before, step.after, today) {
                store::keep_administrator(write, None, Some(before.id)).await?;
            }
        }
        if ends { Ok(()) } else { delegate(write, step.after, "").await }
    }
}

/// Decides about the dates of a grant that a school head passes on, and records who did.
///
/// # Errors
/// As [`rules::expect_delegable`], with pointers below `at`.
pub async fn delegate(write: &Write, grant: &mut grant::Model, at: &str) -> Result<()> {
    let caller = write.caller();
    let own = match caller.actor.grant_id() {
        Some(grant_id) => {
            let own = Caller::system(caller.state().clone(), caller.hub_id).rows::<grant::Entity>();
            own.filter(grant::Column::Id.eq(grant_id)).one(write.tx()).await?
        }
        None => None,
    };
    rules::expect_delegable(caller, own.as_ref(), grant).map_err(|problem| {
        if problem.errors().is_empty() {
            return problem;
        }
        Problem::faults(
            problem
                .errors()
                .iter()
                .map(|fault| Fault { pointer: format!("{at}{}", fault.pointer), ..fault.clone() })
                .collect(),
        )
    })?;
    if !caller.reach(Scope::WriteUsers).has(Reach::HUB) {
        grant.delegated_by = grant.delegated_by.or(caller.actor.id());
    }
    Ok(())
}

/// Narrows the list of grants.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GrantFilter {
    /// Only the grants of this user.
    pub user_id: Option<Uuid>,
    /// Only grants of this role.
    pub role: Option<grant::Role>,
    /// Only grants on this school.
    pub school_id: Option<Uuid>,
    /// Only grants that count on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
}

impl Filter<grant::Entity> for GrantFilter {
    fn condition(&self, _: &Caller) -> Condition {
        let on = self.on.map(|on| crate::kernel::base::period::holds(grant::Column::FromOn, grant::Column::ToOn, on));
        Condition::all()
            .add_option(is(grant::Column::UserId, self.user_id))
            .add_option(is(grant::Column::Role, self.role))
            .add_option(is(grant::Column::SchoolId, self.school_id))
            .add_option(on)
    }
}

routes! {
    ReadIdentity: list_grants, count_grants, get_grant;
    WriteUsers: create_grant, update_grant, archive_grant, restore_grant;
    ReadIdentity: list_grant_history;
}

/// Lists the grants.
#[utoipa::path(get, path = "/grants", params(List<Grant>), responses((status = 200, body = Page<Grant>)))]
async fn list_grants(can: Can<ReadIdentity>, list: List<Grant>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the grants by one or two of their fields.
#[utoipa::path(get, path = "/grants/counts", params(CountBy<Grant>), responses((status = 200, body = Counts)))]
async fn count_grants(can: Can<ReadIdentity>, by: CountBy<Grant>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gives a user a role.
///
/// The user may neither hold nor get a scope that the caller does not have, or one that reaches
/// further than the caller's (403, which names the scopes). A school head can give `school_head` or
/// `school_staff` for their own school, with a last day within a year.
#[utoipa::path(post, path = "/grants", responses((status = 201, body = Grant), (status = 404)))]
async fn create_grant(can: Can<WriteUsers>, form: Json<NewGrant>) -> Result<Reply> {
    crud::create::<Grant>(&can, form).await
}

/// Gets a grant.
#[utoipa::path(get, path = "/grants/{id}", params(Show<Grant>), responses((status = 200, body = Grant)))]
async fn get_grant(can: Can<ReadIdentity>, id: Id, show: Show<Grant>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a grant.
///
/// The change also applies to tokens that are already issued: at once on this instance, within five
/// seconds on others.
#[utoipa::path(patch, path = "/grants/{id}", params(ConfirmQuery), responses((status = 200, body = Grant)))]
async fn update_grant(
    can: Can<WriteUsers>,
    id: Id,
    _confirm: Query<ConfirmQuery>,
    patch: Patch<NewGrant>,
) -> Result<Reply> {
    let done = crud::update::<Grant>(&can, id.0, patch).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Ends a grant.
///
/// Tokens with the grant are refused from now on. The last administrator of a hub who can sign in
/// cannot lose the grant (409).
#[utoipa::path(delete, path = "/grants/{id}", params(ConfirmQuery), responses((status = 204)))]
async fn archive_grant(can: Can<WriteUsers>, id: Id, _confirm: Query<ConfirmQuery>) -> Result<Reply> {
    let done = crud::archive::<Grant>(&can, id.0).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Takes a grant out of the archive.
#[utoipa::path(post, path = "/grants/{id}/restore", responses((status = 200, body = Grant)))]
async fn restore_grant(can: Can<WriteUsers>, id: Id) -> Result<Reply> {
    crud::restore::<Grant>(&can, id.0).await
}

/// Lists what was changed of a grant.
#[utoipa::path(get, path = "/grants/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_grant_history(can: Can<ReadIdentity>, id: Id, query: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Grant>(&can, id.0, &query).await
}

//! Which schools belong to which groups, and when.

use entity::schools::{school, school_group, school_group_member};
use sea_orm::QueryFilter;
use time::Date;

use super::rules::{self, Period};
use super::school::School;
use super::school_group::SchoolGroup;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;

record! {
    /// A school's membership of a group for a time. A school is in a group once at a time.
    SchoolGroupMember from NewSchoolGroupMember in school_group_member {
        /// The group.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_group_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The first day; absent when it is not known.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-09-01")]
        from_on: Option<Date>,
        /// The last day; absent while it belongs to the group.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        to_on: Option<Date>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The group, when asked for with `expand=school_group`.
        school_group: SchoolGroup,
    }
}

impl Resource for SchoolGroupMember {
    type Entity = school_group_member::Entity;
    type Form = NewSchoolGroupMember;
    type Filter = SchoolGroupMemberFilter;

    const PATH: &'static str = "/school-group-members";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, school_group_member::Column)] = &[
        ("created_at", school_group_member::Column::CreatedAt),
        ("updated_at", school_group_member::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["school_group_id"];
    const EXPANDS: &'static [&'static str] = &["school", "school_group"];

    fn refs(form: &NewSchoolGroupMember) -> Refs {
        Refs::default()
            .to::<school_group::Entity>("/school_group_id", form.school_group_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn faults(form: &NewSchoolGroupMember) -> Vec<Fault> {
        rules::period("/to_on", form.from_on, form.to_on).into_iter().collect()
    }

    fn school(row: &school_group_member::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, school_group_member::Model>) -> Result<()> {
        let row = &*step.after;
        if row.archived_at.is_some() {
            return Ok(());
        }
        write.hold::<school::Entity>(row.school_id).await?;
        let others = write
            .caller()
            .rows::<school_group_member::Entity>()
            .filter(school_group_member::Column::SchoolId.eq(row.school_id))
            .filter(school_group_member::Column::SchoolGroupId.eq(row.school_group_id))
            .filter(school_group_member::Column::Id.ne(row.id))
            .all(write.tx())
            .await?;
        rules::once_in_a_group(row, &others)
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[school_group_member::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<SchoolGroup>(caller, db, rows.iter().map(|row| row.school_group_id)).await,
        }
    }
}

impl From<&school_group_member::Model> for Period {
    fn from(row: &school_group_member::Model) -> Self {
        Self { from: row.from_on, to: row.to_on }
    }
}

/// Narrows the list of memberships.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolGroupMemberFilter {
    /// The group.
    pub school_group_id: Option<Uuid>,
    /// The school.
    pub school_id: Option<Uuid>,
    /// Only those that hold on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
}

impl Filter<school_group_member::Entity> for SchoolGroupMemberFilter {
    fn condition(&self, _: &Caller) -> Condition {
        let period = (school_group_member::Column::FromOn, school_group_member::Column::ToOn);
        Condition::all()
            .add_option(is(school_group_member::Column::SchoolGroupId, self.school_group_id))
            .add_option(is(school_group_member::Column::SchoolId, self.school_id))
            .add_option(self.on.map(|on| holds(period.0, period.1, on)))
    }
}

routes! {
    ReadSchools: list_school_group_members, count_school_group_members, get_school_group_member;
    WriteSchools:
        create_school_group_member, update_school_group_member, archive_school_group_member,
        restore_school_group_member;
    ReadSchools: list_school_group_member_history;
}

/// Lists the memberships of school groups.
///
/// A school's own people see their school's memberships.
#[utoipa::path(
    get,
    path = "/school-group-members",
    params(List<SchoolGroupMember>),
    responses((status = 200, body = Page<SchoolGroupMember>)),
)]
async fn list_school_group_members(can: Can<ReadSchools>, list: List<SchoolGroupMember>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the members of school groups by one or two of their fields.
#[utoipa::path(
    get,
    path = "/school-group-members/counts",
    params(CountBy<SchoolGroupMember>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_group_members(can: Can<ReadSchools>, by: CountBy<SchoolGroupMember>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Adds a school to a group.
///
/// 409 if the school is in the group already at that time.
#[utoipa::path(post, path = "/school-group-members", responses((status = 201, body = SchoolGroupMember)))]
async fn create_school_group_member(can: Can<WriteSchools>, form: Json<NewSchoolGroupMember>) -> Result<Reply> {
    crud::create::<SchoolGroupMember>(&can, form).await
}

/// Gets a membership.
#[utoipa::path(
    get,
    path = "/school-group-members/{id}",
    params(Show<SchoolGroupMember>),
    responses((status = 200, body = SchoolGroupMember)),
)]
async fn get_school_group_member(can: Can<ReadSchools>, id: Id, show: Show<SchoolGroupMember>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a membership.
#[utoipa::path(patch, path = "/school-group-members/{id}", responses((status = 200, body = SchoolGroupMember)))]
async fn update_school_group_member(
    can: Can<WriteSchools>,
    id: Id,
    patch: Patch<NewSchoolGroupMember>,
) -> Result<Reply> {
    crud::update::<SchoolGroupMember>(&can, id.0, patch).await
}

/// Archives a membership.
///
/// Only for entries made by mistake: a school that leaves gets a last day instead.
#[utoipa::path(delete, path = "/school-group-members/{id}", responses((status = 204)))]
async fn archive_school_group_member(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<SchoolGroupMember>(&can, id.0).await
}

/// Restores an archived school group member.
#[utoipa::path(post, path = "/school-group-members/{id}/restore", responses((status = 200, body = SchoolGroupMember)))]
async fn restore_school_group_member(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<SchoolGroupMember>(&can, id.0).await
}

/// Shows a membership's history.
#[utoipa::path(
    get,
    path = "/school-group-members/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_school_group_member_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SchoolGroupMember>(&can, id.0, &part).await
}

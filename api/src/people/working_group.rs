//! Groups of people with a purpose.

use entity::list::Ids;
use entity::packages::package;
use entity::people::person;
use entity::people::working_group::{self, GroupOutput, GroupOutputs, WorkingGroupKind};
use time::Date;

use super::person::Person;
use super::store;
use crate::kernel::base::period::{holds, in_order};
use crate::kernel::prelude::*;

record! {
    /// A group of people who make something together, such as an assessment framework.
    WorkingGroup from NewWorkingGroup in working_group {
        /// The name.
        #[schema(min_length = 1, max_length = 200, example = "Frameworks: KS2 and KS3")]
        name: String,
        /// What it is for.
        #[schema(min_length = 1, max_length = 1000, example = "Assessment framework for key stages 2 and 3")]
        purpose: Option<String>,
        /// What it has made so far.
        #[schema(min_length = 1, max_length = 2000, example = "Draft framework for KS2, October 2014")]
        made: Option<String>,
        /// Its members: ids of people, each once.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 200, example = json!([]))]
        member_ids: Ids,
        /// What kind of group it is; `working` if absent.
        #[serde(default = "working")]
        #[schema(example = "working")]
        kind: WorkingGroupKind,
        /// What it has made, piece by piece.
        #[serde(default)]
        #[schema(
            value_type = Vec<GroupOutput>,
            max_items = 100,
            example = json!([{ "title": "Draft framework for KS2", "made_on": "2014-10-17" }]),
        )]
        outputs: GroupOutputs,
        /// The day on which it was formed.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-09-15")]
        formed_on: Option<Date>,
        /// The day on which it ended; absent while it works.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        ended_on: Option<Date>,
    }
    initial { name_key: String::new() }
    embedded {
        /// The members, when asked for with `expand=members`.
        #[schema(max_items = 200)]
        members: Vec<Person>,
    }
}

/// The kind of a group that does not say its kind.
const fn working() -> WorkingGroupKind {
    WorkingGroupKind::Working
}

impl Resource for WorkingGroup {
    type Entity = working_group::Entity;
    type Form = NewWorkingGroup;
    type Filter = WorkingGroupFilter;

    const PATH: &'static str = "/working-groups";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, working_group::Column)] =
        &[("name", working_group::Column::NameKey), ("updated_at", working_group::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["kind"];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "purpose", "made", "outputs"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["member_ids"];
    const EXPANDS: &'static [&'static str] = &["members"];

    fn refs(form: &NewWorkingGroup) -> Refs {
        Refs::default().to_all::<person::Entity>("/member_ids", &form.member_ids)
    }

    fn faults(form: &NewWorkingGroup) -> Vec<Fault> {
        let ids = form.member_ids.iter().enumerate();
        ids.filter(|(index, id)| form.member_ids[..*index].contains(id))
            .map(|(index, _)| Fault::new(format!("/member_ids/{index}"), "duplicate", "each member once"))
            .chain(in_order("/ended_on", form.formed_on, form.ended_on))
            .collect()
    }

    fn complete(row: &mut working_group::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &working_group::Model) -> Value {
        json!({ "name": row.name })
    }

    fn referenced_by(row: &working_group::Model, caller: &Caller) -> ReferencedBy {
        let makes = ReferencedBy::default().by::<package::Entity>(package::Column::WorkingGroupId.eq(row.id));
        store::in_plans(makes, caller, "group_id", row.id)
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[working_group::Model],
    ) -> Result<Vec<Value>> {
        expand::many::<Person>(caller, db, rows.iter().map(|row| &row.member_ids[..]).collect()).await
    }
}

/// Narrows the list of working groups.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkingGroupFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "frameworks")]
    pub q: Option<String>,
    /// Someone who is a member.
    pub member_id: Option<Uuid>,
    /// Only groups of this kind.
    pub kind: Option<WorkingGroupKind>,
    /// Only groups that were formed by this day and had not ended before it.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-10-01")]
    pub on: Option<Date>,
}

impl Filter<working_group::Entity> for WorkingGroupFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let member = self.member_id.map(|id| json_has(caller.db().backend(), working_group::Column::MemberIds, id));
        Condition::all()
            .add_option(contains(working_group::Column::NameKey, self.q.as_deref()))
            .add_option(member)
            .add_option(is(working_group::Column::Kind, self.kind))
            .add_option(self.on.map(|on| holds(working_group::Column::FormedOn, working_group::Column::EndedOn, on)))
    }
}

routes! {
    ReadPeople: list_working_groups, count_working_groups, get_working_group;
    WritePeople: create_working_group, update_working_group, archive_working_group, restore_working_group;
    ReadPeople: list_working_group_history;
}

/// Lists the working groups.
#[utoipa::path(
    get,
    path = "/working-groups",
    params(List<WorkingGroup>),
    responses((status = 200, body = Page<WorkingGroup>)),
)]
async fn list_working_groups(can: Can<ReadPeople>, list: List<WorkingGroup>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the working groups by their kind.
#[utoipa::path(
    get,
    path = "/working-groups/counts",
    params(CountBy<WorkingGroup>),
    responses((status = 200, body = Counts)),
)]
async fn count_working_groups(can: Can<ReadPeople>, by: CountBy<WorkingGroup>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a working group.
#[utoipa::path(post, path = "/working-groups", responses((status = 201, body = WorkingGroup)))]
async fn create_working_group(can: Can<WritePeople>, form: Json<NewWorkingGroup>) -> Result<Reply> {
    crud::create::<WorkingGroup>(&can, form).await
}

/// Gets a working group.
#[utoipa::path(
    get,
    path = "/working-groups/{id}",
    params(Show<WorkingGroup>),
    responses((status = 200, body = WorkingGroup)),
)]
async fn get_working_group(can: Can<ReadPeople>, id: Id, show: Show<WorkingGroup>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a working group.
#[utoipa::path(patch, path = "/working-groups/{id}", responses((status = 200, body = WorkingGroup)))]
async fn update_working_group(can: Can<WritePeople>, id: Id, patch: Patch<NewWorkingGroup>) -> Result<Reply> {
    crud::update::<WorkingGroup>(&can, id.0, patch).await
}

/// Archives a working group.
///
/// Refused (409) while a package or a plan that is not closed names it.
#[utoipa::path(delete, path = "/working-groups/{id}", responses((status = 204)))]
async fn archive_working_group(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::archive::<WorkingGroup>(&can, id.0).await
}

/// Restores an archived working group.
#[utoipa::path(post, path = "/working-groups/{id}/restore", responses((status = 200, body = WorkingGroup)))]
async fn restore_working_group(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::restore::<WorkingGroup>(&can, id.0).await
}

/// Shows a working group's history.
#[utoipa::path(
    get,
    path = "/working-groups/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_working_group_history(can: Can<ReadPeople>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<WorkingGroup>(&can, id.0, &part).await
}

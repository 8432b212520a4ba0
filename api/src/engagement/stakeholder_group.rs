//! Groups of people and schools that the hub consults.

use entity::engagement::stakeholder_group::{self, GroupMember, GroupMembers, GroupPlace, StakeholderKind};
use entity::engagement::{communication, consultation_response, meeting};
use entity::people::person;
use entity::schools::school;
use time::Date;

use super::rules;
use crate::kernel::base::filter::json_names;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::schools::rules::period;

record! {
    /// A group of people and schools that the hub consults: governors, head teachers, a chain of academies, an
    /// alliance, a network or a local authority.
    StakeholderGroup from NewStakeholderGroup in stakeholder_group {
        /// The name, unique in the hub.
        #[schema(min_length = 1, max_length = 200, example = "Head teachers of Charnwood")]
        name: String,
        /// Whom it stands for.
        #[schema(example = "head_teachers")]
        kind: StakeholderKind,
        /// Where its members work.
        #[schema(example = "county")]
        place: GroupPlace,
        /// The members: people, schools, or others in words.
        #[serde(default)]
        #[schema(
            value_type = Vec<GroupMember>,
            max_items = 200,
            example = json!([{ "text": "Chair of the county's head teachers", "role": "Chair" }]),
        )]
        members: GroupMembers,
        /// The first day on which the group is consulted; absent when it is not known.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2014-04-01")]
        from_on: Option<Date>,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        to_on: Option<Date>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Meets in the first week of each term")]
        note: Option<String>,
    }
    initial { name_key: String::new() }
}

impl Resource for StakeholderGroup {
    type Entity = stakeholder_group::Entity;
    type Form = NewStakeholderGroup;
    type Filter = StakeholderGroupFilter;

    const PATH: &'static str = "/stakeholder-groups";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, stakeholder_group::Column)] = &[
        ("name", stakeholder_group::Column::NameKey),
        ("from_on", stakeholder_group::Column::FromOn),
        ("updated_at", stakeholder_group::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["kind", "place"];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "members", "note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["members"];

    fn refs(form: &NewStakeholderGroup) -> Refs {
        let at = |field, id: Option<Uuid>, place| Some((format!("/members/{place}/{field}"), id?));
        let people = form.members.iter().enumerate();
        let people = people.filter_map(|(place, member)| at("person_id", member.person_id, place));
        let schools = form.members.iter().enumerate();
        let schools = schools.filter_map(|(place, member)| at("school_id", member.school_id, place));
        Refs::default().each::<person::Entity>(people).each::<school::Entity>(schools)
    }

    fn faults(form: &NewStakeholderGroup) -> Vec<Fault> {
        rules::members(&form.members).into_iter().chain(period("/to_on", form.from_on, form.to_on)).collect()
    }

    fn complete(row: &mut stakeholder_group::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &stakeholder_group::Model) -> Value {
        json!({ "name": row.name })
    }

    fn same_key(row: &stakeholder_group::Model) -> Option<Condition> {
        Some(stakeholder_group::Column::NameKey.eq(row.name_key.clone()).into())
    }

    async fn decide(write: &mut Write, step: Mutation<'_, stakeholder_group::Model>) -> Result<()> {
        if step.operation == Operation::Create {
            write.caller().expect_writes_hub("the hub's stakeholder groups")?;
        }
        Ok(())
    }

    fn referenced_by(row: &stakeholder_group::Model, caller: &Caller) -> ReferencedBy {
        let backend = caller.db().backend();
        ReferencedBy::default()
            .by::<meeting::Entity>(json_has(backend, meeting::Column::StakeholderGroupIds, row.id))
            .by::<communication::Entity>(json_has(backend, communication::Column::StakeholderGroupIds, row.id))
            .by::<consultation_response::Entity>(consultation_response::Column::StakeholderGroupId.eq(row.id))
    }
}

/// Narrows the list of stakeholder groups.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StakeholderGroupFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<StakeholderKind>,
    /// Any of these places.
    #[serde(default)]
    #[param(max_items = 3)]
    pub place: Vec<GroupPlace>,
    /// A person who is a member.
    pub person_id: Option<Uuid>,
    /// A school that is a member.
    pub school_id: Option<Uuid>,
    /// Only groups that are consulted on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "head teachers")]
    pub q: Option<String>,
}

impl Filter<stakeholder_group::Entity> for StakeholderGroupFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use stakeholder_group::Column;

        let has = |field, id: Option<Uuid>| id.map(|id| json_names(caller.db().backend(), Column::Members, field, id));
        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Place, &self.place))
            .add_option(has("person_id", self.person_id))
            .add_option(has("school_id", self.school_id))
            .add_option(self.on.map(|on| holds(Column::FromOn, Column::ToOn, on)))
            .add_option(contains(Column::NameKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_stakeholder_groups, count_stakeholder_groups, export_stakeholder_groups, get_stakeholder_group;
    WriteEngagement: create_stakeholder_group, update_stakeholder_group, archive_stakeholder_group,
        restore_stakeholder_group;
    ReadEngagement: list_stakeholder_group_history;
}

/// Lists the stakeholder groups.
#[utoipa::path(
    get,
    path = "/stakeholder-groups",
    params(List<StakeholderGroup>),
    responses((status = 200, body = Page<StakeholderGroup>)),
)]
async fn list_stakeholder_groups(can: Can<ReadEngagement>, list: List<StakeholderGroup>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the stakeholder groups by one or two of their fields.
#[utoipa::path(
    get,
    path = "/stakeholder-groups/counts",
    params(CountBy<StakeholderGroup>),
    responses((status = 200, body = Counts)),
)]
async fn count_stakeholder_groups(can: Can<ReadEngagement>, by: CountBy<StakeholderGroup>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the stakeholder groups as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/stakeholder-groups/export",
    params(Export<StakeholderGroup>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_stakeholder_groups(can: Can<ReadEngagement>, export: Export<StakeholderGroup>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Adds a stakeholder group.
#[utoipa::path(post, path = "/stakeholder-groups", responses((status = 201, body = StakeholderGroup)))]
async fn create_stakeholder_group(can: Can<WriteEngagement>, form: Json<NewStakeholderGroup>) -> Result<Reply> {
    crud::create::<StakeholderGroup>(&can, form).await
}

/// Gets a stakeholder group.
#[utoipa::path(
    get,
    path = "/stakeholder-groups/{id}",
    params(Show<StakeholderGroup>),
    responses((status = 200, body = StakeholderGroup)),
)]
async fn get_stakeholder_group(can: Can<ReadEngagement>, id: Id, show: Show<StakeholderGroup>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a stakeholder group.
#[utoipa::path(
    patch,
    path = "/stakeholder-groups/{id}",
    request_body = NewStakeholderGroup,
    responses((status = 200, body = StakeholderGroup)),
)]
async fn update_stakeholder_group(
    can: Can<WriteEngagement>,
    id: Id,
    patch: Patch<NewStakeholderGroup>,
) -> Result<Reply> {
    crud::update::<StakeholderGroup>(&can, id.0, patch).await
}

/// Archives a stakeholder group.
///
/// Refused (409) while a meeting, a message or an answer names it: give it a last day instead.
#[utoipa::path(delete, path = "/stakeholder-groups/{id}", responses((status = 204)))]
async fn archive_stakeholder_group(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<StakeholderGroup>(&can, id.0).await
}

/// Restores an archived stakeholder group.
#[utoipa::path(post, path = "/stakeholder-groups/{id}/restore", responses((status = 200, body = StakeholderGroup)))]
async fn restore_stakeholder_group(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<StakeholderGroup>(&can, id.0).await
}

/// Shows the history of a stakeholder group.
#[utoipa::path(
    get,
    path = "/stakeholder-groups/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_stakeholder_group_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<StakeholderGroup>(&can, id.0, &part).await
}

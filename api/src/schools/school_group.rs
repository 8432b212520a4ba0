//! Schools that belong together.

use entity::engagement::communication::{self, CommunicationStatus};
use entity::engagement::shared_practice::{self, PracticeStatus};
use entity::identity::grant;
use entity::packages::pilot;
use entity::partners::partner;
use entity::schools::school_group::{self, SchoolGroupKind};
use entity::schools::{school, school_group_member};
use sea_orm::{ExprTrait, QueryFilter, QuerySelect, QueryTrait};

use super::school::School;
use crate::kernel::base::period::not_over;
use crate::kernel::prelude::*;

record! {
    /// Schools that belong together: a cluster, a trust, an alliance, a federation or a network.
    /// Its schools stand under `/school-group-members`.
    SchoolGroup from NewSchoolGroup in school_group {
        /// The name.
        #[schema(min_length = 1, max_length = 200, example = "Woodgate Family of Schools")]
        name: String,
        /// What holds it together.
        #[schema(example = "cluster")]
        kind: SchoolGroupKind,
        /// The group's UID in GIAS.
        #[schema(pattern = "^[0-9]{1,6}$", max_length = 6, example = "2044")]
        uid: Option<String>,
        /// The school that leads it.
        #[schema(example = json!(null))]
        lead_school_id: Option<Uuid>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns
        /// go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Plays a concert together each June")]
        note: Option<String>,
    }
    initial { name_key: String::new() }
    embedded {
        /// The school that leads it, when asked for with `expand=lead_school`.
        lead_school: School,
    }
}

impl Resource for SchoolGroup {
    type Entity = school_group::Entity;
    type Form = NewSchoolGroup;
    type Filter = SchoolGroupFilter;

    const PATH: &'static str = "/school-groups";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, school_group::Column)] =
        &[("name", school_group::Column::NameKey), ("updated_at", school_group::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "note"];
    const COUNTS: &'static [&'static str] = &["kind"];
    const EXPANDS: &'static [&'static str] = &["lead_school"];

    fn refs(form: &NewSchoolGroup) -> Refs {
        Refs::default().to::<school::Entity>("/lead_school_id", form.lead_school_id)
    }

    fn complete(row: &mut school_group::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &school_group::Model) -> Value {
        json!({ "name": row.name, "uid": row.uid })
    }

    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["note"]) }
    }

    fn referenced_by(row: &school_group::Model, caller: &Caller) -> ReferencedBy {
        let (id, today) = (row.id, caller.today());
        let members = school_group_member::Column::SchoolGroupId.eq(id);
        let backend = caller.db().backend();
        let drafted = communication::Column::Status.eq(CommunicationStatus::Draft);
        let addressed = json_has(backend, communication::Column::ToSchoolGroupIds, id);
        let published = shared_practice::Column::Status.eq(PracticeStatus::Published);
        let shared = json_has(backend, shared_practice::Column::ToSchoolGroupIds, id);
        ReferencedBy::default()
            .by::<school_group_member::Entity>(not_over(school_group_member::Column::ToOn, today).add(members))
            .by::<partner::Entity>(partner::Column::SchoolGroupId.eq(id))
            .by::<grant::Entity>(not_over(grant::Column::ToOn, today).add(grant::Column::SchoolGroupId.eq(id)))
            .by::<pilot::Entity>(pilot::under_way().add(json_has(
                caller.db().backend(),
                pilot::Column::SchoolGroupIds,
                id,
            )))
            .by::<communication::Entity>(drafted.and(addressed))
            .by::<shared_practice::Entity>(published.and(shared))
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[school_group::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<School>(caller, db, rows.iter().map(|row| row.lead_school_id)).await
    }
}

/// Narrows the list of school groups.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolGroupFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "woodgate")]
    pub q: Option<String>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<SchoolGroupKind>,
    /// A school that is or was a member.
    pub school_id: Option<Uuid>,
}

impl Filter<school_group::Entity> for SchoolGroupFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let joined = self.school_id.map(|school| {
            let members = caller.rows::<school_group_member::Entity>();
            let members = members.filter(school_group_member::Column::SchoolId.eq(school));
            let groups = members.select_only().column(school_group_member::Column::SchoolGroupId);
            school_group::Column::Id.in_subquery(groups.into_query())
        });
        Condition::all()
            .add_option(contains(school_group::Column::NameKey, self.q.as_deref()))
            .add_option(any_of(school_group::Column::Kind, &self.kind))
            .add_option(joined)
    }
}

routes! {
    ReadSchools: list_school_groups, count_school_groups, get_school_group;
    WriteSchools: create_school_group, update_school_group, archive_school_group, restore_school_group;
    ReadSchools: list_school_group_history;
}

/// Lists the school groups.
#[utoipa::path(
    get,
    path = "/school-groups",
    params(List<SchoolGroup>),
    responses((status = 200, body = Page<SchoolGroup>)),
)]
async fn list_school_groups(can: Can<ReadSchools>, list: List<SchoolGroup>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the school groups by one or two of their fields.
#[utoipa::path(
    get,
    path = "/school-groups/counts",
    params(CountBy<SchoolGroup>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_groups(can: Can<ReadSchools>, by: CountBy<SchoolGroup>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a school group.
#[utoipa::path(post, path = "/school-groups", responses((status = 201, body = SchoolGroup)))]
async fn create_school_group(can: Can<WriteSchools>, form: Json<NewSchoolGroup>) -> Result<Reply> {
    crud::create::<SchoolGroup>(&can, form).await
}

/// Gets a school group.
#[utoipa::path(
    get,
    path = "/school-groups/{id}",
    params(Show<SchoolGroup>),
    responses((status = 200, body = SchoolGroup)),
)]
async fn get_school_group(can: Can<ReadSchools>, id: Id, show: Show<SchoolGroup>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a school group.
#[utoipa::path(patch, path = "/school-groups/{id}", responses((status = 200, body = SchoolGroup)))]
async fn update_school_group(can: Can<WriteSchools>, id: Id, patch: Patch<NewSchoolGroup>) -> Result<Reply> {
    crud::update::<SchoolGroup>(&can, id.0, patch).await
}

/// Archives a school group.
///
/// Refused (409) while a school is a member, or while a partner, a grant that has not ended or a pilot that
/// is not over names it.
#[utoipa::path(delete, path = "/school-groups/{id}", responses((status = 204)))]
async fn archive_school_group(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<SchoolGroup>(&can, id.0).await
}

/// Restores an archived school group.
#[utoipa::path(post, path = "/school-groups/{id}/restore", responses((status = 200, body = SchoolGroup)))]
async fn restore_school_group(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<SchoolGroup>(&can, id.0).await
}

/// Shows a school group's history.
#[utoipa::path(
    get,
    path = "/school-groups/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_school_group_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SchoolGroup>(&can, id.0, &part).await
}

//! Area development groups.

use entity::engagement::communication::{self, CommunicationStatus};
use entity::engagement::meeting::{self, MeetingStatus};
use entity::people::person;
use entity::schools::{area, school};
use sea_orm::ExprTrait;

use crate::kernel::prelude::*;
use crate::people::person::Person;

record! {
    /// An area development group: schools of one neighbourhood that meet and plan together.
    Area from NewArea in area {
        /// The area's name, unique in the hub.
        #[schema(min_length = 1, max_length = 120, example = "Vale of Belvoir")]
        name: String,
        /// A short code of the hub's own.
        #[schema(min_length = 1, max_length = 20, example = "VOB")]
        code: Option<String>,
        /// The area music leader.
        #[schema(example = json!(null))]
        lead_person_id: Option<Uuid>,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(max_length = 4000, example = "Meets each half term")]
        note: Option<String>,
    }
    initial { name_key: String::new() }
    embedded {
        /// The area music leader, when asked for with `expand=lead`.
        lead: Person,
    }
}

impl Resource for Area {
    type Entity = area::Entity;
    type Form = NewArea;
    type Filter = AreaFilter;

    const PATH: &'static str = "/areas";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, area::Column)] =
        &[("name", area::Column::NameKey), ("updated_at", area::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["lead_person_id"];
    const COUNTS: &'static [&'static str] = &["lead_person_id"];
    const EXPANDS: &'static [&'static str] = &["lead"];
    const KEY: Option<NaturalKey<area::Column>> = Some(NaturalKey::folded(area::Column::Name, area::Column::NameKey));

    fn refs(form: &NewArea) -> Refs {
        Refs::default().to::<person::Entity>("/lead_person_id", form.lead_person_id)
    }

    fn complete(row: &mut area::Model) {
        row.name_key = search_key(&row.name);
    }

    fn referenced_by(row: &area::Model, caller: &Caller) -> ReferencedBy {
        let drafted = communication::Column::Status.eq(CommunicationStatus::Draft);
        let named = json_has(caller.db().backend(), communication::Column::ToAreaIds, row.id);
        let planned = meeting::Column::Status.eq(MeetingStatus::Planned);
        ReferencedBy::default()
            .by::<school::Entity>(school::Column::AreaId.eq(row.id))
            .by::<meeting::Entity>(planned.and(meeting::Column::AreaId.eq(row.id)))
            .by::<communication::Entity>(drafted.and(named))
    }

    async fn expand<C: ConnectionTrait>(caller: &Caller, db: &C, _: &str, rows: &[area::Model]) -> Result<Vec<Value>> {
        expand::one::<Person>(caller, db, rows.iter().map(|row| row.lead_person_id)).await
    }
}

/// Narrows the list of areas.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AreaFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "charn")]
    pub q: Option<String>,
}

impl Filter<area::Entity> for AreaFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(contains(area::Column::NameKey, self.q.as_deref()))
    }
}

routes! {
    ReadSchools: list_areas, count_areas, get_area, get_area_by_key;
    WriteSchools: create_area, update_area, archive_area, put_area_by_key, restore_area;
    ReadSchools: list_area_history;
}

/// Lists the areas.
#[utoipa::path(get, path = "/areas", params(List<Area>), responses((status = 200, body = Page<Area>)))]
async fn list_areas(can: Can<ReadSchools>, list: List<Area>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the areas by one or two of their fields.
#[utoipa::path(get, path = "/areas/counts", params(CountBy<Area>), responses((status = 200, body = Counts)))]
async fn count_areas(can: Can<ReadSchools>, by: CountBy<Area>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates an area.
#[utoipa::path(post, path = "/areas", responses((status = 201, body = Area)))]
async fn create_area(can: Can<WriteSchools>, form: Json<NewArea>) -> Result<Reply> {
    crud::create::<Area>(&can, form).await
}

/// Gets an area.
#[utoipa::path(get, path = "/areas/{id}", params(Show<Area>), responses((status = 200, body = Area)))]
async fn get_area(can: Can<ReadSchools>, id: Id, show: Show<Area>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets an area by a key.
#[utoipa::path(
    get,
    path = "/areas/by-key/{system}/{id}",
    params(("system" = String, Path, example = "name"), ("id" = String, Path, example = "Vale of Belvoir"), Show<Area>),
    responses((status = 200, body = Area)),
)]
async fn get_area_by_key(can: Can<ReadSchools>, key: ByKey, show: Show<Area>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes an area.
#[utoipa::path(patch, path = "/areas/{id}", responses((status = 200, body = Area)))]
async fn update_area(can: Can<WriteSchools>, id: Id, patch: Patch<NewArea>) -> Result<Reply> {
    crud::update::<Area>(&can, id.0, patch).await
}

/// Creates an area, or changes it, by its name.
///
/// `system` is `name`; case and accents do not matter. A missing field keeps its value, `null`
/// clears it, and an archived area is restored.
#[utoipa::path(
    put,
    path = "/areas/by-key/{system}/{id}",
    params(("system" = String, Path, example = "name"), ("id" = String, Path, example = "Vale of Belvoir")),
    responses((status = 200, body = Area), (status = 201, body = Area)),
)]
async fn put_area_by_key(can: Can<WriteSchools>, key: ByKey, form: Patch<NewArea>) -> Result<Reply> {
    crud::put_by_key::<Area>(&can, &key, &form).await
}

/// Archives an area.
///
/// Refused (409) while a school lies in it.
#[utoipa::path(delete, path = "/areas/{id}", responses((status = 204)))]
async fn archive_area(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<Area>(&can, id.0).await
}

/// Restores an archived area.
#[utoipa::path(post, path = "/areas/{id}/restore", responses((status = 200, body = Area)))]
async fn restore_area(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<Area>(&can, id.0).await
}

/// Shows an area's history.
#[utoipa::path(get, path = "/areas/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_area_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Area>(&can, id.0, &part).await
}

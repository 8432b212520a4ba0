//! Which school came from which.

use entity::schools::school;
use entity::schools::school_link::{self, SchoolRelation};
use sea_orm::QueryFilter;
use time::Date;

use super::school::School;
use crate::kernel::prelude::*;

record! {
    /// How a school follows from another: an academy conversion closes one URN and opens another,
    /// and the history goes on. The register gives each link from either side.
    SchoolLink from NewSchoolLink in school_link {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The other school's URN; it need not be in the hub's register.
        #[schema(minimum = 100_000, maximum = 999_999, example = 120_304)]
        link_urn: i32,
        /// What the other school is to the school.
        #[schema(example = "predecessor")]
        relation: SchoolRelation,
        /// The relation in the words of the register (GIAS).
        #[schema(min_length = 1, max_length = 100, example = "Predecessor - amalgamated")]
        link_type: Option<String>,
        /// Since when.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2012-09-01")]
        established_on: Option<Date>,
    }
    embedded {
        /// The other school, when asked for with `expand=link_school` and in the hub's register.
        link_school: School,
    }
}

impl Resource for SchoolLink {
    type Entity = school_link::Entity;
    type Form = NewSchoolLink;
    type Filter = SchoolLinkFilter;

    const PATH: &'static str = "/school-links";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, school_link::Column)] =
        &[("established_on", school_link::Column::EstablishedOn), ("updated_at", school_link::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["kind"];
    const EXPANDS: &'static [&'static str] = &["link_school"];

    fn refs(form: &NewSchoolLink) -> Refs {
        Refs::default().to::<school::Entity>("/school_id", form.school_id)
    }

    fn school(row: &school_link::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn same_key(row: &school_link::Model) -> Option<Condition> {
        let same = Condition::all()
            .add(school_link::Column::SchoolId.eq(row.school_id))
            .add(school_link::Column::LinkUrn.eq(row.link_urn));
        row.link_type.as_ref().map(|link_type| same.add(school_link::Column::LinkType.eq(link_type)))
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[school_link::Model],
    ) -> Result<Vec<Value>> {
        let urns = rows.iter().map(|row| row.link_urn);
        let schools = caller.rows::<school::Entity>().filter(school::Column::Urn.is_in(urns)).all(db).await?;
        let school_of = |link: &school_link::Model| schools.iter().find(|school| school.urn == Some(link.link_urn));
        rows.iter()
            .map(|link| serde_json::to_value(school_of(link).map(School::from)).map_err(Problem::internal))
            .collect()
    }
}

/// Narrows the list of links.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolLinkFilter {
    /// The school.
    pub school_id: Option<Uuid>,
    /// The other school's URN.
    #[param(minimum = 100_000, maximum = 999_999, example = 120_304)]
    pub link_urn: Option<i32>,
    /// Any of these relations.
    #[serde(default)]
    #[param(inline, max_items = 4)]
    pub relation: Vec<SchoolRelation>,
}

impl Filter<school_link::Entity> for SchoolLinkFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(school_link::Column::SchoolId, self.school_id))
            .add_option(is(school_link::Column::LinkUrn, self.link_urn))
            .add_option(any_of(school_link::Column::Relation, &self.relation))
    }
}

routes! {
    ReadSchools: list_school_links, count_school_links, get_school_link;
    WriteSchools: create_school_link, update_school_link, archive_school_link, restore_school_link;
    ReadSchools: list_school_link_history;
}

/// Lists which schools came from which.
///
/// A school's own people see their school's links.
#[utoipa::path(
    get,
    path = "/school-links",
    params(List<SchoolLink>),
    responses((status = 200, body = Page<SchoolLink>)),
)]
async fn list_school_links(can: Can<ReadSchools>, list: List<SchoolLink>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the links between schools by one or two of their fields.
#[utoipa::path(
    get,
    path = "/school-links/counts",
    params(CountBy<SchoolLink>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_links(can: Can<ReadSchools>, by: CountBy<SchoolLink>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Links a school with another.
#[utoipa::path(post, path = "/school-links", responses((status = 201, body = SchoolLink)))]
async fn create_school_link(can: Can<WriteSchools>, form: Json<NewSchoolLink>) -> Result<Reply> {
    crud::create::<SchoolLink>(&can, form).await
}

/// Gets a link.
#[utoipa::path(
    get,
    path = "/school-links/{id}",
    params(Show<SchoolLink>),
    responses((status = 200, body = SchoolLink)),
)]
async fn get_school_link(can: Can<ReadSchools>, id: Id, show: Show<SchoolLink>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a link.
#[utoipa::path(patch, path = "/school-links/{id}", responses((status = 200, body = SchoolLink)))]
async fn update_school_link(can: Can<WriteSchools>, id: Id, patch: Patch<NewSchoolLink>) -> Result<Reply> {
    crud::update::<SchoolLink>(&can, id.0, patch).await
}

/// Archives a link.
#[utoipa::path(delete, path = "/school-links/{id}", responses((status = 204)))]
async fn archive_school_link(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<SchoolLink>(&can, id.0).await
}

/// Restores an archived link.
#[utoipa::path(post, path = "/school-links/{id}/restore", responses((status = 200, body = SchoolLink)))]
async fn restore_school_link(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<SchoolLink>(&can, id.0).await
}

/// Shows a link's history.
#[utoipa::path(
    get,
    path = "/school-links/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_school_link_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SchoolLink>(&can, id.0, &part).await
}

//! What goes with packages, such as lessons online or a handbook, and to whom it is published.

pub mod file;

use entity::frameworks::framework::FrameworkPhase;
use entity::list::Ids;
use entity::packages::package_resource::{self, PublishedTo};
use entity::packages::{package, pilot};
use entity::schools::school;

use super::rules;
use super::store::{self, Shown};
use crate::kernel::prelude::*;

record! {
    /// Something that goes with packages, such as lessons online or a handbook.
    PackageResource from NewPackageResource in package_resource {
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Singing in every class: twelve lessons")]
        title: String,
        /// Whom it fits; absent where it fits all.
        #[schema(example = "ks2")]
        phase: Option<FrameworkPhase>,
        /// Which version of its content it is, as its makers count.
        #[schema(min_length = 1, max_length = 40, example = "2.1")]
        release: Option<String>,
        /// What it holds, and how it is used.
        #[schema(min_length = 1, max_length = 4000, example = "A plan, a recording and a score for each lesson")]
        description: Option<String>,
        /// Where it is found.
        #[schema(
            max_length = 500,
            pattern = r"^https?://[^\s]+$",
            example = "https://hub.example/resources/singing",
        )]
        link: Option<String>,
        /// Which schools see it.
        #[schema(example = "all_schools")]
        published_to: PublishedTo,
        /// The schools that see it, each once, where it is published to chosen schools. Only the hub sees them.
        #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 200, example = json!(null))]
        school_ids: Option<Ids>,
    }
    initial { title_key: String::new(), search_key: String::new() }
}

/// What a refusal calls what schools see and do not change.
const RESOURCES: &str = "the hub's resources";

impl Resource for PackageResource {
    type Entity = package_resource::Entity;
    type Form = NewPackageResource;
    type Filter = PackageResourceFilter;

    const PATH: &'static str = "/resources";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, package_resource::Column)] =
        &[("title", package_resource::Column::TitleKey), ("updated_at", package_resource::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["published_to", "phase"];
    const NAMES_PEOPLE: &'static [&'static str] = &["release", "link", "title", "description"];

    fn refs(form: &NewPackageResource) -> Refs {
        Refs::default().to_all::<school::Entity>("/school_ids", form.school_ids.as_deref().unwrap_or_default())
    }

    fn faults(form: &NewPackageResource) -> Vec<Fault> {
        let schools = form.school_ids.as_deref().unwrap_or_default();
        let mut faults = rules::each_once("/school_ids", schools);
        if (form.published_to == PublishedTo::ChosenSchools) == schools.is_empty() {
            let message = "name the schools where `published_to` is `chosen_schools`, and only there";
            faults.push(Fault::new("/school_ids", "missing", message));
        }
        if form.link.as_ref().is_some_and(|link| !link.starts_with("https://")) {
            faults.push(Fault::new("/link", "pattern", "an address that begins with https://"));
        }
        faults
    }

    fn complete(row: &mut package_resource::Model) {
        row.title_key = search_key(&row.title);
        row.search_key = search_key(&format!("{} {}", row.title, row.description.as_deref().unwrap_or_default()));
    }

    fn keys(row: &package_resource::Model) -> Value {
        json!({ "title": row.title })
    }

    /// Which schools see it is between them and the hub.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["school_ids"]) }
    }

    fn referenced_by(row: &package_resource::Model, caller: &Caller) -> ReferencedBy {
        let named = json_has(caller.db().backend(), package::Column::ResourceIds, row.id);
        ReferencedBy::default().by::<package::Entity>(named).by::<pilot::Entity>(pilot::Column::ResourceId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, package_resource::Model>) -> Result<()> {
        write.caller().expect_writes_hub(RESOURCES)?;
        keep_audience(write, step.after).await
    }
}

/// Keeps the chosen schools where the reach of schools looks for them. An archived resource is shown to nobody.
async fn keep_audience(write: &Write, row: &package_resource::Model) -> Result<()> {
    let chosen = row.published_to == PublishedTo::ChosenSchools && row.archived_at.is_none();
    let named = row.school_ids.as_deref().unwrap_or_default();
    let schools = named.iter().filter(|_| chosen).map(|id| Shown::School(*id));
    store::keep_audience(write, row.id, Some(row.id), &schools.collect::<Vec<_>>()).await
}

/// Narrows the list of resources.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PackageResourceFilter {
    /// Any of these phases.
    #[serde(default)]
    #[param(max_items = 6)]
    pub phase: Vec<FrameworkPhase>,
    /// Any of these ways of being published.
    #[serde(default)]
    #[param(max_items = 3)]
    pub published_to: Vec<PublishedTo>,
    /// Words of the title and the description, each whole or in part, in any order and without regard to case and
    /// accents.
    #[param(min_length = 1, max_length = 100, example = "singing")]
    pub q: Option<String>,
}

impl Filter<package_resource::Entity> for PackageResourceFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use package_resource::Column;

        Condition::all()
            .add_option(any_of(Column::Phase, &self.phase))
            .add_option(any_of(Column::PublishedTo, &self.published_to))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPackages: list_package_resources, count_package_resources, export_package_resources, get_package_resource;
    WritePackages: create_package_resource, update_package_resource, archive_package_resource,
        restore_package_resource;
    ReadPackages: list_package_resource_history;
}

/// Lists the resources.
///
/// A school sees what is published to all schools or to it, and what it tries out.
#[utoipa::path(
    get,
    path = "/resources",
    params(List<PackageResource>),
    responses((status = 200, body = Page<PackageResource>)),
)]
async fn list_package_resources(can: Can<ReadPackages>, list: List<PackageResource>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the resources by one or two of their fields.
#[utoipa::path(
    get,
    path = "/resources/counts",
    params(CountBy<PackageResource>),
    responses((status = 200, body = Counts)),
)]
async fn count_package_resources(can: Can<ReadPackages>, by: CountBy<PackageResource>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the resources as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/resources/export",
    params(Export<PackageResource>),
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
async fn export_package_resources(can: Can<ReadPackages>, export: Export<PackageResource>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Creates a resource.
#[utoipa::path(post, path = "/resources", responses((status = 201, body = PackageResource)))]
async fn create_package_resource(can: Can<WritePackages>, form: Json<NewPackageResource>) -> Result<Reply> {
    can.expect_writes_hub(RESOURCES)?;
    crud::create::<PackageResource>(&can, form).await
}

/// Gets a resource.
#[utoipa::path(
    get,
    path = "/resources/{id}",
    params(Show<PackageResource>),
    responses((status = 200, body = PackageResource)),
)]
async fn get_package_resource(can: Can<ReadPackages>, id: Id, show: Show<PackageResource>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a resource.
#[utoipa::path(patch, path = "/resources/{id}", responses((status = 200, body = PackageResource)))]
async fn update_package_resource(can: Can<WritePackages>, id: Id, patch: Patch<NewPackageResource>) -> Result<Reply> {
    crud::update::<PackageResource>(&can, id.0, patch).await
}

/// Archives a resource.
///
/// Refused (409) while a package or a pilot names it.
#[utoipa::path(delete, path = "/resources/{id}", responses((status = 204)))]
async fn archive_package_resource(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::archive::<PackageResource>(&can, id.0).await
}

/// Restores an archived resource.
#[utoipa::path(post, path = "/resources/{id}/restore", responses((status = 200, body = PackageResource)))]
async fn restore_package_resource(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::restore::<PackageResource>(&can, id.0).await
}

/// Shows the history of a resource.
#[utoipa::path(
    get,
    path = "/resources/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_package_resource_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<PackageResource>(&can, id.0, &part).await
}

//! Pilots: schools try out a package, a framework or a resource, and say whether they are confident.

pub mod lifecycle;
pub mod transition;

use entity::frameworks::framework;
use entity::list::Ids;
use entity::packages::pilot::{self, PilotRespondent, PilotStatus, Respondents};
use entity::packages::{package, package_resource};
use entity::schools::{school, school_group};
use sea_orm::ExprTrait;
use time::Date;

use super::package::Package;
use super::package_resource::PackageResource;
use super::rules;
use super::store::{self, Shown};
use crate::frameworks::framework::Framework;
use crate::kernel::document::openapi::example_id;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// Schools that try out a package, a framework or a resource. Only the hub sees it.
    Pilot from NewPilot in pilot {
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Leadership support in ten schools")]
        title: String,
        /// The package that is tried out. Exactly one of `package_id`, `framework_id` and `resource_id` is named.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        package_id: Option<Uuid>,
        /// The framework that is tried out.
        #[schema(example = json!(null))]
        framework_id: Option<Uuid>,
        /// The resource that is tried out.
        #[schema(example = json!(null))]
        resource_id: Option<Uuid>,
        /// The schools, each once. A package or a resource is shown to them until the pilot is over.
        #[serde(default)]
        #[schema(
            value_type = Vec<Uuid>,
            max_items = 200,
            example = json!(["0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10"]),
        )]
        school_ids: Ids,
        /// Groups of schools, such as clusters, each once: the schools that belong to one on the day.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 50, example = json!([]))]
        school_group_ids: Ids,
        /// The first day.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01")]
        from_on: Date,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-03-31")]
        to_on: Option<Date>,
        /// Who is asked at the schools, and whether they are confident.
        #[serde(default)]
        #[schema(
            value_type = Vec<PilotRespondent>,
            max_items = 200,
            example = json!([
                { "school_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10", "role": "Head of music", "confident": true },
            ]),
        )]
        respondents: Respondents,
        /// What came out of it. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Eight of ten schools planned a year of music with it")]
        outcome: Option<String>,
        /// What follows from it. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Shorten the second visit, then put it on sale")]
        next_steps: Option<String>,
    }
    initial { status: PilotStatus::Planned, status_reason: None, search_key: String::new() }
    computed {
        /// How far it has come; changed by `start`, `complete` and `cancel`.
        #[schema(example = "planned")]
        status: PilotStatus,
        /// Why it was cancelled.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
    }
    embedded {
        /// The package, when asked for with `expand=package`.
        package: Package,
        /// The framework without its criteria, when asked for with `expand=framework`.
        framework: Framework,
        /// The resource, when asked for with `expand=resource`.
        resource: PackageResource,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Pilot {
    type Entity = pilot::Entity;
    type Form = NewPilot;
    type Filter = PilotFilter;

    const PATH: &'static str = "/pilots";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, pilot::Column)] = &[
        ("from_on", pilot::Column::FromOn),
        ("created_at", pilot::Column::CreatedAt),
        ("updated_at", pilot::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["status", "package_id", "framework_id", "resource_id"];
    const EXPANDS: &'static [&'static str] = &["package", "framework", "resource", "actions"];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "respondents", "outcome", "next_steps", "status_reason"];

    fn refs(form: &NewPilot) -> Refs {
        let answered = form.respondents.iter().enumerate();
        let answered = answered.map(|(at, one)| (format!("/respondents/{at}/school_id"), one.school_id));
        Refs::default()
            .to::<package::Entity>("/package_id", form.package_id)
            .to::<framework::Entity>("/framework_id", form.framework_id)
            .to::<package_resource::Entity>("/resource_id", form.resource_id)
            .to_all::<school::Entity>("/school_ids", &form.school_ids)
            .to_all::<school_group::Entity>("/school_group_ids", &form.school_group_ids)
            .each::<school::Entity>(answered)
    }

    fn faults(form: &NewPilot) -> Vec<Fault> {
        let mut faults = Vec::new();
        let tried = [form.package_id, form.framework_id, form.resource_id];
        if tried.iter().flatten().count() != 1 {
            let message = "name exactly one of `package_id`, `framework_id` and `resource_id`";
            faults.push(Fault::new("/package_id", "one_of", message));
        }
        if form.school_ids.is_empty() && form.school_group_ids.is_empty() {
            faults.push(Fault::new("/school_ids", "missing", "name at least one school or group of schools"));
        }
        if form.to_on.is_some_and(|to| to < form.from_on) {
            faults.push(Fault::new("/to_on", "order", "not before the first day"));
        }
        faults.extend(rules::each_once("/school_ids", &form.school_ids));
        faults.extend(rules::each_once("/school_group_ids", &form.school_group_ids));
        if form.school_group_ids.is_empty() {
            let others = form.respondents.iter().enumerate();
            let others = others.filter(|(_, one)| !form.school_ids.contains(&one.school_id));
            faults.extend(others.map(|(at, _)| {
                let message = "the school does not take part: add it to `school_ids`";
                Fault::new(format!("/respondents/{at}/school_id"), "unknown_reference", message)
            }));
        }
        faults
    }

    fn complete(row: &mut pilot::Model) {
        row.search_key = search_key(&row.title);
    }

    fn keys(row: &pilot::Model) -> Value {
        json!({ "title": row.title })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, pilot::Model>) -> Result<()> {
        let over = matches!(step.after.status, PilotStatus::Completed | PilotStatus::Cancelled);
        if step.operation == Operation::Update && over {
            let detail = format!("cannot change a {} pilot: make another one", step.after.status);
            return Err(Problem::conflict(detail));
        }
        if matches!(step.operation, Operation::Verb(_)) { Ok(()) } else { keep_audience(write, step.after).await }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[pilot::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "package" => expand::one::<Package>(caller, db, rows.iter().map(|row| row.package_id)).await,
            "framework" => expand::one::<Framework>(caller, db, rows.iter().map(|row| row.framework_id)).await,
            "resource" => expand::one::<PackageResource>(caller, db, rows.iter().map(|row| row.resource_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Keeps the schools of a pilot where the reach of schools looks for what they try out. A pilot that is completed,
/// cancelled or archived shows nothing.
async fn keep_audience(write: &Write, row: &pilot::Model) -> Result<()> {
    let shows = matches!(row.status, PilotStatus::Planned | PilotStatus::Running) && row.archived_at.is_none();
    let schools = row.school_ids.iter().map(|id| Shown::School(*id));
    let groups = row.school_group_ids.iter().map(|id| Shown::Group(*id));
    let shown: Vec<Shown> = schools.chain(groups).filter(|_| shows).collect();
    store::keep_audience(write, row.id, row.package_id.or(row.resource_id), &shown).await
}

/// Narrows the list of pilots.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PilotFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<PilotStatus>,
    /// Any of these packages.
    #[serde(default)]
    #[param(max_items = 50)]
    pub package_id: Vec<Uuid>,
    /// Any of these frameworks.
    #[serde(default)]
    #[param(max_items = 50)]
    pub framework_id: Vec<Uuid>,
    /// Any of these resources.
    #[serde(default)]
    #[param(max_items = 50)]
    pub resource_id: Vec<Uuid>,
    /// A school that is named.
    pub school_id: Option<Uuid>,
    /// A group of schools that is named.
    pub school_group_id: Option<Uuid>,
    /// Only pilots that were under way on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub period_from: Option<Date>,
    /// Only pilots that began on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub period_to: Option<Date>,
    /// Words of the title, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "leadership")]
    pub q: Option<String>,
}

impl Filter<pilot::Entity> for PilotFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use pilot::Column;

        let backend = caller.db().backend();
        Condition::all()
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::PackageId, &self.package_id))
            .add_option(any_of(Column::FrameworkId, &self.framework_id))
            .add_option(any_of(Column::ResourceId, &self.resource_id))
            .add_option(self.school_id.map(|id| json_has(backend, Column::SchoolIds, id)))
            .add_option(self.school_group_id.map(|id| json_has(backend, Column::SchoolGroupIds, id)))
            .add_option(self.period_from.map(|day| Column::ToOn.is_null().or(Column::ToOn.gte(day))))
            .add_option(self.period_to.map(|day| Column::FromOn.lte(day)))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPackages: list_pilots, count_pilots, export_pilots, get_pilot;
    WritePackages: create_pilot, update_pilot, archive_pilot, restore_pilot;
    ReadPackages: list_pilot_history;
}

/// Lists the pilots.
#[utoipa::path(get, path = "/pilots", params(List<Pilot>), responses((status = 200, body = Page<Pilot>)))]
async fn list_pilots(can: Can<ReadPackages>, list: List<Pilot>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the pilots by one or two of their fields.
#[utoipa::path(get, path = "/pilots/counts", params(CountBy<Pilot>), responses((status = 200, body = Counts)))]
async fn count_pilots(can: Can<ReadPackages>, by: CountBy<Pilot>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the pilots as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/pilots/export",
    params(Export<Pilot>),
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
async fn export_pilots(can: Can<ReadPackages>, export: Export<Pilot>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Plans a pilot.
#[utoipa::path(
    post,
    path = "/pilots",
    request_body(
        content = NewPilot,
        example = json!({
            "title": "Leadership support in ten schools",
            "package_id": example_id("package"),
            "school_ids": [example_id("school")],
            "from_on": "2014-09-01",
        }),
    ),
    responses((status = 201, body = Pilot)),
)]
async fn create_pilot(can: Can<WritePackages>, form: Json<NewPilot>) -> Result<Reply> {
    can.expect_writes_hub("the hub's pilots")?;
    crud::create::<Pilot>(&can, form).await
}

/// Gets a pilot.
#[utoipa::path(get, path = "/pilots/{id}", params(Show<Pilot>), responses((status = 200, body = Pilot)))]
async fn get_pilot(can: Can<ReadPackages>, id: Id, show: Show<Pilot>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a pilot that is not over.
#[utoipa::path(patch, path = "/pilots/{id}", responses((status = 200, body = Pilot)))]
async fn update_pilot(can: Can<WritePackages>, id: Id, patch: Patch<NewPilot>) -> Result<Reply> {
    crud::update::<Pilot>(&can, id.0, patch).await
}

/// Archives a pilot.
///
/// Only for entries made by mistake: a pilot that does not take place is cancelled.
#[utoipa::path(delete, path = "/pilots/{id}", responses((status = 204)))]
async fn archive_pilot(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::archive::<Pilot>(&can, id.0).await
}

/// Restores an archived pilot.
#[utoipa::path(post, path = "/pilots/{id}/restore", responses((status = 200, body = Pilot)))]
async fn restore_pilot(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::restore::<Pilot>(&can, id.0).await
}

/// Shows the history of a pilot.
#[utoipa::path(get, path = "/pilots/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_pilot_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Pilot>(&can, id.0, &part).await
}

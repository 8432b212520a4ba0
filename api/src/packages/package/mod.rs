//! Packages themselves: what they are, what they cost, and how many units a term has.

pub mod lifecycle;
pub mod price;
pub mod transition;

use entity::frameworks::framework::{self, FrameworkPhase, Phases};
use entity::list::Ids;
use entity::packages::package::{self, PackageKind, PackageStatus, PackageUnit, PriceBand, PriceBands};
use entity::packages::{order_line, package_resource, pilot};
use entity::people::{person, working_group};

use self::price::{PackagePrice, PriceQuery};
use super::package_resource::PackageResource;
use super::{rules, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::people::working_group::WorkingGroup;

record! {
    /// A package of support that the hub sells to schools.
    Package from NewPackage in package {
        /// A short name for programs and invoices; unique in the hub, regardless of case.
        #[schema(min_length = 1, max_length = 40, pattern = r"^\S(.*\S)?$", example = "LEAD-1")]
        code: String,
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Leadership support for heads of music")]
        title: String,
        /// What it is about.
        #[schema(example = "leadership_support")]
        kind: PackageKind,
        /// Whom it fits, each once; empty where it fits all.
        #[serde(default)]
        #[schema(value_type = Vec<FrameworkPhase>, max_items = 6, example = json!(["ks2", "ks3"]))]
        phases: Phases,
        /// What a school gets.
        #[schema(min_length = 1, max_length = 4000, example = "Three visits of a specialist leader in a year")]
        description: Option<String>,
        /// The net price of one unit in pence, the same for all schools. Leave it out where bands give the price.
        #[schema(minimum = 0, maximum = 100_000_000, example = 25_000)]
        price_pence: Option<i64>,
        /// The net price of one unit by the number of pupils on roll. Bands do not overlap.
        #[serde(default)]
        #[schema(value_type = Vec<PriceBand>, max_items = 20, example = json!([]))]
        price_bands: PriceBands,
        /// The VAT code that finance uses, as text.
        #[schema(min_length = 1, max_length = 40, example = "S")]
        vat_code: String,
        /// What is counted when it is ordered and delivered.
        #[schema(example = "visit")]
        unit: PackageUnit,
        /// How many units can be delivered in one term; absent where there is no limit. Never fewer than are ordered in
        /// a term that is not over.
        #[schema(minimum = 0, maximum = 1_000_000, example = 40)]
        capacity_per_term: Option<i32>,
        /// The working group that makes it.
        #[schema(example = json!(null))]
        working_group_id: Option<Uuid>,
        /// The people who lead it, each once. A quote names the first as the one to write to, with the e-mail address.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 20, example = json!([]))]
        lead_ids: Ids,
        /// The frameworks that belong to it, each once.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 20, example = json!([]))]
        framework_ids: Ids,
        /// The resources that belong to it, each once.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 50, example = json!([]))]
        resource_ids: Ids,
    }
    initial {
        code_key: String::new(),
        title_key: String::new(),
        status: PackageStatus::Development,
        status_reason: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by `pilot`, `launch` and `withdraw`.
        #[schema(example = "development")]
        status: PackageStatus,
        /// Why it came into that state, where a reason was given.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
    }
    embedded {
        /// The working group, when asked for with `expand=working_group`.
        working_group: WorkingGroup,
        /// The people who lead it, when asked for with `expand=leads`.
        #[schema(max_items = 20)]
        leads: Vec<Person>,
        /// The resources that belong to it, when asked for with `expand=resources`.
        #[schema(max_items = 50)]
        resources: Vec<PackageResource>,
        /// What one unit costs a school today, when asked for with `expand=price`: the school that `school_id` names,
        /// or else the caller's own.
        price: PackagePrice,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// What a refusal calls what schools see and do not change.
pub const PACKAGES: &str = "the hub's packages";

impl Resource for Package {
    type Entity = package::Entity;
    type Form = NewPackage;
    type Filter = PackageFilter;

    const PATH: &'static str = "/packages";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, package::Column)] = &[
        ("title", package::Column::TitleKey),
        ("code", package::Column::CodeKey),
        ("updated_at", package::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["status", "kind", "unit"];
    const EXPANDS: &'static [&'static str] = &["working_group", "leads", "resources", "price", "actions"];
    const KEY: Option<NaturalKey<package::Column>> =
        Some(NaturalKey::folded(package::Column::Code, package::Column::CodeKey));
    const IF_MATCH: bool = true;
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "description", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["lead_ids"];

    fn refs(form: &NewPackage) -> Refs {
        Refs::default()
            .to::<working_group::Entity>("/working_group_id", form.working_group_id)
            .to_all::<person::Entity>("/lead_ids", &form.lead_ids)
            .to_all::<framework::Entity>("/framework_ids", &form.framework_ids)
            .to_all::<package_resource::Entity>("/resource_ids", &form.resource_ids)
    }

    fn faults(form: &NewPackage) -> Vec<Fault> {
        let mut faults = rules::bands(&form.price_bands);
        if form.price_pence.is_some() && !form.price_bands.is_empty() {
            let message = "the price is the same for all schools, or goes by bands: leave one of the two out";
            faults.push(Fault::new("/price_bands", "exclusive", message));
        }
        faults.extend(rules::each_once("/phases", &form.phases));
        faults.extend(rules::each_once("/lead_ids", &form.lead_ids));
        faults.extend(rules::each_once("/framework_ids", &form.framework_ids));
        faults.extend(rules::each_once("/resource_ids", &form.resource_ids));
        faults
    }

    fn complete(row: &mut package::Model) {
        row.code_key = search_key(&row.code);
        row.title_key = search_key(&row.title);
        row.search_key = search_key(&format!("{} {}", row.code, row.title));
    }

    fn referenced_by(row: &package::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default()
            .by::<order_line::Entity>(order_line::Column::PackageId.eq(row.id))
            .by::<pilot::Entity>(pilot::Column::PackageId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, package::Model>) -> Result<()> {
        write.caller().expect_writes_hub(PACKAGES)?;
        let row = step.after;
        let on_sale = row.status == PackageStatus::Live;
        if step.operation == Operation::Update && on_sale && row.price_pence.is_none() && row.price_bands.is_empty() {
            let message = "a package on sale has a price: set `price_pence` or `price_bands`, or withdraw it first";
            return Err(Problem::faults(vec![Fault::new("/price_pence", "required", message)]));
        }
        match step.before {
            Some(before) if step.operation == Operation::Update => expect_capacity_kept(write, before, row).await,
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[package::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "working_group" => {
                expand::one::<WorkingGroup>(caller, db, rows.iter().map(|row| row.working_group_id)).await
            }
            "leads" => expand::many::<Person>(caller, db, rows.iter().map(|row| &row.lead_ids[..]).collect()).await,
            "resources" => {
                let lists = rows.iter().map(|row| &row.resource_ids[..]).collect();
                expand::many::<PackageResource>(caller, db, lists).await
            }
            "price" => price::prices(caller, db, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Refuses a capacity below what is ordered in a term that is not over. The package is locked as by an order, so that
/// nothing is ordered meanwhile.
async fn expect_capacity_kept(write: &Write, before: &package::Model, after: &package::Model) -> Result<()> {
    let Some(capacity) = after.capacity_per_term else { return Ok(()) };
    if before.capacity_per_term.is_some_and(|before| before <= capacity) {
        return Ok(());
    }
    store::hold_packages(write, vec![after.id]).await?;
    let now = rules::term_on(write.caller().today());
    let used = store::used(write, &[after.id], now, i32::MAX).await?;
    let used = used.into_iter().map(|((_, term), units)| (term, units));
    let Some(message) = rules::below_ordered(capacity.into(), used) else { return Ok(()) };
    let problem = Problem::conflict(format!("cannot lower the capacity to {capacity} units in a term: {message}"));
    Err(problem.with(Fault::new("/capacity_per_term", "capacity", message)))
}

/// Narrows the list of packages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PackageFilter {
    /// Any of these codes, regardless of case.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 40, example = json!(["LEAD-1"]))]
    pub code: Vec<String>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<PackageKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<PackageStatus>,
    /// The school for which `expand=price` tells the price; it narrows nothing. A school's own people need not say it.
    pub school_id: Option<Uuid>,
    /// Only packages that fit this phase; the ones that fit all are among them.
    pub phase: Option<FrameworkPhase>,
    /// Someone who leads it.
    pub lead_id: Option<Uuid>,
    /// Only packages to which this framework belongs.
    pub framework_id: Option<Uuid>,
    /// Only packages to which this resource belongs.
    pub resource_id: Option<Uuid>,
    /// Only packages of this working group.
    pub working_group_id: Option<Uuid>,
    /// Words of the code and the title, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "leadership")]
    pub q: Option<String>,
}

impl Filter<package::Entity> for PackageFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use package::Column;

        let backend = caller.db().backend();
        let codes: Vec<String> = self.code.iter().map(|code| search_key(code)).collect();
        let fits = self.phase.map(|phase| {
            Condition::any().add(json_is_empty(backend, Column::Phases)).add(json_has(
                backend,
                Column::Phases,
                phase.as_str(),
            ))
        });
        Condition::all()
            .add_option(any_of(Column::CodeKey, &codes))
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(fits)
            .add_option(self.lead_id.map(|id| json_has(backend, Column::LeadIds, id)))
            .add_option(self.framework_id.map(|id| json_has(backend, Column::FrameworkIds, id)))
            .add_option(self.resource_id.map(|id| json_has(backend, Column::ResourceIds, id)))
            .add_option(is(Column::WorkingGroupId, self.working_group_id))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPackages: list_packages, count_packages, export_packages, get_package;
    WritePackages: create_package, update_package, archive_package, restore_package;
    ReadPackages: list_package_history;
}

/// Lists the packages.
///
/// A school sees packages on sale, and packages that it tries out. `expand=price` tells what one unit costs the school
/// that `school_id` names, or else the caller's own.
#[utoipa::path(get, path = "/packages", params(List<Package>), responses((status = 200, body = Page<Package>)))]
async fn list_packages(can: Can<ReadPackages>, list: List<Package>) -> Result<Reply> {
    let school = list.selection().filter().school_id;
    crud::list(&can.asking_for_school(school), list).await
}

/// Counts the packages by one or two of their fields.
#[utoipa::path(get, path = "/packages/counts", params(CountBy<Package>), responses((status = 200, body = Counts)))]
async fn count_packages(can: Can<ReadPackages>, by: CountBy<Package>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the packages as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/packages/export",
    params(Export<Package>),
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
async fn export_packages(can: Can<ReadPackages>, export: Export<Package>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Creates a package in development.
#[utoipa::path(post, path = "/packages", responses((status = 201, body = Package)))]
async fn create_package(can: Can<WritePackages>, form: Json<NewPackage>) -> Result<Reply> {
    can.expect_writes_hub(PACKAGES)?;
    crud::create::<Package>(&can, form).await
}

/// Gets a package.
#[utoipa::path(
    get,
    path = "/packages/{id}",
    params(And<PriceQuery, Show<Package>>),
    responses((status = 200, body = Package)),
)]
async fn get_package(can: Can<ReadPackages>, id: Id, query: Query<And<PriceQuery, Show<Package>>>) -> Result<Reply> {
    let Query(And(of, show)) = query;
    crud::get(&can.asking_for_school(of.school_id), id.0, show).await
}

/// Changes a package.
///
/// A new price holds for new quotes: what was quoted or ordered keeps its price. 409 where the capacity is below what
/// is ordered in a term that is not over.
#[utoipa::path(patch, path = "/packages/{id}", responses((status = 200, body = Package)))]
async fn update_package(can: Can<WritePackages>, id: Id, patch: Patch<NewPackage>) -> Result<Reply> {
    crud::update::<Package>(&can, id.0, patch).await
}

/// Archives a package.
///
/// Refused (409) while an order or a pilot names it: withdraw it instead.
#[utoipa::path(delete, path = "/packages/{id}", responses((status = 204)))]
async fn archive_package(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::archive::<Package>(&can, id.0).await
}

/// Restores an archived package.
#[utoipa::path(post, path = "/packages/{id}/restore", responses((status = 200, body = Package)))]
async fn restore_package(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::restore::<Package>(&can, id.0).await
}

/// Shows the history of a package.
#[utoipa::path(get, path = "/packages/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_package_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Package>(&can, id.0, &part).await
}

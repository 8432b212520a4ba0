//! Schools of the register, in scope or not.

use entity::cell::json;
use entity::external::{ExternalId, ExternalIds};
use entity::packages::package_order::{self, OrderStatus};
use entity::schools::area;
use entity::schools::school::{self, SchoolGender, SchoolKind, SchoolPhase, SchoolStatus};
use time::Date;

use super::area::Area;
use super::overview::{SchoolLead, SchoolRating, SchoolVisit};
use super::{overview, rules, search, store};
use crate::kernel::base::fold::fold_postcode;
use crate::kernel::prelude::*;

pub use super::filter::SchoolFilter;

record! {
    /// A school of the hub's register, as the Department for Education's register (GIAS) has it and
    /// the hub completes it.
    School from NewSchool in school {
        /// What sort of place it is.
        #[schema(example = "school")]
        kind: SchoolKind,
        /// Unique Reference Number: six digits, unique in the hub; absent outside the register.
        #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
        urn: Option<i32>,
        /// UK Provider Reference Number: eight digits.
        #[schema(minimum = 10_000_000, maximum = 99_999_999, example = 10_034_567)]
        ukprn: Option<i32>,
        /// Three-digit code of the local authority.
        #[schema(pattern = "^[0-9]{3}$", max_length = 3, example = "855")]
        la_code: Option<String>,
        /// Four-digit number within the local authority; with its code the DfE number.
        #[schema(pattern = "^[0-9]{4}$", max_length = 4, example = "4003")]
        establishment_number: Option<String>,
        /// The name.
        #[schema(min_length = 1, max_length = 200, example = "Woodgate Vale Primary School")]
        name: String,
        /// Phase of education.
        #[schema(example = "primary")]
        phase: SchoolPhase,
        /// Type of establishment: its code in GIAS.
        #[schema(pattern = "^[0-9]{1,2}$", max_length = 2, example = "34")]
        establishment_type_code: Option<String>,
        /// Type of establishment: its name in GIAS.
        #[schema(max_length = 100, example = "Academy converter")]
        establishment_type: Option<String>,
        /// True if it is a special school.
        #[serde(default)]
        #[schema(example = false)]
        special: bool,
        /// Whether it is open. A closed school stays, read-only, with its history.
        #[schema(example = "open")]
        status: SchoolStatus,
        /// The day it opened.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2012-09-01")]
        opened_on: Option<Date>,
        /// The day it closed or is to close.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        closed_on: Option<Date>,
        /// Name of the academy trust.
        #[schema(max_length = 200, example = "Woodgate Learning Trust")]
        trust: Option<String>,
        /// The trust's UID in GIAS.
        #[schema(pattern = "^[0-9]{1,6}$", max_length = 6, example = "2044")]
        trust_uid: Option<String>,
        /// Title of the head teacher. Personal data.
        #[schema(max_length = 40, example = "Ms")]
        head_title: Option<String>,
        /// First name of the head teacher. Personal data.
        #[schema(max_length = 100, example = "Ada")]
        head_first_name: Option<String>,
        /// Last name of the head teacher. Personal data.
        #[schema(max_length = 100, example = "Marlow")]
        head_last_name: Option<String>,
        /// What the head is called at this school.
        #[schema(max_length = 100, example = "Headteacher")]
        head_job_title: Option<String>,
        /// Street.
        #[schema(max_length = 200, example = "12 Woodgate Road")]
        street: Option<String>,
        /// Locality.
        #[schema(max_length = 200, example = "Woodgate")]
        locality: Option<String>,
        /// A further line of the address.
        #[schema(max_length = 200, example = json!(null))]
        address3: Option<String>,
        /// Town.
        #[schema(max_length = 100, example = "Loughborough")]
        town: Option<String>,
        /// County.
        #[schema(max_length = 100, example = "Leicestershire")]
        county: Option<String>,
        /// Postcode, with its space.
        #[schema(pattern = "^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}$", max_length = 8, example = "LE11 2TX")]
        postcode: Option<String>,
        /// Ordnance Survey easting, metres.
        #[schema(minimum = 0, maximum = 700_000, example = 453_100)]
        easting: Option<i32>,
        /// Ordnance Survey northing, metres.
        #[schema(minimum = 0, maximum = 1_300_000, example = 319_600)]
        northing: Option<i32>,
        /// Telephone of the office.
        #[schema(max_length = 40, example = "01509 000000")]
        telephone: Option<String>,
        /// Website.
        #[schema(max_length = 300, example = "https://www.woodgatevale.example")]
        website: Option<String>,
        /// Youngest age admitted, years.
        #[schema(minimum = 0, maximum = 25, example = 4)]
        lowest_age: Option<i32>,
        /// Oldest age admitted, years.
        #[schema(minimum = 0, maximum = 99, example = 11)]
        highest_age: Option<i32>,
        /// Which pupils it admits.
        #[schema(example = "mixed")]
        gender: Option<SchoolGender>,
        /// Pupils on roll, headcount.
        #[schema(minimum = 0, maximum = 20_000, example = 236)]
        pupils: Option<i32>,
        /// Share of pupils who take free school meals, per cent.
        #[schema(minimum = 0.0, maximum = 100.0, example = 14.4)]
        fsm_percentage: Option<f64>,
        /// The area development group.
        #[schema(example = json!(null))]
        area_id: Option<Uuid>,
        /// Whether the hub counts it. Without a `scope_reason` the service decides it from the
        /// hub's kinds in scope and whether the school is open; with one it stands as sent.
        #[serde(default)]
        #[schema(example = true)]
        in_scope: bool,
        /// Why it was put in or out of scope by hand.
        #[schema(min_length = 1, max_length = 500, example = json!(null))]
        scope_reason: Option<String>,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(max_length = 4000, example = "Shares its hall with the college")]
        note: Option<String>,
        /// The keys by which partner systems know it, one for each system.
        #[serde(default)]
        #[schema(
            value_type = Vec<ExternalId>,
            max_items = 20,
            example = json!([{ "system": "paritor", "id": "SCH-00412" }]),
        )]
        external_ids: ExternalIds,
    }
    initial { name_key: String::new(), postcode_key: None, search_key: None, missing_from_source: false }
    computed {
        /// The DfE number: local authority's code and establishment number.
        #[schema(max_length = 8, example = "855/4003")]
        dfe_number: Option<String> = rules::dfe_number, of &["la_code", "establishment_number"], by |row, at, out| {
            let cells: (Option<String>, Option<String>) = (row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?);
            json(&rules::dfe_number_of(cells.0.as_deref(), cells.1.as_deref()), out)
        },
        /// True if the last register import no longer listed the school.
        #[schema(example = false)]
        missing_from_source: bool,
    }
    embedded {
        /// The area, when asked for with `expand=area`.
        area: Area,
        /// The current rating, when asked for with `expand=rating`; absent for a school without one.
        rating: SchoolRating,
        /// Who leads its support today, when asked for with `expand=lead`.
        lead: SchoolLead,
        /// The visit that it had last, when asked for with `expand=last_visit`.
        last_visit: SchoolVisit,
    }
}

impl Resource for School {
    type Entity = school::Entity;
    type Form = NewSchool;
    type Filter = SchoolFilter;

    const PATH: &'static str = "/schools";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, school::Column)] = &[
        ("name", school::Column::NameKey),
        ("urn", school::Column::Urn),
        ("pupils", school::Column::Pupils),
        ("postcode", school::Column::PostcodeKey),
        ("la_code", school::Column::LaCode),
        ("opened_on", school::Column::OpenedOn),
        ("updated_at", school::Column::UpdatedAt),
        ("created_at", school::Column::CreatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &[
        "name",
        "trust",
        "head_title",
        "head_first_name",
        "head_last_name",
        "head_job_title",
        "street",
        "locality",
        "address3",
        "telephone",
        "website",
        "scope_reason",
        "note",
    ];
    const COUNTS: &'static [&'static str] = &[
        "phase",
        "status",
        "kind",
        "in_scope",
        "area_id",
        "la_code",
        "trust",
        "town",
        "gender",
        "special",
        "establishment_type",
    ];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["area", "rating", "lead", "last_visit"];
    const KEY: Option<NaturalKey<school::Column>> = Some(NaturalKey::number(school::Column::Urn));

    fn refs(form: &NewSchool) -> Refs {
        Refs::default().to::<area::Entity>("/area_id", form.area_id)
    }

    fn faults(form: &NewSchool) -> Vec<Fault> {
        rules::faults(form)
    }

    fn complete(row: &mut school::Model) {
        row.name_key = search_key(&row.name);
        row.postcode_key = row.postcode.as_deref().map(fold_postcode);
        row.search_key = Some(search::key(row));
    }

    fn keys(row: &school::Model) -> Value {
        json!({ "urn": row.urn, "dfe_number": rules::dfe_number(row), "external_ids": row.external_ids })
    }

    fn school(row: &school::Model) -> Option<Uuid> {
        Some(row.id)
    }

    fn external_ids(row: &school::Model) -> Option<&ExternalIds> {
        Some(&row.external_ids)
    }

    fn referenced_by(row: &school::Model, _: &Caller) -> ReferencedBy {
        let over = [OrderStatus::HandedOver, OrderStatus::Cancelled];
        let orders = Condition::all()
            .add(package_order::Column::SchoolId.eq(row.id))
            .add(package_order::Column::Status.is_not_in(over));
        ReferencedBy::default().by::<package_order::Entity>(orders)
    }

    async fn lock_first(write: &Write) -> Result<()> {
        store::hold_counted(write).await
    }

    async fn decide(write: &mut Write, step: Mutation<'_, school::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, school::Model>]) -> Result<Vec<Result<()>>> {
        let computes = |step: &Mutation<'_, school::Model>| {
            let as_before = step.before.is_some_and(|before| rules::same_scope(before, step.after));
            step.after.scope_reason.is_none() && (!as_before || step.operation == Operation::Restore)
        };
        let counted = match steps.iter().any(computes) {
            true => store::counted(write).await?,
            false => entity::list::List::default(),
        };
        let decisions = steps.iter_mut().map(|step| {
            rules::editable(step.before, step.after, step.operation)?;
            if computes(step) {
                step.after.in_scope = rules::in_scope(step.after, &counted);
            }
            Ok(())
        });
        Ok(decisions.collect())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[school::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "area" => expand::one::<Area>(caller, db, rows.iter().map(|row| row.area_id)).await,
            _ => overview::expanded(caller, db, name, rows).await,
        }
    }
}

routes! {
    ReadSchools: list_schools, count_schools, export_schools, get_school, get_school_by_key;
    WriteSchools: create_school, update_school, archive_school, put_school_by_key, batch_schools, restore_school;
    ReadSchools: list_school_history;
}

/// Lists the schools of the register.
///
/// A school's own people see only their school. With `expand=area,rating,lead,last_visit` the list is a whole screen:
/// how much support each school needs, who leads it, and when it was visited last.
#[utoipa::path(get, path = "/schools", params(List<School>), responses((status = 200, body = Page<School>)))]
async fn list_schools(can: Can<ReadSchools>, list: List<School>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the schools by one or two of their fields.
#[utoipa::path(get, path = "/schools/counts", params(CountBy<School>), responses((status = 200, body = Counts)))]
async fn count_schools(can: Can<ReadSchools>, by: CountBy<School>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the schools of the register.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/schools/export",
    params(Export<School>),
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
async fn export_schools(can: Can<ReadSchools>, export: Export<School>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Adds a school to the register.
#[utoipa::path(post, path = "/schools", responses((status = 201, body = School)))]
async fn create_school(can: Can<WriteSchools>, form: Json<NewSchool>) -> Result<Reply> {
    crud::create::<School>(&can, form).await
}

/// Gets a school.
#[utoipa::path(get, path = "/schools/{id}", params(Show<School>), responses((status = 200, body = School)))]
async fn get_school(can: Can<ReadSchools>, id: Id, show: Show<School>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets a school by a key.
#[utoipa::path(
    get,
    path = "/schools/by-key/{system}/{id}",
    params(("system" = String, Path, example = "urn"), ("id" = String, Path, example = "120305"), Show<School>),
    responses((status = 200, body = School)),
)]
async fn get_school_by_key(can: Can<ReadSchools>, key: ByKey, show: Show<School>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a school.
#[utoipa::path(patch, path = "/schools/{id}", responses((status = 200, body = School)))]
async fn update_school(can: Can<WriteSchools>, id: Id, patch: Patch<NewSchool>) -> Result<Reply> {
    crud::update::<School>(&can, id.0, patch).await
}

/// Creates a school, or changes it, by a key.
///
/// `system` is `urn`, or one of the partner systems in `external_ids`. A missing field keeps its
/// value, `null` clears it, and an archived school is restored. `If-Match` is optional.
#[utoipa::path(
    put,
    path = "/schools/by-key/{system}/{id}",
    params(("system" = String, Path, example = "urn"), ("id" = String, Path, example = "120305")),
    responses((status = 200, body = School), (status = 201, body = School)),
)]
async fn put_school_by_key(can: Can<WriteSchools>, key: ByKey, form: Patch<NewSchool>) -> Result<Reply> {
    crud::put_by_key::<School>(&can, &key, &form).await
}

/// Takes many schools.
///
/// A school with a known `urn`, or with a known key in `external_ids`, is changed as by a merge
/// patch, and restored if it is archived; any other school is created. At most 1,000 items and 4
/// MiB.
#[utoipa::path(
    post,
    path = "/schools/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_schools(can: Can<WriteSchools>, how: Query<BatchQuery>, batch: Batch<NewSchool>) -> Result<Reply> {
    crud::batch::<School>(&can, &batch, &how).await
}

/// Archives a school.
///
/// Only for entries made by mistake: a school that closes gets the status `closed` instead. Refused (409) while it has
/// a quote, or an order that finance does not have yet.
#[utoipa::path(delete, path = "/schools/{id}", responses((status = 204)))]
async fn archive_school(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<School>(&can, id.0).await
}

/// Restores an archived school.
#[utoipa::path(post, path = "/schools/{id}/restore", responses((status = 200, body = School)))]
async fn restore_school(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<School>(&can, id.0).await
}

/// Shows a school's history.
#[utoipa::path(get, path = "/schools/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_school_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<School>(&can, id.0, &part).await
}

//! Roles that people have for the hub: appointed, seconded, or named by a body of their own.

use entity::people::designation::{self, DesignationBasis, Territory};
use entity::people::person;
use sea_orm::QueryFilter;
use time::Date;

use super::person::Person;
use super::{rules, store};
use crate::kernel::base::period::{holds, overlaps};
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;

record! {
    /// A role that a person has for the hub for a time, such as specialist leader or champion head teacher.
    ///
    /// The hub's own people see it. It ends by its last day, with the reason; a person has a role once at a time.
    Designation from NewDesignation in designation {
        /// The person.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The role, by its code in the glossary.
        #[schema(min_length = 1, max_length = 40, pattern = r"^\S(.*\S)?$", example = "SLE")]
        role_code: Option<String>,
        /// The role in words, where the glossary has no code for it.
        #[schema(min_length = 1, max_length = 100, pattern = r"^\S(.*\S)?$", example = json!(null))]
        role_text: Option<String>,
        /// For whom the person speaks or works in this role.
        #[schema(min_length = 1, max_length = 200, example = "Soar Valley Teaching Alliance")]
        organisation: Option<String>,
        /// The part of the hub's area that the role is for; absent for all of it.
        #[schema(example = "county")]
        territory: Option<Territory>,
        /// How the person came to the role.
        #[schema(example = "designated")]
        basis: DesignationBasis,
        /// The first day.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-07-01")]
        from_on: Date,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        to_on: Option<Date>,
        /// Why it ended, or will; only with `to_on`. No pupil names.
        #[schema(min_length = 1, max_length = 500, example = json!(null))]
        end_reason: Option<String>,
        /// What the person is good at. No pupil names.
        #[schema(min_length = 1, max_length = 2000, example = "Singing in primary schools, moderation")]
        strengths: Option<String>,
    }
    initial { role_key: String::new(), search_key: String::new() }
    embedded {
        /// The person, when asked for with `expand=person`.
        person: Person,
    }
}

impl Resource for Designation {
    type Entity = designation::Entity;
    type Form = NewDesignation;
    type Filter = DesignationFilter;

    const PATH: &'static str = "/designations";
    const READ: Scope = Scope::ReadPeople;
    const SORTS: &'static [(&'static str, designation::Column)] = &[
        ("from_on", designation::Column::FromOn),
        ("to_on", designation::Column::ToOn),
        ("role", designation::Column::RoleKey),
        ("updated_at", designation::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] =
        &["role_code", "role_text", "basis", "territory", "organisation", "person_id"];
    const EXPANDS: &'static [&'static str] = &["person"];
    const NAMES_PEOPLE: &'static [&'static str] = &["role_text", "organisation", "end_reason", "strengths"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];

    fn refs(form: &NewDesignation) -> Refs {
        Refs::default().to::<person::Entity>("/person_id", form.person_id)
    }

    fn faults(form: &NewDesignation) -> Vec<Fault> {
        let role = rules::role(form.role_code.as_deref(), form.role_text.as_deref());
        let end = rules::end(form.from_on, form.to_on, form.end_reason.as_deref());
        role.into_iter().chain(end).collect()
    }

    fn complete(row: &mut designation::Model) {
        row.role_key = rules::role_key(row.role_code.as_deref(), row.role_text.as_deref());
        let words = [&row.role_code, &row.role_text, &row.organisation, &row.strengths];
        let words: Vec<&str> = words.into_iter().filter_map(|words| words.as_deref()).collect();
        row.search_key = search_key(&words.join(" "));
    }

    async fn decide(write: &mut Write, step: Mutation<'_, designation::Model>) -> Result<()> {
        if step.operation == Operation::Archive {
            return Ok(());
        }
        store::settle_role(write, &mut step.after.role_code).await?;
        write.hold::<person::Entity>(step.after.person_id).await?;
        expect_no_other(write, step.after).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[designation::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await
    }
}

/// Refuses the same role of the same person twice on one day. The person is locked.
async fn expect_no_other(write: &Write, row: &designation::Model) -> Result<()> {
    use designation::Column;

    let others = write.caller().rows::<designation::Entity>().filter(Column::Id.ne(row.id));
    let others = others.filter(Column::PersonId.eq(row.person_id)).filter(Column::RoleKey.eq(row.role_key.as_str()));
    let others = others.filter(overlaps(Column::FromOn, Column::ToOn, row.from_on, row.to_on));
    let Some(other) = others.one(write.tx()).await? else { return Ok(()) };
    let detail = format!("the person has this role at that time ({}): change that designation", other.id);
    let fault = Fault::new("/from_on", "duplicate", &detail);
    Err(Problem::new(Code::Duplicate, detail).with(fault))
}

/// Narrows the list of designations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DesignationFilter {
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 200)]
    pub person_id: Vec<Uuid>,
    /// Any of these roles, by code or in words, regardless of case and accents.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 100, example = json!(["SLE"]))]
    pub role: Vec<String>,
    /// Any of these ways to come to a role.
    #[serde(default)]
    #[param(max_items = 3)]
    pub basis: Vec<DesignationBasis>,
    /// Only designations for this part of the hub's area.
    pub territory: Option<Territory>,
    /// Only designations that hold on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
    /// Only designations that end on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub to_on_from: Option<Date>,
    /// Only designations that end on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub to_on_to: Option<Date>,
    /// Words of the role, the organisation and the strengths, each whole or in part, in any order and without regard to
    /// case and accents.
    #[param(min_length = 1, max_length = 100, example = "singing")]
    pub q: Option<String>,
}

impl Filter<designation::Entity> for DesignationFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use designation::Column;

        let roles: Vec<String> = self.role.iter().map(|role| search_key(role)).collect();
        Condition::all()
            .add_option(any_of(Column::PersonId, &self.person_id))
            .add_option(any_of(Column::RoleKey, &roles))
            .add_option(any_of(Column::Basis, &self.basis))
            .add_option(is(Column::Territory, self.territory))
            .add_option(self.on.map(|on| holds(Column::FromOn, Column::ToOn, on)))
            .add(between(Column::ToOn, self.to_on_from, self.to_on_to))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPeople: list_designations, count_designations, export_designations, get_designation;
    WritePeople: create_designation, update_designation, archive_designation, restore_designation;
    ReadPeople: list_designation_history;
}

/// Lists the designations.
///
/// Only callers who reach the whole hub see any.
#[utoipa::path(
    get,
    path = "/designations",
    params(List<Designation>),
    responses((status = 200, body = Page<Designation>)),
)]
async fn list_designations(can: Can<ReadPeople>, list: List<Designation>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the designations by one or two of their fields.
#[utoipa::path(
    get,
    path = "/designations/counts",
    params(CountBy<Designation>),
    responses((status = 200, body = Counts)),
)]
async fn count_designations(can: Can<ReadPeople>, by: CountBy<Designation>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the designations as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/designations/export",
    params(Export<Designation>),
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
async fn export_designations(can: Can<ReadPeople>, export: Export<Designation>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Gives a person a role.
///
/// 409 where the person has the role at that time.
#[utoipa::path(post, path = "/designations", responses((status = 201, body = Designation)))]
async fn create_designation(can: Can<WritePeople>, form: Json<NewDesignation>) -> Result<Reply> {
    crud::create::<Designation>(&can, form).await
}

/// Gets a designation.
#[utoipa::path(
    get,
    path = "/designations/{id}",
    params(Show<Designation>),
    responses((status = 200, body = Designation)),
)]
async fn get_designation(can: Can<ReadPeople>, id: Id, show: Show<Designation>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a designation, or ends it by its last day.
#[utoipa::path(patch, path = "/designations/{id}", responses((status = 200, body = Designation)))]
async fn update_designation(can: Can<WritePeople>, id: Id, patch: Patch<NewDesignation>) -> Result<Reply> {
    crud::update::<Designation>(&can, id.0, patch).await
}

/// Archives a designation.
///
/// Only for entries made by mistake: a designation that ends gets a last day instead.
#[utoipa::path(delete, path = "/designations/{id}", responses((status = 204)))]
async fn archive_designation(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::archive::<Designation>(&can, id.0).await
}

/// Restores an archived designation.
#[utoipa::path(post, path = "/designations/{id}/restore", responses((status = 200, body = Designation)))]
async fn restore_designation(can: Can<WritePeople>, id: Id) -> Result<Reply> {
    crud::restore::<Designation>(&can, id.0).await
}

/// Shows the history of a designation.
#[utoipa::path(
    get,
    path = "/designations/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_designation_history(can: Can<ReadPeople>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Designation>(&can, id.0, &part).await
}

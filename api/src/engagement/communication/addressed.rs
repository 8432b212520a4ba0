//! The recipients of one message, with the school and the person to write to: what a program that sends takes.

use entity::engagement::addressed_recipient as addressed;
use entity::engagement::communication;
use entity::engagement::communication_recipient::{self, Outcome};
use entity::people::person;
use entity::schools::school;
use entity::schools::school::SchoolPhase;
use sea_orm::sea_query::{Alias, Expr, JoinType, Query as Select, SelectStatement};
use sea_orm::{ExprTrait, QueryFilter};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use crate::kernel::prelude::*;

/// A recipient of a message, with its school and the person to write to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AddressedRecipient {
    /// The recipient's id, as under `/communication-recipients`.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The school's name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: Option<String>,
    /// Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Phase of education.
    #[schema(example = "primary")]
    pub phase: Option<SchoolPhase>,
    /// The area that the school lies in.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
    /// The person's name; null where nobody had the job, or the caller lacks `contacts:read`.
    #[schema(max_length = 200, example = "Ada Marlow")]
    pub person_name: Option<String>,
    /// The person's address; null where there is none, or the caller lacks `contacts:read`.
    #[schema(format = Email, max_length = 254, example = "ada.marlow@woodgatevale.example")]
    pub email: Option<String>,
    /// What happened.
    #[schema(example = "unknown")]
    pub outcome: Outcome,
    /// The day on which the school was reached.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
    pub reached_on: Option<Date>,
    /// Why the school was not reached; for the hub alone.
    #[schema(max_length = 500, example = json!(null))]
    pub reason: Option<String>,
    /// The number in the recipient's `ETag`.
    #[schema(minimum = 1, example = 1)]
    pub version: i64,
}

/// What needs `contacts:read`.
const ADDRESS: &[&str] = &["person_name", "email"];

/// What the hub notes for itself.
const INTERNAL: &[&str] = &["reason"];

const BOTH: &[&str] = &["person_name", "email", "reason"];

impl Fields for AddressedRecipient {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        school_id: Uuid,
        school_name: Option<String>,
        urn: Option<i32>,
        phase: Option<SchoolPhase>,
        area_id: Option<Uuid>,
        person_name: Option<String>,
        email: Option<String>,
        outcome: Outcome,
        reached_on: Option<Date>,
        reason: Option<String>,
        version: i64,
    };
}

impl Listed for AddressedRecipient {
    type Entity = addressed::Entity;
    type Filter = AddressedFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("school_name", addressed::Column::SchoolNameKey), ("reached_on", addressed::Column::ReachedOn)];
    const COUNTS: &'static [&'static str] = &["outcome", "phase", "area_id"];

    fn withheld(caller: &Caller) -> Withheld {
        match (caller.sees_hub(), caller.under(Scope::ReadContacts).is_some()) {
            (true, true) => Withheld::default(),
            (true, false) => Withheld::of(ADDRESS),
            (false, true) => Withheld::of(INTERNAL),
            (false, false) => Withheld::of(BOTH),
        }
    }
}

/// Narrows the recipients of a message.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AddressedFilter {
    /// Any of these outcomes.
    #[serde(default)]
    #[param(max_items = 3)]
    pub outcome: Vec<Outcome>,
    /// Any of these phases of the school.
    #[serde(default)]
    #[param(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Words that the school's name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "woodgate")]
    pub q: Option<String>,
}

impl Filter<addressed::Entity> for AddressedFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use addressed::Column;

        Condition::all()
            .add_option(any_of(Column::Outcome, &self.outcome))
            .add_option(any_of(Column::Phase, &self.phase))
            .add_option(any_of(Column::AreaId, &self.area_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(contains(Column::SchoolNameKey, self.q.as_deref()))
    }
}

routes! { ReadEngagement: list_addressed_recipients, count_addressed_recipients, export_addressed_recipients }

/// Lists the recipients of a message, each with the school and the person to write to.
///
/// A school sees itself alone.
#[utoipa::path(
    get,
    path = "/communications/{id}/recipients",
    params(List<AddressedRecipient>),
    responses((status = 200, body = Page<AddressedRecipient>)),
)]
async fn list_addressed_recipients(can: Can<ReadEngagement>, id: Id, list: List<AddressedRecipient>) -> Result<Reply> {
    let rows = rows(&can, id.0).await?;
    crud::list_over(&can, list, rows).await
}

/// Counts the recipients of a message by one or two of their fields.
#[utoipa::path(
    get,
    path = "/communications/{id}/recipients/counts",
    params(CountBy<AddressedRecipient>),
    responses((status = 200, body = Counts)),
)]
async fn count_addressed_recipients(
    can: Can<ReadEngagement>,
    id: Id,
    by: CountBy<AddressedRecipient>,
) -> Result<Reply> {
    let rows = rows(&can, id.0).await?;
    crud::counts_over(&can, by, rows).await
}

/// Exports the recipients of a message as a file, with the addresses of the people to write to.
///
/// The file holds the whole list, with the same filters and in the same order. The addresses need `contacts:read`.
#[utoipa::path(
    get,
    path = "/communications/{id}/recipients/export",
    params(Export<AddressedRecipient>),
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
async fn export_addressed_recipients(
    can: Can<ReadEngagement>,
    id: Id,
    export: Export<AddressedRecipient>,
) -> Result<HttpResponse> {
    let rows = rows(&can, id.0).await?;
    crud::export_over(&can, export, rows).await
}

/// The recipients of a message that is there for the caller: a statement without a column.
async fn rows(caller: &Caller, id: Uuid) -> Result<SelectStatement> {
    let seen = caller.rows::<communication::Entity>().filter(communication::Column::Id.eq(id));
    seen.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    let mut rows = Select::select();
    rows.from_subquery(joined(caller, id), Alias::new("addressed_recipient"));
    Ok(rows)
}

/// The recipients as the caller sees them, joined with their schools and, for callers who see contacts, people.
fn joined(caller: &Caller, id: Uuid) -> SelectStatement {
    use communication_recipient::Column;

    let mut rows = caller.statement::<communication_recipient::Entity>(false);
    for column in [
        Column::HubId,
        Column::Id,
        Column::Version,
        Column::CreatedAt,
        Column::UpdatedAt,
        Column::ArchivedAt,
        Column::SchoolId,
        Column::Outcome,
        Column::ReachedOn,
        Column::Reason,
    ] {
        rows.column((communication_recipient::Entity, column));
    }
    rows.and_where(Column::CommunicationId.eq(id));
    let of = |part: &'static str, name: &'static str| Expr::col((Alias::new(part), Alias::new(name)));
    let mut schools = caller.statement::<school::Entity>(false);
    for column in [
        school::Column::Id,
        school::Column::Name,
        school::Column::NameKey,
        school::Column::Urn,
        school::Column::Phase,
        school::Column::AreaId,
    ] {
        schools.column((school::Entity, column));
    }
    rows.expr_as(of("known", "name"), Alias::new("school_name"))
        .expr_as(of("known", "name_key"), Alias::new("school_name_key"))
        .expr_as(of("known", "urn"), Alias::new("urn"))
        .expr_as(of("known", "phase"), Alias::new("phase"))
        .expr_as(of("known", "area_id"), Alias::new("area_id"))
        .join_subquery(
            JoinType::LeftJoin,
            schools,
            Alias::new("known"),
            of("known", "id").equals((communication_recipient::Entity, Column::SchoolId)),
        );
    if let Some(reader) = caller.under(Scope::ReadContacts) {
        let mut people = reader.statement::<person::Entity>(false);
        for column in [person::Column::Id, person::Column::Name, person::Column::Email] {
            people.column((person::Entity, column));
        }
        rows.expr_as(of("who", "name"), Alias::new("person_name"))
            .expr_as(of("who", "email"), Alias::new("email"))
            .join_subquery(
                JoinType::LeftJoin,
                people,
                Alias::new("who"),
                of("who", "id").equals((communication_recipient::Entity, Column::PersonId)),
            );
    }
    rows
}

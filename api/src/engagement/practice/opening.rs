//! Who opened shared practice.

use entity::engagement::{practice_opening, shared_practice};
use entity::owned::Recipients;
use entity::schools::school;
use sea_orm::QueryFilter;
use sea_orm::sea_query::{Expr, Query as Select};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::SharedPractice;
use crate::kernel::prelude::*;
use crate::schools::school::School;
use crate::schools::store::of_schools;

/// A day on which a school opened a piece of practice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PracticeOpening {
    /// The id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The practice.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub shared_practice_id: Uuid,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-06-02")]
    pub opened_on: Date,
    /// The practice, when asked for with `expand=shared_practice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SharedPractice, required = false)]
    pub shared_practice: Option<Value>,
    /// The school, when asked for with `expand=school`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = School, required = false)]
    pub school: Option<Value>,
}

impl Fields for PracticeOpening {
    const FIELDS: &'static [Field] = fields! { id: Uuid, shared_practice_id: Uuid, school_id: Uuid, opened_on: Date };
}

impl Listed for PracticeOpening {
    type Entity = practice_opening::Entity;
    type Filter = PracticeOpeningFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("opened_on", practice_opening::Column::OpenedOn), ("created_at", practice_opening::Column::CreatedAt)];
    const COUNTS: &'static [&'static str] = &["shared_practice_id", "school_id", "opened_on"];
    const EXPANDS: &'static [&'static str] = &["shared_practice", "school"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[practice_opening::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "shared_practice" => {
                expand::one::<SharedPractice>(caller, db, rows.iter().map(|row| row.shared_practice_id)).await
            }
            _ => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
        }
    }
}

/// Narrows the list of openings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PracticeOpeningFilter {
    /// Any of these pieces of practice.
    #[serde(default)]
    #[param(max_items = 200)]
    pub shared_practice_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Only openings on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub opened_from: Option<Date>,
    /// Only openings on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub opened_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
}

impl Filter<practice_opening::Entity> for PracticeOpeningFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use practice_opening::Column;

        Condition::all()
            .add_option(any_of(Column::SharedPracticeId, &self.shared_practice_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add(between(Column::OpenedOn, self.opened_from, self.opened_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
    }
}

/// The school for which practice is opened.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSharedPractice {
    /// The school: one of the caller's own, or for the hub any school with which the practice is shared.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
}

routes! {
    ReadEngagement: list_practice_openings, count_practice_openings, export_practice_openings, open_shared_practice
}

/// Lists on which days schools opened which practice.
///
/// A school sees its own openings.
#[utoipa::path(
    get,
    path = "/practice-openings",
    params(List<PracticeOpening>),
    responses((status = 200, body = Page<PracticeOpening>)),
)]
async fn list_practice_openings(can: Can<ReadEngagement>, list: List<PracticeOpening>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the openings of shared practice by one or two of their fields.
#[utoipa::path(
    get,
    path = "/practice-openings/counts",
    params(CountBy<PracticeOpening>),
    responses((status = 200, body = Counts)),
)]
async fn count_practice_openings(can: Can<ReadEngagement>, by: CountBy<PracticeOpening>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the openings of shared practice as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/practice-openings/export",
    params(Export<PracticeOpening>),
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
async fn export_practice_openings(can: Can<ReadEngagement>, export: Export<PracticeOpening>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Records that somebody of a school opened a piece of practice.
///
/// A front end sends it when it shows the practice. A school counts once a day: sent again, the reply is the same.
/// People of the hub who write engagement may record it for a school.
#[utoipa::path(
    post,
    path = "/shared-practice/{id}/open",
    request_body = OpenSharedPractice,
    responses((status = 200, body = PracticeOpening)),
)]
async fn open_shared_practice(can: Can<ReadEngagement>, id: Id, body: Json<OpenSharedPractice>) -> Result<Reply> {
    let school_id = body.into_inner().school_id;
    Write::run(&can, async |write| {
        // Of two who open it at once the second finds what the first has recorded.
        write.hold::<shared_practice::Entity>(id.0).await?;
        if write.caller().sees_hub() && write.caller().under(Scope::WriteEngagement).is_none() {
            return Err(Scope::WriteEngagement.lacking());
        }
        expect_shared(write, id.0, school_id).await?;
        let opening = record(write, id.0, school_id).await?;
        Reply::ok(&PracticeOpening {
            id: opening.id,
            shared_practice_id: opening.shared_practice_id,
            school_id: opening.school_id,
            opened_on: opening.opened_on,
            shared_practice: None,
            school: None,
        })
    })
    .await
}

/// Refuses a school that the caller does not reach, or with which the practice is not shared today.
async fn expect_shared(write: &Write, practice: Uuid, school_id: Uuid) -> Result<()> {
    let caller = write.caller();
    let schools = caller.rows::<school::Entity>().filter(school::Column::Id.eq(school_id));
    let known = schools.one(write.tx()).await?.is_some();
    let of_school = || Select::select().expr(Expr::val(school_id)).to_owned();
    let to = Recipients { hub_id: caller.hub_id, on: Some(caller.today()), schools: &of_school };
    let shared = caller.rows::<shared_practice::Entity>().filter(shared_practice::Column::Id.eq(practice));
    let shared = shared.filter(shared_practice::shared_with(&to));
    if known && shared.one(write.tx()).await?.is_some() {
        return Ok(());
    }
    let message = "the practice is not shared with this school today, or it is not a school of yours";
    Err(Problem::invalid("/school_id", "unknown_reference", message))
}

/// The opening of the day, which is made unless it is there.
async fn record(write: &Write, practice: Uuid, school_id: Uuid) -> Result<practice_opening::Model> {
    use practice_opening::Column;

    let today = write.caller().today();
    let known = write.caller().rows::<practice_opening::Entity>().filter(Column::SharedPracticeId.eq(practice));
    let known = known.filter(Column::SchoolId.eq(school_id)).filter(Column::OpenedOn.eq(today));
    if let Some(known) = known.one(write.tx()).await? {
        return Ok(known);
    }
    let meta = write.meta_of::<practice_opening::Entity>();
    let opening = practice_opening::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        shared_practice_id: practice,
        school_id,
        opened_on: today,
    };
    write.insert_rows::<practice_opening::Entity>(&[&opening]).await?;
    Ok(opening)
}

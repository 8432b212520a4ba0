//! Suggestions for all schools of a hub, computed by a scheme as a job.

mod work;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::cell::json as write_json;
use entity::instant::Instant;
use entity::ratings::rag_recomputation;
use entity::ratings::rag_scheme::{self, SchemeStatus};
use entity::row::{Meta, Row};
use sea_orm::PaginatorTrait;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::rag_scheme::{RagScheme, SCHEMES};
use crate::kernel::document::openapi::API;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::{self as kernel_job, Kind};

/// A computation of ratings for all open schools in scope, by a scheme. It has the id of its job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RagRecomputation {
    /// The item's id: a UUIDv7, given by the service. It is also the id of the job.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The edition of the scheme.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub scheme_id: Uuid,
    /// The day as on which schools are computed.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2015-01-20")]
    pub on_date: Date,
    /// The address of the job, which tells whether it is still at work, and cancels it.
    #[schema(max_length = 200, example = "/api/v1/jobs/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub job_href: String,
    /// How many schools there were to compute when it was asked for.
    #[schema(minimum = 0, example = 600)]
    pub schools: i32,
    /// How many of them are computed.
    #[schema(minimum = 0, example = 600)]
    pub computed: i32,
    /// Schools that got a new suggestion.
    #[schema(minimum = 0, example = 41)]
    pub suggested: i32,
    /// Schools whose open suggestion was replaced, since something has changed.
    #[schema(minimum = 0, example = 12)]
    pub replaced: i32,
    /// Schools for which nothing has changed: they got no second suggestion.
    #[schema(minimum = 0, example = 540)]
    pub unchanged: i32,
    /// Schools with too little data for a suggestion.
    #[schema(minimum = 0, example = 7)]
    pub without_data: i32,
    /// 1 when created, one more with each change; the number in its `ETag`.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// When its counts last changed.
    pub updated_at: Instant,
}

impl RagRecomputation {
    /// Its job. A run that was interrupted is begun again, and goes on after the last school that was stored.
    pub const KIND: Kind = Kind {
        name: "recompute-ratings",
        interrupted: "the service was stopped too often while ratings were computed: ask for it again",
        attempts: 10,
        every: None,
        work: Some(|job| Box::pin(work::all(job))),
        follow: None,
    };

    /// The address of the record of a job.
    #[must_use]
    pub fn location(id: Uuid) -> String {
        format!("{API}/rag-recomputations/{id}")
    }
}

impl Fields for RagRecomputation {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<Uuid>(&["scheme_id"]),
        column::<Date>(&["on_date"]),
        Field {
            name: "job_href",
            columns: &["id"],
            write: |row, at, out| write_json(&kernel_job::href(row.try_get_by_index(at)?), out),
        },
        column::<i32>(&["schools"]),
        column::<i32>(&["computed"]),
        column::<i32>(&["suggested"]),
        column::<i32>(&["replaced"]),
        column::<i32>(&["unchanged"]),
        column::<i32>(&["without_data"]),
        column::<i64>(&["version"]),
        column::<Instant>(&["created_at"]),
        column::<Instant>(&["updated_at"]),
    ];
}

impl From<&rag_recomputation::Model> for RagRecomputation {
    fn from(row: &rag_recomputation::Model) -> Self {
        Self {
            id: row.id,
            scheme_id: row.scheme_id,
            on_date: row.on_date,
            job_href: kernel_job::href(row.id),
            schools: row.schools,
            computed: row.computed,
            suggested: row.suggested,
            replaced: row.replaced,
            unchanged: row.unchanged,
            without_data: row.without_data,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Listed for RagRecomputation {
    type Entity = rag_recomputation::Entity;
    type Filter = RagRecomputationFilter;

    const SORTS: &'static [(&'static str, rag_recomputation::Column)] =
        &[("created_at", rag_recomputation::Column::CreatedAt), ("updated_at", rag_recomputation::Column::UpdatedAt)];
}

/// Narrows the list of computations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RagRecomputationFilter {
    /// Only computations by this edition of a scheme.
    pub scheme_id: Option<Uuid>,
}

impl Filter<rag_recomputation::Entity> for RagRecomputationFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(is(rag_recomputation::Column::SchemeId, self.scheme_id))
    }
}

/// As on which day schools are computed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recompute {
    /// The day; today if absent. Not in the future.
    #[serde(default, with = "entity::date::option")]
    #[schema(example = "2015-01-20")]
    pub on_date: Option<Date>,
}

routes! {
    WriteRatings: recompute_rag_scheme;
    ReadRatings: list_rag_recomputations, get_rag_recomputation;
}

/// Computes all open schools in scope by a scheme in use, and suggests a rating for each.
///
/// It is done by a job, which `GET /jobs/{id}` follows and `POST /jobs/{id}/cancel` ends; the reply, kept up to date at
/// `/rag-recomputations/{id}`, counts what came of it. A school for which nothing has changed since its last computed
/// rating gets no second suggestion, and an open suggestion is replaced. 409 while another computation is at work.
#[utoipa::path(
    post,
    path = "/rag-schemes/{id}/recompute",
    request_body = Option<Recompute>,
    responses((status = 202, description = "The computation, which has a job.", body = RagRecomputation)),
)]
async fn recompute_rag_scheme(can: Can<WriteRatings>, id: Id, body: OptionalJson<Recompute>) -> Result<Reply> {
    let on_date = body.on_date.unwrap_or_else(|| can.today());
    if on_date > can.today() {
        return Err(Problem::faults(vec![Fault::new("/on_date", "order", "not in the future")]));
    }
    let reply = Write::run(&can, async |write| {
        write.lock_above::<RagScheme>(Some(id.0)).await?;
        let scheme = write.row::<rag_scheme::Entity>(id.0).await?;
        can.expect_writes_hub(SCHEMES)?;
        write.expect_version::<RagScheme>(&scheme)?;
        if scheme.status != SchemeStatus::Active {
            let detail = format!("cannot compute by a scheme that is {}: it must be active", scheme.status);
            return Err(Problem::conflict(detail));
        }
        let detail = "cannot compute twice at a time: wait for the end of the job that computes, or cancel it";
        kernel_job::expect_none(write, &RagRecomputation::KIND, detail).await?;
        let row = begin(write, &scheme, on_date).await?;
        let reply = Reply::json(StatusCode::ACCEPTED, &RagRecomputation::from(&row))?;
        Ok(reply.with(LOCATION, kernel_job::href(row.id)).version(row.version))
    })
    .await?;
    kernel_job::hurry(can.state());
    Ok(reply)
}

async fn begin(write: &Write, scheme: &rag_scheme::Model, on_date: Date) -> Result<rag_recomputation::Model> {
    let schools = work::schools(write.caller()).count(write.tx()).await?;
    let job = kernel_job::wait(write, &RagRecomputation::KIND).await?;
    let row = fresh(job.meta(), scheme.id, on_date, i32::try_from(schools).unwrap_or(i32::MAX));
    write.insert_rows::<rag_recomputation::Entity>(&[&row]).await?;
    Ok(row)
}

/// The record of a computation that has not begun.
#[must_use]
pub fn fresh(meta: Meta, scheme_id: Uuid, on_date: Date, schools: i32) -> rag_recomputation::Model {
    rag_recomputation::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        scheme_id,
        on_date,
        schools,
        computed: 0,
        suggested: 0,
        replaced: 0,
        unchanged: 0,
        without_data: 0,
        after_school_id: None,
    }
}

/// Lists the computations of ratings.
#[utoipa::path(
    get,
    path = "/rag-recomputations",
    params(List<RagRecomputation>),
    responses((status = 200, body = Page<RagRecomputation>)),
)]
async fn list_rag_recomputations(can: Can<ReadRatings>, list: List<RagRecomputation>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Gets a computation of ratings.
#[utoipa::path(
    get,
    path = "/rag-recomputations/{id}",
    params(Show<RagRecomputation>),
    responses((status = 200, body = RagRecomputation)),
)]
async fn get_rag_recomputation(can: Can<ReadRatings>, id: Id, show: Show<RagRecomputation>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

//! A collection's way from draft to closed, and its copy for another year.

use std::collections::HashSet;

use entity::outcomes::collection::{self, CollectionStatus};
use entity::outcomes::school_return::{self, ReturnStatus};
use entity::row::Meta;
use entity::schools::school;
use sea_orm::{ActiveEnum, QueryFilter, QueryOrder, QuerySelect};
use time::Date;
use utoipa::ToSchema;

use super::transition::{CLOSE, OPEN};
use super::{COLLECTIONS, Collection, NewCollection};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};
use crate::outcomes::school_return::SchoolReturn;
use crate::schools::rules::OPEN as OPEN_SCHOOLS;

routes! { WriteOutcomes: open_collection, close_collection, copy_collection }

/// Opens a collection: schools answer it from now on.
#[utoipa::path(
    post,
    path = "/collections/{id}/open",
    request_body = Option<Reason>,
    responses((status = 200, body = Collection)),
)]
async fn open_collection(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Collection>(&can, id.0, &OPEN, body.value.reason).await
}

/// Closes a collection: no school sends its return any more.
#[utoipa::path(
    post,
    path = "/collections/{id}/close",
    request_body = Option<Reason>,
    responses((status = 200, body = Collection)),
)]
async fn close_collection(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Collection>(&can, id.0, &CLOSE, body.value.reason).await
}

/// Which year a copy is for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectionCopy {
    /// The title; the one of the collection if absent.
    #[schema(min_length = 1, max_length = 200, example = "Yearly return 2015/16")]
    pub title: Option<String>,
    /// The academic year of the copy.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2015/16")]
    pub academic_year: String,
    /// The day by which schools answer.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2016-10-14")]
    pub due_on: Date,
}

/// Copies a collection for another year, as a draft with the same form.
///
/// Each line asks for the edition of its measure that is in use now.
#[utoipa::path(post, path = "/collections/{id}/copy", responses((status = 201, body = Collection)))]
async fn copy_collection(can: Can<WriteOutcomes>, id: Id, form: Json<CollectionCopy>) -> Result<Reply> {
    let form = form.into_inner();
    Write::run(&can, async |write| {
        let form = form.clone();
        let of = write.row::<collection::Entity>(id.0).await?;
        can.expect_writes_hub(COLLECTIONS)?;
        let lines = of.lines.iter().cloned().map(|mut line| {
            line.definition_id = None;
            line
        });
        let copy = NewCollection {
            title: form.title.unwrap_or(of.title),
            academic_year: form.academic_year,
            due_on: form.due_on,
            guidance: of.guidance,
            lines: lines.collect(),
        };
        let copy = write.create::<Collection>(copy).await?;
        crud::answer::<Collection>(&can, &copy, true)
    })
    .await
}

impl Lifecycle for Collection {
    async fn admit(write: &Write, _: &collection::Model, _: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(COLLECTIONS)
    }

    async fn enter(write: &mut Write, row: &mut collection::Model, verb: &Verb) -> Result<()> {
        row.status = CollectionStatus::try_from_value(&verb.to.to_owned())?;
        let now = Some(write.now());
        if row.status == CollectionStatus::Closed {
            row.closed_at = now;
            return Ok(());
        }
        super::settle_lines(write, row).await?;
        row.opened_at = row.opened_at.or(now);
        row.closed_at = None;
        make_returns(write, row).await
    }
}

/// Makes a return for each open school in scope that has none.
async fn make_returns(write: &mut Write, collection: &collection::Model) -> Result<()> {
    let caller = write.caller().clone();
    let asked = caller.rows_archived::<school_return::Entity>();
    let asked = asked.filter(school_return::Column::CollectionId.eq(collection.id));
    let asked: Vec<Uuid> =
        asked.select_only().column(school_return::Column::SchoolId).into_tuple().all(write.tx()).await?;
    let asked: HashSet<Uuid> = asked.into_iter().collect();
    let schools = caller
        .rows::<school::Entity>()
        .filter(school::Column::InScope.eq(true))
        .filter(school::Column::Status.is_in(OPEN_SCHOOLS))
        .order_by_asc(school::Column::Id);
    let schools: Vec<Uuid> = schools.select_only().column(school::Column::Id).into_tuple().all(write.tx()).await?;
    let new = schools.into_iter().filter(|school| !asked.contains(school)).enumerate();
    let rows = new.map(|(at, school_id)| {
        // One row has the id that examples name, where such ids are given.
        let meta = if at == 0 { write.meta_of::<school_return::Entity>() } else { write.meta() };
        fresh(meta, collection.id, school_id)
    });
    let rows: Vec<_> = rows.collect();
    write.create_many::<SchoolReturn>(rows).await
}

/// A return that nobody has begun.
const fn fresh(meta: Meta, collection_id: Uuid, school_id: Uuid) -> school_return::Model {
    school_return::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        collection_id,
        school_id,
        status: ReturnStatus::Draft,
        note: None,
        submitted_at: None,
        estimated_lines: None,
        decided_at: None,
        status_reason: None,
    }
}

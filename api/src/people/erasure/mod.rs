//! The erasure of a person from everything that the hub keeps, as a job.

mod work;

use std::collections::HashSet;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::cell::json as write_json;
use entity::identity::hub;
use entity::instant::Instant;
use entity::kernel::job::{self, JobState};
use entity::list::Strings;
use entity::owned::Owned;
use entity::people::erasure::{self, ErasedIn, ErasedInList};
use entity::people::person;
use entity::row::{Meta, Row};
use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::spellings::Spellings;
use crate::kernel::caller::state::State;
use crate::kernel::document::openapi::API;
use crate::kernel::operations::erase;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::{self as kernel_job, Kind};

/// The fields of a person that texts elsewhere may repeat.
const REPEATED: [&str; 3] = ["name", "email", "telephone"];

/// The erasure of a person, or its rehearsal. It has the id of its job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Erasure {
    /// The item's id: a UUIDv7, given by the service. It is also the id of the job.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// Why.
    #[schema(max_length = 500, example = "Asked for it by letter of 4 March 2026")]
    pub reason: String,
    /// True if nothing was changed: the counts say what would have been.
    #[schema(example = false)]
    pub dry_run: bool,
    /// The address of the job, which tells whether it is still at work, and cancels it.
    #[schema(max_length = 200, example = "/api/v1/jobs/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub job_href: String,
    /// Where the person was named, kind by kind.
    #[schema(value_type = Vec<ErasedIn>, max_items = 200, example = json!([{ "resource": "visit", "rows": 3 }]))]
    pub found: ErasedInList,
    /// How many rows named the person.
    #[schema(minimum = 0, example = 12)]
    pub rows: i32,
    /// How many files named the person, and were removed.
    #[schema(minimum = 0, example = 1)]
    pub files_removed: i32,
    /// How many files of the hub are pictures, PDF or damaged: nobody but a person can say whether they name somebody.
    #[schema(minimum = 0, example = 4)]
    pub files_unread: i32,
    /// 1 when created, one more with each change; the number in its `ETag`.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// When its counts last changed.
    pub updated_at: Instant,
}

impl Erasure {
    /// Its job. A run that was interrupted is begun again, and goes on after the last step that was stored.
    pub const KIND: Kind = Kind {
        name: "erase-person",
        interrupted: "the service was stopped too often while a person was erased: ask for it again",
        attempts: 10,
        every: None,
        work: Some(|job| Box::pin(work::all(job))),
        follow: None,
    };

    /// The address of the record of a job.
    #[must_use]
    pub fn location(id: Uuid) -> String {
        format!("{API}/erasures/{id}")
    }
}

impl Fields for Erasure {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<Uuid>(&["person_id"]),
        column::<String>(&["reason"]),
        column::<bool>(&["dry_run"]),
        Field {
            name: "job_href",
            columns: &["id"],
            write: |row, at, out| write_json(&kernel_job::href(row.try_get_by_index(at)?), out),
        },
        column::<ErasedInList>(&["found"]),
        column::<i32>(&["rows"]),
        column::<i32>(&["files_removed"]),
        column::<i32>(&["files_unread"]),
        column::<i64>(&["version"]),
        column::<Instant>(&["created_at"]),
        column::<Instant>(&["updated_at"]),
    ];
}

impl From<&erasure::Model> for Erasure {
    fn from(row: &erasure::Model) -> Self {
        Self {
            id: row.id,
            person_id: row.person_id,
            reason: row.reason.clone(),
            dry_run: row.dry_run,
            job_href: kernel_job::href(row.id),
            found: row.found.clone(),
            rows: row.rows,
            files_removed: row.files_removed,
            files_unread: row.files_unread,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Listed for Erasure {
    type Entity = erasure::Entity;
    type Filter = ErasureFilter;

    const SORTS: &'static [(&'static str, erasure::Column)] =
        &[("created_at", erasure::Column::CreatedAt), ("updated_at", erasure::Column::UpdatedAt)];
}

/// Narrows the list of erasures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErasureFilter {
    /// Only erasures of this person.
    pub person_id: Option<Uuid>,
    /// True for rehearsals, false for erasures that are meant.
    pub dry_run: Option<bool>,
}

impl Filter<erasure::Entity> for ErasureFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(erasure::Column::PersonId, self.person_id))
            .add_option(is(erasure::Column::DryRun, self.dry_run))
    }
}

/// How a text may call a person.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 3, max_length = 200, example = "Mrs Marlow")]
pub struct Spelling(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Whom to erase, and what to look for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// The person, who is archived.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// Why. No names of people: the reason stays.
    #[schema(min_length = 1, max_length = 500, example = "Asked for it by letter of 4 March 2026")]
    pub reason: String,
    /// Other spellings that texts of the hub may have, such as "Mrs Marlow": at least three characters each. Each is
    /// replaced wherever it stands as words of its own, whomever it means.
    #[serde(default)]
    #[schema(value_type = Vec<Spelling>, max_items = 20, example = json!(["Mrs Marlow"]))]
    pub also: Vec<String>,
    /// True to count only.
    #[serde(default)]
    #[schema(example = true)]
    pub dry_run: bool,
}

routes! {
    ReadPeople: list_erasures, get_erasure;
    WritePeople: create_erasure;
}

/// Lists the erasures of people.
#[utoipa::path(get, path = "/erasures", params(List<Erasure>), responses((status = 200, body = Page<Erasure>)))]
async fn list_erasures(can: Can<ReadPeople>, list: List<Erasure>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Gets the erasure of a person.
#[utoipa::path(get, path = "/erasures/{id}", params(Show<Erasure>), responses((status = 200, body = Erasure)))]
async fn get_erasure(can: Can<ReadPeople>, id: Id, show: Show<Erasure>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Erases a person, for good.
///
/// The person's fields are emptied. The name, the e-mail addresses and the telephone numbers that the person has or had
/// are replaced by `(erased)` in all texts of the hub: in items of every state, in the log, in the names of files, and
/// in what is kept of imports and of repeated requests. A file with text that names the person is removed. References
/// and figures stay, and so do the files that finance got. People who were merged into the person go with the person.
/// It is done by a job, which `GET /jobs/{id}` follows; the reply, kept up to date at `/erasures/{id}`, counts what
/// came of it. Another person of the same name is named by the same words: rehearse with `dry_run` first. 409 for a
/// person who is not archived, or whose user is not, and while another erasure is at work.
#[utoipa::path(
    post,
    path = "/erasures",
    request_body = NewErasure,
    responses((status = 202, description = "The erasure, which has a job.", body = Erasure)),
)]
async fn create_erasure(can: Can<WritePeople>, form: Json<NewErasure>) -> Result<Reply> {
    let form = form.into_inner();
    let reply = Write::run(&can, async |write| {
        write.hold::<hub::Entity>(write.caller().hub_id).await?;
        let person = admitted(write, &form).await?;
        let NewErasure { reason, also, dry_run, .. } = form.clone();
        let row = begin(write, &[person], &How { reason, also, dry_run }).await?.remove(0);
        let reply = Reply::json(StatusCode::ACCEPTED, &Erasure::from(&row))?;
        Ok(reply.with(LOCATION, kernel_job::href(row.id)).version(row.version))
    })
    .await?;
    kernel_job::hurry(can.state());
    Ok(reply)
}

/// The person to erase, once nothing keeps that from happening.
async fn admitted(write: &Write, form: &NewErasure) -> Result<person::Model> {
    let people = write.rows_archived::<person::Entity>(person::Column::Id.eq(form.person_id).into_condition()).await?;
    let unknown = || Problem::invalid("/person_id", "unknown_reference", "there is no such person");
    let person = people.into_iter().next().ok_or_else(unknown)?;
    if person.archived_at.is_none() && !form.dry_run {
        return Err(Problem::conflict("cannot erase a person whom others refer to: archive the person first"));
    }
    if person.erased_at.is_some() {
        return Err(Problem::conflict("cannot erase a person twice: everything personal is gone already"));
    }
    let detail = "cannot erase two people at a time: wait for the end of the job that erases, or cancel it";
    kernel_job::expect_none(write, &Erasure::KIND, detail).await?;
    Ok(person)
}

/// How people are to be erased.
pub struct How {
    /// Why.
    pub reason: String,
    /// Other spellings than the rows have or had.
    pub also: Vec<String>,
    /// True to count only.
    pub dry_run: bool,
}

/// Makes the records of erasures, with their jobs.
///
/// # Errors
/// When the database is away.
pub async fn begin(write: &Write, people: &[person::Model], how: &How) -> Result<Vec<erasure::Model>> {
    let merged = merged(write, people.iter().map(|person| person.id).collect()).await?;
    let ids: Vec<Uuid> = people.iter().chain(&merged).map(|person| person.id).collect();
    let past = erase::past_texts(write, person::Entity::table(), &ids, &REPEATED).await?;
    let mut jobs = Vec::with_capacity(people.len());
    let mut records = Vec::with_capacity(people.len());
    for person in people {
        let own = same_as(person.id, &merged);
        let rows = std::iter::once(person).chain(merged.iter().filter(|other| own.contains(&other.id)));
        let now = rows.flat_map(|row| [Some(row.name.clone()), row.email.clone(), row.telephone.clone()]).flatten();
        let past = past.iter().filter(|(id, _)| own.contains(id)).map(|(_, text)| text.clone());
        let known = now.chain(past).flat_map(|text| Spellings::of_name(&text));
        let spellings = Spellings::new(known.chain(how.also.clone()));
        let job = kernel_job::fresh(write.meta(), write.caller().actor, &Erasure::KIND);
        records.push(fresh(job.meta(), person, (how.reason.clone(), how.dry_run), spellings.into_texts().into()));
        jobs.push(job);
    }
    write.insert_rows::<job::Entity>(&jobs).await?;
    write.insert_rows::<erasure::Entity>(&records).await?;
    Ok(records)
}

/// Everybody who turned out to be one of these people, at any remove.
///
/// # Errors
/// When the database is away.
pub async fn merged(write: &Write, people: Vec<Uuid>) -> Result<Vec<person::Model>> {
    let mut all: Vec<person::Model> = Vec::new();
    let mut into = people;
    while !into.is_empty() {
        let found = person::Column::MergedIntoId.is_in(into).into_condition();
        let found = write.rows_archived::<person::Entity>(found).await?;
        into = found.iter().map(|person| person.id).collect();
        all.extend(found);
    }
    Ok(all)
}

/// The person, and the merged people who turned out to be the person.
fn same_as(person: Uuid, merged: &[person::Model]) -> Vec<Uuid> {
    let mut own = vec![person];
    // They come in the order in which they lead to the person.
    for other in merged {
        if other.merged_into_id.is_some_and(|into| own.contains(&into)) {
            own.push(other.id);
        }
    }
    own
}

/// The people whose erasure has begun and not ended.
///
/// # Errors
/// When the database is away.
pub async fn under_way<C: ConnectionTrait>(caller: &Caller, db: &C) -> Result<HashSet<Uuid>> {
    let open = caller.rows::<job::Entity>().filter(job::Column::Kind.eq(Erasure::KIND.name));
    let open = open.filter(job::Column::State.is_in(JobState::OPEN)).select_only().column(job::Column::Id);
    let open = caller.rows::<erasure::Entity>().filter(erasure::Column::Id.in_subquery(open.into_query()));
    let open: Vec<Uuid> = open.select_only().column(erasure::Column::PersonId).into_tuple().all(db).await?;
    Ok(open.into_iter().collect())
}

/// Forgets what erasures looked for whose jobs have ended, by a cancellation say. Those that were done have forgotten
/// it.
///
/// # Errors
/// When the database is away.
#[expect(clippy::disallowed_methods, reason = "the erasures of all hubs")]
pub async fn forget_ended(state: &State) -> Result<()> {
    let open = job::Entity::find().filter(job::Column::Kind.eq(Erasure::KIND.name));
    let open = open.filter(job::Column::State.is_in(JobState::OPEN)).select_only().column(job::Column::Id);
    let tx = state.db.begin_write().await?;
    erasure::Entity::update_many()
        .col_expr(erasure::Column::Spellings, Expr::value(None::<Value>))
        .filter(erasure::Column::Spellings.is_not_null())
        .filter(erasure::Column::Id.not_in_subquery(open.into_query()))
        .exec(&tx)
        .await?;
    Ok(state.db.commit(tx).await?)
}

/// The record of an erasure that has not begun.
#[must_use]
pub fn fresh(
    meta: Meta,
    person: &person::Model,
    (reason, dry_run): (String, bool),
    spellings: Strings,
) -> erasure::Model {
    erasure::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        person_id: person.id,
        reason,
        dry_run,
        spellings: Some(spellings),
        found: ErasedInList::default(),
        rows: 0,
        files_removed: 0,
        files_unread: 0,
        steps_done: 0,
    }
}

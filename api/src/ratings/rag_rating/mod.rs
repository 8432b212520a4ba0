//! Ratings of schools.

mod filter;
pub mod lifecycle;
pub mod transition;

use entity::instant::Instant;
use entity::ratings::parts::{RatingColour, Score, Scores};
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus, SupportCode};
use entity::schools::school;
use entity::visits::visit;
use sea_orm::QueryFilter;
use time::Date;

use self::filter::RagRatingFilter;
use super::rag_scheme::RagScheme;
use super::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::school::School;

record! {
    /// How much a school needs support on a day.
    ///
    /// A rating that was computed is a suggestion until somebody accepts it. One that was given by hand or after a
    /// visit counts at once, and needs a reason. The current rating of a school is the latest one that counts and has
    /// not expired. The school sees a rating once it is shared.
    RagRating from NewRagRating in rag_rating {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// How much the school needs support.
        #[schema(example = "amber")]
        colour: RatingColour,
        /// Why. Needed unless it is computed. The school reads it once the rating is shared. No pupil names;
        /// safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "The only music teacher leaves at Easter")]
        reason: Option<String>,
        /// The day for which it holds first.
        #[serde(with = "entity::date")]
        #[schema(example = "2015-01-20")]
        on_date: Date,
        /// The last day on which it holds. Needed unless it is computed.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2027-12-31")]
        valid_until: Option<Date>,
        /// Where the rating comes from. Only `visit` and `by_hand` can be sent.
        #[schema(example = "by_hand")]
        source: RatingSource,
        /// The visit that it comes from, where `source` is `visit`: one that was made.
        #[schema(example = json!(null))]
        visit_id: Option<Uuid>,
        /// What support the school gets.
        #[schema(example = "targeted")]
        support_code: Option<SupportCode>,
    }
    initial {
        scheme_id: None,
        need: None,
        scores: Scores::default(),
        status: RatingStatus::Accepted,
        decided_at: None,
        shared_on: None,
    }
    computed {
        /// The edition of the scheme by which it was computed; absent for others.
        #[schema(example = json!(null))]
        scheme_id: Option<Uuid>,
        /// The computed need of support.
        #[schema(minimum = 0, maximum = 100, example = 50)]
        need: Option<i32>,
        /// What each criterion of the scheme found, in its order, with the data that it used. Empty unless computed.
        #[schema(value_type = Vec<Score>, max_items = 20)]
        scores: Scores,
        /// Whether it counts; changed by `accept` and `dismiss`.
        #[schema(example = "accepted")]
        status: RatingStatus,
        /// When it was accepted, dismissed, or given.
        decided_at: Option<Instant>,
        /// The day from which the school sees it; set by `share`.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        shared_on: Option<Date>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The scheme, when asked for with `expand=scheme`.
        scheme: RagScheme,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for RagRating {
    type Entity = rag_rating::Entity;
    type Form = NewRagRating;
    type Filter = RagRatingFilter;

    const PATH: &'static str = "/rag-ratings";
    const READ: Scope = Scope::ReadRatings;
    const SORTS: &'static [(&'static str, rag_rating::Column)] = &[
        ("on_date", rag_rating::Column::OnDate),
        ("valid_until", rag_rating::Column::ValidUntil),
        ("updated_at", rag_rating::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["reason"];
    const COUNTS: &'static [&'static str] = &["colour", "status", "source", "support_code"];
    const EXPANDS: &'static [&'static str] = &["school", "scheme", "actions"];
    const IF_MATCH: bool = true;

    fn refs(form: &NewRagRating) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<visit::Entity>("/visit_id", form.visit_id)
    }

    fn faults(form: &NewRagRating) -> Vec<Fault> {
        rules::rating(form)
    }

    fn school(row: &rag_rating::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, rag_rating::Model>) -> Result<()> {
        let today = write.caller().today();
        match (step.operation, step.before) {
            (Operation::Create, _) => {
                step.after.decided_at = Some(write.now());
                let mut faults = rules::new_rating(step.after, today);
                faults.extend(wrong_visit(write, step.after).await?);
                if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
            }
            (Operation::Update, Some(before)) => {
                rules::change(before, step.after, today)?;
                let fault = wrong_visit(write, step.after).await?;
                fault.map_or(Ok(()), |fault| Err(Problem::faults(vec![fault])))
            }
            (Operation::Archive, _) => rules::removable(step.after),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[rag_rating::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "scheme" => expand::one::<RagScheme>(caller, db, rows.iter().map(|row| row.scheme_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Finds a visit to another school, or one that was not made.
async fn wrong_visit(write: &Write, row: &rag_rating::Model) -> Result<Option<Fault>> {
    let Some(id) = row.visit_id else { return Ok(None) };
    let visit = write.caller().rows::<visit::Entity>().filter(visit::Column::Id.eq(id)).one(write.tx()).await?;
    let Some(visit) = visit else { return Ok(None) };
    let message = if visit.school_id != row.school_id {
        "the visit was made to another school".to_owned()
    } else if visit.completed_on.is_none() {
        format!("the visit is {} and was not made", visit.status)
    } else {
        return Ok(None);
    };
    Ok(Some(Fault::new("/visit_id", "unknown_reference", message)))
}

routes! {
    ReadRatings: list_rag_ratings, count_rag_ratings, export_rag_ratings, get_rag_rating;
    WriteRatings: create_rag_rating, update_rag_rating, archive_rag_rating, restore_rag_rating;
    ReadRatings: list_rag_rating_history;
}

/// Lists the ratings of schools.
///
/// A school sees its own ratings that are shared with it. A specialist leader sees ratings of the schools that the
/// leader is assigned to.
#[utoipa::path(get, path = "/rag-ratings", params(List<RagRating>), responses((status = 200, body = Page<RagRating>)))]
async fn list_rag_ratings(can: Can<ReadRatings>, list: List<RagRating>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the ratings by one or two of their fields.
///
/// With `current=true` and `by=colour`: how many schools have each colour.
#[utoipa::path(
    get,
    path = "/rag-ratings/counts",
    params(CountBy<RagRating>),
    responses((status = 200, body = Counts)),
)]
async fn count_rag_ratings(can: Can<ReadRatings>, by: CountBy<RagRating>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the ratings.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/rag-ratings/export",
    params(Export<RagRating>),
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
async fn export_rag_ratings(can: Can<ReadRatings>, export: Export<RagRating>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Gives a school a rating, by hand or after a visit.
///
/// It counts at once.
#[utoipa::path(post, path = "/rag-ratings", responses((status = 201, body = RagRating)))]
async fn create_rag_rating(can: Can<WriteRatings>, form: Json<NewRagRating>) -> Result<Reply> {
    crud::create::<RagRating>(&can, form).await
}

/// Gets a rating.
#[utoipa::path(get, path = "/rag-ratings/{id}", params(Show<RagRating>), responses((status = 200, body = RagRating)))]
async fn get_rag_rating(can: Can<ReadRatings>, id: Id, show: Show<RagRating>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a rating that is not shared yet.
///
/// A computed one keeps its colour, date and scores.
#[utoipa::path(patch, path = "/rag-ratings/{id}", responses((status = 200, body = RagRating)))]
async fn update_rag_rating(can: Can<WriteRatings>, id: Id, patch: Patch<NewRagRating>) -> Result<Reply> {
    crud::update::<RagRating>(&can, id.0, patch).await
}

/// Archives a rating that was given by mistake.
///
/// A computed one is dismissed instead, and a shared one stays.
#[utoipa::path(delete, path = "/rag-ratings/{id}", responses((status = 204)))]
async fn archive_rag_rating(can: Can<WriteRatings>, id: Id) -> Result<Reply> {
    crud::archive::<RagRating>(&can, id.0).await
}

/// Restores an archived rating.
#[utoipa::path(post, path = "/rag-ratings/{id}/restore", responses((status = 200, body = RagRating)))]
async fn restore_rag_rating(can: Can<WriteRatings>, id: Id) -> Result<Reply> {
    crud::restore::<RagRating>(&can, id.0).await
}

/// Shows the history of a rating.
#[utoipa::path(
    get,
    path = "/rag-ratings/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_rag_rating_history(can: Can<ReadRatings>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<RagRating>(&can, id.0, &part).await
}

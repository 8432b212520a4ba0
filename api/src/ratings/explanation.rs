//! What a scheme makes of one school, without a rating of it.

use entity::ratings::parts::{RatingColour, Score, Scores};
use entity::ratings::rag_rating::SupportCode;
use entity::ratings::rag_scheme;
use entity::schools::school;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::compute;
use crate::kernel::base::problem::Code;
use crate::kernel::database::db::Transaction;
use crate::kernel::prelude::*;

/// What a scheme makes of a school on a day: nothing of it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingExplanation {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The edition of the scheme.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub scheme_id: Uuid,
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, example = "2015-01-20")]
    pub on_date: Date,
    /// The colour that the school would get; null if too few criteria have data.
    pub colour: Option<RatingColour>,
    /// The need of support; null if too few criteria have data.
    #[schema(minimum = 0, maximum = 100, example = 50)]
    pub need: Option<i32>,
    /// The support that the scheme gives to the colour.
    pub support_code: Option<SupportCode>,
    /// What each criterion found, in the order of the scheme, with the data that it used.
    #[schema(value_type = Vec<Score>, max_items = 20)]
    pub scores: Scores,
}

/// Which school, as on which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplanationQuery {
    /// The school; the first one in scope, by name, if absent.
    pub school_id: Option<Uuid>,
    /// The day; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-01-20")]
    pub on_date: Option<Date>,
}

routes! { WriteRatings: explain_rag_scheme }

/// Explains what a scheme makes of one school, criterion by criterion.
///
/// A draft is explained too, so that its thresholds can be tried out.
#[utoipa::path(
    get,
    path = "/rag-schemes/{id}/explanation",
    params(ExplanationQuery),
    responses((status = 200, body = RatingExplanation)),
)]
async fn explain_rag_scheme(can: Can<WriteRatings>, id: Id, query: Query<ExplanationQuery>) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let scheme = can.rows::<rag_scheme::Entity>().filter(rag_scheme::Column::Id.eq(id.0)).one(&db).await?;
    let scheme = scheme.ok_or_else(Problem::not_found)?;
    let school_id = school_of(&can, &db, query.school_id).await?;
    let on_date = query.on_date.unwrap_or_else(|| can.today());
    let computed = compute::schools(&can, &db, &scheme, &[school_id], on_date).await?.into_iter().next();
    let computed = computed.ok_or_else(Problem::not_found)?;
    Reply::ok(&RatingExplanation {
        school_id,
        scheme_id: scheme.id,
        on_date,
        colour: computed.verdict.map(|verdict| verdict.colour),
        need: computed.verdict.map(|verdict| verdict.need),
        support_code: computed.verdict.map(|verdict| verdict.support),
        scores: computed.scores,
    })
}

/// The school that is asked for, or the first by name.
async fn school_of(caller: &Caller, db: &Transaction, asked: Option<Uuid>) -> Result<Uuid> {
    use school::Column;

    let schools = caller.rows::<school::Entity>().select_only().column(Column::Id).limit(1);
    let school = match asked {
        Some(id) => schools.filter(Column::Id.eq(id)),
        None => schools.filter(Column::InScope.eq(true)).order_by_asc(Column::NameKey).order_by_asc(Column::Id),
    };
    let found: Option<Uuid> = school.into_tuple().one(db).await?;
    found.ok_or_else(|| {
        let message = "there is no such school";
        let fault = Fault::new("?school_id", "unknown_reference", message);
        Problem::new(Code::BadParameter, format!("?school_id: {message}")).with(fault)
    })
}

//! Schools that have published no summary of a music development plan for a year.

use entity::outcomes::school_plan_record;
use entity::schools::school::{self, SchoolPhase, SchoolStatus};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::academic_year;
use crate::kernel::prelude::*;

/// A school in scope without a published summary.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MissingSummary {
    /// The school's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
    /// Unique Reference Number: six digits; absent outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Phase of education.
    #[schema(example = "primary")]
    pub phase: SchoolPhase,
    /// The area that it lies in.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
}

impl Fields for MissingSummary {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        name: String,
        urn: Option<i32>,
        phase: SchoolPhase,
        area_id: Option<Uuid>,
    };
}

impl Listed for MissingSummary {
    type Entity = school::Entity;
    type Filter = MissingSummaryFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] = &[("name", school::Column::NameKey)];
    const COUNTS: &'static [&'static str] = &["phase", "area_id"];
}

/// Narrows the list of schools without a summary.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MissingSummaryFilter {
    /// The academic year, from September to August; the one of today if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2016/17")]
    pub academic_year: Option<String>,
    /// Any of these phases.
    #[serde(default)]
    #[param(max_items = 8)]
    pub phase: Vec<SchoolPhase>,
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 200)]
    pub area_id: Vec<Uuid>,
}

impl Filter<school::Entity> for MissingSummaryFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use school_plan_record::Column;

        let published = caller
            .rows::<school_plan_record::Entity>()
            .filter(
                Column::AcademicYear.eq(self.academic_year.clone().unwrap_or_else(|| academic_year(caller.today()))),
            )
            .filter(Column::SummaryPublishedOn.is_not_null())
            .select_only()
            .column(Column::SchoolId)
            .into_query();
        Condition::all()
            .add(school::Column::InScope.eq(true))
            .add(school::Column::Status.is_in([SchoolStatus::Open, SchoolStatus::ProposedToClose]))
            .add(school::Column::Id.not_in_subquery(published))
            .add_option(any_of(school::Column::Phase, &self.phase))
            .add_option(any_of(school::Column::AreaId, &self.area_id))
    }
}

routes! { ReadOutcomes: list_missing_summaries, count_missing_summaries }

/// Lists the open schools in scope that have published no summary of a music development plan for a year.
///
/// A school is listed whether or not it has a record for the year.
#[utoipa::path(
    get,
    path = "/missing-summaries",
    params(List<MissingSummary>),
    responses((status = 200, body = Page<MissingSummary>)),
)]
async fn list_missing_summaries(can: Can<ReadOutcomes>, list: List<MissingSummary>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the open schools in scope that have published no summary for a year.
#[utoipa::path(
    get,
    path = "/missing-summaries/counts",
    params(CountBy<MissingSummary>),
    responses((status = 200, body = Counts)),
)]
async fn count_missing_summaries(can: Can<ReadOutcomes>, by: CountBy<MissingSummary>) -> Result<Reply> {
    crud::counts(&can, by).await
}

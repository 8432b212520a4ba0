//! Music in schools' plans.

use entity::outcomes::school_plan_record::{self, Column};
use entity::owned::{Fence, Owned};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ExprTrait, IdenStatic};
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Deserialize, ReportReading, Result, Scope};
use crate::schools::store::reported::{self, ReportedSchools};

/// A name under which records are read within another statement.
const LATER: &str = "later";

entity::choice! {
    /// Where music stands in a school's plans.
    #[example = "development_plan"]
    pub enum MusicInPlan {
        /// In the school development plan.
        DevelopmentPlan = "development_plan",
        /// In the school's self-evaluation.
        SelfEvaluation = "self_evaluation",
        /// In the plan: First Access.
        FirstAccess = "first_access",
        /// In the plan: continuation.
        Continuation = "continuation",
        /// In the plan: singing.
        Singing = "singing",
        /// In the plan: partnership.
        Partnership = "partnership",
        /// In a music development plan of its own.
        MusicDevelopmentPlan = "music_development_plan",
    }
}

impl MusicInPlan {
    const fn column(self) -> Column {
        match self {
            Self::DevelopmentPlan => Column::InDevelopmentPlan,
            Self::SelfEvaluation => Column::InSelfEvaluation,
            Self::FirstAccess => Column::IncludesFirstAccess,
            Self::Continuation => Column::IncludesContinuation,
            Self::Singing => Column::IncludesSinging,
            Self::Partnership => Column::IncludesPartnership,
            Self::MusicDevelopmentPlan => Column::HasPlan,
        }
    }
}

/// Which plans of schools a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SchoolPlansCounted {
    /// Where music is to stand; in the school development plan if absent.
    within: Option<MusicInPlan>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Schools whose plans name music.
pub struct PlansWithMusic;

impl Metric for PlansWithMusic {
    type Filter = SchoolPlansCounted;

    const CODE: &'static str = "plans_with_music";
    const MEANING: &'static str = "Schools in whose development plan music stood when it was last checked, by the \
                                   day, of the schools in scope.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: SchoolPlansCounted) -> Result<Counted> {
        let own = |column: Column| Expr::col((school_plan_record::Entity, column));
        let later = |column: Column| Expr::col((Alias::new(LATER), Alias::new(column.as_str())));
        let fence = Fence { table: LATER, ..school_plan_record::Entity::fence() };
        let mut newer = Query::select();
        newer
            .expr(Expr::val(1))
            .from_as(school_plan_record::Entity, Alias::new(LATER))
            .cond_where(reading.caller.sees(&fence))
            .and_where(later(Column::ArchivedAt).is_null())
            .and_where(later(Column::SchoolId).eq(own(Column::SchoolId)))
            .and_where(later(Column::CheckedOn).lte(reading.as_at))
            .and_where(
                Expr::tuple([later(Column::CheckedOn), later(Column::AcademicYear)])
                    .gt(Expr::tuple([own(Column::CheckedOn), own(Column::AcademicYear)])),
            );
        let within = filter.within.unwrap_or(MusicInPlan::DevelopmentPlan);
        let mut records = reading.caller.statement::<school_plan_record::Entity>(false);
        records
            .expr_as(own(Column::SchoolId), Alias::new("id"))
            .expr_as(own(Column::CheckedOn), Alias::new("on_date"))
            .expr_as(own(Column::SchoolId), Alias::new("school_id"))
            .and_where(Column::CheckedOn.lte(reading.as_at))
            .and_where(within.column().eq(true))
            .and_where(Expr::exists(newer).not());
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(records, population))
    }
}

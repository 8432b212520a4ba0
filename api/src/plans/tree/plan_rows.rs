//! All rows of a plan, read and written in one statement for each table.

use entity::owned::Owned;
use entity::plans::{budget_line, cohort, milestone, objective, plan, plan_year, resource_line, strand, target};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::children::Child;
use crate::kernel::resource::traits::RowOf;
use crate::kernel::resource::write::Write;
use crate::plans::live::OnDay;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::cohort::Cohort;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::objective::Objective;
use crate::plans::nodes::plan_year::PlanYear;
use crate::plans::nodes::resource_line::ResourceLine;
use crate::plans::nodes::strand::Strand;
use crate::plans::nodes::target::Target;
use crate::plans::plan::Plan;

/// A plan's rows, each table in the order of the plan.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The plan.
    pub plan: plan::Model,
    /// Its years.
    pub years: Vec<plan_year::Model>,
    /// Its cohorts.
    pub cohorts: Vec<cohort::Model>,
    /// Its objectives.
    pub objectives: Vec<objective::Model>,
    /// Their strands.
    pub strands: Vec<strand::Model>,
    /// Their targets.
    pub targets: Vec<target::Model>,
    /// Their milestones.
    pub milestones: Vec<milestone::Model>,
    /// What they need.
    pub resources: Vec<resource_line::Model>,
    /// What they cost.
    pub budget: Vec<budget_line::Model>,
}

impl Rows {
    /// The rows of a plan that has no nodes yet.
    #[must_use]
    pub const fn of(plan: plan::Model) -> Self {
        Self {
            plan,
            years: Vec::new(),
            cohorts: Vec::new(),
            objectives: Vec::new(),
            strands: Vec::new(),
            targets: Vec::new(),
            milestones: Vec::new(),
            resources: Vec::new(),
            budget: Vec::new(),
        }
    }

    /// Loads the rows of a plan as the caller sees them.
    ///
    /// # Errors
    /// 404 when the plan is not there for the caller.
    pub async fn load(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid) -> Result<Self> {
        Ok(Self {
            plan: plan(caller, db, plan_id).await?,
            years: part::<PlanYear>(caller, db, plan_id).await?,
            cohorts: part::<Cohort>(caller, db, plan_id).await?,
            objectives: part::<Objective>(caller, db, plan_id).await?,
            strands: part::<Strand>(caller, db, plan_id).await?,
            targets: part::<Target>(caller, db, plan_id).await?,
            milestones: part::<Milestone>(caller, db, plan_id).await?,
            resources: part::<ResourceLine>(caller, db, plan_id).await?,
            budget: part::<BudgetLine>(caller, db, plan_id).await?,
        })
    }

    /// A plan with its years, objectives and targets: what its progress is worked out from.
    ///
    /// # Errors
    /// 404 when the plan is not there for the caller.
    pub async fn load_targets(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid) -> Result<Self> {
        Ok(Self {
            years: part::<PlanYear>(caller, db, plan_id).await?,
            objectives: part::<Objective>(caller, db, plan_id).await?,
            targets: part::<Target>(caller, db, plan_id).await?,
            ..Self::of(plan(caller, db, plan_id).await?)
        })
    }

    /// The targets as on a day, each with its year.
    pub fn on_day(&self, as_at: Date) -> impl Iterator<Item = OnDay<'_>> {
        self.targets.iter().map(move |target| {
            let year = self.years.iter().find(|year| year.id == target.plan_year_id);
            OnDay { target, year, as_at }
        })
    }

    /// Makes them all, with their entries in the log.
    pub async fn insert(self, write: &mut Write) -> Result<()> {
        write.create_many::<Plan>(vec![self.plan]).await?;
        write.create_many::<PlanYear>(self.years).await?;
        write.create_many::<Cohort>(self.cohorts).await?;
        write.create_many::<Objective>(self.objectives).await?;
        write.create_many::<Strand>(self.strands).await?;
        write.create_many::<Target>(self.targets).await?;
        write.create_many::<Milestone>(self.milestones).await?;
        write.create_many::<ResourceLine>(self.resources).await?;
        write.create_many::<BudgetLine>(self.budget).await
    }
}

async fn plan(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid) -> Result<plan::Model> {
    let plan = caller.rows::<plan::Entity>().filter(plan::Column::Id.eq(plan_id));
    plan.one(db).await?.ok_or_else(Problem::not_found)
}

/// The nodes of one kind in the order of the plan: that of their first sort key.
async fn part<N: Child>(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid) -> Result<Vec<RowOf<N>>> {
    let mut rows = caller.rows::<N::Entity>().filter(N::ROOT.eq(plan_id));
    if let Some((_, column)) = N::SORTS.first() {
        rows = rows.order_by_asc(*column);
    }
    Ok(rows.order_by_asc(N::Entity::id()).all(db).await?)
}

//! The day for which a plan is shown where none is asked for.

use std::collections::HashMap;

use entity::plans::{plan_year, target};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::plans::live::OnDay;

entity::choice! {
    /// Why a plan is shown as on a day.
    pub enum AsAtReason {
        /// The request asked for the day by `as_at`.
        Asked = "asked",
        /// Today is one of the plan's own days, or the plan has no years yet.
        Today = "today",
        /// The plan is over: its last day.
        LastDay = "last_day",
        /// The plan has not begun: its first day.
        FirstDay = "first_day",
    }
}

/// The day for which a status was computed, and why that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AsAtDay {
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01")]
    pub as_at: Date,
    /// Why that day.
    #[schema(example = "today")]
    pub as_at_reason: AsAtReason,
}

impl AsAtDay {
    /// The day that was asked for, else today within the plan's own days, else the nearest of them.
    pub fn of<'a>(asked: Option<Date>, years: impl IntoIterator<Item = &'a plan_year::Model>, today: Date) -> Self {
        if let Some(as_at) = asked {
            return Self { as_at, as_at_reason: AsAtReason::Asked };
        }
        let days = years.into_iter().map(|year| (year.first_day, year.last_day));
        let days = days.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)));
        let (as_at, as_at_reason) = match days {
            Some((_, last)) if today > last => (last, AsAtReason::LastDay),
            Some((first, _)) if today < first => (first, AsAtReason::FirstDay),
            _ => (today, AsAtReason::Today),
        };
        Self { as_at, as_at_reason }
    }
}

/// The years of some plans, and for each plan the day for which it is shown.
pub struct Days {
    /// The years, archived ones too.
    pub years: HashMap<Uuid, plan_year::Model>,
    /// The days, by plan.
    pub by_plan: HashMap<Uuid, AsAtDay>,
}

impl Days {
    /// Reads the years of plans in one statement.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn load(
        caller: &Caller,
        db: &impl ConnectionTrait,
        plan_ids: impl IntoIterator<Item = Uuid>,
        asked: Option<Date>,
    ) -> Result<Self> {
        let mut plans: Vec<Uuid> = plan_ids.into_iter().collect();
        plans.sort_unstable();
        plans.dedup();
        let years = caller.rows_archived::<plan_year::Entity>();
        let years = years.filter(plan_year::Column::PlanId.is_in(plans.iter().copied())).all(db).await?;
        let by_plan = plans.into_iter().map(|plan| {
            let own = years.iter().filter(|year| year.plan_id == plan && year.archived_at.is_none());
            (plan, AsAtDay::of(asked, own, caller.today()))
        });
        let by_plan = by_plan.collect();
        Ok(Self { by_plan, years: years.into_iter().map(|year| (year.id, year)).collect() })
    }

    /// Targets as on the days of their plans.
    pub fn of<'a>(&'a self, targets: &'a [target::Model]) -> impl Iterator<Item = OnDay<'a>> {
        targets.iter().filter_map(|target| {
            let as_at = self.by_plan.get(&target.plan_id)?.as_at;
            Some(OnDay { target, year: self.years.get(&target.plan_year_id), as_at })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::row::Meta;
    use time::macros::date;

    use crate::kernel::resource::traits::Form;
    use crate::plans::nodes::plan_year::NewPlanYear;

    #[test]
    fn a_plan_is_shown_as_on_the_nearest_of_its_own_days() {
        let year = |first_day, last_day| {
            let form = NewPlanYear { plan_id: Uuid::nil(), label: String::new(), first_day, last_day };
            form.into_row(Meta::unset())
        };
        let years =
            [year(date!(2015 - 04 - 01), date!(2016 - 03 - 31)), year(date!(2014 - 02 - 01), date!(2015 - 03 - 31))];
        let day = |asked, today| {
            let AsAtDay { as_at, as_at_reason } = AsAtDay::of(asked, &years, today);
            (as_at, as_at_reason)
        };
        assert_eq!(day(None, date!(2015 - 04 - 01)), (date!(2015 - 04 - 01), AsAtReason::Today));
        assert_eq!(day(None, date!(2026 - 01 - 12)), (date!(2016 - 03 - 31), AsAtReason::LastDay));
        assert_eq!(day(None, date!(2014 - 01 - 31)), (date!(2014 - 02 - 01), AsAtReason::FirstDay));
        let asked = date!(2030 - 01 - 01);
        assert_eq!(day(Some(asked), date!(2015 - 04 - 01)), (asked, AsAtReason::Asked));
        let today = date!(2026 - 01 - 12);
        assert_eq!(AsAtDay::of(None, [], today).as_at_reason, AsAtReason::Today);
    }
}

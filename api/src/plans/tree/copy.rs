//! A plan copied to a new draft: to a plan of its own, or to the next revision of the same plan.

use std::collections::{HashMap, HashSet};

use entity::list::Ids;
use entity::owned::Owned;
use entity::plans::parts::{Due, Dues};
use entity::plans::plan::{self, PlanStatus};
use entity::plans::{budget_line, cohort, cohort_member, objective, plan_year, strand};
use entity::row::{Meta, Row};
use sea_orm::prelude::Json;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Deserialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan_rows::Rows;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::write::Write;
use crate::plans::nodes::cohort_member::CohortMember;
use crate::plans::plan::{Plan, add_author};

/// How a plan is copied.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyPlan {
    /// The title of the copy; that of the plan if absent.
    #[schema(min_length = 1, max_length = 200, example = "Schools Music Education Plan 2016-2018")]
    pub title: Option<String>,
    /// By how many years every day moves.
    #[schema(minimum = -50, maximum = 50, example = 2)]
    pub shift_years: Option<i32>,
}

/// Copies a plan with its tree.
///
/// # Errors
/// 404 when it is not there for the caller; 422 for days beyond the calendar.
pub async fn copy(caller: &Caller, id: Uuid, wanted: &CopyPlan) -> Result<Reply> {
    Write::run(caller, async |write| {
        let rows = Rows::load(caller, write.tx(), id).await?;
        let shift = Shift(wanted.shift_years.unwrap_or(0));
        let kind = CopyKind::Plan { title: wanted.title.clone() };
        let plan = renew(write, rows, shift, kind).await?;
        crud::answer::<Plan>(caller, &plan, true)
    })
    .await
}

/// Makes the draft of the next revision of a plan, which keeps its days, what was done and what was spent. Years up to
/// the one that is over are left out with their targets and milestones: the targets of the next year become the targets
/// of the first. Where no year comes after it, or none is over, everything is kept.
///
/// # Errors
/// 404 when the plan is not there for the caller.
pub async fn revise(write: &mut Write, plan_id: Uuid, over: Option<Uuid>) -> Result<plan::Model> {
    let mut rows = Rows::load(write.caller(), write.tx(), plan_id).await?;
    let over = over.and_then(|over| rows.years.iter().find(|year| year.id == over)).map(|year| year.last_day);
    if let Some(last) = over.filter(|last| rows.years.iter().any(|year| year.first_day > *last)) {
        rows.years.retain(|year| year.first_day > last);
        let kept: HashSet<Uuid> = rows.years.iter().map(|year| year.id).collect();
        rows.targets.retain(|row| kept.contains(&row.plan_year_id));
        rows.milestones.retain(|row| kept.contains(&row.plan_year_id));
        renumber(&mut rows);
    }
    renew(write, rows, Shift(0), CopyKind::Revision).await
}

/// Closes the gaps that rows leave which are left out, objective by objective. The rows come in the order of their
/// positions.
fn renumber(rows: &mut Rows) {
    let mut targets = Places::default();
    rows.targets.iter_mut().for_each(|row| row.position = targets.next(row.objective_id));
    let mut milestones = Places::default();
    rows.milestones.iter_mut().for_each(|row| row.position = milestones.next(row.objective_id));
}

/// The last position given among the rows of each objective.
#[derive(Default)]
struct Places(HashMap<Uuid, i32>);

impl Places {
    fn next(&mut self, objective: Uuid) -> i32 {
        let place = self.0.entry(objective).or_default();
        *place += 1;
        *place
    }
}

/// What a copy is to be.
enum CopyKind {
    /// A plan of its own.
    Plan { title: Option<String> },
    /// The next revision of the plan.
    Revision,
}

async fn renew(write: &mut Write, rows: Rows, shift: Shift, kind: CopyKind) -> Result<plan::Model> {
    let members = write.caller().rows::<cohort_member::Entity>();
    let members = members.filter(cohort_member::Column::PlanId.eq(rows.plan.id)).all(write.tx()).await?;
    let mut renewal = Renewal { write, ids: HashMap::new(), shift, kind };
    let new = renewal.rows(rows)?;
    let members = renewal.members(members, new.plan.id);
    let plan = new.plan.clone();
    new.insert(write).await?;
    write.create_many::<CohortMember>(members).await?;
    Ok(plan)
}

/// Gives rows new ids, and takes away what happened to them unless they go on in a revision.
struct Renewal<'a> {
    write: &'a Write,
    /// The new ids by table and old id: one id may stand in several tables.
    ids: HashMap<(&'static str, Uuid), Uuid>,
    shift: Shift,
    kind: CopyKind,
}

impl Renewal<'_> {
    fn rows(&mut self, mut rows: Rows) -> Result<Rows> {
        let old = rows.plan.id;
        let goes_on = matches!(self.kind, CopyKind::Revision);
        self.meta(&mut rows.plan);
        let (title, revision, supersedes_id) = match &self.kind {
            CopyKind::Plan { title } => (title.clone(), 1, None),
            CopyKind::Revision => (None, rows.plan.revision + 1, Some(old)),
        };
        rows.plan = plan::Model {
            title: title.unwrap_or(rows.plan.title),
            status: PlanStatus::Draft,
            revision,
            copied_from_id: Some(old),
            supersedes_id,
            proposed_at: None,
            activated_at: None,
            closed_at: None,
            author_ids: Ids::default(),
            ..rows.plan
        };
        add_author(&mut rows.plan, self.write.caller());
        let plan_id = rows.plan.id;
        for row in &mut rows.years {
            self.meta(row);
            row.plan_id = plan_id;
            row.label = self.shift.label(&row.label);
            row.first_day = self.shift.day(row.first_day)?;
            row.last_day = self.shift.day(row.last_day)?;
        }
        for row in &mut rows.cohorts {
            self.meta(row);
            row.plan_id = plan_id;
            row.plan_year_id = self.other::<plan_year::Entity>(row.plan_year_id);
            row.frozen_on = row.frozen_on.filter(|_| goes_on);
        }
        for row in &mut rows.objectives {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
        }
        for row in &mut rows.strands {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
            row.objective_id = self.new_id::<objective::Entity>(row.objective_id);
        }
        for row in &mut rows.budget {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
            row.objective_id = self.new_id::<objective::Entity>(row.objective_id);
            row.strand_id = self.other::<strand::Entity>(row.strand_id);
            row.spent_pence = row.spent_pence.filter(|_| goes_on);
            row.spent_days = row.spent_days.filter(|_| goes_on);
        }
        for row in &mut rows.targets {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
            row.objective_id = self.new_id::<objective::Entity>(row.objective_id);
            row.plan_year_id = self.new_id::<plan_year::Entity>(row.plan_year_id);
            row.cohort_id = self.other::<cohort::Entity>(row.cohort_id);
            row.strand_ids = self.new_ids::<strand::Entity>(&row.strand_ids);
            row.starts_on = row.starts_on.map(|day| self.shift.day(day)).transpose()?;
            row.dues = self.shift.dues(&row.dues, goes_on)?;
            row.metric_filter = row.metric_filter.take().map(|filter| self.filter(filter));
        }
        for row in &mut rows.milestones {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
            row.objective_id = self.new_id::<objective::Entity>(row.objective_id);
            row.plan_year_id = self.new_id::<plan_year::Entity>(row.plan_year_id);
            row.strand_ids = self.new_ids::<strand::Entity>(&row.strand_ids);
            row.dues = self.shift.dues(&row.dues, goes_on)?;
        }
        for row in &mut rows.resources {
            row.lineage_id = Some(row.lineage());
            self.meta(row);
            row.plan_id = plan_id;
            row.objective_id = self.new_id::<objective::Entity>(row.objective_id);
            row.strand_id = self.other::<strand::Entity>(row.strand_id);
        }
        Ok(rows)
    }

    /// The filter of a metric, in which the plan and its budget lines are the new ones.
    fn filter(&self, mut filter: Json) -> Json {
        let new = |field: &str, old: Uuid| match field {
            "plan_id" => self.other::<plan::Entity>(Some(old)),
            "budget_line_id" => self.other::<budget_line::Entity>(Some(old)),
            _ => None,
        };
        for (field, value) in filter.as_object_mut().into_iter().flatten() {
            for id in value.as_array_mut().into_iter().flatten() {
                let old = id.as_str().and_then(|id| Uuid::try_parse(id).ok());
                if let Some(new) = old.and_then(|old| new(field, old)) {
                    *id = new.to_string().into();
                }
            }
        }
        filter
    }

    fn members(&mut self, mut members: Vec<cohort_member::Model>, plan_id: Uuid) -> Vec<cohort_member::Model> {
        // A cohort that is archived is not copied, and its schools neither.
        members.retain(|row| self.ids.contains_key(&key::<cohort::Entity>(row.cohort_id)));
        for row in &mut members {
            self.meta(row);
            row.plan_id = plan_id;
            row.cohort_id = self.new_id::<cohort::Entity>(row.cohort_id);
        }
        members
    }

    /// A new row of its own, known by its old id.
    fn meta<M: Row>(&mut self, row: &mut M)
    where
        M::Entity: Owned,
    {
        let meta: Meta = self.write.meta();
        self.ids.insert(key::<M::Entity>(row.id()), meta.id);
        row.set_meta(meta);
    }

    fn new_id<E: Owned>(&self, old: Uuid) -> Uuid {
        // What a node names that is archived is not copied; the database then refuses the copy.
        self.other::<E>(Some(old)).unwrap_or(old)
    }

    fn other<E: Owned>(&self, old: Option<Uuid>) -> Option<Uuid> {
        old.and_then(|old| self.ids.get(&key::<E>(old)).copied())
    }

    fn new_ids<E: Owned>(&self, old: &Ids) -> Ids {
        old.iter().filter_map(|old| self.other::<E>(Some(*old))).collect()
    }
}

fn key<E: Owned>(id: Uuid) -> (&'static str, Uuid) {
    (E::table(), id)
}

/// So many years later, or earlier.
#[derive(Clone, Copy)]
struct Shift(i32);

impl Shift {
    fn day(self, day: Date) -> Result<Date> {
        let year = day.year() + self.0;
        let same = day.replace_year(year);
        // Only 29 February has no counterpart in another year.
        let day = same.or_else(|_| Date::from_calendar_date(year, day.month(), day.day() - 1));
        day.ok()
            .filter(|day| (1..=9999).contains(&day.year()))
            .ok_or_else(|| Problem::invalid("/shift_years", "out_of_range", "no day leaves the years 1 to 9999"))
    }

    fn dues(self, dues: &Dues, goes_on: bool) -> Result<Dues> {
        let shifted = dues.iter().map(|due| {
            Ok(Due {
                first_day: self.day(due.first_day)?,
                last_day: self.day(due.last_day)?,
                precision: due.precision,
                label: self.label(&due.label),
                done_on: due.done_on.filter(|_| goes_on),
            })
        });
        shifted.collect()
    }

    /// The years in a label such as "Oct 2014 and Feb 2015" or "2014/15", moved likewise.
    fn label(self, label: &str) -> String {
        let mut moved = String::with_capacity(label.len());
        let mut rest = label;
        let mut after_year = false;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, from) = rest.split_at(at);
            let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
            let (digits, remaining) = from.split_at(end);
            moved.push_str(before);
            let number: i32 = digits.parse().unwrap_or(0);
            let year = digits.len() == 4 && (1900..2200).contains(&number);
            let short = digits.len() == 2 && after_year && matches!(before, "/" | "-" | "–");
            if year {
                moved.push_str(&(number + self.0).to_string());
            } else if short {
                moved.push_str(&format!("{:02}", (number + self.0).rem_euclid(100)));
            } else {
                moved.push_str(digits);
            }
            after_year = year;
            rest = remaining;
        }
        moved + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn days_move_by_whole_years() {
        let shift = Shift(2);
        assert_eq!(shift.day(date!(2014 - 05 - 31)).unwrap(), date!(2016 - 05 - 31));
        assert_eq!(shift.day(date!(2016 - 02 - 29)).unwrap(), date!(2018 - 02 - 28));
        assert!(Shift(50).day(date!(9990 - 01 - 01)).is_err());
    }

    #[test]
    fn labels_name_the_years_they_moved_to() {
        let label = |text| Shift(2).label(text);
        assert_eq!(label("2014/15"), "2016/17");
        assert_eq!(label("1998/99"), "2000/01");
        assert_eq!(label("Oct 2014 and Feb 2015"), "Oct 2016 and Feb 2017");
        assert_eq!(label("30 Apr 2014, by 12"), "30 Apr 2016, by 12");
        assert_eq!(label("Spring term"), "Spring term");
        assert_eq!(Shift(0).label("May–June 2014"), "May–June 2014");
    }
}

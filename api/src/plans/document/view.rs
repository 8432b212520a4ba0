//! The plan as it is printed, in any form: rows, and in each row the cells of its columns.

use entity::date;
use entity::partners::partner::PartnerRole;
use entity::plans::budget_line::BudgetKind;
use entity::plans::plan::{PlanKind, PlanStatus};
use entity::plans::progress_update::Opinion;
use entity::plans::target::{Comparator, TargetUnit};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::plans::progress::as_at::AsAtReason;
use crate::plans::progress::status::Status;
use crate::plans::text::{Sentence, ShortText};

/// A plan set out as its printed document, with the words behind every code.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanDocument {
    /// The plan.
    pub plan_id: Uuid,
    /// The name of the hub whose plan it is.
    #[schema(max_length = 200, example = "Leicester-Shire Music Education Hub")]
    pub hub_name: String,
    /// What the plan is for.
    pub kind: PlanKind,
    /// How far the plan has come.
    pub status: PlanStatus,
    /// 1 for the first, one more with each that supersedes it.
    #[schema(minimum = 1, example = 1)]
    pub revision: i32,
    /// The plan's title.
    #[schema(max_length = 300, example = "Schools Music Education Plan 2014–2016")]
    pub title: String,
    /// The motto at the foot of each page.
    #[schema(max_length = 300, example = "Review, reflect and revise")]
    pub motto: Option<String>,
    /// Who leads the plan.
    #[schema(max_length = 300, example = "Governing and Executive Groups of the hub")]
    pub lead_group: Option<String>,
    /// Names of people and groups who support the plan.
    #[schema(value_type = Vec<ShortText>, max_items = 50)]
    pub supporters: Vec<String>,
    /// Acknowledgement of the funders.
    #[schema(max_length = 1000, example = "Made possible by public funding.")]
    pub acknowledgement: Option<String>,
    /// The day for which every status was computed.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-02-01")]
    pub as_at: Date,
    /// Why that day.
    #[schema(example = "asked")]
    pub as_at_reason: AsAtReason,
    /// True if budgets, approvals and progress are left out, as they are for schools.
    pub for_schools: bool,
    /// Approvals of the plan since it was proposed, the oldest first; empty for schools.
    #[schema(max_items = 100)]
    pub approvals: Vec<DocumentApproval>,
    /// The plan's years in order of time.
    #[schema(max_items = 10)]
    pub years: Vec<DocumentYear>,
    /// The headings of the columns, in order.
    #[schema(max_items = 8)]
    pub columns: Vec<DocumentColumn>,
    /// How many targets have each status; empty for schools.
    #[schema(max_items = 5)]
    pub standing: Vec<DocumentStanding>,
    /// The objectives in order of their numbers.
    #[schema(max_items = 50)]
    pub objectives: Vec<DocumentObjective>,
    /// The glossary, in order of its codes.
    #[schema(max_items = 1000)]
    pub glossary: Vec<DocumentTerm>,
    /// The partners, in order of their names.
    #[schema(max_items = 10000)]
    pub partners: Vec<DocumentPartner>,
    /// What the marks beside partners mean; only marks that occur.
    #[schema(max_items = 4)]
    pub marks: Vec<DocumentMark>,
}

impl PlanDocument {
    /// Returns true if the document has a column.
    #[must_use]
    pub fn has(&self, key: ColumnKey) -> bool {
        self.columns.iter().any(|column| column.key == key)
    }
}

/// An approval of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentApproval {
    /// The group that approved the plan.
    #[schema(max_length = 200, example = "Governing Group")]
    pub body: String,
    /// The day on which it did.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-02-05")]
    pub approved_on: Date,
    /// The place in the minutes of its meeting.
    #[schema(max_length = 200, example = "GOV 2014-02-05, item 4")]
    pub minute_reference: Option<String>,
}

/// One of the plan's years.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentYear {
    /// Its label.
    #[schema(max_length = 40, example = "2014/15")]
    pub label: String,
    /// Its first day.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-04-01")]
    pub first_day: Date,
    /// Its last day.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
    pub last_day: Date,
}

/// A column of the document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentColumn {
    /// What stands in it; `budget` is absent for schools, `next_years` where nothing is planned
    /// for a later year.
    pub key: ColumnKey,
    /// Its heading in this plan.
    #[schema(max_length = 80, example = "2014/15 targets and milestones")]
    pub heading: String,
}

entity::choice! {
    /// A column of a plan's document.
    pub enum ColumnKey {
        /// The objective and its strands.
        Objective = "objective",
        /// What it takes, in words.
        ActionsAndResources = "actions_and_resources",
        /// Who leads.
        Leads = "leads",
        /// Targets and milestones of the plan's first year.
        TargetsAndMilestones = "targets_and_milestones",
        /// When each of them is due.
        ByWhen = "by_when",
        /// Who monitors.
        Monitor = "monitor",
        /// What it costs.
        Budget = "budget",
        /// Targets and milestones of the years after the first.
        NextYears = "next_years",
    }
}

/// How many targets have a status.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentStanding {
    /// The status.
    pub status: Status,
    /// How many targets have it.
    #[schema(minimum = 1, example = 12)]
    pub targets: usize,
}

/// An objective with its rows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentObjective {
    /// Its number.
    #[schema(minimum = 1, example = 1)]
    pub number: i32,
    /// Its title.
    #[schema(max_length = 500, example = "Build communication and engagement with schools")]
    pub title: String,
    /// Functions of the hub that it serves.
    #[schema(value_type = Vec<ShortText>, max_items = 50)]
    pub functions: Vec<String>,
    /// The first row is of the objective as a whole, each other of one strand.
    #[schema(max_items = 51)]
    pub rows: Vec<DocumentRow>,
}

/// A row of the document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentRow {
    /// The strand; absent in the row of the whole objective.
    pub strand: Option<DocumentStrand>,
    /// What it takes.
    #[schema(value_type = Vec<Sentence>, max_items = 100)]
    pub resources: Vec<String>,
    /// Who leads: the strand's own leads, or the objective's.
    #[schema(max_items = 20)]
    pub leads: Vec<DocumentParty>,
    /// Who monitors: the strand's own monitors, or the objective's.
    #[schema(max_items = 20)]
    pub monitors: Vec<DocumentParty>,
    /// Targets and milestones of the plan's first year, in order of time. One that names several
    /// strands stands in the row of the first.
    #[schema(max_items = 400)]
    pub items: Vec<DocumentItem>,
    /// What it costs; empty for schools.
    #[schema(max_items = 100)]
    pub budget: Vec<DocumentBudget>,
    /// Targets and milestones of later years, in order of time.
    #[schema(max_items = 400)]
    pub later: Vec<DocumentItem>,
}

/// A strand of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentStrand {
    /// Its label.
    #[schema(max_length = 20, example = "iii")]
    pub label: String,
    /// What is to be done.
    #[schema(max_length = 4000, example = "Find Champion Head Teachers")]
    pub text: String,
}

/// Someone who leads or monitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DocumentParty {
    /// As the document prints it: a role's code, or a name.
    #[schema(max_length = 300, example = "HoS")]
    pub label: String,
    /// What the code stands for in the glossary.
    #[schema(max_length = 1000, example = "Head of Service")]
    pub meaning: Option<String>,
}

entity::choice! {
    /// What stands in a line of the document.
    pub enum ItemKind {
        /// Something to be reached.
        Target = "target",
        /// A step on the way, done or not.
        Milestone = "milestone",
    }
}

/// A target or a milestone.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentItem {
    /// The target or milestone.
    pub id: Uuid,
    /// Which of the two it is.
    pub kind: ItemKind,
    /// The label of its plan year.
    #[schema(max_length = 40, example = "2014/15")]
    pub year: Option<String>,
    /// The labels of all strands that it names.
    #[schema(value_type = Vec<ShortText>, max_items = 50)]
    pub strands: Vec<String>,
    /// What is to be reached.
    #[schema(max_length = 4000, example = "60 % of schools are visited in year 1")]
    pub statement: String,
    /// The figure to be reached; absent for a target in words.
    pub aim: Option<DocumentAim>,
    /// Who leads: its own leads, else its strands', else the objective's.
    #[schema(max_items = 100)]
    pub leads: Vec<DocumentParty>,
    /// Who monitors: its own monitors, else its strands', else the objective's.
    #[schema(max_items = 100)]
    pub monitors: Vec<DocumentParty>,
    /// When it is due.
    #[schema(max_items = 50)]
    pub by_when: Vec<DocumentDue>,
    /// How the target stands on the document's day; absent for milestones, and for schools.
    pub status: Option<Status>,
    /// The latest figure accepted by the document's day, or the computed figure of a live target; absent for schools.
    pub reached: Option<DocumentFigure>,
    /// The opinion of the latest accepted update that gave one; absent for schools.
    pub opinion: Option<Opinion>,
}

/// The figure that a target is to reach.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentAim {
    /// The figure before the work began.
    #[schema(example = 0)]
    pub baseline: Option<f64>,
    /// How the figure is compared with `value`.
    pub comparator: Comparator,
    /// The figure to be reached.
    #[schema(example = 60)]
    pub value: f64,
    /// What is counted.
    pub unit: Option<TargetUnit>,
    /// Who or what is counted, in words.
    #[schema(max_length = 1000, example = "all schools in scope")]
    pub population: Option<String>,
}

/// A figure reported and accepted, or computed from the hub's own records.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentFigure {
    /// The figure, in the target's unit.
    #[schema(example = 53)]
    pub value: f64,
    /// The day it was true of.
    #[serde(with = "date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-10-24")]
    pub on: Option<Date>,
    /// What a computed percentage is made of: what counts; absent where the figure was reported.
    #[schema(example = 148.0)]
    pub numerator: Option<f64>,
    /// What could count.
    #[schema(example = 240.0)]
    pub denominator: Option<f64>,
    /// What the denominator counts.
    #[schema(max_length = 100, example = "schools in scope")]
    pub scope: Option<String>,
}

/// When something is due.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentDue {
    /// As the plan words it.
    #[schema(max_length = 80, example = "May–June 2014")]
    pub label: String,
    /// The first day on which it is due.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-05-01")]
    pub first_day: Date,
    /// The last day on which it is due.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-06-30")]
    pub last_day: Date,
    /// The day on which it was done, if that is not after the document's day; absent for schools.
    #[serde(with = "date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-06-12")]
    pub done_on: Option<Date>,
    /// True if it is a day to be kept by doing something, its last day is over and it was not
    /// done. Never for what is held against a figure, and never for schools.
    pub overdue: bool,
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentBudget {
    /// How it is paid for.
    pub kind: BudgetKind,
    /// Where the money comes from.
    #[schema(max_length = 300, example = "Supply cover")]
    pub source: Option<String>,
    /// What it is for.
    #[schema(max_length = 2000, example = "Supply cover for 6 school-based staff")]
    pub text: Option<String>,
    /// How much, in pence.
    #[schema(minimum = 0, example = 700_000)]
    pub amount_pence: Option<i64>,
    /// How many days.
    #[schema(minimum = 0, example = 10)]
    pub days: Option<f64>,
    /// How much of it is spent, in pence.
    #[schema(minimum = 0, example = 525_000)]
    pub spent_pence: Option<i64>,
    /// How many of the days are spent.
    #[schema(minimum = 0, example = 8)]
    pub spent_days: Option<f64>,
}

/// A short form and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentTerm {
    /// The short form.
    #[schema(max_length = 40, example = "SLE")]
    pub code: String,
    /// What it means.
    #[schema(max_length = 1000, example = "Specialist Leader in Education")]
    pub meaning: String,
}

/// A partner of the hub.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentPartner {
    /// The partner's name.
    #[schema(max_length = 300, example = "De Montfort Hall")]
    pub name: String,
    /// Its marks, explained in `marks`; often none.
    #[schema(max_length = 4, example = "+")]
    pub marks: String,
    /// What it does for the plan.
    #[schema(max_items = 10)]
    pub roles: Vec<PartnerRole>,
}

/// A mark beside partners.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentMark {
    /// The mark.
    #[schema(max_length = 1, example = "+")]
    pub mark: String,
    /// What it means.
    #[schema(max_length = 200, example = "performance venue")]
    pub meaning: String,
}

//! A plan's tree as it is sent to create it: nodes name one another by labels.

use entity::list::Strings;
use entity::plans::budget_line::BudgetKind;
use entity::plans::parts::{Due, Dues, Parties, Party};
use entity::plans::target::{Comparator, TargetKind, TargetUnit};
use serde::Deserialize;
use serde_json::Value;
use time::Date;
use utoipa::ToSchema;

use crate::plans::plan::NewPlan;
use crate::plans::text::ShortText;

/// A plan, alone or with its whole tree.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "kind": "school_music_education_plan",
    "title": "Schools Music Education Plan 2016-2018",
    "supporters": ["Arts Council England"],
    "years": [{ "label": "2016/17", "first_day": "2016-04-01", "last_day": "2017-03-31" }],
    "cohorts": [{ "number": 1, "name": "First cohort of schools", "year": "2016/17" }],
    "objectives": [{
        "title": "Share what works between schools",
        "leads": [{ "role_code": "DHoS" }],
        "monitors": [{ "role_code": "HoS" }],
        "strands": [{ "label": "i", "text": "Collect good practice from visits" }],
        "targets": [{
            "year": "2016/17",
            "strands": ["i"],
            "kind": "measured",
            "statement": "Good practice is shared with 50 % of the first cohort",
            "baseline": 0,
            "comparator": "at_least",
            "value": 50,
            "unit": "percent",
            "cohort": 1,
            "dues": [{
                "first_day": "2016-10-01",
                "last_day": "2016-10-31",
                "precision": "month",
                "label": "Oct 2016"
            }]
        }],
        "budget": [{ "kind": "within_roles", "text": "Carried out within existing roles" }]
    }]
}))]
pub struct NewPlanTree {
    /// The plan itself.
    #[serde(flatten)]
    pub plan: NewPlan,
    /// Its years, which share no day.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub years: Vec<YearOutline>,
    /// Its cohorts.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub cohorts: Vec<CohortOutline>,
    /// Its objectives in order.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub objectives: Vec<ObjectiveOutline>,
}

/// A year of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct YearOutline {
    /// As the plan calls it, unique in the plan; targets and milestones name it.
    #[schema(min_length = 1, max_length = 40, example = "2016/17")]
    pub label: String,
    /// Its first day.
    #[serde(with = "entity::date")]
    #[schema(example = "2016-04-01")]
    pub first_day: Date,
    /// Its last day.
    #[serde(with = "entity::date")]
    #[schema(example = "2017-03-31")]
    pub last_day: Date,
}

/// A cohort of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortOutline {
    /// Its number, unique in the plan; targets name it.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub number: i32,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200, example = "First cohort of schools")]
    pub name: String,
    /// The year that it belongs to, by its label.
    #[schema(min_length = 1, max_length = 40, example = "2016/17")]
    pub year: Option<String>,
    /// Which schools are in it, in words.
    #[schema(min_length = 1, max_length = 1000, example = "Schools visited in the first year")]
    pub description: Option<String>,
}

/// An objective of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveOutline {
    /// Its number, if it is given: its place among the plan's objectives, from 1.
    #[schema(minimum = 1, maximum = 50, example = 1)]
    pub number: Option<i32>,
    /// What it is, in one line.
    #[schema(min_length = 1, max_length = 300, example = "Share what works between schools")]
    pub title: String,
    /// Functions of the hub that it serves.
    #[serde(default)]
    #[schema(value_type = Vec<ShortText>, max_items = 20, example = json!(["Core: singing strategy"]))]
    pub functions: Strings,
    /// Who leads it, in order.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "DHoS" }]))]
    pub leads: Parties,
    /// Who monitors it.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "HoS" }]))]
    pub monitors: Parties,
    /// Its strands in order.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub strands: Vec<StrandOutline>,
    /// Its targets in order.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub targets: Vec<TargetOutline>,
    /// Its milestones in order.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub milestones: Vec<MilestoneOutline>,
    /// What it needs, in words.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub resources: Vec<ResourceOutline>,
    /// What it costs.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub budget: Vec<BudgetOutline>,
}

/// A strand of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StrandOutline {
    /// As the plan counts it, unique in the objective; the objective's other nodes name it.
    #[schema(min_length = 1, max_length = 10, example = "i")]
    pub label: String,
    /// What is done.
    #[schema(min_length = 1, max_length = 1000, example = "Collect good practice from visits")]
    pub text: String,
    /// Who leads it. If empty, the leads of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub leads: Parties,
    /// Who monitors it. If empty, the monitors of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub monitors: Parties,
}

/// A target of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetOutline {
    /// The year that it belongs to, by its label.
    #[schema(min_length = 1, max_length = 40, example = "2016/17")]
    pub year: String,
    /// The strands that it belongs to, by their labels. Empty: the objective as a whole.
    #[serde(default)]
    #[schema(value_type = Vec<ShortText>, max_items = 20, example = json!(["i"]))]
    pub strands: Vec<String>,
    /// Whether it is measured or in words.
    #[schema(example = "measured")]
    pub kind: TargetKind,
    /// What is to be reached.
    #[schema(min_length = 1, max_length = 1000, example = "Good practice is shared with 50 % of schools")]
    pub statement: String,
    /// The figure before the work began; measured targets only.
    #[schema(example = 0.0)]
    pub baseline: Option<f64>,
    /// How a figure is held against `value`; needed by a measured target.
    #[schema(example = "at_least")]
    pub comparator: Option<Comparator>,
    /// The figure to reach; needed by a measured target. A percentage is 0 to 100.
    #[schema(example = 50.0)]
    pub value: Option<f64>,
    /// What the figure counts; needed by a measured target.
    #[schema(example = "percent")]
    pub unit: Option<TargetUnit>,
    /// The metric that computes the figure from the hub's own records.
    #[schema(min_length = 1, max_length = 80, pattern = "^[a-z][a-z0-9_]*$", example = json!(null))]
    pub metric: Option<String>,
    /// What the metric counts, in the metric's own terms.
    #[schema(value_type = Option<Object>, example = json!(null))]
    pub metric_filter: Option<Value>,
    /// The cohort that is counted, by its number.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub cohort: Option<i32>,
    /// Who is counted, in words.
    #[schema(min_length = 1, max_length = 500, example = "all schools in scope")]
    pub population: Option<String>,
    /// The day from which progress is expected; the first day of its year if absent.
    #[serde(default, with = "entity::date::option")]
    #[schema(example = json!(null))]
    pub starts_on: Option<Date>,
    /// When it is due, in order of time.
    #[serde(default)]
    #[schema(value_type = Vec<Due>, max_items = 20)]
    pub dues: Dues,
    /// Who leads it. If empty, the leads of its strands, else of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub leads: Parties,
    /// Who monitors it. If empty, the monitors of its strands, else of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub monitors: Parties,
}

/// A milestone of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MilestoneOutline {
    /// The year that it belongs to, by its label.
    #[schema(min_length = 1, max_length = 40, example = "2016/17")]
    pub year: String,
    /// The strands that it belongs to, by their labels. Empty: the objective as a whole.
    #[serde(default)]
    #[schema(value_type = Vec<ShortText>, max_items = 20, example = json!(["i"]))]
    pub strands: Vec<String>,
    /// What is to be done.
    #[schema(min_length = 1, max_length = 1000, example = "Reports are piloted in four schools")]
    pub statement: String,
    /// When it is due, in order of time.
    #[serde(default)]
    #[schema(value_type = Vec<Due>, max_items = 20)]
    pub dues: Dues,
    /// Who leads it. If empty, the leads of its strands, else of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub leads: Parties,
    /// Who monitors it. If empty, the monitors of its strands, else of its objective.
    #[serde(default)]
    #[schema(value_type = Vec<Party>, max_items = 20, example = json!([]))]
    pub monitors: Parties,
}

/// A resource line of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceOutline {
    /// The strand that it belongs to, by its label.
    #[schema(min_length = 1, max_length = 10, example = "i")]
    pub strand: Option<String>,
    /// What is needed.
    #[schema(min_length = 1, max_length = 1000, example = "Time of the business support team")]
    pub text: String,
}

/// A budget line of a new plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetOutline {
    /// The strand that it belongs to, by its label.
    #[schema(min_length = 1, max_length = 10, example = "i")]
    pub strand: Option<String>,
    /// How it is paid for.
    #[schema(example = "cash")]
    pub kind: BudgetKind,
    /// Where it comes from.
    #[schema(min_length = 1, max_length = 200, example = "Supply cover")]
    pub source: Option<String>,
    /// What it is for.
    #[schema(min_length = 1, max_length = 1000, example = "Cover for six school-based staff")]
    pub text: Option<String>,
    /// The sum, in pence, where there is one.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = 700_000)]
    pub amount_pence: Option<i64>,
    /// Days of work, where they are counted.
    #[schema(minimum = 0, maximum = 100_000, example = json!(null))]
    pub days: Option<f64>,
    /// What is spent of the sum so far, in pence.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = json!(null))]
    pub spent_pence: Option<i64>,
    /// Days worked so far.
    #[schema(minimum = 0, maximum = 100_000, example = json!(null))]
    pub spent_days: Option<f64>,
}

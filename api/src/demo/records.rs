//! What the demo is made of: files that stand beside this one, in the forms of the API with names
//! in place of ids.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::awards::ApplicationStory;
use super::capacity::{Named, PostStory};
use super::engagement::Engagement;
use super::evaluations::EvaluationStory;
use super::exams::ExamStory;
use super::measures::Measures;
use super::packages::Sales;
use super::training::EventStory;
use super::visits::VisitStory;
use crate::kernel::base::problem::{Problem, Result};

/// A person of the demo, who may sign in.
#[derive(Clone, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: Option<String>,
    pub telephone: Option<String>,
    pub organisation: Option<String>,
    /// Present for people who sign in.
    pub login: Option<String>,
    pub role: Option<entity::identity::grant::Role>,
    pub school_urn: Option<i32>,
    pub partner: Option<String>,
    #[serde(default)]
    pub contacts: Vec<Contact>,
    #[serde(default)]
    pub assignments: Vec<Assignment>,
    #[serde(default)]
    pub working_groups: Vec<String>,
}

/// A job at a school.
#[derive(Clone, Deserialize)]
pub struct Contact {
    pub school_urn: i32,
    #[serde(flatten)]
    pub form: Map<String, Value>,
}

/// Schools given to a specialist leader.
#[derive(Clone, Deserialize)]
pub struct Assignment {
    pub school_urns: Vec<i32>,
    #[serde(flatten)]
    pub form: Map<String, Value>,
}

/// Progress reported on a target, which is named by a piece of its statement.
#[derive(Clone, Deserialize)]
pub struct Progress {
    pub objective: i32,
    pub target: String,
    #[serde(with = "entity::date")]
    pub on: time::Date,
    pub value: Option<f64>,
    pub opinion: Option<entity::plans::progress_update::Opinion>,
    pub narrative: String,
    pub author: String,
    pub decision: entity::plans::progress_update::Decision,
    pub decided_by: Option<String>,
    #[serde(default, with = "entity::date::option")]
    pub decided_on: Option<time::Date>,
    pub decision_note: Option<String>,
}

/// What was spent of a budget line of the plan, which is named by its source.
#[derive(Clone, Deserialize)]
pub struct Spending {
    pub source: String,
    #[serde(flatten)]
    pub form: Map<String, Value>,
}

/// A smaller plan, and what was reported of it.
#[derive(Clone, Deserialize)]
pub struct Strategy {
    pub plan: Value,
    pub progress: Vec<Progress>,
}

/// A hub with all that the demo has of it.
#[derive(Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "as it is named in the file")]
pub struct Hub {
    pub hub: HubForm,
    #[serde(default)]
    pub areas: Vec<Map<String, Value>>,
    pub schools: Vec<Map<String, Value>>,
    #[serde(default)]
    pub groups: Vec<Map<String, Value>>,
    #[serde(default)]
    pub links: Vec<Map<String, Value>>,
    #[serde(default)]
    pub working_groups: Vec<Map<String, Value>>,
    pub users: Vec<Person>,
    #[serde(default)]
    pub clients: Vec<Value>,
    pub glossary: Vec<Value>,
    pub partners: Vec<Map<String, Value>>,
    pub plan: Value,
    /// The schools of the plan's cohorts, by the numbers of the cohorts.
    #[serde(default)]
    pub cohorts: BTreeMap<i32, Vec<i32>>,
    #[serde(default)]
    pub spending: Vec<Spending>,
    pub progress: Vec<Progress>,
    pub singing: Option<Strategy>,
    #[serde(default)]
    pub school_plan_records: Vec<Map<String, Value>>,
    #[serde(default)]
    pub exam_results: Vec<ExamStory>,
    #[serde(default)]
    pub exam_statistics: Vec<ExamStory>,
    #[serde(default)]
    pub evaluations: Vec<EvaluationStory>,
    #[serde(default)]
    pub award_applications: Vec<ApplicationStory>,
    #[serde(default)]
    pub visits: Vec<VisitStory>,
    #[serde(default)]
    pub posts: Vec<PostStory>,
    #[serde(default)]
    pub designations: Vec<Named>,
    #[serde(default)]
    pub training: Vec<EventStory>,
    #[serde(default)]
    pub packages: Sales,
    #[serde(default)]
    pub engagement: Engagement,
    #[serde(default)]
    pub measures: Measures,
}

/// The hub itself.
#[derive(Clone, Deserialize)]
pub struct HubForm {
    pub slug: String,
    pub name: String,
    pub la_codes: Vec<String>,
    pub lead_organisation: Option<String>,
    pub kinds_in_scope: Vec<entity::schools::school::SchoolKind>,
}

/// The hub of the plan.
///
/// # Errors
/// 500 when a file does not hold what it should.
pub fn leicester_shire() -> Result<Hub> {
    Ok(Hub {
        hub: read(include_str!("hub.json"))?,
        areas: read(include_str!("areas.json"))?,
        schools: read(include_str!("schools.json"))?,
        groups: read(include_str!("groups.json"))?,
        links: read(include_str!("links.json"))?,
        working_groups: read(include_str!("working_groups.json"))?,
        users: read::<Vec<Person>>(include_str!("people.json"))?
            .into_iter()
            .filter(|person| person.login.as_deref() != Some("platform"))
            .collect(),
        clients: read(include_str!("clients.json"))?,
        glossary: read(include_str!("glossary.json"))?,
        partners: read(include_str!("partners.json"))?,
        plan: read(include_str!("plan.json"))?,
        cohorts: read(include_str!("cohorts.json"))?,
        spending: read(include_str!("spending.json"))?,
        progress: read(include_str!("progress.json"))?,
        singing: read(include_str!("singing.json"))?,
        school_plan_records: read(include_str!("school_plan_records.json"))?,
        exam_results: read(include_str!("exam_results.json"))?,
        exam_statistics: read(include_str!("exam_statistics.json"))?,
        evaluations: read(include_str!("evaluations.json"))?,
        award_applications: read(include_str!("award_applications.json"))?,
        visits: read(include_str!("visits.json"))?,
        posts: read(include_str!("posts.json"))?,
        designations: read(include_str!("designations.json"))?,
        training: read(include_str!("training.json"))?,
        packages: read(include_str!("packages.json"))?,
        engagement: read(include_str!("engagement.json"))?,
        measures: read(include_str!("measures.json"))?,
    })
}

/// The second, small hub.
///
/// # Errors
/// 500 when the file does not hold what it should.
pub fn luton() -> Result<Hub> {
    read(include_str!("luton.json"))
}

/// The platform's administrator.
///
/// # Errors
/// 500 when the file does not hold one.
pub fn platform() -> Result<Person> {
    read::<Vec<Person>>(include_str!("people.json"))?
        .into_iter()
        .find(|person| person.login.as_deref() == Some("platform"))
        .ok_or_else(|| Problem::internal("the demo has no platform administrator"))
}

/// Who can sign in: address and role.
#[must_use]
pub fn sign_ins() -> Vec<(String, String)> {
    let people = read::<Vec<Person>>(include_str!("people.json")).unwrap_or_default();
    let others = luton().map(|hub| hub.users).unwrap_or_default();
    people
        .into_iter()
        .chain(others)
        .filter(|person| person.login.is_some())
        .filter_map(|person| Some((person.email?, person.role?.to_string())))
        .collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Problem::internal)
}

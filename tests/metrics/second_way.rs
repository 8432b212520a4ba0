//! The figures of the demo's live targets by a second way: plain loops over the API's own lists, joined here. Neither
//! the SQL of a metric nor the evidence of a target is used.

use std::collections::{BTreeMap, BTreeSet};

use api::kernel::base::clock::day_of;
use entity::instant::Instant;
use serde_json::Value;

use super::{by, holds_on, percent, text};
use crate::support::Caller;

/// The lists that are read, each to its end.
const LISTS: &[&str] = &[
    "attendances",
    "award-applications",
    "budget-lines",
    "budget-spending",
    "cohort-members",
    "communication-recipients",
    "communications",
    "consultation-responses",
    "designations",
    "evaluation-submissions",
    "evaluations",
    "frameworks",
    "measure-values",
    "orders",
    "pilots",
    "plan-years",
    "plans",
    "post-holdings",
    "posts",
    "practice-openings",
    "rag-ratings",
    "school-plan-records",
    "schools",
    "stakeholder-groups",
    "training-events",
    "visits",
    "working-groups",
];

/// How a metric is counted, from what a target asks it.
type Way = fn(&Asked<'_>) -> Found;

/// Each metric with the fields of its filter that the way knows, and the way.
const WAYS: &[(&str, &[&str], Way)] = &[
    ("award_applications", &[], award_applications),
    ("designations", &["role", "organisation", "territory"], designations),
    ("first_access", &["academic_year"], first_access),
    ("frameworks_ready", &["kind"], frameworks_ready),
    ("groups_buy_in", &["kind", "place"], groups_buy_in),
    ("groups_consulted", &["kind", "place"], groups_consulted),
    ("groups_formed", &["kind", "name"], groups_formed),
    ("hub_engagement", &["by"], hub_engagement),
    ("pilots_completed", &["subject"], pilots_completed),
    ("plans_with_music", &[], plans_with_music),
    ("posts_fte", &["role", "funding"], posts_fte),
    ("practice_shared", &["opened"], practice_shared),
    ("ratings", &["colour"], ratings),
    ("schools_reached", &["kind"], schools_reached),
    ("schools_revisited", &[], schools_revisited),
    ("schools_visited", &["kind", "mode", "first"], schools_visited),
    ("sessions_held", &["kind"], sessions_held),
    ("spent", &["source"], spent),
];

/// What the second way finds for a target.
///
/// # Errors
/// Why there is none.
pub fn found(target: &Value, asked: &Asked<'_>) -> Result<Found, String> {
    let code = text(target, "metric");
    let way = WAYS.iter().find(|(known, ..)| *known == code);
    let (_, known, way) = way.ok_or_else(|| format!("`{code}` has no second way"))?;
    let mut fields = asked.filter.as_object().into_iter().flat_map(|filter| filter.keys());
    match fields.find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(format!("the second way of `{code}` knows no `{field}`")),
        None => Ok(way(asked)),
    }
}

/// The rows of the lists.
pub struct Lists {
    rows: BTreeMap<&'static str, Vec<Value>>,
    /// The kinds of school that the hub counts.
    kinds: Value,
}

impl Lists {
    pub async fn read(by: &Caller) -> Self {
        let mut rows = BTreeMap::new();
        for list in LISTS {
            rows.insert(*list, by.all(&format!("/{list}")).await);
        }
        let hub = by.get("/hub").await.expect(200).json();
        Self { rows, kinds: hub["kinds_in_scope"].clone() }
    }

    fn rows(&self, list: &str) -> impl Iterator<Item = &Value> {
        self.rows[list].iter()
    }

    /// The row that another one refers to.
    fn find(&self, list: &str, id: &Value) -> &Value {
        self.rows(list).find(|row| row["id"] == *id).unwrap_or_else(|| panic!("{list} has no {id}"))
    }

    /// The schools that the hub counts on a day.
    fn in_scope(&self, day: &str) -> BTreeSet<String> {
        let kinds = self.kinds.as_array().unwrap();
        let counted = |school: &&Value| match text(school, "status") {
            "open" | "proposed_to_close" => school["in_scope"] == true,
            "closed" => {
                text(school, "closed_on") > day && school["scope_reason"].is_null() && kinds.contains(&school["kind"])
            }
            _ => false,
        };
        ids(self.rows("schools").filter(counted).filter(|school| text(school, "opened_on") <= day), "id")
    }
}

/// What a target asks its metric: its filter, the days on which events count, and the schools among which it counts.
pub struct Asked<'a> {
    lists: &'a Lists,
    filter: &'a Value,
    pub first: String,
    pub last: String,
    schools: BTreeSet<String>,
}

impl<'a> Asked<'a> {
    /// What a target asks as on a day.
    pub fn of(lists: &'a Lists, target: &'a Value, day: &str) -> Self {
        let year = lists.find("plan-years", &target["plan_year_id"]);
        let dues = target["dues"].as_array().unwrap();
        let begins = dues.iter().map(|due| text(due, "first_day")).chain([text(year, "first_day")]).min().unwrap();
        let first = target["starts_on"].as_str().unwrap_or(begins);
        // What happens after its year and its last due is not what it was about.
        let last = day.min(text(year, "last_day").max(text(target, "last_due_on")));
        let schools = match &target["cohort_id"] {
            Value::Null => lists.in_scope(last),
            cohort => ids(lists.rows("cohort-members").filter(|member| member["cohort_id"] == *cohort), "school_id"),
        };
        let filter = &target["metric_filter"];
        Self { lists, filter, first: first.to_owned(), last: last.to_owned(), schools }
    }

    fn rows(&self, list: &str) -> impl Iterator<Item = &'a Value> {
        self.lists.rows(list)
    }

    fn find(&self, list: &str, id: &Value) -> &'a Value {
        self.lists.find(list, id)
    }

    /// The day in a field is one of those on which events count. A moment lies on a day by English clocks.
    fn within(&self, row: &Value, field: &str) -> bool {
        let on = text(row, field);
        let day = match on.len() {
            0 => return false,
            10 => on.to_owned(),
            _ => day_of(serde_json::from_value::<Instant>(row[field].clone()).unwrap()).to_string(),
        };
        (self.first.as_str()..=self.last.as_str()).contains(&day.as_str())
    }

    /// The period of a row holds on the last of the days.
    fn holds(&self, row: &Value, from: &str, to: &str) -> bool {
        holds_on(row, from, to, &self.last)
    }

    /// The filter asks for a value: it names none, the value itself, or a list with the value.
    fn wants(&self, field: &str, value: &Value) -> bool {
        match &self.filter[field] {
            Value::Null => true,
            Value::Array(any) => any.contains(value),
            one => one == value,
        }
    }

    /// The filter asks for the role of a row, however it is written.
    fn wants_role(&self, row: &Value) -> bool {
        let own = |role: &Value| {
            let role = role.as_str().unwrap();
            ["role_code", "role_text"].iter().any(|field| text(row, field).eq_ignore_ascii_case(role))
        };
        self.filter["role"].as_array().is_none_or(|roles| roles.iter().any(own))
    }

    /// Schools that count, among the schools of the target.
    fn share(&self, mut schools: BTreeSet<String>) -> Found {
        schools.retain(|school| self.schools.contains(school));
        Found { among: Some(self.schools.clone()), ..Found::things(schools) }
    }
}

/// What counts, each thing with what it adds, and of a share all things that could count.
pub struct Found {
    pub counts: BTreeMap<String, f64>,
    pub among: Option<BTreeSet<String>>,
}

impl Found {
    /// Things of which each counts as one.
    fn things(ids: BTreeSet<String>) -> Self {
        Self { counts: ids.into_iter().map(|id| (id, 1.0)).collect(), among: None }
    }

    /// Things of which each adds its own amount.
    fn sum<'r>(rows: impl Iterator<Item = &'r Value>, amount: impl Fn(&Value) -> f64) -> Self {
        Self { counts: rows.map(|row| (text(row, "id").to_owned(), amount(row))).collect(), among: None }
    }

    /// The figure, and of a share its numerator and its denominator.
    pub fn figure(&self) -> [Option<f64>; 3] {
        let Some(among) = &self.among else {
            let sum: f64 = self.counts.values().sum();
            return [Some((100.0 * sum).round() / 100.0), None, None];
        };
        let (part, whole) = (self.counts.len(), among.len());
        [(whole > 0).then(|| percent(part, whole)), Some(part as f64), Some(whole as f64)]
    }
}

/// The different ids in a field of rows.
fn ids<'r>(rows: impl Iterator<Item = &'r Value>, field: &str) -> BTreeSet<String> {
    rows.map(|row| text(row, field).to_owned()).filter(|id| !id.is_empty()).collect()
}

/// Of rows that have a field in common the last one, by two fields.
fn last_of_each<'r>(mut rows: Vec<&'r Value>, of: &str, by: [&str; 2]) -> Vec<&'r Value> {
    rows.sort_by_cached_key(|row| by.map(|field| text(row, field).to_owned()));
    // Of the rows of one key the one that comes last is kept.
    let last: BTreeMap<&str, &Value> = rows.into_iter().map(|row| (text(row, of), row)).collect();
    last.into_values().collect()
}

fn schools_visited(asked: &Asked<'_>) -> Found {
    let wanted = |visit: &&Value| asked.wants("kind", &visit["kind"]) && asked.wants("mode", &visit["mode"]);
    let first = |visit: &&Value| asked.filter["first"] != true || !visited_before(asked, visit);
    let made = asked.rows("visits").filter(|visit| asked.within(visit, "completed_on"));
    asked.share(ids(made.filter(wanted).filter(first), "school_id"))
}

fn schools_revisited(asked: &Asked<'_>) -> Found {
    let made = asked.rows("visits").filter(|visit| asked.within(visit, "completed_on"));
    let again = made.filter(|visit| visit["kind"] == "targeted_support" && visited_before(asked, visit));
    asked.share(ids(again, "school_id"))
}

/// The school of a visit had another one on an earlier day.
fn visited_before(asked: &Asked<'_>, visit: &Value) -> bool {
    let same = asked.rows("visits").filter(|other| other["school_id"] == visit["school_id"]);
    let mut days = same.map(|other| text(other, "completed_on")).filter(|day| !day.is_empty());
    days.any(|day| day < text(visit, "completed_on"))
}

fn schools_reached(asked: &Asked<'_>) -> Found {
    let of_message = |row: &&Value| {
        let message = asked.find("communications", &row["communication_id"]);
        asked.wants("kind", &message["kind"]) && asked.within(message, "sent_on")
    };
    let reached = |row: &&Value| row["outcome"] == "reached" && by(row, "reached_on", &asked.last);
    asked.share(ids(asked.rows("communication-recipients").filter(reached).filter(of_message), "school_id"))
}

/// The answers of stakeholder groups that the filter asks for.
fn answers<'a>(asked: &Asked<'a>) -> Vec<&'a Value> {
    let of_group = |row: &&Value| {
        !row["stakeholder_group_id"].is_null() && {
            let group = asked.find("stakeholder-groups", &row["stakeholder_group_id"]);
            asked.wants("kind", &group["kind"]) && asked.wants("place", &group["place"])
        }
    };
    let given = asked.rows("consultation-responses").filter(|row| asked.within(row, "answered_on"));
    given.filter(of_group).collect()
}

fn groups_consulted(asked: &Asked<'_>) -> Found {
    Found::things(ids(answers(asked).into_iter(), "stakeholder_group_id"))
}

fn groups_buy_in(asked: &Asked<'_>) -> Found {
    let answers = answers(asked);
    let among = ids(answers.iter().copied(), "stakeholder_group_id");
    let last = last_of_each(answers, "stakeholder_group_id", ["answered_on", "id"]);
    let backing = last.into_iter().filter(|row| row["buy_in"] == true);
    Found { among: Some(among), ..Found::things(ids(backing, "stakeholder_group_id")) }
}

fn plans_with_music(asked: &Asked<'_>) -> Found {
    let checked = asked.rows("school-plan-records").filter(|row| by(row, "checked_on", &asked.last));
    let last = last_of_each(checked.collect(), "school_id", ["checked_on", "academic_year"]);
    asked.share(ids(last.into_iter().filter(|row| row["in_development_plan"] == true), "school_id"))
}

fn hub_engagement(asked: &Asked<'_>) -> Found {
    let mut schools = BTreeSet::new();
    for kind in asked.filter["by"].as_array().expect("the kinds that count") {
        schools.extend(match kind.as_str() {
            Some("visit") => ids(asked.rows("visits").filter(|row| asked.within(row, "completed_on")), "school_id"),
            Some("order") => {
                let stands = |row: &&Value| asked.within(row, "ordered_on") && !by(row, "cancelled_on", &asked.last);
                ids(asked.rows("orders").filter(stands), "school_id")
            }
            Some("evaluation") => {
                let sent = asked.rows("evaluation-submissions").filter(|row| asked.within(row, "created_at"));
                ids(sent.map(|row| asked.find("evaluations", &row["evaluation_id"])), "school_id")
            }
            Some("training") => {
                let came = |row: &&Value| row["status"] == "attended" && asked.within(row, "attended_on");
                ids(asked.rows("attendances").filter(came), "school_id")
            }
            _ => panic!("the second way knows no engagement by {kind}"),
        });
    }
    asked.share(schools)
}

/// No school of the demo that is counted on these days came from a closed one.
fn first_access(asked: &Asked<'_>) -> Found {
    let begins = match asked.filter["academic_year"].as_str() {
        Some(year) => year[..4].parse::<i32>().unwrap(),
        None => asked.last[..4].parse::<i32>().unwrap() - i32::from(&asked.last[5..7] < "09"),
    };
    let year = format!("{begins}/{:02}", (begins + 1) % 100);
    let has_begun = format!("{begins}-09-01") <= asked.last;
    let total = |row: &&Value| row["definition_code"] == "first_access_pupils" && row["breakdown"] == "";
    let of_year = asked.rows("measure-values").filter(|row| has_begun && row["academic_year"] == year.as_str());
    asked.share(ids(of_year.filter(total).filter(|row| row["value"].as_f64() > Some(0.0)), "school_id"))
}

fn award_applications(asked: &Asked<'_>) -> Found {
    asked.share(ids(asked.rows("award-applications").filter(|row| asked.within(row, "applied_on")), "school_id"))
}

fn practice_shared(asked: &Asked<'_>) -> Found {
    assert_eq!(asked.filter["opened"], true, "the second way knows who opened practice, and not who could");
    asked.share(ids(asked.rows("practice-openings").filter(|row| asked.within(row, "opened_on")), "school_id"))
}

fn ratings(asked: &Asked<'_>) -> Found {
    let holds = |row: &&Value| row["status"] == "accepted" && asked.holds(row, "on_date", "valid_until");
    let holding = asked.rows("rag-ratings").filter(holds).collect();
    let last = last_of_each(holding, "school_id", ["on_date", "id"]);
    asked.share(ids(last.into_iter().filter(|row| asked.wants("colour", &row["colour"])), "school_id"))
}

fn posts_fte(asked: &Asked<'_>) -> Found {
    let held = |post: &&Value| {
        let mut holdings = asked.rows("post-holdings").filter(|holding| holding["post_id"] == post["id"]);
        holdings.any(|holding| asked.holds(holding, "from_on", "to_on"))
    };
    let there = |post: &&Value| post["tentative"] == false && asked.holds(post, "from_on", "to_on");
    let wanted = |post: &&Value| asked.wants_role(post) && asked.wants("funding", &post["funding"]);
    let posts = asked.rows("posts").filter(there).filter(held).filter(wanted);
    Found::sum(posts, |post| post["fte_hundredths"].as_f64().unwrap() / 100.0)
}

fn designations(asked: &Asked<'_>) -> Found {
    let wanted = |row: &&Value| {
        let place = asked.wants("organisation", &row["organisation"]) && asked.wants("territory", &row["territory"]);
        place && asked.wants_role(row)
    };
    let there = asked.rows("designations").filter(|row| asked.holds(row, "from_on", "to_on"));
    Found::things(ids(there.filter(wanted), "person_id"))
}

fn groups_formed(asked: &Asked<'_>) -> Found {
    let words = asked.filter["name"].as_str().unwrap_or_default().to_lowercase();
    let wanted =
        |row: &&Value| asked.wants("kind", &row["kind"]) && text(row, "name").to_lowercase().contains(words.as_str());
    let formed = asked.rows("working-groups").filter(|row| asked.within(row, "formed_on"));
    Found::things(ids(formed.filter(wanted), "id"))
}

fn sessions_held(asked: &Asked<'_>) -> Found {
    let held = asked.rows("training-events").filter(|row| row["status"] == "held" && asked.within(row, "starts_at"));
    Found::things(ids(held.filter(|row| asked.wants("kind", &row["kind"])), "id"))
}

fn frameworks_ready(asked: &Asked<'_>) -> Found {
    let ready = |row: &&Value| {
        let field = if row["piloted_at"].is_null() { "published_at" } else { "piloted_at" };
        asked.wants("kind", &row["kind"]) && asked.within(row, field)
    };
    Found::things(ids(asked.rows("frameworks").filter(ready), "id"))
}

fn pilots_completed(asked: &Asked<'_>) -> Found {
    let of_subject = |pilot: &&Value| match asked.filter["subject"].as_str() {
        Some(subject) => !pilot[format!("{subject}_id")].is_null(),
        None => true,
    };
    let ended = |pilot: &&Value| pilot["status"] == "completed" && asked.within(pilot, "to_on");
    let pilots = asked.rows("pilots").filter(ended).filter(of_subject);
    let lists = pilots.flat_map(|pilot| [&pilot["school_ids"], &pilot["school_group_ids"]]);
    let parts = lists.flat_map(|list| list.as_array().into_iter().flatten());
    Found::things(parts.map(|id| id.as_str().unwrap().to_owned()).collect())
}

fn spent(asked: &Asked<'_>) -> Found {
    let in_force = asked.rows("plans").filter(|plan| plan["status"] == "active" || plan["status"] == "closed");
    let superseded = ids(in_force, "supersedes_id");
    let wanted = |entry: &&Value| {
        let line = asked.find("budget-lines", &entry["budget_line_id"]);
        asked.wants("source", &line["source"]) && !superseded.contains(text(line, "plan_id"))
    };
    let spent = |entry: &&Value| !entry["pence"].is_null() && asked.within(entry, "spent_on");
    let entries = asked.rows("budget-spending").filter(spent).filter(wanted);
    Found::sum(entries, |entry| entry["pence"].as_f64().unwrap())
}

//! Ten years of a hub's work with its schools: who leads where, visits with the latest reports, evaluations with their
//! answers, and ratings. All days lie before [`TODAY`] but for the visits that are still to be made.

use api::frameworks::framework::Framework;
use api::frameworks::framework::transition::PUBLISH;
use api::frameworks::tree::create;
use api::frameworks::tree::form::NewFrameworkTree;
use api::kernel::base::problem::Result;
use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller;
use api::kernel::document::openapi::Document;
use api::kernel::resource::lifecycle;
use api::kernel::resource::write::Write;
use entity::frameworks::evaluation::EvaluationStatus;
use entity::frameworks::framework::FrameworkKind;
use entity::frameworks::{criterion, evaluation, evaluation_response};
use entity::instant::Instant;
use entity::people::person;
use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus, SupportCode};
use entity::schools::{area, assignment, school};
use entity::visits::visit::{self, Met, VisitKind, VisitMode, VisitStatus};
use entity::visits::visit_report::{self, ReportRag, ReportStatus};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;
use time::macros::{date, datetime};
use time::{Date, Duration};
use uuid::Uuid;

use super::Made;
use crate::Outcome;
use crate::random::Random;

/// The visits of an open school: of all hubs' schools some 500,000.
const VISITS_EACH: usize = 23;

/// The evaluations of four open schools: of all hubs' schools some 50,000.
const EVALUATIONS_OF_FOUR: usize = 9;

/// The criteria of a framework.
pub const CRITERIA: usize = 10;

/// The day on which the set ends.
pub const TODAY: Date = date!(2026 - 11 - 30);

/// The areas of a hub.
const AREAS: usize = 8;

/// Schools of one specialist.
const SCHOOLS_EACH: usize = 40;

/// Days of the last visits: ten years, and eight weeks that are to come.
const DAYS: (i32, i32) = (-3_652, 56);

/// What was written for a hub.
pub struct Year {
    /// One of its visits in ten.
    pub some_visits: Vec<Uuid>,
    /// One of its open schools in ten.
    pub some_schools: Vec<Uuid>,
    pub visits: usize,
    pub evaluations: usize,
    pub ratings: usize,
}

/// Writes the years of a hub, in one transaction and without entries in the change log.
pub async fn write(state: &State, hub: &Made) -> Outcome<Year> {
    let caller = Caller::system(state.clone(), hub.id);
    let rows = Rows::of(hub);
    let form = framework(&state.document).map_err(|problem| problem.to_string())?;
    let evaluations = Write::value_of(&caller, async |write| {
        write.insert_rows::<area::Entity>(&rows.areas).await?;
        write.insert_rows::<person::Entity>(&rows.people).await?;
        for (number, area) in rows.areas.iter().enumerate() {
            let schools = hub.open.iter().skip(number).step_by(AREAS).copied();
            let mut placed = Query::update();
            placed
                .table(school::Entity)
                .value(school::Column::AreaId, area.id)
                .and_where(Expr::col(school::Column::HubId).eq(hub.id))
                .and_where(Expr::col(school::Column::Id).is_in(schools));
            write.tx().execute(&placed).await?;
        }
        write.insert_rows::<assignment::Entity>(&rows.assignments).await?;
        write.insert_rows::<visit::Entity>(&rows.visits).await?;
        write.insert_rows::<visit_report::Entity>(&rows.reports).await?;
        write.insert_rows::<rag_rating::Entity>(&rows.ratings).await?;
        let framework = create::plant(write, form.clone()).await?;
        let framework = lifecycle::enter::<Framework>(write, framework, &PUBLISH).await?;
        let criteria = criterion::Entity::find().filter(criterion::Column::HubId.eq(hub.id));
        let criteria = criteria.filter(criterion::Column::FrameworkId.eq(framework.id)).all(write.tx()).await?;
        let (evaluations, responses) = evaluations(hub, framework.id, &criteria);
        write.insert_rows::<evaluation::Entity>(&evaluations).await?;
        write.insert_rows::<evaluation_response::Entity>(&responses).await?;
        Ok(evaluations.len())
    });
    let evaluations = evaluations.await.map_err(|problem| problem.to_string())?;
    let some_visits = rows.visits.iter().map(|visit| visit.id).step_by(10).collect();
    let some_schools = hub.open.iter().copied().step_by(10).collect();
    Ok(Year { some_visits, some_schools, visits: rows.visits.len(), evaluations, ratings: rows.ratings.len() })
}

/// A framework of one section.
fn framework(document: &Document) -> Result<NewFrameworkTree> {
    let level = |name| json!({ "name": name, "descriptor": format!("The school is {name} in this") });
    let levels: Vec<_> = ["emerging", "developing", "established", "leading"].map(level).into();
    let criterion =
        |number| json!({ "statement": format!("Criterion {number} of music at the school"), "levels": levels });
    let criteria: Vec<_> = (1..=CRITERIA).map(criterion).collect();
    document.decode(json!({
        "kind": "self_evaluation",
        "title": "Music at our school",
        "sections": [{ "title": "Music", "criteria": criteria }],
    }))
}

struct Rows {
    areas: Vec<area::Model>,
    people: Vec<person::Model>,
    assignments: Vec<assignment::Model>,
    visits: Vec<visit::Model>,
    reports: Vec<visit_report::Model>,
    ratings: Vec<rag_rating::Model>,
}

/// The moment at which everything was entered.
fn entered() -> Instant {
    datetime!(2026-11-30 08:00 UTC).into()
}

impl Rows {
    fn of(hub: &Made) -> Self {
        let mut random = Random::new(super::SEED ^ hub.open.len() as u64);
        let areas: Vec<_> = (1..=AREAS).map(|number| area(hub.id, number)).collect();
        let people: Vec<_> = (0..=hub.open.len() / SCHOOLS_EACH).map(|number| person(hub.id, number)).collect();
        let mut rows = Self {
            areas,
            people,
            assignments: Vec::new(),
            visits: Vec::with_capacity(hub.open.len() * VISITS_EACH),
            reports: Vec::new(),
            ratings: Vec::new(),
        };
        for (number, school) in hub.open.iter().enumerate() {
            let leader = rows.people[number / SCHOOLS_EACH].id;
            if random.happens(95) {
                rows.assignments.push(assignment(hub.id, *school, leader));
            }
            rows.visit(hub, *school, leader, &mut random);
            for back in [400, 35] {
                rows.ratings.push(rating(hub.id, *school, TODAY - Duration::days(back), &mut random));
            }
        }
        rows
    }

    /// The visits of a school, from the first to the last. The two latest that were made have reports.
    fn visit(&mut self, hub: &Made, school: Uuid, leader: Uuid, random: &mut Random) {
        let mut days: Vec<i32> = (0..VISITS_EACH).map(|_| random.between(DAYS.0, DAYS.1)).collect();
        days.sort_unstable();
        let first = self.visits.len();
        for (number, day) in days.into_iter().enumerate() {
            self.visits.push(visit(hub.id, school, leader, number, TODAY + Duration::days(i64::from(day)), random));
        }
        let made = self.visits[first..].iter().filter(|visit| visit.completed_on.is_some()).rev().take(2);
        self.reports.extend(made.map(|visit| report(visit, random)));
    }
}

fn area(hub_id: Uuid, number: usize) -> area::Model {
    let name = format!("Area {number}");
    area::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        name_key: name.to_lowercase(),
        name,
        code: None,
        lead_person_id: None,
        note: None,
    }
}

pub(super) fn person(hub_id: Uuid, number: usize) -> person::Model {
    let name = format!("Specialist {number}");
    person::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        name_key: name.to_lowercase(),
        name,
        email: None,
        telephone: None,
        organisation: None,
        dbs_checked_on: None,
        safeguarding_training_until: None,
        erased_at: None,
        merged_into_id: None,
        external_ids: Vec::new().into(),
    }
}

fn assignment(hub_id: Uuid, school_id: Uuid, person_id: Uuid) -> assignment::Model {
    assignment::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        person_id,
        school_id,
        role: assignment::AssignmentRole::Lead,
        from_on: date!(2016 - 09 - 01),
        to_on: None,
        reason: None,
    }
}

/// A visit on a day, of which nearly all before today were made.
fn visit(
    hub_id: Uuid,
    school_id: Uuid,
    visitor_id: Uuid,
    number: usize,
    day: Date,
    random: &mut Random,
) -> visit::Model {
    let hour = u8::try_from(random.between(8, 15)).unwrap_or(9);
    let begins = day.with_hms(hour, 0, 0).unwrap_or_else(|_| day.midnight()).assume_utc();
    let made = day < TODAY && random.happens(96);
    let status = match (made, day < TODAY) {
        (true, _) if day < TODAY - Duration::days(60) => VisitStatus::Closed,
        (true, _) => random.pick(&[VisitStatus::Completed, VisitStatus::Reported, VisitStatus::Shared]),
        (false, true) => random.pick(&[VisitStatus::Cancelled, VisitStatus::Declined]),
        (false, false) => random.pick(&[VisitStatus::Planned, VisitStatus::Confirmed]),
    };
    let later = [VisitKind::FollowUp, VisitKind::FollowUp, VisitKind::TargetedSupport, VisitKind::Moderation];
    visit::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        school_id,
        visitor_id,
        co_visitor_ids: Vec::new().into(),
        kind: if number == 0 { VisitKind::Initial } else { random.pick(&later) },
        mode: random.pick(&[VisitMode::InPerson, VisitMode::InPerson, VisitMode::InPerson, VisitMode::Online]),
        provider_id: None,
        starts_at: begins.into(),
        ends_at: (begins + Duration::hours(2)).into(),
        purpose: Some("Singing in all classes, and what comes next".to_owned()),
        note: None,
        people_met: vec![Met { role: "Head of music".to_owned(), count: Some(1) }].into(),
        status,
        status_reason: None,
        completed_on: made.then_some(day),
        external_ids: Vec::new().into(),
        search_key: "singing in all classes, and what comes next".to_owned(),
    }
}

fn report(visit: &visit::Model, random: &mut Random) -> visit_report::Model {
    let at = visit.ends_at;
    visit_report::Model {
        hub_id: visit.hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: at,
        updated_at: at,
        archived_at: None,
        visit_id: visit.id,
        school_id: visit.school_id,
        number: 1,
        seen: Some("Two lessons and a choir rehearsal".to_owned()),
        strengths: Some("Confident singing in two parts".to_owned()),
        areas_to_develop: Some("Continuation after first access".to_owned()),
        judgement: None,
        rag: Some(random.pick(&[ReportRag::Red, ReportRag::Amber, ReportRag::Amber, ReportRag::Green])),
        status: ReportStatus::Accepted,
        shared_at: Some(at),
        answer_due_on: visit.completed_on.map(|day| day + Duration::days(14)),
        answered_at: Some(at),
        answer_comment: None,
        ended_at: Some(at),
    }
}

fn rating(hub_id: Uuid, school_id: Uuid, on_date: Date, random: &mut Random) -> rag_rating::Model {
    let colour = random.pick(&[RatingColour::Red, RatingColour::Amber, RatingColour::Amber, RatingColour::Green]);
    rag_rating::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        school_id,
        scheme_id: None,
        visit_id: None,
        on_date,
        colour,
        need: None,
        scores: Vec::new().into(),
        source: RatingSource::ByHand,
        reason: Some("Agreed at the area meeting".to_owned()),
        valid_until: None,
        support_code: Some(SupportCode::Universal),
        status: RatingStatus::Accepted,
        decided_at: Some(entered()),
        shared_on: Some(on_date),
    }
}

/// The evaluations of the last years, agreed but for the latest, and an answer to each criterion.
fn evaluations(
    hub: &Made,
    framework_id: Uuid,
    criteria: &[criterion::Model],
) -> (Vec<evaluation::Model>, Vec<evaluation_response::Model>) {
    let mut random = Random::new(super::SEED ^ hub.open.len() as u64);
    let mut evaluations = Vec::new();
    let mut responses = Vec::new();
    for (number, school) in hub.open.iter().enumerate() {
        // In four schools as many as the constant says.
        let count = EVALUATIONS_OF_FOUR / 4 + usize::from(number % 4 < EVALUATIONS_OF_FOUR % 4);
        for back in 0..count {
            let agreed = back > 0;
            let evaluation = evaluation(hub.id, *school, framework_id, 2026 - back, agreed);
            let of_criteria = criteria.iter().zip(1..);
            responses.extend(of_criteria.map(|(one, at)| response(&evaluation, one, at, &mut random)));
            evaluations.push(evaluation);
        }
    }
    (evaluations, responses)
}

fn evaluation(hub_id: Uuid, school_id: Uuid, framework_id: Uuid, began: usize, agreed: bool) -> evaluation::Model {
    let year = format!("{began}/{:02}", (began + 1) % 100);
    evaluation::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        school_id,
        framework_id,
        kind: FrameworkKind::SelfEvaluation,
        academic_year: year.clone(),
        self_evaluation_year: Some(year),
        status: if agreed { EvaluationStatus::Agreed } else { EvaluationStatus::Submitted },
        round: 1,
        note: None,
        comments: None,
        submitted_at: Some(entered()),
        submitted_by_id: None,
        moderation_began_at: agreed.then(entered),
        decided_at: agreed.then(entered),
        decided_by_id: None,
    }
}

fn response(
    evaluation: &evaluation::Model,
    criterion: &criterion::Model,
    position: i32,
    random: &mut Random,
) -> evaluation_response::Model {
    let level = random.between(1, 4);
    let agreed = evaluation.status == EvaluationStatus::Agreed;
    evaluation_response::Model {
        hub_id: evaluation.hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        evaluation_id: evaluation.id,
        criterion_id: criterion.id,
        position,
        levels: 4,
        level: Some(level),
        not_applicable: false,
        reason: None,
        evidence: Some("Timetables of all year groups".to_owned()),
        evidence_links: Vec::new().into(),
        next_step: None,
        agreed_level: agreed.then_some(level),
        answered_at: Some(entered()),
        answered_by_id: None,
    }
}

//! What a briefing is made of, from one snapshot: a fixed number of statements for any school.

use std::collections::HashMap;

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::framework::{self, FrameworkKind};
use entity::outcomes::school_plan_record;
use entity::people::person;
use entity::plans::plan::{self, PlanStatus};
use entity::plans::target::{self, TargetUnit};
use entity::plans::{cohort, cohort_member, objective, plan_year};
use entity::ratings::rag_rating::{self, RatingStatus};
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::{area, contact, school};
use entity::visits::action::{self, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::Date;

use super::{
    BriefedAction, BriefedContact, BriefedEvaluation, BriefedRating, BriefedReport, BriefedSpecialist, BriefedTarget,
    BriefedVisit, Briefing, exams,
};
use crate::frameworks::evaluation::results::EvaluationResults;
use crate::kernel::base::period::holds;
use crate::kernel::database::db::Transaction;
use crate::kernel::prelude::*;
use crate::outcomes::school_plan_record::SchoolPlanRecord;
use crate::people::store::named::{NamedPeople, named};
use crate::schools::school::School;
use crate::visits::store;

/// How many visits that were made are shown.
const LAST_VISITS: u64 = 3;

/// How many visits that are to come are shown.
const VISITS_TO_COME: u64 = 20;

/// How many ratings are shown.
const RATINGS: u64 = 5;

/// How many actions are shown at most.
const ACTIONS: u64 = 200;

/// How many contacts are shown at most.
const CONTACTS: u64 = 100;

/// How many targets are shown at most.
const TARGETS: u64 = 100;

/// States of visits that are still to be made.
const TO_COME: [VisitStatus; 2] = [VisitStatus::Planned, VisitStatus::Confirmed];

/// The people at the school, as far as the caller sees them.
type Contacts = HashMap<Uuid, person::Model>;

/// What is known of one school.
struct Of<'a> {
    caller: &'a Caller,
    db: &'a Transaction,
    school_id: Uuid,
    today: Date,
}

/// The targets of plans in force that concern a school, from the next plan year; none where the caller sees no plans.
///
/// # Errors
/// When the database is away.
pub async fn targets(caller: &Caller, db: &Transaction, school_id: Uuid) -> Result<Option<Vec<BriefedTarget>>> {
    Of { caller, db, school_id, today: caller.today() }.targets().await
}

/// The rows of people's names come last, in one statement for all.
struct Rows {
    specialists: Vec<(Uuid, AssignmentRole)>,
    contacts: Option<Vec<contact::Model>>,
    to_come: Option<Vec<visit::Model>>,
    made: Option<Vec<visit::Model>>,
    reports: Vec<visit_report::Model>,
    actions: Option<Vec<action::Model>>,
}

/// The briefing on a school, with the version of the school.
///
/// # Errors
/// 404 when the school is not there for the caller.
pub async fn briefing(caller: &Caller, school_id: Uuid) -> Result<(Briefing, i64)> {
    let db = caller.db().snapshot().await?;
    let of = Of { caller, db: &db, school_id, today: caller.today() };
    let under = caller.under(Scope::ReadSchools).ok_or_else(Problem::not_found)?;
    let school = under.rows::<school::Entity>().filter(school::Column::Id.eq(school_id)).one(&db).await?;
    let school = school.ok_or_else(Problem::not_found)?;
    let area = match school.area_id {
        None => None,
        Some(id) => under.rows::<area::Entity>().filter(area::Column::Id.eq(id)).one(&db).await?,
    };
    let rows = of.rows().await?;
    let people = of.contacts_of(&rows).await?;
    let names = of.names(&rows).await?;
    let briefing = Briefing {
        as_at: of.today,
        area: area.map(|area| area.name),
        specialists: rows.specialists.iter().map(|(id, role)| specialist(*id, *role, &names)).collect(),
        contacts: rows.contacts.as_ref().map(|contacts| contacts.iter().map(|one| shown(one, &people)).collect()),
        visits_to_come: rows.visits(rows.to_come.as_ref(), &names),
        last_visits: rows.visits(rows.made.as_ref(), &names),
        open_actions: rows.actions.as_ref().map(|actions| of.actions(actions, &names)),
        ratings: of.ratings().await?,
        evaluation: of.evaluation().await?,
        plan_record: of.plan_record().await?,
        exam_results: exams::of(caller, &db, school_id, of.today).await?,
        targets: of.targets().await?,
        school: School::from(&school),
    };
    Ok((briefing, school.version))
}

fn specialist(person_id: Uuid, role: AssignmentRole, names: &NamedPeople) -> BriefedSpecialist {
    let person = names.get(&person_id);
    BriefedSpecialist {
        person_id,
        name: person.map(|person| person.name.clone()),
        job_role: person.and_then(|person| person.role.clone()),
        role,
    }
}

fn shown(contact: &contact::Model, people: &Contacts) -> BriefedContact {
    let person = people.get(&contact.person_id);
    BriefedContact {
        job_role: contact.job_role.clone(),
        is_primary: contact.is_primary,
        name: person.map(|person| person.name.clone()),
        email: person.and_then(|person| person.email.clone()),
        telephone: person.and_then(|person| person.telephone.clone()),
    }
}

impl Rows {
    fn visits(&self, visits: Option<&Vec<visit::Model>>, names: &NamedPeople) -> Option<Vec<BriefedVisit>> {
        let shown = |visit: &visit::Model| BriefedVisit {
            id: visit.id,
            starts_at: visit.starts_at,
            kind: visit.kind,
            mode: visit.mode,
            status: visit.status,
            visitor: names.get(&visit.visitor_id).map(|person| person.name.clone()),
            visitors: store::who_comes(visit).filter_map(|id| names.get(&id).cloned()).collect(),
            purpose: visit.purpose.clone(),
            report: self.reports.iter().find(|report| report.visit_id == visit.id).map(|report| BriefedReport {
                id: report.id,
                status: report.status,
                rag: report.rag,
                seen: report.seen.clone(),
                strengths: report.strengths.clone(),
                areas_to_develop: report.areas_to_develop.clone(),
                answer_comment: report.answer_comment.clone(),
            }),
        };
        visits.map(|visits| visits.iter().map(shown).collect())
    }
}

impl Of<'_> {
    async fn rows(&self) -> Result<Rows> {
        let specialists = self.specialists().await?;
        let contacts = self.contacts().await?;
        let (mut to_come, mut made, mut reports) = (None, None, Vec::new());
        if let Some(under) = self.caller.under(Scope::ReadVisits) {
            use visit::Column;

            let of_school = || under.rows::<visit::Entity>().filter(Column::SchoolId.eq(self.school_id));
            let planned = of_school().filter(Column::Status.is_in(TO_COME)).order_by_asc(Column::StartsAt);
            to_come = Some(planned.limit(VISITS_TO_COME).all(self.db).await?);
            let done = of_school().filter(Column::CompletedOn.is_not_null()).order_by_desc(Column::CompletedOn);
            let done = done.order_by_desc(Column::Id).limit(LAST_VISITS).all(self.db).await?;
            let of_visits = visit_report::Column::VisitId.is_in(done.iter().map(|visit| visit.id));
            let newest = under.rows::<visit_report::Entity>().filter(of_visits);
            reports = newest.order_by_desc(visit_report::Column::Number).all(self.db).await?;
            made = Some(done);
        }
        let actions = self.open_actions().await?;
        Ok(Rows { specialists, contacts, to_come, made, reports, actions })
    }

    async fn specialists(&self) -> Result<Vec<(Uuid, AssignmentRole)>> {
        use assignment::Column;

        let Some(under) = self.caller.under(Scope::ReadSchools) else { return Ok(Vec::new()) };
        let assigned = under.rows::<assignment::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let assigned = assigned.filter(holds(Column::FromOn, Column::ToOn, self.today));
        // `lead` comes before `support`.
        let assigned = assigned.order_by_asc(Column::Role).order_by_asc(Column::Id);
        Ok(assigned.select_only().columns([Column::PersonId, Column::Role]).into_tuple().all(self.db).await?)
    }

    async fn contacts(&self) -> Result<Option<Vec<contact::Model>>> {
        use contact::Column;

        let Some(under) = self.caller.under(Scope::ReadContacts) else { return Ok(None) };
        let contacts = under.rows::<contact::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let contacts = contacts.filter(holds(Column::FromOn, Column::ToOn, self.today));
        let contacts = contacts.order_by_desc(Column::IsPrimary).order_by_asc(Column::JobRole).limit(CONTACTS);
        Ok(Some(contacts.all(self.db).await?))
    }

    async fn open_actions(&self) -> Result<Option<Vec<action::Model>>> {
        use action::Column;

        let Some(under) = self.caller.under(Scope::ReadVisits) else { return Ok(None) };
        let open = under.rows::<action::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let open = open.filter(Column::Status.eq(ActionStatus::Open)).order_by_asc(Column::DueOn);
        Ok(Some(open.order_by_asc(Column::Id).limit(ACTIONS).all(self.db).await?))
    }

    /// The people behind contacts, with their addresses.
    async fn contacts_of(&self, rows: &Rows) -> Result<Contacts> {
        let Some(under) = self.caller.under(Scope::ReadPeople) else { return Ok(Contacts::new()) };
        let ids: Vec<Uuid> = rows.contacts.iter().flatten().map(|contact| contact.person_id).collect();
        if ids.is_empty() {
            return Ok(Contacts::new());
        }
        let people = under.rows::<person::Entity>().filter(person::Column::Id.is_in(ids)).all(self.db).await?;
        Ok(people.into_iter().map(|person| (person.id, person)).collect())
    }

    /// Who works with the school: specialists, visitors and owners of actions.
    async fn names(&self, rows: &Rows) -> Result<NamedPeople> {
        let visitors = rows.to_come.iter().chain(&rows.made).flatten().flat_map(store::who_comes);
        let owners = rows.actions.iter().flatten().filter_map(|action| action.owner_id);
        let specialists = rows.specialists.iter().map(|(id, _)| *id);
        named(self.caller, self.db, specialists.chain(visitors).chain(owners)).await
    }

    fn actions(&self, actions: &[action::Model], names: &NamedPeople) -> Vec<BriefedAction> {
        let name = |id: Uuid| names.get(&id).map(|person| person.name.clone());
        let shown = |action: &action::Model| BriefedAction {
            id: action.id,
            text: action.text.clone(),
            owner: action.owner_id.and_then(name).or_else(|| action.owner_role.clone()),
            due_on: action.due_on,
            overdue: action.due_on < self.today,
        };
        actions.iter().map(shown).collect()
    }

    async fn ratings(&self) -> Result<Option<Vec<BriefedRating>>> {
        use rag_rating::Column;

        let Some(under) = self.caller.under(Scope::ReadRatings) else { return Ok(None) };
        let rows = under.rows::<rag_rating::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let rows = rows.filter(Column::Status.eq(RatingStatus::Accepted)).filter(Column::OnDate.lte(self.today));
        let rows = rows.order_by_desc(Column::OnDate).order_by_desc(Column::Id).limit(RATINGS).all(self.db).await?;
        let holds = |row: &rag_rating::Model| row.valid_until.is_none_or(|until| until >= self.today);
        let current = rows.iter().find(|row| holds(row)).map(|row| row.id);
        let shown = |row: &rag_rating::Model| BriefedRating {
            on_date: row.on_date,
            colour: row.colour,
            source: row.source,
            reason: row.reason.clone(),
            support_code: row.support_code,
            current: current == Some(row.id),
        };
        Ok(Some(rows.iter().map(shown).collect()))
    }

    async fn evaluation(&self) -> Result<Option<BriefedEvaluation>> {
        use evaluation::Column;

        let Some(under) = self.caller.under(Scope::ReadFrameworks) else { return Ok(None) };
        let last = under.rows::<evaluation::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let last = last.filter(Column::Kind.eq(FrameworkKind::SelfEvaluation));
        let last = last.filter(Column::Status.ne(EvaluationStatus::Draft)).filter(Column::SubmittedAt.is_not_null());
        let last = last.order_by_desc(Column::AcademicYear).order_by_desc(Column::Id).one(self.db).await?;
        let Some(last) = last else { return Ok(None) };
        let frameworks = under.rows::<framework::Entity>().filter(framework::Column::Id.eq(last.framework_id));
        let framework = frameworks.one(self.db).await?.map(|framework| framework.title).unwrap_or_default();
        let results = EvaluationResults::of(&under, self.db, last.id).await?;
        Ok(Some(BriefedEvaluation { framework, results }))
    }

    async fn plan_record(&self) -> Result<Option<SchoolPlanRecord>> {
        use school_plan_record::Column;

        let Some(under) = self.caller.under(Scope::ReadOutcomes) else { return Ok(None) };
        let rows = under.rows::<school_plan_record::Entity>().filter(Column::SchoolId.eq(self.school_id));
        let latest = rows.order_by_desc(Column::AcademicYear).one(self.db).await?;
        Ok(latest.as_ref().map(SchoolPlanRecord::from))
    }

    async fn targets(&self) -> Result<Option<Vec<BriefedTarget>>> {
        let Some(under) = self.caller.under(Scope::ReadPlans) else { return Ok(None) };
        let plans = under.rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active));
        let plans: Vec<Uuid> = plans.select_only().column(plan::Column::Id).into_tuple().all(self.db).await?;
        let years = under.rows::<plan_year::Entity>().filter(plan_year::Column::PlanId.is_in(plans.iter().copied()));
        let years = years.order_by_asc(plan_year::Column::FirstDay).all(self.db).await?;
        let years: HashMap<Uuid, String> = plans
            .iter()
            .filter_map(|plan| self.year_of(*plan, &years))
            .map(|year| (year.id, year.label.clone()))
            .collect();
        if years.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let member = under.rows::<cohort_member::Entity>().filter(cohort_member::Column::SchoolId.eq(self.school_id));
        let member = member.select_only().column(cohort_member::Column::CohortId).into_query();
        let cohorts =
            under.rows::<cohort::Entity>().filter(cohort::Column::Id.in_subquery(member)).all(self.db).await?;
        let cohorts: HashMap<Uuid, String> = cohorts.into_iter().map(|cohort| (cohort.id, cohort.name)).collect();
        let schools = target::Column::Unit.is_in([TargetUnit::Percent, TargetUnit::Schools]);
        let of_all = Condition::all().add(target::Column::CohortId.is_null()).add(schools);
        let concern = Condition::any().add(of_all).add(target::Column::CohortId.is_in(cohorts.keys().copied()));
        let targets = under.rows::<target::Entity>().filter(concern);
        let targets = targets.filter(target::Column::PlanYearId.is_in(years.keys().copied())).limit(TARGETS);
        let mut targets = targets.all(self.db).await?;
        let ids = targets.iter().map(|target| target.objective_id);
        let objectives =
            under.rows::<objective::Entity>().filter(objective::Column::Id.is_in(ids)).all(self.db).await?;
        let numbers: HashMap<Uuid, i32> = objectives.iter().map(|objective| (objective.id, objective.number)).collect();
        let number = |target: &target::Model| numbers.get(&target.objective_id).copied().unwrap_or_default();
        targets.sort_by_key(|target| (number(target), target.position, target.id));
        let shown = |target: target::Model| BriefedTarget {
            objective: number(&target),
            plan_year: years.get(&target.plan_year_id).cloned().unwrap_or_default(),
            cohort: target.cohort_id.and_then(|id| cohorts.get(&id).cloned()),
            last_due_on: target.last_due_on,
            statement: target.statement,
        };
        Ok(Some(targets.into_iter().map(shown).collect()))
    }

    /// The year of a plan after today, or the last one that has not ended.
    fn year_of<'y>(&self, plan_id: Uuid, years: &'y [plan_year::Model]) -> Option<&'y plan_year::Model> {
        let mut of_plan = years.iter().filter(|year| year.plan_id == plan_id);
        let next = of_plan.clone().find(|year| year.first_day > self.today);
        next.or_else(|| of_plan.rfind(|year| year.last_day >= self.today))
    }
}

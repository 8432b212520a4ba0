//! One person assigned to all schools of a filtered list, with a preview.

use std::collections::{HashMap, HashSet};

use entity::people::person;
use entity::row::Row;
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::school;
use sea_orm::sea_query::LockType;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::assignment::Assignment;
use super::filter::SchoolFilter;
use super::rules::{self, Period as Days};
use crate::kernel::base::problem::Code;
use crate::kernel::operations::batch::{self, BatchResult, BatchStatus};
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Decided;

/// How many schools one request assigns at most.
const MOST: usize = 1000;

entity::choice! {
    /// What happens at a school that has a lead in the time of a new one.
    pub enum OnLead {
        /// The school keeps its lead, and is rejected in the report.
        Keep = "keep",
        /// The lead that began earlier ends on the day before the new one begins.
        Replace = "replace",
    }
}

/// Whom to assign to the schools, and for which time.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBulkAssignment {
    /// The specialist leader.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// Whether the person leads or helps.
    #[schema(example = "support")]
    pub role: AssignmentRole,
    /// The first day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01")]
    pub from_on: Date,
    /// The last day; absent while no end is set.
    #[serde(default, with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-07-31")]
    pub to_on: Option<Date>,
    /// Why this person. No pupil names; safeguarding concerns go to the school's designated lead, not here.
    #[schema(min_length = 1, max_length = 500, example = "Leads primary music nearby")]
    pub reason: Option<String>,
    /// What happens at a school that has another lead in that time; `keep` if absent.
    pub on_lead: Option<OnLead>,
}

/// How the assignment is taken.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BulkQuery {
    /// `true` for the report alone: nothing is written.
    #[serde(default)]
    pub dry_run: bool,
}

/// The outcome at the schools; in a dry run, what it would have been.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAssignmentReport {
    /// True if the assignments were written.
    #[schema(example = true)]
    pub applied: bool,
    /// True if only the report was asked for.
    #[schema(example = false)]
    pub dry_run: bool,
    /// How many schools got the assignment.
    #[schema(minimum = 0, maximum = 1000, example = 24)]
    pub created: usize,
    /// How many leads ended for it.
    #[schema(minimum = 0, maximum = 1000, example = 3)]
    pub ended: usize,
    /// At how many schools the person has the role already.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    pub unchanged: usize,
    /// How many schools were rejected.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub rejected: usize,
    /// The schools in the order of their names.
    #[schema(max_items = 1000)]
    pub items: Vec<BulkAssignmentResult>,
}

/// The outcome at one school.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAssignmentResult {
    /// The school.
    pub school_id: Uuid,
    /// Its name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: String,
    /// The outcome.
    pub status: BatchStatus,
    /// The assignment that was made or found; null for a school that was rejected, and in a dry run for one that only
    /// would have been made.
    #[schema(example = json!(null))]
    pub id: Option<Uuid>,
    /// The assignment of the lead that ended for it.
    #[schema(example = json!(null))]
    pub ended_id: Option<Uuid>,
    /// Why the school was rejected.
    #[schema(max_items = 20)]
    pub errors: Vec<Fault>,
}

routes! { WriteSchools: assign_schools }

/// Assigns a person to all open schools of a filtered list.
///
/// The parameters are the ones of `GET /schools`, whose closed schools are left out; at most 1,000 schools. Each school
/// is taken or rejected by itself, and never has two leads at once. With `dry_run=true` the report is the same, and
/// nothing is written.
#[utoipa::path(
    post,
    path = "/assignments/bulk",
    params(And<SchoolFilter, BulkQuery>),
    responses((status = 200, description = "The outcome at each school.", body = BulkAssignmentReport)),
)]
async fn assign_schools(
    can: Can<WriteSchools>,
    asked: Query<And<SchoolFilter, BulkQuery>>,
    form: Json<NewBulkAssignment>,
) -> Result<Reply> {
    let And(filter, BulkQuery { dry_run }) = &*asked;
    can.expect_writes_hub("many schools at once")?;
    Write::run(&can, async |write| {
        expect_sound(write, &form).await?;
        let schools = schools(write, filter).await?;
        let report = assign(write, &schools, &form, *dry_run).await?;
        if *dry_run {
            write.undo();
        }
        Reply::ok(&report)
    })
    .await
}

/// Refuses a form with a fault that each school would have.
async fn expect_sound(write: &Write, form: &NewBulkAssignment) -> Result<()> {
    let refs = Refs::default().to::<person::Entity>("/person_id", form.person_id);
    let mut faults = refs.faults(write.caller(), write.tx()).await?;
    faults.extend(rules::period("/to_on", Some(form.from_on), form.to_on));
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// The open schools of the list, locked against another lead.
async fn schools(write: &Write, filter: &SchoolFilter) -> Result<Vec<school::Model>> {
    let caller = write.caller();
    let rows = caller
        .rows::<school::Entity>()
        .filter(filter.condition(caller))
        .filter(school::Column::Status.is_in(rules::OPEN))
        .order_by_asc(school::Column::NameKey)
        .order_by_asc(school::Column::Id)
        .limit(MOST as u64 + 1);
    let schools = rows.all(write.tx()).await?;
    if schools.len() > MOST {
        let message = format!("more than {MOST} schools: narrow the filter");
        return Err(Problem::new(Code::BadParameter, message));
    }
    write.hold_all::<school::Entity>(schools.iter().map(|school| school.id).collect()).await?;
    Ok(schools)
}

async fn assign(
    write: &mut Write,
    schools: &[school::Model],
    form: &NewBulkAssignment,
    dry_run: bool,
) -> Result<BulkAssignmentReport> {
    let present = present(write, schools, form).await?;
    let own = present.iter().filter(|row| row.person_id == form.person_id && row.role == form.role);
    let same: HashMap<Uuid, Uuid> = own.map(|row| (row.school_id, row.id)).collect();
    let ending = ending(&present, &same, form);
    end(write, ending.values().copied(), form.from_on).await?;
    let asked: Vec<_> = schools.iter().filter(|school| !same.contains_key(&school.id)).collect();
    let items: Vec<_> = asked.iter().map(|school| item(school.id, form)).collect();
    let taken = batch::take::<Assignment>(write, &items).await?;
    let mut taken: HashMap<Uuid, BatchResult> = asked.iter().map(|school| school.id).zip(taken).collect();
    let items = schools.iter().map(|school| {
        let ended = ending.get(&school.id).map(|row| row.id);
        result(school, same.get(&school.id).copied(), taken.remove(&school.id), ended, dry_run)
    });
    let items: Vec<_> = items.collect();
    let count = |status| items.iter().filter(|item| item.status == status).count();
    Ok(BulkAssignmentReport {
        applied: !dry_run,
        dry_run,
        created: count(BatchStatus::Created),
        ended: items.iter().filter(|item| item.ended_id.is_some()).count(),
        unchanged: count(BatchStatus::Unchanged),
        rejected: count(BatchStatus::Rejected),
        items,
    })
}

/// The assignments at the schools in the time of the new ones: the person's own, and the leads.
async fn present(write: &Write, schools: &[school::Model], form: &NewBulkAssignment) -> Result<Vec<assignment::Model>> {
    use assignment::Column;

    let rows = write
        .caller()
        .rows::<assignment::Entity>()
        .filter(Column::SchoolId.is_in(schools.iter().map(|school| school.id)))
        .filter(Condition::any().add(Column::Role.eq(AssignmentRole::Lead)).add(Column::PersonId.eq(form.person_id)))
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate);
    let time = Days { from: Some(form.from_on), to: form.to_on };
    let mut rows = rows.all(write.tx()).await?;
    rows.retain(|row| time.meets(Days::from(row)));
    Ok(rows)
}

/// The leads that end for the new ones, by school. A lead that begins on the same day or later cannot end before the
/// new one begins: its school is rejected, and keeps its leads.
fn ending<'a>(
    present: &'a [assignment::Model],
    same: &HashMap<Uuid, Uuid>,
    form: &NewBulkAssignment,
) -> HashMap<Uuid, &'a assignment::Model> {
    if form.on_lead != Some(OnLead::Replace) || form.role != AssignmentRole::Lead {
        return HashMap::new();
    }
    let leads = || present.iter().filter(|row| rules::leads(row) && !same.contains_key(&row.school_id));
    let kept: HashSet<Uuid> = leads().filter(|row| row.from_on >= form.from_on).map(|row| row.school_id).collect();
    leads().filter(|row| !kept.contains(&row.school_id)).map(|row| (row.school_id, row)).collect()
}

/// Ends assignments on the day before another begins.
async fn end(write: &mut Write, rows: impl Iterator<Item = &assignment::Model>, from_on: Date) -> Result<()> {
    let rows: Vec<_> = rows.collect();
    let ended = rows.iter().map(|row| {
        let mut after = assignment::Model { to_on: from_on.previous_day(), ..(*row).clone() };
        after.set_meta(write.meta_after(*row));
        after
    });
    let ended: Vec<_> = ended.collect();
    let steps = rows.iter().zip(&ended).map(|(before, after)| Decided {
        before: Some(*before),
        after,
        operation: Operation::Update,
    });
    write.store_many::<Assignment>(&steps.collect::<Vec<_>>()).await
}

/// The form of the assignment at a school.
fn item(school_id: Uuid, form: &NewBulkAssignment) -> Value {
    json!({
        "person_id": form.person_id,
        "school_id": school_id,
        "role": form.role,
        "from_on": form.from_on.to_string(),
        "to_on": form.to_on.map(|day| day.to_string()),
        "reason": form.reason,
    })
}

fn result(
    school: &school::Model,
    same: Option<Uuid>,
    taken: Option<BatchResult>,
    ended_id: Option<Uuid>,
    dry_run: bool,
) -> BulkAssignmentResult {
    let (status, id, errors) = match taken {
        Some(BatchResult { status, id, errors, .. }) => (status, id.filter(|_| !dry_run), errors),
        None => (BatchStatus::Unchanged, same, Vec::new()),
    };
    // The pointers of a batch name its items: here each school has an outcome of its own.
    let below = |fault: Fault| {
        let pointer = fault.pointer.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
        Fault { pointer, ..fault }
    };
    BulkAssignmentResult {
        school_id: school.id,
        school_name: school.name.clone(),
        status,
        id,
        ended_id,
        errors: errors.into_iter().map(below).collect(),
    }
}

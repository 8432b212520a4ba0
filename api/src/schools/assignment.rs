//! Specialist leaders given to schools.

use std::collections::BTreeSet;

use entity::people::person;
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::school;
use sea_orm::QueryFilter;
use time::Date;

use super::rules::{self, Period};
use super::school::School;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::people::person::Person;

record! {
    /// A named specialist leader given to a school for a time; never two leads at once. A
    /// specialist leader reaches the schools that he or she is assigned to on the day.
    Assignment from NewAssignment in assignment {
        /// The specialist leader.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// Whether the person leads or helps.
        #[schema(example = "support")]
        role: AssignmentRole,
        /// The first day.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-09-01")]
        from_on: Date,
        /// The last day; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2015-07-31")]
        to_on: Option<Date>,
        /// Why this person, or why it ended. No pupil names.
        #[schema(min_length = 1, max_length = 500, example = "Leads primary music nearby")]
        reason: Option<String>,
    }
    embedded {
        /// The person, when asked for with `expand=person`.
        person: Person,
        /// The school, when asked for with `expand=school`.
        school: School,
    }
}

impl Resource for Assignment {
    type Entity = assignment::Entity;
    type Form = NewAssignment;
    type Filter = AssignmentFilter;

    const PATH: &'static str = "/assignments";
    const READ: Scope = Scope::ReadSchools;
    const SORTS: &'static [(&'static str, assignment::Column)] = &[
        ("from_on", assignment::Column::FromOn),
        ("created_at", assignment::Column::CreatedAt),
        ("updated_at", assignment::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];
    const COUNTS: &'static [&'static str] = &["person_id", "school_id"];
    const EXPANDS: &'static [&'static str] = &["person", "school"];

    fn refs(form: &NewAssignment) -> Refs {
        Refs::default()
            .to::<person::Entity>("/person_id", form.person_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn faults(form: &NewAssignment) -> Vec<Fault> {
        rules::period("/to_on", Some(form.from_on), form.to_on).into_iter().collect()
    }

    fn school(row: &assignment::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, assignment::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, assignment::Model>]) -> Result<Vec<Result<()>>> {
        let leads = steps.iter().map(|step| &*step.after).filter(|row| rules::leads(row));
        let schools: BTreeSet<Uuid> = leads.map(|row| row.school_id).collect();
        if schools.is_empty() {
            return Ok(steps.iter().map(|_| Ok(())).collect());
        }
        write.hold_all::<school::Entity>(schools.iter().copied().collect()).await?;
        let others = write
            .caller()
            .rows::<assignment::Entity>()
            .filter(assignment::Column::SchoolId.is_in(schools))
            .filter(assignment::Column::Role.eq(AssignmentRole::Lead))
            .filter(assignment::Column::Id.is_not_in(steps.iter().map(|step| step.after.id)))
            .all(write.tx())
            .await?;
        Ok(rules::one_lead_each(steps.iter().map(|step| &*step.after), others))
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[assignment::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "person" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
            _ => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
        }
    }
}

impl From<&assignment::Model> for Period {
    fn from(row: &assignment::Model) -> Self {
        Self { from: Some(row.from_on), to: row.to_on }
    }
}

/// Narrows the list of assignments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssignmentFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 200)]
    pub person_id: Vec<Uuid>,
    /// Only assignments of leads, or only of helpers.
    pub role: Option<AssignmentRole>,
    /// Only those that hold on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
}

impl Filter<assignment::Entity> for AssignmentFilter {
    fn condition(&self, _: &Caller) -> Condition {
        let held = self.on.map(|on| holds(assignment::Column::FromOn, assignment::Column::ToOn, on));
        Condition::all()
            .add_option(any_of(assignment::Column::SchoolId, &self.school_id))
            .add_option(any_of(assignment::Column::PersonId, &self.person_id))
            .add_option(is(assignment::Column::Role, self.role))
            .add_option(held)
    }
}

routes! {
    ReadSchools: list_assignments, count_assignments, get_assignment;
    WriteSchools: create_assignment, update_assignment, archive_assignment, batch_assignments, restore_assignment;
    ReadSchools: list_assignment_history;
}

/// Lists the assignments.
#[utoipa::path(
    get,
    path = "/assignments",
    params(List<Assignment>),
    responses((status = 200, body = Page<Assignment>)),
)]
async fn list_assignments(can: Can<ReadSchools>, list: List<Assignment>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the assignments by one or two of their fields.
#[utoipa::path(
    get,
    path = "/assignments/counts",
    params(CountBy<Assignment>),
    responses((status = 200, body = Counts)),
)]
async fn count_assignments(can: Can<ReadSchools>, by: CountBy<Assignment>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Assigns a person to a school.
///
/// 409 if someone else leads at the school at that time; the reply names the other assignment.
#[utoipa::path(post, path = "/assignments", responses((status = 201, body = Assignment)))]
async fn create_assignment(can: Can<WriteSchools>, form: Json<NewAssignment>) -> Result<Reply> {
    crud::create::<Assignment>(&can, form).await
}

/// Gets an assignment.
#[utoipa::path(get, path = "/assignments/{id}", params(Show<Assignment>), responses((status = 200, body = Assignment)))]
async fn get_assignment(can: Can<ReadSchools>, id: Id, show: Show<Assignment>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an assignment.
#[utoipa::path(patch, path = "/assignments/{id}", responses((status = 200, body = Assignment)))]
async fn update_assignment(can: Can<WriteSchools>, id: Id, patch: Patch<NewAssignment>) -> Result<Reply> {
    crud::update::<Assignment>(&can, id.0, patch).await
}

/// Takes many assignments.
///
/// An assignment has no key, so each item creates a new one. Send an `Idempotency-Key`: then a
/// repeated request creates none twice. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/assignments/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_assignments(
    can: Can<WriteSchools>,
    how: Query<BatchQuery>,
    batch: Batch<NewAssignment>,
) -> Result<Reply> {
    crud::batch::<Assignment>(&can, &batch, &how).await
}

/// Archives an assignment.
///
/// Only for entries made by mistake: an assignment that ends gets a last day instead.
#[utoipa::path(delete, path = "/assignments/{id}", responses((status = 204)))]
async fn archive_assignment(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::archive::<Assignment>(&can, id.0).await
}

/// Restores an archived assignment.
#[utoipa::path(post, path = "/assignments/{id}/restore", responses((status = 200, body = Assignment)))]
async fn restore_assignment(can: Can<WriteSchools>, id: Id) -> Result<Reply> {
    crud::restore::<Assignment>(&can, id.0).await
}

/// Shows an assignment's history.
#[utoipa::path(
    get,
    path = "/assignments/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_assignment_history(can: Can<ReadSchools>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Assignment>(&can, id.0, &part).await
}

//! Evaluations: a school judged against one edition of a framework, by itself and then by people without a stake.
//!
//! This file has the evaluation itself. `response` has what the school says, `judgement` the levels of judges,
//! `submission` what was sent, `invitation` who judges, and `stake` who may not. `transition` and `lifecycle` have the
//! states.

pub mod completeness;
pub mod differences;
pub mod file;
pub mod invitation;
pub mod judgement;
pub mod lifecycle;
pub mod response;
pub mod results;
pub mod rules;
pub mod stake;
pub mod store;
pub mod submission;
pub mod transition;
pub mod whole;

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_invitation::{self, InvitationStatus};
use entity::frameworks::framework::{self, FrameworkKind, FrameworkStatus};
use entity::instant::Instant;
use entity::schools::{school, school_group_member};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};

use self::response::EvaluationResponse;
use self::transition::{AGREE, RETURN};
use super::framework::Framework;
use super::tree::SectionNode;
use crate::kernel::base::academic_year;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::kernel::resource::children::Root;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::school::School;

record! {
    /// A school judged against one edition of a framework.
    ///
    /// It has a response for each criterion of the framework from the beginning.
    Evaluation from NewEvaluation in evaluation {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The framework, which must be published and for no lesson observations.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        framework_id: Uuid,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "Filled in with the chair of governors")]
        note: Option<String>,
        /// The academic year, from September to August.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2016/17")]
        academic_year: String,
    }
    initial {
        kind: FrameworkKind::SelfEvaluation,
        self_evaluation_year: None,
        status: EvaluationStatus::Draft,
        round: 0,
        comments: None,
        submitted_at: None,
        submitted_by_id: None,
        moderation_began_at: None,
        decided_at: None,
        decided_by_id: None,
    }
    computed {
        /// The kind of the framework.
        #[schema(example = "self_evaluation")]
        kind: FrameworkKind,
        /// How far it has come.
        #[schema(example = "draft")]
        status: EvaluationStatus,
        /// How often it was submitted.
        #[schema(minimum = 0, example = 1)]
        round: i32,
        /// What was said when it was last agreed or returned.
        #[schema(max_length = 2000, example = json!(null))]
        comments: Option<String>,
        /// When it was last submitted.
        submitted_at: Option<Instant>,
        /// The person who last submitted it.
        submitted_by_id: Option<Uuid>,
        /// When somebody last began to judge it.
        moderation_began_at: Option<Instant>,
        /// When it was last agreed or returned.
        decided_at: Option<Instant>,
        /// The person who last agreed or returned it.
        decided_by_id: Option<Uuid>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The framework without its criteria, when asked for with `expand=framework`.
        framework: Framework,
        /// The responses in their order, when asked for with `expand=responses`; in pages of at most 20 evaluations.
        #[schema(max_items = 900)]
        responses: Vec<EvaluationResponse>,
        /// The framework's sections with their criteria, when asked for with `expand=tree`; in pages of at most 20
        /// evaluations.
        #[schema(max_items = 30)]
        tree: Vec<SectionNode>,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Evaluation {
    type Entity = evaluation::Entity;
    type Form = NewEvaluation;
    type Filter = EvaluationFilter;

    const PATH: &'static str = "/evaluations";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, evaluation::Column)] = &[
        ("academic_year", evaluation::Column::AcademicYear),
        ("submitted_at", evaluation::Column::SubmittedAt),
        ("updated_at", evaluation::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["note", "comments"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["submitted_by_id"];
    const COUNTS: &'static [&'static str] = &["status", "kind", "academic_year", "framework_id"];
    const EXPANDS: &'static [&'static str] = &["school", "framework", "responses", "tree", "actions"];
    const IF_MATCH: bool = true;

    fn refs(form: &NewEvaluation) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<framework::Entity>("/framework_id", form.framework_id)
    }

    fn faults(form: &NewEvaluation) -> Vec<Fault> {
        let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
        let wrong = academic_year::days(&form.academic_year).is_none();
        wrong.then(|| Fault::new("/academic_year", "order", message)).into_iter().collect()
    }

    fn school(row: &evaluation::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &evaluation::Model) -> Value {
        json!({ "school_id": row.school_id, "kind": row.kind, "academic_year": row.academic_year })
    }

    fn same_key(row: &evaluation::Model) -> Option<Condition> {
        use evaluation::Column;

        let of_year = Column::SelfEvaluationYear.eq(row.academic_year.as_str());
        Some(Condition::all().add(Column::SchoolId.eq(row.school_id)).add(of_year))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, evaluation::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => follow_framework(write, step.after).await,
            (Operation::Update, Some(before)) => rules::edit(before, step.after),
            (Operation::Archive, _) => rules::archivable(step.after.status),
            // Here, since the caller may no longer reach the evaluation afterwards.
            (Operation::Verb(name), _) if [AGREE.name, RETURN.name].contains(&name) => {
                lifecycle::end_moderation(write, step.after).await
            }
            _ => Ok(()),
        }
    }

    async fn created(write: &mut Write, row: &evaluation::Model) -> Result<()> {
        store::begin(write, row).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[evaluation::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "framework" => expand::one::<Framework>(caller, db, rows.iter().map(|row| row.framework_id)).await,
            "responses" => whole::responses(caller, db, rows).await,
            "tree" => whole::trees(caller, db, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Gives a new evaluation what follows from its framework.
async fn follow_framework(write: &Write, row: &mut evaluation::Model) -> Result<()> {
    let of = write.caller().rows::<framework::Entity>().filter(framework::Column::Id.eq(row.framework_id));
    let of = of.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
    let message = match (of.status, of.kind) {
        (FrameworkStatus::Published, FrameworkKind::LessonObservation) => {
            "a lesson is observed by POST /observations: name a framework of another kind".to_owned()
        }
        (FrameworkStatus::Published, _) => {
            row.kind = of.kind;
            let self_evaluation = of.kind == FrameworkKind::SelfEvaluation;
            row.self_evaluation_year = self_evaluation.then(|| row.academic_year.clone());
            return Ok(());
        }
        (status, _) => format!("the framework is {status}, and only a published one can be used"),
    };
    Err(Problem::invalid("/framework_id", "unknown_reference", message))
}

/// A change of what belongs to an evaluation is no change of the evaluation itself, so that people at work on different
/// criteria do not meet.
impl Root for evaluation::Entity {
    type Edit = ();

    const KEEPS_ROOT: &'static str = "it stays with its evaluation";
    const KEEPS_PARENT: &'static str = "it stays with its evaluation";

    fn admit(_next: &mut evaluation::Model, (): (), _caller: &Caller) -> Result<()> {
        Ok(())
    }
}

/// Narrows the list of evaluations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Only evaluations by this edition of a framework.
    pub framework_id: Option<Uuid>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<FrameworkKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 5)]
    pub status: Vec<EvaluationStatus>,
    /// Any of these academic years.
    #[serde(default)]
    #[param(
        max_items = 20,
        min_length = 7,
        max_length = 7,
        pattern = "^[0-9]{4}/[0-9]{2}$",
        example = json!(["2016/17"]),
    )]
    pub academic_year: Vec<String>,
    /// Only evaluations that this person has an open invitation to judge.
    pub invited_person_id: Option<Uuid>,
    /// Only evaluations last submitted at this moment or later.
    pub submitted_from: Option<Instant>,
    /// Only evaluations last submitted at this moment or earlier.
    pub submitted_to: Option<Instant>,
}

impl Filter<evaluation::Entity> for EvaluationFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use evaluation::Column;

        let in_area = any_of(school::Column::AreaId, &self.area_id).map(|in_area| {
            let schools = caller.rows::<school::Entity>().filter(in_area);
            Column::SchoolId.in_subquery(schools.select_only().column(school::Column::Id).into_query())
        });
        let in_group = self.school_group_id.map(|group| {
            use school_group_member::Column as Member;

            let members = caller.rows::<school_group_member::Entity>().filter(Member::SchoolGroupId.eq(group));
            let members = members.filter(holds(Member::FromOn, Member::ToOn, caller.today()));
            Column::SchoolId.in_subquery(members.select_only().column(Member::SchoolId).into_query())
        });
        let invited = self.invited_person_id.map(|person| {
            use evaluation_invitation::Column as Invitation;

            let invitations = caller.rows::<evaluation_invitation::Entity>();
            let open = invitations.filter(Invitation::PersonId.eq(person));
            let open = open.filter(Invitation::Status.eq(InvitationStatus::Open));
            Column::Id.in_subquery(open.select_only().column(Invitation::EvaluationId).into_query())
        });
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(in_area)
            .add_option(in_group)
            .add_option(is(Column::FrameworkId, self.framework_id))
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add_option(invited)
            .add(between(Column::SubmittedAt, self.submitted_from, self.submitted_to))
    }
}

routes! {
    ReadFrameworks: list_evaluations, count_evaluations, get_evaluation;
    WriteFrameworks: create_evaluation, update_evaluation, archive_evaluation, restore_evaluation;
    ReadFrameworks: list_evaluation_history;
}

/// Lists the evaluations.
///
/// A school sees its own. Somebody who is invited to judge one sees that one, from the invitation to its end.
#[utoipa::path(
    get,
    path = "/evaluations",
    params(List<Evaluation>),
    responses((status = 200, body = Page<Evaluation>)),
)]
async fn list_evaluations(can: Can<ReadFrameworks>, list: List<Evaluation>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the evaluations by one or two of their fields.
#[utoipa::path(
    get,
    path = "/evaluations/counts",
    params(CountBy<Evaluation>),
    responses((status = 200, body = Counts)),
)]
async fn count_evaluations(can: Can<ReadFrameworks>, by: CountBy<Evaluation>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Opens an evaluation of a school, with a response to each criterion still to be answered.
///
/// A school has one self-evaluation in an academic year: 409 for another one, which names the first.
#[utoipa::path(post, path = "/evaluations", responses((status = 201, body = Evaluation)))]
async fn create_evaluation(can: Can<WriteFrameworks>, form: Json<NewEvaluation>) -> Result<Reply> {
    crud::create::<Evaluation>(&can, form).await
}

/// Gets an evaluation.
#[utoipa::path(
    get,
    path = "/evaluations/{id}",
    params(Show<Evaluation>),
    responses((status = 200, body = Evaluation)),
)]
async fn get_evaluation(can: Can<ReadFrameworks>, id: Id, show: Show<Evaluation>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes the note of an evaluation.
///
/// School, framework and year stay as they are. An agreed evaluation does not change.
#[utoipa::path(patch, path = "/evaluations/{id}", responses((status = 200, body = Evaluation)))]
async fn update_evaluation(can: Can<WriteFrameworks>, id: Id, patch: Patch<NewEvaluation>) -> Result<Reply> {
    crud::update::<Evaluation>(&can, id.0, patch).await
}

/// Archives an evaluation that was opened by mistake.
///
/// Only a draft can be archived.
#[utoipa::path(delete, path = "/evaluations/{id}", responses((status = 204)))]
async fn archive_evaluation(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<Evaluation>(&can, id.0).await
}

/// Restores an archived evaluation.
#[utoipa::path(post, path = "/evaluations/{id}/restore", responses((status = 200, body = Evaluation)))]
async fn restore_evaluation(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<Evaluation>(&can, id.0).await
}

/// Shows the history of an evaluation.
#[utoipa::path(
    get,
    path = "/evaluations/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_evaluation_history(can: Can<ReadFrameworks>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Evaluation>(&can, id.0, &part).await
}

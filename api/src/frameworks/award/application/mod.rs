//! Applications of schools for awards.

pub mod lifecycle;
pub mod transition;

use entity::frameworks::award_application::{self, ApplicationStatus, GivenEvidence, GivenList};
use entity::frameworks::award_scheme::{self, AwardLevel, AwardSchemeStatus};
use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::identity::grant::Role;
use entity::instant::Instant;
use entity::schools::school;
use sea_orm::QueryFilter;
use time::Date;
use time::macros::date;

use super::rules;
use super::scheme::AwardScheme;
use crate::frameworks::evaluation::Evaluation;
use crate::kernel::base::problem::Code;
use crate::kernel::operations::attachment;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::school::School;

record! {
    /// A school's application for a level of an award.
    ///
    /// It names an evaluation that the school has sent, and gives the evidence that the scheme asks for.
    AwardApplication from NewAwardApplication in award_application {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The scheme, which must be in use when the school applies.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        scheme_id: Uuid,
        /// The level, one of the scheme's.
        #[schema(example = "bronze")]
        level: AwardLevel,
        /// The evaluation: of the school, on the scheme's framework, and at least submitted.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        evaluation_id: Uuid,
        /// The evidence, each piece by the code that the scheme gives it.
        #[serde(default)]
        #[schema(
            value_type = Vec<GivenEvidence>,
            max_items = 20,
            example = json!([{ "code": "recording", "text": "The summer concert, all year groups" }]),
        )]
        evidence: GivenList,
        /// The application whose award this one renews: awarded, of the same school and scheme.
        #[schema(example = json!(null))]
        renewal_of_id: Option<Uuid>,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "The governors agreed to apply in May")]
        note: Option<String>,
    }
    initial {
        status: ApplicationStatus::Applied,
        applied_on: date!(1970 - 01 - 01),
        applied_by_id: None,
        assessed_at: None,
        assessed_by_id: None,
        assessor_notes: None,
        decided_at: None,
        decided_by_id: None,
        decision_reason: None,
        awarded_on: None,
        valid_until: None,
    }
    computed {
        /// How far it has come; changed by `assess`, `award` and `decline`.
        #[schema(example = "applied")]
        status: ApplicationStatus,
        /// The day on which the school applied.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2016-05-20")]
        applied_on: Date,
        /// The person who applied.
        #[schema(example = json!(null))]
        applied_by_id: Option<Uuid>,
        /// When it was assessed.
        assessed_at: Option<Instant>,
        /// The person who assessed it.
        #[schema(example = json!(null))]
        assessed_by_id: Option<Uuid>,
        /// The working notes of the person who assessed it; seen by the hub alone.
        #[schema(max_length = 2000, example = json!(null))]
        assessor_notes: Option<String>,
        /// When it was decided.
        decided_at: Option<Instant>,
        /// The person who decided.
        #[schema(example = json!(null))]
        decided_by_id: Option<Uuid>,
        /// Why it was awarded or declined, where a reason was given.
        #[schema(max_length = 2000, example = json!(null))]
        decision_reason: Option<String>,
        /// The first day of the award.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        awarded_on: Option<Date>,
        /// The last day of the award.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        valid_until: Option<Date>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The scheme, when asked for with `expand=scheme`.
        scheme: AwardScheme,
        /// The evaluation, when asked for with `expand=evaluation`.
        evaluation: Evaluation,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for AwardApplication {
    type Entity = award_application::Entity;
    type Form = NewAwardApplication;
    type Filter = AwardApplicationFilter;

    const PATH: &'static str = "/award-applications";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, award_application::Column)] = &[
        ("applied_on", award_application::Column::AppliedOn),
        ("valid_until", award_application::Column::ValidUntil),
        ("updated_at", award_application::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["evidence", "note", "assessor_notes", "decision_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["applied_by_id", "assessed_by_id", "decided_by_id"];
    const COUNTS: &'static [&'static str] = &["status", "level", "scheme_id"];
    const EXPANDS: &'static [&'static str] = &["school", "scheme", "evaluation", "actions"];
    const IF_MATCH: bool = true;

    fn refs(form: &NewAwardApplication) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<award_scheme::Entity>("/scheme_id", form.scheme_id)
            .to::<evaluation::Entity>("/evaluation_id", form.evaluation_id)
            .to::<award_application::Entity>("/renewal_of_id", form.renewal_of_id)
    }

    fn school(row: &award_application::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &award_application::Model) -> Value {
        json!({ "school_id": row.school_id, "scheme_id": row.scheme_id, "level": row.level })
    }

    /// A school reads why it was decided, and never what was noted on the way.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["assessor_notes"]) }
    }

    fn referenced_by(row: &award_application::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<award_application::Entity>(award_application::Column::RenewalOfId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, award_application::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => {
                expect_applicant(write.caller())?;
                step.after.applied_on = write.caller().today();
                step.after.applied_by_id = write.caller().actor.person_id();
                expect_sound(write, step.after, true).await?;
                expect_no_other(write, step.after).await
            }
            (Operation::Update, Some(before)) => {
                expect_open(before.status, "change")?;
                expect_same(before, step.after)?;
                let applied_for = |row: &award_application::Model| (row.level, row.evaluation_id, row.renewal_of_id);
                if applied_for(before) != applied_for(step.after) {
                    expect_applicant(write.caller())?;
                }
                expect_sound(write, step.after, false).await
            }
            (Operation::Archive, _) => {
                expect_applicant(write.caller())?;
                expect_open(step.after.status, "archive")
            }
            (Operation::Restore, _) => {
                expect_applicant(write.caller())?;
                expect_no_other(write, step.after).await
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[award_application::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "scheme" => expand::one::<AwardScheme>(caller, db, rows.iter().map(|row| row.scheme_id)).await,
            "evaluation" => expand::one::<Evaluation>(caller, db, rows.iter().map(|row| row.evaluation_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Refuses a caller who does not speak for a school.
fn expect_applicant(caller: &Caller) -> Result<()> {
    if matches!(caller.role, Some(Role::SchoolStaff | Role::SpecialistLeader)) {
        let detail = "your role does not apply for awards: ask the head teacher, or somebody of the hub";
        return Err(Problem::forbidden(detail));
    }
    Ok(())
}

fn expect_open(status: ApplicationStatus, what: &str) -> Result<()> {
    if status == ApplicationStatus::Applied {
        return Ok(());
    }
    let detail = format!("cannot {what} an application that is {status}: only one that is applied, and not assessed");
    Err(Problem::conflict(detail))
}

/// Refuses another school or scheme: that is another application.
fn expect_same(before: &award_application::Model, after: &award_application::Model) -> Result<()> {
    let message = "it stays as it is: archive this application and make another";
    let school = (before.school_id != after.school_id).then(|| Fault::new("/school_id", "fixed", message));
    let scheme = (before.scheme_id != after.scheme_id).then(|| Fault::new("/scheme_id", "fixed", message));
    let faults: Vec<Fault> = school.into_iter().chain(scheme).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Refuses what does not go together: the scheme with the level, the evaluation, the evidence and what is renewed.
async fn expect_sound(write: &Write, row: &award_application::Model, new: bool) -> Result<()> {
    let (caller, tx) = (write.caller(), write.tx());
    let scheme = caller.rows::<award_scheme::Entity>().filter(award_scheme::Column::Id.eq(row.scheme_id));
    let scheme = scheme.one(tx).await?.ok_or_else(Problem::not_found)?;
    let evaluation = caller.rows::<evaluation::Entity>().filter(evaluation::Column::Id.eq(row.evaluation_id));
    let evaluation = evaluation.one(tx).await?.ok_or_else(Problem::not_found)?;
    let mut faults = Vec::new();
    if new && scheme.status != AwardSchemeStatus::InUse {
        let message = format!("the scheme is {}, and schools apply by a scheme in use", scheme.status);
        faults.push(Fault::new("/scheme_id", "unknown_reference", message));
    }
    if !scheme.levels.iter().any(|asked| asked.level == row.level) {
        faults.push(Fault::new("/level", "unknown_value", "the scheme does not have this level"));
    }
    faults.extend(of_evaluation(&evaluation, row.school_id, scheme.framework_id));
    faults.extend(rules::given(&scheme.evidence, &row.evidence));
    faults.extend(of_files(write, row).await?);
    faults.extend(of_renewal(write, row, &scheme).await?);
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

fn of_evaluation(row: &evaluation::Model, school: Uuid, framework: Uuid) -> Option<Fault> {
    let message = if row.school_id != school {
        "the evaluation is of another school"
    } else if row.framework_id != framework {
        "the evaluation is on another framework than the scheme's"
    } else if matches!(row.status, EvaluationStatus::Draft | EvaluationStatus::Returned) {
        "the evaluation is not sent: submit it first"
    } else {
        return None;
    };
    Some(Fault::new("/evaluation_id", "unknown_reference", message))
}

/// The faults of evidence that names files which the application does not have.
async fn of_files(write: &Write, row: &award_application::Model) -> Result<Vec<Fault>> {
    if row.evidence.iter().all(|given| given.attachment_ids.is_empty()) {
        return Ok(Vec::new());
    }
    let files = attachment::ids_of::<AwardApplication>(write.caller(), write.tx(), row.id).await?;
    let mut faults = Vec::new();
    for (at, given) in row.evidence.iter().enumerate() {
        let unknown = given.attachment_ids.iter().enumerate().filter(|(_, id)| !files.contains(id));
        faults.extend(unknown.map(|(place, id)| {
            let message = format!("the application has no file {id}: attach it first");
            Fault::new(format!("/evidence/{at}/attachment_ids/{place}"), "unknown_reference", message)
        }));
    }
    Ok(faults)
}

async fn of_renewal(
    write: &Write,
    row: &award_application::Model,
    scheme: &award_scheme::Model,
) -> Result<Option<Fault>> {
    let Some(id) = row.renewal_of_id else { return Ok(None) };
    let caller = write.caller();
    let before = caller.rows::<award_application::Entity>().filter(award_application::Column::Id.eq(id));
    let before = before.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
    let of = caller.rows::<award_scheme::Entity>().filter(award_scheme::Column::Id.eq(before.scheme_id));
    let lineage = of.one(write.tx()).await?.map(|scheme| scheme.lineage_id);
    let renewable = before.status == ApplicationStatus::Awarded
        && before.school_id == row.school_id
        && lineage == Some(scheme.lineage_id);
    let message = "an award is renewed that this school has by an edition of the same scheme";
    Ok((!renewable).then(|| Fault::new("/renewal_of_id", "unknown_reference", message)))
}

/// Refuses a second application of a school by one scheme while the first is open.
async fn expect_no_other(write: &Write, row: &award_application::Model) -> Result<()> {
    use award_application::Column;

    write.hold::<school::Entity>(row.school_id).await?;
    let others = write.caller().rows::<award_application::Entity>().filter(Column::SchoolId.eq(row.school_id));
    let others = others.filter(Column::SchemeId.eq(row.scheme_id)).filter(Column::Id.ne(row.id));
    let open = [ApplicationStatus::Applied, ApplicationStatus::Assessed];
    let Some(other) = others.filter(Column::Status.is_in(open)).one(write.tx()).await? else { return Ok(()) };
    let detail =
        format!("the school has applied already, and application {} is not decided: change that one", other.id);
    let fault = Fault::new("/scheme_id", "duplicate", &detail);
    let location = AwardApplication::location(other.id);
    Err(Problem::new(Code::Duplicate, detail).with(fault).header(actix_web::http::header::LOCATION, location))
}

/// Narrows the list of applications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AwardApplicationFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these schemes.
    #[serde(default)]
    #[param(max_items = 50)]
    pub scheme_id: Vec<Uuid>,
    /// Any of these levels.
    #[serde(default)]
    #[param(max_items = 4)]
    pub level: Vec<AwardLevel>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<ApplicationStatus>,
    /// Only applications made on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-01-01")]
    pub applied_from: Option<Date>,
    /// Only applications made on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-12-31")]
    pub applied_to: Option<Date>,
    /// Only awards that hold on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-09-01")]
    pub holds_on: Option<Date>,
    /// Only awards whose last day is before this one: what is to be renewed.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2017-01-01")]
    pub expires_before: Option<Date>,
    /// Only applications that renew this one.
    pub renewal_of_id: Option<Uuid>,
}

impl Filter<award_application::Entity> for AwardApplicationFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use award_application::Column;

        let holds =
            self.holds_on.map(|day| Condition::all().add(Column::AwardedOn.lte(day)).add(Column::ValidUntil.gte(day)));
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::SchemeId, &self.scheme_id))
            .add_option(any_of(Column::Level, &self.level))
            .add_option(any_of(Column::Status, &self.status))
            .add(between(Column::AppliedOn, self.applied_from, self.applied_to))
            .add_option(holds)
            .add_option(self.expires_before.map(|day| Column::ValidUntil.lt(day)))
            .add_option(is(Column::RenewalOfId, self.renewal_of_id))
    }
}

routes! {
    ReadFrameworks: list_award_applications, count_award_applications, get_award_application;
    WriteFrameworks: create_award_application, update_award_application, archive_award_application,
        restore_award_application;
    ReadFrameworks: list_award_application_history;
}

/// Lists the applications for awards. A school sees its own.
#[utoipa::path(
    get,
    path = "/award-applications",
    params(List<AwardApplication>),
    responses((status = 200, body = Page<AwardApplication>)),
)]
async fn list_award_applications(can: Can<ReadFrameworks>, list: List<AwardApplication>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the applications by one or two of their fields.
#[utoipa::path(
    get,
    path = "/award-applications/counts",
    params(CountBy<AwardApplication>),
    responses((status = 200, body = Counts)),
)]
async fn count_award_applications(can: Can<ReadFrameworks>, by: CountBy<AwardApplication>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Applies for an award.
///
/// The head teacher applies, or the hub for the school. `GET /award-applications/{id}/check` shows what the application
/// still lacks; evidence can be added until it is assessed. 409 while another application of the school by the scheme
/// is not decided.
#[utoipa::path(post, path = "/award-applications", responses((status = 201, body = AwardApplication)))]
async fn create_award_application(can: Can<WriteFrameworks>, form: Json<NewAwardApplication>) -> Result<Reply> {
    crud::create::<AwardApplication>(&can, form).await
}

/// Gets an application.
#[utoipa::path(
    get,
    path = "/award-applications/{id}",
    params(Show<AwardApplication>),
    responses((status = 200, body = AwardApplication)),
)]
async fn get_award_application(can: Can<ReadFrameworks>, id: Id, show: Show<AwardApplication>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an application that is not assessed yet.
///
/// The staff of the school and its specialist leader change the evidence and the note. Who may apply also changes the
/// level, the evaluation and what is renewed (403).
#[utoipa::path(patch, path = "/award-applications/{id}", responses((status = 200, body = AwardApplication)))]
async fn update_award_application(
    can: Can<WriteFrameworks>,
    id: Id,
    patch: Patch<NewAwardApplication>,
) -> Result<Reply> {
    crud::update::<AwardApplication>(&can, id.0, patch).await
}

/// Archives an application that is not assessed yet.
#[utoipa::path(delete, path = "/award-applications/{id}", responses((status = 204)))]
async fn archive_award_application(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<AwardApplication>(&can, id.0).await
}

/// Restores an archived application.
#[utoipa::path(post, path = "/award-applications/{id}/restore", responses((status = 200, body = AwardApplication)))]
async fn restore_award_application(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<AwardApplication>(&can, id.0).await
}

/// Shows the history of an application.
#[utoipa::path(
    get,
    path = "/award-applications/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_award_application_history(can: Can<ReadFrameworks>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<AwardApplication>(&can, id.0, &part).await
}

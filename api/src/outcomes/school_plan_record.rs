//! Music in the plans of schools, year by year.

use std::collections::HashSet;

use entity::outcomes::school_plan_record;
use entity::people::person;
use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect};
use time::Date;

use crate::kernel::base::academic_year;
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::people::person::Person;
use crate::schools::school::School;

record! {
    /// How music stands in a school's plans in one academic year. A school has one record for each year.
    ///
    /// What is not known yet is absent, which is not the same as false.
    SchoolPlanRecord from NewSchoolPlanRecord in school_plan_record {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The academic year, from September to August.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2016/17")]
        academic_year: String,
        /// True if the school development plan has music in it.
        #[schema(example = true)]
        in_development_plan: Option<bool>,
        /// True if the school's own evaluation of itself has music in it.
        #[schema(example = true)]
        in_self_evaluation: Option<bool>,
        /// True if the plans have first access in them: whole-class teaching of an instrument.
        #[schema(example = true)]
        includes_first_access: Option<bool>,
        /// True if the plans say how pupils go on after first access.
        #[schema(example = false)]
        includes_continuation: Option<bool>,
        /// True if the plans have singing in them.
        #[schema(example = true)]
        includes_singing: Option<bool>,
        /// True if the plans name work with the hub or other partners.
        #[schema(example = false)]
        includes_partnership: Option<bool>,
        /// True if the school has a music development plan of its own.
        #[schema(example = true)]
        has_plan: Option<bool>,
        /// Where the school publishes the summary of that plan.
        #[schema(
            min_length = 1,
            max_length = 500,
            pattern = r"^https?://[^\s]+$",
            example = "https://woodgate.example/music-development-plan",
        )]
        summary_url: Option<String>,
        /// The day on which it published the summary.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2016-10-03")]
        summary_published_on: Option<Date>,
        /// The person who leads music at the school.
        #[schema(example = json!(null))]
        music_lead_id: Option<Uuid>,
        /// The day on which the hub checked the record. Only the hub sets it.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        checked_on: Option<Date>,
        /// The person who checked it. Only the hub sets it.
        #[schema(example = json!(null))]
        checked_by_id: Option<Uuid>,
        /// The day by which the record is to be brought up to date.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2017-09-30")]
        next_due_on: Option<Date>,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "The plan is shared by the schools of the trust")]
        note: Option<String>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person who leads music, when asked for with `expand=music_lead`.
        music_lead: Person,
    }
}

impl Resource for SchoolPlanRecord {
    type Entity = school_plan_record::Entity;
    type Form = NewSchoolPlanRecord;
    type Filter = SchoolPlanRecordFilter;

    const PATH: &'static str = "/school-plan-records";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, school_plan_record::Column)] = &[
        ("academic_year", school_plan_record::Column::AcademicYear),
        ("next_due_on", school_plan_record::Column::NextDueOn),
        ("updated_at", school_plan_record::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["summary_url", "note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["music_lead_id", "checked_by_id"];
    const COUNTS: &'static [&'static str] = &["academic_year", "in_development_plan", "in_self_evaluation", "has_plan"];
    const EXPANDS: &'static [&'static str] = &["school", "music_lead"];
    const IF_MATCH: bool = true;

    fn refs(form: &NewSchoolPlanRecord) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<person::Entity>("/music_lead_id", form.music_lead_id)
            .to::<person::Entity>("/checked_by_id", form.checked_by_id)
    }

    fn faults(form: &NewSchoolPlanRecord) -> Vec<Fault> {
        let mut faults = Vec::new();
        if academic_year::days(&form.academic_year).is_none() {
            let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
            faults.push(Fault::new("/academic_year", "order", message));
        }
        if form.checked_by_id.is_some() && form.checked_on.is_none() {
            faults.push(Fault::new("/checked_on", "missing", "say on which day the record was checked"));
        }
        faults
    }

    fn school(row: &school_plan_record::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &school_plan_record::Model) -> Value {
        json!({ "school_id": row.school_id, "academic_year": row.academic_year })
    }

    fn same_key(row: &school_plan_record::Model) -> Option<Condition> {
        let of_school = school_plan_record::Column::SchoolId.eq(row.school_id);
        Some(Condition::all().add(of_school).add(school_plan_record::Column::AcademicYear.eq(&row.academic_year)))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, school_plan_record::Model>) -> Result<()> {
        let checked = |row: &school_plan_record::Model| (row.checked_on, row.checked_by_id);
        let before = step.before.map_or((None, None), checked);
        if before == checked(step.after) || write.caller().sees_hub() {
            return Ok(());
        }
        let message =
            "only the hub says that it has checked a record: leave `checked_on` and `checked_by_id` as they are";
        Err(Problem::faults(vec![Fault::new("/checked_on", "fixed", message)]))
    }

    /// Of many records each is refused by itself whose school has one for the year. A caller who sends many reaches the
    /// hub.
    async fn decide_all(
        write: &mut Write,
        steps: &mut [Mutation<'_, school_plan_record::Model>],
    ) -> Result<Vec<Result<()>>> {
        let new = || steps.iter().filter(|step| step.before.is_none()).map(|step| &*step.after);
        let mut taken = taken(write, new()).await?;
        let refused = |row: &school_plan_record::Model| {
            let detail = format!("the school has a record for {}: change that one", row.academic_year);
            let fault = Fault::new("/academic_year", "duplicate", &detail);
            Err(Problem::new(Code::Duplicate, detail).with(fault))
        };
        let free = steps.iter().map(|step| step.before.is_some() || taken.insert(key(step.after)));
        let free: Vec<bool> = free.collect();
        Ok(free.into_iter().zip(steps).map(|(free, step)| if free { Ok(()) } else { refused(step.after) }).collect())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[school_plan_record::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<Person>(caller, db, rows.iter().map(|row| row.music_lead_id)).await,
        }
    }
}

fn key(row: &school_plan_record::Model) -> (Uuid, String) {
    (row.school_id, row.academic_year.clone())
}

/// The schools and years among these rows for which there are records, archived ones included.
async fn taken(
    write: &Write,
    rows: impl Iterator<Item = &school_plan_record::Model> + Clone,
) -> Result<HashSet<(Uuid, String)>> {
    use school_plan_record::Column;

    let found = write.caller().rows_archived::<school_plan_record::Entity>();
    let found = found.filter(Column::SchoolId.is_in(rows.clone().map(|row| row.school_id)));
    let found = found.filter(Column::AcademicYear.is_in(rows.map(|row| row.academic_year.as_str())));
    let found = found.select_only().columns([Column::SchoolId, Column::AcademicYear]);
    Ok(found.into_tuple().all(write.tx()).await?.into_iter().collect())
}

/// Narrows the list of records.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchoolPlanRecordFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
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
    /// Only records of schools whose development plan has music in it, or has not.
    pub in_development_plan: Option<bool>,
    /// Only records of schools with a music development plan, or without.
    pub has_plan: Option<bool>,
    /// Only records with a published summary, or without.
    pub published: Option<bool>,
    /// Only records due on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-09-01")]
    pub due_from: Option<Date>,
    /// Only records due on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2017-09-30")]
    pub due_to: Option<Date>,
}

impl Filter<school_plan_record::Entity> for SchoolPlanRecordFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use school_plan_record::Column;

        let published = self.published.map(|published| match published {
            true => Column::SummaryPublishedOn.is_not_null(),
            false => Column::SummaryPublishedOn.is_null(),
        });
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add_option(is(Column::InDevelopmentPlan, self.in_development_plan))
            .add_option(is(Column::HasPlan, self.has_plan))
            .add_option(published)
            .add(between(Column::NextDueOn, self.due_from, self.due_to))
    }
}

routes! {
    ReadOutcomes: list_school_plan_records, count_school_plan_records, get_school_plan_record;
    WriteOutcomes: create_school_plan_record, update_school_plan_record, archive_school_plan_record,
        batch_school_plan_records, restore_school_plan_record;
    ReadOutcomes: list_school_plan_record_history;
}

/// Lists the records of music in the plans of schools.
#[utoipa::path(
    get,
    path = "/school-plan-records",
    params(List<SchoolPlanRecord>),
    responses((status = 200, body = Page<SchoolPlanRecord>)),
)]
async fn list_school_plan_records(can: Can<ReadOutcomes>, list: List<SchoolPlanRecord>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the records by one or two of their fields.
#[utoipa::path(
    get,
    path = "/school-plan-records/counts",
    params(CountBy<SchoolPlanRecord>),
    responses((status = 200, body = Counts)),
)]
async fn count_school_plan_records(can: Can<ReadOutcomes>, by: CountBy<SchoolPlanRecord>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Records how music stands in a school's plans in one year.
///
/// 409 where the school has a record for the year; the reply names it.
#[utoipa::path(post, path = "/school-plan-records", responses((status = 201, body = SchoolPlanRecord)))]
async fn create_school_plan_record(can: Can<WriteOutcomes>, form: Json<NewSchoolPlanRecord>) -> Result<Reply> {
    crud::create::<SchoolPlanRecord>(&can, form).await
}

/// Gets a record.
#[utoipa::path(
    get,
    path = "/school-plan-records/{id}",
    params(Show<SchoolPlanRecord>),
    responses((status = 200, body = SchoolPlanRecord)),
)]
async fn get_school_plan_record(can: Can<ReadOutcomes>, id: Id, show: Show<SchoolPlanRecord>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a record.
#[utoipa::path(patch, path = "/school-plan-records/{id}", responses((status = 200, body = SchoolPlanRecord)))]
async fn update_school_plan_record(
    can: Can<WriteOutcomes>,
    id: Id,
    patch: Patch<NewSchoolPlanRecord>,
) -> Result<Reply> {
    crud::update::<SchoolPlanRecord>(&can, id.0, patch).await
}

/// Takes many records, as they are read from the schools' web sites.
///
/// Each item creates a record; one for a school and year that have a record is refused by itself. At most 1,000 items
/// and 4 MiB.
#[utoipa::path(
    post,
    path = "/school-plan-records/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_school_plan_records(
    can: Can<WriteOutcomes>,
    how: Query<BatchQuery>,
    batch: Batch<NewSchoolPlanRecord>,
) -> Result<Reply> {
    crud::batch::<SchoolPlanRecord>(&can, &batch, &how).await
}

/// Archives a record.
///
/// Only for records made by mistake.
#[utoipa::path(delete, path = "/school-plan-records/{id}", responses((status = 204)))]
async fn archive_school_plan_record(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<SchoolPlanRecord>(&can, id.0).await
}

/// Restores an archived record.
#[utoipa::path(post, path = "/school-plan-records/{id}/restore", responses((status = 200, body = SchoolPlanRecord)))]
async fn restore_school_plan_record(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<SchoolPlanRecord>(&can, id.0).await
}

/// Shows the history of a record.
#[utoipa::path(
    get,
    path = "/school-plan-records/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_school_plan_record_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SchoolPlanRecord>(&can, id.0, &part).await
}

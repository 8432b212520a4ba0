//! Reports put before a meeting: made once, and kept as they were.
//!
//! `content` stores the bytes and gives them again.

pub mod content;

use entity::engagement::meeting::{self, MeetingStatus};
use entity::reports::tabled_report::{self, TabledFormat};
use sea_orm::QueryFilter;
use time::Date;
use time::macros::date;

use crate::engagement::meeting::Meeting;
use crate::kernel::operations::attachment::Attached;
use crate::kernel::operations::report::keep::{KeptReply, NamedReport, WantedReport, make};
use crate::kernel::prelude::*;
use crate::people::person::Person;

record! {
    /// A report as it was put before a meeting. Nothing of it changes.
    ///
    /// When a person is erased, the name is replaced in the content by a marker too, and a workbook that has the name
    /// is removed; `sha256` then tells that the content is no longer the one that was tabled.
    TabledReport from NewTabledReport in tabled_report {
        /// The meeting.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        meeting_id: Uuid,
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "Coverage of visits in the first year")]
        title: String,
        /// Anything worth knowing. No pupil names.
        #[schema(min_length = 1, max_length = 2000, example = json!(null))]
        note: Option<String>,
        /// The name of the report: the last part of an address below `/reports`, or `plan-document`, `plan-targets`,
        /// `plan-dashboard`, `plan-comparison` or `review-document`.
        #[schema(min_length = 1, max_length = 59, pattern = "^[a-z][a-z-]*$", example = "visit-coverage")]
        report: String,
        /// The plan or the review that it is about; needed by the five that are about one.
        #[schema(example = json!(null))]
        item_id: Option<Uuid>,
        /// The report's parameters, as its own address takes them, without the form.
        #[schema(
            min_length = 1,
            max_length = 1000,
            pattern = "^[^\\s?#]+$",
            example = "as_at=2015-03-31&academic_year=2014/15&by=area",
        )]
        query: Option<String>,
        /// The form.
        #[schema(example = "csv")]
        format: TabledFormat,
    }
    initial {
        title_key: String::new(),
        scope: String::new(),
        file_name: String::new(),
        content_type: String::new(),
        content_policy: None,
        size_bytes: 0,
        sha256: String::new(),
        tabled_on: date!(1970 - 01 - 01),
        tabled_by_id: None,
    }
    computed {
        /// The scope by which the report, and so its content, is read.
        #[schema(max_length = 40, example = "reports:read")]
        scope: String,
        /// The name of the file.
        #[schema(max_length = 200, example = "visit-coverage-2015-03-31.csv")]
        file_name: String,
        /// The type of the content.
        #[schema(max_length = 120, example = "text/csv; charset=utf-8; header=present")]
        content_type: String,
        /// How long the content is, in bytes.
        #[schema(minimum = 0, example = 2048)]
        size_bytes: i64,
        /// SHA-256 of the content as it was tabled, in hexadecimal digits.
        #[schema(
            min_length = 64,
            max_length = 64,
            example = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        )]
        sha256: String,
        /// The day on which it was tabled.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-04-22")]
        tabled_on: Date,
        /// The person who tabled it.
        #[schema(example = json!(null))]
        tabled_by_id: Option<Uuid>,
    }
    embedded {
        /// The meeting, when asked for with `expand=meeting`.
        meeting: Meeting,
        /// The person who tabled it, when asked for with `expand=tabled_by`.
        tabled_by: Person,
    }
}

impl Resource for TabledReport {
    type Entity = tabled_report::Entity;
    type Form = NewTabledReport;
    type Filter = TabledReportFilter;

    const PATH: &'static str = "/tabled-reports";
    const READ: Scope = Scope::ReadReports;
    const SORTS: &'static [(&'static str, tabled_report::Column)] = &[
        ("tabled_on", tabled_report::Column::TabledOn),
        ("title", tabled_report::Column::TitleKey),
        ("updated_at", tabled_report::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["report", "meeting_id", "format", "tabled_on"];
    const EXPANDS: &'static [&'static str] = &["meeting", "tabled_by"];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "note", "query", "file_name"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["tabled_by_id"];

    fn refs(form: &NewTabledReport) -> Refs {
        Refs::default().to::<meeting::Entity>("/meeting_id", form.meeting_id)
    }

    fn complete(row: &mut tabled_report::Model) {
        row.title_key = search_key(&row.title);
    }

    fn keys(row: &tabled_report::Model) -> Value {
        json!({ "title": row.title, "report": row.report })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, tabled_report::Model>) -> Result<()> {
        let meeting = write.caller().rows_archived::<meeting::Entity>();
        let meeting = meeting.filter(meeting::Column::Id.eq(step.after.meeting_id)).one(write.tx()).await?;
        match (step.operation, meeting.map(|meeting| meeting.status)) {
            (Operation::Create, Some(MeetingStatus::Cancelled)) => {
                let message = "the meeting is cancelled: nothing is put before it";
                Err(Problem::invalid("/meeting_id", "cancelled", message))
            }
            (Operation::Archive, Some(MeetingStatus::Minuted)) => {
                Err(Problem::conflict("cannot archive what was put before a meeting whose minutes are agreed"))
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[tabled_report::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "meeting" => expand::one::<Meeting>(caller, db, rows.iter().map(|row| row.meeting_id)).await,
            _ => expand::one::<Person>(caller, db, rows.iter().map(|row| row.tabled_by_id)).await,
        }
    }
}

/// A workbook is a file of its item, so that one that names an erased person is found and removed.
impl Attached for TabledReport {}

/// Makes a report for the caller, as it is to be tabled.
///
/// # Errors
/// 403 without the scope of the report, 413 for a content that is too long, 422 for a report that does not exist or is
/// not made so, and for a plan or review that is not there for the caller.
pub async fn made(caller: &Caller, form: &NewTabledReport) -> Result<(NamedReport, KeptReply)> {
    let report =
        NamedReport::named(caller.state(), "/report", &form.report).map_err(|fault| Problem::faults(vec![fault]))?;
    let mut faults = Vec::new();
    match (report.about, form.item_id) {
        (Some(about), None) => {
            let message = format!("name the {about} that the report is about");
            faults.push(Fault::new("/item_id", "required", message));
        }
        (None, Some(_)) => {
            let message = "the report is about the whole hub; leave it out";
            faults.push(Fault::new("/item_id", "not_needed", message));
        }
        _ => {}
    }
    let format = form.format.as_str();
    if !report.formats.contains(&format) {
        let message = format!("the report is made as {}", report.formats.join(", "));
        faults.push(Fault::new("/format", "unknown_value", message));
    }
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let query = form.query.clone().unwrap_or_default();
    let wanted = WantedReport { item: form.item_id, query, format: format.to_owned() };
    let mut kept = make(caller, report, wanted).await?;
    if form.format == TabledFormat::Html {
        kept.content = content::plain_apostrophes(kept.content);
    }
    content::expect_room(caller, &kept)?;
    Ok((report, kept))
}

/// Stores a report that was made.
///
/// # Errors
/// 422 for a meeting that is not there for the caller, or is cancelled.
pub async fn table(
    write: &mut Write,
    form: &NewTabledReport,
    (report, kept): &(NamedReport, KeptReply),
) -> Result<tabled_report::Model> {
    let refs = TabledReport::refs(form).faults(write.caller(), write.tx()).await?;
    if !refs.is_empty() {
        return Err(Problem::faults(refs));
    }
    let meta = write.meta_of::<tabled_report::Entity>();
    let otherwise = || format!("{}.{}", form.report, form.format);
    let row = tabled_report::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        meeting_id: form.meeting_id,
        title: form.title.clone(),
        title_key: String::new(),
        note: form.note.clone(),
        report: form.report.clone(),
        item_id: form.item_id,
        query: form.query.clone(),
        format: form.format,
        scope: report.scope.as_str().to_owned(),
        file_name: kept.file_name.clone().unwrap_or_else(otherwise),
        content_type: kept.content_type.to_owned(),
        content_policy: kept.content_policy.clone(),
        size_bytes: i64::try_from(kept.content.len()).map_err(Problem::internal)?,
        sha256: content::digits(&kept.content),
        tabled_on: write.caller().today(),
        tabled_by_id: write.caller().actor.person_id(),
    };
    let row = write.store::<TabledReport>(None, row, Operation::Create).await?;
    content::keep(write, &row, &kept.content).await?;
    Ok(row)
}

/// Narrows the list of tabled reports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TabledReportFilter {
    /// Any of these meetings.
    #[serde(default)]
    #[param(max_items = 50)]
    pub meeting_id: Vec<Uuid>,
    /// Only this report, by its name.
    #[param(min_length = 1, max_length = 59, example = "visit-coverage")]
    pub report: Option<String>,
    /// Only reports about this plan or review.
    pub item_id: Option<Uuid>,
    /// Any of these forms.
    #[serde(default)]
    #[param(max_items = 4)]
    pub format: Vec<TabledFormat>,
    /// Only reports that were tabled on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub tabled_from: Option<Date>,
    /// Only reports that were tabled on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub tabled_to: Option<Date>,
    /// Words that the title contains, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "coverage")]
    pub q: Option<String>,
}

impl Filter<tabled_report::Entity> for TabledReportFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use tabled_report::Column;

        Condition::all()
            .add_option(any_of(Column::MeetingId, &self.meeting_id))
            .add_option(is(Column::Report, self.report.as_deref()))
            .add_option(is(Column::ItemId, self.item_id))
            .add_option(any_of(Column::Format, &self.format))
            .add(between(Column::TabledOn, self.tabled_from, self.tabled_to))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadReports: list_tabled_reports, count_tabled_reports, get_tabled_report;
    WriteReports: table_report, archive_tabled_report, restore_tabled_report;
    ReadReports: list_tabled_report_history;
}

/// Lists the reports that were put before meetings.
///
/// Only readers of reports over the whole hub see them.
#[utoipa::path(
    get,
    path = "/tabled-reports",
    params(List<TabledReport>),
    responses((status = 200, body = Page<TabledReport>)),
)]
async fn list_tabled_reports(can: Can<ReadReports>, list: List<TabledReport>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the tabled reports by one or two of their fields.
#[utoipa::path(
    get,
    path = "/tabled-reports/counts",
    params(CountBy<TabledReport>),
    responses((status = 200, body = Counts)),
)]
async fn count_tabled_reports(can: Can<ReadReports>, by: CountBy<TabledReport>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets what is known of a tabled report.
#[utoipa::path(
    get,
    path = "/tabled-reports/{id}",
    params(Show<TabledReport>),
    responses((status = 200, body = TabledReport)),
)]
async fn get_tabled_report(can: Can<ReadReports>, id: Id, show: Show<TabledReport>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Makes a report and keeps it as it was put before a meeting.
///
/// The report is made as the caller sees it, which needs the scope of the report as well (403). What changes in the hub
/// later changes nothing in it: `GET /tabled-reports/{id}/content` gives the same bytes each time. A parameter that the
/// report does not have is 422 at `/query`. A content may be as long as an attached file (413).
#[utoipa::path(post, path = "/tabled-reports", responses((status = 201, body = TabledReport)))]
async fn table_report(can: Can<WriteReports>, form: Json<NewTabledReport>) -> Result<Reply> {
    let form = form.into_inner();
    let report = made(&can, &form).await?;
    Write::run(&can, async |write| {
        let row = table(write, &form, &report).await?;
        crud::answer::<TabledReport>(&can, &row, true)
    })
    .await
}

/// Archives a tabled report.
///
/// Only for what was tabled by mistake: refused (409) once the minutes of the meeting are agreed.
#[utoipa::path(delete, path = "/tabled-reports/{id}", responses((status = 204)))]
async fn archive_tabled_report(can: Can<WriteReports>, id: Id) -> Result<Reply> {
    crud::archive::<TabledReport>(&can, id.0).await
}

/// Restores an archived tabled report.
#[utoipa::path(post, path = "/tabled-reports/{id}/restore", responses((status = 200, body = TabledReport)))]
async fn restore_tabled_report(can: Can<WriteReports>, id: Id) -> Result<Reply> {
    crud::restore::<TabledReport>(&can, id.0).await
}

/// Shows the history of a tabled report.
#[utoipa::path(
    get,
    path = "/tabled-reports/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_tabled_report_history(can: Can<ReadReports>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<TabledReport>(&can, id.0, &part).await
}

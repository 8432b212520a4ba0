//! Practice that is worth sharing, shown to schools for as long as the consent holds.

pub mod audience;
pub mod file;
pub mod lifecycle;
pub mod opening;
pub mod transition;

use entity::engagement::shared_practice::{self, PracticeAudience, PracticeKind, PracticeStatus};
use entity::list::Ids;
use entity::people::person;
use entity::schools::{school, school_group};
use time::Date;

use super::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// A case study, a video or a resource that schools may learn from.
    ///
    /// Schools of its audience see it once it is published, until it is withdrawn or the consent is over.
    SharedPractice from NewSharedPractice in shared_practice {
        /// What it is.
        #[schema(example = "case_study")]
        kind: PracticeKind,
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "From whole-class ukulele to a band")]
        title: String,
        /// The text. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 20_000, example = "After a year of lessons every pupil chose.")]
        text: Option<String>,
        /// Where it stands, if it stands elsewhere.
        #[schema(
            min_length = 1,
            max_length = 2000,
            pattern = r"^https?://[^\s]+$",
            example = "https://hub.example/ukulele-band",
        )]
        link: Option<String>,
        /// The school that it comes from, if it comes from one.
        #[schema(example = json!(null))]
        school_id: Option<Uuid>,
        /// With which schools it is shared.
        #[schema(example = "all")]
        audience: PracticeAudience,
        /// The schools of a chosen audience; for the hub alone.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 2000, example = json!(null))]
        to_school_ids: Option<Ids>,
        /// The groups of a chosen audience, with the schools that are members on the day; for the hub alone.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 50, example = json!(null))]
        to_school_group_ids: Option<Ids>,
        /// The person who confirmed that it may be shared; for the hub alone.
        #[schema(example = json!(null))]
        consent_by_id: Option<Uuid>,
        /// Who confirmed it, in words; for the hub alone.
        #[schema(min_length = 1, max_length = 200, example = "Head teacher")]
        consent_by: Option<String>,
        /// The day on which it was confirmed; for the hub alone.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2015-05-04")]
        consent_confirmed_on: Option<Date>,
        /// The last day of the consent; absent while no end is set. Schools see the practice no longer than that.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        consent_until: Option<Date>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "The photographs show no faces")]
        note: Option<String>,
    }
    initial {
        title_key: String::new(),
        status: PracticeStatus::Draft,
        status_reason: None,
        published_on: None,
        withdrawn_on: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by `publish` and `withdraw`.
        #[schema(example = "draft")]
        status: PracticeStatus,
        /// Why it was withdrawn; for the hub alone.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The day on which it was published.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        published_on: Option<Date>,
        /// The day on which it was withdrawn.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        withdrawn_on: Option<Date>,
    }
    embedded {
        /// The school that it comes from, when asked for with `expand=school`.
        school: School,
        /// The person who confirmed the consent, when asked for with `expand=consent_by_person`.
        consent_by_person: Person,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

fn ids(list: Option<&Ids>) -> &[Uuid] {
    list.map_or(&[], |ids| ids)
}

impl Resource for SharedPractice {
    type Entity = shared_practice::Entity;
    type Form = NewSharedPractice;
    type Filter = SharedPracticeFilter;

    const PATH: &'static str = "/shared-practice";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, shared_practice::Column)] = &[
        ("title", shared_practice::Column::TitleKey),
        ("published_on", shared_practice::Column::PublishedOn),
        ("updated_at", shared_practice::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["kind", "status", "audience", "school_id"];
    const EXPANDS: &'static [&'static str] = &["school", "consent_by_person", "actions"];
    const IF_MATCH: bool = true;
    const NAMES_PEOPLE: &'static [&'static str] = &["link", "title", "text", "consent_by", "note", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["consent_by_id"];

    fn refs(form: &NewSharedPractice) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to_all::<school::Entity>("/to_school_ids", ids(form.to_school_ids.as_ref()))
            .to_all::<school_group::Entity>("/to_school_group_ids", ids(form.to_school_group_ids.as_ref()))
            .to::<person::Entity>("/consent_by_id", form.consent_by_id)
    }

    fn faults(form: &NewSharedPractice) -> Vec<Fault> {
        let (schools, groups) = (ids(form.to_school_ids.as_ref()), ids(form.to_school_group_ids.as_ref()));
        rules::audience(form.audience, schools, groups)
    }

    fn complete(row: &mut shared_practice::Model) {
        row.title_key = search_key(&row.title);
        row.search_key = search_key(&format!("{} {}", row.title, row.text.as_deref().unwrap_or_default()));
    }

    fn keys(row: &shared_practice::Model) -> Value {
        json!({ "title": row.title })
    }

    /// A school sees the practice and until when it may, not who else does or who agreed.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() {
            return Withheld::default();
        }
        Withheld::of(&[
            "to_school_ids",
            "to_school_group_ids",
            "consent_by_id",
            "consent_by",
            "consent_confirmed_on",
            "note",
            "status_reason",
        ])
    }

    async fn decide(write: &mut Write, step: Mutation<'_, shared_practice::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => write.caller().expect_writes_hub("the hub's shared practice"),
            (Operation::Update, Some(before)) => {
                let today = write.caller().today();
                rules::practice_edit(before, step.after, today)?;
                if before.status == PracticeStatus::Published {
                    audience::settle(write, step.after).await?;
                }
                Ok(())
            }
            (Operation::Archive, _) => rules::practice_archivable(step.after.status),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[shared_practice::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "consent_by_person" => {
                // What is withheld is not embedded either.
                let seen = caller.sees_hub();
                expand::one::<Person>(caller, db, rows.iter().map(|row| row.consent_by_id.filter(|_| seen))).await
            }
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of shared practice.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SharedPracticeFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 3)]
    pub kind: Vec<PracticeKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<PracticeStatus>,
    /// Any of these audiences.
    #[serde(default)]
    #[param(max_items = 2)]
    pub audience: Vec<PracticeAudience>,
    /// Any of these schools, from which it comes.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas, in which the school lies from which it comes.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group, of which the school from which it comes is a member today.
    pub school_group_id: Option<Uuid>,
    /// Only practice that was published on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub published_from: Option<Date>,
    /// Only practice that was published on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub published_to: Option<Date>,
    /// Only practice whose consent ends before this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-09-01")]
    pub consent_ends_before: Option<Date>,
    /// Words that the title or the text contain, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "ukulele")]
    pub q: Option<String>,
}

impl Filter<shared_practice::Entity> for SharedPracticeFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use shared_practice::Column;

        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::Audience, &self.audience))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add(between(Column::PublishedOn, self.published_from, self.published_to))
            .add_option(self.consent_ends_before.map(|day| Column::ConsentUntil.lt(day)))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_shared_practice, count_shared_practice, export_shared_practice, get_shared_practice;
    WriteEngagement: create_shared_practice, update_shared_practice, archive_shared_practice, restore_shared_practice;
    ReadEngagement: list_shared_practice_history;
}

/// Lists the shared practice.
///
/// A school sees what is published for it, until it is withdrawn or the consent is over.
#[utoipa::path(
    get,
    path = "/shared-practice",
    params(List<SharedPractice>),
    responses((status = 200, body = Page<SharedPractice>)),
)]
async fn list_shared_practice(can: Can<ReadEngagement>, list: List<SharedPractice>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the shared practice by one or two of their fields.
#[utoipa::path(
    get,
    path = "/shared-practice/counts",
    params(CountBy<SharedPractice>),
    responses((status = 200, body = Counts)),
)]
async fn count_shared_practice(can: Can<ReadEngagement>, by: CountBy<SharedPractice>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the shared practice as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/shared-practice/export",
    params(Export<SharedPractice>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_shared_practice(can: Can<ReadEngagement>, export: Export<SharedPractice>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Adds a piece of shared practice as a draft.
#[utoipa::path(post, path = "/shared-practice", responses((status = 201, body = SharedPractice)))]
async fn create_shared_practice(can: Can<WriteEngagement>, form: Json<NewSharedPractice>) -> Result<Reply> {
    crud::create::<SharedPractice>(&can, form).await
}

/// Gets a piece of shared practice.
#[utoipa::path(
    get,
    path = "/shared-practice/{id}",
    params(Show<SharedPractice>),
    responses((status = 200, body = SharedPractice)),
)]
async fn get_shared_practice(can: Can<ReadEngagement>, id: Id, show: Show<SharedPractice>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a piece of shared practice.
///
/// Of what is published only the audience, the consent and the note change (422); what was withdrawn does not (409).
/// A last day of the consent that is over ends the sharing.
#[utoipa::path(
    patch,
    path = "/shared-practice/{id}",
    request_body = NewSharedPractice,
    responses((status = 200, body = SharedPractice)),
)]
async fn update_shared_practice(can: Can<WriteEngagement>, id: Id, patch: Patch<NewSharedPractice>) -> Result<Reply> {
    crud::update::<SharedPractice>(&can, id.0, patch).await
}

/// Archives a piece of shared practice.
///
/// What is published has to be withdrawn first (409).
#[utoipa::path(delete, path = "/shared-practice/{id}", responses((status = 204)))]
async fn archive_shared_practice(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<SharedPractice>(&can, id.0).await
}

/// Restores an archived piece of shared practice.
#[utoipa::path(post, path = "/shared-practice/{id}/restore", responses((status = 200, body = SharedPractice)))]
async fn restore_shared_practice(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<SharedPractice>(&can, id.0).await
}

/// Shows the history of a piece of shared practice.
#[utoipa::path(
    get,
    path = "/shared-practice/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_shared_practice_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SharedPractice>(&can, id.0, &part).await
}

//! Award schemes: levels, what each asks of an evaluation, and the evidence asked for.

pub mod lifecycle;
pub mod transition;

use entity::frameworks::award_application;
use entity::frameworks::award_scheme::{self, AskedEvidence, AskedFor, AwardSchemeStatus, Threshold, Thresholds};
use entity::frameworks::framework;
use entity::identity::hub;
use entity::instant::Instant;

use crate::frameworks::award::rules;
use crate::frameworks::framework::Framework;
use crate::kernel::prelude::*;
use crate::kernel::resource::edition;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// An award that schools apply for: its levels, what each level asks of an evaluation, and the evidence asked for.
    ///
    /// A scheme in use is never changed. Its next edition is a scheme of its own, of the same lineage.
    AwardScheme from NewAwardScheme in award_scheme {
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "School music award")]
        title: String,
        /// What it recognises, and how it works.
        #[schema(min_length = 1, max_length = 4000, example = "For schools in which all pupils make music")]
        description: Option<String>,
        /// The framework by which schools are evaluated: of the kind `award` or `self_evaluation`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        framework_id: Uuid,
        /// The number of months for which an award is valid.
        #[schema(minimum = 1, maximum = 120, example = 24)]
        valid_months: i32,
        /// What each level asks of the evaluation, from the lowest level to the highest.
        #[schema(
            value_type = Vec<Threshold>,
            min_items = 1,
            max_items = 4,
            example = json!([
                { "level": "bronze", "criterion_level": 2, "share_percent": 50, "section_share_percent": 25 },
                { "level": "silver", "criterion_level": 3, "share_percent": 50 },
            ]),
        )]
        levels: Thresholds,
        /// The evidence asked for.
        #[serde(default)]
        #[schema(
            value_type = Vec<AskedEvidence>,
            max_items = 20,
            example = json!([{ "code": "recording", "title": "A recording of a performance", "from_level": "bronze" }]),
        )]
        evidence: AskedFor,
    }
    initial {
        title_key: String::new(),
        status: AwardSchemeStatus::Draft,
        edition: 1,
        lineage_id: Uuid::nil(),
        previous_id: None,
        in_use_at: None,
        retired_at: None,
    }
    computed {
        /// How far it has come; changed by `use` and `retire`.
        #[schema(example = "draft")]
        status: AwardSchemeStatus,
        /// Which edition it is, from 1.
        #[schema(minimum = 1, example = 1)]
        edition: i32,
        /// The same for all editions of a scheme: the id of the first.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
        /// The edition that it was made from.
        #[schema(example = json!(null))]
        previous_id: Option<Uuid>,
        /// When it was put in use.
        in_use_at: Option<Instant>,
        /// When it was retired.
        retired_at: Option<Instant>,
    }
    embedded {
        /// The framework without its criteria, when asked for with `expand=framework`.
        framework: Framework,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// The words for award schemes in a 403: "cannot change the hub's award schemes".
pub const SCHEMES: &str = "the hub's award schemes";

impl Resource for AwardScheme {
    type Entity = award_scheme::Entity;
    type Form = NewAwardScheme;
    type Filter = AwardSchemeFilter;

    const PATH: &'static str = "/award-schemes";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, award_scheme::Column)] = &[
        ("title", award_scheme::Column::TitleKey),
        ("status", award_scheme::Column::Status),
        ("updated_at", award_scheme::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "description", "evidence"];
    const COUNTS: &'static [&'static str] = &["status"];
    const EXPANDS: &'static [&'static str] = &["framework", "actions"];
    const IF_MATCH: bool = true;

    fn refs(form: &NewAwardScheme) -> Refs {
        Refs::default().to::<framework::Entity>("/framework_id", form.framework_id)
    }

    fn faults(form: &NewAwardScheme) -> Vec<Fault> {
        rules::scheme(&form.levels, &form.evidence)
    }

    fn complete(row: &mut award_scheme::Model) {
        row.title_key = search_key(&row.title);
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    fn keys(row: &award_scheme::Model) -> Value {
        json!({ "title": row.title, "edition": row.edition })
    }

    /// Locks the hub first. If two requests put editions of one scheme in use at once, the second waits and then sees
    /// the edition of the first. A caller who cannot change the hub's schemes takes no lock.
    async fn lock_first(write: &Write) -> Result<()> {
        match write.caller().expect_writes_hub(SCHEMES) {
            Ok(()) => write.hold::<hub::Entity>(write.caller().hub_id).await,
            Err(_) => Ok(()),
        }
    }

    fn referenced_by(row: &award_scheme::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<award_application::Entity>(award_application::Column::SchemeId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, award_scheme::Model>) -> Result<()> {
        match step.operation {
            Operation::Create => write.caller().expect_writes_hub(SCHEMES),
            Operation::Update => rules::scheme_editable(step.after.status),
            Operation::Archive => rules::scheme_archivable(step.after.status),
            Operation::Restore if step.after.status == AwardSchemeStatus::Draft => {
                edition::expect_no_draft::<Self>(write, step.after).await
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[award_scheme::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "framework" => expand::one::<Framework>(caller, db, rows.iter().map(|row| row.framework_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of award schemes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AwardSchemeFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<AwardSchemeStatus>,
    /// Only schemes on this framework.
    pub framework_id: Option<Uuid>,
    /// Only editions with this `lineage_id`, which all editions of a scheme share.
    pub lineage_id: Option<Uuid>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "music award")]
    pub q: Option<String>,
}

impl Filter<award_scheme::Entity> for AwardSchemeFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use award_scheme::Column;

        Condition::all()
            .add_option(any_of(Column::Status, &self.status))
            .add_option(is(Column::FrameworkId, self.framework_id))
            .add_option(is(Column::LineageId, self.lineage_id))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadFrameworks: list_award_schemes, count_award_schemes, get_award_scheme;
    WriteFrameworks: create_award_scheme, update_award_scheme, archive_award_scheme, restore_award_scheme;
    ReadFrameworks: list_award_scheme_history;
}

/// Lists the award schemes.
///
/// A school sees only schemes that are in use or retired.
#[utoipa::path(
    get,
    path = "/award-schemes",
    params(List<AwardScheme>),
    responses((status = 200, body = Page<AwardScheme>)),
)]
async fn list_award_schemes(can: Can<ReadFrameworks>, list: List<AwardScheme>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the award schemes by one or two of their fields.
#[utoipa::path(
    get,
    path = "/award-schemes/counts",
    params(CountBy<AwardScheme>),
    responses((status = 200, body = Counts)),
)]
async fn count_award_schemes(can: Can<ReadFrameworks>, by: CountBy<AwardScheme>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates an award scheme in draft.
#[utoipa::path(post, path = "/award-schemes", responses((status = 201, body = AwardScheme)))]
async fn create_award_scheme(can: Can<WriteFrameworks>, form: Json<NewAwardScheme>) -> Result<Reply> {
    crud::create::<AwardScheme>(&can, form).await
}

/// Gets an award scheme.
#[utoipa::path(
    get,
    path = "/award-schemes/{id}",
    params(Show<AwardScheme>),
    responses((status = 200, body = AwardScheme)),
)]
async fn get_award_scheme(can: Can<ReadFrameworks>, id: Id, show: Show<AwardScheme>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an award scheme.
///
/// Only a draft can change.
#[utoipa::path(patch, path = "/award-schemes/{id}", responses((status = 200, body = AwardScheme)))]
async fn update_award_scheme(can: Can<WriteFrameworks>, id: Id, patch: Patch<NewAwardScheme>) -> Result<Reply> {
    crud::update::<AwardScheme>(&can, id.0, patch).await
}

/// Archives an award scheme.
///
/// A scheme in use, and a scheme with applications, cannot be archived.
#[utoipa::path(delete, path = "/award-schemes/{id}", responses((status = 204)))]
async fn archive_award_scheme(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<AwardScheme>(&can, id.0).await
}

/// Restores an archived award scheme.
#[utoipa::path(post, path = "/award-schemes/{id}/restore", responses((status = 200, body = AwardScheme)))]
async fn restore_award_scheme(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<AwardScheme>(&can, id.0).await
}

/// Shows the history of an award scheme.
#[utoipa::path(
    get,
    path = "/award-schemes/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_award_scheme_history(can: Can<ReadFrameworks>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<AwardScheme>(&can, id.0, &part).await
}

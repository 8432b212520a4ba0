//! Schemes by which ratings are computed.

pub mod lifecycle;
pub mod shipped;
pub mod transition;

use entity::identity::hub;
use entity::instant::Instant;
use entity::ratings::parts::{Criteria, Criterion, RatingColour};
use entity::ratings::rag_scheme::{self, SchemeStatus};

use super::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::edition;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// A scheme: the criteria by which schools are rated, each with its thresholds.
    ///
    /// Each criterion gives a colour by its own data. Red stands for a need of 100, amber for 50, green for 0; the mean
    /// by weight is the school's need of support, and `amber_from` and `red_from` make its colour of it. A scheme in
    /// use is never changed. Its next edition is a scheme of its own, of the same lineage.
    RagScheme from NewRagScheme in rag_scheme {
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Need of support")]
        title: String,
        /// What it looks at and how it is used.
        #[schema(min_length = 1, max_length = 4000, example = "Computed each term, before visits are planned")]
        description: Option<String>,
        /// What it looks at, in order.
        #[schema(value_type = Vec<Criterion>, min_items = 1, max_items = 20)]
        criteria: Criteria,
        /// The need from which a rating is amber.
        #[schema(minimum = 1, maximum = 100, example = 35)]
        amber_from: i32,
        /// The need from which a rating is red.
        #[schema(minimum = 1, maximum = 100, example = 65)]
        red_from: i32,
        /// How many criteria must have data. With fewer there is no rating, rather than a guess.
        #[schema(minimum = 1, maximum = 20, example = 1)]
        least_with_data: i32,
        /// The colour from which a school gets support of its own, such as another visit.
        targeted_from: RatingColour,
        /// How many months a rating by the scheme holds.
        #[schema(minimum = 1, maximum = 60, example = 12)]
        valid_months: i32,
    }
    initial {
        title_key: String::new(),
        status: SchemeStatus::Draft,
        edition: 1,
        lineage_id: Uuid::nil(),
        previous_id: None,
        activated_at: None,
        retired_at: None,
    }
    computed {
        /// How far it has come; changed by `activate` and `retire`.
        #[schema(example = "draft")]
        status: SchemeStatus,
        /// Which edition it is, from 1.
        #[schema(minimum = 1, example = 1)]
        edition: i32,
        /// The same for all editions of a scheme: the id of the first.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        lineage_id: Uuid,
        /// The edition that it was made from.
        #[schema(example = json!(null))]
        previous_id: Option<Uuid>,
        /// When it came into use.
        activated_at: Option<Instant>,
        /// When it was retired.
        retired_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for RagScheme {
    type Entity = rag_scheme::Entity;
    type Form = NewRagScheme;
    type Filter = RagSchemeFilter;

    const PATH: &'static str = "/rag-schemes";
    const READ: Scope = Scope::ReadRatings;
    const SORTS: &'static [(&'static str, rag_scheme::Column)] = &[
        ("title", rag_scheme::Column::TitleKey),
        ("status", rag_scheme::Column::Status),
        ("activated_at", rag_scheme::Column::ActivatedAt),
        ("updated_at", rag_scheme::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "description", "criteria"];
    const COUNTS: &'static [&'static str] = &["status"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["actions"];

    fn faults(form: &NewRagScheme) -> Vec<Fault> {
        rules::scheme(&form.criteria, form.amber_from, form.red_from, form.least_with_data)
    }

    fn complete(row: &mut rag_scheme::Model) {
        row.title_key = search_key(&row.title);
        if row.lineage_id.is_nil() {
            row.lineage_id = row.id;
        }
    }

    fn keys(row: &rag_scheme::Model) -> Value {
        json!({ "title": row.title, "edition": row.edition })
    }

    /// The hub comes first, so that of two who bring editions of one scheme into use the second meets the first.
    async fn lock_first(write: &Write) -> Result<()> {
        match write.caller().expect_writes_hub(SCHEMES) {
            Ok(()) => write.hold::<hub::Entity>(write.caller().hub_id).await,
            Err(_) => Ok(()),
        }
    }

    async fn decide(write: &mut Write, step: Mutation<'_, rag_scheme::Model>) -> Result<()> {
        match step.operation {
            Operation::Update => rules::editable(step.after.status),
            Operation::Archive => rules::archivable(step.after.status),
            Operation::Restore if step.after.status == SchemeStatus::Draft => {
                edition::expect_no_draft::<Self>(write, step.after).await
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[rag_scheme::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// What a refusal calls what a specialist leader sees and does not change.
pub const SCHEMES: &str = "the hub's schemes for ratings";

/// Narrows the list of schemes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RagSchemeFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<SchemeStatus>,
    /// Only editions with this `lineage_id`, which all editions of a scheme share.
    pub lineage_id: Option<Uuid>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "need support")]
    pub q: Option<String>,
}

impl Filter<rag_scheme::Entity> for RagSchemeFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(any_of(rag_scheme::Column::Status, &self.status))
            .add_option(is(rag_scheme::Column::LineageId, self.lineage_id))
            .add_option(contains(rag_scheme::Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadRatings: list_rag_schemes, count_rag_schemes, get_rag_scheme;
    WriteRatings: create_rag_scheme, update_rag_scheme, archive_rag_scheme, restore_rag_scheme;
    ReadRatings: list_rag_scheme_history;
}

/// Lists the schemes for ratings.
///
/// A school and a specialist leader see those that are in use or were.
#[utoipa::path(get, path = "/rag-schemes", params(List<RagScheme>), responses((status = 200, body = Page<RagScheme>)))]
async fn list_rag_schemes(can: Can<ReadRatings>, list: List<RagScheme>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the schemes by one of their fields.
#[utoipa::path(
    get,
    path = "/rag-schemes/counts",
    params(CountBy<RagScheme>),
    responses((status = 200, body = Counts)),
)]
async fn count_rag_schemes(can: Can<ReadRatings>, by: CountBy<RagScheme>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a scheme in draft.
///
/// `GET /shipped-rag-schemes` has one to begin with.
#[utoipa::path(post, path = "/rag-schemes", responses((status = 201, body = RagScheme)))]
async fn create_rag_scheme(can: Can<WriteRatings>, form: Json<NewRagScheme>) -> Result<Reply> {
    crud::create::<RagScheme>(&can, form).await
}

/// Gets a scheme.
#[utoipa::path(get, path = "/rag-schemes/{id}", params(Show<RagScheme>), responses((status = 200, body = RagScheme)))]
async fn get_rag_scheme(can: Can<ReadRatings>, id: Id, show: Show<RagScheme>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a scheme.
///
/// Only a draft can change.
#[utoipa::path(patch, path = "/rag-schemes/{id}", responses((status = 200, body = RagScheme)))]
async fn update_rag_scheme(can: Can<WriteRatings>, id: Id, patch: Patch<NewRagScheme>) -> Result<Reply> {
    crud::update::<RagScheme>(&can, id.0, patch).await
}

/// Archives a scheme.
///
/// Only a draft or a retired scheme can be archived.
#[utoipa::path(delete, path = "/rag-schemes/{id}", responses((status = 204)))]
async fn archive_rag_scheme(can: Can<WriteRatings>, id: Id) -> Result<Reply> {
    crud::archive::<RagScheme>(&can, id.0).await
}

/// Restores an archived scheme.
#[utoipa::path(post, path = "/rag-schemes/{id}/restore", responses((status = 200, body = RagScheme)))]
async fn restore_rag_scheme(can: Can<WriteRatings>, id: Id) -> Result<Reply> {
    crud::restore::<RagScheme>(&can, id.0).await
}

/// Shows the history of a scheme.
#[utoipa::path(
    get,
    path = "/rag-schemes/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_rag_scheme_history(can: Can<ReadRatings>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<RagScheme>(&can, id.0, &part).await
}

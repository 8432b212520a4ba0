//! Schools' contacts of a source about which people decide: each is led to a school, or is none of the hub's.

pub mod transition;

use entity::exchange::sync_match::{self, SyncMatchState, SyncProposal, SyncProposals, SyncReason};
use entity::exchange::sync_source;
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use entity::row::Meta;
use entity::schools::school;
use time::Date;
use utoipa::ToSchema;

use self::transition::{IGNORE, MATCH, REOPEN};
use super::sync_source::SyncSource;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::traits::Form as _;
use crate::kernel::resource::transition::{Action, Reason, States, actions};
use crate::kernel::resource::write::Sought;
use crate::schools::school::School;

record! {
    /// A school's contact at a source that leads to no school of the hub by itself.
    ///
    /// A decision holds for the contact, in all runs from then on, until the source says something else of its URN, DfE
    /// number, name or postcode: then the contact is open again, unless its keys lead to a school by now.
    SyncMatch from NewSyncMatch in sync_match {
        /// The source.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        source_id: Uuid,
        /// The contact's key at the source.
        #[schema(min_length = 1, max_length = 400, example = "10418")]
        contact_key: String,
        /// The contact's name.
        #[schema(max_length = 300, example = "Merrydale Primary School")]
        name: Option<String>,
        /// The URN as the source has it.
        #[schema(max_length = 100, example = json!(null))]
        urn: Option<String>,
        /// The DfE number as the source has it.
        #[schema(max_length = 100, example = json!(null))]
        dfe_number: Option<String>,
        /// The postcode as the source has it.
        #[schema(max_length = 100, example = "LE5 0PL")]
        postcode: Option<String>,
        /// The town.
        #[schema(max_length = 200, example = "Leicester")]
        town: Option<String>,
        /// The day on which the school closed, as the source has it.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        closed_on: Option<Date>,
        /// Why the contact leads to no school by itself.
        #[schema(example = "no_key")]
        reason: SyncReason,
        /// The schools that may be meant, the one with most in common first. None of them is taken by itself.
        #[schema(value_type = Vec<SyncProposal>, max_items = 10)]
        proposals: SyncProposals,
    }
    initial {
        name_key: String::new(),
        state: SyncMatchState::Open,
        school_id: None,
        note: None,
        decided_by_kind: None,
        decided_by_id: None,
        decided_at: None,
        reopened_at: None,
        fingerprint: String::new(),
    }
    computed {
        /// Whether somebody has decided; changed by `match`, `ignore` and `reopen`, and by a run.
        #[schema(example = "open")]
        state: SyncMatchState,
        /// The school that somebody named.
        #[schema(example = json!(null))]
        school_id: Option<Uuid>,
        /// Why it was decided so.
        #[schema(max_length = 2000, example = json!(null))]
        note: Option<String>,
        /// What kind of caller decided.
        #[schema(example = json!(null))]
        decided_by_kind: Option<ActorKind>,
        /// The user or client who decided.
        #[schema(example = json!(null))]
        decided_by_id: Option<Uuid>,
        /// When it was decided.
        #[schema(example = json!(null))]
        decided_at: Option<Instant>,
        /// When it was opened again, by somebody or by a run.
        #[schema(example = json!(null))]
        reopened_at: Option<Instant>,
    }
    embedded {
        /// The source, when asked for with `expand=source`.
        source: SyncSource,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// The question about a contact that nobody has asked yet, and of which nothing is said.
#[must_use]
pub fn question(meta: Meta, source_id: Uuid, contact_key: &str) -> sync_match::Model {
    let form = NewSyncMatch {
        source_id,
        contact_key: contact_key.to_owned(),
        name: None,
        urn: None,
        dfe_number: None,
        postcode: None,
        town: None,
        closed_on: None,
        reason: SyncReason::NoKey,
        proposals: SyncProposals::default(),
    };
    form.into_row(meta)
}

impl Resource for SyncMatch {
    type Entity = sync_match::Entity;
    type Form = NewSyncMatch;
    type Filter = SyncMatchFilter;

    const PATH: &'static str = "/sync-matches";
    const READ: Scope = Scope::ReadSync;
    const SORTS: &'static [(&'static str, sync_match::Column)] = &[
        ("name", sync_match::Column::NameKey),
        ("created_at", sync_match::Column::CreatedAt),
        ("updated_at", sync_match::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "note"];
    const COUNTS: &'static [&'static str] = &["state", "reason", "source_id", "town"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["source", "school", "actions"];

    fn refs(form: &NewSyncMatch) -> Refs {
        Refs::default().to::<sync_source::Entity>("/source_id", form.source_id)
    }

    fn complete(row: &mut sync_match::Model) {
        row.name_key = search_key(row.name.as_deref().unwrap_or_default());
    }

    fn keys(row: &sync_match::Model) -> Value {
        json!({ "contact_key": row.contact_key })
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[sync_match::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "source" => expand::one::<SyncSource>(caller, db, rows.iter().map(|row| row.source_id)).await,
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of contacts about which people decide.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SyncMatchFilter {
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 50)]
    pub source_id: Vec<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 4)]
    pub state: Vec<SyncMatchState>,
    /// Any of these reasons.
    #[serde(default)]
    #[param(inline, max_items = 6)]
    pub reason: Vec<SyncReason>,
    /// Any of these schools, which somebody named.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// The contact's key at the source.
    #[param(min_length = 1, max_length = 400, example = "10418")]
    pub contact_key: Option<String>,
    /// Words that the name contains, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "merrydale")]
    pub q: Option<String>,
}

impl Filter<sync_match::Entity> for SyncMatchFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use sync_match::Column;

        Condition::all()
            .add_option(any_of(Column::SourceId, &self.source_id))
            .add_option(any_of(Column::State, &self.state))
            .add_option(any_of(Column::Reason, &self.reason))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(is(Column::ContactKey, self.contact_key.clone()))
            .add_option(contains(Column::NameKey, self.q.as_deref()))
    }
}

/// The school that a contact means.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchSchool {
    /// The school, which may be any of the hub's register. It can be left out where there is one proposal, which is
    /// meant then.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Option<Uuid>,
    /// Why, for the item and its history.
    #[schema(min_length = 1, max_length = 2000, example = "The school's office confirmed it")]
    pub reason: Option<String>,
}

routes! {
    ReadSync: list_sync_matches, count_sync_matches, get_sync_match, list_sync_match_history;
    DecideSync: match_sync_match, ignore_sync_match, reopen_sync_match;
}

/// Lists the contacts about which people decide.
#[utoipa::path(get, path = "/sync-matches", params(List<SyncMatch>), responses((status = 200, body = Page<SyncMatch>)))]
async fn list_sync_matches(can: Can<ReadSync>, list: List<SyncMatch>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the contacts about which people decide, by one or two of their fields.
#[utoipa::path(
    get,
    path = "/sync-matches/counts",
    params(CountBy<SyncMatch>),
    responses((status = 200, body = Counts)),
)]
async fn count_sync_matches(can: Can<ReadSync>, by: CountBy<SyncMatch>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a contact about which people decide.
#[utoipa::path(get, path = "/sync-matches/{id}", params(Show<SyncMatch>), responses((status = 200, body = SyncMatch)))]
async fn get_sync_match(can: Can<ReadSync>, id: Id, show: Show<SyncMatch>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Leads a contact to a school.
///
/// The next run takes over what waits for it: people, figures, contracts.
#[utoipa::path(
    post,
    path = "/sync-matches/{id}/match",
    request_body = Option<MatchSchool>,
    responses((status = 200, body = SyncMatch)),
)]
async fn match_sync_match(can: Can<DecideSync>, id: Id, body: OptionalJson<MatchSchool>) -> Result<Reply> {
    crud::changing::<SyncMatch>(&can, async |write| lead_to(write, id.0, body.value.clone()).await).await
}

async fn lead_to(write: &mut Write, id: Uuid, said: MatchSchool) -> Result<sync_match::Model> {
    let before = write.row_to_change::<SyncMatch>(id, Sought::Current).await?;
    SyncMatch::TABLE.next(&MATCH, SyncMatch::state(&before))?;
    let school_id = match (said.school_id, &before.proposals[..]) {
        (Some(id), _) => id,
        (None, [one]) => one.school_id,
        (None, all) => {
            let fix = format!("name the school: there are {} proposals", all.len());
            return Err(Problem::invalid("/school_id", "required", fix));
        }
    };
    let refs = Refs::default().to::<school::Entity>("/school_id", school_id);
    let faults = refs.faults(write.caller(), write.tx()).await?;
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    write.because(said.reason);
    let mut after = sync_match::Model { school_id: Some(school_id), ..before.clone() };
    SyncMatch::enter(write, &mut after, &MATCH).await?;
    write.store::<SyncMatch>(Some(before), after, Operation::Verb(MATCH.name)).await
}

/// Says that a contact is none of the hub's schools.
///
/// What belongs to it is counted as ignored, and not taken over.
#[utoipa::path(
    post,
    path = "/sync-matches/{id}/ignore",
    request_body = Option<Reason>,
    responses((status = 200, body = SyncMatch)),
)]
async fn ignore_sync_match(can: Can<DecideSync>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<SyncMatch>(&can, id.0, &IGNORE, body.value.reason).await
}

/// Takes a decision about a contact back.
///
/// What was taken over for the school stays as it is.
#[utoipa::path(
    post,
    path = "/sync-matches/{id}/reopen",
    request_body = Option<Reason>,
    responses((status = 200, body = SyncMatch)),
)]
async fn reopen_sync_match(can: Can<DecideSync>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<SyncMatch>(&can, id.0, &REOPEN, body.value.reason).await
}

/// Shows the history of a contact about which people decide.
#[utoipa::path(
    get,
    path = "/sync-matches/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_sync_match_history(can: Can<ReadSync>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SyncMatch>(&can, id.0, &part).await
}

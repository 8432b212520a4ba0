//! Links with other hubs: proposed by one, accepted by the other, ended by either.

pub mod lifecycle;
pub mod transition;

use entity::engagement::hub_link::{self, LinkSide, LinkStatus};
use entity::engagement::hub_share::{self, ShareStatus};
use entity::instant::Instant;
use entity::row::{Meta, Row};

use super::door;
use crate::engagement::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};

record! {
    /// A link with another hub, by which the two can share items.
    ///
    /// It is proposed by the other hub's slug. The reply is the same whether or not there is such a hub, and nothing of
    /// the other hub is shown until it accepts. A link that was ended can be proposed again.
    HubLink from NewHubLink in hub_link {
        /// The slug of the other hub; a hub has one link with each.
        #[schema(
            min_length = 2,
            max_length = 60,
            pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
            example = "slough",
        )]
        partner_slug: String,
        /// Anything worth knowing, for the hub's own people alone. No pupil names; safeguarding concerns go to the
        /// school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "The plan names this hub as a partner")]
        note: Option<String>,
    }
    initial {
        partner_hub_id: None,
        partner_name: None,
        status: LinkStatus::Proposed,
        proposed_at: Instant::from_micros(0),
        accepted_at: None,
        ended_at: None,
        ended_by: None,
        end_reason: None,
    }
    computed {
        /// The name of the other hub; null until that hub has proposed or accepted the link.
        #[schema(max_length = 200, example = json!(null))]
        partner_name: Option<String>,
        /// How far it has come; changed by `accept`, `end` and `propose`.
        #[schema(example = "proposed")]
        status: LinkStatus,
        /// When it was proposed last.
        proposed_at: Instant,
        /// When it was accepted last.
        accepted_at: Option<Instant>,
        /// When it was ended.
        ended_at: Option<Instant>,
        /// Which of the two hubs ended it.
        #[schema(example = json!(null))]
        ended_by: Option<LinkSide>,
        /// Why it was ended; both hubs see it.
        #[schema(max_length = 2000, example = json!(null))]
        end_reason: Option<String>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// What a refusal calls the links.
const LINKS: &str = "the hub's links with other hubs";

impl Resource for HubLink {
    type Entity = hub_link::Entity;
    type Form = NewHubLink;
    type Filter = HubLinkFilter;

    const PATH: &'static str = "/hub-links";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, hub_link::Column)] = &[
        ("partner_slug", hub_link::Column::PartnerSlug),
        ("proposed_at", hub_link::Column::ProposedAt),
        ("updated_at", hub_link::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["status"];
    const EXPANDS: &'static [&'static str] = &["actions"];
    const LOCK: Option<LockRoot> = Some(door::lock);
    const NAMES_PEOPLE: &'static [&'static str] = &["note", "end_reason"];

    fn keys(row: &hub_link::Model) -> Value {
        json!({ "partner_slug": row.partner_slug })
    }

    fn same_key(row: &hub_link::Model) -> Option<Condition> {
        Some(hub_link::Column::PartnerSlug.eq(row.partner_slug.clone()).into())
    }

    fn referenced_by(row: &hub_link::Model, _: &Caller) -> ReferencedBy {
        let active = hub_share::Column::Status.eq(ShareStatus::Active);
        ReferencedBy::default()
            .by::<hub_share::Entity>(Condition::all().add(hub_share::Column::LinkId.eq(row.id)).add(active))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, hub_link::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => {
                write.caller().expect_writes_hub(LINKS)?;
                step.after.proposed_at = write.now();
                let own = door::own_hub(write).await?;
                if own.slug == step.after.partner_slug {
                    let message = "a hub has no link with itself: name another hub";
                    return Err(Problem::invalid("/partner_slug", "unknown_reference", message));
                }
                let partner = door::hub_of(write, &step.after.partner_slug).await?;
                step.after.partner_hub_id = partner.map(|partner| partner.id);
                door::hold(write, [own.id, step.after.partner_hub_id.unwrap_or(own.id)]).await
            }
            (Operation::Update, Some(before)) if before.partner_slug != step.after.partner_slug => {
                let message = "a link stays with its hub: propose another one";
                Err(Problem::invalid("/partner_slug", "fixed", message))
            }
            (Operation::Archive, _) => rules::link_archivable(step.after.status),
            _ => Ok(()),
        }
    }

    /// The other hub finds the proposal among its own links.
    async fn created(write: &mut Write, row: &hub_link::Model) -> Result<()> {
        offer(write, row).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[hub_link::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// Shows a link that this hub proposes to the other hub, if there is one: as a new row there, or as the row that the
/// other hub has from before.
async fn offer(write: &mut Write, row: &hub_link::Model) -> Result<()> {
    let Some(partner) = row.partner_hub_id else { return Ok(()) };
    let own = door::own_hub(write).await?;
    let before = door::other_side(write, partner, &own.slug).await?;
    let meta = match &before {
        Some(before) => Meta { archived_at: None, ..before.meta() },
        None => Meta::first(partner, Uuid::now_v7(), write.now()),
    };
    let after = hub_link::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        partner_slug: own.slug,
        partner_hub_id: Some(own.id),
        partner_name: Some(own.name),
        note: before.as_ref().and_then(|before| before.note.clone()),
        status: LinkStatus::Offered,
        proposed_at: write.now(),
        accepted_at: None,
        ended_at: None,
        ended_by: None,
        end_reason: None,
    };
    let operation = if before.is_some() { Operation::Verb("offer") } else { Operation::Create };
    door::store::<HubLink>(write, before.as_ref(), after, (operation, None)).await
}

/// Narrows the list of links.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HubLinkFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<LinkStatus>,
    /// The slug of the other hub.
    #[param(min_length = 2, max_length = 60, example = "luton")]
    pub partner_slug: Option<String>,
    /// Only links that were proposed at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub proposed_from: Option<Instant>,
    /// Only links that were proposed at this moment or earlier.
    #[param(example = "2015-08-31T23:59:59Z")]
    pub proposed_to: Option<Instant>,
}

impl Filter<hub_link::Entity> for HubLinkFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use hub_link::Column;

        Condition::all()
            .add_option(any_of(Column::Status, &self.status))
            .add_option(is(Column::PartnerSlug, self.partner_slug.clone()))
            .add(between(Column::ProposedAt, self.proposed_from, self.proposed_to))
    }
}

routes! {
    ReadEngagement: list_hub_links, count_hub_links, export_hub_links, get_hub_link;
    WriteEngagement: create_hub_link, update_hub_link, archive_hub_link, restore_hub_link;
    ReadEngagement: list_hub_link_history;
}

/// Lists the links with other hubs.
#[utoipa::path(get, path = "/hub-links", params(List<HubLink>), responses((status = 200, body = Page<HubLink>)))]
async fn list_hub_links(can: Can<ReadEngagement>, list: List<HubLink>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the links with other hubs by one or two of their fields.
#[utoipa::path(get, path = "/hub-links/counts", params(CountBy<HubLink>), responses((status = 200, body = Counts)))]
async fn count_hub_links(can: Can<ReadEngagement>, by: CountBy<HubLink>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the links with other hubs as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/hub-links/export",
    params(Export<HubLink>),
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
async fn export_hub_links(can: Can<ReadEngagement>, export: Export<HubLink>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Proposes a link to another hub.
///
/// The reply is the same whether or not there is a hub with this slug. 409 where the two hubs have a link already,
/// which may be one that the other hub proposed.
#[utoipa::path(post, path = "/hub-links", responses((status = 201, body = HubLink)))]
async fn create_hub_link(can: Can<WriteEngagement>, form: Json<NewHubLink>) -> Result<Reply> {
    crud::create::<HubLink>(&can, form).await
}

/// Gets a link with another hub.
#[utoipa::path(get, path = "/hub-links/{id}", params(Show<HubLink>), responses((status = 200, body = HubLink)))]
async fn get_hub_link(can: Can<ReadEngagement>, id: Id, show: Show<HubLink>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a link with another hub.
///
/// Only the note changes.
#[utoipa::path(patch, path = "/hub-links/{id}", request_body = NewHubLink, responses((status = 200, body = HubLink)))]
async fn update_hub_link(can: Can<WriteEngagement>, id: Id, patch: Patch<NewHubLink>) -> Result<Reply> {
    crud::update::<HubLink>(&can, id.0, patch).await
}

/// Archives a link with another hub.
///
/// Only a link that was ended (409).
#[utoipa::path(delete, path = "/hub-links/{id}", responses((status = 204)))]
async fn archive_hub_link(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<HubLink>(&can, id.0).await
}

/// Restores an archived link with another hub.
#[utoipa::path(post, path = "/hub-links/{id}/restore", responses((status = 200, body = HubLink)))]
async fn restore_hub_link(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<HubLink>(&can, id.0).await
}

/// Shows the history of a link with another hub.
#[utoipa::path(get, path = "/hub-links/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_hub_link_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<HubLink>(&can, id.0, &part).await
}

//! Items that this hub shares with linked hubs.

use entity::engagement::hub_link::{self, LinkSide, LinkStatus};
use entity::engagement::hub_share::{self, ShareStatus, SharedKind};
use entity::engagement::shared_practice::{self, PracticeStatus};
use entity::frameworks::framework::{self, FrameworkStatus};
use entity::instant::Instant;
use sea_orm::QueryFilter;

use super::door;
use super::link::HubLink;
use crate::engagement::rules;
use crate::kernel::base::problem::Code;
use crate::kernel::document::openapi::example_id;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Action, Needs, RequiredReason, States, Transitions, Verb, actions};

const ACTIVE: &str = ShareStatus::Active.as_str();
const ENDED: &str = ShareStatus::Ended.as_str();

record! {
    /// An item that a linked hub may read: a piece of practice, or a framework with its sections and criteria.
    ///
    /// The other hub reads just this item, without ids of people and schools, until one of the hubs ends the share or
    /// the link, or the item is withdrawn, retired or archived, or its consent is over.
    HubShare from NewHubShare in hub_share {
        /// The link, which must be active.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        link_id: Uuid,
        /// What is shared.
        #[schema(example = "shared_practice")]
        item_kind: SharedKind,
        /// The item, which must be published.
        #[schema(example = json!(example_id("shared_practice")))]
        item_id: Uuid,
        /// Anything worth knowing, for the hub's own people alone. No pupil names; safeguarding concerns go to the
        /// school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "They asked for it in May")]
        note: Option<String>,
    }
    initial {
        partner_hub_id: Uuid::nil(),
        title: String::new(),
        title_key: String::new(),
        from_slug: String::new(),
        from_name: String::new(),
        status: ShareStatus::Active,
        shared_at: Instant::from_micros(0),
        ended_at: None,
        ended_by: None,
        end_reason: None,
    }
    computed {
        /// The item's title.
        #[schema(max_length = 200, example = "From whole-class ukulele to a band")]
        title: String,
        /// Whether it is shared; changed by `end`.
        #[schema(example = "active")]
        status: ShareStatus,
        /// When it was shared.
        shared_at: Instant,
        /// When it was ended.
        ended_at: Option<Instant>,
        /// Which of the two hubs ended it.
        #[schema(example = json!(null))]
        ended_by: Option<LinkSide>,
        /// Why it was ended.
        #[schema(max_length = 2000, example = json!(null))]
        end_reason: Option<String>,
    }
    embedded {
        /// The link, when asked for with `expand=link`.
        link: HubLink,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for HubShare {
    type Entity = hub_share::Entity;
    type Form = NewHubShare;
    type Filter = HubShareFilter;

    const PATH: &'static str = "/hub-shares";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, hub_share::Column)] =
        &[("shared_at", hub_share::Column::SharedAt), ("updated_at", hub_share::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["status", "item_kind", "link_id"];
    const EXPANDS: &'static [&'static str] = &["link", "actions"];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "note", "end_reason"];

    fn refs(form: &NewHubShare) -> Refs {
        let item = |kind| Some(form.item_id).filter(|_| form.item_kind == kind);
        Refs::default()
            .to::<hub_link::Entity>("/link_id", form.link_id)
            .to::<shared_practice::Entity>("/item_id", item(SharedKind::SharedPractice))
            .to::<framework::Entity>("/item_id", item(SharedKind::Framework))
    }

    fn complete(row: &mut hub_share::Model) {
        row.title_key = search_key(&row.title);
    }

    fn keys(row: &hub_share::Model) -> Value {
        json!({ "link_id": row.link_id, "item_kind": row.item_kind, "item_id": row.item_id })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, hub_share::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => {
                write.caller().expect_writes_hub("what the hub shares with other hubs")?;
                share(write, step.after).await
            }
            (Operation::Update, Some(before)) => {
                let fixed = [
                    ("/link_id", before.link_id != step.after.link_id),
                    ("/item_kind", before.item_kind != step.after.item_kind),
                    ("/item_id", before.item_id != step.after.item_id),
                ];
                let message = "a share stays with its item and its link: end it and make another one";
                let changed = fixed.into_iter().filter(|(_, changed)| *changed);
                let faults: Vec<_> = changed.map(|(at, _)| Fault::new(at, "fixed", message)).collect();
                if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
            }
            (Operation::Archive, _) => rules::share_archivable(step.after.status),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[hub_share::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "link" => expand::one::<HubLink>(caller, db, rows.iter().map(|row| row.link_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Completes a new share by its link, which stays as it is until the end, and by its item.
async fn share(write: &Write, row: &mut hub_share::Model) -> Result<()> {
    let link = write.row::<hub_link::Entity>(row.link_id).await?;
    let (LinkStatus::Active, Some(partner)) = (link.status, link.partner_hub_id) else {
        return Err(Problem::conflict(format!("cannot share by a link that is {}: it must be active", link.status)));
    };
    row.title = title(write, row).await?;
    row.title_key = search_key(&row.title);
    expect_no_other(write, row).await?;
    let own = door::own_hub(write).await?;
    (row.partner_hub_id, row.from_slug, row.from_name) = (partner, own.slug, own.name);
    row.shared_at = write.now();
    Ok(())
}

/// The title of an item that may be shared.
async fn title(write: &Write, row: &hub_share::Model) -> Result<String> {
    let refused = |detail: &str| Err(Problem::conflict(format!("cannot share {detail}")));
    match row.item_kind {
        SharedKind::SharedPractice => {
            let item = write.row::<shared_practice::Entity>(row.item_id).await?;
            let today = write.caller().today();
            match item.status {
                PracticeStatus::Published if item.consent_until.is_some_and(|until| until < today) => {
                    refused("practice whose consent is over")
                }
                PracticeStatus::Published => Ok(item.title),
                _ => refused("practice that is not published: publish it first"),
            }
        }
        SharedKind::Framework => {
            if write.caller().under(Scope::ReadFrameworks).is_none() {
                return Err(Scope::ReadFrameworks.lacking());
            }
            let item = write.row::<framework::Entity>(row.item_id).await?;
            match item.status {
                FrameworkStatus::Published => Ok(item.title),
                _ => refused("a framework that is not published: publish it first"),
            }
        }
    }
}

/// Refuses a second active share of an item by one link.
async fn expect_no_other(write: &Write, row: &hub_share::Model) -> Result<()> {
    use hub_share::Column;

    let others = write.caller().rows::<hub_share::Entity>().filter(Column::LinkId.eq(row.link_id));
    let others = others.filter(Column::ItemKind.eq(row.item_kind)).filter(Column::ItemId.eq(row.item_id));
    let others = others.filter(Column::Status.eq(ShareStatus::Active)).filter(Column::Id.ne(row.id));
    let Some(other) = others.one(write.tx()).await? else { return Ok(()) };
    let detail = format!("the item is shared by this link already: by share {}", other.id);
    let problem = Problem::new(Code::Duplicate, &detail).with(Fault::new("/item_id", "duplicate", &detail));
    Err(problem.header(actix_web::http::header::LOCATION, HubShare::location(other.id)))
}

/// Narrows the list of shares.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HubShareFilter {
    /// Any of these links.
    #[serde(default)]
    #[param(max_items = 50)]
    pub link_id: Vec<Uuid>,
    /// Any of these kinds of item.
    #[serde(default)]
    #[param(max_items = 2)]
    pub item_kind: Vec<SharedKind>,
    /// The item.
    pub item_id: Option<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 2)]
    pub status: Vec<ShareStatus>,
    /// Only items that were shared at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub shared_from: Option<Instant>,
    /// Only items that were shared at this moment or earlier.
    #[param(example = "2015-08-31T23:59:59Z")]
    pub shared_to: Option<Instant>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "ukulele")]
    pub q: Option<String>,
}

impl Filter<hub_share::Entity> for HubShareFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use hub_share::Column;

        Condition::all()
            .add_option(any_of(Column::LinkId, &self.link_id))
            .add_option(any_of(Column::ItemKind, &self.item_kind))
            .add_option(is(Column::ItemId, self.item_id))
            .add_option(any_of(Column::Status, &self.status))
            .add(between(Column::SharedAt, self.shared_from, self.shared_to))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

/// The other hub may no longer read it.
pub const END: Verb = Verb {
    name: "end",
    path: "end",
    from: &[ACTIVE],
    to: ENDED,
    scope: Scope::WriteEngagement,
    reason: Needs::Required,
    checks: "The other hub reads the item no longer.",
};

impl States for HubShare {
    type Entity = hub_share::Entity;

    const TABLE: Transitions = Transitions {
        noun: "share",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[ACTIVE, ENDED],
        verbs: &[END],
    };

    fn state(row: &hub_share::Model) -> &'static str {
        row.status.as_str()
    }
}

impl Lifecycle for HubShare {
    async fn enter(write: &mut Write, row: &mut hub_share::Model, _: &Verb) -> Result<()> {
        *row = door::ended(write, row, LinkSide::ThisHub);
        Ok(())
    }
}

routes! {
    ReadEngagement: list_hub_shares, count_hub_shares, export_hub_shares, get_hub_share;
    WriteEngagement: create_hub_share, update_hub_share, archive_hub_share, restore_hub_share, end_hub_share;
    ReadEngagement: list_hub_share_history;
}

/// Lists the shares.
#[utoipa::path(get, path = "/hub-shares", params(List<HubShare>), responses((status = 200, body = Page<HubShare>)))]
async fn list_hub_shares(can: Can<ReadEngagement>, list: List<HubShare>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the shares by one or two of their fields.
#[utoipa::path(get, path = "/hub-shares/counts", params(CountBy<HubShare>), responses((status = 200, body = Counts)))]
async fn count_hub_shares(can: Can<ReadEngagement>, by: CountBy<HubShare>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the shares as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/hub-shares/export",
    params(Export<HubShare>),
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
async fn export_hub_shares(can: Can<ReadEngagement>, export: Export<HubShare>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Shares an item with a linked hub.
///
/// 409 where the link is not active, the item is not published, or it is shared by this link already.
#[utoipa::path(post, path = "/hub-shares", responses((status = 201, body = HubShare)))]
async fn create_hub_share(can: Can<WriteEngagement>, form: Json<NewHubShare>) -> Result<Reply> {
    crud::create::<HubShare>(&can, form).await
}

/// Gets a share.
#[utoipa::path(get, path = "/hub-shares/{id}", params(Show<HubShare>), responses((status = 200, body = HubShare)))]
async fn get_hub_share(can: Can<ReadEngagement>, id: Id, show: Show<HubShare>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a share.
///
/// Only the note changes.
#[utoipa::path(
    patch,
    path = "/hub-shares/{id}",
    request_body = NewHubShare,
    responses((status = 200, body = HubShare)),
)]
async fn update_hub_share(can: Can<WriteEngagement>, id: Id, patch: Patch<NewHubShare>) -> Result<Reply> {
    crud::update::<HubShare>(&can, id.0, patch).await
}

/// Archives a share.
///
/// Only a share that was ended (409).
#[utoipa::path(delete, path = "/hub-shares/{id}", responses((status = 204)))]
async fn archive_hub_share(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<HubShare>(&can, id.0).await
}

/// Restores an archived share.
#[utoipa::path(post, path = "/hub-shares/{id}/restore", responses((status = 200, body = HubShare)))]
async fn restore_hub_share(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<HubShare>(&can, id.0).await
}

/// Shows the history of a share.
#[utoipa::path(get, path = "/hub-shares/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_hub_share_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<HubShare>(&can, id.0, &part).await
}

/// Ends a share.
#[utoipa::path(post, path = "/hub-shares/{id}/end", responses((status = 200, body = HubShare)))]
async fn end_hub_share(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<HubShare>(&can, id.0, &END, Some(body.into_inner().reason)).await
}

//! What linked hubs share with this hub, to read and no more.

use actix_web::http::StatusCode;
use entity::engagement::hub_link::LinkSide;
use entity::engagement::hub_share::SharedKind;
use entity::engagement::received_share;
use entity::engagement::shared_practice::{self, PracticeKind};
use entity::instant::Instant;
use sea_orm::QueryFilter;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::door;
use super::share::HubShare;
use crate::frameworks::tree::Rows;
use crate::frameworks::tree::form::FrameworkFile;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::RequiredReason;

/// An item that a linked hub shares with this one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceivedShare {
    /// The id of the share.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What is shared.
    #[schema(example = "shared_practice")]
    pub item_kind: SharedKind,
    /// The item's title.
    #[schema(max_length = 200, example = "Many cultures in one concert")]
    pub title: String,
    /// The slug of the hub that shares it.
    #[schema(max_length = 60, example = "luton")]
    pub from_slug: String,
    /// The name of the hub that shares it.
    #[schema(max_length = 200, example = "Luton Music Education Hub")]
    pub from_name: String,
    /// When it was shared.
    pub shared_at: Instant,
}

/// An item that a linked hub shares with this one, with its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceivedItem {
    /// What the list shows of it.
    #[serde(flatten)]
    pub share: ReceivedShare,
    /// The practice; null where it is another item.
    pub shared_practice: Option<ReceivedPractice>,
    /// The framework, as the body that creates it by `POST /frameworks`; null where it is another item.
    #[schema(value_type = Option<FrameworkFile>)]
    pub framework: Option<FrameworkFile>,
}

/// A piece of practice of another hub.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceivedPractice {
    /// What it is.
    #[schema(example = "case_study")]
    pub kind: PracticeKind,
    /// The title.
    #[schema(max_length = 200, example = "Many cultures in one concert")]
    pub title: String,
    /// The text.
    #[schema(max_length = 20_000, example = "Three schools played one another's music.")]
    pub text: Option<String>,
    /// Where it stands, if it stands elsewhere.
    #[schema(max_length = 2000, example = json!(null))]
    pub link: Option<String>,
    /// The day on which it was published.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-05-11")]
    pub published_on: Option<Date>,
    /// The last day on which it may be read.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
    pub consent_until: Option<Date>,
}

impl Fields for ReceivedShare {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        item_kind: SharedKind,
        title: String,
        from_slug: String,
        from_name: String,
        shared_at: Instant,
    };
}

impl Listed for ReceivedShare {
    type Entity = received_share::Entity;
    type Filter = ReceivedShareFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] = &[("shared_at", received_share::Column::SharedAt)];
    const COUNTS: &'static [&'static str] = &["item_kind", "from_slug"];
}

/// Narrows the list of received items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReceivedShareFilter {
    /// Any of these kinds of item.
    #[serde(default)]
    #[param(max_items = 2)]
    pub item_kind: Vec<SharedKind>,
    /// The slug of the hub that shares.
    #[param(min_length = 2, max_length = 60, example = "luton")]
    pub from_slug: Option<String>,
    /// Only items that were shared at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub shared_from: Option<Instant>,
    /// Only items that were shared at this moment or earlier.
    #[param(example = "2030-08-31T23:59:59Z")]
    pub shared_to: Option<Instant>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "concert")]
    pub q: Option<String>,
}

impl Filter<received_share::Entity> for ReceivedShareFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use received_share::Column;

        Condition::all()
            .add_option(any_of(Column::ItemKind, &self.item_kind))
            .add_option(is(Column::FromSlug, self.from_slug.clone()))
            .add(between(Column::SharedAt, self.shared_from, self.shared_to))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_received_shares, count_received_shares, export_received_shares, get_received_share;
    WriteEngagement: end_received_share;
}

/// Lists the items that linked hubs share with this one.
#[utoipa::path(
    get,
    path = "/received-shares",
    params(List<ReceivedShare>),
    responses((status = 200, body = Page<ReceivedShare>)),
)]
async fn list_received_shares(can: Can<ReadEngagement>, list: List<ReceivedShare>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the items that linked hubs share with this one by one or two of their fields.
#[utoipa::path(
    get,
    path = "/received-shares/counts",
    params(CountBy<ReceivedShare>),
    responses((status = 200, body = Counts)),
)]
async fn count_received_shares(can: Can<ReadEngagement>, by: CountBy<ReceivedShare>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the list of items that linked hubs share with this one as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/received-shares/export",
    params(Export<ReceivedShare>),
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
async fn export_received_shares(can: Can<ReadEngagement>, export: Export<ReceivedShare>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Gets an item that a linked hub shares with this one, with its content.
///
/// It has no ids of people or schools, no internal fields and no history. 404 from the moment at which one of the hubs
/// ends the share or the link, or the item is withdrawn, retired or archived, or its consent is over.
#[utoipa::path(get, path = "/received-shares/{id}", responses((status = 200, body = ReceivedItem)))]
async fn get_received_share(can: Can<ReadEngagement>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let share = can.rows::<received_share::Entity>().filter(received_share::Column::Id.eq(id.0));
    let share = share.one(&db).await?.ok_or_else(Problem::not_found)?;
    // The share was found through the door, which holds for this one item of the other hub.
    let there = Caller::system(can.state().clone(), share.hub_id);
    let mut item = ReceivedItem { share: ReceivedShare::from(&share), shared_practice: None, framework: None };
    match share.item_kind {
        SharedKind::SharedPractice => {
            let practice = there.rows::<shared_practice::Entity>();
            let practice = practice.filter(shared_practice::Column::Id.eq(share.item_id)).one(&db).await?;
            item.shared_practice = Some(practice.ok_or_else(Problem::not_found)?.into());
        }
        SharedKind::Framework => {
            let rows = Rows::load(&there, &db, share.item_id).await?;
            item.framework = Some(FrameworkFile(rows.form()));
        }
    }
    Ok(Reply::ok(&item)?.version_and_hash(share.version))
}

impl From<&received_share::Model> for ReceivedShare {
    fn from(row: &received_share::Model) -> Self {
        Self {
            id: row.id,
            item_kind: row.item_kind,
            title: row.title.clone(),
            from_slug: row.from_slug.clone(),
            from_name: row.from_name.clone(),
            shared_at: row.shared_at,
        }
    }
}

impl From<shared_practice::Model> for ReceivedPractice {
    fn from(row: shared_practice::Model) -> Self {
        Self {
            kind: row.kind,
            title: row.title,
            text: row.text,
            link: row.link,
            published_on: row.published_on,
            consent_until: row.consent_until,
        }
    }
}

/// Ends a share that this hub has received.
///
/// The hub that shares reads the reason.
#[utoipa::path(post, path = "/received-shares/{id}/end", responses((status = 204)))]
async fn end_received_share(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    let reason = body.into_inner().reason;
    Write::run(&can, async |write| {
        let received = write.caller().rows::<received_share::Entity>().filter(received_share::Column::Id.eq(id.0));
        let received = received.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        write.because(Some(reason.clone()));
        let before = door::share_of(write, received.hub_id, received.id).await?;
        write.expect_sent_version(&before)?;
        let after = door::ended(write, &before, LinkSide::OtherHub);
        let step = (Operation::Verb("end"), Some(reason.clone()));
        door::store::<HubShare>(write, Some(&before), after, step).await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
    .await
}

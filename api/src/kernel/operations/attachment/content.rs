//! The content of a file on its way to a caller: as a file to save, which nothing runs or shows in a page.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::body::{BodyStream, BoxBody};
use actix_web::dev::Payload;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ContentEncoding,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use entity::kernel::attachment::{self, AttachmentStore, MediaType};
use entity::kernel::attachment_part::{self, Column};
use entity::owned::Owned;
use futures_util::stream;
use sea_orm::sea_query::{Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};
use tokio::io::AsyncReadExt;
use utoipa::IntoResponses;
use utoipa::openapi::RefOr;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

use super::{Attached, files_of, one_of};
use crate::kernel::base::connection::Line;
use crate::kernel::base::media;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::HeadOnly;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::accept::preferred;
use crate::kernel::operations::spool::{FileBody, Spool};
use crate::kernel::resource::field;

/// Nothing of a file is run, even where a browser opens it in spite of its headers.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// How a file is asked for.
pub struct Download {
    request: HttpRequest,
    pub(in crate::kernel::operations) line: Option<Line>,
    pub(in crate::kernel::operations) head_only: bool,
}

impl FromRequest for Download {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let head_only = request.extensions().contains::<HeadOnly>();
        ready(Ok(Self { request: request.clone(), line: Line::of(request), head_only }))
    }
}

/// The content of a file, in the type that the file has.
pub struct AttachmentContent;

impl IntoResponses for AttachmentContent {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let file = ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).build();
        let reply = ResponseBuilder::new().description("The content, to be saved as a file.");
        let reply = MediaType::ALL.iter().fold(reply, |reply, kind| {
            reply.content(kind.as_str(), ContentBuilder::new().schema(Some(file.clone())).build())
        });
        [("200".to_owned(), reply.build().into())].into()
    }
}

/// Sends the content of a file.
///
/// # Errors
/// 404 when the item or the file is not there for the caller; 406 where the caller does not take its type; 429 or 503
/// where files on their way take all the space for them.
pub async fn content<R: Attached>(caller: &Caller, id: Uuid, file: Uuid, how: Download) -> Result<HttpResponse> {
    let mut find = one_of(files_of::<R>(caller, id, false), file);
    field::select(&mut find, attachment::Entity::table(), &attachment::Entity::columns());
    let db = caller.db().snapshot().await?;
    let row = db.query_one(&find).await?.ok_or_else(Problem::not_found)?;
    send(caller, db, &attachment::Model::from_query_result(&row, "")?, how).await
}

async fn send(caller: &Caller, db: Transaction, file: &attachment::Model, how: Download) -> Result<HttpResponse> {
    let kind = file.media_type.as_str();
    let media = kind.split_once('/').unwrap_or_default();
    preferred(&how.request, [((), media)])
        .ok_or_else(|| Problem::new(Code::NotAcceptable, format!("accept {kind}, which is the type of this file")))?;
    let mut reply = HttpResponse::Ok();
    reply
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, media::disposition(&file.file_name)))
        .insert_header((CONTENT_SECURITY_POLICY, SANDBOX))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if !matches!(file.media_type, MediaType::Text | MediaType::Csv) {
        // It is packed already, and this says so to the layer that compresses.
        reply.insert_header((CONTENT_ENCODING, ContentEncoding::Identity));
    }
    if how.head_only {
        return Ok(reply.body(BoxBody::new(BodyStream::new(stream::empty::<Result<Bytes, Infallible>>()))));
    }
    let body = match file.stored_in {
        AttachmentStore::Database => copied(caller, &db, file).await?.body(how.line).await?,
        AttachmentStore::Folder => {
            let content = caller.state().files().read(file.hub_id, file.id).await?;
            FileBody::of(content, file.size_bytes.unsigned_abs(), how.line)
        }
    };
    Ok(reply.body(BoxBody::new(body)))
}

/// The whole content of a file, in memory.
///
/// # Errors
/// When the database or the folder fails.
pub(in crate::kernel::operations) async fn whole(caller: &Caller, file: &attachment::Model) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    match file.stored_in {
        AttachmentStore::Folder => {
            let mut kept = caller.state().files().read(file.hub_id, file.id).await?;
            kept.read_to_end(&mut content).await?;
        }
        AttachmentStore::Database => {
            let mut parts = Query::select();
            parts
                .column(Column::Content)
                .from(attachment_part::Entity)
                .and_where(Column::HubId.eq(file.hub_id))
                .and_where(Column::AttachmentId.eq(file.id))
                .order_by(Column::Number, Order::Asc);
            for part in caller.db().read().query_all(&parts).await? {
                content.extend(part.try_get_by_index::<Vec<u8>>(0)?);
            }
        }
    }
    Ok(content)
}

/// Copies the content out of the database part by part, so that a slow client holds nothing but disk space.
async fn copied(caller: &Caller, db: &Transaction, file: &attachment::Model) -> Result<Spool> {
    let mut spool = Spool::new(caller)?;
    let mut left = file.size_bytes.unsigned_abs();
    for number in 1.. {
        if left == 0 {
            break;
        }
        let mut part = Query::select();
        part.column(Column::Content)
            .from(attachment_part::Entity)
            .and_where(Column::HubId.eq(file.hub_id))
            .and_where(Column::AttachmentId.eq(file.id))
            .and_where(Column::Number.eq(number));
        let part = db.query_one(&part).await?.ok_or_else(|| Problem::internal("a file lacks a part"))?;
        let part: Vec<u8> = part.try_get_by_index(0)?;
        left = left.saturating_sub(part.len() as u64);
        spool.write(&part).await?;
    }
    Ok(spool)
}

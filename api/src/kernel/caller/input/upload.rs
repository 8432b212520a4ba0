//! A file that comes in as a body: spooled to a temporary file as it arrives, never held.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::body::{Limits, declared, hold, media_type, too_large, too_slow, unread};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::request::RequestMeta;

const CSV: &str = "text/csv";
const MULTIPART: &str = "multipart/form-data";

/// The field of a form that holds the file.
const FIELD: &str = "file";

/// A file as `text/csv`, or as the field `file` of `multipart/form-data`.
#[derive(Debug)]
pub struct Upload {
    /// The file, at its beginning. It has no name and is gone when it is closed.
    pub file: File,
    /// The name that it has at the sender's, where a form told it.
    pub name: Option<String>,
    /// How long it is.
    pub bytes: u64,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let limits = Limits::of(&request);
            let kind = match media_type(&request, &[CSV, MULTIPART]) {
                Ok(kind) => kind,
                Err(problem) => {
                    hold(payload);
                    return Err(problem);
                }
            };
            let (upload, digest) = if kind == CSV {
                plain(&request, payload, &limits).await
            } else {
                form(&request, payload, &limits).await
            }?;
            // The first body counts, and a request has no second one.
            let _ = RequestMeta::of(&request)?.body_digest.set(digest);
            Ok(upload)
        })
    }
}

type Read = (Upload, [u8; 32]);

async fn plain(request: &HttpRequest, mut payload: Payload, limits: &Limits) -> Result<Read> {
    let read = match declared(request) {
        // Refused before a byte of it is read.
        Some(length) if length > limits.upload => Err(too_large(limits.upload)),
        _ => spool((&mut payload).map_err(|error| unread(&error)), None, limits).await,
    };
    if read.is_err() {
        hold(payload);
    }
    read
}

async fn form(request: &HttpRequest, payload: Payload, limits: &Limits) -> Result<Read> {
    let mut form = Multipart::new(request.headers(), payload);
    let read = file_of(&mut form, limits).await;
    if read.is_err() {
        hold(form);
    }
    read
}

async fn file_of(form: &mut Multipart, limits: &Limits) -> Result<Read> {
    let mut found = None;
    while let Some(field) = within(limits.time, form.next()).await? {
        let mut field = field.map_err(|error| unread(&error))?;
        if field.name() != Some(FIELD) || found.is_some() {
            let message = format!("the form has one field, `{FIELD}`, with the file");
            return Err(Problem::new(Code::Invalid, message));
        }
        let name = field.content_disposition().and_then(|it| it.get_filename()).map(str::to_owned);
        found = Some(spool((&mut field).map_err(|error| unread(&error)), name, limits).await?);
    }
    found.ok_or_else(|| Problem::new(Code::Invalid, format!("the form lacks the field `{FIELD}` with the file")))
}

/// Writes chunks to a temporary file as they arrive. Each has to come within the time in which an
/// ordinary body has to be there as a whole; a large file over a slow line may take longer.
async fn spool(chunks: impl Stream<Item = Result<Bytes>>, name: Option<String>, limits: &Limits) -> Result<Read> {
    let mut chunks = std::pin::pin!(chunks);
    let mut file = tempfile::tempfile()?;
    let mut digest = Sha256::new();
    let mut bytes = 0;
    while let Some(chunk) = within(limits.time, chunks.next()).await? {
        let chunk = chunk?;
        bytes += chunk.len();
        if bytes > limits.upload {
            return Err(too_large(limits.upload));
        }
        digest.update(&chunk);
        // Into the memory that the system writes to disk from: no request waits for it.
        file.write_all(&chunk)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((Upload { file, name, bytes: bytes as u64 }, digest.finalize().into()))
}

async fn within<T>(time: Duration, next: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(time, next).await.map_err(|_| too_slow(time))
}

//! A file that comes in as a body: spooled to a temporary file as it arrives, never held.

use std::fs::File;
use std::future::{Ready, ready};
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
    /// The digest of its content.
    pub sha256: [u8; 32],
}

impl Upload {
    /// A file with this content, as if it had come in.
    ///
    /// # Errors
    /// When no file can be made.
    pub fn of(name: &str, content: &[u8]) -> Result<Self> {
        let mut file = tempfile::tempfile()?;
        file.write_all(content)?;
        let sha256 = Sha256::digest(content).into();
        Ok(Self { file, name: Some(name.to_owned()), bytes: content.len() as u64, sha256 })
    }
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
            let within = Within { bytes: limits.upload, time: limits.time };
            let upload = if kind == CSV {
                plain(&request, payload, within).await
            } else {
                form(&request, payload, within).await
            }?;
            // The first body counts, and a request has no second one.
            let _ = RequestMeta::of(&request)?.body_digest.set(upload.sha256);
            Ok(upload)
        })
    }
}

/// A file in a form, read only when the handler asks for it: it can refuse the request before the file arrives.
pub struct FormFile {
    request: HttpRequest,
    /// None once it is being read.
    payload: Option<Payload>,
}

impl FromRequest for FormFile {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self { request: request.clone(), payload: Some(payload.take()) }))
    }
}

impl FormFile {
    /// Reads the field `file` of the form, of at most so many bytes.
    ///
    /// # Errors
    /// 415 for another type of body, 413 for a larger file, 400 for what is no form, 422 for one without a file, 408
    /// when it stalls.
    pub async fn read(mut self, bytes: usize) -> Result<Upload> {
        media_type(&self.request, &[MULTIPART])?;
        if declared(&self.request).is_some_and(|length| length > bytes + AROUND) {
            return Err(too_large(bytes));
        }
        let Some(payload) = self.payload.take() else { return Err(Problem::internal("a form is read twice")) };
        let within = Within { bytes, time: Limits::of(&self.request).time };
        let upload = form(&self.request, payload, within).await?;
        // A repetition has another boundary, but the same file under the same name.
        let mut digest = Sha256::new();
        digest.update(upload.sha256);
        digest.update(upload.name.as_deref().unwrap_or_default());
        let _ = RequestMeta::of(&self.request)?.body_digest.set(digest.finalize().into());
        Ok(upload)
    }
}

impl Drop for FormFile {
    fn drop(&mut self) {
        if let Some(payload) = self.payload.take() {
            hold(payload);
        }
    }
}

/// The bytes of a form around its file, at most: beyond them a body is refused before it is read.
const AROUND: usize = 64 << 10;

/// How large a file may be, and how long each piece of it may take.
#[derive(Clone, Copy)]
struct Within {
    bytes: usize,
    time: Duration,
}

async fn plain(request: &HttpRequest, mut payload: Payload, limits: Within) -> Result<Upload> {
    let read = match declared(request) {
        // Refused before a byte of it is read.
        Some(length) if length > limits.bytes => Err(too_large(limits.bytes)),
        _ => spool((&mut payload).map_err(|error| unread(&error)), None, limits).await,
    };
    if read.is_err() {
        hold(payload);
    }
    read
}

async fn form(request: &HttpRequest, payload: Payload, limits: Within) -> Result<Upload> {
    let mut form = Multipart::new(request.headers(), payload);
    let read = file_of(&mut form, limits).await;
    if read.is_err() {
        hold(form);
    }
    read
}

async fn file_of(form: &mut Multipart, limits: Within) -> Result<Upload> {
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
async fn spool(chunks: impl Stream<Item = Result<Bytes>>, name: Option<String>, limits: Within) -> Result<Upload> {
    let mut chunks = std::pin::pin!(chunks);
    let mut file = tempfile::tempfile()?;
    let mut digest = Sha256::new();
    let mut bytes = 0;
    while let Some(chunk) = within(limits.time, chunks.next()).await? {
        let chunk = chunk?;
        bytes += chunk.len();
        if bytes > limits.bytes {
            return Err(too_large(limits.bytes));
        }
        digest.update(&chunk);
        // Into the memory that the system writes to disk from: no request waits for it.
        file.write_all(&chunk)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(Upload { file, name, bytes: bytes as u64, sha256: digest.finalize().into() })
}

async fn within<T>(time: Duration, next: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(time, next).await.map_err(|_| too_slow(time))
}

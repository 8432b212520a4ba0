//! A file as it came in, looked at before anything is written.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use entity::kernel::attachment::MediaType;
use tokio::task::spawn_blocking;

use super::folder::Files;
use crate::kernel::base::media;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::caller::input::Upload;

/// The refusal of a file of another type.
const TAKEN: &str = "the content is of a type that is not taken here: send PDF, JPEG, PNG, WebP, plain text, CSV, \
                     or a document of Office (docx, xlsx, pptx) or OpenDocument (odt, ods, odp) without macros";

/// A file of a type that is taken.
pub(super) struct Inspected {
    pub file: File,
    pub file_name: String,
    pub media_type: MediaType,
    pub size_bytes: i64,
    /// In hexadecimal digits.
    pub sha256: String,
}

impl Inspected {
    /// Finds the type of a file by its content, on a thread that may wait for the disk.
    ///
    /// # Errors
    /// 415 for a type that is not taken; 422 for an empty file.
    pub(super) async fn of(files: &Files, upload: Upload) -> Result<Self> {
        let Upload { mut file, name, bytes, sha256 } = upload;
        if bytes == 0 {
            return Err(Problem::invalid("/file", "too_short", "the file is empty"));
        }
        // An archive is listed in memory as a whole.
        let turn = files.looking.acquire().await.map_err(Problem::internal)?;
        let sent = name.clone().unwrap_or_default();
        let looked = spawn_blocking(move || media::type_of(&mut file, &sent).map(|kind| (file, kind)));
        let (file, kind) = looked.await.map_err(Problem::internal)??;
        drop(turn);
        let media_type = kind
            .ok_or_else(|| Problem::new(Code::UnsupportedMediaType, TAKEN).with(Fault::new("/file", "type", TAKEN)))?;
        Ok(Self {
            file,
            file_name: media::kept_name(name.as_deref(), media_type),
            media_type,
            size_bytes: i64::try_from(bytes).map_err(Problem::internal)?,
            sha256: digits(&sha256),
        })
    }

    /// Reads the next part of the content, or the first one; empty at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) async fn part(&self, first: bool, bytes: u64) -> Result<Vec<u8>> {
        let mut file = self.file.try_clone()?;
        let read = spawn_blocking(move || {
            let mut part = Vec::new();
            if first {
                file.seek(SeekFrom::Start(0))?;
            }
            Read::by_ref(&mut file).take(bytes).read_to_end(&mut part).map(|_| part)
        });
        Ok(read.await.map_err(Problem::internal)??)
    }
}

/// Hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

//! Where the content of files is kept: in the database, or in a folder as `<hub>/<file>`.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;

/// How many files are looked at at the same time.
const AT_ONCE: usize = 2;

/// What the name of a file ends with until it is whole.
pub(super) const PARTIAL: &str = ".partial";

/// Where files are kept, and how many are looked at.
#[derive(Debug)]
pub struct Files {
    folder: Option<PathBuf>,
    pub(super) looking: Semaphore,
}

impl State {
    /// Where files are kept.
    #[must_use]
    pub fn files(&self) -> &Files {
        self.registered()
    }
}

impl Files {
    /// Files in a folder, which is made if it is not there, or in the database without one.
    ///
    /// # Errors
    /// One line for a folder that cannot be written to.
    pub fn open(folder: Option<&Path>) -> Result<Self, String> {
        if let Some(folder) = folder {
            writable(folder).map_err(|error| format!("cannot keep files in {}: {error}", folder.display()))?;
        }
        Ok(Self { folder: folder.map(Path::to_owned), looking: Semaphore::new(AT_ONCE) })
    }

    /// The folder, where files are kept in one.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Keeps a file in the folder. It is on the disk when this returns.
    ///
    /// # Errors
    /// 507 when the disk is full, 503 when it cannot be written.
    pub(super) async fn keep(&self, hub: Uuid, id: Uuid, file: &File) -> Result<()> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let mut file = file.try_clone()?;
        Ok(spawn_blocking(move || keep(&folder, hub, id, &mut file)).await.map_err(Problem::internal)??)
    }

    /// Opens a file of the folder.
    ///
    /// # Errors
    /// 500 when it is not there.
    pub(super) async fn read(&self, hub: Uuid, id: Uuid) -> Result<tokio::fs::File> {
        let Some(folder) = &self.folder else {
            return Err(Problem::internal(format!("the file {id} is in a folder, and the service has none")));
        };
        let path = folder.join(hub.to_string()).join(id.to_string());
        let opened = tokio::fs::File::open(&path).await;
        opened.map_err(|error| Problem::internal(format!("cannot open {}: {error}", path.display())))
    }

    /// Removes a file from the folder. What fails is left to the job that removes orphans.
    pub(super) async fn remove(&self, hub: Uuid, id: Uuid) {
        let Some(folder) = &self.folder else { return };
        let path = folder.join(hub.to_string()).join(id.to_string());
        if let Err(error) = tokio::fs::remove_file(&path).await {
            tracing::warn!(%error, path = %path.display(), "cannot remove a file");
        }
    }
}

fn writable(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    tempfile::tempfile_in(folder).map(drop)
}

/// Writes a file under another name, and gives it its own once it is whole and on the disk.
fn keep(folder: &Path, hub: Uuid, id: Uuid, file: &mut File) -> io::Result<()> {
    let place = folder.join(hub.to_string());
    fs::create_dir_all(&place)?;
    let (partial, whole) = (place.join(format!("{id}{PARTIAL}")), place.join(id.to_string()));
    file.seek(SeekFrom::Start(0))?;
    let mut copy = File::create(&partial)?;
    io::copy(file, &mut copy)?;
    copy.sync_all()?;
    fs::rename(&partial, &whole)?;
    // The names are entries of the folders, which are on the disk only now.
    File::open(&place)?.sync_all()?;
    File::open(folder)?.sync_all()
}

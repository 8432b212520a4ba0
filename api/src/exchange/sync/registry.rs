//! The mapping files of this instance.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tempfile::TempDir;

use super::mapping::Mapping;

/// The mappings of this instance, as they were read at the start.
#[derive(Debug, Default)]
pub struct Mappings {
    all: RwLock<Vec<Arc<Mapping>>>,
    /// The files of a source that the program brings along, for as long as it runs.
    brought: RwLock<Vec<TempDir>>,
}

impl Mappings {
    /// Reads the mapping files of a folder, or one file; none where nothing is set.
    ///
    /// # Errors
    /// Everything that keeps a mapping from working, each with its file and line.
    pub fn load(path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else { return Ok(Self::default()) };
        let all = Mapping::read_all(path).map_err(|faults| faults.to_string())?;
        let all = all.into_iter().map(Arc::new).collect();
        Ok(Self { all: RwLock::new(all), brought: RwLock::default() })
    }

    /// Adds the mapping of a source that the program brings along, with the folder of its files.
    pub fn bring(&self, mapping: Mapping, files: TempDir) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(mapping));
        self.brought.write().unwrap_or_else(PoisonError::into_inner).push(files);
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Mapping>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The mapping of a source of the hub with a slug.
    #[must_use]
    pub fn of(&self, hub: &str, name: &str) -> Option<Arc<Mapping>> {
        self.all().into_iter().find(|it| it.hub() == hub && it.name() == name)
    }
}

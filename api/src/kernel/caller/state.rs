//! What every handler can reach.

use std::any::type_name;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::jobs::Jobs;
use crate::kernel::base::clock::Clock;
use crate::kernel::base::registry::Registry;
use crate::kernel::base::settings::Settings;
use crate::kernel::base::space::Space;
use crate::kernel::database::db::Db;
use crate::kernel::document::openapi::Document;

/// The running service: its [`Core`], and what `app` registered for the floors above this one. Each of these has a
/// method of its own where its type stands, such as `State::auth` in `auth`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    core: Core,
    registry: Registry,
}

/// What all floors use.
#[derive(Debug)]
pub struct Core {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// How the service was started.
    pub settings: Settings,
    /// The API document, made from the handlers.
    pub document: Document,
    /// Disk space for exports on their way.
    pub space: Space,
    /// What signs the cursors of lists.
    pub cursor_secret: [u8; 32],
    /// Work that outlives its request.
    pub jobs: Jobs,
    /// True if the service is on its way down.
    pub stopping: AtomicBool,
}

impl Core {
    /// The core of a service over `db`.
    #[must_use]
    pub fn new(db: Db, clock: Clock, settings: Settings, document: Document, cursor_secret: [u8; 32]) -> Self {
        let space = Space::new(settings.export_space);
        let stopping = AtomicBool::new(false);
        Self { db, clock, settings, document, space, cursor_secret, jobs: Jobs::default(), stopping }
    }
}

impl State {
    /// The state of a service.
    #[must_use]
    pub fn new(core: Core, registry: Registry) -> Self {
        Self(Arc::new(Parts { core, registry }))
    }

    /// What was registered of a type.
    ///
    /// # Panics
    /// When nothing was, which is a fault in how the service is put together.
    #[must_use]
    pub fn registered<T: 'static>(&self) -> &T {
        let Some(value) = self.0.registry.find() else { panic!("nobody registered a `{}`", type_name::<T>()) };
        value
    }

    /// Makes the readiness check say that the service is on its way down.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

impl Deref for State {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.0.core
    }
}

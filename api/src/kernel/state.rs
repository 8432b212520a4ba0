//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::kernel::auth::Auth;
use crate::kernel::clock::Clock;
use crate::kernel::db::Db;
use crate::kernel::effect::Effect;
use crate::kernel::feed::Followed;
use crate::kernel::job::Kind;
use crate::kernel::jobs::Jobs;
use crate::kernel::limits::Limits;
use crate::kernel::openapi::Document;
use crate::kernel::settings::Settings;
use crate::kernel::spool::Space;

/// The parts of the running service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Parts>);

/// See [`State`].
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// How the service was started.
    pub settings: Settings,
    /// The API document, made from the handlers.
    pub document: Document,
    /// How much each caller may ask.
    pub limits: Limits,
    /// Disk space for exports on their way.
    pub space: Space,
    /// Who callers are.
    pub auth: Auth,
    /// What signs the cursors of lists.
    pub cursor_secret: [u8; 32],
    /// What the parts registered.
    pub registry: Registry,
    /// Work that outlives its request.
    pub jobs: Jobs,
    /// Whether the service is on its way down.
    pub stopping: AtomicBool,
}

/// What each part registers of its own, for the kernel and for parts before it.
#[derive(Debug)]
pub struct Registry {
    /// What the change feed knows of each resource.
    pub followed: Vec<Followed>,
    /// What follows from changes, in the order of the parts.
    pub effects: Vec<Effect>,
    /// The kinds of jobs.
    pub kinds: Vec<Kind>,
}

impl Registry {
    /// The kind of job of that name, if this program knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }
}

impl State {
    /// The state of a service over `db`.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Clock,
        settings: Settings,
        document: Document,
        auth: Auth,
        cursor_secret: [u8; 32],
        registry: Registry,
    ) -> Self {
        let limits = Limits::new(&settings);
        let space = Space::new(settings.export_space);
        let stopping = AtomicBool::new(false);
        Self(Arc::new(Parts {
            db,
            clock,
            settings,
            document,
            limits,
            space,
            auth,
            cursor_secret,
            registry,
            jobs: Jobs::default(),
            stopping,
        }))
    }

    /// Makes the readiness check say that the service is on its way down.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

impl Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

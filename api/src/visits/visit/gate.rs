//! The audit that a hub wants of a school before its first visit.

use std::collections::HashSet;

use entity::identity::hub::AuditGate;
use entity::visits::visit::{self, VisitKind};

use crate::kernel::prelude::*;
use crate::visits::store;

/// What the hub asks for before first visits, and which of the schools have it.
pub struct Gate {
    asks: AuditGate,
    audited: HashSet<Uuid>,
}

impl Gate {
    /// The gate before some visits, all looked up at once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn before(write: &Write, visits: impl Iterator<Item = &visit::Model>) -> Result<Self> {
        let schools: Vec<Uuid> =
            visits.filter(|visit| visit.kind == VisitKind::Initial).map(|visit| visit.school_id).collect();
        let asks = if schools.is_empty() { AuditGate::Off } else { store::audit_gate(write).await? };
        let audited = if asks == AuditGate::Off { HashSet::new() } else { store::audited(write, schools).await? };
        Ok(Self { asks, audited })
    }

    /// Checks that a school has a visit audit before it expects its first visit, as far as the hub asks for it.
    ///
    /// # Errors
    /// 409 where the hub requires an audit and the school has none.
    pub fn check(&self, write: &mut Write, visit: &visit::Model) -> Result<()> {
        if visit.kind != VisitKind::Initial || self.audited.contains(&visit.school_id) {
            return Ok(());
        }
        match self.asks {
            AuditGate::Off => Ok(()),
            AuditGate::Warn => {
                let message = "the school has no visit audit yet: ask for it, or fill it in together at the visit";
                write.warn(visit.id, Fault::new("/school_id", "missing", message));
                Ok(())
            }
            AuditGate::Required => Err(Problem::conflict(
                "cannot confirm a first visit without a visit audit of the school: create one by POST /evaluations, \
                 and submit it",
            )),
        }
    }
}

//! The audit that a hub wants of a school before its first visit.

use entity::identity::hub::AuditGate;
use entity::visits::visit::{self, VisitKind};

use crate::kernel::prelude::*;
use crate::visits::store;

/// Checks that a school has a visit audit before it expects its first visit, as far as the hub asks for it.
///
/// # Errors
/// 409 where the hub requires an audit and the school has none.
pub async fn check(write: &mut Write, visit: &visit::Model) -> Result<()> {
    if visit.kind != VisitKind::Initial {
        return Ok(());
    }
    let gate = store::audit_gate(write).await?;
    if gate == AuditGate::Off || store::has_audit(write, visit.school_id).await? {
        return Ok(());
    }
    if gate == AuditGate::Required {
        return Err(Problem::conflict(
            "cannot confirm a first visit without a visit audit of the school: create one by POST /evaluations, and \
             submit it",
        ));
    }
    let message = "the school has no visit audit yet: ask for it, or fill it in together at the visit";
    write.warn(visit.id, Fault::new("/school_id", "missing", message));
    Ok(())
}

//! What is left of a package in a term.

use std::collections::BTreeMap;

use entity::packages::package::{self, PackageStatus};
use entity::packages::package_order;

use crate::kernel::prelude::*;
use crate::packages::{rules, store};

/// Takes what is ordered from the capacity of its packages. The packages stay locked until the end, so that two orders
/// never take the same units.
///
/// # Errors
/// 409 where a package is not on sale, is in pilot and the school no longer takes part, or has fewer units left in the
/// term than are ordered.
pub async fn take(write: &Write, order: &package_order::Model) -> Result<()> {
    let mut wanted: BTreeMap<Uuid, i64> = BTreeMap::new();
    for line in &order.lines {
        *wanted.entry(line.package_id).or_default() += i64::from(line.quantity);
    }
    let packages = store::hold_packages(write, wanted.keys().copied().collect()).await?;
    if let Some(gone) = packages.iter().find(|package| !package::ON_SALE.contains(&package.status)) {
        let detail = format!("cannot order {}, which is {}: ask for a new quote without it", gone.title, gone.status);
        return Err(Problem::conflict(detail));
    }
    let in_pilot: Vec<Uuid> =
        packages.iter().filter(|package| package.status == PackageStatus::Pilot).map(|package| package.id).collect();
    let tried = store::tried_by(write, order.school_id, &in_pilot).await?;
    let mut others = packages.iter().filter(|package| in_pilot.contains(&package.id));
    if let Some(other) = others.find(|package| !tried.contains(&package.id)) {
        let detail = format!(
            "cannot order {}, which is in pilot: the school takes part in no pilot of it that is planned or running; \
             ask for a new quote without it",
            other.title
        );
        return Err(Problem::conflict(detail));
    }
    let limited: Vec<Uuid> =
        packages.iter().filter(|package| package.capacity_per_term.is_some()).map(|package| package.id).collect();
    if limited.is_empty() {
        return Ok(());
    }
    let term = order.term_number;
    let used = store::used(write, &limited, term, term + rules::AHEAD).await?;
    let mut refused = Vec::new();
    for package in packages {
        let Some(capacity) = package.capacity_per_term else { continue };
        let of = |term| used.get(&(package.id, term)).copied().unwrap_or_default();
        let asked = wanted.get(&package.id).copied().unwrap_or_default();
        if let Some(message) = rules::beyond_capacity(&package.title, capacity.into(), asked, term, of) {
            let at = order.lines.iter().position(|line| line.package_id == package.id).unwrap_or_default();
            refused.push(Fault::new(format!("/lines/{at}/quantity"), "capacity", message));
        }
    }
    let Some(first) = refused.first() else { return Ok(()) };
    let problem = Problem::conflict(format!("cannot order more than is left: {}", first.message));
    Err(refused.into_iter().fold(problem, Problem::with))
}

//! Reads the names behind a plan's codes and ids, each kind in one statement.

use entity::identity::hub;
use entity::partners::{glossary_term, partner};
use entity::people::{person, working_group};
use entity::plans::approval;
use entity::plans::parts::Party;
use sea_orm::{QueryFilter, QueryOrder};

use super::build::Names;
use crate::kernel::prelude::*;
use crate::plans::tree::Tree;

/// Reads the hub's name, the plan's approvals, and what the caller may see of the glossary, the
/// partners, and the people and groups that the plan names.
pub async fn load(caller: &Caller, db: &impl ConnectionTrait, tree: &Tree) -> Result<Names> {
    // The hub's own name is no secret from its schools, which do not see the hub's other fields.
    let hub = Caller::system(caller.state().clone(), caller.hub_id);
    let hub = hub.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id)).one(db).await?;
    let mut names = Names { hub: hub.map(|hub| hub.name).unwrap_or_default(), ..Names::default() };
    if let Some(proposed_at) = tree.plan.proposed_at {
        names.approvals = caller
            .rows::<approval::Entity>()
            .filter(approval::Column::PlanId.eq(tree.plan.id))
            .filter(approval::Column::CreatedAt.gte(proposed_at))
            .order_by_asc(approval::Column::ApprovedOn)
            .order_by_asc(approval::Column::Id)
            .all(db)
            .await?;
    }
    if let Some(caller) = caller.under(Scope::ReadPartners) {
        let terms = caller.rows::<glossary_term::Entity>();
        let terms = terms.order_by_asc(glossary_term::Column::CodeKey);
        names.glossary = terms.all(db).await?;
        let partners = caller.rows::<partner::Entity>();
        let partners = partners.order_by_asc(partner::Column::NameKey);
        names.partners = partners.all(db).await?;
    }
    let people = ids(tree, |party| party.person_id);
    let groups = ids(tree, |party| party.group_id);
    if let Some(caller) = caller.under(Scope::ReadPeople) {
        if !people.is_empty() {
            let rows = caller.rows::<person::Entity>().filter(person::Column::Id.is_in(people));
            let rows = rows.all(db).await?;
            names.others.extend(rows.into_iter().map(|row| (row.id, row.name)));
        }
        if !groups.is_empty() {
            let rows = caller.rows::<working_group::Entity>();
            let rows = rows.filter(working_group::Column::Id.is_in(groups)).all(db).await?;
            names.others.extend(rows.into_iter().map(|row| (row.id, row.name)));
        }
    }
    Ok(names)
}

/// The ids of one kind among all parties of the plan.
fn ids(tree: &Tree, kind: impl Fn(&Party) -> Option<Uuid>) -> Vec<Uuid> {
    let mut found = Vec::new();
    for node in &tree.objectives {
        let own = node.objective.leads.iter().chain(node.objective.monitors.iter());
        let strands = node.strands.iter().flat_map(|node| node.effective_leads.iter().chain(&node.effective_monitors));
        let targets = node.targets.iter().flat_map(|node| node.effective_leads.iter().chain(&node.effective_monitors));
        let milestones =
            node.milestones.iter().flat_map(|node| node.effective_leads.iter().chain(&node.effective_monitors));
        found.extend(own.chain(strands).chain(targets).chain(milestones).filter_map(&kind));
    }
    found.sort_unstable();
    found.dedup();
    found
}

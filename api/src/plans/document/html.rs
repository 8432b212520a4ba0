//! The plan as a page to print on A4 landscape, and to read on a screen.

use askama::Template;

use super::view::{
    ColumnKey, DocumentDue, DocumentItem, DocumentObjective, DocumentParty, DocumentRow, ItemKind, PlanDocument,
};
use super::words;
use crate::kernel::base::problem::Result;
use crate::kernel::base::sheet::Sheet;

#[derive(Template)]
#[template(path = "plan.html")]
struct Page<'a> {
    plan: &'a PlanDocument,
    style: &'a str,
}

/// The plan as a page.
///
/// # Errors
/// 500, which only a fault of the template's can bring about.
pub fn html(plan: &PlanDocument) -> Result<Sheet> {
    let foot = format!("{} · {}", plan.hub_name, plan.title);
    Sheet::new(include_str!("../../../templates/plan.css"), &foot, |style| Page { plan, style }.render())
}

impl Page<'_> {
    fn targets(&self) -> usize {
        self.plan.standing.iter().map(|standing| standing.targets).sum()
    }

    /// For whom there is a line to sign on.
    fn signatories(&self) -> [&str; 2] {
        [self.plan.lead_group.as_deref().unwrap_or("the governing group"), "the hub: Head of Service"]
    }
}

// What the template asks of the document, under names that it can call.

impl PlanDocument {
    /// The heading of a column, which a narrow screen shows above each of its cells.
    fn heading(&self, key: ColumnKey) -> &str {
        self.columns.iter().find(|column| column.key == key).map_or("", |column| &column.heading)
    }
}

impl DocumentObjective {
    /// The rows to print: that of the whole objective only where something stands in it.
    fn printed(&self) -> Vec<&DocumentRow> {
        let says = |row: &&DocumentRow| {
            row.strand.is_some()
                || self.rows.len() == 1
                || !(row.resources.is_empty() && row.items.is_empty() && row.budget.is_empty() && row.later.is_empty())
        };
        self.rows.iter().filter(says).collect()
    }
}

impl DocumentItem {
    fn is_milestone(&self) -> bool {
        self.kind == ItemKind::Milestone
    }

    /// The strands it names, where they are more than the one in whose row it stands.
    fn several_strands(&self) -> Option<String> {
        (self.strands.len() > 1).then(|| self.strands.join(", "))
    }

    /// The figure aimed at, where the statement does not say it.
    fn unsaid_aim(&self) -> Option<String> {
        let aim = self.aim.as_ref()?;
        (!self.statement.contains(&words::number(aim.value))).then(|| words::aim(aim))
    }

    /// Returns true if a due says that it was missed, which a target says by its status.
    fn says_late(&self, due: &DocumentDue) -> bool {
        due.overdue && self.status.is_none()
    }

    /// Returns true if the words of its dues say more than its plan year does.
    fn is_dated(&self) -> bool {
        self.by_when.iter().any(|due| self.year.as_deref() != Some(due.label.as_str()))
    }

    /// Who leads it, where that is not who leads its row.
    fn own_leads(&self, row: &DocumentRow) -> &[DocumentParty] {
        if self.leads == row.leads { &[] } else { &self.leads }
    }
}

//! The plan as a page to print on A4 landscape, and to read on a screen.

use std::fmt::Write;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::view::{
    ColumnKey, DocumentDue, DocumentItem, DocumentObjective, DocumentParty, DocumentRow, ItemKind, PlanDocument,
};
use super::words;
use crate::kernel::base::problem::{Problem, Result};

/// A plan as a page in HTML, with its style in it and nothing to load.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 50_000_000, example = "<!DOCTYPE html><html lang=\"en-GB\">…</html>")]
pub struct PlanSheet(pub String);

/// A page, and the policy under which a browser shows it with its own style and nothing else.
#[derive(Clone, Debug)]
pub struct Html {
    /// The page.
    pub page: PlanSheet,
    /// Its `Content-Security-Policy`.
    pub policy: String,
}

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
pub fn html(plan: &PlanDocument) -> Result<Html> {
    let style = format!("{}{}", include_str!("../../../templates/plan.css"), feet(plan));
    let page = Page { plan, style: &style }.render().map_err(Problem::internal)?;
    let hash = STANDARD.encode(Sha256::digest(&style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Ok(Html { page: PlanSheet(page), policy })
}

/// The foot of each printed page: the hub, the plan, and the page's number.
fn feet(plan: &PlanDocument) -> String {
    let words = string(&format!("{} · {}", plan.hub_name, plan.title));
    format!(
        "@page {{ @bottom-left {{ content: {words}; }} \
         @bottom-right {{ content: \"Page \" counter(page) \" of \" counter(pages); }} }}\n"
    )
}

/// A text as a string of CSS: any character but a letter or a digit stands as its number, so
/// that nothing in it can end the string or the style.
fn string(text: &str) -> String {
    let mut css = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() {
            css.push(c);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(css, "\\{:x} ", u32::from(c));
        }
    }
    css.push('"');
    css
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motto_cannot_leave_its_string() {
        let css = string("\"}</style><script>x\\\n é");
        assert_eq!(css, r#""\22 \7d \3c \2f style\3e \3c script\3e x\5c \a \20 é""#);
    }
}

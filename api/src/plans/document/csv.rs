//! The plan as CSV (RFC 4180), for spreadsheets.

use actix_web::http::StatusCode;
use utoipa::ToSchema;

use super::view::{ColumnKey, DocumentItem, DocumentObjective, DocumentRow, ItemKind, PlanDocument};
use super::words;
use crate::kernel::base::csv::{BYTE_ORDER_MARK, harmless, writer};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;

/// A plan as CSV: UTF-8 with a byte order mark, lines ended by CR and LF, one heading line.
#[derive(Clone, Debug, ToSchema)]
#[schema(
    max_length = 50_000_000,
    example = "Objective,Strand,Actions and resources,Leads,2014/15 targets and milestones\r\n"
)]
pub struct PlanCsv(pub String);

impl PlanCsv {
    /// The file as a reply.
    pub fn reply(self) -> Reply {
        let body = Some(("text/csv; charset=utf-8; header=present", self.0.into_bytes()));
        Reply { body, ..Reply::empty(StatusCode::OK) }
    }
}

/// The columns after the document's own.
const STANDING: [&str; 3] = ["Kind", "Status", "Reached"];

/// The plan with one record for each target, milestone, line of resources and line of budget,
/// and for each strand that has none of them.
///
/// # Errors
/// 500, which only a fault of the writer's can bring about.
pub fn csv(document: &PlanDocument) -> Result<PlanCsv> {
    let mut writer = writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    for record in records(document) {
        let fields = record.iter().map(|field| harmless(field).into_owned());
        writer.write_record(fields).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    String::from_utf8(bytes).map(PlanCsv).map_err(Problem::internal)
}

/// The cells of one record, and the target or milestone that it is about.
#[derive(Clone, Default)]
pub(super) struct Record<'a> {
    objective: String,
    strand: String,
    resources: String,
    leads: String,
    items: String,
    by_when: String,
    monitor: String,
    budget: String,
    later: String,
    kind: &'static str,
    status: &'static str,
    reached: String,
    pub(super) about: Option<&'a DocumentItem>,
}

impl Record<'_> {
    fn cells(self, document: &PlanDocument) -> Vec<String> {
        let mut cells = self.columns(document);
        cells.push(self.kind.to_owned());
        if !document.for_schools {
            cells.extend([self.status.to_owned(), self.reached]);
        }
        cells
    }

    /// The cells of the document's own columns.
    pub(super) fn columns(&self, document: &PlanDocument) -> Vec<String> {
        let mut cells = vec![
            self.objective.clone(),
            self.strand.clone(),
            self.resources.clone(),
            self.leads.clone(),
            self.items.clone(),
            self.by_when.clone(),
            self.monitor.clone(),
        ];
        cells.extend(document.has(ColumnKey::Budget).then(|| self.budget.clone()));
        cells.extend(document.has(ColumnKey::NextYears).then(|| self.later.clone()));
        cells
    }

    /// What the record is about.
    pub(super) const fn kind(&self) -> &'static str {
        self.kind
    }
}

fn records(document: &PlanDocument) -> Vec<Vec<String>> {
    let records = all(document).map(|record| record.cells(document));
    std::iter::once(headings(document)).chain(records).collect()
}

/// The records of the whole document.
pub(super) fn all(document: &PlanDocument) -> impl Iterator<Item = Record<'_>> {
    let rows = document.objectives.iter().flat_map(|one| one.rows.iter().map(move |row| (one, row)));
    rows.flat_map(|(objective, row)| lines(objective, row))
}

/// The headings of the document's own columns.
pub(super) fn columns(document: &PlanDocument) -> Vec<String> {
    let mut headings: Vec<_> = document.columns.iter().map(|column| column.heading.clone()).collect();
    // The strand has a column of its own here, so that it can be filtered by.
    headings.insert(1, "Strand".to_owned());
    headings
}

fn headings(document: &PlanDocument) -> Vec<String> {
    let mut headings = columns(document);
    let shown = if document.for_schools { 1 } else { STANDING.len() };
    headings.extend(STANDING[..shown].iter().map(|heading| (*heading).to_owned()));
    headings
}

fn lines<'a>(objective: &DocumentObjective, row: &'a DocumentRow) -> Vec<Record<'a>> {
    let strand = row.strand.as_ref();
    let base = Record {
        objective: format!("{}. {}", objective.number, objective.title),
        strand: strand.map(|one| format!("{}. {}", one.label, one.text)).unwrap_or_default(),
        leads: words::parties(&row.leads),
        monitor: words::parties(&row.monitors),
        ..Record::default()
    };
    let resources =
        row.resources.iter().map(|text| Record { resources: text.clone(), kind: "resource", ..base.clone() });
    let items = row.items.iter().map(|item| Record { items: item.statement.clone(), ..told(&base, item) });
    let budget = row.budget.iter().map(|line| Record { budget: words::budget(line), kind: "budget", ..base.clone() });
    let later = row.later.iter().map(|item| Record { later: item.statement.clone(), ..told(&base, item) });
    let mut lines: Vec<_> = resources.chain(items).chain(budget).chain(later).collect();
    if lines.is_empty() {
        let kind = if strand.is_some() { "strand" } else { "objective" };
        lines.push(Record { kind, ..base });
    }
    lines
}

fn told<'a>(base: &Record<'a>, item: &'a DocumentItem) -> Record<'a> {
    Record {
        leads: words::parties(&item.leads),
        by_when: item.by_when.iter().map(words::due).collect::<Vec<_>>().join("; "),
        monitor: words::parties(&item.monitors),
        kind: match item.kind {
            ItemKind::Target => "target",
            ItemKind::Milestone => "milestone",
        },
        status: item.status.as_ref().map(words::status).unwrap_or_default(),
        reached: words::reached(item).unwrap_or_default(),
        about: Some(item),
        ..base.clone()
    }
}

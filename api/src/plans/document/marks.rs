//! The marks that stand beside partners in a printed plan.

use entity::partners::partner::{self, PartnerRole};

use super::view::{DocumentMark, DocumentPartner};

/// Each mark with the roles it stands for and what is printed of it.
const MARKS: &[(&str, &[PartnerRole], &str)] = &[
    (
        "*",
        &[PartnerRole::AreaCentre, PartnerRole::NetworkCentre, PartnerRole::EnsembleHost],
        "area centre, centre of a schools’ music network, or home of an ensemble",
    ),
    ("#", &[PartnerRole::OutreachWorkshops], "gives outreach workshops in schools"),
    ("+", &[PartnerRole::PerformanceVenue], "performance venue"),
    ("1", &[PartnerRole::CrossHubPartnership], "partnership with other music education hubs"),
];

fn has(row: &partner::Model, roles: &[PartnerRole]) -> bool {
    roles.iter().any(|role| row.roles.contains(role))
}

/// A partner with its marks.
pub fn partner(row: &partner::Model) -> DocumentPartner {
    let marks = MARKS.iter().filter(|(_, roles, _)| has(row, roles)).map(|(mark, ..)| *mark);
    DocumentPartner { name: row.name.clone(), marks: marks.collect(), roles: row.roles.to_vec() }
}

/// The marks that occur.
pub fn used(rows: &[partner::Model]) -> Vec<DocumentMark> {
    MARKS
        .iter()
        .filter(|(_, roles, _)| rows.iter().any(|row| has(row, roles)))
        .map(|(mark, _, meaning)| DocumentMark { mark: (*mark).to_owned(), meaning: (*meaning).to_owned() })
        .collect()
}

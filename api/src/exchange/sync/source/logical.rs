//! How the row of each logical table is made of its cells.

use super::cells::Cells;
use crate::exchange::sync::clean;
use crate::exchange::sync::mapping::STATUSES;
use crate::exchange::sync::mapping::formats::normal;
use crate::exchange::sync::record::{
    Activity, Association, Contract, ContractStatus, EnsembleMembers, HeadCount, Person, SchoolContact, Table,
    UserValue,
};

/// A row of a logical table.
pub trait Logical: Sized + Send {
    /// The table.
    const TABLE: Table;

    /// Reads a row; none if it is of no use, which a remark explains.
    #[doc(hidden)]
    fn read(cells: &mut Cells<'_>) -> Option<Self>;
}

impl Logical for SchoolContact {
    const TABLE: Table = Table::Schools;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let postcode = cells.typed("postcode");
        Some(Self {
            name: cells.text("name"),
            urn: cells.typed("urn"),
            dfe_number: cells.typed("dfe_number"),
            postcode: postcode.or_else(|| cells.typed("address").and_then(|address| clean::postcode_in(&address))),
            town: cells.text("town"),
            closed_on: cells.day("closed_on"),
        })
    }
}

impl Logical for Person {
    const TABLE: Table = Table::Persons;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (email, telephone) = (cells.email("email"), cells.text("telephone"));
        let name = cells.text("name");
        Some(Self { name: cells.needed("name", name)?, email, telephone })
    }
}

impl Logical for Association {
    const TABLE: Table = Table::Associations;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (person, school, job_role) = (cells.key("person"), cells.key("school"), cells.text("job_role"));
        let (person, school) = (cells.needed("person", person), cells.needed("school", school));
        let job_role = cells.needed("job_role", job_role);
        let (started_on, ended_on) = (cells.day("started_on"), cells.day("ended_on"));
        let primary = cells.flag("primary").unwrap_or(false);
        Some(Self {
            person: person?,
            school: school?,
            job_role: job_role?,
            job_title: cells.text("job_title"),
            primary,
            started_on,
            ended_on,
        })
    }
}

impl Logical for Activity {
    const TABLE: Table = Table::Activities;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let year = cells.year("academic_year");
        let year = cells.needed("academic_year", year);
        let first_access = cells.flag("first_access").unwrap_or(false);
        let vocal = cells.flag("vocal").unwrap_or(false);
        let cancelled = cells.flag("cancelled").unwrap_or(false);
        let (starts_on, ends_on) = (cells.day("starts_on"), cells.day("ends_on"));
        Some(Self {
            school: cells.key("school"),
            at_centre: cells.key("centre").is_some(),
            academic_year: year?,
            kind: cells.text("kind"),
            first_access,
            vocal,
            class: cells.typed("class").and_then(|class| clean::class(&class)),
            subject: cells.text("subject"),
            tuition: cells.text("tuition"),
            cancelled,
            starts_on,
            ends_on,
        })
    }
}

impl Logical for HeadCount {
    const TABLE: Table = Table::HeadCounts;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (activity, term, year) = (cells.key("activity"), cells.key("term"), cells.year("academic_year"));
        let (activity, term) = (cells.needed("activity", activity), cells.needed("term", term));
        let academic_year = cells.needed("academic_year", year);
        let pupils = cells.count("pupils");
        let (mut girls, mut boys) = (cells.count("girls"), cells.count("boys"));
        if let (Some(pupils), Some(some), Some(others)) = (pupils, girls, boys)
            && some + others != pupils
        {
            let message =
                format!("{some} girls and {others} boys are not {pupils} pupils: the total is taken, correct them");
            cells.remark("breakdown", "girls", message);
            (girls, boys) = (None, None);
        }
        let estimated = cells.flag("estimated").unwrap_or(false);
        let (counted_on, sequence) = (cells.day("counted_on"), cells.sequence("sequence"));
        Some(Self {
            activity: activity?,
            academic_year: academic_year?,
            term: term?,
            pupils,
            girls,
            boys,
            estimated,
            counted_on,
            sequence,
        })
    }
}

impl Logical for EnsembleMembers {
    const TABLE: Table = Table::EnsembleMembers;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (ensemble, term, school) = (cells.key("ensemble"), cells.key("term"), cells.key("school"));
        let ensemble = cells.needed("ensemble", ensemble);
        let (term, school) = (cells.needed("term", term), cells.needed("school", school));
        let year = cells.year("academic_year");
        let academic_year = cells.needed("academic_year", year);
        let (members, name) = (cells.count("members"), cells.text("name"));
        let ensemble = ensemble?;
        Some(Self {
            name: name.unwrap_or_else(|| ensemble.clone()),
            ensemble,
            academic_year: academic_year?,
            term: term?,
            school: school?,
            members,
        })
    }
}

impl Logical for Contract {
    const TABLE: Table = Table::Contracts;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let year = cells.year("academic_year");
        let academic_year = cells.needed("academic_year", year);
        let status = status(cells);
        let value_pence = cells.pence("value");
        let (signed_on, cancelled_on) = (cells.day("signed_on"), cells.day("cancelled_on"));
        Some(Self {
            number: cells.typed("number").unwrap_or_else(|| cells.row_key().to_owned()),
            school: cells.key("school"),
            academic_year: academic_year?,
            product: cells.text("product"),
            value_pence,
            status,
            signed_on,
            cancelled_on,
        })
    }
}

/// How far a contract is. A status that the mapping does not list is called off, with a remark.
fn status(cells: &mut Cells<'_>) -> ContractStatus {
    let text = cells.text("status").unwrap_or_default();
    match text.as_str() {
        "signed" => ContractStatus::Signed,
        "sent" => ContractStatus::Sent,
        "draft" => ContractStatus::Draft,
        _ => {
            if !STATUSES.contains(&normal(&text).as_str()) {
                let message = "this status is not in the mapping: the contract counts as called off, add it to \
                               `codes.status` of [contracts]";
                cells.remark("unknown_code", "status", message.to_owned());
            }
            ContractStatus::CalledOff
        }
    }
}

impl Logical for UserValue {
    const TABLE: Table = Table::UserValues;

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let (school, field) = (cells.key("school"), cells.typed("field"));
        let (school, field) = (cells.needed("school", school), cells.needed("field", field));
        Some(Self { school: school?, field: field?, value: cells.typed("value") })
    }
}

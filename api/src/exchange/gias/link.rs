//! A row of the links: which school came from which.

use entity::schools::school_link::SchoolRelation;
use serde::Serialize;
use time::Date;

use super::header::{Column, Kind, Layout, folded};
use super::reading::Reading;
use super::{Record, Remark, remark};

/// What the register says about two schools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterLink {
    /// The school.
    pub urn: i32,
    /// The other school.
    pub link_urn: i32,
    /// What the other is to the school.
    pub relation: SchoolRelation,
    /// The same in GIAS's words.
    pub link_type: String,
    /// Since when.
    #[serde(with = "entity::date::option")]
    pub established_on: Option<Date>,
}

impl Record for RegisterLink {
    const LAYOUT: Layout = Layout {
        kind: Kind::Links,
        urn: "URN",
        la_code: "LA (code)",
        short_rows: false,
        columns: &[
            Column::new("URN", "urn").needed(),
            Column::new("LinkURN", "link_urn").needed(),
            Column::new("LinkType", "relation").needed(),
            Column::new("LinkEstablishedDate", "established_on"),
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        let urn = row.urn("URN")?;
        let link_urn = row.urn("LinkURN")?;
        if urn == link_urn {
            let message = "a school is not linked with itself: give the other school's URN";
            return Err(remark("itself", Some("LinkURN"), message));
        }
        let link_type = row.needed_text("LinkType", 100)?;
        let relation = relation(row, &link_type);
        let established_on = row.date("LinkEstablishedDate", "established_on");
        Ok(Self { urn, link_urn, relation, link_type, established_on })
    }
}

fn relation(row: &mut Reading<'_>, link_type: &str) -> SchoolRelation {
    let folded = folded(link_type);
    if folded.starts_with("predecessor") {
        return SchoolRelation::Predecessor;
    }
    if folded.starts_with("successor") {
        return SchoolRelation::Successor;
    }
    if folded == "resultofamalgamation" || folded.starts_with("merged") {
        return SchoolRelation::Merged;
    }
    let known = ["sixthformcentre", "expansion", "closure", "other"];
    if !known.iter().any(|known| folded.starts_with(known)) {
        let message = "not known yet: taken as neither predecessor nor successor";
        row.warn("unknown_link_type", Some("LinkType"), message);
    }
    SchoolRelation::Other
}

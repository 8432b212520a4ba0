//! A row of the groups' members: which school is in which trust or other group.

use entity::schools::school_group::SchoolGroupKind;
use serde::Serialize;
use time::Date;

use super::header::{Column, Kind, Layout, folded};
use super::reading::{Reading, digits, required, shown};
use super::{Record, Remark, remark};

/// What the register says about a school in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterGroupLink {
    /// The school.
    pub urn: i32,
    /// The group's UID in GIAS.
    pub group_uid: String,
    /// The group's name.
    pub group_name: String,
    /// What sort of group it is, in GIAS's words.
    pub group_type: String,
    /// The same in ours; none for a sponsor, who is no group of schools.
    pub group_kind: Option<SchoolGroupKind>,
    /// The school's local authority, where the row names it.
    pub la_code: Option<String>,
    /// Since when the school is in it.
    #[serde(with = "entity::date::option")]
    pub joined_on: Option<Date>,
    /// The day on which the group closed.
    #[serde(with = "entity::date::option")]
    pub group_closed_on: Option<Date>,
}

impl Record for RegisterGroupLink {
    const LAYOUT: Layout = Layout {
        kind: Kind::GroupLinks,
        urn: "URN",
        la_code: "LA (code)",
        // Published with 16 fields under 17 columns.
        short_rows: true,
        columns: &[
            Column::new("URN", "urn").needed(),
            Column::new("Linked UID", "group_uid").or(&["Group UID"]).needed(),
            Column::new("Group Name", "group_name").needed(),
            Column::new("Group Type", "group_type").or(&["Group Type (name)"]).needed(),
            Column::new("Joined date", "joined_on"),
            Column::new("Closed Date", "group_closed_on"),
            Column::noted("LA (code)"),
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        let urn = row.urn("URN")?;
        let group_uid = group_uid(row)?;
        let group_name = row.needed_text("Group Name", 200)?;
        let group_type = row.needed_text("Group Type", 100)?;
        let group_kind = group_kind(row, &group_type);
        let la_code = digits(row.value("LA (code)"), 3..=3).map(str::to_owned);
        let joined_on = row.date("Joined date", "joined_on");
        let group_closed_on = row.date("Closed Date", "group_closed_on");
        Ok(Self { urn, group_uid, group_name, group_type, group_kind, la_code, joined_on, group_closed_on })
    }
}

fn group_uid(row: &Reading<'_>) -> Result<String, Remark> {
    let column = Some("Linked UID");
    let value = row.value("Linked UID");
    if value.is_empty() {
        return Err(required("Linked UID"));
    }
    digits(value, 1..=6)
        .map(str::to_owned)
        .ok_or_else(|| remark("format", column, format!("at most six digits, not {:?}", shown(value))))
}

fn group_kind(row: &mut Reading<'_>, group_type: &str) -> Option<SchoolGroupKind> {
    let folded = folded(group_type);
    match folded.as_str() {
        // A foundation or an umbrella trust runs no schools, yet joins them as a trust does.
        "multiacademytrust" | "singleacademytrust" | "securesingleacademytrust" | "umbrellatrust" | "trust" => {
            Some(SchoolGroupKind::Trust)
        }
        "federation" => Some(SchoolGroupKind::Federation),
        "schoolsponsor" | "childrenscentregroup" | "childrenscentrecollaboration" => None,
        _ => {
            let message = "not known yet: taken as no group of schools";
            row.warn("unknown_group_type", Some("Group Type"), message);
            None
        }
    }
}

//! A row of the register as a school of ours.

use entity::schools::school::{self, SchoolGender, SchoolKind, SchoolPhase, SchoolStatus};
use serde::Serialize;
use time::Date;

use super::establishment_type::{by_code, by_group, by_name};
use super::header::{Column, Kind, Layout};
use super::reading::{Reading, digits, shown};
use super::{Record, Remark, place, standing};

/// What the register says about a school. The fields are the school's own, by the same names, so that
/// written as JSON it is a merge patch of one, once the fields left unsaid are taken out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegisterSchool {
    pub kind: SchoolKind,
    pub urn: i32,
    pub ukprn: Option<i32>,
    pub la_code: String,
    pub establishment_number: Option<String>,
    pub name: String,
    pub phase: SchoolPhase,
    pub establishment_type_code: Option<String>,
    pub establishment_type: Option<String>,
    pub special: bool,
    pub status: SchoolStatus,
    #[serde(with = "entity::date::option")]
    pub opened_on: Option<Date>,
    #[serde(with = "entity::date::option")]
    pub closed_on: Option<Date>,
    pub trust: Option<String>,
    pub trust_uid: Option<String>,
    pub head_title: Option<String>,
    pub head_first_name: Option<String>,
    pub head_last_name: Option<String>,
    pub head_job_title: Option<String>,
    pub street: Option<String>,
    pub locality: Option<String>,
    pub address3: Option<String>,
    pub town: Option<String>,
    pub county: Option<String>,
    pub postcode: Option<String>,
    pub easting: Option<i32>,
    pub northing: Option<i32>,
    pub telephone: Option<String>,
    pub website: Option<String>,
    pub lowest_age: Option<i32>,
    pub highest_age: Option<i32>,
    pub gender: Option<SchoolGender>,
    pub pupils: Option<i32>,
    pub fsm_percentage: Option<f64>,
}

impl RegisterSchool {
    /// Puts what the register says over a school, but for the fields on which it says nothing.
    pub fn lay_over(self, unsaid: &[&str], school: &mut school::Model) {
        macro_rules! lay {
            ($($field:ident)+) => {
                $( if !unsaid.contains(&stringify!($field)) { school.$field = self.$field.into(); } )+
            };
        }
        lay! {
            kind urn ukprn la_code establishment_number name phase establishment_type_code establishment_type special
            status opened_on closed_on trust trust_uid head_title head_first_name head_last_name head_job_title street
            locality address3 town county postcode easting northing telephone website lowest_age highest_age gender
            pupils fsm_percentage
        }
    }

    /// The column in which the register has a field.
    #[must_use]
    pub fn column_of(field: &str) -> Option<&'static str> {
        Self::LAYOUT.columns.iter().find(|column| column.field() == Some(field)).map(|column| column.name())
    }
}

const TYPE: &str = "TypeOfEstablishment (name)";

impl Record for RegisterSchool {
    const LAYOUT: Layout = Layout {
        kind: Kind::Register,
        urn: "URN",
        la_code: "LA (code)",
        short_rows: false,
        columns: &[
            Column::new("URN", "urn").needed(),
            Column::new("LA (code)", "la_code").needed(),
            Column::new("EstablishmentNumber", "establishment_number"),
            Column::new("EstablishmentName", "name").needed(),
            Column::new("TypeOfEstablishment (code)", "kind").one_of(TYPE),
            Column::new(TYPE, "kind").one_of(TYPE),
            Column::new("EstablishmentTypeGroup (code)", "kind"),
            Column::new("EstablishmentStatus (code)", "status").one_of(standing::STATUS),
            Column::new(standing::STATUS, "status").one_of(standing::STATUS),
            Column::new("OpenDate", "opened_on"),
            Column::new("CloseDate", "closed_on"),
            Column::new("PhaseOfEducation (code)", "phase").one_of(standing::PHASE),
            Column::new(standing::PHASE, "phase").one_of(standing::PHASE),
            Column::new("StatutoryLowAge", "lowest_age"),
            Column::new("StatutoryHighAge", "highest_age"),
            Column::new("Gender (name)", "gender"),
            Column::new("NumberOfPupils", "pupils"),
            Column::new("PercentageFSM", "fsm_percentage"),
            Column::new("Trusts (code)", "trust_uid"),
            Column::new("Trusts (name)", "trust"),
            Column::new("UKPRN", "ukprn"),
            Column::new("Street", "street"),
            Column::new("Locality", "locality"),
            Column::new("Address3", "address3"),
            Column::new("Town", "town"),
            Column::new("County (name)", "county"),
            Column::new("Postcode", "postcode"),
            Column::new("SchoolWebsite", "website"),
            Column::new("TelephoneNum", "telephone"),
            Column::new("HeadTitle (name)", "head_title"),
            Column::new("HeadFirstName", "head_first_name"),
            Column::new("HeadLastName", "head_last_name"),
            Column::new("HeadPreferredJobTitle", "head_job_title"),
            Column::new("Easting", "easting"),
            Column::new("Northing", "northing"),
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        let (urn, la_code) = (row.urn("URN")?, row.la_code()?);
        let name = row.needed_text("EstablishmentName", 200)?;
        let (opened_on, closed_on) = standing::period(row);
        let status = standing::status(row, opened_on, closed_on)?;
        let of = establishment_type(row, &name);
        let (easting, northing) = place::coordinates(row);
        let (lowest_age, highest_age) = standing::ages(row);
        Ok(Self {
            kind: of.kind,
            urn,
            ukprn: row.number("UKPRN", "ukprn", 10_000_000..=99_999_999),
            la_code,
            establishment_number: establishment_number(row),
            name,
            phase: standing::phase(row),
            establishment_type_code: of.code,
            establishment_type: of.name,
            special: of.special,
            status,
            opened_on,
            closed_on,
            trust: row.text("Trusts (name)", 200),
            trust_uid: trust_uid(row),
            head_title: row.text("HeadTitle (name)", 40),
            head_first_name: row.text("HeadFirstName", 100),
            head_last_name: row.text("HeadLastName", 100),
            head_job_title: row.text("HeadPreferredJobTitle", 100),
            street: row.text("Street", 200),
            locality: row.text("Locality", 200),
            address3: row.text("Address3", 200),
            town: row.text("Town", 100),
            county: row.text("County (name)", 100),
            postcode: place::postcode(row),
            easting,
            northing,
            telephone: row.text("TelephoneNum", 40),
            website: place::website(row),
            lowest_age,
            highest_age,
            gender: standing::gender(row),
            pupils: row.number("NumberOfPupils", "pupils", 0..=20_000),
            fsm_percentage: row.percentage("PercentageFSM", "fsm_percentage"),
        })
    }

    fn key(&self) -> Option<i32> {
        Some(self.urn)
    }
}

struct OfType {
    code: Option<String>,
    name: Option<String>,
    kind: SchoolKind,
    special: bool,
}

fn establishment_type(row: &mut Reading<'_>, school: &str) -> OfType {
    const CODE: &str = "TypeOfEstablishment (code)";
    let given = row.value(CODE);
    let name = row.text(TYPE, 100);
    let known = by_code(given).or_else(|| by_name(name.as_deref()?));
    let (mut kind, special) = match known {
        Some(of) => (of.kind, of.special),
        None => by_group(row.value("EstablishmentTypeGroup (code)"), name.as_deref().unwrap_or_default()),
    };
    // There is no type for hospital schools: they are special schools, units or academies, and say
    // so in their name.
    let hospital = school.split(|c: char| !c.is_alphabetic()).any(|word| word.eq_ignore_ascii_case("hospital"));
    if hospital && (special || kind == SchoolKind::AlternativeProvision) {
        kind = SchoolKind::Hospital;
    }
    if known.is_none() {
        let type_of = format!("{} {}", shown(given), shown(name.as_deref().unwrap_or_default()));
        let message = match type_of.trim() {
            "" => format!("empty: what is known stands, a new school is of the kind {}", kind.as_str()),
            of => format!("{of:?} is not known yet; the kind is {} by its group", kind.as_str()),
        };
        row.warn("unknown_type", Some(TYPE), message);
        if given.is_empty() && name.is_none() {
            for field in ["kind", "special", "establishment_type_code", "establishment_type"] {
                row.leave_unsaid_quietly(field);
            }
        }
    }
    let code = match known.map(|of| of.code) {
        Some(code) if code != 0 => Some(format!("{code:02}")),
        _ => digits(given, 1..=2).map(|code| format!("{code:0>2}")),
    };
    OfType { code, name: name.or_else(|| known.map(|of| of.name.to_owned())), kind, special }
}

fn establishment_number(row: &mut Reading<'_>) -> Option<String> {
    row.code("EstablishmentNumber", 4).unwrap_or_else(|fault| {
        row.leave_unsaid("establishment_number", fault.code, "EstablishmentNumber", fault.message);
        None
    })
}

fn trust_uid(row: &mut Reading<'_>) -> Option<String> {
    let value = row.value("Trusts (code)");
    let uid = digits(value, 1..=6);
    if uid.is_none() && !value.is_empty() {
        let message = format!("at most six digits, not {:?}", shown(value));
        row.leave_unsaid("trust_uid", "format", "Trusts (code)", message);
    }
    uid.map(str::to_owned)
}

#[cfg(test)]
#[path = "school_tests.rs"]
mod tests;

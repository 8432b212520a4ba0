//! Which school a contact of a source means. A key leads, a name and a postcode only propose, and nothing is guessed.

mod names;
mod register;
#[cfg(test)]
mod tests;

use entity::exchange::sync_match::{SyncLikeness, SyncProposal, SyncReason};
use uuid::Uuid;

pub use self::register::{KnownSchool, Register};
use super::clean::{self, DfeNumber};
use super::record::SchoolContact;
use crate::exchange::extract::text;

/// More proposals help nobody.
const MOST: usize = 10;

/// What a contact says, cleaned.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    urn: Option<i32>,
    number: Option<DfeNumber>,
    name: String,
    postcode: Option<String>,
    /// What was typed and is no key.
    bad_urn: bool,
    bad_number: bool,
}

impl Keys {
    /// Cleans what a contact says.
    #[must_use]
    pub fn of(contact: &SchoolContact) -> Self {
        let typed = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let urn = contact.urn.as_deref().and_then(clean::urn);
        let number = contact.dfe_number.as_deref().and_then(clean::dfe_number);
        Self {
            bad_urn: urn.is_none() && typed(&contact.urn),
            bad_number: number.is_none() && typed(&contact.dfe_number),
            urn,
            number,
            name: contact.name.as_deref().map(names::name).unwrap_or_default(),
            postcode: contact.postcode.as_deref().and_then(text::postcode),
        }
    }

    /// The text of what a decision of a person rests on: another text means that the source says something else.
    #[must_use]
    pub fn essence(&self) -> String {
        let number = self.number.as_ref().map(ToString::to_string).unwrap_or_default();
        let (urn, postcode) = (self.urn.unwrap_or_default(), self.postcode.as_deref().unwrap_or_default());
        format!("{urn}|{number}|{}|{postcode}", self.name)
    }
}

/// Something about a key that the source should put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about, for programs.
    pub code: &'static str,
    /// The field of a contact: `urn` or `dfe_number`.
    pub column: Option<&'static str>,
    /// What is wrong, and how to fix it.
    pub message: String,
}

/// Where a contact leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To a school.
    Leads(Uuid),
    /// Nobody but a person can say.
    Doubt {
        /// Why.
        reason: SyncReason,
        /// The schools that may be meant, the likeliest first.
        proposals: Vec<SyncProposal>,
    },
    /// To a school of another authority.
    OutOfArea,
}

/// Where a contact leads, and what is to be said about its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Where it leads.
    pub verdict: Verdict,
    /// What is to be said.
    pub notes: Vec<Note>,
}

/// Judges one contact by the register.
#[must_use]
pub fn judge(keys: &Keys, register: &Register) -> Judgement {
    let by_urn = keys.urn.and_then(|urn| register.of_urn(urn));
    let number = keys.number.as_ref().map(ToString::to_string);
    let by_number = number.as_deref().and_then(|number| register.of_number(number));
    let foreign = by_number.is_none() && keys.number.as_ref().is_some_and(|it| register.is_foreign(&it.la_code));
    let verdict = match (by_urn, by_number) {
        (Some(_), None) if foreign => Err(SyncReason::OtherAuthority),
        (Some(one), Some(other)) if one.id != other.id && !register.are_tied(one.id, other.id) => {
            Err(SyncReason::KeysDisagree)
        }
        (None, Some(school)) if keys.urn.is_some() && !school.open => Err(SyncReason::NumberOfClosedSchool),
        (Some(school), _) | (None, Some(school)) => {
            if elsewhere(keys, school, register) {
                Err(SyncReason::NameElsewhere)
            } else {
                Ok(Some(school))
            }
        }
        (None, None) if foreign => Ok(None),
        (None, None) if keys.urn.is_some() || keys.number.is_some() => Err(SyncReason::UnknownKey),
        (None, None) => Err(SyncReason::NoKey),
    };
    let verdict = match verdict {
        Ok(Some(school)) => Verdict::Leads(school.id),
        Ok(None) => Verdict::OutOfArea,
        Err(reason) => Verdict::Doubt { reason, proposals: proposals(keys, [by_urn, by_number], register) },
    };
    let notes = match verdict {
        Verdict::OutOfArea => Vec::new(),
        _ => notes(keys, &verdict, [by_urn, by_number], register),
    };
    Judgement { verdict, notes }
}

/// Returns true if the name and the postcode both belong to another school, with which no link ties the school.
fn elsewhere(keys: &Keys, school: &KnownSchool, register: &Register) -> bool {
    let Some(postcode) = keys.postcode.as_deref() else { return false };
    if keys.name.is_empty() || register.has_both(school, &keys.name, postcode) {
        return false;
    }
    let mut others = register.of_name(&keys.name);
    others.any(|other| {
        other.id != school.id
            && register.has_both(other, &keys.name, postcode)
            && !register.are_tied(other.id, school.id)
    })
}

/// The schools that a contact may mean, the one with most in common first.
fn proposals(keys: &Keys, found: [Option<&KnownSchool>; 2], register: &Register) -> Vec<SyncProposal> {
    let [by_urn, by_number] = found;
    let postcode = keys.postcode.as_deref().unwrap_or_default();
    let found = by_urn
        .map(|school| (school, SyncLikeness::Urn))
        .into_iter()
        .chain(by_number.map(|school| (school, SyncLikeness::DfeNumber)))
        .chain(register.of_name(&keys.name).map(|school| (school, SyncLikeness::Name)))
        .chain(register.of_postcode(postcode).map(|school| (school, SyncLikeness::Postcode)));
    let mut all: Vec<(&KnownSchool, Vec<SyncLikeness>)> = Vec::new();
    for (school, likeness) in found {
        match all.iter_mut().find(|(known, _)| known.id == school.id) {
            Some((_, by)) => by.push(likeness),
            None => all.push((school, vec![likeness])),
        }
    }
    all.sort_by_key(|(school, by)| (std::cmp::Reverse(by.len()), !school.open, school.urn, school.id));
    let shown = all.into_iter().take(MOST);
    shown
        .map(|(school, by)| SyncProposal {
            school_id: school.id,
            name: school.name.clone(),
            urn: school.urn,
            postcode: school.postcode.clone(),
            closed: !school.open,
            by,
        })
        .collect()
}

/// What the source should put right, whether the contact leads to a school or not.
fn notes(
    keys: &Keys,
    verdict: &Verdict,
    [by_urn, by_number]: [Option<&KnownSchool>; 2],
    register: &Register,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |code, column, message: String| notes.push(Note { code, column, message });
    if keys.bad_urn {
        note("bad_urn", Some("urn"), "a URN has six digits: correct it at the source".to_owned());
    } else if keys.urn.is_some() && by_urn.is_none() {
        let fix = "the register has no school with this URN: correct it at the source, or import the register again";
        note("unknown_urn", Some("urn"), fix.to_owned());
    } else if keys.urn.is_none() && by_number.is_some() {
        note("no_urn", Some("urn"), "the DfE number led to the school: add the URN at the source".to_owned());
    }
    if keys.bad_number {
        let fix = "a DfE number has the authority's three digits and the school's four, such as 855/2001: correct it";
        note("bad_dfe_number", Some("dfe_number"), fix.to_owned());
    } else if keys.number.is_some() && by_number.is_none() {
        let fix = "the register has no school with this DfE number: correct it at the source";
        note("unknown_dfe_number", Some("dfe_number"), fix.to_owned());
    }
    if let Verdict::Leads(id) = verdict
        && let Some(school) = register.school(*id).filter(|school| !school.open)
    {
        note("closed", None, closed(school, register));
    }
    notes
}

/// That a school is closed, with its successors.
fn closed(school: &KnownSchool, register: &Register) -> String {
    let on = school.closed_on.map(|day| format!(" on {day}")).unwrap_or_default();
    let after = register.successors(school.id);
    if after.is_empty() {
        return format!("the school closed{on}, and the register names no successor");
    }
    let named = after.iter().map(|it| match it.urn {
        Some(urn) => format!("{} (URN {urn})", it.name),
        None => it.name.clone(),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    format!("the school closed{on}; after it came {named}: give the contact that URN at the source")
}

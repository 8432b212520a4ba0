//! The primary contact of a school: at most one at a time, regardless of what the source says.

use std::collections::HashMap;

use entity::exchange::sync_link::LinkField;
use entity::schools::contact;
use uuid::Uuid;

use super::lines::Draft;
use crate::exchange::sync::mapping::Leads;
use crate::exchange::sync::record::Table;
use crate::exchange::sync::run::Run;
use crate::schools::rules::Period;

const FIELD: &str = "is_primary";

/// Decides which of the contacts are primary ones. `contacts` are all of the hub.
///
/// Who is the primary contact here stays so. Of several new ones the contact that began last is taken; of those that
/// began on one day the one whose line has the lowest key.
pub fn decide(run: &Run<'_>, drafts: &mut [Draft], contacts: &[contact::Model]) {
    let touched: HashMap<Uuid, usize> = drafts
        .iter()
        .enumerate()
        .flat_map(|(at, draft)| {
            let ended = draft.ended.as_ref().map(|(before, _)| before.id);
            let own = draft.contact.0.as_ref().map(|before| before.id);
            ended.into_iter().chain(own).map(move |id| (id, at))
        })
        .collect();
    let mut taken: HashMap<Uuid, Vec<(Period, String)>> = HashMap::new();
    let others = contacts.iter().filter(|row| row.archived_at.is_none() && !touched.contains_key(&row.id));
    let ended = drafts.iter().filter_map(|draft| draft.ended.as_ref().map(|(_, after)| after));
    for row in others.chain(ended).filter(|row| row.is_primary) {
        taken.entry(row.school_id).or_default().push((row.into(), format!("the contact {}", row.id)));
    }
    let leads = run.mapping.leads(Table::Associations, "primary");
    let wanted: Vec<bool> = drafts.iter().map(|draft| wants(run, draft, leads)).collect();
    let mut order: Vec<usize> = (0..drafts.len()).filter(|at| wanted[*at]).collect();
    order.sort_by_key(|at| {
        let draft = &drafts[*at];
        let stays = draft.contact.0.as_ref().is_some_and(|before| before.is_primary);
        // Drafts come in the order of their keys, which decides last.
        (!stays, std::cmp::Reverse(draft.contact.1.from_on), *at)
    });
    let mut is_primary = vec![false; drafts.len()];
    let mut second: HashMap<usize, String> = HashMap::new();
    for at in order {
        let row = &drafts[at].contact.1;
        let period = Period::from(row);
        let known = taken.entry(row.school_id).or_default();
        match known.iter().find(|(other, _)| other.meets(period)) {
            Some((_, other)) => {
                second.insert(at, other.clone());
            }
            None => {
                known.push((period, format!("the line {}", drafts[at].key)));
                is_primary[at] = true;
            }
        }
    }
    for (at, draft) in drafts.iter_mut().enumerate() {
        draft.contact.1.is_primary = is_primary[at];
        let remembered = if draft.says_primary {
            let (said, left) = (run.salt().digest(&draft.wants_primary), run.salt().digest(&is_primary[at]));
            Some(LinkField { name: FIELD.to_owned(), said, left })
        } else {
            draft.known.as_ref().and_then(|link| link.field(FIELD)).cloned()
        };
        draft.fields.extend(remembered);
        let changed = draft.contact.0.as_ref().is_some_and(|before| before.is_primary != is_primary[at]);
        if changed {
            draft.row = draft.row.clone().changing(FIELD);
        }
        if let Some(other) = second.remove(&at).filter(|_| draft.contact.1.to_on.is_none()) {
            let message = format!("{other} is the school's primary contact: the source should name one");
            draft.row = draft.row.clone().also("second_primary", message);
        }
    }
}

/// Whether a contact is to be a primary one, if no other is.
fn wants(run: &Run<'_>, draft: &Draft, leads: Leads) -> bool {
    let Some(before) = &draft.contact.0 else { return draft.wants_primary };
    let known = draft.known.as_ref().and_then(|link| Some((link.said(FIELD)?, link.left(FIELD)?)));
    let as_left = known.is_some_and(|(_, left)| left == run.salt().digest(&before.is_primary));
    match leads {
        _ if !draft.says_primary => before.is_primary,
        Leads::Source => draft.wants_primary,
        _ if as_left => draft.wants_primary,
        // Somebody decided here.
        _ => before.is_primary,
    }
}

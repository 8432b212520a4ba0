//! What is remembered of a field of a contact, in its link.

use entity::exchange::sync_link::{LinkField, LinkFields};

use super::decide::Remembered;
use crate::exchange::sync::run::Link;

/// The name under which a link remembers the last run.
const VALUE: &str = "value";

/// The name under which the link of a folder remembers each text that is nobody's but ours.
const OWN: &str = "own";

/// How many such texts are remembered: one more than files may be handed over before one of them is taken over.
const MOST: usize = 8;

/// What is remembered of a field of a contact. Texts are digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What stood in the field after the last run.
    said: String,
    /// What we said about it then.
    left: String,
    /// For a folder: what stood there when a value was handed over, and the values handed over since both sides were
    /// the same.
    own: Vec<String>,
}

/// What the two sides say of a field of a contact.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    pub ours: &'a str,
    pub theirs: &'a str,
    /// Whether neither side has a text.
    pub are_empty: bool,
}

impl Memory {
    /// What a link remembers; none if it remembers nothing.
    pub fn of(link: &Link) -> Option<Self> {
        let LinkField { said, left, .. } = link.field(VALUE)?.clone();
        let own = link.fields().iter().filter(|field| field.name == OWN).map(|field| field.said.clone()).collect();
        Some(Self { said, left, own })
    }

    /// The state of a field of a database, which has what a run wrote.
    pub fn of_database(&self, sides: Sides<'_>) -> Remembered {
        Remembered {
            theirs_same: self.said == sides.theirs,
            ours_same: self.left == sides.ours,
            agreed: self.said == self.left,
        }
    }

    /// The state of a field of a folder, which has what a run handed over once somebody has taken it over there.
    pub fn of_folder(&self, sides: Sides<'_>) -> Remembered {
        let is_ours = self.own.iter().any(|own| own == sides.theirs);
        Remembered { theirs_same: is_ours, ours_same: self.left == sides.ours, agreed: is_ours }
    }

    /// What is to be remembered of a field of a database in which a text stands after the run.
    pub fn in_database(sides: Sides<'_>, stands: &str) -> Self {
        Self { said: stands.to_owned(), left: sides.ours.to_owned(), own: Vec::new() }
    }

    /// What is to be remembered of a field of a folder, after what was: whether our value is handed over, and whether
    /// what stands there is a person's word.
    pub fn in_folder(before: Option<Self>, sides: Sides<'_>, handed: bool, is_typed: bool) -> Self {
        let Sides { ours, theirs, are_empty } = sides;
        let waits = before.as_ref().is_some_and(|before| before.said != before.left || before.own.len() > 1);
        let mut own = before.map(|before| before.own).unwrap_or_default();
        // What was handed over, and withdrawn before anybody took it over, can still be taken over.
        if are_empty && waits && own.last().is_some_and(|last| last != ours) {
            if !own.iter().any(|text| text == ours) {
                own.insert(0, ours.to_owned());
            }
        } else if ours == theirs {
            own = vec![ours.to_owned()];
        } else if handed {
            own.retain(|text| text != theirs && text != ours);
            own.extend((!is_typed).then(|| theirs.to_owned()));
            own.push(ours.to_owned());
            own.drain(..own.len().saturating_sub(MOST));
        }
        Self { said: theirs.to_owned(), left: ours.to_owned(), own }
    }

    /// What stood in the field after the last run.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The fields of a link that remember this.
    pub fn fields(&self) -> LinkFields {
        let last = LinkField { name: VALUE.to_owned(), said: self.said.clone(), left: self.left.clone() };
        let own =
            self.own.iter().map(|text| LinkField { name: OWN.to_owned(), said: text.clone(), left: text.clone() });
        std::iter::once(last).chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn sides(ours: &'static str, theirs: &'static str) -> Sides<'static> {
        Sides { ours, theirs, are_empty: ours.is_empty() && theirs.is_empty() }
    }

    fn is_ours(memory: &Memory, theirs: &'static str) -> bool {
        memory.of_folder(sides("", theirs)).agreed
    }

    #[test]
    fn a_text_that_was_handed_over_is_no_word_of_a_person_when_it_is_taken_over_late() {
        let red = Memory::in_folder(None, sides("red", ""), true, false);
        let amber = Memory::in_folder(Some(red), sides("amber", ""), true, false);
        for theirs in ["", "red", "amber"] {
            assert!(is_ours(&amber, theirs), "{theirs:?}");
        }
        assert!(!is_ours(&amber, "purple"));
        let agreed = Memory::in_folder(Some(amber), sides("amber", "amber"), false, false);
        assert!(is_ours(&agreed, "amber") && !is_ours(&agreed, "") && !is_ours(&agreed, "red"));
    }

    #[test]
    fn a_text_that_was_withdrawn_is_no_word_of_a_person_until_its_emptying_is_taken_over() {
        let red = Memory::in_folder(None, sides("red", ""), true, false);
        let withdrawn = Memory::in_folder(Some(red), sides("", ""), false, false);
        let later = Memory::in_folder(Some(withdrawn), sides("", ""), false, false);
        assert!(is_ours(&later, "red") && !is_ours(&later, "purple"));
        let emptied = Memory::in_folder(Some(later), sides("", "red"), true, false);
        let gone = Memory::in_folder(Some(emptied), sides("", ""), false, false);
        assert!(is_ours(&gone, "") && !is_ours(&gone, "red"));
    }

    #[test]
    fn a_field_that_both_sides_emptied_is_free_again() {
        let amber = Memory::in_folder(None, sides("amber", "amber"), false, false);
        let both = Memory::in_folder(Some(amber.clone()), sides("", ""), false, false);
        assert!(is_ours(&both, "") && !is_ours(&both, "amber"));
        // Emptied there first, which was a conflict, and here later.
        let conflict = Memory::in_folder(Some(amber), sides("amber", ""), false, false);
        let both = Memory::in_folder(Some(conflict), sides("", ""), false, false);
        assert!(is_ours(&both, ""));
    }

    #[test]
    fn what_a_person_typed_stays_theirs_also_where_the_hub_leads() {
        let over = Memory::in_folder(None, sides("red", "purple"), true, true);
        assert!(!is_ours(&over, "purple") && is_ours(&over, "red"));
        let kept = Memory::in_folder(None, sides("red", "purple"), false, true);
        assert!(!is_ours(&kept, "purple") && !is_ours(&kept, "red"));
    }

    #[test]
    fn the_oldest_texts_are_forgotten_but_never_the_one_that_stands_there() {
        let texts = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let mut memory = None;
        for ours in texts {
            memory = Some(Memory::in_folder(memory, sides(ours, ""), true, false));
        }
        let memory = memory.unwrap();
        assert!(is_ours(&memory, "") && is_ours(&memory, "9") && !is_ours(&memory, "1"));
        assert_eq!(memory.own.len(), MOST);
    }
}

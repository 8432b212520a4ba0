//! Where the source's contacts lead, for the steps after the one that finds it out.

use std::collections::HashMap;

use uuid::Uuid;

use crate::exchange::sync::matching::{KnownSchool, Register};

/// Where a contact leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// To a school of the register.
    School(Uuid),
    /// Somebody has to decide: what belongs to it waits.
    Review,
    /// To a school of another authority.
    OutOfArea,
    /// To no school of the hub, as somebody decided.
    Ignored,
    /// Nobody knows, since the contact could not be read: what belongs to it waits.
    Unread,
    /// The source has no such contact.
    Unknown,
}

/// Where the contacts of a source lead.
#[derive(Debug)]
pub struct Resolution {
    register: Register,
    places: HashMap<String, Place>,
    contacts: HashMap<Uuid, Vec<String>>,
    /// Where all others lead.
    elsewhere: Place,
}

impl Default for Resolution {
    fn default() -> Self {
        Self::new(Register::default(), Vec::new(), true)
    }
}

impl Resolution {
    /// Takes the places of contacts, which come in the order of their keys. Unless they are `whole`, others could not
    /// be read.
    #[must_use]
    pub fn new(register: Register, places: Vec<(String, Place)>, whole: bool) -> Self {
        let mut contacts: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (key, place) in &places {
            if let Place::School(id) = place {
                contacts.entry(*id).or_default().push(key.clone());
            }
        }
        let elsewhere = if whole { Place::Unknown } else { Place::Unread };
        Self { register, places: places.into_iter().collect(), contacts, elsewhere }
    }

    /// Where a contact leads, by its key at the source.
    #[must_use]
    pub fn of(&self, contact: &str) -> Place {
        self.places.get(contact).copied().unwrap_or(self.elsewhere)
    }

    /// A school of the register.
    #[must_use]
    pub fn school(&self, id: Uuid) -> Option<&KnownSchool> {
        self.register.school(id)
    }

    /// All that came before or after a school, and the school itself: the earliest first.
    #[must_use]
    pub fn line_of(&self, id: Uuid) -> Vec<&KnownSchool> {
        self.register.line_of(id)
    }

    /// Returns true if one of the two schools came from the other.
    #[must_use]
    pub fn are_tied(&self, one: Uuid, other: Uuid) -> bool {
        self.register.are_tied(one, other)
    }

    /// The schools to which contacts lead, each with these in the order of their keys.
    pub fn led(&self) -> impl Iterator<Item = (Uuid, &[String])> {
        self.contacts.iter().map(|(id, contacts)| (*id, contacts.as_slice()))
    }

    /// The contacts that lead to a school, in the order of their keys.
    #[must_use]
    pub fn contacts_of(&self, id: Uuid) -> &[String] {
        self.contacts.get(&id).map_or(&[], Vec::as_slice)
    }
}

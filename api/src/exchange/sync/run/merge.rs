//! Which value a field of ours gets where the source and the hub may both have changed it.

use entity::exchange::sync_link::{LinkField, LinkFields};
use serde::Serialize;
use serde_json::Value;

use super::link::Link;
use crate::exchange::sync::digest::Salt;
use crate::exchange::sync::mapping::Leads;

/// The fields of one row of ours, merged one after the other.
pub struct Merge<'a> {
    salt: Salt,
    leads: &'a dyn Fn(&str) -> Leads,
    link: Option<&'a Link>,
    is_new: bool,
    unsaid: Option<&'a dyn Fn(&str) -> bool>,
    merged: Merged,
}

/// What came of the fields of a row.
#[derive(Debug, Default)]
pub struct Merged {
    /// What is to be remembered of them.
    pub fields: LinkFields,
    /// The fields that both sides changed, whichever value they have now. Each is named once for each change.
    pub conflicts: Vec<&'static str>,
    /// The fields that get another value.
    pub changed: Vec<&'static str>,
}

impl<'a> Merge<'a> {
    /// Begins with a row of ours. Without a link the source has not led to the row before: the row is new, or stood
    /// here already.
    #[must_use]
    pub fn new(salt: Salt, leads: &'a dyn Fn(&str) -> Leads, link: Option<&'a Link>, is_new: bool) -> Self {
        Self { salt, leads, link, is_new, unsaid: None, merged: Merged::default() }
    }

    /// The same with a way to ask of which fields the source says nothing, not even that they are empty.
    #[must_use]
    pub fn without(self, unsaid: &'a dyn Fn(&str) -> bool) -> Self {
        Self { unsaid: Some(unsaid), ..self }
    }

    /// Merges a field: returns the value that our row is to have.
    ///
    /// - The source says nothing of it: ours.
    /// - The source leads: the source's value.
    /// - The hub leads: ours, unless it is empty as the sync left it.
    /// - Neither leads: the source's value if the source says something else than before, and ours is what the sync
    ///   left. A value that a person changed here stays.
    pub fn field<T: Clone + PartialEq + Serialize>(&mut self, name: &'static str, ours: &T, said: &T) -> T {
        if self.unsaid.is_some_and(|unsaid| unsaid(name)) {
            if let Some(field) = self.link.and_then(|link| link.field(name)) {
                self.remember(field.clone());
            }
            return ours.clone();
        }
        let (digest, left) = (self.salt.digest(said), self.salt.digest(ours));
        let leads = (self.leads)(name);
        let known = self.link.and_then(|link| Some((link.said(name)?, link.left(name)?)));
        let is_empty = || serde_json::to_value(ours).is_ok_and(|it| matches!(it, Value::Null));
        let (takes, conflict) = match known {
            _ if ours == said => (false, false),
            _ if self.is_new => (true, false),
            None => (leads == Leads::Source || is_empty(), !is_empty()),
            Some((before, after)) => {
                let (theirs_changed, ours_changed) = (before != digest, after != left);
                let takes = match leads {
                    Leads::Source => true,
                    Leads::Here => is_empty() && !ours_changed,
                    Leads::Neither => theirs_changed && !ours_changed,
                };
                (takes, theirs_changed && ours_changed)
            }
        };
        let value = if takes { said.clone() } else { ours.clone() };
        if takes {
            self.merged.changed.push(name);
        }
        if conflict {
            self.merged.conflicts.push(name);
        }
        // What a person put here stays a person's: the next change at the source is a conflict as well.
        let left = match known {
            _ if takes || ours == said => self.salt.digest(&value),
            Some((_, before)) => before.to_owned(),
            None => String::new(),
        };
        self.remember(LinkField { name: name.to_owned(), said: digest, left });
        value
    }

    fn remember(&mut self, field: LinkField) {
        let fields = std::mem::take(&mut self.merged.fields).into_vec();
        self.merged.fields = fields.into_iter().chain([field]).collect();
    }

    /// Ends with what came of the fields.
    #[must_use]
    pub fn end(self) -> Merged {
        self.merged
    }
}

#[cfg(test)]
mod tests {
    use entity::exchange::sync_row::SyncSection;
    use uuid::Uuid;

    use super::*;

    /// Merges a field of a row with what is remembered of it. Returns the value, whether both sides contradict each
    /// other, and what is to be remembered.
    fn merged(rule: Leads, link: Option<&Link>, ours: &str, said: &str) -> (String, bool, LinkFields) {
        let leads = move |_: &str| rule;
        let mut merge = Merge::new(Salt::of(Uuid::nil()), &leads, link, false);
        let value = merge.field("email", &Some(ours.to_owned()), &Some(said.to_owned()));
        let Merged { fields, conflicts, .. } = merge.end();
        (value.unwrap(), !conflicts.is_empty(), fields)
    }

    fn link(fields: LinkFields) -> Link {
        Link::remembering(SyncSection::Persons, fields)
    }

    /// A field that the sync has written, and then what follows.
    fn taken(said: &str) -> Link {
        let leads = |_: &str| Leads::Neither;
        let mut merge = Merge::new(Salt::of(Uuid::nil()), &leads, None, true);
        merge.field("email", &None, &Some(said.to_owned()));
        link(merge.end().fields)
    }

    #[test]
    fn a_change_of_one_side_is_taken_and_a_change_of_both_is_a_conflict() {
        let known = taken("a");
        assert_eq!(merged(Leads::Neither, Some(&known), "a", "a").0, "a");
        assert_eq!(merged(Leads::Neither, Some(&known), "a", "b").0, "b");
        let corrected = merged(Leads::Neither, Some(&known), "c", "a");
        assert_eq!((corrected.0.as_str(), corrected.1), ("c", false));
        let both = merged(Leads::Neither, Some(&known), "c", "b");
        assert_eq!((both.0.as_str(), both.1), ("c", true));
    }

    #[test]
    fn a_conflict_is_reported_once_and_again_when_the_source_changes_again() {
        let both = merged(Leads::Neither, Some(&taken("a")), "c", "b");
        let known = link(both.2);
        let again = merged(Leads::Neither, Some(&known), "c", "b");
        assert_eq!((again.0.as_str(), again.1), ("c", false));
        let other = merged(Leads::Neither, Some(&link(again.2)), "c", "d");
        assert_eq!((other.0.as_str(), other.1), ("c", true));
    }

    #[test]
    fn a_source_that_leads_overwrites_what_was_corrected_here() {
        let known = taken("a");
        assert_eq!(merged(Leads::Source, Some(&known), "c", "b").0, "b");
        assert_eq!(merged(Leads::Source, Some(&known), "c", "a").0, "a");
        let here = merged(Leads::Here, Some(&known), "c", "b");
        assert_eq!((here.0.as_str(), here.1), ("c", true));
    }

    #[test]
    fn what_a_person_emptied_here_stays_empty_where_the_hub_leads() {
        let leads = |_: &str| Leads::Here;
        let mut known = taken("a");
        for said in ["a", "b"] {
            let mut merge = Merge::new(Salt::of(Uuid::nil()), &leads, Some(&known), false);
            assert_eq!(merge.field("email", &None, &Some(said.to_owned())), None);
            known = link(merge.end().fields);
        }
    }

    #[test]
    fn a_field_of_which_the_source_says_nothing_stays_and_is_remembered_as_it_was() {
        for rule in [Leads::Source, Leads::Here, Leads::Neither] {
            let (leads, known) = (move |_: &str| rule, taken("a"));
            let mut merge = Merge::new(Salt::of(Uuid::nil()), &leads, Some(&known), false).without(&|_| true);
            assert_eq!(merge.field("email", &Some("a".to_owned()), &None).as_deref(), Some("a"));
            let merged = merge.end();
            assert_eq!((merged.changed, merged.fields), (Vec::new(), known.fields()));
        }
    }

    #[test]
    fn a_row_that_stood_here_already_keeps_its_values() {
        let kept = merged(Leads::Neither, None, "c", "a");
        assert_eq!((kept.0.as_str(), kept.1), ("c", true));
        assert_eq!(merged(Leads::Neither, Some(&link(kept.2)), "c", "b").0, "c");
    }

    #[test]
    fn both_sides_that_come_to_the_same_are_no_conflict() {
        let same = merged(Leads::Neither, Some(&taken("a")), "b", "b");
        assert_eq!((same.0.as_str(), same.1), ("b", false));
        assert_eq!(merged(Leads::Neither, Some(&link(same.2)), "b", "c").0, "c");
    }
}

//! Whether a value is written to a user-defined field of the source. Pure.

use crate::exchange::sync::mapping::Leads;

/// What is remembered of a field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Whether the field is as the last run left it.
    pub theirs_same: bool,
    /// Whether our value is what it was then.
    pub ours_same: bool,
    /// Whether both were the same then.
    pub agreed: bool,
}

/// What is done about a field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is to be done.
    Nothing,
    /// Our value is written; where there is none, what the service wrote before is emptied.
    Write,
    /// Both sides differ, and ours is written, since the hub leads.
    WriteOver,
    /// Both sides differ, and the source's value stays.
    Keep,
}

/// Decides about a field of a contact. Without anything remembered the service has not written to it yet.
///
/// A value of the source that the service did not write is a conflict with ours. It stays, unless the hub leads. Where
/// we have nothing to say, nothing is emptied but what the service wrote itself.
#[must_use]
pub fn decide(ours: Option<&str>, theirs: Option<&str>, remembered: Option<Remembered>, leads: Leads) -> Decision {
    let conflict = || if leads == Leads::Here { Decision::WriteOver } else { Decision::Keep };
    if ours == theirs {
        return Decision::Nothing;
    }
    let standing = matches!(remembered, Some(Remembered { theirs_same: true, agreed: true, .. }));
    if ours.is_none() {
        return if standing { Decision::Write } else { Decision::Nothing };
    }
    match (theirs, remembered) {
        (None, None) => Decision::Write,
        _ if standing => Decision::Write,
        (Some(_), None) | (_, Some(Remembered { theirs_same: false, .. } | Remembered { ours_same: false, .. })) => {
            conflict()
        }
        // A conflict that was listed before, and in which nothing has changed but perhaps the mapping.
        _ if leads == Leads::Here => Decision::Write,
        _ => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the run left it that wrote our value.
    const WRITTEN: Remembered = Remembered { theirs_same: true, ours_same: true, agreed: true };
    /// As the run left it in which the source's own value stayed.
    const KEPT: Remembered = Remembered { agreed: false, ..WRITTEN };

    fn decided(ours: &str, theirs: &str, remembered: Option<Remembered>) -> [Decision; 3] {
        let text = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let texts = [ours, theirs].map(|it| text(Box::leak(it.to_owned().into_boxed_str())));
        [Leads::Here, Leads::Source, Leads::Neither].map(|leads| decide(texts[0], texts[1], remembered, leads))
    }

    #[test]
    fn an_empty_field_gets_our_value() {
        assert_eq!(decided("Red", "", None), [Decision::Write; 3]);
    }

    #[test]
    fn a_value_that_stands_there_already_is_not_written() {
        assert_eq!(decided("Red", "Red", None), [Decision::Nothing; 3]);
        assert_eq!(decided("Red", "Red", Some(WRITTEN)), [Decision::Nothing; 3]);
        assert_eq!(decided("", "", None), [Decision::Nothing; 3]);
    }

    #[test]
    fn what_somebody_typed_is_a_conflict_which_the_mapping_decides() {
        let decision = [Decision::WriteOver, Decision::Keep, Decision::Keep];
        assert_eq!(decided("Red", "AMBER", None), decision, "before the service wrote to it");
        let typed = Remembered { theirs_same: false, ..WRITTEN };
        assert_eq!(decided("Red", "Purple?", Some(typed)), decision, "over what the service wrote");
        assert_eq!(decided("Red", "", Some(typed)), decision, "emptied");
    }

    #[test]
    fn a_conflict_is_listed_once_until_a_side_changes() {
        assert_eq!(decided("Red", "AMBER", Some(KEPT))[1..], [Decision::Nothing; 2]);
        let changed = Remembered { ours_same: false, ..KEPT };
        assert_eq!(decided("Green", "AMBER", Some(changed)), [Decision::WriteOver, Decision::Keep, Decision::Keep]);
        assert_eq!(decided("Red", "AMBER", Some(KEPT))[0], Decision::Write, "the mapping lets the hub lead now");
    }

    #[test]
    fn our_next_value_follows_the_one_that_the_service_wrote() {
        let changed = Remembered { ours_same: false, ..WRITTEN };
        assert_eq!(decided("Green", "Red", Some(changed)), [Decision::Write; 3]);
        assert_eq!(decided("", "Red", Some(changed)), [Decision::Write; 3], "and is emptied with it");
    }

    #[test]
    fn a_value_that_is_not_ours_is_never_emptied() {
        assert_eq!(decided("", "AMBER", None), [Decision::Nothing; 3]);
        assert_eq!(decided("", "AMBER", Some(KEPT)), [Decision::Nothing; 3]);
        let typed = Remembered { theirs_same: false, ..WRITTEN };
        assert_eq!(decided("", "Purple?", Some(typed)), [Decision::Nothing; 3]);
    }
}

//! What holds for posts, for the people who hold them, and for designations. Pure.

use entity::people::{post, post_holding};
use time::Date;

use crate::kernel::base::fold::search_key;
use crate::kernel::base::period::in_order;
use crate::kernel::base::problem::Fault;

/// Finds a role that is named twice, or not at all.
#[must_use]
pub fn role(code: Option<&str>, text: Option<&str>) -> Option<Fault> {
    let message = match (code, text) {
        (Some(_), Some(_)) => "name the role once: by `role_code`, or in words by `role_text`",
        (None, None) => "name the role: by `role_code`, or in words by `role_text`",
        _ => return None,
    };
    Some(Fault::new("/role_text", "one_of", message))
}

/// A role as it is compared.
#[must_use]
pub fn role_key(code: Option<&str>, text: Option<&str>) -> String {
    search_key(code.or(text).unwrap_or_default())
}

/// Finds an end before the beginning, and a reason without an end.
#[must_use]
pub fn end(from_on: Date, to_on: Option<Date>, reason: Option<&str>) -> Vec<Fault> {
    let early = in_order("/to_on", Some(from_on), to_on);
    let open = (reason.is_some() && to_on.is_none())
        .then(|| Fault::new("/end_reason", "required", "goes with `to_on`: say on which day it ended"));
    early.into_iter().chain(open).collect()
}

/// Finds days on which somebody would hold a post that does not exist then.
#[must_use]
pub fn within(holding: &post_holding::Model, post: &post::Model) -> Option<Fault> {
    if holding.from_on < post.from_on {
        let message = format!("the post begins on {}", post.from_on);
        return Some(Fault::new("/from_on", "order", message));
    }
    let last = post.to_on?;
    let (pointer, day) = match holding.to_on {
        Some(to_on) => ("/to_on", to_on),
        // Who holds a post that ends leaves it on its last day at the latest.
        None => ("/from_on", holding.from_on),
    };
    (day > last).then(|| Fault::new(pointer, "order", format!("the post ends on {last}")))
}

#[cfg(test)]
mod tests {
    use entity::row::Meta;
    use time::macros::date;

    use super::*;

    fn holding(from_on: Date, to_on: Option<Date>) -> post_holding::Model {
        let Meta { hub_id, id, version, created_at, updated_at, archived_at } = Meta::unset();
        let (post_id, person_id, end_reason) = (id, id, None);
        post_holding::Model {
            hub_id,
            id,
            version,
            created_at,
            updated_at,
            archived_at,
            post_id,
            person_id,
            from_on,
            to_on,
            end_reason,
        }
    }

    fn post(from_on: Date, to_on: Option<Date>) -> post::Model {
        let Meta { hub_id, id, version, created_at, updated_at, archived_at } = Meta::unset();
        post::Model {
            hub_id,
            id,
            version,
            created_at,
            updated_at,
            archived_at,
            title: String::new(),
            title_key: String::new(),
            role_code: None,
            role_text: None,
            role_key: String::new(),
            fte_hundredths: 80,
            funding_source: None,
            funding: post::PostFunding::Core,
            provider_id: None,
            territory: None,
            tentative: false,
            from_on,
            to_on,
            note: None,
            search_key: String::new(),
        }
    }

    #[test]
    fn nobody_holds_a_post_before_it_begins_or_after_it_ends() {
        let year = post(date!(2014 - 09 - 01), Some(date!(2015 - 08 - 31)));
        let pointer = |from_on, to_on| within(&holding(from_on, to_on), &year).map(|fault| fault.pointer);
        assert_eq!(pointer(date!(2014 - 09 - 01), None), None);
        assert_eq!(pointer(date!(2015 - 08 - 31), Some(date!(2015 - 08 - 31))), None);
        assert_eq!(pointer(date!(2014 - 08 - 31), None).as_deref(), Some("/from_on"));
        assert_eq!(pointer(date!(2015 - 09 - 01), None).as_deref(), Some("/from_on"));
        assert_eq!(pointer(date!(2015 - 01 - 01), Some(date!(2015 - 09 - 01))).as_deref(), Some("/to_on"));
        assert_eq!(within(&holding(date!(2019 - 01 - 01), None), &post(date!(2014 - 09 - 01), None)), None);
    }

    #[test]
    fn a_role_has_a_code_or_words_and_a_reason_has_an_end() {
        assert!(role(Some("SLE"), None).is_none() && role(None, Some("Adviser")).is_none());
        assert!(role(Some("SLE"), Some("Adviser")).is_some() && role(None, None).is_some());
        let day = date!(2014 - 09 - 01);
        assert_eq!(end(day, Some(day), Some("Retired")), []);
        assert_eq!(end(day, None, Some("Retired")).len(), 1);
        assert_eq!(end(day, day.previous_day(), None)[0].pointer, "/to_on");
    }
}

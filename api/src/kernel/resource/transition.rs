//! The states of a resource as one table: which verb leads from which state to which, and what it needs. The
//! decision about a verb, the text of a refusal, the document and `expand=actions` all come from this table.

use std::collections::HashSet;

use entity::owned::Owned;
use entity::row::Row;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::permission::{Reach, Scope};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::API;

entity::choice! {
    /// Whether a transition takes a reason or a note in its body.
    pub enum Needs {
        /// The transition has no body.
        No = "no",
        /// A reason may be sent.
        Optional = "optional",
        /// A reason must be sent.
        Required = "required",
    }
}

/// The reason for a transition.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for the item's history.
    #[schema(min_length = 1, max_length = 2000, example = "Agreed at the strategy meeting")]
    pub reason: Option<String>,
}

/// The reason for a transition that needs one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredReason {
    /// Why, for the item and its history. No pupil names; safeguarding concerns go to the school's designated lead.
    #[schema(min_length = 1, max_length = 2000, example = "The hall is closed for repairs in that week")]
    pub reason: String,
}

/// A verb by which an item leaves a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// The name in the change log, in refusals and in [`Action::verb`].
    pub name: &'static str,
    /// The last segment of the address: `POST {item}/{path}`.
    pub path: &'static str,
    /// The states that allow the verb.
    pub from: &'static [&'static str],
    /// The state that the item then has.
    pub to: &'static str,
    /// The scope that the caller needs.
    pub scope: Scope,
    /// Whether the body takes a reason.
    pub reason: Needs,
    /// What is checked beyond the state, in sentences for the document; empty if nothing is.
    pub checks: &'static str,
}

impl Verb {
    /// Returns true if a state allows the verb.
    #[must_use]
    pub fn leaves(&self, state: &str) -> bool {
        self.from.contains(&state)
    }
}

/// The table of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Transitions {
    /// What people call one item, such as `progress update`.
    pub noun: &'static str,
    /// The collection's address below `/api/v1`.
    pub path: &'static str,
    /// True if every verb needs `If-Match`.
    pub if_match: bool,
    /// Every state, in the order in which an item passes through them.
    pub states: &'static [&'static str],
    /// Every verb, in the order in which a screen shows its buttons.
    pub verbs: &'static [Verb],
}

impl Transitions {
    /// Returns the state to which a verb leads.
    ///
    /// # Errors
    /// 409 if the state does not allow the verb. The text names the states that do, and the verbs that this
    /// state allows.
    pub fn next(&self, verb: &Verb, state: &str) -> Result<&'static str> {
        if verb.leaves(state) {
            return Ok(verb.to);
        }
        let noun = self.noun;
        let named: Vec<_> = self.allowed(state).map(|verb| format!("`{}`", verb.name)).collect();
        let allows = if named.is_empty() { "no transition".to_owned() } else { list(&named, "and") };
        let item = format!("{} {noun}", with_article(&words(state)));
        let from: Vec<_> = verb.from.iter().map(|state| words(state)).collect();
        Err(Problem::conflict(format!(
            "cannot {} {item}: the {noun} must be {}. {} allows {allows}",
            words(verb.name),
            list(&from, "or"),
            capitalized(&item),
        )))
    }

    /// The verbs that a state allows.
    pub fn allowed(&self, state: &str) -> impl Iterator<Item = &'static Verb> {
        self.verbs.iter().filter(move |verb| verb.leaves(state))
    }

    /// The address of a verb. `id` is an id, or its placeholder in the document.
    #[must_use]
    pub fn address(&self, verb: &Verb, id: &str) -> String {
        format!("{API}{}/{id}/{}", self.path, verb.path)
    }

    /// What the document says about a verb beside the handler's own description.
    #[must_use]
    pub fn description(&self, verb: &Verb) -> String {
        let noun = self.noun;
        let from: Vec<_> = verb.from.iter().map(|state| format!("`{state}`")).collect();
        let from = list(&from, "or");
        let moves = if verb.from == [verb.to] {
            format!("The {noun} must be {from}, and stays so.")
        } else {
            format!("The {noun} must be {from}, and becomes `{}`.", verb.to)
        };
        let other = "In any other state the reply is 409 and names the verbs that are allowed.";
        let text = format!("{moves} {other} {}", verb.checks);
        text.trim_end().to_owned()
    }

    /// Each verb's address in the document, with what the document says about it.
    pub fn described(&self) -> impl Iterator<Item = (String, String)> {
        self.verbs.iter().map(|verb| (self.address(verb, "{id}"), self.description(verb)))
    }

    fn action(&self, caller: &Caller, verb: &Verb, id: Uuid) -> Action {
        Action {
            verb: verb.name,
            method: "POST",
            href: self.address(verb, &id.to_string()),
            reason: verb.reason,
            requires: caller.state().document.requires(&self.address(verb, "{id}")).to_vec(),
            if_match: self.if_match,
        }
    }
}

/// A transition that the caller may make now.
///
/// The list follows from the item's state and from the caller's scopes, reach and part in the item. What the item
/// itself still lacks is reported when the transition is tried.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Action {
    /// The transition's name.
    #[schema(max_length = 40, example = "propose")]
    pub verb: &'static str,
    /// The method of the request.
    #[schema(max_length = 10, example = "POST")]
    pub method: &'static str,
    /// The address of the request.
    #[schema(max_length = 200, example = "/api/v1/plans/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10/propose")]
    pub href: String,
    /// Whether the body takes a reason or a note.
    pub reason: Needs,
    /// The fields that the body must have; empty where none is needed.
    #[schema(value_type = Vec<FieldName>, max_items = 20)]
    pub requires: Vec<String>,
    /// True if the request must send the item's `ETag` in `If-Match`.
    #[schema(example = true)]
    pub if_match: bool,
}

/// The name of a field that a request must have.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 60, example = "reason")]
pub struct FieldName(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// The row of a resource with states.
pub type StateRow<S> = <<S as States>::Entity as EntityTrait>::Model;

/// A resource whose items have states.
pub trait States: Sized {
    /// The table in the database.
    type Entity: Owned;

    /// The states and verbs.
    const TABLE: Transitions;

    /// Returns the state of an item.
    fn state(row: &StateRow<Self>) -> &'static str;

    /// Decides for each row what the table cannot say: whether this caller may use the verb. The rows are in a
    /// state that allows it, and the caller acts under the verb's scope and reaches them.
    fn may<C: ConnectionTrait>(
        _caller: &Caller,
        _db: &C,
        _verb: &Verb,
        rows: &[&StateRow<Self>],
    ) -> impl Future<Output = Result<Vec<bool>>> {
        let all = vec![true; rows.len()];
        async move { Ok(all) }
    }
}

/// Loads what `expand=actions` embeds: for each row the transitions that the caller may make now. The number of
/// statements depends on the verbs, not on the rows.
///
/// # Errors
/// 503 when the database is away.
pub async fn actions<S: States>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    rows: &[StateRow<S>],
) -> Result<Vec<Value>> {
    let mut found: Vec<Vec<Action>> = rows.iter().map(|_| Vec::new()).collect();
    for verb in S::TABLE.verbs {
        let Some(caller) = caller.under(verb.scope) else { continue };
        let open = |row: &StateRow<S>| row.archived_at().is_none() && verb.leaves(S::state(row));
        let mut places: Vec<usize> = (0..rows.len()).filter(|at| open(&rows[*at])).collect();
        if let Some(reached) = reached::<S::Entity>(&caller, db, places.iter().map(|at| rows[*at].id())).await? {
            places.retain(|at| reached.contains(&rows[*at].id()));
        }
        if places.is_empty() {
            continue;
        }
        let asked: Vec<_> = places.iter().map(|at| &rows[*at]).collect();
        let may = S::may(&caller, db, verb, &asked).await?;
        for (at, _) in places.into_iter().zip(may).filter(|(_, may)| *may) {
            found[at].push(S::TABLE.action(&caller, verb, rows[at].id()));
        }
    }
    found.iter().map(|actions| serde_json::to_value(actions).map_err(Problem::internal)).collect()
}

/// The rows that the caller may write under its scope. None stands for all of them.
async fn reached<E: Owned>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Option<HashSet<Uuid>>> {
    if caller.reach(caller.scope()).has(Reach::HUB) {
        return Ok(None);
    }
    let rows = caller.rows::<E>().filter(caller.writes(&E::fence())).filter(E::id().is_in(ids));
    let ids = rows.select_only().column(E::id()).into_tuple::<Uuid>().all(db).await?;
    Ok(Some(ids.into_iter().collect()))
}

/// `sent_back` and `send-back` as they are spoken.
fn words(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

fn with_article(words: &str) -> String {
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {words}", if vowel { "an" } else { "a" })
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEND: Verb = Verb {
        name: "send-back",
        path: "send-back",
        from: &["offered", "read"],
        to: "sent_back",
        scope: Scope::WriteVisits,
        reason: Needs::Required,
        checks: "Only its reader may send it back.",
    };
    const STAMP: Verb = Verb { name: "stamp", from: &["read"], to: "read", checks: "", ..SEND };
    const LETTERS: Transitions = Transitions {
        noun: "letter",
        path: "/letters",
        if_match: true,
        states: &["offered", "read", "sent_back"],
        verbs: &[SEND, STAMP],
    };

    #[test]
    fn a_refusal_names_the_states_that_allow_a_verb_and_the_verbs_that_a_state_allows() {
        assert_eq!(LETTERS.next(&SEND, "read").unwrap(), "sent_back");
        let told = |verb, state| LETTERS.next(verb, state).unwrap_err().detail().to_owned();
        assert_eq!(
            told(&SEND, "sent_back"),
            "cannot send back a sent back letter: the letter must be offered or read. \
             A sent back letter allows no transition"
        );
        assert_eq!(
            told(&STAMP, "offered"),
            "cannot stamp an offered letter: the letter must be read. An offered letter allows `send-back`"
        );
    }

    #[test]
    fn the_document_says_from_where_to_where_a_verb_leads() {
        assert_eq!(
            LETTERS.description(&SEND),
            "The letter must be `offered` or `read`, and becomes `sent_back`. In any other state the reply is 409 \
             and names the verbs that are allowed. Only its reader may send it back."
        );
        let stamp = LETTERS.description(&STAMP);
        assert!(stamp.starts_with("The letter must be `read`, and stays so."), "{stamp}");
        assert!(stamp.ends_with("are allowed."), "{stamp}");
    }
}

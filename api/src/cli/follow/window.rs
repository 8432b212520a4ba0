//! A part of the feed: which items changed, and what their lists show of them now.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::catalogue::Kind;
use super::fault::Fault;
use super::http::Http;
use super::target::{Position, Refreshed};

/// How many items or changes are asked for at once: as many as the service gives.
const PAGE: usize = 200;

/// How many pages of changes are one part. Items that change more than once in a part are read once.
const PAGES: usize = 10;

/// How many requests for items are on their way at once.
const AT_ONCE: usize = 4;

/// How many kinds the feed can be narrowed to.
const MOST_KINDS: usize = 50;

/// A part of the feed.
pub struct Window {
    /// The items that changed, by the places of their kinds.
    items: BTreeMap<usize, BTreeSet<String>>,
    /// How many changes it has.
    pub changes: u64,
    /// Where the next part begins.
    pub next: Position,
    /// Returns true if there is a next part already.
    pub more: bool,
}

/// Reads the part of the feed after a position.
///
/// # Errors
/// [`Fault::Restarted`] where the position is of another epoch.
pub async fn read(http: &Http, kinds: &[Kind], all: bool, from: Position) -> Result<Window, Fault> {
    let places: BTreeMap<&str, usize> = kinds.iter().map(|kind| kind.name.as_str()).zip(0..).collect();
    let narrow = if all || kinds.len() > MOST_KINDS {
        String::new()
    } else {
        kinds.iter().flat_map(|kind| ["&resource=", &kind.name]).collect()
    };
    let mut window = Window { items: BTreeMap::new(), changes: 0, next: from, more: true };
    for _ in 0..PAGES {
        let Position { epoch, after } = window.next;
        let part = http.get(&format!("/api/v1/changes?epoch={epoch}&after={after}&limit={PAGE}{narrow}")).await?;
        let incomplete = || Fault::Fatal("the service's feed is not as documented".to_owned());
        for change in part.get("items").and_then(Value::as_array).ok_or_else(incomplete)? {
            let field = |name: &str| change.get(name).and_then(Value::as_str);
            let (Some(kind), Some(id)) = (field("resource"), field("id")) else { return Err(incomplete()) };
            window.changes += 1;
            if let Some(place) = places.get(kind) {
                window.items.entry(*place).or_default().insert(id.to_owned());
            }
        }
        window.next.after = part.get("next").and_then(Value::as_i64).ok_or_else(incomplete)?;
        window.more = part.get("next_cursor").is_some_and(Value::is_string);
        if !window.more {
            break;
        }
    }
    Ok(window)
}

impl Window {
    /// What the lists show now of the items that changed.
    ///
    /// # Errors
    /// [`Fault::Forbidden`] where a list is no longer the client's to read.
    pub async fn refreshed(&self, http: &Http, kinds: &[Kind]) -> Result<Vec<Refreshed>, Fault> {
        let asked = self.items.iter().flat_map(|(kind, ids)| {
            let ids: Vec<&String> = ids.iter().collect();
            ids.chunks(PAGE).map(|ids| (*kind, ids.to_vec())).collect::<Vec<_>>()
        });
        let asked: Vec<_> = asked.map(|(kind, ids)| shown(http, kinds, kind, ids)).collect();
        stream::iter(asked).buffered(AT_ONCE).try_collect().await
    }
}

/// What the list of a kind shows of some items.
async fn shown(http: &Http, kinds: &[Kind], kind: usize, ids: Vec<&String>) -> Result<Refreshed, Fault> {
    let named: String = ids.iter().flat_map(|id| ["&id=", id]).collect();
    let items = items(&mut http.get(&format!("{}?limit={PAGE}{named}", kinds[kind].path)).await?)?;
    let there: BTreeSet<&str> = items.iter().filter_map(|item| item.get("id").and_then(Value::as_str)).collect();
    let gone = ids.into_iter().filter(|id| !there.contains(id.as_str())).cloned().collect();
    drop(there);
    Ok(Refreshed { kind, items, gone })
}

/// A page of a list, and where the next one begins.
///
/// # Errors
/// As [`Http::get`].
pub async fn page(http: &Http, kind: &Kind, cursor: &str) -> Result<(Vec<Value>, Option<String>), Fault> {
    let cursor = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
    let mut page = http.get(&format!("{}?limit={PAGE}{cursor}", kind.path)).await?;
    let next = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
    Ok((items(&mut page)?, next))
}

/// The items of a page.
fn items(page: &mut Value) -> Result<Vec<Value>, Fault> {
    match page.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(Fault::Fatal("the service's list is not as documented".to_owned())),
    }
}

//! What a copy is written to.

use serde_json::Value;
use uuid::Uuid;

use super::catalogue::Kind;
use super::fault::Fault;

/// A place in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The epoch within which the number holds.
    pub epoch: Uuid,
    /// The number of the last change that the copy has.
    pub after: i64,
}

/// What a copy was made from. Where one of these is another, the feed alone does not lead on, and everything is copied
/// again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The hub.
    pub hub: String,
    /// The version of the client, which changes with its scopes.
    pub rights: i64,
    /// The client, and the kinds of item with their columns.
    pub shape: String,
}

/// How far a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it was made from.
    pub basis: Basis,
    /// Where it is in the feed.
    pub at: Position,
}

/// Items of one kind, as they are now.
#[derive(Debug)]
pub struct Refreshed {
    /// Which kind, by its place among the kinds.
    pub kind: usize,
    /// What its list shows of the items asked for.
    pub items: Vec<Value>,
    /// The items that it does not show.
    pub gone: Vec<String>,
}

/// What a copy is written to. Each step is done as a whole or not at all, also where the program is killed.
pub trait Target {
    /// The copy that readers see; none before the first is whole.
    fn current(&self) -> Option<&Standing>;

    /// The copy that is being made, if one is.
    fn next(&self) -> Option<&Standing>;

    /// Takes away what the client may no longer see: the kinds that are not among these.
    async fn keep_only(&mut self, seen: &[Kind]) -> Result<(), Fault>;

    /// Begins a copy of these kinds; one that was being made is forgotten.
    async fn begin(&mut self, standing: Standing, kinds: &[Kind]) -> Result<(), Fault>;

    /// Where the list of a kind is to be read on: none at its end, an empty cursor at its beginning.
    fn cursor(&self, kind: &Kind) -> Option<String>;

    /// Adds a page of a list to the copy that is being made. Without a cursor it was the last one.
    async fn add(&mut self, kind: &Kind, items: &[Value], cursor: Option<&str>) -> Result<(), Fault>;

    /// Begins with the list of a kind again.
    async fn restart(&mut self, kind: &Kind) -> Result<(), Fault>;

    /// Takes in what changed up to a number.
    async fn refresh(&mut self, kinds: &[Kind], refreshed: &[Refreshed], after: i64) -> Result<(), Fault>;

    /// Puts the copy that was being made in the place of the one that readers see.
    async fn finish(&mut self, kinds: &[Kind]) -> Result<(), Fault>;
}

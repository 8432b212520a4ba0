//! What is done next: a copy of everything, or the next part of the feed.
//!
//! A copy begins with the position of the feed and then reads the lists. What changes meanwhile has a higher number, so
//! that the feed names it afterwards, and it is read from its list once more. Every item that does not change is read
//! once, since pages of a list lose and repeat nothing. A copy is shown once it has reached the changes that were there
//! when its last list ended.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::catalogue::{self, Kind};
use super::fault::Fault;
use super::http::{Document, Http};
use super::target::{Basis, Position, Standing, Target};
use super::window::{self, Window};

/// How long is followed before the client's rights are looked at again.
const ROUND: Duration = Duration::from_secs(10);

/// How long the API document is taken to be the same, unless something else says that it is not.
const DOCUMENT_HOLDS: Duration = Duration::from_mins(10);

/// How often a copy may be begun again before it was whole.
const RESTARTS: u32 = 20;

/// How often a list may be read from its beginning again because its cursor was refused.
const REFUSALS: u32 = 3;

/// What follows.
pub struct Follower<'h, T> {
    http: &'h Http,
    target: T,
    /// The kinds that were asked for; all where none is.
    asked: Vec<String>,
    /// How long to wait for more; none where it ends instead.
    pace: Option<Duration>,
    document: Option<(Document, Instant)>,
    /// An item had a field that the document did not have.
    outgrown: bool,
    kinds: Vec<Kind>,
}

impl<'h, T: Target> Follower<'h, T> {
    /// Follows into a target.
    pub fn new(http: &'h Http, target: T, asked: Vec<String>, pace: Option<Duration>) -> Self {
        Self { http, target, asked, pace, document: None, outgrown: false, kinds: Vec::new() }
    }

    /// Follows until the copy is up to date, or for ever.
    ///
    /// # Errors
    /// What it cannot go on from.
    pub async fn run(mut self) -> Result<(), Fault> {
        let mut restarts = 0;
        loop {
            match self.round().await {
                Ok(true) => match self.pace {
                    None => return Ok(()),
                    Some(pace) => {
                        restarts = 0;
                        tokio::time::sleep(pace).await;
                    }
                },
                Ok(false) => {}
                Err(Fault::Restarted { epoch, after }) if restarts < RESTARTS => {
                    restarts += 1;
                    eprintln!("smep: the service was restored to an earlier state; everything is copied again");
                    let basis = self.basis().await?;
                    self.begin(basis, Position { epoch, after }).await?;
                }
                // The client's scopes have changed, and the next round sees how.
                Err(Fault::Forbidden(_)) if restarts < RESTARTS => {
                    restarts += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Follows for a while. Returns true if the copy is up to date.
    async fn round(&mut self) -> Result<bool, Fault> {
        let basis = self.basis().await?;
        let goes_on = |standing: Option<&Standing>| standing.is_some_and(|standing| standing.basis == basis);
        let known = goes_on(self.target.next()) || goes_on(self.target.current());
        if !known || self.has_stale_next(&basis) {
            let at = self.end().await?;
            self.begin(basis, at).await?;
        }
        if self.target.next().is_some() {
            self.copy().await?;
        }
        self.follow().await
    }

    /// Returns true if a copy is being made that is of no use.
    fn has_stale_next(&self, basis: &Basis) -> bool {
        self.target.next().is_some_and(|next| next.basis != *basis)
    }

    /// What a copy is made from now. The kinds are those that the client sees now.
    async fn basis(&mut self) -> Result<Basis, Fault> {
        let me = self.http.get("/api/v1/me").await?;
        let rights = me.pointer("/client/version").and_then(Value::as_i64);
        let text = |place: &str| me.pointer(place).and_then(Value::as_str);
        let (Some(client), Some(rights), Some(hub)) = (text("/client/id"), rights, text("/hub/id")) else {
            return Err(Fault::Fatal("the service does not say who the client is: it is an older version".to_owned()));
        };
        let scopes = me.get("scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let scopes: Vec<&str> = scopes.collect();
        let all = self.catalogue().await?;
        let asked = |kind: &Kind| self.asked.is_empty() || self.asked.contains(&kind.name);
        let unknown = self.asked.iter().find(|name| all.iter().all(|kind| kind.name != **name));
        let seen: Vec<Kind> = all.iter().filter(|kind| scopes.contains(&kind.scope.as_str())).cloned().collect();
        let kinds: Vec<Kind> = seen.iter().filter(|kind| asked(kind)).cloned().collect();
        let basis = Basis { hub: hub.to_owned(), rights, shape: catalogue::shape(client, &kinds) };
        // Also where the follower then ends. A copy of another hub is somebody else's, and is left as it is.
        let copied = self.target.current().or(self.target.next());
        if copied.is_some_and(|it| it.basis.hub == basis.hub && it.basis != basis) {
            self.target.keep_only(&seen).await?;
        }
        if !scopes.contains(&"exchange:read") {
            return Err(Fault::Fatal("the client needs the scope exchange:read to follow changes".to_owned()));
        }
        if let Some(unknown) = unknown {
            return Err(Fault::Fatal(format!("there is no kind of item `{unknown}` in the change feed")));
        }
        if kinds.is_empty() {
            return Err(Fault::Fatal(
                "the client sees none of the lists: give it a scope such as schools:read".to_owned(),
            ));
        }
        self.kinds = kinds;
        Ok(basis)
    }

    /// The kinds of the document, which is looked at again where it may be another.
    async fn catalogue(&mut self) -> Result<Vec<Kind>, Fault> {
        let doubt = self.http.was_away() || std::mem::take(&mut self.outgrown);
        let holds = |at: &Instant| !doubt && at.elapsed() < DOCUMENT_HOLDS;
        if self.document.as_ref().is_none_or(|(_, at)| !holds(at)) {
            let known = self.document.take().map(|(document, _)| document);
            let newer = self.http.document("/api-docs/openapi.json", known.as_ref()).await?;
            self.document = newer.or(known).map(|document| (document, Instant::now()));
        }
        self.document.as_ref().map_or_else(|| Ok(Vec::new()), |(document, _)| catalogue::read(&document.value))
    }

    /// Where the feed ends.
    async fn end(&self) -> Result<Position, Fault> {
        let end = self.http.get("/api/v1/changes/position").await?;
        let epoch = end.get("epoch").and_then(Value::as_str).and_then(|epoch| Uuid::parse_str(epoch).ok());
        match (epoch, end.get("after").and_then(Value::as_i64)) {
            (Some(epoch), Some(after)) => Ok(Position { epoch, after }),
            _ => Err(Fault::Fatal("the service does not say where the feed ends".to_owned())),
        }
    }

    async fn begin(&mut self, basis: Basis, at: Position) -> Result<(), Fault> {
        eprintln!("smep: copying {} kinds of item, from change {}", self.kinds.len(), at.after);
        self.target.begin(Standing { basis, at }, &self.kinds).await
    }

    /// Reads what is left of the lists, each page while the one before is written.
    async fn copy(&mut self) -> Result<(), Fault> {
        let (began, mut items) = (Instant::now(), 0);
        for kind in &self.kinds {
            let Some(cursor) = self.target.cursor(kind) else { continue };
            let (mut page, mut refusals) = (window::page(self.http, kind, &cursor).await, 0);
            loop {
                let (rows, next) = match page {
                    // The service has other secrets, and a cursor of before fits no more.
                    Err(Fault::Refused(400, _)) if refusals < REFUSALS => {
                        refusals += 1;
                        self.target.restart(kind).await?;
                        page = window::page(self.http, kind, "").await;
                        continue;
                    }
                    page => page?,
                };
                items += rows.len();
                self.outgrown |= rows.first().is_some_and(|item| kind.is_outgrown_by(item));
                let Some(cursor) = next else {
                    self.target.add(kind, &rows, None).await?;
                    break;
                };
                let (following, added) =
                    tokio::join!(window::page(self.http, kind, &cursor), self.target.add(kind, &rows, Some(&cursor)));
                added?;
                page = following;
            }
        }
        if items > 0 {
            eprintln!("smep: {items} items copied, {} a second", rate(items as u64, began));
        }
        Ok(())
    }

    /// Takes in what changed, each part while the next one is read. Returns true if nothing more is there.
    async fn follow(&mut self) -> Result<bool, Fault> {
        let (began, mut changes) = (Instant::now(), 0);
        let goal = if self.target.next().is_some() { Some(self.end().await?.after) } else { None };
        let Some(standing) = self.target.next().or(self.target.current()) else { return Ok(false) };
        let mut at = standing.at;
        let mut window = self.window(at).await?;
        let up_to_date = loop {
            changes += window.changes;
            let ends = !window.more || (goal.is_none() && began.elapsed() >= ROUND);
            let following = async { if ends { None } else { Some(self.window(window.next).await) } };
            let (refreshed, following) = tokio::join!(window.refreshed(self.http, &self.kinds), following);
            let refreshed = refreshed?;
            self.outgrown |= refreshed
                .iter()
                .any(|part| part.items.first().is_some_and(|item| self.kinds[part.kind].is_outgrown_by(item)));
            if window.next != at {
                self.target.refresh(&self.kinds, &refreshed, window.next.after).await?;
                at = window.next;
            }
            if goal.is_some_and(|goal| at.after >= goal || !window.more) && self.target.next().is_some() {
                self.target.finish(&self.kinds).await?;
                eprintln!("smep: the copy is up to date with change {}", at.after);
                break !window.more;
            }
            match following {
                Some(next) => window = next?,
                None => break !window.more,
            }
        };
        if changes >= 1000 {
            eprintln!("smep: {changes} changes taken in, {} a second", rate(changes, began));
        }
        Ok(up_to_date && !self.outgrown)
    }

    fn window(&self, from: Position) -> impl Future<Output = Result<Window, Fault>> {
        window::read(self.http, &self.kinds, self.asked.is_empty(), from)
    }
}

/// So many in a second.
fn rate(count: u64, began: Instant) -> u64 {
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / millis
}

//! `smep follow`: the copy is what the lists show, in spite of all that happens to the follower, the service and the
//! client.
//!
//! Source and copy are of the same kind: SQLite files, or databases on the server of `TEST_DATABASE_URL`.

mod changed;
mod copies;
mod killed;
mod lines;
mod mirror;
mod outages;

use std::process::{Child, Output, Stdio};
use std::sync::OnceLock;

use api::kernel::caller::permission::ScopeSet;
use serde_json::{Value, json};

pub use self::mirror::Mirror;
use crate::support::process::{said, smep};
use crate::support::{App, Caller};

/// A partner system with its secret.
pub struct Client {
    pub id: String,
    secret: String,
}

/// All scopes by which something is read.
pub fn all_reading() -> String {
    let all = ScopeSet::ALL.to_string();
    let reading = all.split(' ').filter(|scope| scope.ends_with(":read") && !scope.starts_with("hubs:"));
    reading.collect::<Vec<_>>().join(" ")
}

impl Client {
    /// A client with these scopes.
    pub async fn of(app: &App, scopes: &str) -> Self {
        let form =
            json!({ "name": format!("Warehouse {}", app.next()), "scopes": scopes.split(' ').collect::<Vec<_>>() });
        let made = app.as_anything().await.post("/clients", &form).await.expect(201).json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { id: text("id"), secret: text("client_secret") }
    }

    /// Starts to follow.
    pub fn follow(&self, base: &str, flags: &[&str]) -> Follower {
        let mut command = smep(&["follow", "--from", base]);
        command.args(flags).env("SMEP_CLIENT_ID", &self.id).env("SMEP_CLIENT_SECRET", &self.secret);
        Follower(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Follows until the copy is up to date.
    pub async fn follow_once(&self, base: &str, flags: &[&str]) -> Output {
        let flags = [&["--once"][..], flags].concat();
        let follower = self.follow(base, &flags);
        tokio::task::spawn_blocking(move || follower.ended()).await.unwrap()
    }

    /// As [`Client::follow_once`], into a copy.
    pub async fn copies(&self, base: &str, copy: &Mirror) -> String {
        let output = self.follow_once(base, &["--to", copy.url()]).await;
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }
}

/// Gives a client other scopes.
pub async fn give_scopes(app: &App, client: &Client, scopes: &[&str]) {
    let by = app.as_anything().await;
    let path = format!("/clients/{}", client.id);
    let etag = by.get(&path).await.expect(200).etag();
    by.patch(&path, &json!({ "scopes": scopes }), &etag).await.expect(200);
}

/// A running `smep follow`, which is killed when it is dropped.
pub struct Follower(Option<Child>);

impl Follower {
    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(mut self) -> Output {
        let mut child = self.0.take().unwrap();
        child.kill().unwrap();
        child.wait_with_output().unwrap()
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The kinds of item in the feed with the addresses of their lists.
pub fn kinds() -> &'static [(String, String)] {
    static KINDS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let document = api::app::document();
        let named = document.json().pointer("/components/schemas/ChangedResource/x-collections").unwrap();
        let named = named.as_object().unwrap().iter();
        named.map(|(kind, path)| (kind.clone(), path.as_str().unwrap().to_owned())).collect()
    })
}

/// Checks that the copy has what the lists show to somebody, and nothing else; of every kind that the caller sees.
pub async fn equals(copy: &Mirror, caller: &Caller) -> usize {
    let mut compared = 0;
    for (kind, path) in kinds() {
        if caller.get(&format!("{path}?limit=1")).await.status == 200 {
            let shown = caller.all(path).await;
            compared += shown.len();
            copy.holds(kind, &shown).await;
        }
    }
    compared
}

/// The ids of some items.
pub fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

//! What every resource shares. The kernel names no part.
#![warn(missing_docs)]

pub mod accept;
pub mod auth;
pub mod batch;
pub mod by_key;
pub mod change;
pub mod children;
pub mod clock;
pub mod condition;
pub mod connection;
pub mod counts;
pub mod crud;
pub mod csv;
pub mod cursor;
pub mod db;
pub mod docs;
pub mod effect;
mod epoch;
pub mod expand;
pub mod export;
pub mod fallback;
pub mod feed;
pub mod field;
pub mod filter;
pub mod fold;
pub mod health;
pub mod idempotency;
pub mod input;
pub mod jobs;
pub mod key;
pub mod limits;
pub mod list;
pub mod listeners;
pub mod malformed;
pub mod metrics;
pub mod openapi;
pub mod pace;
pub mod packed;
pub mod pages;
pub mod permission;
pub mod prelude;
pub mod problem;
pub mod query;
pub mod refs;
pub mod reply;
pub mod resource;
pub mod routes;
pub mod selection;
pub mod settings;
pub mod show;
pub mod signature;
pub mod spool;
pub mod state;
pub mod tenancy;
pub mod transition;
pub mod uses;
pub mod wire;
pub mod write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes as text that needs no escaping in an address (RFC 4648, 5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes from such text.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

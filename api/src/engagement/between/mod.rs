//! What hubs share with one another, once both want it.
//!
//! A link has a row in each of the two hubs, and `link` writes both in one transaction. A share is a row of the hub
//! that shares; the other hub comes to it by `received` alone, through the one door that the fence has between hubs
//! (`across`, in the entity `received_share`). What has to be done in the other hub is done in `door`, and nowhere
//! else.

mod door;
pub mod link;
pub mod received;
pub mod share;

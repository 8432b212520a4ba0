//! Hubs, who signs in to them, and with which rights.

pub mod client;
pub mod grant;
pub mod hub;
pub mod refresh_token;
pub mod role_code;
pub mod session;
pub mod sign_in_address;
pub mod sign_in_failure;
pub mod user;

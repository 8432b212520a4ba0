//! The third floor: the OpenAPI document, and what is checked against it: bodies, query strings, `Accept`.

pub mod accept;
pub mod openapi;

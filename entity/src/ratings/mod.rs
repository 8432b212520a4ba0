//! Ratings of schools by their need of support, and the schemes by which they are computed.

pub mod parts;
pub mod rag_rating;
pub mod rag_recomputation;
pub mod rag_scheme;

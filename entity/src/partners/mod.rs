//! Partners of the hub, and the words it uses.

pub mod glossary_term;
pub mod partner;

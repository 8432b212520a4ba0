//! The tables of smep: columns and enums, one file for each table. No HTTP, no rules.
//!
//! Every table of a hub's has the common columns of [`row::Meta`] and says in
//! [`owned::Owned`] how it is reached. The database itself is made by `migration`.

pub use sea_orm;

pub mod cell;
pub mod choice;
pub mod concealed;
pub mod date;
pub mod external;
pub mod instant;
pub mod list;
pub mod missing;
pub mod owned;
pub mod row;

pub mod kernel;

pub mod identity;
pub mod people;
pub mod reports;
pub mod schools;

pub mod partners;
pub mod training;

pub mod plans;

pub mod frameworks;
pub mod visits;

pub mod engagement;
pub mod packages;

pub mod outcomes;
pub mod ratings;

pub mod exchange;

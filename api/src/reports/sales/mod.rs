//! What schools buy: income, purchases, and how much of each package's capacity is taken.
//!
//! `sold` says which orders count on a day.

pub mod capacity_used;
pub mod income;
pub mod purchases;
pub mod sold;

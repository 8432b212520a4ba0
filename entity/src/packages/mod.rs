//! Packages of support that schools buy: pilots, quotes and orders, deliveries, and what goes to finance.

pub mod delivery;
pub mod hand_over;
pub mod hand_over_file;
pub mod order_line;
pub mod package;
pub mod package_audience;
pub mod package_order;
pub mod package_resource;
pub mod pilot;

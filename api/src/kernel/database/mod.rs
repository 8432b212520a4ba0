//! The second floor: the database, its pools, transactions, migrations and backups.

pub mod db;

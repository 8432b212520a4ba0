pub mod instant;

pub use sea_orm;

//! The register of schools, their groups and their people.

pub mod area;
pub mod assignment;
pub mod contact;
pub mod directory_entry;
pub mod school;
pub mod school_group;
pub mod school_group_member;
pub mod school_link;

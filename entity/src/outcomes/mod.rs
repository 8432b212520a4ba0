//! What schools do and reach in music, year by year.

pub mod school_plan_record;

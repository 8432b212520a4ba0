//! What schools do and reach in music, year by year.

mod exams;
mod school_plan_records;

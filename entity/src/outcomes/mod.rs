//! What schools do and reach in music, year by year.

pub mod collection;
pub mod exam_parts;
pub mod exam_result;
pub mod exam_statistic;
pub mod measure_definition;
pub mod measure_value;
pub mod school_plan_record;
pub mod school_return;

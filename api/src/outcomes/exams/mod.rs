//! Results of exams: figures of schools, and of the areas that they are compared with.
//!
//! A figure is one number: how many entries or pupils got a grade, or all grades together, in a subject of a
//! qualification and a year. A total and its grades are a *series*. `rules` says which grades there are and when the
//! figures of a series contradict one another, `figure` shows it the rows of both tables alike.

pub mod exam_result;
pub mod exam_statistic;
mod figure;
mod filter;
pub mod grades;
pub mod rules;
mod small;
pub mod store;

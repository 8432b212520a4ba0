//! Results in music over six years, with two years in between that have none, and the areas that schools are compared
//! with.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::hub::{Made, decode};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::traits::{Form, Resource, RowOf};
use crate::kernel::resource::write::Write;
use crate::outcomes::exams::exam_result::ExamResult;
use crate::outcomes::exams::exam_statistic::ExamStatistic;
use crate::outcomes::exams::store;

/// The results of a school, or of an area, in a year: the total and the grades, each a number or the reason why it is
/// missing.
#[derive(Clone, Deserialize)]
pub struct ExamStory {
    urn: Option<i32>,
    area_level: Option<String>,
    area_code: Option<String>,
    area_name: Option<String>,
    academic_year: String,
    qualification: String,
    title: Option<String>,
    total: Value,
    grades: Map<String, Value>,
}

/// Makes the figures. With `examples` the first of each kind has the id that examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(
    write: &mut Write,
    results: &[ExamStory],
    statistics: &[ExamStory],
    made: &Made,
    examples: bool,
) -> Result<()> {
    let whose = |story: &ExamStory| json!({ "school_id": story.urn.and_then(|urn| made.schools.get(&urn)) });
    let keys = figures::<ExamResult>(write, results, whose, examples).await?;
    let keys = keys.iter().map(|row| {
        let mut row = row.clone();
        ExamResult::complete(&mut row);
        store::series_of(&row)
    });
    store::settle(write, keys.collect()).await?;
    let whose = |story: &ExamStory| {
        let ExamStory { area_level, area_code, area_name, .. } = story;
        json!({ "area_level": area_level, "area_code": area_code, "area_name": area_name })
    };
    figures::<ExamStatistic>(write, statistics, whose, examples).await.map(drop)
}

async fn figures<R: Resource>(
    write: &mut Write,
    stories: &[ExamStory],
    whose: impl Fn(&ExamStory) -> Value,
    examples: bool,
) -> Result<Vec<RowOf<R>>> {
    let mut rows = Vec::new();
    for story in stories {
        let grades = story.grades.iter().map(|(grade, stated)| (Some(grade), stated));
        for (grade, stated) in grades.chain([(None, &story.total)]) {
            let mut form = whose(story);
            form["academic_year"] = json!(story.academic_year);
            form["qualification"] = json!(story.qualification);
            form["subject"] = json!("music");
            form["title"] = json!(story.title);
            form["basis"] = json!("entries");
            form["kind"] = json!(if grade.is_some() { "grade" } else { "total" });
            form["grade"] = json!(grade);
            form["source"] = json!("imported");
            form[if stated.is_number() { "pupils" } else { "missing_reason" }] = stated.clone();
            write.give_example_ids(examples && rows.is_empty());
            let form: R::Form = decode(write, form)?;
            rows.push(form.into_row(write.meta_of::<R::Entity>()));
        }
    }
    write.give_example_ids(false);
    write.create_many::<R>(rows.clone()).await?;
    Ok(rows)
}

//! A whole framework made from its form.

use entity::frameworks::framework;

use super::Rows;
use super::form::{CriterionOutline, NewFrameworkTree, SectionOutline};
use crate::frameworks::criterion::NewFrameworkCriterion;
use crate::frameworks::framework::{FRAMEWORKS, Framework};
use crate::frameworks::rules;
use crate::frameworks::section::NewFrameworkSection;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::Write;

/// Creates a framework with its sections and criteria.
///
/// # Errors
/// 422 with every fault of the tree; 403 for a caller who does not write the hub's frameworks.
pub async fn framework(caller: &Caller, form: NewFrameworkTree) -> Result<Reply> {
    caller.expect_writes_hub(FRAMEWORKS)?;
    Write::run(caller, async |write| {
        let framework = plant(write, form.clone()).await?;
        crud::answer::<Framework>(caller, &framework, true)
    })
    .await
}

/// Makes the rows of a framework with its sections and criteria.
///
/// # Errors
/// 422 with every fault of the tree.
pub async fn plant(write: &mut Write, form: NewFrameworkTree) -> Result<framework::Model> {
    let mut faults = Framework::faults(&form.framework);
    let mut framework = form.framework.into_row(write.meta_of::<framework::Entity>());
    Framework::complete(&mut framework);
    let mut rows = Rows::of(framework);
    for (position, section) in (1..).zip(form.sections) {
        plant_section(write, &mut rows, &mut faults, position, section);
    }
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let framework = rows.framework.clone();
    rows.insert(write).await?;
    Ok(framework)
}

fn plant_section(write: &Write, rows: &mut Rows, faults: &mut Vec<Fault>, position: i32, section: SectionOutline) {
    let place = format!("/sections/{}", position - 1);
    let SectionOutline { title, guidance, criteria } = section;
    let form = NewFrameworkSection { framework_id: rows.framework.id, title, guidance };
    let mut row = form.into_row(write.meta());
    row.position = position;
    for (position, criterion) in (1..).zip(criteria) {
        let CriterionOutline { statement, guidance, evidence, levels, weight } = criterion;
        faults.extend(rules::levels(&format!("{place}/criteria/{}", position - 1), &levels));
        let form = NewFrameworkCriterion { section_id: row.id, statement, guidance, evidence, levels, weight };
        let mut criterion = form.into_row(write.meta());
        (criterion.framework_id, criterion.position) = (rows.framework.id, position);
        rows.criteria.push(criterion);
    }
    rows.sections.push(row);
}

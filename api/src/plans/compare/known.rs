//! By what the nodes of a plan are known in another one.

use entity::plans::{budget_line, milestone, objective, plan_year, resource_line, strand, target};
use uuid::Uuid;

use super::matching::Matched;
use super::side::budget_words;
use crate::kernel::base::fold::search_key;

/// How a node is looked for in the other plan.
macro_rules! matched {
    ($($model:ty, $of:expr, $objective:expr;)+) => {$(
        impl Matched for $model {
            fn id(&self) -> Uuid {
                self.id
            }

            fn lineage(&self) -> Uuid {
                self.lineage()
            }

            fn words(&self) -> String {
                let words: fn(&$model) -> String = $of;
                search_key(&words(self))
            }

            fn objective(&self) -> Option<Uuid> {
                let objective: fn(&$model) -> Option<Uuid> = $objective;
                objective(self)
            }
        }
    )+};
}

matched! {
    objective::Model, |row| row.title.clone(), |_| None;
    strand::Model, |row| row.text.clone(), |row| Some(row.objective_id);
    target::Model, |row| row.statement.clone(), |row| Some(row.objective_id);
    milestone::Model, |row| row.statement.clone(), |row| Some(row.objective_id);
    resource_line::Model, |row| row.text.clone(), |row| Some(row.objective_id);
    budget_line::Model, |row| budget_words(row).unwrap_or_default(), |row| Some(row.objective_id);
}

/// Years of plans are known by their labels.
impl Matched for plan_year::Model {
    fn id(&self) -> Uuid {
        self.id
    }

    fn lineage(&self) -> Uuid {
        self.id
    }

    fn words(&self) -> String {
        self.label.clone()
    }

    fn objective(&self) -> Option<Uuid> {
        None
    }
}

//! A framework with its sections and criteria, as `expand=tree` shows it. The modules below create and copy whole
//! frameworks.

pub mod copy;
pub mod create;
pub mod form;

use entity::frameworks::{criterion, framework, section};
use entity::row::Row;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::form::{CriterionOutline, NewFrameworkTree, SectionOutline};
use super::criterion::FrameworkCriterion;
use super::framework::{Framework, NewFramework};
use super::section::FrameworkSection;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// A framework, with its sections and criteria where `expand=tree` asked for them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FrameworkTree {
    /// The framework itself.
    #[serde(flatten)]
    pub framework: Framework,
    /// Its sections in order; with `expand=tree` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<SectionNode>, max_items = 30, required = false)]
    pub sections: Option<Vec<SectionNode>>,
}

/// A section in the tree of its framework.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SectionNode {
    /// The section itself.
    #[serde(flatten)]
    pub section: FrameworkSection,
    /// Its criteria in order.
    #[schema(max_items = 30)]
    pub criteria: Vec<FrameworkCriterion>,
}

/// A framework by itself.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn framework(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<framework::Model> {
    let row = caller.rows::<framework::Entity>().filter(framework::Column::Id.eq(id));
    row.one(db).await?.ok_or_else(Problem::not_found)
}

/// The rows of a framework: its sections in order, and the criteria of each in order.
pub struct Rows {
    /// The framework.
    pub framework: framework::Model,
    /// Its sections.
    pub sections: Vec<section::Model>,
    /// The criteria of all sections.
    pub criteria: Vec<criterion::Model>,
}

impl Rows {
    /// A framework without sections.
    #[must_use]
    pub const fn of(framework: framework::Model) -> Self {
        Self { framework, sections: Vec::new(), criteria: Vec::new() }
    }

    /// Loads a framework as the caller sees it, in three statements.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn load(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<Self> {
        let framework = framework(caller, db, id).await?;
        let sections = caller.rows::<section::Entity>().filter(section::Column::FrameworkId.eq(id));
        let sections = sections.order_by_asc(section::Column::Position).all(db).await?;
        let criteria = caller.rows::<criterion::Entity>().filter(criterion::Column::FrameworkId.eq(id));
        let criteria = criteria.order_by_asc(criterion::Column::Position).all(db).await?;
        Ok(Self { framework, sections, criteria })
    }

    /// Loads the sections and criteria of many frameworks as the caller sees them, in three statements.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn load_all(caller: &Caller, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Self>> {
        let among = || ids.iter().copied();
        let frameworks = caller.rows::<framework::Entity>().filter(framework::Column::Id.is_in(among()));
        let frameworks = frameworks.all(db).await?;
        let sections = caller.rows::<section::Entity>().filter(section::Column::FrameworkId.is_in(among()));
        let sections = sections.order_by_asc(section::Column::Position).all(db).await?;
        let criteria = caller.rows::<criterion::Entity>().filter(criterion::Column::FrameworkId.is_in(among()));
        let criteria = criteria.order_by_asc(criterion::Column::Position).all(db).await?;
        let of = |framework: framework::Model| {
            let sections = sections.iter().filter(|section| section.framework_id == framework.id).cloned();
            let criteria = criteria.iter().filter(|criterion| criterion.framework_id == framework.id).cloned();
            Self { sections: sections.collect(), criteria: criteria.collect(), framework }
        };
        Ok(frameworks.into_iter().map(of).collect())
    }

    /// Inserts the rows, each with its entry in the log.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn insert(self, write: &mut Write) -> Result<()> {
        write.create_many::<Framework>(vec![self.framework]).await?;
        write.create_many::<FrameworkSection>(self.sections).await?;
        write.create_many::<FrameworkCriterion>(self.criteria).await
    }

    fn criteria_of(&self, section: &section::Model) -> impl Iterator<Item = &criterion::Model> {
        let id = section.id();
        self.criteria.iter().filter(move |criterion| criterion.section_id == id)
    }

    /// The sections with their criteria, as callers see them.
    #[must_use]
    pub fn nodes(&self) -> Vec<SectionNode> {
        let node = |section: &section::Model| SectionNode {
            section: section.into(),
            criteria: self.criteria_of(section).map(FrameworkCriterion::from).collect(),
        };
        self.sections.iter().map(node).collect()
    }

    /// The tree as a form that creates it.
    #[must_use]
    pub fn form(&self) -> NewFrameworkTree {
        let criterion = |row: &criterion::Model| CriterionOutline {
            statement: row.statement.clone(),
            guidance: row.guidance.clone(),
            evidence: row.evidence.clone(),
            levels: row.levels.clone(),
            weight: row.weight,
        };
        let sections = self.sections.iter().map(|section| SectionOutline {
            title: section.title.clone(),
            guidance: section.guidance.clone(),
            criteria: self.criteria_of(section).map(criterion).collect(),
        });
        NewFrameworkTree { framework: NewFramework::from(&self.framework), sections: sections.collect() }
    }
}

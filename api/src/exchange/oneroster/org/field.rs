//! The fields by which organisations are found and ordered, and what a filter means in the statement over them.

use sea_orm::sea_query::Expr;
use sea_orm::{Condition, ExprTrait};
use uuid::Uuid;

use super::super::filter::{self, Comparison, Filter, Predicate};
use super::super::paging::Named;
use super::super::session::moment;
use super::statement::column;
use super::{RosterOrgType, RosterStatus};
use crate::kernel::base::filter::anywhere;
use crate::kernel::base::fold::search_key;
use crate::kernel::base::problem::Result;

/// The fields by which organisations are found and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgField {
    SourcedId,
    Status,
    DateLastModified,
    Name,
    Type,
    Identifier,
    Parent,
}

impl Named for OrgField {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("sourcedId", Self::SourcedId),
        ("status", Self::Status),
        ("dateLastModified", Self::DateLastModified),
        ("name", Self::Name),
        ("type", Self::Type),
        ("identifier", Self::Identifier),
        ("parent.sourcedId", Self::Parent),
    ];
}

impl OrgField {
    /// The column of the order.
    pub const fn column(self) -> &'static str {
        match self {
            Self::SourcedId => "id",
            Self::Status => "active",
            Self::DateLastModified => "updated_at",
            Self::Name => "name_key",
            Self::Type => "rank",
            Self::Identifier => "identifier",
            Self::Parent => "parent_id",
        }
    }
}

/// The rows for which a filter holds.
pub fn condition(filter: &Filter<OrgField>) -> Result<Condition> {
    let mut any = Condition::any();
    for comparisons in &filter.0 {
        let mut all = Condition::all();
        for comparison in comparisons {
            all = all.add(holds(comparison)?);
        }
        any = any.add(all);
    }
    Ok(any)
}

/// The rows for which a comparison holds.
fn holds(comparison: &Comparison<OrgField>) -> Result<Condition> {
    let Comparison { field, predicate, value } = comparison;
    let all = Condition::all();
    let holds = match field {
        OrgField::SourcedId | OrgField::Parent => id_holds(*field, *predicate, value)?,
        OrgField::DateLastModified => {
            let moment = moment(value).map_err(filter::refused)?;
            if *predicate == Predicate::Contains {
                return Err(filter::refused("dateLastModified contains nothing"));
            }
            compared(column("updated_at"), *predicate, moment)
        }
        OrgField::Name => text_holds("name_key", *predicate, search_key(value)),
        OrgField::Identifier => text_holds("identifier", *predicate, value.clone()),
        OrgField::Status => {
            let fits = |status: RosterStatus| word_holds(*predicate, status.as_str(), value);
            match (fits(RosterStatus::Active), fits(RosterStatus::ToBeDeleted)) {
                (true, true) => return Ok(all),
                (false, false) => Expr::cust("1 = 0"),
                (active, _) => column("active").eq(active),
            }
        }
        OrgField::Type => {
            let fitting = RosterOrgType::ALL.iter().zip(0_i32..);
            let fitting =
                fitting.filter(|(kind, _)| word_holds(*predicate, kind.as_str(), value)).map(|(_, rank)| rank);
            column("rank").is_in(fitting)
        }
    };
    Ok(all.add(holds))
}

fn word_holds(predicate: Predicate, word: &str, value: &str) -> bool {
    if predicate == Predicate::Contains { word.contains(value) } else { predicate.holds(word, value) }
}

fn id_holds(field: OrgField, predicate: Predicate, value: &str) -> Result<Expr> {
    let id = Uuid::try_parse(value).ok();
    let column = column(field.column());
    match (predicate, id) {
        (Predicate::Equal, Some(id)) => Ok(column.eq(id)),
        (Predicate::Equal, None) => Ok(Expr::cust("1 = 0")),
        (Predicate::NotEqual, Some(id)) => Ok(column.clone().ne(id).or(column.is_null())),
        (Predicate::NotEqual, None) => Ok(Expr::cust("1 = 1")),
        _ => Err(filter::refused("an id is compared by = and != only")),
    }
}

fn text_holds(name: &'static str, predicate: Predicate, value: String) -> Expr {
    match predicate {
        Predicate::Contains => column(name).like(anywhere(&value)),
        _ => compared(column(name), predicate, value),
    }
}

fn compared(column: Expr, predicate: Predicate, value: impl Into<sea_orm::Value>) -> Expr {
    let value = value.into();
    match predicate {
        Predicate::NotEqual => column.clone().ne(value).or(column.is_null()),
        Predicate::Greater => column.gt(value),
        Predicate::GreaterOrEqual => column.gte(value),
        Predicate::Less => column.lt(value),
        Predicate::LessOrEqual => column.lte(value),
        Predicate::Equal | Predicate::Contains => column.eq(value),
    }
}

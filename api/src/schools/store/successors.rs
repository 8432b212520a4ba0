//! To which school of the hub a URN leads: to the school that has it, or to the one that came from it. Imports and
//! reports count figures of a closed school there.

use std::collections::{BTreeSet, HashMap};

use entity::instant::Instant;
use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_link::{self, SchoolRelation};
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, Func, JoinType, Order, OverStatement, Query, SelectStatement, UnionType, WindowStatement,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, ExprTrait, QueryFilter, QuerySelect};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::report::ReportReading;

/// How many steps a chain of successors has at most.
const STEPS: usize = 10;

/// The schools of a hub by their URNs, with the links between them.
pub struct Successors {
    schools: HashMap<i32, Known>,
    /// Where each URN leads to by the links.
    next: HashMap<i32, BTreeSet<i32>>,
}

#[derive(Clone, Copy)]
struct Known {
    id: Uuid,
    closed: bool,
    archived: bool,
}

/// Where a URN leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Led {
    /// To a school that has it.
    Here(Uuid),
    /// To the school that came from it, with its own URN.
    On(Uuid, i32),
    /// To several schools, none of which is meant more than another.
    Several(Vec<i32>),
    /// To a school that the hub has archived.
    Archived,
    /// To none.
    Nowhere,
}

/// A link: the school that has it, the URN of the other one, and what the other one is to the school.
type Link = (Uuid, i32, SchoolRelation);

/// The links of the hub that say which school came from which.
async fn links(caller: &Caller, db: &impl ConnectionTrait) -> Result<Vec<Link>> {
    use school_link::Column;

    let links = caller.rows::<school_link::Entity>();
    let links = links.filter(Column::Relation.is_in([SchoolRelation::Predecessor, SchoolRelation::Successor]));
    let links = links.select_only().columns([Column::SchoolId, Column::LinkUrn, Column::Relation]);
    Ok(links.into_tuple().all(db).await?)
}

impl Successors {
    /// Loads the schools and the links of the hub. A school that has closed since the day is open.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn of(caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Self> {
        let links = links(caller, db).await?;
        Self::by(&links, caller, db, on).await
    }

    async fn by(links: &[Link], caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Self> {
        use school::Column;

        let rows = caller.rows_archived::<school::Entity>().filter(Column::Urn.is_not_null()).select_only();
        let rows = rows.columns([Column::Urn, Column::Id, Column::Status, Column::ClosedOn, Column::ArchivedAt]);
        let rows = rows.into_tuple::<(i32, Uuid, SchoolStatus, Option<Date>, Option<Instant>)>().all(db).await?;
        let schools = rows.into_iter().map(|(urn, id, status, closed_on, archived_at)| {
            let closed = status == SchoolStatus::Closed && closed_on.is_none_or(|day| day <= on);
            (urn, Known { id, closed, archived: archived_at.is_some() })
        });
        let schools: HashMap<_, _> = schools.collect();
        let urns: HashMap<Uuid, i32> = schools.iter().map(|(urn, known)| (known.id, *urn)).collect();
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (school_id, link_urn, relation) in links {
            let (Some(urn), link_urn) = (urns.get(school_id).copied(), *link_urn) else { continue };
            let (from, to) = if *relation == SchoolRelation::Successor { (urn, link_urn) } else { (link_urn, urn) };
            next.entry(from).or_default().insert(to);
        }
        Ok(Self { schools, next })
    }

    /// Where a URN leads.
    pub fn lead(&self, urn: i32) -> Led {
        let here = self.schools.get(&urn).copied();
        if let Some(known) = here.filter(|known| known.archived || !known.closed) {
            return if known.archived { Led::Archived } else { Led::Here(known.id) };
        }
        let mut at = BTreeSet::from([urn]);
        for _ in 0..STEPS {
            let reached: BTreeSet<i32> = at.iter().filter_map(|urn| self.next.get(urn)).flatten().copied().collect();
            let open = |urn: &i32| self.schools.get(urn).filter(|known| !known.closed && !known.archived);
            let ends: Vec<_> = reached.iter().filter_map(|urn| Some((*urn, open(urn)?.id))).collect();
            match ends.as_slice() {
                [] if reached.is_empty() => break,
                [] => at = reached,
                [(urn, id)] if reached.len() == 1 => return Led::On(*id, *urn),
                // A school that was split has results that are of none of its parts.
                _ => {
                    return match here {
                        Some(known) => Led::Here(known.id),
                        None => Led::Several(reached.into_iter().collect()),
                    };
                }
            }
        }
        here.map_or(Led::Nowhere, |known| Led::Here(known.id))
    }

    /// The closed schools that lead to another one, each with that school.
    fn former(&self) -> Vec<[Uuid; 2]> {
        let closed = self.schools.iter().filter(|(_, known)| known.closed && !known.archived);
        let led = closed.filter_map(|(urn, known)| match self.lead(*urn) {
            Led::On(id, _) => Some([known.id, id]),
            _ => None,
        });
        led.collect()
    }
}

/// The closed schools that led to other ones by a day, each with the one that it led to.
///
/// # Errors
/// When the database is away.
pub async fn former(caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Vec<[Uuid; 2]>> {
    let links = links(caller, db).await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Successors::by(&links, caller, db, on).await?.former())
}

/// Schools with the closed schools whose figures count under them.
pub struct WithFormer {
    /// The statement over the schools, with a row for each school whose figures count: its id as `source_id`. Where
    /// `former` is true it also has `former_urn`, the URN of a closed school and null of the school itself, and
    /// `opened_on` and `closed_on`, between which figures are of the source.
    pub rows: SelectStatement,
    /// True if there is any closed school among them.
    pub former: bool,
}

/// The name under which [`WithFormer::figures`] joins the schools.
pub const COUNTED: &str = "counted";

impl WithFormer {
    /// Schools whose own figures count alone.
    #[must_use]
    pub fn none(mut schools: SelectStatement) -> Self {
        schools.expr_as(Expr::col((school::Entity, school::Column::Id)), Alias::new("source_id"));
        Self { rows: schools, former: false }
    }

    /// Joins figures with the schools under which they count, as [`COUNTED`]. `source` is the school of a figure. Of
    /// figures of one school that are the same by `keys`, its own counts, else that of the school that closed last. The
    /// keys are given the URN of the closed school.
    #[must_use]
    pub fn figures(
        self,
        mut figures: SelectStatement,
        source: Expr,
        keys: impl FnOnce(Expr) -> Vec<Expr>,
    ) -> SelectStatement {
        let counts = |name: &'static str| Expr::col((Alias::new(COUNTED), Alias::new(name)));
        let same = counts("source_id").eq(source);
        figures.join_subquery(JoinType::InnerJoin, self.rows, Alias::new(COUNTED), same);
        if !self.former {
            return figures;
        }
        let mut window = WindowStatement::new();
        window.add_partition_by(counts("id"));
        for key in keys(counts("former_urn")) {
            window.add_partition_by(key);
        }
        let is_former: Expr = Expr::case(counts("former_urn").is_not_null(), 1).finally(0).into();
        window
            .order_by_expr(is_former, Order::Asc)
            .order_by_expr(counts("closed_on"), Order::Desc)
            .order_by_expr(counts("source_id"), Order::Asc);
        figures.expr_window_as(Func::cust("ROW_NUMBER"), window, "nth");
        let nth = Expr::col((Alias::new("figure"), Alias::new("nth")));
        let mut once = Query::select();
        once.column(Asterisk).from_subquery(figures, Alias::new("figure")).and_where(nth.eq(1));
        once
    }
}

/// Adds to a statement over schools the closed schools that led to them by the day of the report, under the caller's
/// reach.
///
/// # Errors
/// When the database is away.
pub async fn with_former(reading: &ReportReading<'_>, schools: SelectStatement) -> Result<WithFormer> {
    use school::Column;

    let caller = reading.caller;
    let former = former(caller, reading.db(), reading.as_at).await?;
    if former.is_empty() {
        return Ok(WithFormer::none(schools));
    }
    let own = |column: Column| Expr::col((school::Entity, column));
    let source = |name: &'static str| Expr::col((Alias::new("former"), Alias::new(name)));
    let WithFormer { mut rows, .. } = WithFormer::none(schools.clone());
    rows.expr_as(Expr::val(None::<i32>).cast_as("integer"), Alias::new("former_urn"))
        .expr_as(own(Column::OpenedOn), Alias::new("opened_on"))
        .expr_as(Expr::val(None::<Date>).cast_as("date"), Alias::new("closed_on"));
    let pair = |name: &'static str| Expr::col((Alias::new("pair"), Alias::new(name)));
    let of_source = source("hub_id").equals((school::Entity, Column::HubId)).and(source("id").eq(pair("former_id")));
    let mut led = schools;
    led.join_subquery(
        JoinType::InnerJoin,
        pairs(caller.db().backend(), &former),
        Alias::new("pair"),
        pair("school_id").equals((school::Entity, Column::Id)),
    )
    .join_as(JoinType::InnerJoin, school::Entity, Alias::new("former"), of_source)
    .expr_as(source("id"), Alias::new("source_id"))
    .expr_as(source("urn"), Alias::new("former_urn"))
    .expr_as(source("opened_on"), Alias::new("opened_on"))
    .expr_as(source("closed_on"), Alias::new("closed_on"));
    rows.union(UnionType::All, led);
    Ok(WithFormer { rows, former: true })
}

/// Pairs of schools as rows. They are one value, so that the statement is the same for any number of them.
fn pairs(backend: DbBackend, pairs: &[[Uuid; 2]]) -> SelectStatement {
    let (items, first, second) = match backend {
        DbBackend::Postgres => {
            ("jsonb_array_elements", r#"("item"."value"->>0)::uuid"#, r#"("item"."value"->>1)::uuid"#)
        }
        _ => (
            "json_each",
            r#"unhex(replace("item"."value"->>0, '-', ''))"#,
            r#"unhex(replace("item"."value"->>1, '-', ''))"#,
        ),
    };
    let mut rows = Query::select();
    rows.expr_as(Expr::cust(first), Alias::new("former_id"))
        .expr_as(Expr::cust(second), Alias::new("school_id"))
        .from_function(Func::cust(items).arg(Expr::val(json!(pairs))), Alias::new("item"));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn successors(schools: &[(i32, bool)], links: &[(i32, i32)]) -> Successors {
        let known = |(urn, closed): &(i32, bool)| {
            (*urn, Known { id: Uuid::from_u128(urn.unsigned_abs().into()), closed: *closed, archived: false })
        };
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (from, to) in links {
            next.entry(*from).or_default().insert(*to);
        }
        Successors { schools: schools.iter().map(known).collect(), next }
    }

    #[test]
    fn a_urn_leads_along_the_links_to_the_open_school() {
        let known = successors(&[(1, true), (2, true), (3, false)], &[(1, 2), (2, 3), (9, 3)]);
        let third = Uuid::from_u128(3);
        assert_eq!(known.lead(3), Led::Here(third));
        assert_eq!(known.lead(1), Led::On(third, 3));
        assert_eq!(known.lead(9), Led::On(third, 3), "a school that the hub never had");
        assert_eq!(known.lead(8), Led::Nowhere);
    }

    #[test]
    fn a_split_and_a_circle_lead_to_nobody_else() {
        let known = successors(&[(1, true), (2, false), (3, false)], &[(1, 2), (1, 3), (7, 2), (7, 3)]);
        assert_eq!(known.lead(1), Led::Here(Uuid::from_u128(1)));
        assert_eq!(known.lead(7), Led::Several(vec![2, 3]));
        let circle = successors(&[(1, true), (2, true)], &[(1, 2), (2, 1)]);
        assert_eq!(circle.lead(1), Led::Here(Uuid::from_u128(1)));
    }
}

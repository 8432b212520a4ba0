//! To which school of the hub a URN leads: to the school that has it, or to the one that came from it. Imports and
//! reports count figures of a closed school there.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use entity::instant::Instant;
use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_link::{self, SchoolRelation};
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, Func, JoinType, NullOrdering, Order, OverStatement, Query, SelectStatement, UnionType,
    WindowStatement,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, ExprTrait, QueryFilter, QuerySelect, QueryTrait, Select,
};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::report::ReportReading;

/// How many steps a chain of successors has at most.
const STEPS: usize = 10;

/// The schools of a hub by their URNs, with the links between them, as on a day.
#[derive(Clone)]
pub struct Successors {
    known: Arc<Known>,
    on: Date,
}

struct Known {
    schools: HashMap<i32, KnownSchool>,
    /// Where each URN leads to by the links.
    next: HashMap<i32, BTreeSet<i32>>,
}

#[derive(Clone, Copy)]
struct KnownSchool {
    id: Uuid,
    /// Whether it is closed, be it since the day or before.
    closed: bool,
    closed_on: Option<Date>,
    archived: bool,
}

/// Which of two URNs leads to which, by a link of the first one. Of two schools that were merged the one that closed
/// first leads to the other, where the hub knows both.
fn leads(schools: &HashMap<i32, KnownSchool>, urn: i32, link_urn: i32, relation: SchoolRelation) -> Option<(i32, i32)> {
    // None of an open school, which is later than any day.
    let end = |urn: i32| schools.get(&urn).map(|known| known.closed.then_some(known.closed_on));
    match relation {
        SchoolRelation::Successor => Some((urn, link_urn)),
        SchoolRelation::Predecessor => Some((link_urn, urn)),
        SchoolRelation::Merged => match (end(urn)?, end(link_urn)?) {
            (Some(_), None) => Some((urn, link_urn)),
            (None, Some(_)) => Some((link_urn, urn)),
            (Some(Some(one)), Some(Some(other))) if one < other => Some((urn, link_urn)),
            (Some(Some(one)), Some(Some(other))) if one > other => Some((link_urn, urn)),
            _ => None,
        },
        SchoolRelation::Other => None,
    }
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
fn links_of(caller: &Caller) -> Select<school_link::Entity> {
    let relations = [SchoolRelation::Predecessor, SchoolRelation::Successor, SchoolRelation::Merged];
    caller.rows::<school_link::Entity>().filter(school_link::Column::Relation.is_in(relations))
}

async fn links(caller: &Caller, db: &impl ConnectionTrait) -> Result<Vec<Link>> {
    use school_link::Column;

    let links = links_of(caller).select_only().columns([Column::SchoolId, Column::LinkUrn, Column::Relation]);
    Ok(links.into_tuple().all(db).await?)
}

impl Successors {
    /// Loads the schools and the links of the hub. A school that has closed since the day is open.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn of(caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Self> {
        let links = links(caller, db).await?;
        Self::by(&links, caller, db, on, Condition::all()).await
    }

    /// The same for the schools with links alone; none where no school of the hub came from another one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn if_any(caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Option<Self>> {
        use school_link::Column;

        let links = links(caller, db).await?;
        if links.is_empty() {
            return Ok(None);
        }
        let linked = |column: Column| links_of(caller).select_only().column(column).into_query();
        let ends = Condition::any()
            .add(school::Column::Id.in_subquery(linked(Column::SchoolId)))
            .add(school::Column::Urn.in_subquery(linked(Column::LinkUrn)));
        Self::by(&links, caller, db, on, ends).await.map(Some)
    }

    async fn by(
        links: &[Link],
        caller: &Caller,
        db: &impl ConnectionTrait,
        on: Date,
        which: Condition,
    ) -> Result<Self> {
        use school::Column;

        let rows = caller.rows_archived::<school::Entity>().filter(Column::Urn.is_not_null()).filter(which);
        let rows = rows.select_only();
        let rows = rows.columns([Column::Urn, Column::Id, Column::Status, Column::ClosedOn, Column::ArchivedAt]);
        let rows = rows.into_tuple::<(i32, Uuid, SchoolStatus, Option<Date>, Option<Instant>)>().all(db).await?;
        let schools = rows.into_iter().map(|(urn, id, status, closed_on, archived_at)| {
            let closed = status == SchoolStatus::Closed;
            (urn, KnownSchool { id, closed, closed_on, archived: archived_at.is_some() })
        });
        let schools: HashMap<_, _> = schools.collect();
        let urns: HashMap<Uuid, i32> = schools.iter().map(|(urn, known)| (known.id, *urn)).collect();
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (school_id, link_urn, relation) in links {
            let Some(urn) = urns.get(school_id) else { continue };
            if let Some((from, to)) = leads(&schools, *urn, *link_urn, *relation) {
                next.entry(from).or_default().insert(to);
            }
        }
        Ok(Self { known: Arc::new(Known { schools, next }), on })
    }

    /// The same as on another day.
    #[must_use]
    pub fn on(&self, day: Date) -> Self {
        Self { known: Arc::clone(&self.known), on: day }
    }

    fn is_closed(&self, school: &KnownSchool) -> bool {
        school.closed && school.closed_on.is_none_or(|day| day <= self.on)
    }

    /// Where a URN leads.
    pub fn lead(&self, urn: i32) -> Led {
        let Known { schools, next } = &*self.known;
        let here = schools.get(&urn).copied();
        if let Some(known) = here.filter(|known| known.archived || !self.is_closed(known)) {
            return if known.archived { Led::Archived } else { Led::Here(known.id) };
        }
        let mut at = BTreeSet::from([urn]);
        for _ in 0..STEPS {
            let reached: BTreeSet<i32> = at.iter().filter_map(|urn| next.get(urn)).flatten().copied().collect();
            let open = |urn: &i32| schools.get(urn).filter(|known| !self.is_closed(known) && !known.archived);
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

    /// The closed schools that lead to another one; the one that closed last comes first.
    #[must_use]
    pub fn former(&self) -> Vec<Former> {
        let closed = self.known.schools.iter().filter(|(_, known)| self.is_closed(known) && !known.archived);
        let led = closed.filter_map(|(urn, known)| match self.lead(*urn) {
            Led::On(to, _) => Some((Reverse(known.closed_on), Former { id: known.id, urn: *urn, to })),
            _ => None,
        });
        let mut led: Vec<_> = led.collect();
        led.sort_by_key(|(closed_on, former)| (*closed_on, former.id));
        led.into_iter().map(|(_, former)| former).collect()
    }
}

/// A closed school that led to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Former {
    /// Its id.
    pub id: Uuid,
    /// Its URN.
    pub urn: i32,
    /// The id of the school that came from it.
    pub to: Uuid,
}

/// The closed schools that led to other ones by a day, as [`Successors::former`].
///
/// # Errors
/// When the database is away.
pub async fn former(caller: &Caller, db: &impl ConnectionTrait, on: Date) -> Result<Vec<Former>> {
    let all = Successors::if_any(caller, db, on).await?;
    Ok(all.map(|all| all.former()).unwrap_or_default())
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

/// The name under which figures are joined with the schools under which they count.
pub const COUNTED: &str = "counted";

/// A column of the schools under which figures count.
#[must_use]
pub fn counts(name: &'static str) -> Expr {
    Expr::col((Alias::new(COUNTED), Alias::new(name)))
}

/// Whether the school of a figure was open on a day.
#[must_use]
pub fn was_open(on: Date) -> Expr {
    let opened = counts("opened_on").is_null().or(counts("opened_on").lte(on));
    let stayed = counts("closed_on").is_null().or(counts("closed_on").gte(on));
    opened.and(stayed)
}

impl WithFormer {
    /// Schools whose own figures count alone.
    #[must_use]
    pub fn none(mut schools: SelectStatement) -> Self {
        schools.expr_as(Expr::col((school::Entity, school::Column::Id)), Alias::new("source_id"));
        Self { rows: schools, former: false }
    }

    /// Joins figures of a year with the schools under which they count, as [`COUNTED`]. `source` is the school of a
    /// figure. Of the figures of one school those stand that schools have which were open on the last day of the year,
    /// all of them where there is none.
    #[must_use]
    pub fn standing(self, mut figures: SelectStatement, source: Expr, last_day: Date) -> SelectStatement {
        if !self.join(&mut figures, source) {
            return figures;
        }
        let stands: Expr = Expr::case(was_open(last_day), 1).finally(0).into();
        let mut window = WindowStatement::new();
        window.add_partition_by(counts("id"));
        figures.expr_as(stands.clone(), Alias::new("stands"));
        figures.expr_window_as(stands.max(), window, "best");
        kept(figures, Expr::col("stands").eq(Expr::col("best")))
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
        if !self.join(&mut figures, source) {
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
            .order_by_expr_with_nulls(counts("closed_on"), Order::Desc, NullOrdering::Last)
            .order_by_expr(counts("source_id"), Order::Asc);
        figures.expr_window_as(Func::cust("ROW_NUMBER"), window, "nth");
        kept(figures, Expr::col("nth").eq(1))
    }

    /// Joins figures with the schools. Returns true if there are closed ones, of which not every figure counts.
    fn join(self, figures: &mut SelectStatement, source: Expr) -> bool {
        let same = counts("source_id").eq(source);
        figures.join_subquery(JoinType::InnerJoin, self.rows, Alias::new(COUNTED), same);
        self.former
    }
}

/// The figures for which a condition on their columns holds.
fn kept(figures: SelectStatement, condition: Expr) -> SelectStatement {
    let mut rows = Query::select();
    rows.column(Asterisk).from_subquery(figures, Alias::new("figure")).and_where(condition);
    rows
}

/// Adds to a statement over schools the closed schools that led to them by the day of the report, under the caller's
/// reach.
///
/// # Errors
/// When the database is away.
pub async fn with_former(reading: &ReportReading<'_>, schools: SelectStatement) -> Result<WithFormer> {
    let former = former(reading.caller, reading.db(), reading.as_at).await?;
    Ok(with(reading.caller.db().backend(), schools, &former))
}

/// Adds closed schools to a statement over the schools that they led to.
#[must_use]
pub fn with(backend: DbBackend, schools: SelectStatement, former: &[Former]) -> WithFormer {
    use school::Column;

    if former.is_empty() {
        return WithFormer::none(schools);
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
        pairs(backend, former),
        Alias::new("pair"),
        pair("school_id").equals((school::Entity, Column::Id)),
    )
    .join_as(JoinType::InnerJoin, school::Entity, Alias::new("former"), of_source)
    .expr_as(source("id"), Alias::new("source_id"))
    .expr_as(source("urn"), Alias::new("former_urn"))
    .expr_as(source("opened_on"), Alias::new("opened_on"))
    .expr_as(source("closed_on"), Alias::new("closed_on"));
    rows.union(UnionType::All, led);
    WithFormer { rows, former: true }
}

/// Closed schools as rows, each with the school that it led to. They are one value, so that the statement is the same
/// for any number of them. The limit, which leaves none out, has SQLite read the value once: without a limit it reads
/// the value again for every two schools of the hub.
fn pairs(backend: DbBackend, former: &[Former]) -> SelectStatement {
    let pairs: Vec<[Uuid; 2]> = former.iter().map(|former| [former.id, former.to]).collect();
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
        .from_function(Func::cust(items).arg(Expr::val(json!(pairs))), Alias::new("item"))
        .limit(former.len() as u64);
    rows
}

#[cfg(test)]
mod tests {
    use entity::outcomes::exam_result;
    use sea_orm::StatementBuilder;
    use time::macros::date;

    use super::*;
    use crate::kernel::database::db::testing::{migrated, plan_of, settings};

    #[actix_web::test]
    async fn closed_schools_are_read_once_however_many_figures_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let db = migrated(&settings(&folder, &[])).await;
        let hub = Uuid::now_v7();
        let mut schools = Query::select();
        schools
            .column((school::Entity, school::Column::Id))
            .from(school::Entity)
            .and_where(school::Column::HubId.eq(hub));
        let mut figures = Query::select();
        figures
            .column((exam_result::Entity, exam_result::Column::Pupils))
            .from(exam_result::Entity)
            .and_where(exam_result::Column::HubId.eq(hub));
        let former = [1, 2, 3].map(|urn| Former { id: Uuid::now_v7(), urn, to: Uuid::now_v7() });
        let source = Expr::col((exam_result::Entity, exam_result::Column::SchoolId));
        let rows = with(db.backend(), schools, &former).standing(figures, source, date!(2024 - 08 - 31));
        let plan = plan_of(&db, StatementBuilder::build(&rows, &db.backend())).await;
        let read = plan.iter().position(|step| step.starts_with("SCAN item")).expect("they are read");
        assert!(plan[read - 1].ends_with(" pair"), "they are read on their own: {plan:#?}");
    }

    /// Schools by their URNs, some of them closed on a day.
    fn known(schools: &[(i32, Option<Date>)]) -> HashMap<i32, KnownSchool> {
        let known = |(urn, closed_on): &(i32, Option<Date>)| {
            let id = Uuid::from_u128(urn.unsigned_abs().into());
            (*urn, KnownSchool { id, closed: closed_on.is_some(), closed_on: *closed_on, archived: false })
        };
        schools.iter().map(known).collect()
    }

    /// Schools with links.
    fn successors(schools: &[(i32, Option<Date>)], links: &[(i32, i32)]) -> Successors {
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (from, to) in links {
            next.entry(*from).or_default().insert(*to);
        }
        Successors { known: Arc::new(Known { schools: known(schools), next }), on: TODAY }
    }

    const TODAY: Date = date!(2024 - 09 - 01);
    const EARLIER: Option<Date> = Some(date!(2023 - 08 - 31));
    const LATER: Option<Date> = Some(date!(2024 - 08 - 31));

    #[test]
    fn a_urn_leads_along_the_links_to_the_open_school() {
        let known = successors(&[(1, EARLIER), (2, LATER), (3, None)], &[(1, 2), (2, 3), (9, 3)]);
        let third = Uuid::from_u128(3);
        assert_eq!(known.lead(3), Led::Here(third));
        assert_eq!(known.lead(1), Led::On(third, 3));
        assert_eq!(known.lead(9), Led::On(third, 3), "a school that the hub never had");
        assert_eq!(known.lead(8), Led::Nowhere);
        let former = |known: &Successors| known.former().iter().map(|it| (it.urn, it.to)).collect::<Vec<_>>();
        assert_eq!(former(&known), [(2, third), (1, third)], "the one that closed last comes first");
        let before = known.on(date!(2024 - 08 - 30));
        assert_eq!(former(&before), [(1, Uuid::from_u128(2))], "a school that has closed since is open");
    }

    #[test]
    fn of_two_merged_schools_the_one_that_closed_first_leads_to_the_other() {
        let mut schools = known(&[(1, EARLIER), (2, LATER), (3, None), (4, None), (5, EARLIER), (6, EARLIER)]);
        let lead = |schools: &HashMap<_, _>, one, other| leads(schools, one, other, SchoolRelation::Merged);
        for (from, to) in [(1, 3), (2, 3), (1, 2)] {
            assert_eq!(lead(&schools, from, to), Some((from, to)));
            assert_eq!(lead(&schools, to, from), Some((from, to)), "whichever of them has the link");
        }
        for (one, other, why) in [(3, 4, "both are open"), (5, 6, "on one day"), (1, 9, "the hub does not know both")] {
            assert_eq!(lead(&schools, one, other), None, "{why}");
        }
        schools.entry(5).and_modify(|school| school.closed_on = None);
        assert_eq!(lead(&schools, 5, 6), None, "nobody noted the day");
        assert_eq!(lead(&schools, 5, 3), Some((5, 3)));
        assert_eq!(leads(&schools, 1, 3, SchoolRelation::Other), None);
        assert_eq!(leads(&schools, 3, 9, SchoolRelation::Predecessor), Some((9, 3)));
    }

    #[test]
    fn a_split_and_a_circle_lead_to_nobody_else() {
        let known = successors(&[(1, EARLIER), (2, None), (3, None)], &[(1, 2), (1, 3), (7, 2), (7, 3)]);
        assert_eq!(known.lead(1), Led::Here(Uuid::from_u128(1)));
        assert_eq!(known.lead(7), Led::Several(vec![2, 3]));
        let circle = successors(&[(1, EARLIER), (2, EARLIER)], &[(1, 2), (2, 1)]);
        assert_eq!(circle.lead(1), Led::Here(Uuid::from_u128(1)));
    }
}

//! Which rows exist for a caller, and which of them it may write.

use entity::identity::grant;
use entity::owned::{Owned, Visibility};
use entity::schools::{assignment, contact, school_group_member};
use sea_orm::sea_query::{Alias, ColumnRef, Expr, Query, SelectStatement, TableRef};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, Select};
use time::Date;

use super::permission::{Reach, Scope};
use super::tenancy::Caller;
use crate::kernel::base::period::{holds, not_over_at};

/// What decides who reaches the rows of a table. It is of one type for all tables, so that the conditions are compiled
/// once.
struct Fence {
    table: &'static str,
    hub: ColumnRef,
    id: ColumnRef,
    archived: ColumnRef,
    partner: Option<ColumnRef>,
    school: Visibility<ColumnRef>,
    shows_past: bool,
}

impl Fence {
    fn of<E: Owned>() -> Self {
        Self {
            table: E::table(),
            hub: column(E::hub()),
            id: column(E::id()),
            archived: column(E::archived()),
            partner: E::partner().map(column),
            school: E::school().map(column),
            shows_past: E::shows_past(),
        }
    }
}

fn column<C: ColumnTrait>(column: C) -> ColumnRef {
    column.as_column_ref().into()
}

impl Caller {
    /// The rows that exist for the caller, without archived ones.
    #[must_use]
    pub fn rows<E: Owned>(&self) -> Select<E> {
        self.rows_archived::<E>().filter(E::archived().is_null())
    }

    /// The rows that exist for the caller, archived ones too where it sees the past of the table.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where whole rows are found, and narrowed")]
    pub fn rows_archived<E: Owned>(&self) -> Select<E> {
        E::find().filter(self.existing(Fence::of::<E>()))
    }

    /// A statement over the rows that exist for the caller, without archived ones unless asked for.
    /// It names no column yet: the columns of the fields that are read are added to it.
    #[must_use]
    pub fn statement<E: Owned>(&self, archived: bool) -> SelectStatement {
        self.statement_of(E::default().table_ref(), Fence::of::<E>(), archived)
    }

    fn statement_of(&self, table: TableRef, fence: Fence, archived: bool) -> SelectStatement {
        let open = Expr::col(fence.archived.clone()).is_null();
        let mut rows = Query::select();
        rows.from(table).cond_where(self.existing(fence));
        if !archived {
            rows.and_where(open);
        }
        rows
    }

    /// The rows that exist for the caller, archived ones too where it sees the past of the table.
    fn existing(&self, fence: Fence) -> Condition {
        let (past, archived) = (self.sees_hub() || fence.shows_past, fence.archived.clone());
        let sees = self.seen(fence);
        if past { sees } else { sees.add(Expr::col(archived).is_null()) }
    }

    /// The rows that the caller sees: by the scope that belongs to the one it acts under.
    #[must_use]
    pub fn sees<E: Owned>(&self) -> Condition {
        self.seen(Fence::of::<E>())
    }

    fn seen(&self, fence: Fence) -> Condition {
        self.within(fence, self.reach(self.scope().sees()), Some(self.today()))
    }

    /// The rows that the caller may write under its scope: short of the whole hub only
    /// rows of tables that schools write.
    #[must_use]
    pub fn writes<E: Owned>(&self) -> Condition {
        let reach = self.reach(self.scope());
        let reach = if E::written_by_schools() { reach } else { reach.and(Reach::BEYOND_SCHOOLS) };
        self.within(Fence::of::<E>(), reach, None)
    }

    /// Returns true if the caller sees what the rows of a table were before: their history, their entries
    /// in the feed, and archived rows.
    #[must_use]
    pub fn sees_past<E: Owned>(&self) -> bool {
        self.sees_hub() || E::shows_past()
    }

    /// Returns true if the caller reaches the whole hub with what it sees.
    #[must_use]
    pub fn sees_hub(&self) -> bool {
        self.reach(self.scope().sees()).has(Reach::HUB)
    }

    /// The rows within a reach; with a day only those that have not ended before it.
    fn within(&self, fence: Fence, reach: Reach, on: Option<Date>) -> Condition {
        // The one table that is read across hubs, by the platform's administrators alone.
        if self.scope().sees() == Scope::ReadHubs && fence.table == "hub" && reach.has(Reach::HUB) {
            return Condition::all();
        }
        let hub = Condition::all().add(Expr::col(fence.hub.clone()).eq(self.hub_id));
        if reach.has(Reach::HUB) {
            return hub;
        }
        let mut any = Condition::any().add(Expr::cust("1 = 0"));
        if reach.has(Reach::OWN) {
            any = any.add(self.via(&fence, &|| self.own_schools(), on));
        }
        if reach.has(Reach::ASSIGNED) {
            any = any.add(self.via(&fence, &|| self.assigned_schools(), on));
        }
        if reach.has(Reach::PROVIDER)
            && let (Some(column), Some(partner)) = (fence.partner, self.partner_id)
        {
            any = any.add(Expr::col(column).eq(partner));
        }
        hub.add(any)
    }

    /// The rows that belong to the given schools.
    fn via(&self, fence: &Fence, schools: &dyn Fn() -> SelectStatement, on: Option<Date>) -> Condition {
        let condition = Condition::all();
        let col = |column: &ColumnRef| Expr::col(column.clone());
        match &fence.school {
            Visibility::HubWide => condition,
            Visibility::Oneself(column) | Visibility::School(column) => {
                condition.add(col(column).in_subquery(schools()))
            }
            Visibility::SchoolUntil { school, to_on } => {
                let over = on.map(|on| not_over_at(to_on.clone(), on));
                condition.add(col(school).in_subquery(schools())).add_option(over)
            }
            Visibility::Published { column, value } => condition.add(col(column).eq(*value)),
            Visibility::Through { column, parent, published } => {
                let mut rows = Query::select();
                rows.column("id")
                    .from(Alias::new(*parent))
                    .and_where(Expr::col("hub_id").eq(self.hub_id))
                    .and_where(Expr::col("archived_at").is_null());
                if let Some((field, value)) = published {
                    rows.and_where(Expr::col(*field).eq(*value));
                }
                condition.add(col(column).in_subquery(rows))
            }
            Visibility::Users => {
                let mut users = Query::select();
                users
                    .column(grant::Column::UserId)
                    .from(grant::Entity)
                    .and_where(grant::Column::HubId.eq(self.hub_id))
                    .and_where(grant::Column::ArchivedAt.is_null())
                    .and_where(grant::Column::SchoolId.in_subquery(schools()))
                    .cond_where(holds(grant::Column::FromOn, grant::Column::ToOn, self.today()));
                condition.add(col(&fence.id).in_subquery(users))
            }
            Visibility::Contacts => {
                let mut people = Query::select();
                people
                    .column(contact::Column::PersonId)
                    .from(contact::Entity)
                    .and_where(contact::Column::HubId.eq(self.hub_id))
                    .and_where(contact::Column::ArchivedAt.is_null())
                    .and_where(contact::Column::SchoolId.in_subquery(schools()))
                    .cond_where(holds(contact::Column::FromOn, contact::Column::ToOn, self.today()));
                condition.add(col(&fence.id).in_subquery(people))
            }
            Visibility::HubOnly => condition.add(Expr::cust("1 = 0")),
        }
    }

    fn own_schools(&self) -> SelectStatement {
        let mut schools = Query::select();
        match (self.school_id, self.school_group_id) {
            (Some(school), _) => {
                schools.expr(Expr::val(school));
            }
            (None, group) => {
                let today = self.today();
                schools
                    .column(school_group_member::Column::SchoolId)
                    .from(school_group_member::Entity)
                    .and_where(school_group_member::Column::HubId.eq(self.hub_id))
                    .and_where(school_group_member::Column::SchoolGroupId.eq(group))
                    .and_where(school_group_member::Column::ArchivedAt.is_null())
                    .cond_where(holds(school_group_member::Column::FromOn, school_group_member::Column::ToOn, today));
            }
        }
        schools
    }

    fn assigned_schools(&self) -> SelectStatement {
        let mut schools = Query::select();
        schools
            .column(assignment::Column::SchoolId)
            .from(assignment::Entity)
            .and_where(assignment::Column::HubId.eq(self.hub_id))
            .and_where(assignment::Column::PersonId.eq(self.actor.person_id()))
            .and_where(assignment::Column::ArchivedAt.is_null())
            .cond_where(holds(assignment::Column::FromOn, assignment::Column::ToOn, self.today()));
        schools
    }
}

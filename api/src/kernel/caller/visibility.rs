//! Which rows exist for a caller, and which of them it may write.

use entity::identity::grant;
use entity::owned::{Fence, Guest, Invitee, Owned, Recipients, Visibility};
use entity::schools::{assignment, contact, school_group_member};
use sea_orm::sea_query::{Alias, Expr, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbBackend, ExprTrait, QueryFilter, Select};
use time::Date;

use super::permission::{Reach, Scope};
use super::tenancy::Caller;
use crate::kernel::base::period::holds;
use crate::kernel::base::problem::{Problem, Result};

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
        E::find().filter(self.existing(&E::fence()))
    }

    /// A statement over the rows that exist for the caller, without archived ones unless asked for.
    /// It names no column yet: the columns of the fields that are read are added to it.
    #[must_use]
    pub fn statement<E: Owned>(&self, archived: bool) -> SelectStatement {
        self.statement_over(&E::fence(), archived)
    }

    fn statement_over(&self, fence: &Fence, archived: bool) -> SelectStatement {
        let mut rows = Query::select();
        rows.from(Alias::new(fence.table)).cond_where(self.existing(fence));
        if !archived {
            rows.and_where(column_of(fence, "archived_at").is_null());
        }
        rows
    }

    /// The rows that exist for the caller, archived ones too where it sees the past of the table.
    fn existing(&self, fence: &Fence) -> Condition {
        let sees = self.sees(fence);
        if self.sees_past(fence) { sees } else { sees.add(column_of(fence, "archived_at").is_null()) }
    }

    /// The rows that the caller sees: by the scope that belongs to the one it acts under.
    #[must_use]
    pub fn sees(&self, fence: &Fence) -> Condition {
        self.within(fence, self.reach(self.scope().sees()), Some(self.today()))
    }

    /// The rows that the caller may write under its scope: short of the whole hub only
    /// rows of tables that schools or invited people write.
    #[must_use]
    pub fn writes(&self, fence: &Fence) -> Condition {
        let mut writable = Reach::BEYOND_SCHOOLS;
        if fence.written_by_schools {
            writable = writable.or(Reach::SCHOOLS);
        }
        if fence.written_by_invited {
            writable = writable.or(Reach::INVITED);
        }
        self.within(fence, self.reach(self.scope()).and(writable), None)
    }

    /// Returns true if the caller sees what the rows of a table were before: their history, their entries
    /// in the feed, and archived rows.
    #[must_use]
    pub fn sees_past(&self, fence: &Fence) -> bool {
        self.sees_hub() || fence.shows_past
    }

    /// Returns true if the caller reaches the whole hub with what it sees.
    #[must_use]
    pub fn sees_hub(&self) -> bool {
        self.reach(self.scope().sees()).has(Reach::HUB)
    }

    /// Refuses a caller who does not write in the whole hub, for what belongs to no school.
    ///
    /// # Errors
    /// 403, which names the caller's reach.
    pub fn expect_writes_hub(&self, what: &str) -> Result<()> {
        if self.reach(self.scope()).has(Reach::HUB) { Ok(()) } else { Err(self.beyond_reach(what)) }
    }

    /// The refusal to change what the caller sees and does not write.
    pub(in crate::kernel) fn beyond_reach(&self, what: &str) -> Problem {
        let (scope, reach) = (self.scope(), self.reach(self.scope()).names().join(", "));
        Problem::forbidden(format!("cannot change {what}: with `{scope}` your role reaches only {reach}"))
    }

    /// The rows within a reach; with a day only those that have not ended before it.
    fn within(&self, fence: &Fence, reach: Reach, on: Option<Date>) -> Condition {
        // The one table that is read across hubs, by the platform's administrators alone.
        if self.scope().sees() == Scope::ReadHubs && fence.table == "hub" && reach.has(Reach::HUB) {
            return Condition::all();
        }
        // The one door between hubs: for callers who see the whole hub, on the day, and never to write.
        if let Some(across) = fence.across {
            let today = on.filter(|_| reach.has(Reach::HUB));
            let guest = today.map(|today| Guest { hub_id: self.hub_id, today });
            return guest.map_or_else(|| Condition::all().add(Expr::cust("1 = 0")), |guest| across(&guest));
        }
        let hub = Condition::all().add(column_of(fence, "hub_id").eq(self.hub_id));
        if reach.has(Reach::HUB) {
            return hub;
        }
        let mut any = Condition::any().add(Expr::cust("1 = 0"));
        if reach.has(Reach::OWN) {
            any = any.add(self.via(fence, Reach::OWN, &|| self.own_schools(), on));
        }
        if reach.has(Reach::ASSIGNED) {
            any = any.add(self.via(fence, Reach::ASSIGNED, &|| self.assigned_schools(), on));
        }
        if reach.has(Reach::INVITED)
            && let (Some(invited), Some(person_id)) = (fence.invited, self.actor.person_id())
        {
            let backend = self.db().backend();
            any = any.add(invited(&Invitee { hub_id: self.hub_id, person_id, today: self.today(), backend }));
        }
        if reach.has(Reach::PROVIDER)
            && let (Some(column), Some(partner)) = (fence.partner, self.partner_id)
        {
            any = any.add(column_of(fence, column).eq(partner));
        }
        hub.add(any)
    }

    /// The rows that belong to the given schools, which the caller reaches in one way.
    fn via(&self, fence: &Fence, reach: Reach, schools: &dyn Fn() -> SelectStatement, on: Option<Date>) -> Condition {
        let condition = Condition::all();
        let column_of = |name| column_of(fence, name);
        match fence.visibility {
            Visibility::HubWide => condition,
            Visibility::Oneself(column) | Visibility::School(column) => {
                condition.add(column_of(column).in_subquery(schools()))
            }
            Visibility::SchoolUntil { school, to_on } => {
                let not_over = on.map(|on| column_of(to_on).is_null().or(column_of(to_on).gte(on)));
                condition.add(column_of(school).in_subquery(schools())).add_option(not_over)
            }
            Visibility::SchoolOnceShared { school, shared } => {
                let is_shared = (reach == Reach::OWN).then(|| column_of(shared).is_not_null());
                condition.add(column_of(school).in_subquery(schools())).add_option(is_shared)
            }
            Visibility::Published { column, values } => condition.add(column_of(column).is_in(values.iter().copied())),
            Visibility::Through { column, parent } => {
                condition.add(column_of(column).in_subquery(self.parents(&parent(), reach, schools, on)))
            }
            Visibility::ThroughOnceShared { column, parent, shared } => condition
                .add(column_of(shared).is_not_null())
                .add(column_of(column).in_subquery(self.parents(&parent(), reach, schools, on))),
            Visibility::Offered { announced, audience, everyone, schools: named } => {
                let open = Condition::any()
                    .add(column_of(audience).eq(everyone))
                    .add(self.names_one_of(column_of(named), schools()));
                condition.add(column_of(announced).is_not_null()).add_option((reach == Reach::OWN).then_some(open))
            }
            Visibility::Given(given) => condition.add(given(&Recipients { hub_id: self.hub_id, on, schools })),
            Visibility::Users => {
                use grant::Column;

                let mut users = self.current::<grant::Entity>(Column::UserId, [Column::FromOn, Column::ToOn]);
                users.and_where(Column::SchoolId.in_subquery(schools()));
                condition.add(column_of("id").in_subquery(users))
            }
            Visibility::Contacts => {
                use contact::Column;

                let mut people = self.current::<contact::Entity>(Column::PersonId, [Column::FromOn, Column::ToOn]);
                people.and_where(Column::SchoolId.in_subquery(schools()));
                condition.add(column_of("id").in_subquery(people))
            }
            Visibility::HubOnly => condition.add(Expr::cust("1 = 0")),
        }
    }

    /// The list of ids in a JSON column names one of the given schools.
    fn names_one_of(&self, list: Expr, schools: SelectStatement) -> Expr {
        let (items, id) = match self.db().backend() {
            DbBackend::Postgres => ("jsonb_array_elements_text", "\"named\"::uuid"),
            _ => ("json_each", "unhex(replace(\"value\", '-', ''))"),
        };
        let mut named = Query::select();
        named
            .expr(Expr::val(1))
            .from_function(Func::cust(items).arg(list), Alias::new("named"))
            .and_where(Expr::cust(id).in_subquery(schools));
        Expr::exists(named)
    }

    /// The ids of the rows of a parent's table that belong to the given schools.
    fn parents(
        &self,
        parent: &Fence,
        reach: Reach,
        schools: &dyn Fn() -> SelectStatement,
        on: Option<Date>,
    ) -> SelectStatement {
        let mut rows = Query::select();
        rows.column("id")
            .from(Alias::new(parent.table))
            .and_where(column_of(parent, "hub_id").eq(self.hub_id))
            .and_where(column_of(parent, "archived_at").is_null())
            .cond_where(self.via(parent, reach, schools, on));
        rows
    }

    fn own_schools(&self) -> SelectStatement {
        use school_group_member::{Column, Entity};

        if let Some(school) = self.school_id {
            return Query::select().expr(Expr::val(school)).to_owned();
        }
        let mut schools = self.current::<Entity>(Column::SchoolId, [Column::FromOn, Column::ToOn]);
        schools.and_where(Column::SchoolGroupId.eq(self.school_group_id));
        schools
    }

    fn assigned_schools(&self) -> SelectStatement {
        use assignment::{Column, Entity};

        let mut schools = self.current::<Entity>(Column::SchoolId, [Column::FromOn, Column::ToOn]);
        schools.and_where(Column::PersonId.eq(self.actor.person_id()));
        schools
    }

    /// A column of the hub's rows whose period holds today.
    fn current<E: Owned>(&self, column: E::Column, [from_on, to_on]: [E::Column; 2]) -> SelectStatement {
        let mut rows = Query::select();
        rows.column(column)
            .from(E::default().table_ref())
            .and_where(E::hub().eq(self.hub_id))
            .and_where(E::archived().is_null())
            .cond_where(holds(from_on, to_on, self.today()));
        rows
    }
}

fn column_of(fence: &Fence, name: &'static str) -> Expr {
    Expr::col((Alias::new(fence.table), Alias::new(name)))
}

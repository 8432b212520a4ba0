//! Organisations: the hub, its areas and its schools.

use actix_web::HttpRequest;
use entity::choice;
use entity::identity::hub;
use entity::instant::Instant;
use entity::schools::area;
use entity::schools::school::{self, SchoolPhase, SchoolStatus};
use sea_orm::sea_query::{Alias, Expr, Func, Query as Statements, SelectStatement, UnionType};
use sea_orm::{DbBackend, EntityTrait, ExprTrait, Order, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::filter::{self, Comparison, Filter, Predicate};
use super::paging::{self, FieldsQuery, Named, Paging};
use crate::kernel::base::filter::anywhere;
use crate::kernel::base::prescribed::ROSTERING;
use crate::kernel::prelude::*;
use crate::schools::rules::dfe_number_of;

choice! {
    /// Whether an item of OneRoster is to be kept.
    #[example = "active"]
    pub enum RosterStatus {
        /// It is to be kept.
        Active = "active",
        /// It was archived, and is to be deleted.
        ToBeDeleted = "tobedeleted",
    }
}

choice! {
    /// What an organisation of OneRoster is.
    #[example = "school"]
    pub enum RosterOrgType {
        /// An area of the hub.
        District = "district",
        /// The hub.
        Local = "local",
        /// A school.
        School = "school",
    }
}

choice! {
    /// What a reference of OneRoster leads to.
    #[example = "org"]
    pub enum RosterReferenceType {
        /// An organisation.
        Org = "org",
        /// An academic session.
        AcademicSession = "academicSession",
    }
}

/// A reference to another item of OneRoster.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterReference {
    /// The address of the item.
    #[schema(max_length = 2000, example = "/ims/oneroster/rostering/v1p2/orgs/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub href: String,
    /// The id of the item.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub sourced_id: Uuid,
    /// What it is.
    #[schema(example = "org")]
    pub r#type: RosterReferenceType,
}

/// What the hub knows about a school beyond OneRoster.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterSchoolMetadata {
    /// Three-digit code of the local authority.
    #[schema(max_length = 3, example = "855")]
    pub la_code: Option<String>,
    /// The DfE number: the code of the local authority and the number of the school in it.
    #[schema(max_length = 8, example = "855/4003")]
    pub dfe_number: Option<String>,
    /// UK Provider Reference Number.
    #[schema(minimum = 10_000_000, maximum = 99_999_999, example = 10_034_567)]
    pub ukprn: Option<i32>,
    /// Phase of education.
    #[schema(example = "primary")]
    pub phase: SchoolPhase,
    /// Whether it is open. A closed school stays active in OneRoster, since its history refers to it.
    #[schema(example = "open")]
    pub school_status: SchoolStatus,
    /// True if the hub counts it.
    #[schema(example = true)]
    pub in_scope: bool,
}

/// An organisation as OneRoster has it: the hub, one of its areas, or a school.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterOrg {
    /// The id: the same as in the API.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub sourced_id: Uuid,
    /// Whether it is to be kept.
    #[schema(example = "active")]
    pub status: RosterStatus,
    /// When it last changed.
    #[schema(example = "2014-09-01T08:30:00.000000Z")]
    pub date_last_modified: Instant,
    /// What the hub knows about a school beyond OneRoster; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RosterSchoolMetadata, required = false)]
    pub metadata: Option<RosterSchoolMetadata>,
    /// The name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
    /// What it is.
    #[schema(example = "school")]
    pub r#type: RosterOrgType,
    /// The URN of a school, the code of an area, the slug of the hub; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 60, example = "120305")]
    pub identifier: Option<String>,
    /// The area of a school, or the hub; absent for the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RosterReference, required = false)]
    pub parent: Option<RosterReference>,
    /// The active organisations that belong to it. Absent in lists, whose items name their parents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RosterReference>, required = false, max_items = 100_000)]
    pub children: Option<Vec<RosterReference>>,
}

/// Some organisations.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterOrgs {
    /// The organisations.
    #[schema(max_items = 5000)]
    pub orgs: Vec<RosterOrg>,
}

/// One organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterOrgItem {
    /// The organisation.
    pub org: RosterOrg,
}

/// The fields of an organisation, for `fields`.
const FIELDS: &[&str] =
    &["sourcedId", "status", "dateLastModified", "metadata", "name", "type", "identifier", "parent", "children"];

/// The fields by which organisations are found and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OrgField {
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
    const fn column(self) -> &'static str {
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

/// The columns of the statement over all organisations, in their order.
const COLUMNS: [&str; 15] = [
    "id",
    "rank",
    "active",
    "updated_at",
    "version",
    "name",
    "name_key",
    "identifier",
    "parent_id",
    "la_code",
    "establishment_number",
    "ukprn",
    "phase",
    "school_status",
    "in_scope",
];

/// The name of that statement.
const ORG: &str = "org";

routes! { ReadSchools: list_roster_orgs, get_roster_org, list_roster_schools, get_roster_school }

/// Lists the hub, its areas and its schools.
///
/// Who reaches the whole hub also gets archived ones, as `tobedeleted`.
#[utoipa::path(get, path = "/orgs", params(Paging), responses((status = 200, body = RosterOrgs)))]
async fn list_roster_orgs(can: Can<ReadSchools>, request: HttpRequest, paging: Query<Paging>) -> Result<Reply> {
    list(&can, &request, &paging, all(&can)).await
}

/// Gives an organisation.
#[utoipa::path(get, path = "/orgs/{id}", params(FieldsQuery), responses((status = 200, body = RosterOrgItem)))]
async fn get_roster_org(can: Can<ReadSchools>, id: Id, fields: Query<FieldsQuery>) -> Result<Reply> {
    item(&can, id.0, &fields, all(&can)).await
}

/// Lists the schools as organisations.
///
/// Who reaches the whole hub also gets archived ones, as `tobedeleted`.
#[utoipa::path(get, path = "/schools", params(Paging), responses((status = 200, body = RosterOrgs)))]
async fn list_roster_schools(can: Can<ReadSchools>, request: HttpRequest, paging: Query<Paging>) -> Result<Reply> {
    list(&can, &request, &paging, schools(&can)).await
}

/// Gives a school as an organisation.
#[utoipa::path(get, path = "/schools/{id}", params(FieldsQuery), responses((status = 200, body = RosterOrgItem)))]
async fn get_roster_school(can: Can<ReadSchools>, id: Id, fields: Query<FieldsQuery>) -> Result<Reply> {
    item(&can, id.0, &fields, schools(&can)).await
}

async fn list(can: &Caller, request: &HttpRequest, paging: &Paging, orgs: SelectStatement) -> Result<Reply> {
    let condition = paging.filter::<OrgField>()?.map(|filter| condition(&filter)).transpose()?;
    let condition = Condition::all().add_option(condition);
    let sort = paging.sort::<OrgField>()?;
    let mut count = Statements::select();
    count.expr(Expr::cust("COUNT(*)")).from_subquery(orgs.clone(), ORG).cond_where(condition.clone());
    let mut page = over(orgs);
    page.cond_where(condition).limit(paging.limit()).offset(paging.offset());
    let order = if paging.descends() { Order::Desc } else { Order::Asc };
    if let Some(field) = sort {
        // Absent ones come last in both directions, and alike on both databases.
        if matches!(field, OrgField::Identifier | OrgField::Parent) {
            page.order_by_expr(column(field.column()).is_null(), Order::Asc);
        }
        // `active` comes before `tobedeleted`, and true after false.
        let order = match (field, &order) {
            (OrgField::Status, Order::Asc) => Order::Desc,
            (OrgField::Status, _) => Order::Asc,
            (_, order) => order.clone(),
        };
        page.order_by(field.column(), order);
    }
    page.order_by("id", order);
    let db = can.db().snapshot().await?;
    let total = db.query_one(&count).await?.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.unwrap_or_default();
    let rows = db.query_all(&page).await?;
    let base = can.state().settings.public_base();
    let orgs: Result<Vec<_>> = rows.iter().map(|row| Ok(Row::of(row)?.org(base))).collect();
    paging.reply(can, request, "orgs", &orgs?, u64::try_from(total).unwrap_or_default(), FIELDS)
}

async fn item(can: &Caller, id: Uuid, fields: &FieldsQuery, orgs: SelectStatement) -> Result<Reply> {
    let mut one = over(orgs);
    one.and_where(column("id").eq(id));
    let mut below = Statements::select();
    below.column("id").from_subquery(all(can), ORG).and_where(column("parent_id").eq(id));
    below.and_where(column("active").eq(true)).order_by("name_key", Order::Asc).order_by("id", Order::Asc);
    let db = can.db().snapshot().await?;
    let row = db.query_one(&one).await?.ok_or_else(Problem::not_found)?;
    let row = Row::of(&row)?;
    let base = can.state().settings.public_base();
    let children: Result<Vec<_>> = if row.kind == RosterOrgType::School {
        Ok(Vec::new())
    } else {
        let rows = db.query_all(&below).await?;
        rows.iter().map(|row| Ok(reference(base, row.try_get_by_index(0)?))).collect()
    };
    let version = row.version;
    let org = RosterOrg { children: Some(children?), ..row.org(base) };
    paging::item("org", &org, fields, FIELDS, version)
}

/// A row of the statement over all organisations.
pub(super) struct Row {
    pub id: Uuid,
    pub kind: RosterOrgType,
    active: bool,
    updated_at: Instant,
    version: i64,
    pub name: String,
    pub identifier: Option<String>,
    pub parent_id: Option<Uuid>,
    metadata: Option<RosterSchoolMetadata>,
}

impl Row {
    pub(super) fn of(row: &QueryResult) -> Result<Self> {
        let kind = match row.try_get_by_index::<i32>(1)? {
            0 => RosterOrgType::District,
            1 => RosterOrgType::Local,
            _ => RosterOrgType::School,
        };
        let metadata = if kind == RosterOrgType::School {
            let la_code: Option<String> = row.try_get_by_index(9)?;
            let number: Option<String> = row.try_get_by_index(10)?;
            Some(RosterSchoolMetadata {
                dfe_number: dfe_number_of(la_code.as_deref(), number.as_deref()),
                la_code,
                ukprn: row.try_get_by_index(11)?,
                phase: row.try_get_by_index(12)?,
                school_status: row.try_get_by_index(13)?,
                in_scope: row.try_get_by_index(14)?,
            })
        } else {
            None
        };
        Ok(Self {
            id: row.try_get_by_index(0)?,
            kind,
            active: row.try_get_by_index(2)?,
            updated_at: row.try_get_by_index(3)?,
            version: row.try_get_by_index(4)?,
            name: row.try_get_by_index(5)?,
            identifier: row.try_get_by_index(7)?,
            parent_id: row.try_get_by_index(8)?,
            metadata,
        })
    }

    fn org(self, base: &str) -> RosterOrg {
        RosterOrg {
            sourced_id: self.id,
            status: if self.active { RosterStatus::Active } else { RosterStatus::ToBeDeleted },
            date_last_modified: self.updated_at,
            metadata: self.metadata,
            name: self.name,
            r#type: self.kind,
            identifier: self.identifier,
            parent: self.parent_id.map(|parent| reference(base, parent)),
            children: None,
        }
    }
}

fn reference(base: &str, id: Uuid) -> RosterReference {
    let href = format!("{}{ROSTERING}/orgs/{id}", base.trim_end_matches('/'));
    RosterReference { href, sourced_id: id, r#type: RosterReferenceType::Org }
}

/// The active organisations that exist for the caller, the hub first, then its areas, then the schools by their ids.
pub(super) fn active(caller: &Caller) -> SelectStatement {
    let mut rows = over(all(caller));
    rows.and_where(column("active").eq(true));
    rows.order_by_expr(column("parent_id").is_null(), Order::Desc).order_by("rank", Order::Asc);
    rows.order_by("id", Order::Asc);
    rows
}

/// A statement that reads every column of the organisations in another.
fn over(orgs: SelectStatement) -> SelectStatement {
    let mut rows = Statements::select();
    rows.columns(COLUMNS.map(Alias::new)).from_subquery(orgs, ORG);
    rows
}

/// The hub, its areas and its schools, so far as they exist for the caller.
fn all(caller: &Caller) -> SelectStatement {
    // The schools come first: what the others lack gets its type from them.
    let mut rows = schools(caller);
    rows.union(UnionType::All, areas(caller)).union(UnionType::All, hubs(caller));
    rows
}

fn schools(caller: &Caller) -> SelectStatement {
    use school::Column;

    let of = of::<school::Entity>;
    let mut rows = caller.statement::<school::Entity>(true);
    let parent = Func::coalesce([of(Column::AreaId), of(Column::HubId)]);
    let identifier = text(caller, of(Column::Urn));
    let head = [of(Column::Id), rank(2), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, parent.into()];
    let metadata =
        [Column::LaCode, Column::EstablishmentNumber, Column::Ukprn, Column::Phase, Column::Status, Column::InScope];
    select(&mut rows, head.into_iter().chain(own).chain(metadata.map(of)));
    rows
}

fn areas(caller: &Caller) -> SelectStatement {
    use area::Column;

    let of = of::<area::Entity>;
    let mut rows = caller.statement::<area::Entity>(true);
    let identifier = text(caller, of(Column::Code));
    let head = [of(Column::Id), rank(0), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, of(Column::HubId)];
    select(&mut rows, head.into_iter().chain(own).chain(NONE.map(Expr::cust)));
    rows
}

fn hubs(caller: &Caller) -> SelectStatement {
    use hub::Column;

    let of = of::<hub::Entity>;
    let mut rows = caller.statement::<hub::Entity>(true);
    let identifier = text(caller, of(Column::Slug));
    let head = [of(Column::Id), rank(1), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, Expr::cust("NULL")];
    select(&mut rows, head.into_iter().chain(own).chain(NONE.map(Expr::cust)));
    rows
}

/// The metadata of what is no school.
const NONE: [&str; 6] = ["NULL"; 6];

fn select(rows: &mut SelectStatement, values: impl Iterator<Item = Expr>) {
    for (value, name) in values.zip(COLUMNS) {
        rows.expr_as(value, Alias::new(name));
    }
}

fn of<E: EntityTrait>(column: E::Column) -> Expr {
    Expr::col((E::default(), column))
}

fn rank(rank: i32) -> Expr {
    Expr::val(rank).cast_as("integer")
}

/// A column as a text that is ordered by its bytes.
fn text(caller: &Caller, column: Expr) -> Expr {
    let sql = match caller.db().backend() {
        DbBackend::Postgres => "CAST($1 AS text) COLLATE \"C\"",
        _ => "CAST(? AS text)",
    };
    Expr::cust_with_exprs(sql, [column])
}

fn column(name: &'static str) -> Expr {
    Expr::col((Alias::new(ORG), Alias::new(name)))
}

/// The rows for which a filter holds.
fn condition(filter: &Filter<OrgField>) -> Result<Condition> {
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
            let moment = super::session::moment(value).map_err(filter::refused)?;
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

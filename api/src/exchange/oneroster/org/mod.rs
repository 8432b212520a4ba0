//! Organisations: the hub, its areas and its schools.

mod field;
mod statement;

use actix_web::HttpRequest;
use entity::choice;
use entity::instant::Instant;
use entity::schools::school::{SchoolPhase, SchoolStatus};
use sea_orm::sea_query::{Expr, Query as Statements, SelectStatement};
use sea_orm::{ExprTrait, Order, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use self::field::{OrgField, condition};
pub(super) use self::statement::active;
use self::statement::{ORG, all, column, over, schools};
use super::paging::{self, FieldsQuery, Paging};
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

//! Organisations and people the hub works with.

use entity::external::{ExternalId, ExternalIds};
use entity::identity::grant;
use entity::list::List as Listing;
use entity::packages::{order_line, package_order};
use entity::partners::partner::{self, PartnerKind, PartnerRole};
use entity::people::post;
use entity::schools::{school, school_group};
use entity::training::training_event;
use entity::visits::visit;
use sea_orm::sea_query::Query as Sql;

use crate::kernel::base::period::not_over;
use crate::kernel::prelude::*;
use crate::people::store;
use crate::schools::school::School;
use crate::schools::school_group::SchoolGroup;

record! {
    /// An organisation, a place or a person the hub works with.
    Partner from NewPartner in partner {
        /// The name.
        #[schema(min_length = 1, max_length = 200, example = "Soar Valley Community Band")]
        name: String,
        /// What it is.
        #[schema(example = "organisation")]
        kind: PartnerKind,
        /// What it does for the plan, each role once.
        #[serde(default)]
        #[schema(
            value_type = Vec<PartnerRole>,
            max_items = 10,
            example = json!(["ensemble_host", "outreach_workshops"]),
        )]
        roles: Listing<PartnerRole>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns
        /// go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Rehearses on Tuesdays in the college hall")]
        note: Option<String>,
        /// The school that it is, if it is one of the register.
        #[schema(example = json!(null))]
        school_id: Option<Uuid>,
        /// The group of schools that it is, if it is one.
        #[schema(example = json!(null))]
        school_group_id: Option<Uuid>,
        /// Website.
        #[schema(pattern = r"^https?://[^\s]+$", max_length = 300, example = "https://www.soarvalleyband.example")]
        website: Option<String>,
        /// The keys by which partner systems know it, one for each system.
        #[serde(default)]
        #[schema(
            value_type = Vec<ExternalId>,
            max_items = 20,
            example = json!([{ "system": "paritor", "id": "ORG-00031" }]),
        )]
        external_ids: ExternalIds,
    }
    initial { name_key: String::new() }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The group of schools, when asked for with `expand=school_group`.
        school_group: SchoolGroup,
    }
}

impl Resource for Partner {
    type Entity = partner::Entity;
    type Form = NewPartner;
    type Filter = PartnerFilter;

    const PATH: &'static str = "/partners";
    const READ: Scope = Scope::ReadPartners;
    const SORTS: &'static [(&'static str, partner::Column)] =
        &[("name", partner::Column::NameKey), ("updated_at", partner::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "note", "website"];
    const COUNTS: &'static [&'static str] = &["kind"];
    const EXPANDS: &'static [&'static str] = &["school", "school_group"];

    fn refs(form: &NewPartner) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<school_group::Entity>("/school_group_id", form.school_group_id)
    }

    fn faults(form: &NewPartner) -> Vec<Fault> {
        let roles = form.roles.iter().enumerate();
        roles
            .filter(|(index, role)| form.roles[..*index].contains(role))
            .map(|(index, _)| Fault::new(format!("/roles/{index}"), "duplicate", "each role once"))
            .chain(one_key_each(&form.external_ids))
            .collect()
    }

    fn complete(row: &mut partner::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &partner::Model) -> Value {
        json!({ "name": row.name, "external_ids": row.external_ids })
    }

    fn external_ids(row: &partner::Model) -> Option<&ExternalIds> {
        Some(&row.external_ids)
    }

    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["note"]) }
    }

    fn referenced_by(row: &partner::Model, caller: &Caller) -> ReferencedBy {
        let grants = not_over(grant::Column::ToOn, caller.today()).add(grant::Column::PartnerId.eq(row.id));
        let provided = visit::under_way().add(visit::Column::ProviderId.eq(row.id));
        let posts = not_over(post::Column::ToOn, caller.today()).add(post::Column::ProviderId.eq(row.id));
        let hosted = training_event::ahead().add(training_event::Column::HostPartnerId.eq(row.id));
        let mut open = Sql::select();
        open.column(package_order::Column::Id)
            .from(package_order::Entity)
            .and_where(package_order::Column::HubId.eq(row.hub_id))
            .and_where(package_order::Column::Status.is_in(package_order::OPEN.iter().copied()));
        let to_deliver = Condition::all()
            .add(order_line::Column::ProviderId.eq(row.id))
            .add(order_line::Column::OrderId.in_subquery(open));
        let uses = ReferencedBy::default()
            .by::<grant::Entity>(grants)
            .by::<visit::Entity>(provided)
            .by::<post::Entity>(posts)
            .by::<training_event::Entity>(hosted)
            .by::<order_line::Entity>(to_deliver);
        store::in_plans(uses, caller, "partner_id", row.id)
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[partner::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<SchoolGroup>(caller, db, rows.iter().map(|row| row.school_group_id)).await,
        }
    }
}

/// Narrows the list of partners.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PartnerFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "band")]
    pub q: Option<String>,
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 11)]
    pub kind: Vec<PartnerKind>,
    /// Any of these roles.
    #[serde(default)]
    #[param(max_items = 10)]
    pub role: Vec<PartnerRole>,
    /// The school that it is.
    pub school_id: Option<Uuid>,
    /// The group of schools that it is.
    pub school_group_id: Option<Uuid>,
}

impl Filter<partner::Entity> for PartnerFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let backend = caller.db().backend();
        let roles = self.role.iter().fold(None::<Condition>, |roles, role| {
            let has = json_has(backend, partner::Column::Roles, role.as_str());
            Some(roles.unwrap_or_else(Condition::any).add(has))
        });
        Condition::all()
            .add_option(contains(partner::Column::NameKey, self.q.as_deref()))
            .add_option(any_of(partner::Column::Kind, &self.kind))
            .add_option(roles)
            .add_option(is(partner::Column::SchoolId, self.school_id))
            .add_option(is(partner::Column::SchoolGroupId, self.school_group_id))
    }
}

routes! {
    ReadPartners: list_partners, count_partners, get_partner, get_partner_by_key;
    WritePartners: create_partner, update_partner, archive_partner, put_partner_by_key, restore_partner;
    ReadPartners: list_partner_history;
}

/// Lists the partners.
///
/// A school's own people see partners without the hub's notes.
#[utoipa::path(get, path = "/partners", params(List<Partner>), responses((status = 200, body = Page<Partner>)))]
async fn list_partners(can: Can<ReadPartners>, list: List<Partner>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the partners by one or two of their fields.
#[utoipa::path(get, path = "/partners/counts", params(CountBy<Partner>), responses((status = 200, body = Counts)))]
async fn count_partners(can: Can<ReadPartners>, by: CountBy<Partner>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a partner.
#[utoipa::path(post, path = "/partners", responses((status = 201, body = Partner)))]
async fn create_partner(can: Can<WritePartners>, form: Json<NewPartner>) -> Result<Reply> {
    crud::create::<Partner>(&can, form).await
}

/// Gets a partner.
#[utoipa::path(get, path = "/partners/{id}", params(Show<Partner>), responses((status = 200, body = Partner)))]
async fn get_partner(can: Can<ReadPartners>, id: Id, show: Show<Partner>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets a partner by a key.
#[utoipa::path(
    get,
    path = "/partners/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "ORG-00031"), Show<Partner>),
    responses((status = 200, body = Partner)),
)]
async fn get_partner_by_key(can: Can<ReadPartners>, key: ByKey, show: Show<Partner>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a partner.
#[utoipa::path(patch, path = "/partners/{id}", responses((status = 200, body = Partner)))]
async fn update_partner(can: Can<WritePartners>, id: Id, patch: Patch<NewPartner>) -> Result<Reply> {
    crud::update::<Partner>(&can, id.0, patch).await
}

/// Creates a partner, or changes it, by a partner system's key.
///
/// `system` is one of the partner systems in `external_ids`. A missing field keeps its value,
/// `null` clears it, and an archived partner is restored.
#[utoipa::path(
    put,
    path = "/partners/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "ORG-00031")),
    responses((status = 200, body = Partner), (status = 201, body = Partner)),
)]
async fn put_partner_by_key(can: Can<WritePartners>, key: ByKey, form: Patch<NewPartner>) -> Result<Reply> {
    crud::put_by_key::<Partner>(&can, &key, &form).await
}

/// Archives a partner.
///
/// Refused (409) while a grant that has not ended, an order that is not delivered, or a plan that is not closed, names
/// it.
#[utoipa::path(delete, path = "/partners/{id}", responses((status = 204)))]
async fn archive_partner(can: Can<WritePartners>, id: Id) -> Result<Reply> {
    crud::archive::<Partner>(&can, id.0).await
}

/// Restores an archived partner.
#[utoipa::path(post, path = "/partners/{id}/restore", responses((status = 200, body = Partner)))]
async fn restore_partner(can: Can<WritePartners>, id: Id) -> Result<Reply> {
    crud::restore::<Partner>(&can, id.0).await
}

/// Shows a partner's history.
#[utoipa::path(get, path = "/partners/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_partner_history(can: Can<ReadPartners>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Partner>(&can, id.0, &part).await
}

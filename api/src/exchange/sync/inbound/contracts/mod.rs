//! Contracts of a music service, as references of our orders.

mod decide;

use std::collections::{BTreeSet, HashMap};

use entity::exchange::sync_link::LinkFields;
use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::external::{ExternalId, ExternalIds};
use entity::owned::Owned;
use entity::packages::package_order::{self, Column, OrderStatus};
use entity::row::Row as _;
use sea_orm::{ColumnTrait, Condition, QuerySelect};
use uuid::Uuid;

use self::decide::{Offered, OrderFacts, Verdict};
use crate::exchange::sync::record::{Contract, ContractStatus, SourceRow};
use crate::exchange::sync::run::{Link, Place, Planned, Reported, Run, gone};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job::Stop;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, Write};
use crate::packages::order::Order;

/// What is done about a contract.
struct PlannedContract {
    /// The order that gets the contract's key.
    links: Option<(Uuid, ExternalId)>,
    /// What is to be remembered, where that differs from what is.
    link: Option<Link>,
    reported: Reported,
}

impl Planned for PlannedContract {
    fn told(&self) -> Vec<Reported> {
        vec![self.reported.clone()]
    }

    fn links(&self) -> Vec<Link> {
        self.link.iter().cloned().collect()
    }
}

/// Leads the contracts of a source to our orders.
///
/// # Errors
/// When the job is lost or cancelled; when the database is away.
pub async fn take(run: &mut Run<'_>) -> Result<(), Stop> {
    let contracts = std::mem::take(&mut run.tables.contracts);
    if !contracts.taken {
        return Ok(());
    }
    let mut links = run.links(SyncSection::Contracts).await?;
    let orders = orders(run).await?;
    let by_id: HashMap<Uuid, &OrderFacts> = orders.iter().map(|order| (order.id, order)).collect();
    let offered = offered(run, &contracts.rows, &links);
    let verdicts = decide::decide(&run.source.name, &offered, &orders, &|one, other| run.schools.are_tied(one, other));
    let at: HashMap<&str, &Offered<'_>> = offered.iter().map(|it| (it.key, it)).collect();
    let (mut told, mut planned) = (Vec::new(), Vec::new());
    for SourceRow { key, row, remarks, .. } in &contracts.rows {
        let outcome = if row.is_some() { SyncOutcome::Unchanged } else { SyncOutcome::Rejected };
        told.extend(remarks.iter().map(|remark| Reported::remark(SyncSection::Contracts, remark, outcome)));
        let Some(contract) = row else { continue };
        let (Some(offered), Some(verdict)) = (at.get(key.as_str()), verdicts.get(key)) else {
            told.push(nowhere(run, key, contract));
            continue;
        };
        let plan = plan(run, offered, verdict, links.get(key), &by_id);
        if plan.links.is_none() && plan.link.is_none() { told.push(plan.reported) } else { planned.push(plan) }
    }
    for row in &contracts.rows {
        links.remove(&row.key);
    }
    for link in gone(links.into_values(), contracts.tells_missing()) {
        let (reported, link) = link.lost(package_order::Entity::table(), run.caller.now());
        planned.push(PlannedContract { links: None, link: Some(link), reported });
    }
    run.tell(told).await?;
    run.store(&planned, async |tx, some| write(tx, some).await).await
}

/// The orders of the hub.
async fn orders(run: &Run<'_>) -> Result<Vec<OrderFacts>> {
    type Cells = (Uuid, Uuid, String, OrderStatus, i64, Option<String>, ExternalIds);
    let rows = run.caller.rows::<package_order::Entity>().select_only().columns([
        Column::Id,
        Column::SchoolId,
        Column::AcademicYear,
        Column::Status,
        Column::TotalPence,
        Column::PurchaseOrderNumber,
        Column::ExternalIds,
    ]);
    let rows: Vec<Cells> = rows.into_tuple().all(run.caller.db().reports()).await?;
    let facts = |(id, school_id, academic_year, status, total_pence, number, external_ids): Cells| OrderFacts {
        id,
        school_id,
        academic_year,
        status,
        total_pence,
        number,
        external_ids: external_ids.into_vec(),
    };
    Ok(rows.into_iter().map(facts).collect())
}

/// The contracts at schools of the hub.
fn offered<'a>(run: &Run<'_>, rows: &'a [SourceRow<Contract>], links: &HashMap<String, Link>) -> Vec<Offered<'a>> {
    let one = |SourceRow { key, row, .. }: &'a SourceRow<Contract>| {
        let contract = row.as_ref()?;
        let Place::School(school) = run.schools.of(contract.school.as_deref()?) else { return None };
        let linked = links.get(key).and_then(|link| link.item_in(package_order::Entity::table()));
        Some(Offered { key, contract, school, linked })
    };
    rows.iter().filter_map(one).collect()
}

/// Reports a contract that is at no school of the hub.
fn nowhere(run: &Run<'_>, key: &str, contract: &Contract) -> Reported {
    let row = |outcome| Reported::new(SyncSection::Contracts, key, outcome);
    match contract.school.as_deref().map(|contact| run.schools.of(contact)) {
        Some(Place::Review | Place::Unread) => row(SyncOutcome::Waiting),
        Some(Place::OutOfArea) => row(SyncOutcome::OutOfArea),
        Some(Place::Ignored) => row(SyncOutcome::Ignored),
        Some(Place::School(_) | Place::Unknown) => {
            let fix = "its school is gone from the source: lead the contract to a school, or remove it";
            row(SyncOutcome::Rejected).because("unknown_reference", fix).at("school")
        }
        None => row(SyncOutcome::Rejected).because("required", "the contract names no school").at("school"),
    }
}

/// What a contract and its order say, for a digest.
#[derive(serde::Serialize)]
struct Content<'a> {
    number: &'a str,
    school: Uuid,
    academic_year: &'a str,
    value_pence: Option<i64>,
    called_off: bool,
    order: Option<(Uuid, OrderStatus, i64)>,
}

fn plan(
    run: &Run<'_>,
    offered: &Offered<'_>,
    verdict: &Verdict,
    link: Option<&Link>,
    orders: &HashMap<Uuid, &OrderFacts>,
) -> PlannedContract {
    let table = package_order::Entity::table();
    let Offered { key, contract, school, .. } = *offered;
    let order = match verdict {
        Verdict::Linked(id) | Verdict::Links(id) => orders.get(id).copied(),
        _ => None,
    };
    let content = Content {
        number: &contract.number,
        school,
        academic_year: &contract.academic_year,
        value_pence: contract.value_pence,
        called_off: contract.status == ContractStatus::CalledOff,
        order: order.map(|order| (order.id, order.status, order.total_pence)),
    };
    let fingerprint = run.salt().digest(&content);
    let is_known =
        link.is_some_and(|link| link.is_same(&fingerprint) && link.item_in(table) == order.map(|order| order.id));
    let row = |outcome| Reported::new(SyncSection::Contracts, key, outcome).school(school);
    // A conflict is listed once, and again when one of the two sides changes.
    let conflict = if is_known { SyncOutcome::Unchanged } else { SyncOutcome::Conflict };
    let number = &contract.number;
    // An order in which somebody entered the number as the key keeps that.
    let gets_key = order.filter(|order| {
        matches!(verdict, Verdict::Links(_)) && !order.external_ids.iter().any(|it| it.system == run.source.name)
    });
    let reported = match verdict {
        Verdict::Links(_) | Verdict::Linked(_) => {
            let links = gets_key.is_some();
            let done = if links { SyncOutcome::Updated } else { SyncOutcome::Unchanged };
            let contradiction = order.and_then(|order| decide::contradiction(contract, order));
            let reported = match contradiction {
                Some((code, fix)) if links => row(done).because(code, fix),
                Some((code, fix)) => row(conflict).because(code, fix),
                None => row(done),
            };
            if links { reported.fields(["external_ids"]) } else { reported }
        }
        Verdict::Credit => row(SyncOutcome::Unchanged).because("credit", "a credit is no order").at("value"),
        Verdict::NoOrder => {
            let fix = format!(
                "no order of the school has the number {number}: enter it as the order's purchase order \
                               number, or the key {key} under `{}` in its external_ids",
                run.source.name
            );
            row(SyncOutcome::Unchanged).because("no_order", fix)
        }
        Verdict::SeveralOrders(count) => {
            let fix = format!("{count} orders of the school have the number {number}: leave it on one");
            row(conflict).because("several_orders", fix).at("number")
        }
        Verdict::NumberTwice(id) => {
            let fix = format!(
                "several contracts of the school have the number {number}: enter the key of the right one \
                               under `{}` in the order's external_ids",
                run.source.name
            );
            row(conflict).because("number_twice", fix).at("number").item(table, *id)
        }
        Verdict::OtherSchool(id) => {
            let fix = format!("the order with the number {number} is another school's: correct one of the two");
            row(conflict).because("other_school", fix).at("number").item(table, *id)
        }
        Verdict::OtherContract(id) => {
            let fix =
                format!("the order with the number {number} has another contract already: correct one of the two");
            row(conflict).because("other_contract", fix).at("number").item(table, *id)
        }
    };
    let reported = match order {
        Some(order) => reported.item(table, order.id),
        None => reported,
    };
    let relinked = || {
        let link = link.cloned().unwrap_or_else(|| run.new_link(SyncSection::Contracts, key));
        let link = link.saying(fingerprint, LinkFields::default());
        match order {
            Some(order) => link.to(table, order.id),
            None => link.to_nothing(),
        }
    };
    let id = || ExternalId { system: run.source.name.clone(), id: key.to_owned() };
    PlannedContract { links: gets_key.map(|order| (order.id, id())), link: (!is_known).then(relinked), reported }
}

/// Gives orders the keys of their contracts.
async fn write(write: &mut Write, items: &[&PlannedContract]) -> Result<()> {
    let keys: HashMap<Uuid, &ExternalId> =
        items.iter().filter_map(|item| Some((item.links.as_ref()?.0, &item.links.as_ref()?.1))).collect();
    let ids: BTreeSet<Uuid> = keys.keys().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let orders = write.rows_archived::<package_order::Entity>(Condition::all().add(Column::Id.is_in(ids))).await?;
    let changed = orders.into_iter().filter(|order| order.archived_at.is_none()).map(|before| {
        let key = keys[&before.id];
        let others = before.external_ids.iter().filter(|it| it.system != key.system).cloned();
        let mut after = package_order::Model { external_ids: others.chain([key.clone()]).collect(), ..before.clone() };
        after.set_meta(write.meta_after(&before));
        (before, after)
    });
    let changed: Vec<_> = changed.collect();
    let steps =
        changed.iter().map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Update });
    write.store_many::<Order>(&steps.collect::<Vec<_>>()).await
}

//! The lines of a quote: what the service fills, what a school may set, and what the hub may set.

use std::collections::{HashMap, HashSet};

use entity::packages::order_line;
use entity::packages::package::{self, PackageStatus};
use entity::packages::package_order::{self, OrderLine, OrderLines};
use entity::schools::school;
use sea_orm::{QueryFilter, QuerySelect};
use time::{Date, Duration};

use crate::kernel::caller::identity::Actor;
use crate::kernel::prelude::*;
use crate::packages::{rules, store};

/// How long a quote holds unless the hub says otherwise.
const HOLDS: Duration = Duration::days(30);

/// Fills and checks a quote. A line that is known keeps its price; a new one gets the price of today.
///
/// # Errors
/// 403 where a school changes what the hub has priced by hand; 422 with every fault.
pub async fn quote(
    write: &Write,
    before: Option<&package_order::Model>,
    after: &mut package_order::Model,
) -> Result<()> {
    let by_hub = write.caller().expect_writes_hub(super::QUOTES).is_ok();
    if let Some(before) = before.filter(|before| !by_hub && priced_by_hand(before) && offer(before) != offer(after)) {
        let detail = format!("the hub has set prices in quote {} by hand: ask the hub to change it", before.id);
        return Err(Problem::forbidden(detail));
    }
    let mut faults = of_the_hub(before, after, by_hub);
    let today = write.caller().today();
    let old = before.and_then(|before| before.expires_on);
    let expires_on = *after.expires_on.get_or_insert(old.filter(|_| !by_hub).unwrap_or(today + HOLDS));
    if after.expires_on != old && expires_on < today {
        faults.push(Fault::new("/expires_on", "order", "not before today"));
    }
    let known: HashMap<Uuid, OrderLine> = before
        .iter()
        .flat_map(|before| before.lines.iter())
        .filter_map(|line| Some((line.id?, line.clone())))
        .collect();
    let catalogue = Catalogue::load(write, &known, after).await?;
    let mut lines: Vec<OrderLine> = after.lines.to_vec();
    let mut seen = Vec::new();
    for (at, line) in lines.iter_mut().enumerate() {
        let old = match line.id {
            Some(id) if !known.contains_key(&id) => {
                let message = "the order has no such line: leave the id of a new line out";
                faults.push(Fault::new(format!("/lines/{at}/id"), "unknown_reference", message));
                continue;
            }
            Some(id) if seen.contains(&id) => {
                faults.push(Fault::new(format!("/lines/{at}/id"), "duplicate", "each line once"));
                continue;
            }
            id => id.and_then(|id| known.get(&id)),
        };
        seen.extend(line.id);
        let filled = catalogue.fill(line, old, by_hub);
        faults.extend(filled.err().into_iter().flatten().map(|fault| below(at, fault)));
    }
    give_ids(write, before.is_none(), &mut lines);
    after.lines = OrderLines::from(lines);
    faults.extend(of_subsidies(after));
    match rules::term_number(&after.academic_year, after.term) {
        Some(number) => {
            after.term_number = number;
            let chosen = before.is_none_or(|before| before.term_number != number);
            faults.extend(chosen.then(|| of_term(write.caller(), number, by_hub)).flatten());
        }
        None => {
            let message = "an academic year is a year and the last two digits of the next, such as 2014/15";
            faults.push(Fault::new("/academic_year", "order", message));
        }
    }
    match rules::totals(&after.lines, &after.subsidies) {
        Ok(totals) => {
            (after.lines_pence, after.subsidy_pence, after.total_pence) = (totals.lines, totals.subsidy, totals.total);
        }
        // The sum of lines without a price means nothing.
        Err(fault) if faults.is_empty() => faults.push(fault),
        Err(_) => {}
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

fn priced_by_hand(order: &package_order::Model) -> bool {
    !order.subsidies.is_empty() || order.lines.iter().any(|line| line.price_reason.is_some())
}

/// What a quote offers, as far as a school may change it.
fn offer(order: &package_order::Model) -> (&OrderLines, &str, package_order::SchoolTerm) {
    (&order.lines, &order.academic_year, order.term)
}

/// The faults of a school that sets what the hub sets.
fn of_the_hub(before: Option<&package_order::Model>, after: &package_order::Model, by_hub: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let subsidies = before.map_or_else(Default::default, |before| before.subsidies.clone());
    if !by_hub && after.subsidies != subsidies {
        faults.push(Fault::new("/subsidies", "fixed", "the hub grants subsidies: leave them as they are"));
    }
    let expires_on = before.and_then(|before| before.expires_on);
    if !by_hub && after.expires_on.is_some() && after.expires_on != expires_on {
        faults.push(Fault::new("/expires_on", "fixed", "the hub says how long a quote holds: leave it as it is"));
    }
    faults
}

fn of_subsidies(order: &package_order::Model) -> Vec<Fault> {
    let unknown = order.subsidies.iter().enumerate().filter(|(_, subsidy)| {
        subsidy.package_id.is_some_and(|id| !order.lines.iter().any(|line| line.package_id == id))
    });
    let fault = |at| {
        let message = "no line of the order has this package";
        Fault::new(format!("/subsidies/{at}/package_id"), "unknown_reference", message)
    };
    unknown.map(|(at, _)| fault(at)).collect()
}

/// The fault of a term for which the caller enters no quote. The service itself enters any, for the past of the demo.
fn of_term(caller: &Caller, term: i32, by_hub: bool) -> Option<Fault> {
    let allowed = rules::terms_to_quote(caller.today(), by_hub);
    if caller.actor == Actor::System || allowed.contains(&term) {
        return None;
    }
    let (first, last) = (*allowed.start(), *allowed.end());
    let same_year = rules::term_of(term).0 == rules::term_of(first).0;
    let pointer = if same_year { "/term" } else { "/academic_year" };
    let (who, ask) = if by_hub { ("the hub enters", "") } else { ("a school asks for", ", or ask the hub") };
    let (first, last) = (rules::term_in_words(first), rules::term_in_words(last));
    Some(Fault::new(pointer, "order", format!("{who} quotes for {first} to {last}: choose one of these terms{ask}")))
}

fn below(at: usize, fault: Fault) -> Fault {
    Fault { pointer: format!("/lines/{at}{}", fault.pointer), ..fault }
}

fn give_ids(write: &Write, new: bool, lines: &mut [OrderLine]) {
    for (at, line) in lines.iter_mut().enumerate().filter(|(_, line)| line.id.is_none()) {
        let first = new && at == 0;
        line.id = Some(if first { write.meta_of::<order_line::Entity>().id } else { Uuid::now_v7() });
    }
}

/// The packages of new lines, and what their prices depend on.
struct Catalogue {
    packages: HashMap<Uuid, package::Model>,
    /// The packages in pilot that the school tries out today.
    tried: HashSet<Uuid>,
    pupils: Option<i32>,
}

impl Catalogue {
    async fn load(write: &Write, known: &HashMap<Uuid, OrderLine>, order: &package_order::Model) -> Result<Self> {
        let kept = |line: &OrderLine| line.id.and_then(|id| known.get(&id)).is_some_and(|old| is_same(line, old));
        let ids: Vec<Uuid> = order.lines.iter().filter(|line| !kept(line)).map(|line| line.package_id).collect();
        if ids.is_empty() {
            return Ok(Self { packages: HashMap::new(), tried: HashSet::new(), pupils: None });
        }
        let caller = write.caller();
        let rows = caller.rows::<package::Entity>().filter(package::Column::Id.is_in(ids)).all(write.tx()).await?;
        let school = caller.rows::<school::Entity>().filter(school::Column::Id.eq(order.school_id));
        let pupils = school.select_only().column(school::Column::Pupils).into_tuple::<Option<i32>>();
        let pupils = pupils.one(write.tx()).await?.flatten();
        let in_pilot: Vec<Uuid> =
            rows.iter().filter(|row| row.status == PackageStatus::Pilot).map(|row| row.id).collect();
        let tried = store::tried_by(write, order.school_id, &in_pilot).await?;
        Ok(Self { packages: rows.into_iter().map(|row| (row.id, row)).collect(), tried, pupils })
    }

    /// Fills what the service knows of a line, and decides about its price.
    fn fill(&self, line: &mut OrderLine, old: Option<&OrderLine>, by_hub: bool) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        if !by_hub && line.provider_id != old.and_then(|old| old.provider_id) {
            faults.push(Fault::new("/provider_id", "fixed", "the hub says who delivers: leave it as it is"));
        }
        let (price, reason) = match old.filter(|old| is_same(line, old)) {
            Some(old) => {
                (line.code, line.title) = (old.code.clone(), old.title.clone());
                (line.unit, line.vat_code) = (old.unit, old.vat_code.clone());
                (Ok(old.price_pence.unwrap_or_default()), old.price_reason.clone())
            }
            None => {
                let Some(package) = self.packages.get(&line.package_id) else {
                    let message = "there is no such package that you can order";
                    faults.push(Fault::new("/package_id", "unknown_reference", message));
                    return Err(faults);
                };
                if !package::ON_SALE.contains(&package.status) {
                    let message = format!("the package is {}: only what is in pilot or live is quoted", package.status);
                    faults.push(Fault::new("/package_id", "unknown_reference", message));
                    return Err(faults);
                }
                // The hub quotes ahead of a pilot; to order, the school takes part in any case.
                if !by_hub && package.status == PackageStatus::Pilot && !self.tried.contains(&package.id) {
                    let message = "the package is in pilot, and your school takes part in no pilot that is not over";
                    faults.push(Fault::new("/package_id", "unknown_reference", message));
                    return Err(faults);
                }
                (line.code, line.title) = (Some(package.code.clone()), Some(package.title.clone()));
                (line.unit, line.vat_code) = (Some(package.unit), Some(package.vat_code.clone()));
                (rules::price(package, self.pupils), None)
            }
        };
        let by_hand = line.price_pence.filter(|asked| price.as_ref() != Ok(asked));
        match (by_hand, price) {
            (None, Ok(price)) => {
                line.price_pence = Some(price);
                line.price_reason = reason.map(|known| line.price_reason.take().filter(|_| by_hub).unwrap_or(known));
            }
            (None, Err(message)) => faults.push(Fault::new("/package_id", "no_price", message)),
            (Some(_), _) if !by_hub => {
                let message = "the price is the package's: leave it out, and the service fills it";
                faults.push(Fault::new("/price_pence", "fixed", message));
            }
            (Some(_), _) if line.price_reason.is_none() => {
                let message = "say why the price is not the package's";
                faults.push(Fault::new("/price_reason", "missing", message));
            }
            (Some(_), _) => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// Returns true if a line is of the same package as it was.
fn is_same(line: &OrderLine, old: &OrderLine) -> bool {
    line.package_id == old.package_id
}

/// Refuses a change of what was agreed, once a quote is ordered. Who delivers may still change.
///
/// # Errors
/// 409, which says what to do instead.
pub fn expect_kept(before: &package_order::Model, after: &package_order::Model, by_hub: bool) -> Result<()> {
    let agreed = |order: &package_order::Model| {
        let lines = order.lines.iter().map(|line| OrderLine { provider_id: None, ..line.clone() });
        let expires: Option<Date> = order.expires_on;
        (lines.collect::<Vec<_>>(), order.subsidies.clone(), order.academic_year.clone(), order.term, expires)
    };
    if agreed(before) != agreed(after) {
        let detail = format!(
            "cannot change the lines, subsidies, term or expiry of an order that is {}: cancel it, and ask for another \
             quote",
            before.status
        );
        return Err(Problem::conflict(detail));
    }
    if !by_hub && before.lines != after.lines {
        return Err(Problem::forbidden("the hub says who delivers: leave `provider_id` as it is"));
    }
    Ok(())
}

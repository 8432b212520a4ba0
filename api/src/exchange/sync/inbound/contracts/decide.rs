//! Which order a contract belongs to. Pure.
//!
//! The music service's contract is the reference of our order: the order gets the contract's key, and nothing else of
//! it changes. No contract makes an order, since it names no package.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::external::ExternalId;
use entity::packages::package_order::OrderStatus;
use uuid::Uuid;

use crate::exchange::sync::record::{Contract, ContractStatus};

/// An order, as far as contracts are concerned.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    /// The order.
    pub id: Uuid,
    /// Its school.
    pub school_id: Uuid,
    /// Its academic year.
    pub academic_year: String,
    /// How far it is.
    pub status: OrderStatus,
    /// What the school pays.
    pub total_pence: i64,
    /// The number by which the school and finance know it.
    pub number: Option<String>,
    /// The keys of partner systems.
    pub external_ids: Vec<ExternalId>,
}

/// A contract at a school.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    /// The contract's key.
    pub key: &'a str,
    /// What it says.
    pub contract: &'a Contract,
    /// The school to which its contact leads.
    pub school: Uuid,
    /// The order to which it led before.
    pub linked: Option<Uuid>,
}

/// What comes of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The order has its key.
    Linked(Uuid),
    /// The order gets its key.
    Links(Uuid),
    /// It is paid back, and is no order.
    Credit,
    /// No order has its number.
    NoOrder,
    /// Several orders have its number.
    SeveralOrders(usize),
    /// Its number stands on several contracts of the same order.
    NumberTwice(Uuid),
    /// The order that has its number is another school's.
    OtherSchool(Uuid),
    /// The order that has its number already has another contract of the source.
    OtherContract(Uuid),
}

/// A number as numbers are compared: without blanks, in capitals.
fn folded(number: &str) -> String {
    number.split_whitespace().collect::<String>().to_uppercase()
}

/// Decides about the contracts of a source. `are_tied` says whether two schools are of one line.
#[must_use]
pub fn decide(
    system: &str,
    contracts: &[Offered<'_>],
    orders: &[OrderFacts],
    are_tied: &dyn Fn(Uuid, Uuid) -> bool,
) -> BTreeMap<String, Verdict> {
    let known: HashSet<Uuid> = orders.iter().map(|order| order.id).collect();
    let key_of = |order: &OrderFacts| order.external_ids.iter().find(|it| it.system == system).map(|it| it.id.clone());
    let by_key: HashMap<String, Uuid> = orders.iter().filter_map(|order| Some((key_of(order)?, order.id))).collect();
    let mut by_number: HashMap<String, Vec<&OrderFacts>> = HashMap::new();
    for order in orders {
        // A person can have entered the contract's number where the source's key belongs.
        let numbers = [order.number.clone(), key_of(order)].into_iter().flatten().map(|number| folded(&number));
        for number in numbers.filter(|number| !number.is_empty()).collect::<BTreeSet<_>>() {
            by_number.entry(number).or_default().push(order);
        }
    }
    let mut verdicts = BTreeMap::new();
    let mut wanted: HashMap<Uuid, Vec<&str>> = HashMap::new();
    for offered in contracts {
        let has_key = by_key.get(offered.key).copied();
        if let Some(order) = has_key.or(offered.linked.filter(|id| known.contains(id))) {
            verdicts.insert(offered.key.to_owned(), Verdict::Linked(order));
            continue;
        }
        let verdict = match offered.contract.value_pence {
            Some(..0) => Verdict::Credit,
            _ => by_its_number(offered, &by_number, are_tied),
        };
        if let Verdict::Links(order) = verdict {
            wanted.entry(order).or_default().push(offered.key);
        }
        verdicts.insert(offered.key.to_owned(), verdict);
    }
    let keys: HashMap<Uuid, String> = orders.iter().filter_map(|order| Some((order.id, key_of(order)?))).collect();
    let numbers: HashMap<&str, String> = contracts.iter().map(|it| (it.key, folded(&it.contract.number))).collect();
    for (order, contracts) in wanted {
        for key in &contracts {
            let other = keys.get(&order).is_some_and(|id| Some(&folded(id)) != numbers.get(key));
            if contracts.len() > 1 {
                verdicts.insert((*key).to_owned(), Verdict::NumberTwice(order));
            } else if other {
                verdicts.insert((*key).to_owned(), Verdict::OtherContract(order));
            }
        }
    }
    verdicts
}

/// Looks for the order with a contract's number: of its school, and of its year if there are several.
fn by_its_number(
    offered: &Offered<'_>,
    by_number: &HashMap<String, Vec<&OrderFacts>>,
    are_tied: &dyn Fn(Uuid, Uuid) -> bool,
) -> Verdict {
    let of_number = by_number.get(&folded(&offered.contract.number)).map_or(&[][..], Vec::as_slice);
    let of_school = |order: &OrderFacts| order.school_id == offered.school || are_tied(order.school_id, offered.school);
    let at_school: Vec<&OrderFacts> = of_number.iter().copied().filter(|order| of_school(order)).collect();
    let is_of_year = |order: &&&OrderFacts| order.academic_year == offered.contract.academic_year;
    let of_year: Vec<&OrderFacts> = at_school.iter().filter(is_of_year).copied().collect();
    match (at_school.as_slice(), of_year.as_slice()) {
        ([], _) => of_number.first().map_or(Verdict::NoOrder, |order| Verdict::OtherSchool(order.id)),
        ([order], _) | (_, [order]) => Verdict::Links(order.id),
        (all, _) => Verdict::SeveralOrders(all.len()),
    }
}

/// What a contract and its order contradict each other in: a code, and how to fix it.
#[must_use]
pub fn contradiction(contract: &Contract, order: &OrderFacts) -> Option<(&'static str, String)> {
    let called_off = contract.status == ContractStatus::CalledOff;
    match (called_off, order.status) {
        (true, OrderStatus::Cancelled) => None,
        (true, status) => {
            let fix =
                format!("the contract is called off, and the order is {status}: cancel the order if that is meant");
            Some(("called_off", fix))
        }
        (false, OrderStatus::Cancelled) => {
            Some(("cancelled_here", "the order is cancelled, and the contract stands: call one off".to_owned()))
        }
        (false, _) => {
            // A value that is blank is not known.
            let value = contract.value_pence.filter(|value| *value >= 0 && *value != order.total_pence)?;
            let pounds = |pence: i64| format!("£{}.{:02}", pence / 100, pence % 100);
            let fix = format!("the contract is worth {}, the order {}", pounds(value), pounds(order.total_pence));
            Some(("value_differs", fix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHOOL: Uuid = Uuid::from_u128(1);
    const ACADEMY: Uuid = Uuid::from_u128(2);
    const OTHER: Uuid = Uuid::from_u128(3);
    const SYSTEM: &str = "music-service";

    fn contract(number: &str) -> Contract {
        Contract {
            number: number.to_owned(),
            school: None,
            academic_year: "2024/25".to_owned(),
            product: None,
            value_pence: Some(125_000),
            status: ContractStatus::Signed,
            signed_on: None,
            cancelled_on: None,
        }
    }

    fn order(id: u128, school_id: Uuid, number: Option<&str>, key: Option<&str>) -> OrderFacts {
        let key = key.map(|id| ExternalId { system: SYSTEM.to_owned(), id: id.to_owned() });
        OrderFacts {
            id: Uuid::from_u128(id),
            school_id,
            academic_year: "2024/25".to_owned(),
            status: OrderStatus::Confirmed,
            total_pence: 125_000,
            number: number.map(str::to_owned),
            external_ids: key.into_iter().collect(),
        }
    }

    fn verdicts(contracts: &[(&str, &Contract, Uuid)], orders: &[OrderFacts]) -> Vec<Verdict> {
        let offered: Vec<_> = contracts
            .iter()
            .map(|(key, contract, school)| Offered { key, contract, school: *school, linked: None })
            .collect();
        let tied = |one, other| (one, other) == (SCHOOL, ACADEMY) || (one, other) == (ACADEMY, SCHOOL);
        let found = decide(SYSTEM, &offered, orders, &tied);
        contracts.iter().map(|(key, ..)| found[*key].clone()).collect()
    }

    #[test]
    fn an_order_that_carries_the_contract_s_number_is_linked() {
        let signed = contract("SC24-0107");
        let orders = [order(9, SCHOOL, Some(" sc24-0107 "), None)];
        assert_eq!(verdicts(&[("6107", &signed, SCHOOL)], &orders), [Verdict::Links(Uuid::from_u128(9))]);
        assert_eq!(
            verdicts(&[("6107", &signed, ACADEMY)], &orders),
            [Verdict::Links(Uuid::from_u128(9))],
            "the contract moved to the academy, the order stays with its school"
        );
        assert_eq!(verdicts(&[("6107", &signed, OTHER)], &orders), [Verdict::OtherSchool(Uuid::from_u128(9))]);
        assert_eq!(verdicts(&[("6107", &contract("SC24-0108"), SCHOOL)], &orders), [Verdict::NoOrder]);
    }

    #[test]
    fn an_order_whose_key_names_the_contract_is_linked_already() {
        let (signed, credit) = (contract("SC24-0107"), Contract { value_pence: Some(-100), ..contract("X") });
        let orders = [order(9, SCHOOL, None, Some("6107")), order(8, SCHOOL, None, Some("SC24-0108"))];
        assert_eq!(verdicts(&[("6107", &signed, OTHER)], &orders), [Verdict::Linked(Uuid::from_u128(9))]);
        assert_eq!(verdicts(&[("6107", &credit, SCHOOL)], &orders), [Verdict::Linked(Uuid::from_u128(9))]);
        let by_number = verdicts(&[("6108", &contract("SC24-0108"), SCHOOL)], &orders);
        assert_eq!(by_number, [Verdict::Links(Uuid::from_u128(8))], "somebody entered the number as the key");
    }

    #[test]
    fn a_number_that_stands_twice_leads_by_the_school_or_to_nobody() {
        let (one, two) = (contract("SC24-0021"), contract("SC24-0021"));
        let orders = [order(9, SCHOOL, Some("SC24-0021"), None)];
        let apart = verdicts(&[("1", &one, SCHOOL), ("2", &two, OTHER)], &orders);
        assert_eq!(apart, [Verdict::Links(Uuid::from_u128(9)), Verdict::OtherSchool(Uuid::from_u128(9))]);
        let together = verdicts(&[("1", &one, SCHOOL), ("2", &two, SCHOOL)], &orders);
        assert_eq!(together, [Verdict::NumberTwice(Uuid::from_u128(9)), Verdict::NumberTwice(Uuid::from_u128(9))]);
    }

    #[test]
    fn several_orders_of_a_number_lead_by_the_year_or_to_none() {
        let earlier = OrderFacts { academic_year: "2023/24".to_owned(), ..order(8, SCHOOL, Some("A1"), None) };
        let orders = [earlier, order(9, SCHOOL, Some("A1"), None)];
        assert_eq!(verdicts(&[("1", &contract("A1"), SCHOOL)], &orders), [Verdict::Links(Uuid::from_u128(9))]);
        let orders = [order(7, SCHOOL, Some("A1"), None), order(9, SCHOOL, Some("A1"), None)];
        assert_eq!(verdicts(&[("1", &contract("A1"), SCHOOL)], &orders), [Verdict::SeveralOrders(2)]);
    }

    #[test]
    fn an_order_has_one_contract_of_a_source_and_a_credit_is_none() {
        let orders = [order(9, SCHOOL, Some("A1"), Some("5000"))];
        assert_eq!(verdicts(&[("1", &contract("A1"), SCHOOL)], &orders), [Verdict::OtherContract(Uuid::from_u128(9))]);
        let credit = Contract { value_pence: Some(-10_000), ..contract("A1") };
        assert_eq!(verdicts(&[("1", &credit, SCHOOL)], &[order(9, SCHOOL, Some("A1"), None)]), [Verdict::Credit]);
    }

    #[test]
    fn contract_and_order_contradict_each_other_in_state_and_value() {
        let code = |contract: &Contract, order: &OrderFacts| contradiction(contract, order).map(|(code, _)| code);
        let (signed, stands) = (contract("A1"), order(9, SCHOOL, None, None));
        let off = Contract { status: ContractStatus::CalledOff, ..contract("A1") };
        let cancelled = OrderFacts { status: OrderStatus::Cancelled, ..order(9, SCHOOL, None, None) };
        assert_eq!(code(&signed, &stands), None);
        assert_eq!(code(&off, &stands), Some("called_off"));
        assert_eq!(code(&off, &cancelled), None);
        assert_eq!(code(&signed, &cancelled), Some("cancelled_here"));
        assert_eq!(
            code(&Contract { value_pence: None, ..contract("A1") }, &stands),
            None,
            "a blank value is not known"
        );
        let (code, message) = contradiction(&Contract { value_pence: Some(99), ..contract("A1") }, &stands).unwrap();
        assert_eq!((code, message.as_str()), ("value_differs", "the contract is worth £0.99, the order £1250.00"));
    }
}

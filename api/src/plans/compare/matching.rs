//! Which nodes of two plans are one. Pure.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

/// A node as it is looked for in the other plan.
pub trait Matched {
    /// The node's id.
    fn id(&self) -> Uuid;
    /// What it is known by in all copies of the plan.
    fn lineage(&self) -> Uuid;
    /// What it says, by which it is known where it is no copy.
    fn words(&self) -> String;
    /// The objective that it belongs to; none for an objective itself.
    fn objective(&self) -> Option<Uuid>;
}

/// The nodes of one kind of both plans: the ones of the second in their order, each with its counterpart, then the ones
/// that only the first has.
pub fn pairs<'a, M: Matched>(
    from: &'a [M],
    to: &'a [M],
    objectives: &HashMap<Uuid, Uuid>,
) -> Vec<(Option<&'a M>, Option<&'a M>)> {
    let mut free: HashSet<Uuid> = from.iter().map(Matched::id).collect();
    let mut found: HashMap<Uuid, &M> = HashMap::new();
    let by_lineage: HashMap<Uuid, &M> = from.iter().map(|node| (node.lineage(), node)).collect();
    for node in to {
        if let Some(old) = by_lineage.get(&node.lineage()).filter(|old| free.remove(&old.id())) {
            found.insert(node.id(), old);
        }
    }
    for node in to.iter().filter(|node| !found.contains_key(&node.id())).collect::<Vec<_>>() {
        let place = node.objective().map(|objective| objectives.get(&objective).copied());
        let alike = |old: &&M| {
            let same_place = place.is_none_or(|place| place == old.objective());
            same_place && free.contains(&old.id()) && old.words() == node.words()
        };
        if let Some(old) = from.iter().find(alike) {
            free.remove(&old.id());
            found.insert(node.id(), old);
        }
    }
    let kept = to.iter().map(|node| (found.get(&node.id()).copied(), Some(node)));
    let dropped = from.iter().filter(|old| free.contains(&old.id())).map(|old| (Some(old), None));
    kept.chain(dropped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Node(u128, u128, &'static str, Option<u128>);

    impl Matched for Node {
        fn id(&self) -> Uuid {
            Uuid::from_u128(self.0)
        }

        fn lineage(&self) -> Uuid {
            Uuid::from_u128(self.1)
        }

        fn words(&self) -> String {
            self.2.to_owned()
        }

        fn objective(&self) -> Option<Uuid> {
            self.3.map(Uuid::from_u128)
        }
    }

    fn matched(from: &[Node], to: &[Node]) -> Vec<(Option<u128>, Option<u128>)> {
        let objectives = HashMap::from([(Uuid::from_u128(200), Uuid::from_u128(100))]);
        let pairs = pairs(from, to, &objectives);
        pairs.into_iter().map(|(old, new)| (old.map(|node| node.0), new.map(|node| node.0))).collect()
    }

    #[test]
    fn a_copy_is_known_by_what_it_was_copied_from_and_not_by_its_words() {
        let from = [Node(1, 1, "Visit schools", Some(100)), Node(2, 2, "Sing", Some(100))];
        let to = [Node(11, 2, "Visit schools", Some(200)), Node(12, 12, "Dance", Some(200))];
        assert_eq!(matched(&from, &to), [(Some(2), Some(11)), (None, Some(12)), (Some(1), None)]);
    }

    #[test]
    fn what_is_no_copy_is_known_by_its_words_within_its_objective() {
        let from = [Node(1, 1, "Sing", Some(100)), Node(2, 2, "Sing", Some(101))];
        let to = [Node(11, 11, "Sing", Some(200)), Node(12, 12, "Sing", Some(200))];
        assert_eq!(matched(&from, &to), [(Some(1), Some(11)), (None, Some(12)), (Some(2), None)]);
    }
}

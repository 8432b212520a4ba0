//! What a misspelt name was meant to be.

/// The name of `allowed` that is nearest to `given`, if any is near enough to be what was meant.
pub fn nearest<'a>(given: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A guess further off than a third of the word misleads more than it helps; the cut keeps the
    // cost of a very long name small.
    let given: String = given.chars().take(64).collect::<String>().to_lowercase();
    let near = (given.chars().count() / 3).max(1);
    allowed
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("naem", ["phase", "name", "urn"]), Some("name"));
        assert_eq!(nearest("Phase", ["phase", "name"]), Some("phase"));
        assert_eq!(nearest("colour", ["phase", "name", "urn"]), None);
        assert_eq!(nearest("", ["phase"]), None);
    }
}

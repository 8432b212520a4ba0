//! Names and postcodes as they are compared: an office writes "St. Mary's C of E Prim. School" for what the register
//! calls "St Mary's Church of England Primary School".

use crate::kernel::base::fold::search_key;

/// Words that offices shorten, with what they stand for.
const SHORT: [(&str, &str); 16] = [
    ("ce", "church of england"),
    ("cofe", "church of england"),
    ("rc", "roman catholic"),
    ("va", "voluntary aided"),
    ("vc", "voluntary controlled"),
    ("prim", "primary"),
    ("pri", "primary"),
    ("inf", "infant"),
    ("jun", "junior"),
    ("jnr", "junior"),
    ("sec", "secondary"),
    ("comm", "community"),
    ("acad", "academy"),
    ("saint", "st"),
    ("sch", "school"),
    ("schl", "school"),
];

/// Words that say nothing about which school it is.
const EMPTY: [&str; 3] = ["the", "and", "school"];

/// A name as it is compared; empty where it holds nothing to compare.
#[must_use]
pub fn name(text: &str) -> String {
    // Signs within a word go, those between words become blanks: "St. Mary’s" and "St Marys", "C.E." and "CE".
    let text: String = search_key(text)
        .replace(['\'', '’', '‘', '`', '.'], "")
        .replace('&', " and ")
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("c of e", "church of england");
    let whole =
        |word: &str| SHORT.iter().find(|(short, _)| *short == word).map_or(word.to_owned(), |it| it.1.to_owned());
    text.split(' ')
        .filter(|word| !word.is_empty())
        .map(whole)
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .fold(String::new(), |all, word| if all.is_empty() { word } else { format!("{all} {word}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_and_the_register_mean_the_same_school() {
        for (office, register) in [
            ("ST. MARY'S C OF E PRIM. SCHOOL", "St Mary's Church of England Primary School"),
            ("St Mary’s C.E. Primary", "St Mary's Church of England Primary School"),
            ("St Marys CofE Primary Sch", "St Mary's Church of England Primary School"),
            ("Oak & Ash Primary School ", "Oak and Ash Primary School"),
            ("Saint Someone's School", "St Someone's"),
        ] {
            assert_eq!(name(office), name(register), "{office}");
        }
    }

    #[test]
    fn other_words_mean_another_school() {
        assert_ne!(name("Fosse Primary School"), name("Fosse Infant School"));
        assert_ne!(name("St Mary's Primary School"), name("St Mary's Academy"));
        assert_eq!(name("The School"), "");
    }
}

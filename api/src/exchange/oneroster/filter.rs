//! The filters of OneRoster: `type='school' AND name~'academy'`. Pure.

use crate::kernel::base::problem::{Code, Fault, Problem, Result};

/// How many comparisons a filter has at most.
const MOST: usize = 10;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicate {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
}

impl Predicate {
    /// As they are written, the longer ones first.
    const WRITTEN: [(&str, Self); 7] = [
        ("!=", Self::NotEqual),
        (">=", Self::GreaterOrEqual),
        ("<=", Self::LessOrEqual),
        ("=", Self::Equal),
        (">", Self::Greater),
        ("<", Self::Less),
        ("~", Self::Contains),
    ];

    /// Returns true if a value stands so to the one that it is compared with.
    pub fn holds<V: Ord + ?Sized>(self, value: &V, other: &V) -> bool {
        match self {
            Self::Equal => value == other,
            Self::NotEqual => value != other,
            Self::Greater => value > other,
            Self::GreaterOrEqual => value >= other,
            Self::Less => value < other,
            Self::LessOrEqual => value <= other,
            Self::Contains => false,
        }
    }
}

/// A field compared with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<F> {
    pub field: F,
    pub predicate: Predicate,
    pub value: String,
}

/// A filter: one of the lists must hold as a whole. `AND` binds more tightly than `OR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter<F>(pub Vec<Vec<Comparison<F>>>);

impl<F> Filter<F> {
    /// Reads a filter, whose fields `named` knows.
    ///
    /// # Errors
    /// 400 that says where it cannot be read.
    pub fn read(text: &str, named: impl Fn(&str) -> Result<F, String>) -> Result<Self> {
        let mut rest = text.trim();
        let mut options = vec![Vec::new()];
        for _ in 0..MOST {
            let (comparison, after) = comparison(rest, &named).map_err(refused)?;
            if let Some(all) = options.last_mut() {
                all.push(comparison);
            }
            if after.is_empty() {
                return Ok(Self(options));
            }
            let (word, after) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
            match word.to_ascii_uppercase().as_str() {
                "AND" => {}
                "OR" => options.push(Vec::new()),
                _ => return Err(refused(format!("expected AND or OR, and found `{word}`"))),
            }
            rest = after.trim_start();
        }
        Err(refused(format!("at most {MOST} comparisons")))
    }
}

/// A value that does not fit its field.
pub fn refused(message: impl Into<String>) -> Problem {
    let message = message.into();
    let detail = format!("the filter cannot be read: {message}");
    Problem::new(Code::BadParameter, detail).with(Fault::new("?filter", "filter", message))
}

/// The comparison at the beginning of a text, and what comes after it.
fn comparison<F>(text: &str, named: impl Fn(&str) -> Result<F, String>) -> Result<(Comparison<F>, &str), String> {
    let at =
        text.find(['!', '=', '<', '>', '~']).ok_or_else(|| format!("expected a comparison, and found `{text}`"))?;
    let (field, rest) = text.split_at(at);
    let field = named(field.trim())?;
    let (written, predicate) = Predicate::WRITTEN
        .into_iter()
        .find(|(written, _)| rest.starts_with(written))
        .ok_or_else(|| "expected one of =, !=, >, >=, <, <= and ~".to_owned())?;
    let rest = rest[written.len()..].trim_start();
    let quoted = rest.strip_prefix('\'').ok_or_else(|| "a value stands in single quotes".to_owned())?;
    let (value, rest) = value(quoted).ok_or_else(|| "a value has no closing quote".to_owned())?;
    Ok((Comparison { field, predicate, value }, rest.trim_start()))
}

/// A value up to its closing quote, and what comes after it. Two quotes in a row are one quote in the value.
fn value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Plain = (String, Predicate, String);

    fn read(text: &str) -> Result<Vec<Vec<Plain>>, String> {
        let named =
            |name: &str| if name == "pupils" { Err("no field `pupils`".to_owned()) } else { Ok(name.to_owned()) };
        match Filter::read(text, named) {
            Ok(Filter(options)) => {
                let plain = |one: Comparison<String>| (one.field, one.predicate, one.value);
                Ok(options.into_iter().map(|all| all.into_iter().map(plain).collect()).collect())
            }
            Err(problem) => Err(problem.errors()[0].message.clone()),
        }
    }

    fn one(field: &str, predicate: Predicate, value: &str) -> Plain {
        (field.to_owned(), predicate, value.to_owned())
    }

    #[test]
    fn comparisons_are_joined_by_and_before_or() {
        let read = read("type='school' AND name~'St Mary''s' or status != 'active'").unwrap();
        assert_eq!(
            read,
            [
                vec![one("type", Predicate::Equal, "school"), one("name", Predicate::Contains, "St Mary's")],
                vec![one("status", Predicate::NotEqual, "active")]
            ]
        );
    }

    #[test]
    fn each_predicate_is_read() {
        for (written, predicate) in Predicate::WRITTEN {
            assert_eq!(read(&format!("name{written}'a'")).unwrap(), [[one("name", predicate, "a")]]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let many = ["name='a'"; 11].join(" AND ");
        for (text, message) in [
            ("", "expected a comparison, and found ``"),
            ("pupils='7'", "no field `pupils`"),
            ("name=a", "a value stands in single quotes"),
            ("name='a", "a value has no closing quote"),
            ("name!'a'", "expected one of =, !=, >, >=, <, <= and ~"),
            ("name='a' name='b'", "expected AND or OR, and found `name='b'`"),
            ("name='a' AND", "expected a comparison, and found ``"),
            (&many, "at most 10 comparisons"),
        ] {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }
}

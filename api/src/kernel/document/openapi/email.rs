//! E-mail addresses: one form in the document, which is the form that the service takes.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::check::Checker;
use super::patterns::EMAIL;
use super::walk::{self, Object};
use crate::kernel::base::problem::Result;

/// The most characters that a mail server delivers to (RFC 5321, 4.5.3.1.3).
const MAX_LENGTH: usize = 254;

static CHECKER: LazyLock<Result<Checker>> = LazyLock::new(|| {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "string".into());
    schema.insert("format".to_owned(), "email".into());
    bound(&mut schema);
    Checker::new(schema.into(), Map::new())
});

/// Returns true if a text is an e-mail address as the document describes it. Only a message that arrives proves
/// one.
#[must_use]
pub fn is_email(text: &str) -> bool {
    CHECKER.as_ref().is_ok_and(|checker| checker.check(&Value::from(text)).is_empty())
}

/// Gives every e-mail address of the document its pattern and its length.
pub(super) fn complete(document: &mut Object) {
    walk::every(document, &mut |schema| {
        if walk::text(schema, "format") == "email" {
            bound(schema);
        }
    });
}

fn bound(schema: &mut Object) {
    schema.entry("maxLength").or_insert_with(|| MAX_LENGTH.into());
    schema.entry("pattern").or_insert_with(|| EMAIL.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain_of_at_least_two_labels() {
        for good in ["a@b.example", "h.o'neil+x@sub.hub.org.uk", "A_1@x-y.example", "x@xn--bcher-kva.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.example",
            "a@b",
            "a b@c.example",
            "a@b..example",
            "a@<b>.example",
            "a@-b.example",
            ".a@b.example",
            "a..b@c.example",
            "\"a b\"@c.example",
            "a@[127.0.0.1]",
            "Ada <a@b.example>",
            "ü@bücher.example",
            "a@b.example\n",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_email(&format!("{}@b.example", "a".repeat(64))));
        assert!(!is_email(&format!("{}@b.example", "a".repeat(65))));
        let domain = vec!["b".repeat(60); 4].join(".");
        assert!(!is_email(&format!("{}@{domain}.example", "a".repeat(10))), "longer than 254 characters");
    }
}

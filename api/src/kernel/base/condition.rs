//! The headers that make a request conditional or repeatable. One that cannot be read is refused:
//! to go on without it could lay a change over somebody else's, or make one twice.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::problem::{Code, Problem, Result};

/// The form of a list of ETags in the document: `*`, or ETags with commas between them. A list may
/// have empty places (RFC 9110, 5.6.1).
pub const ETAGS_PATTERN: &str = r#"^(\*|[\t ,]*(W/)?"[!#-~]*"([\t ]*,[\t ,]*(W/)?"[!#-~]*")*[\t ,]*)$"#;

/// The most characters of a list of ETags.
pub const ETAGS_MAX: usize = 1000;

/// The form of an `Idempotency-Key` in the document: visible ASCII characters.
pub const KEY_PATTERN: &str = "^[!-~]+$";

/// The most characters of an `Idempotency-Key`.
pub const KEY_MAX: usize = 255;

/// A list of ETags, as `If-Match` and `If-None-Match` have it (RFC 9110, 13.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ETags {
    /// `*`: any version.
    Any,
    /// These, each with its quotes, and with `W/` where it is weak.
    These(Vec<String>),
}

impl ETags {
    /// The list in a header that is sent once, if it is sent.
    ///
    /// # Errors
    /// 400 that shows the right form.
    pub fn of(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>> {
        let Some(value) = once(headers, name)? else { return Ok(None) };
        if value.len() > ETAGS_MAX {
            let name = shown(name);
            let why = format!("`{name}` is too long: at most {ETAGS_MAX} characters; send only the newest ETag");
            return Err(Problem::new(Code::BadRequest, why));
        }
        let text = value.to_str().ok();
        match text.and_then(Self::parse) {
            Some(tags) => Ok(Some(tags)),
            None => Err(Problem::new(Code::BadRequest, unreadable(name, text.unwrap_or_default()))),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let (mut tags, mut rest) = (Vec::new(), text);
        loop {
            // A list may have empty places.
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return (!tags.is_empty()).then_some(Self::These(tags));
            }
            let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
            let end = quoted.find('"')?;
            if quoted[..end].bytes().any(|b| !b.is_ascii_graphic()) {
                return None;
            }
            let (tag, after) = rest.split_at(rest.len() - quoted.len() + end + 1);
            tags.push(tag.to_owned());
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }

    /// Returns true if it names a version of an item, shown in full or in part.
    #[must_use]
    pub fn names_version(&self, current: i64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| version(tag) == Some(current)),
        }
    }

    /// Returns true if it names this very reply.
    #[must_use]
    pub fn names_reply(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag),
        }
    }
}

/// The version in an ETag of ours: the digits before the hash, if it has one.
fn version(tag: &str) -> Option<i64> {
    let inside = tag.strip_prefix('"')?.strip_suffix('"')?;
    let digits = inside.split('-').next()?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The name of a header as people write it.
fn shown(name: &HeaderName) -> &'static str {
    if name == "if-match" { "If-Match" } else { "If-None-Match" }
}

fn unreadable(name: &HeaderName, sent: &str) -> String {
    let name = shown(name);
    let sent = sent.trim();
    let bare = !sent.is_empty() && sent.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let (why, right) = match bare && sent.len() <= 60 {
        true => ("the quotes belong to the ETag", sent),
        false => ("it takes ETags as replies have them", "4"),
    };
    format!("`{name}` cannot be read: {why}; send `{name}: \"{right}\"`")
}

/// The `Idempotency-Key`, if one is sent.
///
/// # Errors
/// 400 that says what a key is.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = once(headers, &HeaderName::from_static("idempotency-key"))? else { return Ok(None) };
    let fits = |key: &&str| (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let key = value.to_str().ok().filter(fits);
    let wrong = || format!("an `Idempotency-Key` has 1 to {KEY_MAX} visible ASCII characters, such as a UUID");
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Problem::new(Code::BadRequest, wrong()))
}

/// The value of a header that may be sent once.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>> {
    let mut values = headers.get_all(name);
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Problem::new(Code::BadRequest, format!("`{name}` is sent more than once: send it once")));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::IF_MATCH;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<Option<ETags>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_bytes(value).unwrap());
        }
        ETags::of(&headers, &IF_MATCH)
    }

    #[test]
    fn lists_of_etags_are_read_as_rfc_9110_has_them() {
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[b" * "]).unwrap(), Some(ETags::Any));
        for (text, names) in [
            (r#""4""#, true),
            (r#""4-abc""#, true),
            (r#""3" , ,"4""#, true),
            (r#""a,b", "4""#, true),
            (r#"W/"4""#, false),
            (r#""44""#, false),
            (r#""""#, false),
        ] {
            let tags = read(&[text.as_bytes()]).unwrap().unwrap();
            assert_eq!(tags.names_version(4), names, "{text}");
        }
        assert!(read(&[br#"W/"4""#]).unwrap().unwrap().names_reply(r#""4""#));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_right_form() {
        for value in
            [&b"4"[..], b"", b" , ", b"\"4", b"4\"", b"\"4\" \"5\"", b"\"4\", *", b"w/\"4\"", b"\"\xe9\"", b"\"a b\""]
        {
            let problem = read(&[value]).unwrap_err();
            assert_eq!(problem.code(), Code::BadRequest, "{value:?}");
            assert!(problem.detail().ends_with("send `If-Match: \"4\"`"), "{problem}");
        }
        assert!(read(&[b"4-ab_C"]).unwrap_err().detail().contains("\"4-ab_C\""));
        assert!(read(&[b"\"4\"", b"\"4\""]).unwrap_err().detail().contains("more than once"));
    }

    #[test]
    fn a_list_of_etags_longer_than_the_limit_is_refused_with_the_limit() {
        let list = |length: usize| format!("\"{}\"", "4".repeat(length - 2)).into_bytes();
        assert!(read(&[&list(ETAGS_MAX)]).is_ok());
        let problem = read(&[&list(ETAGS_MAX + 1)]).unwrap_err();
        assert_eq!(problem.detail(), "`If-Match` is too long: at most 1000 characters; send only the newest ETag");
    }

    #[test]
    fn the_patterns_of_the_document_allow_exactly_what_can_be_read() {
        let fits = |pattern: &str, text: &str| {
            let schema = serde_json::json!({ "type": "string", "pattern": pattern });
            jsonschema::is_valid(&schema, &text.into())
        };
        let places = ["", "*", "4", "\"", "\"4\"", "W/", "w/", ",", " ", "\t", "\"a b\"", "\"\u{e9}\"", "\"!~,\""];
        for (one, two) in places.iter().flat_map(|one| places.map(|two| (one, two))) {
            for three in places {
                let text = format!("{one}{two}{three}");
                // A header has no spaces at its ends.
                let sent = text.trim_matches([' ', '\t']);
                let bytes = sent.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>();
                assert_eq!(read(&[&bytes]).is_ok(), fits(ETAGS_PATTERN, sent), "{sent:?}");
                assert_eq!(key(&bytes).is_ok(), fits(KEY_PATTERN, sent), "{sent:?}");
            }
        }
    }

    fn key(value: &[u8]) -> Result<Option<String>> {
        let mut headers = HeaderMap::new();
        headers.append(HeaderName::from_static("idempotency-key"), HeaderValue::from_bytes(value).unwrap());
        idempotency_key(&headers)
    }

    #[test]
    fn a_key_is_visible_ascii() {
        assert_eq!(key(b"abc-1").unwrap().as_deref(), Some("abc-1"));
        for value in [&b""[..], b"a b", b"\xe9", &[b'a'; 256]] {
            assert_eq!(key(value).unwrap_err().code(), Code::BadRequest, "{value:?}");
        }
    }
}

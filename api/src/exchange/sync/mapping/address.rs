//! Where a source is. Names of environment variables stand in the file, never passwords.

use std::path::Path;

use super::SourceKind;
use super::document::{Node, Spot};

/// An address, its environment variables filled in.
#[derive(Clone)]
pub struct Address {
    text: String,
    /// What must not stand in a message.
    secrets: Vec<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}

/// Shorter ones would take single letters out of messages.
const SHORTEST_SECRET: usize = 3;

impl Address {
    /// The folder, URL or connection string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text without what stood in environment variables.
    pub fn scrub(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
    }

    /// Reads `address` of a table of the file.
    pub fn read(
        node: Node<'_>,
        file: &Path,
        kind: SourceKind,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let spot = node.text("address")?;
        let document = node.document;
        if let Some(fault) = fault(kind, spot.value) {
            document.fault(spot.line, fault);
            return None;
        }
        let mut secrets = Vec::new();
        let filled = fill(&spot, kind, environment, &mut secrets);
        match filled {
            Err(fault) => {
                document.fault(spot.line, fault);
                None
            }
            Ok(text) if kind == SourceKind::Csv => {
                // Beside the file, so that a mapping and its folder can be moved together.
                let folder = file.parent().unwrap_or(Path::new("")).join(text);
                Some(Self { text: folder.display().to_string(), secrets: Vec::new() })
            }
            Ok(text) => match fault(kind, &without_password(&text)) {
                Some(fault) => {
                    document.fault(spot.line, fault);
                    None
                }
                None => Some(Self { text, secrets }),
            },
        }
    }
}

/// The text without a password in a URL, to look at the rest.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return String::new() };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// What is wrong with an address as it stands in the file.
fn fault(kind: SourceKind, text: &str) -> Option<String> {
    let schemes: &[&str] = match kind {
        SourceKind::Csv => return None,
        SourceKind::Odbc => {
            let parts = text.split(';').filter_map(|part| part.split_once('='));
            let literal = parts.into_iter().any(|(name, value)| {
                let name = name.trim();
                (name.eq_ignore_ascii_case("pwd") || name.eq_ignore_ascii_case("password"))
                    && !value.trim().trim_matches(['{', '}']).is_empty()
                    && !value.trim().starts_with("${")
            });
            return literal.then(|| password("PWD=${MUSIC_PASSWORD}"));
        }
        SourceKind::Postgresql => &["postgresql", "postgres"],
        SourceKind::Mysql => &["mysql", "mariadb"],
    };
    if text.is_empty() || text.starts_with("${") {
        return None;
    }
    let example = format!("{}://smep_sync:${{MUSIC_PASSWORD}}@db.example/music", schemes.first().unwrap_or(&""));
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some(format!("`address` is a URL such as {example}"));
    };
    if !schemes.contains(&scheme) {
        return Some(format!("`address` begins with `{scheme}://`, but the kind is another: write {example}"));
    }
    let literal = |it: &str| !it.is_empty() && !it.starts_with("${");
    let own = rest.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, it)| it);
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let further = query.split('&').filter_map(|part| part.split_once('='));
    let mut further = further.filter(|(name, _)| ["password", "sslpassword"].contains(&name.to_lowercase().as_str()));
    (own.is_some_and(literal) || further.any(|(_, it)| literal(it))).then(|| password(&example))
}

fn password(example: &str) -> String {
    format!("a password stands in this file: put it into an environment variable and write {example}")
}

/// The address with its `${NAME}` replaced.
fn fill(
    spot: &Spot<&str>,
    kind: SourceKind,
    environment: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Vec<String>,
) -> Result<String, String> {
    let text = spot.value;
    // A variable that holds the whole address is escaped already; a part of it is escaped here.
    let whole = text.starts_with("${") && text.find('}') == Some(text.len() - 1);
    let user_ends = if text.contains("://") { text.rfind('@').unwrap_or(0) } else { 0 };
    let (mut filled, mut rest, mut at) = (String::new(), text, 0);
    while let Some(begin) = rest.find("${") {
        let Some(length) = rest.get(begin..).and_then(|rest| rest.find('}')) else {
            return Err("`${` is not closed: write `${NAME}`".to_owned());
        };
        let name = rest.get(begin + 2..begin + length).unwrap_or_default();
        let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !valid {
            return Err(format!("`${{{name}}}` is no name of an environment variable: use letters, digits and `_`"));
        }
        let Some(value) = environment(name) else {
            return Err(format!("the environment variable `{name}` is not set: set it before the service starts"));
        };
        filled.push_str(rest.get(..begin).unwrap_or_default());
        match kind {
            _ if whole => filled.push_str(&value),
            SourceKind::Csv => filled.push_str(&value),
            SourceKind::Odbc => filled.push_str(&braced(&value)),
            _ if at + begin < user_ends => filled.push_str(&percent(&value)),
            _ => filled.push_str(&value),
        }
        secrets.push(percent(&value));
        secrets.push(value);
        at += begin + length + 1;
        rest = rest.get(begin + length + 1..).unwrap_or_default();
    }
    filled.push_str(rest);
    if whole && let Some(password) = filled.rsplit_once('@').and_then(|(user, _)| user.rsplit_once(':')) {
        secrets.push(password.1.to_owned());
    }
    Ok(filled)
}

fn percent(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// A value of an ODBC connection string.
fn braced(value: &str) -> String {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/:\\".contains(&byte));
    if plain { value.to_owned() } else { format!("{{{}}}", value.replace('}', "}}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stands_neither_before_the_host_nor_behind_it() {
        let refused = |text: &str| fault(SourceKind::Postgresql, text).is_some();
        for literal in ["u:secret@h/db", "u@h/db?password=secret", "u@h/db?sslmode=require&sslPassword=secret"] {
            assert!(refused(&format!("postgresql://{literal}")), "{literal}");
        }
        for plain in ["u:${PASSWORD}@h/db", "u@h/db?password=${PASSWORD}", "u@h/db?sslmode=require", "u@h/db"] {
            assert!(!refused(&format!("postgresql://{plain}")), "{plain}");
        }
        assert!(!refused(&without_password("postgresql://u@h/db?password=secret")), "once it is filled in");
    }
}

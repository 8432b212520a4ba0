//! Pages to read on a screen and to print: whole HTML, with the style in it and nothing to load.

use std::fmt::{Display, Write};

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use time::Date;
use time::macros::format_description;
use utoipa::ToSchema;

use super::problem::{Problem, Result};
use super::reply::Reply;

/// The style that all pages have in common; what a page adds comes after it.
const STYLE: &str = include_str!("../../../templates/sheet.css");

/// A page in HTML, with its style in it and nothing to load.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 50_000_000, example = "<!DOCTYPE html><html lang=\"en-GB\">…</html>")]
pub struct HtmlPage(pub String);

/// A page, and the policy under which a browser shows it with its own style and nothing else.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The page.
    pub page: HtmlPage,
    /// Its `Content-Security-Policy`.
    pub policy: String,
}

impl Sheet {
    /// Makes a page. `style` comes after the style of all pages, and `foot` stands below each printed page, beside its
    /// number. `render` gets the whole style, which the page has in its one `<style>`.
    ///
    /// # Errors
    /// 500, which only a fault of the template can bring about.
    pub fn new<E: Display>(style: &str, foot: &str, render: impl FnOnce(&str) -> Result<String, E>) -> Result<Self> {
        let style = format!("{STYLE}{style}{}", feet(foot));
        let page = render(&style).map_err(Problem::internal)?;
        let hash = STANDARD.encode(Sha256::digest(&style));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        Ok(Self { page: HtmlPage(page), policy })
    }

    /// The page as a reply that a browser shows, and keeps under a name.
    #[must_use]
    pub fn reply(self, file: &str) -> Reply {
        let body = Some(("text/html; charset=utf-8", self.page.0.into_bytes()));
        Reply { body, ..Reply::empty(StatusCode::OK) }
            .with(CONTENT_DISPOSITION, format!("inline; filename=\"{file}\""))
            .with(CONTENT_SECURITY_POLICY, self.policy)
            .with(CONTENT_LANGUAGE, "en-GB")
    }
}

/// The foot of each printed page: words, and the page's number.
fn feet(words: &str) -> String {
    let words = string(words);
    format!(
        "@page {{ @bottom-left {{ content: {words}; }} \
         @bottom-right {{ content: \"Page \" counter(page) \" of \" counter(pages); }} }}\n"
    )
}

/// A text as a string of CSS: any character but a letter or a digit stands as its number, so
/// that nothing in it can end the string or the style.
fn string(text: &str) -> String {
    let mut css = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() {
            css.push(c);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(css, "\\{:x} ", u32::from(c));
        }
    }
    css.push('"');
    css
}

/// A name under which a page can be kept: the title in plain letters, or another where it has none.
#[must_use]
pub fn file_name(title: &str, otherwise: &str, ending: &str) -> String {
    let plain: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let mut name = plain.split_whitespace().collect::<Vec<_>>().join("-").to_ascii_lowercase();
    name.truncate(80);
    let name = if name.is_empty() { otherwise } else { &name };
    format!("{name}.{ending}")
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date as a reader says it: `9 May 2014`.
#[must_use]
pub fn day(date: &Date) -> String {
    let month = MONTHS[usize::from(u8::from(date.month())) - 1];
    format!("{} {month} {}", date.day(), date.year())
}

/// A day in full words, as certificates have it: `12 January 2016`.
#[must_use]
pub fn day_in_words(day: Date) -> String {
    let form = format_description!("[day padding:none] [month repr:long] [year]");
    day.format(form).unwrap_or_else(|_| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foot_cannot_leave_its_string() {
        let css = string("\"}</style><script>x\\\n é");
        assert_eq!(css, r#""\22 \7d \3c \2f style\3e \3c script\3e x\5c \a \20 é""#);
    }

    #[test]
    fn a_file_is_named_in_plain_letters() {
        let name = file_name("Schools’ “Music” Plan 2014–2016\r\n", "plan", "csv");
        assert_eq!(name, "schools-music-plan-2014-2016.csv");
        assert_eq!(file_name("計画", "plan", "html"), "plan.html");
    }
}

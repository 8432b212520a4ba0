//! Pictures that need nothing beside themselves.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use utoipa::ToSchema;

use super::reply::Reply;

/// A picture as SVG, which needs nothing beside itself.
#[derive(Clone, Debug, ToSchema)]
#[schema(max_length = 1_000_000, example = "<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>")]
pub struct SvgPicture(pub String);

impl SvgPicture {
    /// The picture as a reply that a browser shows, and in which nothing runs.
    #[must_use]
    pub fn reply(self) -> Reply {
        let body = Some(("image/svg+xml", self.0.into_bytes()));
        let reply = Reply { body, ..Reply::empty(StatusCode::OK) };
        reply.with(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
    }
}

/// A text in lines of at most so many letters, broken between words. A longer word has a line of its own.
#[must_use]
pub fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_is_wrapped_between_words() {
        let lines =
            wrapped("Every pupil has whole-class instrumental and vocal lessons that lead somewhere afterwards", 60);
        assert_eq!(
            lines,
            ["Every pupil has whole-class instrumental and vocal lessons", "that lead somewhere afterwards"]
        );
    }
}

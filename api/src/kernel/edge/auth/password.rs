//! Passwords: argon2id with 19 MiB, two passes and one lane, or stronger.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zxcvbn::Score;

use super::secret::Secret;
use crate::kernel::base::fold::search_key;
use crate::kernel::base::problem::{Fault, Problem, Result};

/// Fewer characters are guessed too easily.
pub const SHORTEST: usize = 12;

/// More would only cost time.
pub const LONGEST: usize = 128;

/// Hashes under way at once: each takes 19 MiB and a core for 20 to 30 ms.
pub(super) const AT_ONCE: usize = 2;

/// What comparing a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash was made with weaker settings than today's.
    Outgrown,
}

/// Hashes and compares passwords, on threads of their own and few at once.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    nobody: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), nobody: Arc::default() }
    }
}

impl Passwords {
    /// What is kept of a password.
    ///
    /// # Errors
    /// 500 when the hash cannot be made.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        self.apart(move || hash(&password)).await?
    }

    /// Whether `password` belongs to `kept`. Without anything kept (no such account) the same
    /// time is spent, so that it tells nothing.
    ///
    /// # Errors
    /// 500 when no thread could do it.
    pub async fn compare(&self, password: &Secret, kept: Option<&str>) -> Result<Verdict> {
        let (password, kept) = (password.clone(), kept.map(str::to_owned));
        let nobody = self.nobody.clone();
        self.apart(move || match kept {
            Some(kept) => Ok(compare(&password, &kept)),
            None => {
                let nobody = match nobody.get() {
                    Some(hash) => hash,
                    None => {
                        let hash = hash(&Secret::random())?;
                        nobody.get_or_init(|| hash)
                    }
                };
                compare(&password, nobody);
                Ok(Verdict::Wrong)
            }
        })
        .await?
    }

    /// Refuses a password that is too short, too long or easily guessed; `hints` are what others
    /// know of the person. The fault stands at `pointer`.
    ///
    /// # Errors
    /// 422 that says why.
    pub async fn check(&self, password: &Secret, hints: Vec<String>, pointer: &str) -> Result<()> {
        let password = password.clone();
        let weakness = self.apart(move || weakness(password.reveal(), &hints)).await?;
        match weakness {
            None => Ok(()),
            Some((code, message)) => Err(Problem::faults(vec![Fault::new(pointer, code, message)])),
        }
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = self.slots.clone().acquire_owned().await.map_err(Problem::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(slot);
            result
        });
        done.await.map_err(Problem::internal)
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(password: &Secret) -> Result<String> {
    let hash = argon2().hash_password(password.reveal().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(Problem::internal)
}

fn compare(password: &Secret, kept: &str) -> Verdict {
    let Ok(kept) = PasswordHash::new(kept) else { return Verdict::Wrong };
    if argon2().verify_password(password.reveal().as_bytes(), &kept).is_err() {
        return Verdict::Wrong;
    }
    let today = Params::DEFAULT;
    match Params::try_from(&kept) {
        Ok(then)
            if kept.algorithm == Algorithm::Argon2id.ident()
                && then.m_cost() >= today.m_cost()
                && then.t_cost() >= today.t_cost() =>
        {
            Verdict::Right
        }
        _ => Verdict::Outgrown,
    }
}

/// The rule that a password breaks, and how to fix it.
fn weakness(password: &str, hints: &[String]) -> Option<(&'static str, String)> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(("too_short", format!("at least {SHORTEST} characters")));
    }
    if length > LONGEST {
        return Some(("too_long", format!("at most {LONGEST} characters")));
    }
    if password.contains('\0') {
        return Some(("nul", "no NUL characters".to_owned()));
    }
    let words: Vec<&str> = hints
        .iter()
        .flat_map(|hint| hint.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() > 2)
        .collect();
    let known: Vec<&str> = words.iter().copied().chain(hints.iter().map(String::as_str)).collect();
    let guesses = zxcvbn::zxcvbn(password, &known);
    if guesses.score() >= Score::Three {
        let rest = without(password, &words);
        let strong = rest == password || zxcvbn::zxcvbn(&rest, &known).score() >= Score::Three;
        let why = "too little of this password is left without the names of the hub and the person and the e-mail \
                   address; three or four words that do not belong together make a good one";
        return (!strong).then(|| ("personal", why.to_owned()));
    }
    let mut why =
        "this password is easily guessed; three or four words that do not belong together make a good one".to_owned();
    if let Some(feedback) = guesses.feedback() {
        if let Some(warning) = feedback.warning() {
            why = format!("{why}. {warning}");
        }
        for suggestion in feedback.suggestions() {
            why = format!("{why} {suggestion}");
        }
    }
    Some(("too_common", why))
}

/// What is left of a password without words that others know, regardless of case and accents, and
/// with digits and signs in the place of letters.
fn without(password: &str, words: &[&str]) -> String {
    let given: Vec<char> = password.chars().collect();
    let mut known = vec![false; given.len()];
    // A 1 stands for an i or an l.
    for one in ['i', 'l'] {
        let plain = |c: char| plain(c, one);
        let text: Vec<char> = given.iter().copied().map(plain).collect();
        for word in words {
            let word: Vec<char> = word.chars().map(plain).collect();
            for (at, _) in text.windows(word.len()).enumerate().filter(|(_, window)| *window == word) {
                known[at..at + word.len()].fill(true);
            }
        }
    }
    given.into_iter().zip(known).filter_map(|(c, known)| (!known).then_some(c)).collect()
}

fn plain(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => search_key(c.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "viola otter quarry lantern";

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(weakness("eleven char", &[]).unwrap().0, "too_short");
        assert_eq!(weakness(&"ü".repeat(129), &[]).unwrap().0, "too_long");
        assert_eq!(weakness(GOOD, &[]), None);
        let longest: String = GOOD.chars().cycle().take(128).collect();
        assert_eq!(weakness(&longest, &[]), None);
    }

    #[test]
    fn common_ones_and_the_own_name_are_refused_with_a_reason() {
        for common in ["password1234", "qwertyuiop123", "aaaaaaaaaaaaaaa", "abcdefghijklmno"] {
            let (code, why) = weakness(common, &[]).unwrap();
            assert_eq!(code, "too_common", "{common}");
            assert!(why.contains("guessed"));
        }
        let hints = ["henrietta.featherstone@hub.example".to_owned(), "Henrietta".to_owned()];
        assert_eq!(weakness("Featherstone1", &hints).unwrap().0, "too_common");
    }

    #[test]
    fn one_made_of_known_names_is_refused_however_it_is_spelt() {
        let hints = ["Leicester-Shire Music Education Hub", "leicester-shire", "Zoë Featherstone", "z.f@hub.example"];
        let hints = hints.map(str::to_owned);
        for personal in [
            "LeicesterShireMusicHub",
            "leicester-shire-music-2026",
            "Mus1c-Educat!on-Le1cester",
            "featherstone&zoe/hub26",
            "FEATHERST0NE-leicester-99",
        ] {
            assert!(weakness(personal, &hints).is_some(), "{personal}");
        }
        assert_eq!(weakness("Leicester viola otter quarry lantern", &hints), None);
        assert_eq!(weakness("Wf6Jq0w9cVQ3mY2T5oHub7d1nB4xZ8aLsR", &hints), None);
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_only() {
        let passwords = Passwords::default();
        let kept = passwords.hash(&GOOD.into()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_eq!(passwords.compare(&GOOD.into(), Some(&kept)).await.unwrap(), Verdict::Right);
        assert_eq!(passwords.compare(&"x".into(), Some(&kept)).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.compare(&GOOD.into(), None).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.compare(&GOOD.into(), Some("?")).await.unwrap(), Verdict::Wrong);
    }

    #[test]
    fn a_weaker_hash_is_outgrown() {
        let weaker = Params::new(1024, 1, 1, None).unwrap();
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, weaker);
        let kept = weaker.hash_password(GOOD.as_bytes()).unwrap().to_string();
        assert_eq!(compare(&GOOD.into(), &kept), Verdict::Outgrown);
    }
}

//! Text that must not reach a log.

use std::fmt;
use std::ops::Deref;

use sea_orm::{DbErr, DeriveValueType, TryFromU64};

/// Text that the database keeps and no log may show: a hash, a key, a secret.
///
/// It reads as a plain `&str`; printed for debugging, as a row is when something
/// fails, it shows dots.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Concealed(String);

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"...\"")
    }
}

impl Deref for Concealed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Concealed {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Concealed {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Concealed> for String {
    fn from(concealed: Concealed) -> Self {
        concealed.0
    }
}

impl TryFromU64 for Concealed {
    // Asked of every primary key; only a number could do it.
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Concealed"))
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveValue::Set;

    use super::*;
    use crate::kernel::signing_key;

    #[test]
    fn no_debug_output_shows_it() {
        let key =
            signing_key::ActiveModel { private_key: Set(Concealed::from("MC4CAQAwBQYDK2Vw")), ..Default::default() };
        assert!(!format!("{key:?}").contains("MC4C"));
        assert_eq!(&*Concealed::from("MC4C"), "MC4C");
    }
}

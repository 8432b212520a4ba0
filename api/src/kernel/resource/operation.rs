//! What a write does to a row.

/// What a write does to a row. The change log stores its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The row is made.
    Create,
    /// Its form is changed.
    Update,
    /// It goes into the archive.
    Archive,
    /// It comes out of the archive, with changes of its form or without.
    Restore,
    /// A transition, or another step that has a name of its own.
    Verb(&'static str),
}

impl Operation {
    /// Its name in the change log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Verb(name) => name,
        }
    }
}

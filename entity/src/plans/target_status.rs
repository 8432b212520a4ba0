//! How far a target is on a day: worked out from what is known of it, and kept where a review froze it.

use crate::choice;

choice! {
    /// The state of a target on a day, computed from what has been reported by then.
    pub enum Status {
        /// Its time has not begun and nothing has been reported.
        NotStarted = "not_started",
        /// At least 90 % of what was to be expected by the day is done.
        OnTrack = "on_track",
        /// Less than that is done.
        AtRisk = "at_risk",
        /// It is reached.
        Met = "met",
        /// Its last due day is over and it was not reached.
        Missed = "missed",
    }
}

impl Status {
    /// The status as people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotStarted => "Not started",
            Self::OnTrack => "On track",
            Self::AtRisk => "At risk",
            Self::Met => "Met",
            Self::Missed => "Missed",
        }
    }
}

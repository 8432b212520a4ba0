//! How fast a client has to take a reply.

use std::time::{Duration, Instant};

use crate::kernel::base::connection::Answering;
use crate::kernel::base::settings::Settings;

/// What is asked of every client.
#[derive(Clone, Copy, Debug)]
pub struct PaceLimits {
    /// A client may keep us waiting for so long.
    stall: Duration,
    /// The bytes a second that win this time back.
    rate: f64,
    /// A whole reply may take so long.
    whole: Duration,
}

impl PaceLimits {
    /// The limits that `settings` say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let rate = f64::from(u32::try_from(settings.send_rate).unwrap_or(u32::MAX));
        Self { stall: settings.send_timeout, rate, whole: settings.reply_timeout }
    }
}

/// The pace of one reply. While the client takes nothing, its credit of time runs out; what it
/// takes brings some back, up to the limit. So a client is cut when it stalls, and when it is
/// slower than the rate for longer than it may stall, however fast it began.
#[derive(Debug)]
pub struct Pace {
    answering: Answering,
    limits: PaceLimits,
    credit: Duration,
    deadline: Instant,
    /// Since when the client has had room to make, and for how many bytes.
    offered: Option<(Instant, usize)>,
}

impl Pace {
    /// A reply begins to be sent on the connection.
    #[must_use]
    pub fn new(answering: Answering, limits: PaceLimits) -> Self {
        let deadline = Instant::now() + limits.whole;
        let mut pace = Self { answering, limits, credit: limits.stall, deadline, offered: None };
        pace.offer(0);
        pace
    }

    /// It is the client's turn: more is sent when it has made room for these bytes.
    pub fn offer(&mut self, bytes: usize) {
        let now = Instant::now();
        self.offered = Some((now, bytes));
        self.answering.cut_at((now + self.credit).min(self.deadline));
    }

    /// The client has made room. False, and the connection is reset, when that took too long.
    pub fn taken(&mut self) -> bool {
        let now = Instant::now();
        if let Some((since, bytes)) = self.offered.take() {
            let waited = now - since;
            if waited > self.credit || now > self.deadline {
                self.answering.reset();
                return false;
            }
            #[expect(clippy::cast_precision_loss, reason = "a piece is small")]
            let won = Duration::from_secs_f64(bytes as f64 / self.limits.rate);
            self.credit = self.credit.saturating_sub(waited).saturating_add(won).min(self.limits.stall);
        }
        // What comes next takes our time, not the client's.
        self.answering.cut_at(self.deadline);
        true
    }
}

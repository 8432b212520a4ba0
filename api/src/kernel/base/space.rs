//! The disk space for replies that are on their way, of which there is a limited amount.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::problem::{Code, Problem, Result};

/// One caller may hold this part of the space, so that nobody keeps all others out.
const SHARE: u64 = 4;

/// Seconds after which another try makes sense.
const RETRY: u64 = 10;

/// The disk space for replies that are on their way, and who holds how much of it.
#[derive(Debug)]
pub struct Space {
    limit: u64,
    held: Mutex<HashMap<Uuid, u64>>,
}

impl Space {
    /// Space for so many bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit, held: Mutex::default() }
    }

    /// How many bytes are held.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Takes space for a reply that holds `of_this` bytes already.
    ///
    /// # Errors
    /// 400 when one reply takes more than a share; 429 when the holder's other replies do; 503 when all is taken.
    pub fn take(&self, holder: Uuid, bytes: u64, of_this: u64) -> Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, share) = (held.values().sum::<u64>(), self.limit / SHARE);
        let own = held.get(&holder).copied().unwrap_or_default();
        if of_this + bytes > share {
            let detail = format!("an export has at most {} MiB here: narrow the filter", share >> 20);
            return Err(Problem::new(Code::BadParameter, detail));
        }
        if own + bytes > share {
            let detail = "your other downloads are still being read and fill your share of the space: read them first";
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(RETRY));
        }
        if all + bytes > self.limit {
            return Err(Problem::unavailable("downloads that are being read fill the space for them", RETRY));
        }
        *held.entry(holder).or_default() += bytes;
        Ok(())
    }

    /// Gives space back.
    pub fn give_back(&self, holder: Uuid, bytes: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&holder) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                held.remove(&holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_shared_and_comes_back() {
        let space = Space::new(80);
        let callers: Vec<Uuid> = (1..=5).map(Uuid::from_u128).collect();
        let code = |taken: Result<()>| taken.err().map(|problem| problem.code());
        assert_eq!(code(space.take(callers[0], 21, 0)), Some(Code::BadParameter), "more than a share");
        assert_eq!(code(space.take(callers[0], 11, 10)), Some(Code::BadParameter), "in two steps");
        for caller in &callers[..4] {
            assert_eq!(code(space.take(*caller, 20, 0)), None);
        }
        assert_eq!(code(space.take(callers[0], 1, 0)), Some(Code::TooManyRequests));
        assert_eq!(code(space.take(callers[4], 1, 0)), Some(Code::Unavailable));
        space.give_back(callers[0], 20);
        assert_eq!(code(space.take(callers[4], 20, 0)), None);
        for caller in &callers[1..] {
            space.give_back(*caller, 20);
        }
        assert_eq!(space.used(), 0);
    }
}

//! What follows from the changes of a write: the effects that parts have registered for them.

use super::Write;
use crate::kernel::base::problem::Result;
use crate::kernel::resource::effect::{AT_ONCE, Changed, Effect};

impl Write {
    /// Runs the effects of what the write has changed, in the order of the parts: what one of them
    /// changes has its own effects in parts after it.
    pub(super) async fn follow_up(&mut self) -> Result<()> {
        let state = self.caller.state().clone();
        for effect in state.effects() {
            self.follow_log(effect).await?;
            self.follow_staged(effect).await?;
        }
        Ok(())
    }

    /// Runs an effect for the entries of the log, without those that it adds itself.
    async fn follow_log(&mut self, effect: &Effect) -> Result<()> {
        let (mut at, end) = (0, self.log.len());
        while at < end {
            let mut changed: Vec<Changed> = Vec::new();
            while at < end && changed.len() < AT_ONCE {
                changed.extend(self.log[at].change_of(effect.resource, effect.field));
                at += 1;
            }
            if !changed.is_empty() {
                (effect.run)(self, &changed).await?;
            }
        }
        Ok(())
    }

    /// Runs an effect for the staged rows that were stored: one statement for each part of them, and
    /// one more for every [`AT_ONCE`] of its rows that change the field.
    async fn follow_staged(&mut self, effect: &Effect) -> Result<()> {
        // An effect may not stage, so that nothing is added meanwhile.
        for at in 0..self.stored.len() {
            let (resource, part) = &self.stored[at];
            if *resource != effect.resource {
                continue;
            }
            let mut rest = Some(part.clone());
            while let Some(part) = rest {
                let changed = part.changes_of(&self.tx, effect).await?;
                rest = part.after(changed.last().filter(|_| changed.len() == AT_ONCE).map(|(number, _)| *number));
                let changed: Vec<Changed> = changed.into_iter().map(|(_, changed)| changed).collect();
                if !changed.is_empty() {
                    (effect.run)(self, &changed).await?;
                }
            }
        }
        Ok(())
    }
}

//! Numbers that look random and are the same in every run: SplitMix64.

pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` up to `to`, both included.
    pub fn between(&mut self, from: i32, to: i32) -> i32 {
        let span = u64::from(to.abs_diff(from)) + 1;
        from.saturating_add_unsigned(u32::try_from(self.next() % span).unwrap_or(0))
    }

    /// Returns true if something that happens so often, in per cent, happens now.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let length = from.len() as u64;
        from[usize::try_from(self.next() % length).unwrap_or(0)]
    }

    /// The same things in another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let span = last as u64 + 1;
            things.swap(last, usize::try_from(self.next() % span).unwrap_or(0));
        }
    }
}

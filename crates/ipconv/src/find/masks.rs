//! Where in a block of text an address may stand, by its separators alone.

/// The separators among 64 bytes, a bit each, the first byte lowest.
#[derive(Clone, Copy)]
pub(super) struct Masks {
    /// Where a `.` stands.
    pub(super) dots: u64,
    /// Where a `:` stands.
    pub(super) colons: u64,
}

impl Masks {
    /// Where an address may have its first dot, its `::` or its first colon:
    /// three dots 2 to 4 bytes apart, two colons in a row, or six at most 5 bytes
    /// apart. Times, versions and MAC addresses have fewer.
    #[inline(always)]
    pub(super) fn candidates(&self, ahead: &Masks) -> u64 {
        // Whether there is one that many places on, in this block or the next.
        let on = |mask: u64, next: u64, places: u32| mask >> places | next << (64 - places);
        let near = |mask: u64, next: u64| on(mask, next, 2) | on(mask, next, 3) | on(mask, next, 4);
        let mut found = 0;
        let two = self.dots & near(self.dots, ahead.dots);
        if two != 0 {
            found = self.dots & near(two, ahead.dots & near(ahead.dots, 0));
        }
        if self.colons != 0 {
            found |= self.colons & on(self.colons, ahead.colons, 1);
            if self.colons.count_ones() + ahead.colons.count_ones() > 5 {
                let (mut row, mut next) = (self.colons, ahead.colons);
                for _ in 0..5 {
                    row = self.colons & (near(row, next) | on(row, next, 1) | on(row, next, 5));
                    next &= near(next, 0) | next >> 1 | next >> 5;
                }
                found |= row;
            }
        }
        found
    }
}

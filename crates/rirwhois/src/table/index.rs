//! A value for each IPv4 address, in runs, for many look-ups.

/// A value for each IPv4 address, in runs, for many look-ups.
#[derive(Debug)]
pub struct Index<V> {
    /// Where each run begins, from 0 on.
    starts: Vec<u32>,
    values: Vec<V>,
    /// For each upper half of an address the place of the run that its first
    /// address lies in, and at the end that of the last run.
    pages: Vec<u32>,
}

impl<V: Copy> Index<V> {
    /// The first of the runs begins at 0, and each is above the one before it.
    pub fn new(runs: impl Iterator<Item = (u32, V)>) -> Index<V> {
        let (starts, values): (Vec<u32>, Vec<V>) = runs.unzip();
        let mut at = 0;
        let place = |page: u32| {
            while starts.get(at + 1).is_some_and(|start| *start <= page << 16) {
                at += 1;
            }
            at as u32
        };
        let mut pages: Vec<u32> = (0..1 << 16).map(place).collect();
        pages.push(starts.len() as u32 - 1);
        Index { starts, values, pages }
    }

    /// The value of an address.
    pub fn get(&self, addr: u32) -> V {
        let page = (addr >> 16) as usize;
        let (from, to) = (self.pages[page] as usize, self.pages[page + 1] as usize);
        // Runs that begin within this half; nearly always there is none.
        self.values[from + self.starts[from + 1..=to].partition_point(|start| *start <= addr)]
    }
}

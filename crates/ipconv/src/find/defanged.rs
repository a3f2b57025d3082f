//! A text of which the dots and colons were made harmless, read as if they were not.
use std::io::{self, Read};

use crate::address::defanged::mend;

/// A text with its dots and colons mended.
pub struct Mended<'a> {
    from: &'a mut dyn Read,
    /// Read and not mended yet.
    raw: Vec<u8>,
    /// Mended, of which the first `given` bytes were handed on.
    mended: Vec<u8>,
    given: usize,
    finished: bool,
}

impl<'a> Mended<'a> {
    /// The text that `from` holds.
    pub fn new(from: &'a mut dyn Read) -> Mended<'a> {
        Mended { from, raw: Vec::new(), mended: Vec::new(), given: 0, finished: false }
    }
}

impl Read for Mended<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.mended.len() && !self.finished {
            let old = self.raw.len();
            self.raw.resize(old + buf.len(), 0);
            let n = self.from.read(&mut self.raw[old..]);
            self.raw.truncate(old + *n.as_ref().unwrap_or(&0));
            self.finished = n? == 0;
            self.mended.clear();
            self.given = 0;
            let taken = mend(&self.raw, self.finished, &mut self.mended);
            self.raw.drain(..taken);
        }
        let n = buf.len().min(self.mended.len() - self.given);
        buf[..n].copy_from_slice(&self.mended[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_however_it_is_cut() {
        let text = b"1[.]2(.)3{dot}4 hxxp[://]9[DOT]9.9(dot)9/ 2001[:]db8[:][:]1 [::1]:80 a[0] f(x) [.[.] [do (do[dot";
        let want = b"1.2.3.4 hxxp://9.9.9.9/ 2001:db8::1 [::1]:80 a[0] f(x) [.. [do (do[dot";
        for size in 1..text.len() + 1 {
            let (mut chunks, mut all) = (text.chunks(size), Vec::new());
            let mut one = [0; 7];
            let mut source = ByChunk { now: b"", next: &mut chunks };
            let mut mended = Mended::new(&mut source);
            loop {
                let n = mended.read(&mut one).unwrap();
                if n == 0 {
                    break;
                }
                all.extend_from_slice(&one[..n]);
            }
            assert_eq!(all, want, "{size}: {}", String::from_utf8_lossy(&all));
        }
    }

    struct ByChunk<'a> {
        now: &'a [u8],
        next: &'a mut dyn Iterator<Item = &'a [u8]>,
    }

    impl Read for ByChunk<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.now.is_empty() {
                self.now = self.next.next().unwrap_or_default();
            }
            self.now.read(buf)
        }
    }
}

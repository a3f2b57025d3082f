//! All inputs of a mode that needs them together.
use std::io;

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
};

use crate::{
    address::{simd::Batch, text::Reason, value::Value},
    cli::Conf,
    list::pile::Pile,
    read::{
        bulk::{self, Sink},
        inputs,
    },
};

/// All inputs: plain addresses in a pile where their lines don't matter, and the rest as `rest` does it.
///
/// # Errors
/// Reading or writing failed, or `rest` gave up.
pub fn gather(
    conf: &Conf,
    lines: bool,
    out: &mut Out,
    rest: impl FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Pile, &mut Answers<'_, Out>) -> Result<Status, Fail>,
) -> Result<(Pile, Status), Fail> {
    let mut sink = Gathering { pile: Pile::default(), rest };
    let end = if bulk::fits(conf) && !lines {
        bulk::each(conf, out, &mut sink)?
    } else {
        inputs::each(conf, out, |input, value, answers| sink.input(input, value, answers))?
    };
    Ok((sink.pile, end))
}

/// Gathers the plain addresses of a long list at full speed; `rest` gets every other input.
struct Gathering<F> {
    pile: Pile,
    rest: F,
}

impl<F> Sink for Gathering<F>
where
    F: FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Pile, &mut Answers<'_, Out>) -> Result<Status, Fail>,
{
    fn values(&self) -> bool {
        true
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        if batch.v6 == 0 {
            return self.pile.v4.extend(batch.bits().iter().map(|bits| (bits >> 96) as u32));
        }
        for (i, bits) in batch.bits().iter().enumerate() {
            if batch.is_v6(i) {
                self.pile.v6.push(*bits);
            } else {
                self.pile.v4.push((bits >> 96) as u32);
            }
        }
    }

    fn settle(&mut self, _: &[u8], _: usize, _: &mut Out) -> io::Result<()> {
        Ok(())
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        (self.rest)(input, value, &mut self.pile, answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::examples::batches;

    fn rest(
        _: &Input<'_>,
        _: Result<Value<'_>, Reason>,
        _: &mut Pile,
        _: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        Ok(Status::Answered)
    }

    #[test]
    fn addresses_are_piled_by_family() {
        for (lines, v4, v6) in [
            ("1.2.3.4\n255.255.255.255\n", vec![0x0102_0304, u32::MAX], vec![]),
            ("1.2.3.4\n::5\n0:0::6\n0.0.0.0\n", vec![0x0102_0304, 0], vec![5, 6]),
        ] {
            let mut sink = Gathering { pile: Pile::default(), rest };
            assert!(sink.values());
            batches(lines, |batch| sink.plain(batch));
            assert_eq!((sink.pile.v4, sink.pile.v6), (v4, v6));
        }
    }
}

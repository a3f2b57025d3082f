//! The modes that take all inputs as one set: `--cidrs`, `--exclude-file`,
//! `--common` and `--count`.
use std::{ffi::OsString, io::Write as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::Answers,
    output::Out,
};

use crate::{
    address::value::Block,
    cli::Conf,
    list::{
        blocks::{difference, intersection, prefixes},
        gather::gather,
        pile::Pile,
        records::Records,
    },
    read::entries,
    spec::SPEC,
};

/// `--cidrs`: the fewest prefixes that hold all inputs and nothing else.
///
/// # Errors
/// Reading or writing failed.
pub fn cidrs(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let (blocks, end) = inputs(conf, out)?;
    Ok(end.max(write(conf, blocks.into_blocks(), out)?))
}

/// `--exclude-file`: the fewest prefixes of what the inputs have and these files have not.
///
/// # Errors
/// Reading or writing failed, or a file holds something that is no prefix.
pub fn exclude(conf: &Conf, files: &[OsString], out: &mut Out) -> Result<Status, Fail> {
    let less = pile(files)?;
    let (blocks, end) = inputs(conf, out)?;
    Ok(end.max(write(conf, difference(blocks.into_blocks(), less.into_blocks()), out)?))
}

/// `--common`: the fewest prefixes of what the inputs and each of these files have.
///
/// # Errors
/// Reading or writing failed, or a file holds something that is no prefix.
pub fn common(conf: &Conf, files: &[OsString], out: &mut Out) -> Result<Status, Fail> {
    let mut shared: Option<Box<dyn Iterator<Item = Block>>> = None;
    for file in files {
        let blocks = pile(std::slice::from_ref(file))?.into_blocks();
        shared = Some(match shared {
            Some(shared) => Box::new(intersection(shared, blocks)),
            None => Box::new(blocks),
        });
    }
    let (blocks, end) = inputs(conf, out)?;
    let shared = shared.into_iter().flatten();
    Ok(end.max(write(conf, intersection(blocks.into_blocks(), shared), out)?))
}

/// `--count`: how many different addresses the inputs have, over both families.
///
/// # Errors
/// Reading or writing failed.
pub fn count(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let (blocks, end) = inputs(conf, out)?;
    let mut total = Total::default();
    blocks.into_blocks().for_each(|block| total.add(&block));
    let line = if conf.form.json {
        format!("{{\"input\":null,\"count\":\"{total}\",\"error\":null}}")
    } else {
        total.to_string()
    };
    out.write_all(line.as_bytes())?;
    out.write_all(&[conf.form.end()])?;
    Ok(end)
}

/// A number of addresses. Those of IPv6 alone are one more than a `u128` holds.
#[derive(Debug, Default)]
struct Total {
    low: u128,
    /// The number is 2^128 more than `low` says.
    carry: bool,
}

impl Total {
    fn add(&mut self, block: &Block) {
        for more in [block.last - block.first, 1] {
            let (low, carry) = self.low.overflowing_add(more);
            (self.low, self.carry) = (low, self.carry | carry);
        }
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.carry {
            return self.low.fmt(f);
        }
        // 2^128, of which the last 18 digits have room for all that IPv4 can add.
        write!(f, "340282366920938463463{:018}", 374_607_431_768_211_456 + self.low)
    }
}

/// All inputs, to be put in order.
fn inputs(conf: &Conf, out: &mut Out) -> Result<(Pile, Status), Fail> {
    let mut records = Records::new(conf);
    gather(conf, false, out, |input, value, pile, answers| match value {
        Ok(value) => {
            pile.push(value.block());
            Ok(Status::Answered)
        }
        why => records.show.one(input, why, answers),
    })
}

/// All that these files hold.
fn pile(files: &[OsString]) -> Result<Pile, Fail> {
    let mut pile = Pile::default();
    for file in files {
        entries::each(file, |value, _| pile.push(value.block()))?;
    }
    Ok(pile)
}

/// Writes the fewest prefixes that make up `blocks`, which are in ascending order and merged.
fn write(conf: &Conf, blocks: impl Iterator<Item = Block>, out: &mut Out) -> Result<Status, Fail> {
    let mut records = Records::new(conf);
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let mut end = Status::default();
    for prefix in blocks.flat_map(prefixes) {
        end = end.max(records.put_own(&prefix, &mut answers)?);
    }
    records.drain(answers.out)?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::value::Family;

    #[test]
    fn a_count_may_have_more_than_128_bits() {
        let count = |blocks: &[Block]| {
            let mut total = Total::default();
            blocks.iter().for_each(|block| total.add(block));
            total.to_string()
        };
        let (v4, v6) = (Block::network(Family::V4, 0, 0), Block::network(Family::V6, 0, 0));
        assert_eq!(count(&[]), "0");
        assert_eq!(count(&[v4]), "4294967296");
        assert_eq!(count(&[v6]), "340282366920938463463374607431768211456");
        assert_eq!(count(&[v4, v6]), "340282366920938463463374607436063178752");
        assert_eq!(count(&[Block { first: 1, ..v6 }]), "340282366920938463463374607431768211455");
        assert_eq!(count(&[v4, Block { first: 1 << 32, ..v6 }]), "340282366920938463463374607431768211456");
    }
}

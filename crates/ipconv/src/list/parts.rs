//! The modes that take each input apart: `--expand`, `--split` and `--exclude`.
use std::{io::Write as _, ops::RangeInclusive};

use plainnet_common::{
    exit::{Fail, Status},
    input::Answers,
    output::Out,
};

use crate::{
    address::{
        text::Reason,
        value::{Block, Family, Value},
        write::{write_compressed, write_decimal},
    },
    cli::Conf,
    list::{blocks, records::Records, set::Set},
    read::inputs,
};

/// `--expand`: every address of each input.
///
/// # Errors
/// Reading or writing failed.
pub fn expand(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Records::new(conf);
    inputs::each(conf, out, |input, value, answers| match value {
        Ok(value) if to.plain && value.family == Family::V4 => expand_v4(&value.block(), answers),
        Ok(value) => {
            let Block { family, first, last } = value.block();
            let one = |bits| Value { zone: value.zone, ..Value::addr(family, bits) };
            to.put_all(input, (first..=last).map(one), answers)
        }
        why => to.show.one(input, why, answers),
    })
}

/// Writes the three upper octets once for up to 256 lines.
fn expand_v4(block: &Block, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
    let end = answers.form.end();
    let (first, last) = (block.first as u32, block.last as u32);
    let mut lines = Vec::new();
    for net in first >> 8..=last >> 8 {
        lines.clear();
        write_net(&mut lines, net, &(first..=last), end);
        answers.out.write_all(&lines)?;
    }
    Ok(Status::Answered)
}

/// Appends those addresses of a range that have these three upper octets.
fn write_net(lines: &mut Vec<u8>, net: u32, range: &RangeInclusive<u32>, end: u8) {
    let mut head = Vec::new();
    write_compressed(&mut head, Family::V4, u128::from(net) << 8);
    head.pop();
    for octet in 0..=255u32 {
        if range.contains(&((net << 8) + octet)) {
            lines.extend_from_slice(&head);
            write_decimal(lines, octet.into());
            lines.push(end);
        }
    }
}

/// `--split`: the prefixes of this length in each input.
///
/// # Errors
/// Reading or writing failed.
pub fn split(conf: &Conf, len: u8, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Records::new(conf);
    inputs::each(conf, out, |input, value, answers| {
        let parts = value.and_then(|value| Ok((value, blocks::split(&value, len).map_err(Reason::Because)?)));
        match parts {
            Ok((value, parts)) => to.put_all(input, parts.map(|part| Value { zone: value.zone, ..part }), answers),
            Err(why) => to.show.one(input, Err(why), answers),
        }
    })
}

/// `--exclude`: what these leave of each input, which stays as it is where they
/// leave all.
///
/// # Errors
/// Reading or writing failed.
pub fn exclude(conf: &Conf, less: &[Block], out: &mut Out) -> Result<Status, Fail> {
    let mut to = Records::new(conf);
    let less: Set = less.iter().copied().collect();
    inputs::each(conf, out, |input, value, answers| match value {
        Ok(value) if !less.touches(&value.block()) => to.put(input, &value, answers),
        Ok(value) => {
            let mut rest = less.rest_of(value.block()).flat_map(blocks::prefixes).peekable();
            if rest.peek().is_none() {
                const WHY: &str = "nothing is left";
                // An input without an answer has its object, also without -k.
                if !conf.form.keep {
                    to.show.refused(input, &WHY, answers)?;
                }
                return to.show.dropped(input, &WHY, answers);
            }
            to.put_all(input, rest.map(|part| Value { zone: value.zone, ..part }), answers)
        }
        why => to.show.one(input, why, answers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_net_by_net() {
        let (first, last) = (0x0aff_fffe, 0x0b00_0102);
        let mut lines = Vec::new();
        for net in 0x0a_ffff..=0x0b_0001 {
            write_net(&mut lines, net, &(first..=last), b'\n');
        }
        let want: String = (first..=last).map(|bits| format!("{}\n", std::net::Ipv4Addr::from_bits(bits))).collect();
        assert_eq!(String::from_utf8(lines).unwrap(), want);
    }
}

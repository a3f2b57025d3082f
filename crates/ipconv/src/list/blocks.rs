//! Blocks of addresses: their fewest prefixes, and union, difference and intersection of
//! lists of them.
//!
//! The two ends of a block are included, so that the last address of a family needs no
//! number after it.
use crate::address::value::{Block, Family, Value};

/// The fewest prefixes that make up a block, in ascending order: at most 62 for
/// IPv4 and 254 for IPv6.
#[derive(Clone, Debug)]
pub struct Prefixes {
    rest: Option<Block>,
}

/// Cuts `block` into prefixes.
pub fn prefixes(block: Block) -> Prefixes {
    Prefixes { rest: Some(block) }
}

impl Iterator for Prefixes {
    type Item = Value<'static>;

    #[inline]
    fn next(&mut self) -> Option<Value<'static>> {
        let block = self.rest?;
        let Block { family, first, last } = block;
        let width = u32::from(family.width());
        // The largest network that starts here and does not pass the end: 2^128 addresses have no number.
        let fits = (last - first).checked_add(1).map_or(128, u128::ilog2);
        let host_bits = first.trailing_zeros().min(width).min(fits);
        let len = (width - host_bits) as u8;
        let end = first | family.host_mask(len);
        self.rest = (end < last).then(|| Block { first: end + 1, ..block });
        Some(Value::prefix(family, first, len))
    }
}

/// The networks of `len` bits in `value`, in ascending order.
///
/// # Errors
/// Why there are none: `len` is longer than the family's addresses, or shorter
/// than the input, or cuts a range elsewhere than at its ends.
pub fn split(value: &Value<'_>, len: u8) -> Result<impl Iterator<Item = Value<'static>> + use<>, &'static str> {
    let block = value.block();
    let family = block.family;
    if len > family.width() {
        return Err(match family {
            Family::V4 => "--split is longer than 32",
            Family::V6 => "--split is longer than 128",
        });
    }
    let host = family.host_mask(len);
    if block.last - block.first < host {
        return Err("--split is shorter than the prefix");
    }
    if block.first & host != 0 || block.last & host != host {
        return Err("the range is not made of whole prefixes of this length");
    }
    let mut next = Some(block.first);
    Ok(std::iter::from_fn(move || {
        let bits = next?;
        next = if bits | host < block.last { Some((bits | host) + 1) } else { None };
        Some(Value::prefix(family, bits, len))
    }))
}

/// Joins blocks that overlap or follow one another. They come in ascending
/// order of family and first address.
pub fn merge(blocks: impl IntoIterator<Item = Block>) -> impl Iterator<Item = Block> {
    let mut blocks = blocks.into_iter();
    let mut open: Option<Block> = None;
    let mut finished = false;
    std::iter::from_fn(move || {
        while !finished {
            let Some(next) = blocks.next() else {
                finished = true;
                break;
            };
            match &mut open {
                Some(open) if open.family == next.family && next.first <= open.last.saturating_add(1) => {
                    open.last = open.last.max(next.last);
                }
                _ => {
                    if let Some(done) = open.replace(next) {
                        return Some(done);
                    }
                }
            }
        }
        open.take()
    })
}

/// What `from` has and `less` has not. Both are in ascending order and merged,
/// and so is what is left.
pub fn difference(
    from: impl IntoIterator<Item = Block>,
    less: impl IntoIterator<Item = Block>,
) -> impl Iterator<Item = Block> {
    let (mut from, mut less) = (from.into_iter(), less.into_iter().peekable());
    let mut rest: Option<Block> = None;
    std::iter::from_fn(move || {
        loop {
            let block = rest.take().or_else(|| from.next())?;
            while less.next_if(|hole| (hole.family, hole.last) < (block.family, block.first)).is_some() {}
            let Some(hole) = less.peek().filter(|hole| hole.family == block.family && hole.first <= block.last) else {
                return Some(block);
            };
            if hole.last < block.last {
                rest = Some(Block { first: hole.last + 1, ..block });
            }
            if block.first < hole.first {
                return Some(Block { last: hole.first - 1, ..block });
            }
        }
    })
}

/// What both have. Both are in ascending order and merged, and so is the result.
pub fn intersection(
    one: impl IntoIterator<Item = Block>,
    other: impl IntoIterator<Item = Block>,
) -> impl Iterator<Item = Block> {
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    std::iter::from_fn(move || {
        loop {
            let (a, b) = (*one.peek()?, *other.peek()?);
            // The one that ends first can share nothing with what follows.
            if (a.family, a.last) <= (b.family, b.last) {
                one.next();
            } else {
                other.next();
            }
            let shared = Block { family: a.family, first: a.first.max(b.first), last: a.last.min(b.last) };
            if a.family == b.family && shared.first <= shared.last {
                return Some(shared);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        address::text::parse,
        list::examples::{block, members, merged, show, some_blocks},
    };

    fn cidrs(text: &str) -> String {
        show(merged(text.split_whitespace().map(block)).into_iter().flat_map(prefixes))
    }

    #[test]
    fn the_fewest_prefixes() {
        let cases = [
            ("10.0.0.0-10.0.0.0", "10.0.0.0/32"),
            ("10.0.0.0-10.0.1.5", "10.0.0.0/24 10.0.1.0/30 10.0.1.4/31"),
            ("10.0.0.1-10.0.0.2", "10.0.0.1/32 10.0.0.2/32"),
            ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
            ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
            ("255.255.255.255-255.255.255.255", "255.255.255.255/32"),
            ("8000::/1", "8000::/1"),
        ];
        for (text, want) in cases {
            assert_eq!(show(prefixes(block(text))), want, "{text}");
        }
        assert_eq!(prefixes(block("0.0.0.1-255.255.255.254")).count(), 62);
        assert_eq!(prefixes(block("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")).count(), 254);
    }

    #[test]
    fn lists_to_the_fewest_prefixes() {
        let cases = [
            ("10.0.0.0/9 10.128.0.0/9", "10.0.0.0/8"),
            ("::1 1.2.3.4", "1.2.3.4/32 ::1/128"),
            ("1.2.3.4 1.2.3.5 1.2.3.4", "1.2.3.4/31"),
            ("255.255.255.255 0.0.0.0", "0.0.0.0/32 255.255.255.255/32"),
            ("255.255.255.255 :: 255.255.255.254", "255.255.255.254/31 ::/128"),
            ("10.0.0.0/8 10.1.2.3 9.255.255.255", "9.255.255.255/32 10.0.0.0/8"),
            ("0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1", "0.0.0.0/0 ::/0"),
            ("10.0.0.77/24", "10.0.0.0/24"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(cidrs(text), want, "{text}");
        }
    }

    #[test]
    fn networks_of_one_length() {
        let split = |text: &str, len| split(&parse(text.as_bytes()).unwrap(), len).map(show);
        assert_eq!(split("10.0.0.5/30", 31).unwrap(), "10.0.0.4/31 10.0.0.6/31");
        assert_eq!(split("10.0.0.0/30", 30).unwrap(), "10.0.0.0/30");
        assert_eq!(split("255.255.255.254/31", 32).unwrap(), "255.255.255.254/32 255.255.255.255/32");
        assert_eq!(split("::/0", 1).unwrap(), "::/1 8000::/1");
        assert_eq!(split("1.2.3.4", 32).unwrap(), "1.2.3.4/32");
        assert_eq!(split("10.0.0.0-10.0.2.255", 24).unwrap(), "10.0.0.0/24 10.0.1.0/24 10.0.2.0/24");
        for (text, len) in
            [("10.0.0.0/8", 7), ("10.0.0.0/8", 33), ("::/64", 63), ("10.0.0.1-10.0.2.255", 24), ("1.2.3.4", 31)]
        {
            assert!(split(text, len).is_err(), "{text} to /{len}");
        }
    }

    proptest! {
        #[test]
        fn the_prefixes_of_a_union_are_that_union_and_the_fewest(a in some_blocks()) {
            let cut: Vec<Value<'static>> = merged(a.iter().copied()).into_iter().flat_map(prefixes).collect();
            prop_assert_eq!(members(cut.iter().map(Value::block)), members(a));
            for pair in cut.windows(2) {
                let (low, high) = (pair[0].block(), pair[1].block());
                prop_assert!(low < high);
                // Two halves of one network would have been written as that network.
                if pair[0].what == pair[1].what && low.family == high.family && low.last.checked_add(1) == Some(high.first) {
                    prop_assert_ne!(low.first ^ high.first, low.last - low.first + 1);
                }
            }
        }

        #[test]
        fn differences_and_intersections_of_lists(a in some_blocks(), b in some_blocks()) {
            let (from, other) = (merged(a.iter().copied()), merged(b.iter().copied()));
            let rest: Vec<Block> = difference(from.iter().copied(), other.iter().copied()).collect();
            prop_assert_eq!(members(rest.iter().copied()), &members(a.iter().copied()) - &members(b.iter().copied()));
            let both: Vec<Block> = intersection(from, other).collect();
            prop_assert_eq!(members(both.iter().copied()), &members(a) & &members(b));
            for list in [rest, both] {
                prop_assert_eq!(merge(list.iter().copied()).collect::<Vec<_>>(), list);
            }
        }

        #[test]
        fn split_then_merge_is_identity(bits in any::<u128>(), four in any::<bool>(), len in 0u8..=128, more in 0u8..=8) {
            let family = if four { Family::V4 } else { Family::V6 };
            let len = len.min(family.width());
            let value = Value::prefix(family, bits & family.top(), len);
            let longer = (len + more).min(family.width());
            let parts: Vec<Value<'static>> = split(&value, longer).unwrap().collect();
            prop_assert_eq!(parts.len(), 1 << (longer - len));
            let again: Vec<Block> = merge(parts.iter().map(Value::block)).collect();
            prop_assert_eq!(again, vec![value.block()]);
        }

        #[test]
        fn any_range_is_its_prefixes(a in any::<u128>(), b in any::<u128>(), shift in 0u32..128) {
            let (a, b) = (a >> shift, b >> shift);
            let block = Block { family: Family::V6, first: a.min(b), last: a.max(b) };
            prop_assert_eq!(merge(prefixes(block).map(|v| v.block())).collect::<Vec<_>>(), vec![block]);
        }
    }
}

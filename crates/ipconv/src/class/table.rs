//! The segment of an address by its upper 16 bits: most addresses are judged
//! by one look into a table that stays in the cache.
use crate::{address::value::Family, class::property};

/// Both, in the order of tables that hold both.
pub const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// A byte for each upper 16 bits, IPv4 first.
pub type Table = Box<[u8; 2 << 16]>;

/// A table with the same byte everywhere.
pub fn new_table(byte: u8) -> Table {
    vec![byte; 2 << 16].try_into().expect("of this length")
}

/// Where an address, IPv4 in its upper 32 bits, has its place in a [`Table`].
#[inline]
pub fn upper(v6: bool, bits: u128) -> usize {
    usize::from(v6) << 16 | (bits >> 112) as usize
}

/// The segment of an address by its upper 16 bits.
#[derive(Debug)]
pub struct Classes {
    /// The segment's place; or, counted from the highest number down, which of the spans it is in.
    pub table: Table,
    /// First and last segment of those that have the same upper 16 bits.
    spans: Vec<(u8, u8)>,
}

impl Classes {
    /// For the segments of both families.
    #[expect(clippy::new_without_default, reason = "it takes long enough to be asked for by name")]
    pub fn new() -> Classes {
        let (mut table, mut spans) = (new_table(0), Vec::new());
        for (table, family) in table.chunks_exact_mut(1 << 16).zip(FAMILIES) {
            let shift = family.width() - 16;
            let mut last = None;
            let segments = property::segments(family);
            for (i, segment) in segments.iter().enumerate() {
                let next = segments.get(i + 1).map_or(family.top(), |next| next.first - 1);
                let (top, to) = ((segment.first >> shift) as usize, (next >> shift) as usize + 1);
                let (i, whole) = (i as u8, segment.first & family.host_mask(16) == 0);
                table[top + usize::from(!whole)..to].fill(i);
                if whole {
                    continue;
                }
                match spans.last_mut() {
                    Some((_, end)) if last == Some(top) => *end = i,
                    _ => {
                        table[top] = u8::MAX - spans.len() as u8;
                        spans.push((i - 1, i));
                    }
                }
                last = Some(top);
            }
        }
        Classes { table, spans }
    }

    /// The place of the address's segment among [`property::segments`].
    #[inline]
    pub fn of(&self, v6: bool, bits: u128) -> usize {
        let told = self.table[upper(v6, bits)];
        let Some((from, to)) = self.spans.get(usize::from(u8::MAX - told)) else { return told.into() };
        let (from, to) = (usize::from(*from), usize::from(*to));
        let segments = property::segments(if v6 { Family::V6 } else { Family::V4 });
        let bits = if v6 { bits } else { bits >> 96 };
        from + property::find(&segments[from..=to], bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_finds_what_the_second_does() {
        let classes = Classes::new();
        for family in [Family::V4, Family::V6] {
            let segments = property::segments(family);
            assert!(segments.len() + classes.spans.len() < usize::from(u8::MAX));
            let of = |bits: u128| classes.of(family == Family::V6, bits << (128 - family.width()));
            for (i, segment) in segments.iter().enumerate() {
                assert_eq!(of(segment.first), i);
                let before = segment.first.wrapping_sub(1) & family.top();
                assert_eq!(of(before), i.checked_sub(1).unwrap_or(segments.len() - 1));
            }
            let shift = family.width() - 16;
            for top in 0..1u128 << 16 {
                for bits in [top << shift, top << shift | family.host_mask(16)] {
                    assert_eq!(of(bits), property::find(segments, bits));
                }
            }
        }
    }
}

//! [`Filter`] for many plain addresses at a time: the upper 16 bits tell what
//! becomes of most lines, so that no branch hangs on a line.
use std::{iter::repeat, rc::Rc};

use crate::{
    address::{
        simd::{Batch, places},
        value::{Family, Value},
    },
    class::{
        deep,
        property::{self, Property, Segment},
        table::{Classes, FAMILIES, Table, new_table, upper},
    },
    cli::Conf,
    list::{filter::Filter, set::Slot},
};

/// What meets `--is` and `--not`, as [`Classes`] has it: the upper 16 bits tell
/// yes, no, or that more must be looked at.
#[derive(Debug)]
pub struct Sieve {
    /// By [`upper`]: [`NO`], [`YES`], [`ASK`] or [`CLOSER`].
    table: Table,
    /// By segment, IPv4 first.
    segments: [Vec<bool>; 2],
    classes: Rc<Classes>,
    filter: Rc<Filter>,
    /// With `--deep` what is inside an address is not known by its segment.
    deep: bool,
    /// Nor is it known whether an ISATAP address is public.
    public: bool,
}

const NO: u8 = 0;
const YES: u8 = 1;
/// The set of `--in` must tell. This bit is in [`CLOSER`], too.
const ASK: u8 = 2;
/// The segment must tell, and then the set.
const CLOSER: u8 = 6;

impl Sieve {
    /// For the conditions of `conf`, which `filter` holds, too.
    pub fn new(conf: &Conf, classes: &Rc<Classes>, filter: &Rc<Filter>) -> Sieve {
        let within = filter.within();
        let segments = FAMILIES.map(|family| -> Vec<bool> {
            let has = |segment: &Segment, property: Property| {
                !(family == Family::V4 && property == Property::SiteLocal) && segment.bits & property.bit() != 0
            };
            let passes = |segment: &Segment| conf.tests.iter().all(|(p, wanted)| has(segment, *p) == *wanted);
            property::segments(family).iter().map(passes).collect()
        });
        let mut table = new_table(YES);
        for (family, table) in table.chunks_exact_mut(1 << 16).enumerate() {
            if !conf.tests.is_empty() {
                for (yes, segment) in table.iter_mut().zip(&classes.table[family << 16..]) {
                    *yes = segments[family].get(usize::from(*segment)).map_or(CLOSER, |yes| u8::from(*yes));
                }
            }
            let Some(slots) = within.map(|set| set.slots(FAMILIES[family])) else { continue };
            for (yes, slot) in table.iter_mut().zip(slots.iter().chain(repeat(&Slot::None))) {
                *yes = match (*yes, slot) {
                    (_, Slot::None) => NO,
                    (YES, Slot::Some) => ASK,
                    (yes, _) => yes,
                };
            }
        }
        let public = conf.tests.iter().any(|(property, _)| *property == Property::Public);
        let (classes, filter) = (Rc::clone(classes), Rc::clone(filter));
        Sieve { table, segments, classes, filter, deep: conf.deep, public }
    }

    /// Which lines pass, a bit each.
    pub fn passes(&self, batch: &Batch<'_>) -> u64 {
        let (mut passes, mut asked) = (0, 0);
        for (i, bits) in batch.bits().iter().enumerate() {
            let told = self.table[upper(batch.is_v6(i), *bits)];
            passes |= u64::from(told & YES) << i;
            asked |= u64::from(told & ASK != 0) << i;
        }
        for i in places(asked) {
            passes |= u64::from(self.look(batch.is_v6(i), batch.bits()[i])) << i;
        }
        let mut unknown = 0;
        if self.deep {
            for i in places(batch.v6) {
                unknown |= u64::from(deep::hides(batch.bits()[i])) << i;
            }
        } else if self.public {
            // An IPv4 address, which stands in the upper 32 bits, never looks like one.
            for (i, bits) in batch.bits().iter().enumerate() {
                unknown |= u64::from(deep::is_isatap(*bits)) << i;
            }
        }
        for i in places(unknown) {
            let yes = self.filter.passes(&Value::addr(Family::V6, batch.bits()[i]));
            passes = (passes & !(1 << i)) + (u64::from(yes) << i);
        }
        passes
    }

    /// Where the table does not tell.
    fn look(&self, v6: bool, bits: u128) -> bool {
        let within = || match self.filter.within() {
            Some(set) if v6 => set.has_v6(bits),
            Some(set) => set.has_v4((bits >> 96) as u32),
            None => true,
        };
        let passes = || {
            // A mapped address answers as its IPv4 address, which is found faster.
            let (v6, bits) = if v6 && bits >> 32 == 0xffff { (false, bits << 96) } else { (v6, bits) };
            self.segments[usize::from(v6)][self.classes.of(v6, bits)]
        };
        (self.table[upper(v6, bits)] == ASK || passes()) && within()
    }
}

#[cfg(test)]
mod tests {
    use plainnet_common::special;

    use super::*;
    use crate::{
        address::{text, value::Block, write::write_compressed},
        list::examples::{batches, conf},
    };

    #[test]
    fn what_passes_of_many_is_what_passes_one_by_one() {
        let mut text = Vec::new();
        let named = "10.0.0.0/8 10.128.0.0/9 10.1.2.0/28 2001:db8::/32 2600::/64 2600::5efe:10.0.0.0/104 2600::200:5efe:8.8.8.8 \
            64:ff9b::10.0.0.0/104 2002:a00::/24 2001:0:808:808::/64 ::ffff:10.1.2.0/124 ::ffff:8.8.8.0/120 2600::5efe:8.8.8.0/120";
        let named = named.split_whitespace().map(|text| text::parse(text.as_bytes()).unwrap().block());
        for Block { family, first, last } in special::ROWS.iter().map(|row| row.block).chain(named) {
            let middle = first + (last - first) / 2;
            for bits in [first, last, first.wrapping_sub(1), last.wrapping_add(1), middle] {
                write_compressed(&mut text, family, bits & family.top());
                text.push(b'\n');
            }
        }
        let text = String::from_utf8(text).unwrap();
        let classes = Rc::new(Classes::new());
        let some = "10.0.0.0-10.127.255.255,10.1.2.0/28,2001:db8::/33,::ffff:10.1.2.0/126,2600::/16,8.8.8.8";
        for options in [
            &["--is", "private"][..],
            &["--not", "private"],
            &["--is", "global", "--not", "multicast"],
            &["--is", "site_local"],
            &["--not", "site_local"],
            &["--is", "public"],
            &["--not", "public"],
            &["--is", "public", "--in", "0.0.0.0/0,2600::/16"],
            &["--is", "private", "--deep"],
            &["--not", "global", "--deep"],
            &["--in", "10.0.0.0/8", "--deep"],
            &["--in", some],
            &["--not-in", some],
            &["--in", some, "--not-in", "10.1.2.0/29,2600::5efe:0:0/96"],
            &["--in", some, "--is", "private"],
            &["--not-in", some, "--not", "private"],
            &["--in", "0.0.0.0/0,::/0", "--is", "reserved"],
        ] {
            let conf = conf(options);
            let filter = Rc::new(Filter::new(&conf).unwrap());
            let sieve = Sieve::new(&conf, &classes, &filter);
            let mut passed = [0, 0];
            batches(&text, |batch| {
                let passes = sieve.passes(batch);
                assert_eq!(passes & !batch.all(), 0, "{options:?}");
                for i in 0..batch.len() {
                    let value = batch.value(i).unwrap();
                    let one = filter.passes(&value);
                    assert_eq!(passes >> i & 1 != 0, one, "{options:?} {value:x?}");
                    passed[usize::from(one)] += 1;
                }
            });
            assert!(passed[0] > 0 && passed[1] > 0, "{options:?} {passed:?}");
        }
    }
}

//! [`Show`] at full speed: what can be told of plain addresses without making
//! each one a record of its own.
use std::{
    io::{self, Write as _},
    iter::repeat,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
};

use crate::{
    bulk::{Gather, Sink},
    class::{self, Property, Segment},
    cli::Conf,
    deep,
    field::{self, Field},
    set::{Set, Slot},
    show::Show,
    text::{Reason, write_v6},
    value::{Family, Value},
};

/// Longest line that a kernel takes for an address is shorter than this.
const LINE: usize = 48;

/// `-o compressed` and nothing else: most lines go out as they came in.
#[derive(Debug)]
pub struct Canonical<'c> {
    /// For all other lines.
    pub show: Show<'c>,
    /// The end of a record.
    pub end: u8,
    /// What goes out.
    pub gather: Gather,
}

impl Sink for Canonical<'_> {
    const VALUES: bool = false;

    #[inline]
    fn v4(&mut self, _: &[u8], from: usize, _: usize, _: u32) {
        self.gather.keep(from);
    }

    #[inline]
    fn v6(&mut self, text: &[u8], from: usize, _: usize, bits: u128, canonical: bool) {
        if canonical {
            return self.gather.keep(from);
        }
        self.gather.cut(text, from);
        write_v6(&mut self.gather.made, bits);
        self.gather.made.push(self.end);
    }

    fn settle(&mut self, text: &[u8], upto: usize, out: &mut Out) -> io::Result<()> {
        self.gather.settle(text, upto, out)
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        self.show.one(input, value, answers)
    }
}

/// `-o packed` and nothing else.
#[derive(Debug)]
pub struct Packed<'c> {
    /// For all other lines.
    pub show: Show<'c>,
    /// The end of a record.
    pub end: u8,
    /// What goes out.
    pub made: Vec<u8>,
}

impl Sink for Packed<'_> {
    const VALUES: bool = true;

    #[inline]
    fn v4(&mut self, _: &[u8], _: usize, _: usize, bits: u32) {
        let mut record = [self.end; 9];
        record[..8].copy_from_slice(&hex(bits));
        self.made.extend_from_slice(&record);
    }

    #[inline]
    fn v6(&mut self, _: &[u8], _: usize, _: usize, bits: u128, _: bool) {
        let mut record = [self.end; 33];
        record[..32].copy_from_slice(&hex_v6(bits));
        self.made.extend_from_slice(&record);
    }

    fn settle(&mut self, _: &[u8], _: usize, out: &mut Out) -> io::Result<()> {
        out.write_all(&self.made)?;
        self.made.clear();
        Ok(())
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        self.show.one(input, value, answers)
    }
}

/// Filters and fields.
#[derive(Debug)]
pub struct Columns<'c> {
    show: Show<'c>,
    conf: &'c Conf,
    classes: Classes,
    /// What passes, by segment; nothing where all does.
    sieve: Option<Sieve>,
    /// What is printed of what passes; nothing where that is the line.
    items: Option<Vec<Item>>,
    gather: Gather,
}

/// What meets `--is` and `--not`, as [`Classes`] has it: the upper 16 bits tell
/// yes, no, or that the segment must be looked at.
#[derive(Debug)]
struct Sieve {
    /// By the upper 16 bits: 0 and 1 for no and yes, [`ASK`] or [`CLOSER`].
    v4: Vec<u8>,
    v6: Vec<u8>,
    segments_v4: Vec<bool>,
    segments_v6: Vec<bool>,
    within: Option<Set>,
}

impl Sieve {
    fn new(conf: &Conf, classes: &Classes, within: Option<&Set>) -> Sieve {
        let all = |family: Family| -> Vec<bool> {
            let has = |segment: &Segment, property: Property| {
                !(family == Family::V4 && property == Property::SiteLocal) && segment.bits & property.bit() != 0
            };
            let passes = |segment: &Segment| conf.tests.iter().all(|(p, wanted)| has(segment, *p) == *wanted);
            class::segments(family).iter().map(passes).collect()
        };
        let (segments_v4, segments_v6) = (all(Family::V4), all(Family::V6));
        let look = |table: &[u8], passes: &[bool]| -> Vec<u8> {
            table.iter().map(|at| passes.get(usize::from(*at)).map_or(CLOSER, |yes| u8::from(*yes))).collect()
        };
        let (mut v4, mut v6) = (look(&classes.v4, &segments_v4), look(&classes.v6, &segments_v6));
        if conf.tests.is_empty() {
            v4.fill(1);
            v6.fill(1);
        }
        for (table, family) in [(&mut v4, Family::V4), (&mut v6, Family::V6)] {
            let Some(slots) = within.map(|set| set.slots(family)) else { continue };
            for (yes, slot) in table.iter_mut().zip(slots.iter().chain(repeat(&Slot::None))) {
                *yes = match (*yes, slot) {
                    (_, Slot::None) => 0,
                    (1, Slot::Some) => ASK,
                    (yes, _) => yes,
                };
            }
        }
        Sieve { v4, v6, segments_v4, segments_v6, within: within.cloned() }
    }

    #[inline]
    fn passes_v4(&self, bits: u32) -> bool {
        let within = || self.within.as_ref().is_none_or(|set| set.has_v4(bits));
        match self.v4[(bits >> 16) as usize] {
            ASK => within(),
            CLOSER => self.segments_v4[class::find(class::segments(Family::V4), bits.into())] && within(),
            yes => yes != 0,
        }
    }

    #[inline]
    fn passes_v6(&self, bits: u128) -> bool {
        let within = || self.within.as_ref().is_none_or(|set| set.has_v6(bits));
        match self.v6[(bits >> 112) as usize] {
            ASK => within(),
            CLOSER => self.segments_v6[class::find(class::segments(Family::V6), bits)] && within(),
            yes => yes != 0,
        }
    }
}

/// A part of a record.
#[derive(Debug)]
enum Item {
    /// The line as it came.
    Line,
    /// The address in canonical form.
    Canonical,
    /// Hexadecimal.
    Packed,
    /// Neighbouring fields that depend on the segment alone, written once for each.
    Class { fields: Vec<Field>, v4: Vec<Vec<u8>>, v6: Vec<Vec<u8>> },
    /// Any other.
    Field(Field),
}

impl<'c> Columns<'c> {
    /// For the fields and filters of `conf`.
    ///
    /// # Errors
    /// A file of prefixes cannot be used.
    pub fn new(conf: &'c Conf) -> Result<Columns<'c>, Fail> {
        let show = Show::new(conf)?;
        let classes = Classes::new();
        let sieve = conf.filters().then(|| Sieve::new(conf, &classes, show.within()));
        let record = match &conf.output {
            Some(fields) => Some(items(fields)),
            None if conf.form.echo => Some(vec![Item::Line]),
            None => None,
        };
        let echo = conf.form.echo.then_some(Item::Line);
        let items = record.map(|record| echo.into_iter().chain(record).collect());
        Ok(Columns { show, conf, classes, sieve, items, gather: Gather::default() })
    }

    /// See [`Show::end`].
    pub fn end(&self) -> Status {
        self.show.end()
    }

    #[inline]
    fn one(&mut self, text: &[u8], from: usize, to: usize, family: Family, bits: u128, canonical: bool) {
        // What is hidden inside an address is not known by its segment.
        let hides = self.conf.deep && family == Family::V6 && deep::hides(bits);
        if let Some(sieve) = &self.sieve {
            let passes = match family {
                _ if hides => self.show.passes(&Value::addr(family, bits).block()),
                Family::V4 => sieve.passes_v4(bits as u32),
                Family::V6 => sieve.passes_v6(bits),
            };
            if !passes {
                return self.drop(text, from);
            }
            self.show.passed();
            if self.show.silent() {
                return;
            }
        }
        let Some(items) = &self.items else { return self.gather.keep(from) };
        let out = &mut self.gather.made;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            match item {
                Item::Line => copy(out, text, from, to),
                Item::Canonical if canonical => copy(out, text, from, to),
                Item::Canonical => write_v6(out, bits),
                Item::Packed if family == Family::V4 => out.extend_from_slice(&hex(bits as u32)),
                Item::Packed => out.extend_from_slice(&hex_v6(bits)),
                Item::Class { v4, v6, .. } if !hides => {
                    let segment = self.classes.of(family, bits);
                    out.extend_from_slice(if family == Family::V4 { &v4[segment] } else { &v6[segment] });
                }
                Item::Class { fields, .. } => fields_of(out, fields, &Value::addr(family, bits), true),
                Item::Field(field) => {
                    let line = str::from_utf8(&text[from..to]).unwrap_or_default();
                    if !field::write(out, *field, line, &Value::addr(family, bits), self.conf.deep) {
                        out.push(b'-');
                    }
                }
            }
        }
        out.push(self.conf.form.end());
    }

    /// As [`Show::dropped`].
    fn drop(&mut self, text: &[u8], from: usize) {
        self.gather.cut(text, from);
        if self.conf.form.keep && !self.show.silent() {
            let out = &mut self.gather.made;
            if self.conf.form.echo {
                let to = from + memchr::memchr(self.conf.form.end(), &text[from..]).unwrap_or(0);
                copy(out, text, from, to);
                out.push(b'\t');
            }
            for i in 0..self.conf.form.columns.max(1) {
                out.extend_from_slice(if i > 0 { b"\t-" } else { b"-" });
            }
            out.push(self.conf.form.end());
        }
    }
}

impl Sink for Columns<'_> {
    const VALUES: bool = true;
    // All fields of `::` are 500 times as long as the line.
    const STEP: usize = 32 * 1024;

    #[inline]
    fn v4(&mut self, text: &[u8], from: usize, to: usize, bits: u32) {
        self.one(text, from, to, Family::V4, bits.into(), true);
    }

    #[inline]
    fn v6(&mut self, text: &[u8], from: usize, to: usize, bits: u128, canonical: bool) {
        self.one(text, from, to, Family::V6, bits, canonical);
    }

    fn settle(&mut self, text: &[u8], upto: usize, out: &mut Out) -> io::Result<()> {
        self.gather.settle(text, upto, out)
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        self.show.one(input, value, answers)
    }
}

fn items(fields: &[Field]) -> Vec<Item> {
    let by_class = |field: &Field| {
        matches!(field, Field::Version | Field::Is(_) | Field::Registry | Field::RegistryBlock | Field::RegistryRfc)
    };
    let mut items = Vec::new();
    for run in fields.chunk_by(|a, b| by_class(a) && by_class(b)) {
        items.push(match run {
            [Field::Address | Field::Compressed] => Item::Canonical,
            [Field::Packed] => Item::Packed,
            [field] if !by_class(field) => Item::Field(*field),
            _ => {
                let of = |family| {
                    let each = |segment: &Segment| {
                        let mut text = Vec::new();
                        fields_of(&mut text, run, &Value::addr(family, segment.first), false);
                        text
                    };
                    class::segments(family).iter().map(each).collect()
                };
                Item::Class { fields: run.to_vec(), v4: of(Family::V4), v6: of(Family::V6) }
            }
        });
    }
    items
}

fn fields_of(out: &mut Vec<u8>, fields: &[Field], value: &Value<'_>, deep: bool) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        if !field::write(out, *field, "", value, deep) {
            out.push(b'-');
        }
    }
}

/// Appends a line of fewer than [`LINE`] bytes; a copy of a known length is one without a call.
#[inline]
fn copy(out: &mut Vec<u8>, text: &[u8], from: usize, to: usize) {
    match text.get(from..from + LINE) {
        Some(wide) if to - from < LINE => {
            let len = out.len() + (to - from);
            out.extend_from_slice(wide);
            out.truncate(len);
        }
        _ => out.extend_from_slice(&text[from..to]),
    }
}

/// Eight hexadecimal digits, all at once.
#[inline]
fn hex(bits: u32) -> [u8; 8] {
    // A nibble a byte.
    let mut n = u64::from(bits);
    n = (n << 16 | n) & 0x0000_ffff_0000_ffff;
    n = (n << 8 | n) & 0x00ff_00ff_00ff_00ff;
    n = (n << 4 | n) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte that is above 9, where a letter stands 39 after the digits.
    let letters = (n + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (n + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

fn hex_v6(bits: u128) -> [u8; 32] {
    let mut all = [0; 32];
    for (i, eight) in all.chunks_exact_mut(8).enumerate() {
        eight.copy_from_slice(&hex((bits >> (96 - 32 * i)) as u32));
    }
    all
}

/// The segment of an address by its upper 16 bits, where they tell.
#[derive(Debug)]
struct Classes {
    v4: Vec<u8>,
    v6: Vec<u8>,
}

/// The set of `--in` must tell.
const ASK: u8 = 2;

/// The upper 16 bits don't tell.
const CLOSER: u8 = u8::MAX;

impl Classes {
    fn new() -> Classes {
        let table = |family: Family| {
            let shift = family.width() - 16;
            let segments = class::segments(family);
            let mut table = vec![CLOSER; 1 << 16];
            for (i, segment) in segments.iter().enumerate() {
                let last = segments.get(i + 1).map_or(family.top(), |next| next.first - 1);
                // The first and the one after the last of the 2^16 that are in this segment as a whole.
                let from = segment.first.div_ceil(1 << shift);
                let to = (last >> shift) + u128::from(last & family.host_mask(16) == family.host_mask(16));
                if let (Some(slots), Ok(i)) = (table.get_mut(from as usize..to as usize), u8::try_from(i)) {
                    slots.fill(i);
                }
            }
            table
        };
        Classes { v4: table(Family::V4), v6: table(Family::V6) }
    }

    #[inline]
    fn of(&self, family: Family, bits: u128) -> usize {
        let table = if family == Family::V4 { &self.v4 } else { &self.v6 };
        match table.get((bits >> (family.width() - 16)) as usize) {
            Some(&CLOSER) | None => class::find(class::segments(family), bits),
            Some(&segment) => segment.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_finds_what_the_second_does() {
        let classes = Classes::new();
        for family in [Family::V4, Family::V6] {
            let segments = class::segments(family);
            assert!(segments.len() < usize::from(CLOSER));
            for (i, segment) in segments.iter().enumerate() {
                assert_eq!(classes.of(family, segment.first), i);
                assert_eq!(
                    classes.of(family, segment.first.wrapping_sub(1) & family.top()),
                    i.checked_sub(1).unwrap_or(segments.len() - 1)
                );
            }
            let shift = family.width() - 16;
            for top in 0..1u128 << 16 {
                for bits in [top << shift, top << shift | family.host_mask(16)] {
                    assert_eq!(classes.of(family, bits), class::find(segments, bits));
                }
            }
        }
    }

    #[test]
    fn hexadecimal_at_once() {
        for bits in [0, 1, 0x0123_4567, 0x89ab_cdef, 0xa0f9_9f0a, u32::MAX] {
            assert_eq!(hex(bits), *format!("{bits:08x}").as_bytes());
        }
    }
}

//! [`Show`] at full speed: what can be told of plain addresses without making
//! each one a record of its own.
use std::{
    io::{self, Write as _},
    iter::repeat,
    rc::Rc,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
};

use crate::{
    address::{
        simd::{self, Batch, Level, MOST, places},
        text::{Reason, write_v6},
        value::{Family, Value},
    },
    class::{
        deep,
        property::{self, Property, Segment},
    },
    cli::Conf,
    list::set::{Set, Slot},
    print::{
        field::{self, Field},
        show::Show,
    },
    read::bulk::{BLOCK, Gather, Sink},
};

/// Longest line that a kernel takes for an address is shorter than this.
const LINE: usize = 48;

/// Prints plain addresses many at a time, and leaves other inputs to [`Show`].
#[derive(Debug)]
pub struct Stream<'c> {
    show: Show<'c>,
    conf: &'c Conf,
    how: How,
    gather: Gather,
    level: Level,
    /// What goes out where nothing is gathered: the first `filled` bytes, and room for more.
    room: Vec<u8>,
    filled: usize,
}

/// What is printed of a plain address.
#[derive(Debug)]
enum How {
    /// `-o compressed` and nothing else: most lines go out as they came in.
    Canonical,
    /// `-o packed` and nothing else.
    Packed,
    /// The line, where it passes.
    Sieve(Sieve),
    /// Fields of what passes.
    Columns(Columns),
}

impl<'c> Stream<'c> {
    /// For the fields and filters of `conf`.
    ///
    /// # Errors
    /// A file of prefixes cannot be used.
    pub fn new(conf: &'c Conf) -> Result<Stream<'c>, Fail> {
        let show = Show::new(conf)?;
        let bare = !conf.filters() && !conf.form.echo;
        let how = match conf.output.as_deref() {
            Some([Field::Compressed]) if bare => How::Canonical,
            Some([Field::Packed]) if bare => How::Packed,
            None if !conf.form.echo && !conf.form.keep => {
                How::Sieve(Sieve::new(conf, &Rc::new(Classes::new()), show.within()))
            }
            _ => How::Columns(Columns::new(conf, show.within())),
        };
        let level = conf.level.unwrap_or_else(Level::best);
        let (gather, room) = (Gather::default(), Vec::new());
        Ok(Stream { show, conf, how, gather, level, room, filled: 0 })
    }

    /// See [`Show::end`].
    pub fn end(&self) -> Status {
        self.show.end()
    }
}

impl Sink for Stream<'_> {
    fn values(&self) -> bool {
        !matches!(self.how, How::Canonical)
    }

    fn step(&self) -> usize {
        // All fields of `::` are 500 times as long as the line.
        if matches!(self.how, How::Columns(_)) { 32 * 1024 } else { BLOCK }
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        let end = self.conf.form.end();
        match &self.how {
            How::Canonical => {
                self.gather.keep(batch.from(0));
                for i in places(batch.loose) {
                    self.gather.cut(batch.text, batch.from(i));
                    write_v6(&mut self.gather.made, batch.bits()[i]);
                    self.gather.made.push(end);
                    self.gather.keep(batch.from(i + 1));
                }
            }
            How::Packed => {
                self.filled += simd::hex(self.level, batch, end, room(&mut self.room, self.filled));
            }
            How::Sieve(sieve) => {
                let passes = sieve.passes(batch, &mut self.show);
                if !self.show.silent() {
                    self.filled += pick(batch, passes, room(&mut self.room, self.filled));
                }
            }
            How::Columns(columns) => columns.put(batch, self.conf, &mut self.show, &mut self.gather.made),
        }
    }

    fn settle(&mut self, text: &[u8], upto: usize, out: &mut Out) -> io::Result<()> {
        out.write_all(&self.room[..self.filled])?;
        self.filled = 0;
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

/// Room for a batch behind what is `filled`. It is kept, and so cleared only once.
fn room(all: &mut Vec<u8>, filled: usize) -> &mut [u8] {
    if all.len() < filled + MOST * LINE {
        all.resize(filled + BLOCK, 0);
    }
    &mut all[filled..]
}

/// Writes the lines that pass, and returns how many bytes they have. No branch
/// hangs on it: each is written, and stays where the next one does not stand in its place.
fn pick(batch: &Batch<'_>, passes: u64, out: &mut [u8]) -> usize {
    let mut at = 0;
    for i in 0..batch.len() {
        let from = batch.from(i);
        out[at..at + LINE].copy_from_slice(&batch.text[from..from + LINE]);
        at += if passes >> i & 1 != 0 { batch.from(i + 1) - from } else { 0 };
    }
    at
}

/// As [`Show::dropped`].
fn dropped(out: &mut Vec<u8>, conf: &Conf, batch: &Batch<'_>, i: usize) {
    if conf.form.echo {
        copy(out, batch.text, batch.from(i), batch.to(i));
        out.push(b'\t');
    }
    for i in 0..conf.form.columns.max(1) {
        out.extend_from_slice(if i > 0 { b"\t-" } else { b"-" });
    }
    out.push(conf.form.end());
}

/// What meets `--is` and `--not`, as [`Classes`] has it: the upper 16 bits tell
/// yes, no, or that more must be looked at.
#[derive(Debug)]
struct Sieve {
    /// By [`upper`]: [`NO`], [`YES`], [`ASK`] or [`CLOSER`].
    table: Table,
    /// By segment, IPv4 first.
    segments: [Vec<bool>; 2],
    classes: Rc<Classes>,
    deep: bool,
}

const NO: u8 = 0;
const YES: u8 = 1;
/// The set of `--in` must tell. This bit is in [`CLOSER`], too.
const ASK: u8 = 2;
/// The segment must tell, and then the set.
const CLOSER: u8 = 6;

impl Sieve {
    fn new(conf: &Conf, classes: &Rc<Classes>, within: Option<&Set>) -> Sieve {
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
        Sieve { table, segments, classes: Rc::clone(classes), deep: conf.deep }
    }

    /// Which lines pass, a bit each.
    fn passes(&self, batch: &Batch<'_>, show: &mut Show<'_>) -> u64 {
        let (mut passes, mut asked) = (0, 0);
        for (i, bits) in batch.bits().iter().enumerate() {
            let told = self.table[upper(batch.is_v6(i), *bits)];
            passes |= u64::from(told & YES) << i;
            asked |= u64::from(told & ASK != 0) << i;
        }
        let within = show.within();
        for i in places(asked) {
            passes |= u64::from(self.look(batch.is_v6(i), batch.bits()[i], within)) << i;
        }
        if self.deep {
            // What is hidden inside an address is not known by its segment.
            for i in places(batch.v6) {
                let bits = batch.bits()[i];
                if deep::hides(bits) {
                    let yes = show.passes(&Value::addr(Family::V6, bits).block());
                    passes = passes & !(1 << i) | u64::from(yes) << i;
                }
            }
        }
        if passes != 0 {
            show.passed();
        }
        passes
    }

    /// Where the table does not tell.
    fn look(&self, v6: bool, bits: u128, within: Option<&Set>) -> bool {
        let within = || match within {
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

/// Filters and fields.
#[derive(Debug)]
struct Columns {
    classes: Rc<Classes>,
    /// What passes; nothing where all does.
    sieve: Option<Sieve>,
    items: Vec<Item>,
}

/// A part of a record.
#[derive(Debug)]
enum Item {
    /// The line as it came.
    Line,
    /// The address in canonical form.
    Canonical,
    /// Neighbouring fields that depend on the segment alone, written once for each, IPv4 first.
    Class { fields: Vec<Field>, texts: [Vec<Vec<u8>>; 2] },
    /// Any other.
    Field(Field),
}

impl Columns {
    fn new(conf: &Conf, within: Option<&Set>) -> Columns {
        let classes = Rc::new(Classes::new());
        let sieve = conf.filters().then(|| Sieve::new(conf, &classes, within));
        let echo = conf.form.echo.then_some(Item::Line);
        let record = conf.output.as_ref().map_or_else(|| vec![Item::Line], |fields| items(fields));
        let items = echo.into_iter().chain(record).collect();
        Columns { classes, sieve, items }
    }

    fn put(&self, batch: &Batch<'_>, conf: &Conf, show: &mut Show<'_>, out: &mut Vec<u8>) {
        let passes = self.sieve.as_ref().map_or(u64::MAX, |sieve| sieve.passes(batch, show));
        if show.silent() {
            return;
        }
        for i in 0..batch.len() {
            if passes >> i & 1 != 0 {
                self.one(batch, i, conf, out);
            } else if conf.form.keep {
                dropped(out, conf, batch, i);
            }
        }
    }

    fn one(&self, batch: &Batch<'_>, i: usize, conf: &Conf, out: &mut Vec<u8>) {
        let (v6, bits) = (batch.is_v6(i), batch.bits()[i]);
        let Some(value) = batch.value(i) else { return };
        let hides = conf.deep && v6 && deep::hides(bits);
        for (n, item) in self.items.iter().enumerate() {
            if n > 0 {
                out.push(b'\t');
            }
            match item {
                Item::Line => copy(out, batch.text, batch.from(i), batch.to(i)),
                Item::Canonical if batch.loose >> i & 1 == 0 => copy(out, batch.text, batch.from(i), batch.to(i)),
                Item::Canonical => write_v6(out, bits),
                Item::Class { texts, .. } if !hides => {
                    out.extend_from_slice(&texts[usize::from(v6)][self.classes.of(v6, bits)]);
                }
                Item::Class { fields, .. } => fields_of(out, fields, &value, true),
                Item::Field(field) => {
                    let line = str::from_utf8(&batch.text[batch.from(i)..batch.to(i)]).unwrap_or_default();
                    if !field::write(out, *field, line, &value, conf.deep) {
                        out.push(b'-');
                    }
                }
            }
        }
        out.push(conf.form.end());
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
            [field] if !by_class(field) => Item::Field(*field),
            _ => {
                let texts = FAMILIES.map(|family| {
                    let each = |segment: &Segment| {
                        let mut text = Vec::new();
                        fields_of(&mut text, run, &Value::addr(family, segment.first), false);
                        text
                    };
                    property::segments(family).iter().map(each).collect()
                });
                Item::Class { fields: run.to_vec(), texts }
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

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// A byte for each upper 16 bits, IPv4 first.
type Table = Box<[u8; 2 << 16]>;

fn new_table(byte: u8) -> Table {
    vec![byte; 2 << 16].try_into().expect("of this length")
}

/// Where an address, IPv4 in its upper 32 bits, has its place in a [`Table`].
#[inline]
fn upper(v6: bool, bits: u128) -> usize {
    usize::from(v6) << 16 | (bits >> 112) as usize
}

/// The segment of an address by its upper 16 bits.
#[derive(Debug)]
struct Classes {
    /// The segment's place; or, counted from the highest number down, which of the spans it is in.
    table: Table,
    /// First and last segment of those that have the same upper 16 bits.
    spans: Vec<(u8, u8)>,
}

impl Classes {
    fn new() -> Classes {
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

    #[inline]
    fn of(&self, v6: bool, bits: u128) -> usize {
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

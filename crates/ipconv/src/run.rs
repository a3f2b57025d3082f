//! The rooms, joined: each input is read, judged, filtered and printed, in this
//! order and one way.
//!
//! Inputs come one by one, or, where they are lines of plain addresses, in
//! batches of them. Both ways give the same answers.
use std::{
    io::{self, Write as _},
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
        text::Reason,
        value::Value,
        write::write_v6,
    },
    class::table::Classes,
    cli::{Conf, Mode},
    find::files,
    list::{algebra, filter::Filter, matching, order, overlaps, parts, records::yielding, sieve::Sieve},
    print::{
        columns::{Columns, LINE},
        field::Field,
        show::Show,
    },
    read::{
        bulk::{self, BLOCK, Gather, Sink},
        inputs,
    },
};

/// Does what the command line says.
///
/// # Errors
/// Reading or writing failed, or a file of prefixes cannot be used.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let yields = yielding(conf);
    match &yields.mode {
        Mode::Show => show(conf, out),
        Mode::Extract(extract) => files::run(&yields, extract, out),
        Mode::Cidrs => algebra::cidrs(&yields, out),
        Mode::ExcludeFile(files) => algebra::exclude(&yields, files, out),
        Mode::Common(files) => algebra::common(&yields, files, out),
        Mode::Count => algebra::count(&yields, out),
        Mode::Expand => parts::expand(&yields, out),
        Mode::Split(len) => parts::split(&yields, *len, out),
        Mode::Exclude(less) => parts::exclude(&yields, less, out),
        Mode::MatchFile(files) => matching::matching(&yields, files, out),
        Mode::Overlaps => overlaps::overlaps(&yields, out),
        Mode::Sort { sort: true, unique } => order::sort(&yields, *unique, out),
        Mode::Sort { sort: false, .. } => order::unique(&yields, out),
    }
}

/// Prints fields of every input, or passes it on where there is a filter.
fn show(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut one = One { conf, filter: Rc::new(Filter::new(conf)?), show: Show::new(conf), passed: false };
    let plain = !conf.form.json && (conf.output.is_some() || conf.filters());
    if !plain || !bulk::fits(conf) {
        let status = inputs::each(conf, out, |input, value, answers| one.answer(input, value, answers))?;
        return Ok(status.max(one.end()));
    }
    let mut many = Many::new(one);
    let status = bulk::each(conf, out, &mut many)?;
    Ok(status.max(many.one.end()))
}

/// Answers one input at a time.
#[derive(Debug)]
struct One<'c> {
    conf: &'c Conf,
    filter: Rc<Filter>,
    show: Show<'c>,
    /// Something has passed the filter.
    passed: bool,
}

impl One<'_> {
    fn answer(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let value = match value {
            Ok(value) => value,
            Err(why) => return self.show.one(input, Err(why), answers),
        };
        let verdict = self.show.judge(&value);
        if !self.filter.accepts(&verdict) || !self.filter.includes(&value.block()) {
            return self.show.dropped(input, &"does not pass the filter", answers);
        }
        self.passed = true;
        if self.show.is_silent() {
            return Ok(Status::Answered);
        }
        self.show.record(input, &value, &verdict, answers)
    }

    /// A filter that passed nothing has no answer.
    fn end(&self) -> Status {
        let fine = self.passed || self.conf.form.keep || !self.conf.filters();
        if fine { Status::Answered } else { Status::Unanswered }
    }
}

/// Answers plain addresses in batches, and leaves other inputs to [`One`].
#[derive(Debug)]
struct Many<'c> {
    one: One<'c>,
    record: Record,
    sieve: Option<Sieve>,
    gather: Gather,
    level: Level,
    /// What goes out where nothing is gathered: the first `filled` bytes, and room for more.
    room: Vec<u8>,
    filled: usize,
}

/// What is printed of a plain address.
#[derive(Debug)]
enum Record {
    /// `-o compressed` and nothing else: most lines go out as they came in.
    Canonical,
    /// `-o packed` and nothing else.
    Packed,
    /// The line, where it passes.
    Line,
    /// Fields of what passes.
    Columns(Columns),
}

impl<'c> Many<'c> {
    fn new(one: One<'c>) -> Many<'c> {
        let conf = one.conf;
        let classes = Rc::new(Classes::new());
        let bare = !conf.filters() && !conf.form.echo;
        let record = match conf.output.as_deref() {
            Some([Field::Compressed]) if bare => Record::Canonical,
            Some([Field::Packed]) if bare => Record::Packed,
            None if !conf.form.echo && !conf.form.keep => Record::Line,
            _ => Record::Columns(Columns::new(conf, &classes)),
        };
        let sieve = conf.filters().then(|| Sieve::new(conf, &classes, &one.filter));
        let level = conf.level.unwrap_or_else(Level::best);
        Many { one, record, sieve, gather: Gather::default(), level, room: Vec::new(), filled: 0 }
    }
}

impl Sink for Many<'_> {
    fn values(&self) -> bool {
        !matches!(self.record, Record::Canonical)
    }

    fn step(&self) -> usize {
        // All fields of `::` are 500 times as long as the line.
        if matches!(self.record, Record::Columns(_)) { 32 * 1024 } else { BLOCK }
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        let end = self.one.conf.form.end();
        let passes = self.sieve.as_ref().map_or(u64::MAX, |sieve| sieve.passes(batch));
        if passes != 0 {
            self.one.passed = true;
        }
        if self.one.show.is_silent() {
            return;
        }
        match &self.record {
            Record::Canonical => {
                self.gather.keep(batch.from(0));
                for i in places(batch.loose) {
                    self.gather.cut(batch.text, batch.from(i));
                    write_v6(&mut self.gather.made, batch.bits()[i]);
                    self.gather.made.push(end);
                    self.gather.keep(batch.from(i + 1));
                }
            }
            Record::Packed => {
                self.filled += simd::hex(self.level, batch, end, room(&mut self.room, self.filled));
            }
            Record::Line => {
                self.filled += pick(batch, passes, room(&mut self.room, self.filled));
            }
            Record::Columns(columns) => columns.put(batch, passes, self.one.conf, &mut self.gather.made),
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
        self.one.answer(input, value, answers)
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

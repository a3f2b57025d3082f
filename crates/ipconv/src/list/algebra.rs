//! The modes that turn inputs into other addresses and prefixes.
use std::{
    collections::HashSet,
    io::{self, Write as _},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    output::Out,
};

use crate::{
    address::{
        simd::Batch,
        text::{Reason, write_compressed, write_decimal, write_value},
        value::{Block, Family, Value, What},
    },
    cli::{Conf, Mode},
    list::set::{self, Pile, Set},
    print::{field::Field, show::Show},
    read::{
        bulk::{self, Sink},
        inputs,
    },
    spec::SPEC,
};

/// `conf` as a mode that yields addresses prints them: compressed, unless told otherwise.
fn yielding(conf: &Conf) -> Conf {
    let mut conf = conf.clone();
    if conf.output.is_none() && !conf.form.json {
        conf.output = Some(vec![Field::Compressed]);
    }
    conf
}

/// Runs a mode of these; `--sort` and `--unique` print values, not their lines.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let conf = &yielding(conf);
    match &conf.mode {
        Mode::Cidrs => cidrs(conf, out),
        Mode::Expand => expand(conf, out),
        Mode::Split(len) => split(conf, *len, out),
        Mode::Exclude(less) => exclude(conf, less, out),
        Mode::Sort { sort: true, unique } => sort(conf, *unique, out),
        Mode::Sort { sort: false, .. } => unique(conf, out),
        Mode::Show | Mode::Extract => crate::find::files::run(conf, out),
    }
}

/// Bytes of output that are written at once.
const LINES: usize = 32 * 1024;

/// Writes what inputs yield.
#[derive(Debug)]
struct Yield<'c> {
    show: Show<'c>,
    /// Nothing is printed but the value and the end of the line.
    plain: bool,
    line: Vec<u8>,
}

impl<'c> Yield<'c> {
    /// `conf` comes from [`yielding`].
    fn new(conf: &'c Conf) -> Result<Yield<'c>, Fail> {
        let plain = conf.output.as_deref() == Some(&[Field::Compressed]) && !conf.form.json && !conf.form.echo;
        Ok(Yield { show: Show::new(conf), plain, line: Vec::new() })
    }

    fn put(&mut self, input: &Input<'_>, value: &Value<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if !self.plain {
            return self.show.one(input, Ok(*value), answers);
        }
        self.put_own(value, answers)?;
        self.drain(answers.out)?;
        Ok(Status::Answered)
    }

    fn put_all<'v>(
        &mut self,
        input: &Input<'_>,
        values: impl IntoIterator<Item = Value<'v>>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        values.into_iter().try_fold(Status::default(), |end, value| Ok(end.max(self.put(input, &value, answers)?)))
    }

    /// A value that no single input gave: it is its own. [`Yield::drain`] must follow the last.
    #[inline]
    fn put_own(&mut self, value: &Value<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if self.plain {
            write_value(&mut self.line, value, write_compressed);
            self.line.push(answers.form.end());
            if self.line.len() > LINES {
                self.drain(answers.out)?;
            }
            return Ok(Status::Answered);
        }
        let mut text = Vec::new();
        write_value(&mut text, value, write_compressed);
        let text = String::from_utf8_lossy(&text);
        let input = Input { origin: Origin::Operand, line: text.as_bytes(), text: Ok(&text) };
        self.show.one(&input, Ok(*value), answers)
    }

    fn drain(&mut self, out: &mut Out) -> Result<(), Fail> {
        out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
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
        // A block of input has fewer addresses, so that growing in its midst never fails.
        self.pile.reserve(bulk::BLOCK / 2).map_err(|_| io::ErrorKind::OutOfMemory.into())
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

/// What does not fit is input, not output.
fn too_much(fail: Fail) -> Fail {
    match fail {
        Fail::Out(e) if e.kind() == io::ErrorKind::OutOfMemory => {
            Fail::Stop(Status::Failed, "stdin: not enough memory for all of it".into())
        }
        fail => fail,
    }
}

/// All inputs: plain addresses in a pile where their lines don't matter, and the rest as `rest` does it.
fn gather(
    conf: &Conf,
    lines: bool,
    out: &mut Out,
    rest: impl FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Pile, &mut Answers<'_, Out>) -> Result<Status, Fail>,
) -> Result<(Pile, Status), Fail> {
    let mut sink = Gathering { pile: Pile::default(), rest };
    let end = if bulk::fits(conf) && !lines {
        bulk::each(conf, out, &mut sink).map_err(too_much)?
    } else {
        inputs::each(conf, out, |input, value, answers| sink.input(input, value, answers))?
    };
    Ok((sink.pile, end))
}

/// `--cidrs`: the fewest prefixes that hold all inputs and nothing else.
fn cidrs(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    let (pile, end) = gather(conf, false, out, |input, value, pile, answers| match value {
        Ok(value) => {
            pile.push(value.block());
            Ok(Status::Answered)
        }
        why => to.show.one(input, why, answers),
    })?;
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let mut worst = end;
    pile.merged(|block| {
        for prefix in set::prefixes(block) {
            worst = worst.max(to.put_own(&prefix, &mut answers)?);
        }
        Ok::<(), Fail>(())
    })?;
    to.drain(answers.out)?;
    Ok(worst)
}

/// `--expand`: every address of each input.
fn expand(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
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
    let (mut head, mut lines) = (Vec::new(), Vec::new());
    for net in first >> 8..=last >> 8 {
        head.clear();
        write_compressed(&mut head, Family::V4, u128::from(net) << 8);
        head.pop();
        lines.clear();
        for octet in 0..=255u32 {
            if (first..=last).contains(&(net << 8 | octet)) {
                lines.extend_from_slice(&head);
                write_decimal(&mut lines, octet.into());
                lines.push(end);
            }
        }
        answers.out.write_all(&lines)?;
    }
    Ok(Status::Answered)
}

/// `--split`: the prefixes of this length in each input.
fn split(conf: &Conf, len: u8, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    inputs::each(conf, out, |input, value, answers| {
        let parts = value.and_then(|value| Ok((value, set::split(&value, len).map_err(Reason::Because)?)));
        match parts {
            Ok((value, parts)) => to.put_all(input, parts.map(|part| Value { zone: value.zone, ..part }), answers),
            Err(why) => to.show.one(input, Err(why), answers),
        }
    })
}

/// `--exclude`: what these leave of each input, which stays as it is where they
/// leave all.
fn exclude(conf: &Conf, less: &[Block], out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    let less: Set = less.iter().copied().collect();
    inputs::each(conf, out, |input, value, answers| match value {
        Ok(value) if !less.touches(&value.block()) => to.put(input, &value, answers),
        Ok(value) => {
            let mut rest = less.rest_of(value.block()).flat_map(set::prefixes).peekable();
            if rest.peek().is_none() {
                return to.show.dropped(input, answers);
            }
            to.put_all(input, rest.map(|part| Value { zone: value.zone, ..part }), answers)
        }
        why => to.show.one(input, why, answers),
    })
}

/// An input that is more than a plain address, or whose line is asked for.
#[derive(Debug)]
struct Kept {
    value: Value<'static>,
    zone: Option<Box<str>>,
    line: Box<[u8]>,
    text: Box<str>,
}

/// By family, first address and the shorter prefix first; the rest keeps equal ones together.
type Order<'k> = (Family, u128, std::cmp::Reverse<u128>, What, u128, Option<&'k str>);

fn order<'k>(value: &Value<'k>) -> Order<'k> {
    let Block { family, first, last } = value.block();
    (family, first, std::cmp::Reverse(last), value.what, value.bits, value.zone)
}

impl Kept {
    fn new(input: &Input<'_>, value: &Value<'_>) -> Kept {
        Kept {
            value: Value { zone: None, ..*value },
            zone: value.zone.map(Into::into),
            line: input.line.into(),
            text: input.text.unwrap_or_default().into(),
        }
    }

    fn value(&self) -> Value<'_> {
        Value { zone: self.zone.as_deref(), ..self.value }
    }
}

/// `--sort`, without duplicates if `unique`.
fn sort(conf: &Conf, unique: bool, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    // Plain addresses, of which there may be millions, need no line where none is printed.
    let lines = conf.form.echo || conf.form.json || conf.output.iter().flatten().any(|f| *f == Field::Input);
    let mut kept = Vec::new();
    let (mut pile, end) = gather(conf, lines, out, |input, value, pile, answers| {
        match value {
            Ok(Value { family, bits, what: What::Addr, zone: None }) if !lines => match family {
                Family::V4 => pile.v4.push(bits as u32),
                Family::V6 => pile.v6.push(bits),
            },
            Ok(value) => kept.push(Kept::new(input, &value)),
            why => return to.show.one(input, why, answers),
        }
        Ok(Status::Answered)
    })?;
    pile.sort();
    kept.sort_by(|a, b| order(&a.value()).cmp(&order(&b.value())));
    if unique {
        pile.v4.dedup();
        pile.v6.dedup();
        kept.dedup_by(|b, a| order(&a.value()) == order(&b.value()));
    }
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let mut plain = Pile::addresses(pile.v4, pile.v6).peekable();
    let mut status = end;
    for keep in &kept {
        let value = keep.value();
        let first = order(&value);
        while let Some(one) = plain.next_if(|one| order(one) < first) {
            status = status.max(to.put_own(&one, &mut answers)?);
        }
        to.drain(answers.out)?;
        let input = Input { origin: Origin::Operand, line: &keep.line, text: Ok(&keep.text) };
        status = status.max(to.put(&input, &value, &mut answers)?);
    }
    for one in plain {
        status = status.max(to.put_own(&one, &mut answers)?);
    }
    to.drain(answers.out)?;
    Ok(status)
}

/// `--unique` alone: the first of each value, in the order of the input.
fn unique(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let (v4, v6, rest) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut sink = Unique { to: Yield::new(conf)?, conf, v4, v6, rest, full: false };
    let end = if bulk::fits(conf) && sink.to.plain {
        bulk::each(conf, out, &mut sink)
    } else {
        inputs::each(conf, out, |input, value, answers| sink.input(input, value, answers))
    };
    end.map_err(too_much)
}

/// What has been seen, plain addresses apart.
struct Unique<'c> {
    to: Yield<'c>,
    conf: &'c Conf,
    v4: HashSet<u32>,
    v6: HashSet<u128>,
    rest: HashSet<(Family, u128, What, Option<String>)>,
    /// There is no memory for more.
    full: bool,
}

impl Unique<'_> {
    /// Whether there is room for `more` of any kind, from now on.
    fn reserve(&mut self, more: usize) -> bool {
        let Unique { v4, v6, rest, full, .. } = self;
        let room = v4.try_reserve(more).and(v6.try_reserve(more)).and(rest.try_reserve(more));
        *full |= room.is_err();
        !*full
    }
}

impl Sink for Unique<'_> {
    fn values(&self) -> bool {
        true
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        if !self.reserve(batch.bits().len()) {
            return;
        }
        let line = &mut self.to.line;
        for (i, bits) in batch.bits().iter().enumerate() {
            let new = if batch.is_v6(i) { self.v6.insert(*bits) } else { self.v4.insert((bits >> 96) as u32) };
            match new {
                true if batch.loose >> i & 1 != 0 => write_compressed(line, Family::V6, *bits),
                true => line.extend_from_slice(&batch.text[batch.from(i)..batch.to(i)]),
                false if self.conf.form.keep => line.push(b'-'),
                false => continue,
            }
            line.push(self.conf.form.end());
        }
    }

    fn settle(&mut self, _: &[u8], _: usize, out: &mut Out) -> io::Result<()> {
        out.write_all(&self.to.line)?;
        self.to.line.clear();
        if self.full { Err(io::ErrorKind::OutOfMemory.into()) } else { Ok(()) }
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let value = match value {
            Ok(value) => value,
            why => return self.to.show.one(input, why, answers),
        };
        if !self.reserve(1) {
            return Err(Fail::Out(io::ErrorKind::OutOfMemory.into()));
        }
        let new = match (value.family, value.what, value.zone) {
            (Family::V4, What::Addr, None) => self.v4.insert(value.bits as u32),
            (Family::V6, What::Addr, None) => self.v6.insert(value.bits),
            (_, what, zone) => self.rest.insert((value.family, value.bits, what, zone.map(str::to_owned))),
        };
        if new { self.to.put(input, &value, answers) } else { self.to.show.dropped(input, answers) }
    }
}

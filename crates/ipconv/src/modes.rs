//! The modes that turn inputs into other addresses and prefixes.
use std::{collections::HashSet, io::Write as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    output::Out,
};

use crate::{
    cli::{Conf, Mode},
    field::Field,
    read,
    set::{self, Pile, Set},
    show::Show,
    spec::SPEC,
    text::{Reason, write_compressed, write_decimal, write_value},
    value::{Block, Family, Value, What},
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
        Mode::Show => crate::show::run(conf, out),
        Mode::Extract => crate::harvest::run(conf, out),
    }
}

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
        Ok(Yield { show: Show::new(conf)?, plain, line: Vec::new() })
    }

    fn put(&mut self, input: &Input<'_>, value: &Value<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if !self.plain {
            return self.show.one(input, Ok(*value), answers);
        }
        self.line.clear();
        write_value(&mut self.line, value, write_compressed);
        self.line.push(answers.form.end());
        answers.out.write_all(&self.line)?;
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

    /// The values that no single input gave: each is its own.
    fn put_own<'v>(
        &mut self,
        values: impl Iterator<Item = Value<'v>>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let mut text = Vec::new();
        let mut end = Status::default();
        for value in values {
            text.clear();
            if !self.plain {
                write_value(&mut text, &value, write_compressed);
            }
            let input = Input {
                origin: Origin::Operand,
                line: &text,
                text: Ok(std::str::from_utf8(&text).unwrap_or_default()),
            };
            end = end.max(self.put(&input, &value, answers)?);
        }
        Ok(end)
    }
}

/// `--cidrs`: the fewest prefixes that hold all inputs and nothing else.
fn cidrs(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    let mut pile = Pile::default();
    let end = read::each(conf, out, |input, value, answers| match value {
        Ok(value) => {
            pile.push(value.block());
            Ok(Status::Answered)
        }
        why => to.show.one(input, why, answers),
    })?;
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    Ok(end.max(to.put_own(pile.merged().flat_map(set::prefixes), &mut answers)?))
}

/// `--expand`: every address of each input.
fn expand(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    read::each(conf, out, |input, value, answers| match value {
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
    read::each(conf, out, |input, value, answers| {
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
    read::each(conf, out, |input, value, answers| match value {
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
    let (mut v4, mut v6, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let end = read::each(conf, out, |input, value, answers| {
        match value {
            Ok(Value { family, bits, what: What::Addr, zone: None }) if !lines => match family {
                Family::V4 => v4.push(bits as u32),
                Family::V6 => v6.push(bits),
            },
            Ok(value) => kept.push(Kept::new(input, &value)),
            why => return to.show.one(input, why, answers),
        }
        Ok(Status::Answered)
    })?;
    set::radix_sort(&mut v4);
    v6.sort_unstable();
    kept.sort_by(|a, b| order(&a.value()).cmp(&order(&b.value())));
    if unique {
        v4.dedup();
        v6.dedup();
        kept.dedup_by(|b, a| order(&a.value()) == order(&b.value()));
    }
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let v4 = v4.into_iter().map(|bits| Value::addr(Family::V4, bits.into()));
    let v6 = v6.into_iter().map(|bits| Value::addr(Family::V6, bits));
    let mut plain = v4.chain(v6).peekable();
    let mut status = end;
    for keep in &kept {
        let value = keep.value();
        let first = order(&value);
        status = status.max(to.put_own(std::iter::from_fn(|| plain.next_if(|one| order(one) < first)), &mut answers)?);
        let input = Input { origin: Origin::Operand, line: &keep.line, text: Ok(&keep.text) };
        status = status.max(to.put(&input, &value, &mut answers)?);
    }
    Ok(status.max(to.put_own(plain, &mut answers)?))
}

/// `--unique` alone: the first of each value, in the order of the input.
fn unique(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut to = Yield::new(conf)?;
    let (mut v4, mut rest) = (HashSet::new(), HashSet::new());
    read::each(conf, out, |input, value, answers| match value {
        Ok(value) => {
            let new = match (value.family, value.what, value.zone) {
                (Family::V4, What::Addr, None) => v4.insert(value.bits as u32),
                (_, what, zone) => rest.insert((value.family, value.bits, what, zone.map(str::to_owned))),
            };
            if new { to.put(input, &value, answers) } else { to.show.dropped(input, answers) }
        }
        why => to.show.one(input, why, answers),
    })
}

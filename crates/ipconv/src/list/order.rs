//! `--sort` and `--unique`.
use std::io::{self, Write as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    output::Out,
};

use crate::{
    address::{
        simd::Batch,
        text::Reason,
        value::{Block, Family, Value, What},
        write::write_compressed,
    },
    cli::Conf,
    list::{gather::gather, pile::Pile, records::Records, seen::Seen},
    print::field::Field,
    read::{
        bulk::{self, Sink},
        inputs,
    },
    spec::SPEC,
};

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

/// Values on their way into ascending order. Plain addresses, of which there may
/// be millions, are kept without their lines where no line is printed.
#[derive(Debug)]
pub struct Sorter {
    lines: bool,
    pile: Pile,
    kept: Vec<Kept>,
}

impl Sorter {
    /// As the records of `conf` need it.
    pub fn new(conf: &Conf) -> Sorter {
        let lines = conf.form.echo || conf.form.json || conf.output.iter().flatten().any(|f| *f == Field::Input);
        Sorter { lines, pile: Pile::default(), kept: Vec::new() }
    }

    /// Adds a value of `input`.
    pub fn push(&mut self, input: &Input<'_>, value: &Value<'_>) {
        if self.is_plain(value) {
            self.pile.push(value.block());
        } else {
            self.kept.push(Kept::new(input, value));
        }
    }

    /// Is it a plain address of which no line is kept?
    fn is_plain(&self, value: &Value<'_>) -> bool {
        value.what == What::Addr && value.zone.is_none() && !self.lines
    }

    /// Writes all of them, each value once if `unique`.
    ///
    /// # Errors
    /// Writing failed.
    pub fn write(
        mut self,
        unique: bool,
        records: &mut Records<'_>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let mut end = Status::default();
        self.kept.sort_by(|a, b| order(&a.value()).cmp(&order(&b.value())));
        if unique {
            self.kept.dedup_by(|b, a| order(&a.value()) == order(&b.value()));
        }
        let mut plain = self.pile.into_addresses(unique).peekable();
        for keep in &self.kept {
            let value = keep.value();
            let first = order(&value);
            while let Some(one) = plain.next_if(|one| order(one) < first) {
                end = end.max(records.put_own(&one, answers)?);
            }
            records.drain(answers.out)?;
            let input = Input { origin: Origin::Operand, line: &keep.line, text: Ok(&keep.text) };
            end = end.max(records.put(&input, &value, answers)?);
        }
        for one in plain {
            end = end.max(records.put_own(&one, answers)?);
        }
        records.drain(answers.out)?;
        Ok(end)
    }
}

/// `--sort`, without duplicates if `unique`.
///
/// # Errors
/// Reading or writing failed.
pub fn sort(conf: &Conf, unique: bool, out: &mut Out) -> Result<Status, Fail> {
    let mut records = Records::new(conf);
    let mut sorter = Sorter::new(conf);
    let lines = sorter.lines;
    let (pile, end) = gather(conf, lines, out, |input, value, pile, answers| {
        match value {
            Ok(value) if sorter.is_plain(&value) => pile.push(value.block()),
            Ok(value) => sorter.push(input, &value),
            why => return records.show.one(input, why, answers),
        }
        Ok(Status::Answered)
    })?;
    sorter.pile = pile;
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    Ok(end.max(sorter.write(unique, &mut records, &mut answers)?))
}

/// `--unique` alone: the first of each value, in the order of the input.
///
/// # Errors
/// Reading or writing failed.
pub fn unique(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut sink = Unique { records: Records::new(conf), conf, seen: Seen::default() };
    if bulk::fits(conf) && sink.records.plain {
        bulk::each(conf, out, &mut sink)
    } else {
        inputs::each(conf, out, |input, value, answers| sink.input(input, value, answers))
    }
}

struct Unique<'c> {
    records: Records<'c>,
    conf: &'c Conf,
    seen: Seen,
}

impl Sink for Unique<'_> {
    fn values(&self) -> bool {
        true
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        let line = &mut self.records.lines;
        for (i, bits) in batch.bits().iter().enumerate() {
            let new =
                if batch.is_v6(i) { self.seen.insert_v6(*bits) } else { self.seen.insert_v4((bits >> 96) as u32) };
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
        out.write_all(&self.records.lines)?;
        self.records.lines.clear();
        Ok(())
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let value = match value {
            Ok(value) => value,
            why => return self.records.show.one(input, why, answers),
        };
        if self.seen.insert(&value) {
            self.records.put(input, &value, answers)
        } else {
            self.records.show.dropped(input, &"the same as an input before", answers)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{
        examples::{batches, conf},
        records::yielding,
    };

    #[test]
    fn the_first_of_each_address_comes_out_in_canonical_form() {
        let lines = "10.0.0.1\n::1\n0.0.0.1\n10.0.0.1\n0:0::1\n2001:DB8::1\n2001:db8::1\n";
        for (keep, want) in
            [(false, "10.0.0.1\n::1\n0.0.0.1\n2001:db8::1\n"), (true, "10.0.0.1\n::1\n0.0.0.1\n-\n-\n2001:db8::1\n-\n")]
        {
            let mut conf = yielding(&conf(&["--unique"]));
            conf.form.keep = keep;
            let mut sink = Unique { records: Records::new(&conf), conf: &conf, seen: Seen::default() };
            // Whether an address was seen before is told by its value.
            assert!(sink.values());
            batches(lines, |batch| sink.plain(batch));
            assert_eq!(String::from_utf8_lossy(&sink.records.lines), want);
            // What is settled is not written a second time.
            sink.settle(&[], 0, &mut Out::stdout().unwrap()).unwrap();
            assert!(sink.records.lines.is_empty());
        }
    }

    #[test]
    fn a_plain_address_is_kept_without_its_line_where_no_line_is_printed() {
        for (options, lines) in [
            (&["--sort"][..], false),
            (&["--sort", "-e"], true),
            (&["--sort", "--json"], true),
            (&["--sort", "-o", "input,int"], true),
            (&["--sort", "-o", "int"], false),
        ] {
            let mut sorter = Sorter::new(&conf(options));
            let input = Input { origin: Origin::Operand, line: b"x", text: Ok("x") };
            let address = Value::addr(Family::V6, 1);
            for (value, is_plain) in [
                (address, !lines),
                (Value { zone: Some("eth0"), ..address }, false),
                (Value::prefix(Family::V6, 1, 128), false),
            ] {
                assert_eq!(sorter.is_plain(&value), is_plain, "{options:?} {value:?}");
                let before = sorter.kept.len();
                sorter.push(&input, &value);
                assert_eq!(sorter.kept.len() > before, !is_plain, "{options:?} {value:?}");
            }
            let kept = &sorter.kept[sorter.kept.len() - 2];
            assert_eq!((kept.value().zone, &*kept.line, &*kept.text), (Some("eth0"), &b"x"[..], "x"));
        }
    }

    #[test]
    fn values_have_one_order() {
        // By family and first address, the shorter prefix first; the rest keeps equal ones together.
        let ordered = [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.0.0.0/9",
            "10.0.0.0",
            "10.0.0.1",
            "::/0",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fe80::1%eth1",
        ];
        let values: Vec<Value<'_>> =
            ordered.iter().map(|text| crate::address::text::parse(text.as_bytes()).unwrap()).collect();
        assert!(values.is_sorted_by(|a, b| order(a) < order(b)));
    }
}

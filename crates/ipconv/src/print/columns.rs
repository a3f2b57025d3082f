//! The records of plain addresses, many at a time: what depends on the class of
//! an address alone is written once for each, and what is canonical goes out as it
//! came in.
use std::rc::Rc;

use crate::{
    address::{simd::Batch, value::Value, write::write_v6},
    class::{
        deep,
        property::{self, Property, Segment},
        table::{Classes, FAMILIES},
        verdict::Verdict,
    },
    cli::Conf,
    print::field::{self, Facts, Field},
};

/// Longest line that a kernel takes for an address is shorter than this.
pub const LINE: usize = 48;

/// The record of a plain address.
#[derive(Debug)]
pub struct Columns {
    classes: Rc<Classes>,
    items: Vec<Item>,
    deep: bool,
    /// `is_public` is among the fields.
    public: bool,
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
    /// Any others.
    Fields(Vec<Field>),
}

impl Columns {
    /// For the fields of `conf`, or the lines themselves where it names none.
    pub fn new(conf: &Conf, classes: &Rc<Classes>) -> Columns {
        let echo = conf.form.echo.then_some(Item::Line);
        let fields = conf.output.as_deref();
        let record = fields.map_or_else(|| vec![Item::Line], items);
        let items = echo.into_iter().chain(record).collect();
        let public = fields.unwrap_or_default().contains(&Field::Is(Property::Public));
        Columns { classes: Rc::clone(classes), items, deep: conf.deep, public }
    }

    /// Appends the records of the lines that pass, and with `-k` those of the others.
    pub fn put(&self, batch: &Batch<'_>, passes: u64, conf: &Conf, out: &mut Vec<u8>) {
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
        let hides = v6 && (self.deep && deep::hides(bits) || self.public && deep::is_isatap(bits));
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
                Item::Class { fields, .. } => cells(out, fields, "", &value, self.deep),
                Item::Fields(fields) => {
                    let line = str::from_utf8(&batch.text[batch.from(i)..batch.to(i)]).unwrap_or_default();
                    cells(out, fields, line, &value, self.deep);
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
    let canonical = |field: &Field| matches!(field, Field::Address | Field::Compressed | Field::Unscoped);
    let together = |a: &Field, b: &Field| !canonical(a) && !canonical(b) && by_class(a) == by_class(b);
    let mut items = Vec::new();
    for run in fields.chunk_by(together) {
        items.push(match run {
            [field] if canonical(field) => Item::Canonical,
            [field, ..] if !by_class(field) => Item::Fields(run.to_vec()),
            _ => {
                let texts = FAMILIES.map(|family| {
                    let each = |segment: &Segment| {
                        let mut text = Vec::new();
                        cells(&mut text, run, "", &Value::addr(family, segment.first), false);
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

/// The record of a line that does not pass, where `-k` keeps its place.
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

/// Appends `fields` of a plain address with TABs between them.
fn cells(out: &mut Vec<u8>, fields: &[Field], input: &str, value: &Value<'_>, deep: bool) {
    let judged = fields.iter().any(|field| field.is_judged());
    let verdict = if judged { Verdict::of(value, deep) } else { Verdict::unasked(value) };
    let facts = Facts { input, value, verdict: &verdict };
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        field::write_or_dash(out, *field, &facts);
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

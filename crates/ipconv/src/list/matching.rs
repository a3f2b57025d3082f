//! `--match-file`: which entry of a list holds an input, and its label.
use std::{
    ffi::OsString,
    io::{self, Write as _},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
    text::{json_string, printable},
};

use crate::{
    address::{simd::Batch, text::Reason, value::Value},
    cli::Conf,
    list::longest::{List, Longest},
    print::show::explained,
    read::{
        bulk::{self, Sink},
        entries, inputs,
    },
};

/// Prints the smallest entry of these files that holds each input. An input that
/// none holds prints nothing and is not said aloud, as with grep; the status tells.
///
/// # Errors
/// Reading or writing failed, or a file holds something that is no prefix.
pub fn matching(conf: &Conf, files: &[OsString], out: &mut Out) -> Result<Status, Fail> {
    let mut list = List::default();
    for file in files {
        entries::each(file, |value, label| list.push(&value, label))?;
    }
    let mut matching = Matching { conf, list: Longest::new(list), lines: Vec::new(), unmatched: false };
    let end = if bulk::fits(conf) && !conf.form.json {
        bulk::each(conf, out, &mut matching)?
    } else {
        inputs::each(conf, out, |input, value, answers| matching.input(input, value, answers))?
    };
    let fine = conf.form.keep || !matching.unmatched;
    Ok(end.max(if fine { Status::Answered } else { Status::Unanswered }))
}

struct Matching<'c> {
    conf: &'c Conf,
    list: Longest,
    /// Records not yet handed to the output.
    lines: Vec<u8>,
    /// Some input is in no entry.
    unmatched: bool,
}

impl Sink for Matching<'_> {
    fn values(&self) -> bool {
        true
    }

    fn step(&self) -> usize {
        // A label may be much longer than the line.
        32 * 1024
    }

    fn plain(&mut self, batch: &Batch<'_>) {
        let form = &self.conf.form;
        for (i, bits) in batch.bits().iter().enumerate() {
            let found = if batch.is_v6(i) { self.list.of_v6(*bits) } else { self.list.of_v4((bits >> 96) as u32) };
            self.unmatched |= found.is_none();
            let text = match found {
                Some(text) => text,
                None if form.keep => b"-\t-",
                None => continue,
            };
            if form.echo {
                self.lines.extend_from_slice(&batch.text[batch.from(i)..batch.to(i)]);
                self.lines.push(b'\t');
            }
            self.lines.extend_from_slice(text);
            self.lines.push(form.end());
        }
    }

    fn settle(&mut self, _: &[u8], _: usize, out: &mut Out) -> io::Result<()> {
        out.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let found = value.map(|value| self.list.of(&value.block())).map_err(|why| explained(self.conf, input, &why));
        if self.conf.form.json {
            let why = match &found {
                Ok(Some(_)) => None,
                Ok(None) => Some("in no entry of the list".to_owned()),
                Err(why) => Some(why.clone()),
            };
            answers.record(input, object(input, found.as_ref().ok().copied().flatten(), why.as_deref()))?;
        }
        match found {
            Ok(Some(_)) if self.conf.form.json => Ok(Status::Answered),
            Ok(Some(text)) => answers.record(input, text).map(|()| Status::Answered),
            Ok(None) => {
                self.unmatched = true;
                answers.missing(input, Status::Answered)
            }
            Err(why) => answers.unanswered(input, why),
        }
    }
}

/// The object of an input: the entry as `match`, and its `label` or null.
fn object(input: &Input<'_>, found: Option<&[u8]>, why: Option<&str>) -> Vec<u8> {
    let text = input.text.map_or_else(|_| printable(input.line), str::to_owned);
    let found = found.map(String::from_utf8_lossy);
    let (entry, label) = found.as_deref().and_then(|text| text.split_once('\t')).unzip();
    let mut out = Vec::new();
    let label = label.filter(|label| *label != "-");
    for (key, value) in
        [("{\"input\":", Some(&*text)), (",\"match\":", entry), (",\"label\":", label), (",\"error\":", why)]
    {
        out.extend(key.bytes());
        match value {
            Some(value) => json_string(&mut out, value),
            None => out.extend(b"null"),
        }
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::examples::{batches, conf};

    #[test]
    fn the_smallest_entry_and_its_label_come_out() {
        let lines = "10.0.0.1\n10.1.0.1\n9.0.0.1\n2001:db8::1\n::1\n";
        for (options, want) in [
            (&[][..], "10.0.0.0/8\tten\n10.1.0.0/16\t-\n2001:db8::/32\tdoc\n"),
            (&["-k"], "10.0.0.0/8\tten\n10.1.0.0/16\t-\n-\t-\n2001:db8::/32\tdoc\n-\t-\n"),
            (&["-e"], "10.0.0.1\t10.0.0.0/8\tten\n10.1.0.1\t10.1.0.0/16\t-\n2001:db8::1\t2001:db8::/32\tdoc\n"),
        ] {
            let conf = conf(&[&["--match-file", "x"], options].concat());
            let mut list = List::default();
            for (entry, label) in [("10.0.0.0/8", Some("ten")), ("10.1.0.0/16", None), ("2001:db8::/32", Some("doc"))] {
                list.push(&crate::address::text::parse(entry.as_bytes()).unwrap(), label.map(str::as_bytes));
            }
            let mut sink = Matching { conf: &conf, list: Longest::new(list), lines: Vec::new(), unmatched: false };
            // A label may be much longer than the line, so that it settles more often than once a block.
            assert!(sink.values() && sink.step() < bulk::BLOCK);
            batches("10.0.0.1\n", |batch| sink.plain(batch));
            assert!(!sink.unmatched);
            sink.lines.clear();
            batches(lines, |batch| sink.plain(batch));
            assert_eq!(String::from_utf8_lossy(&sink.lines), want, "{options:?}");
            assert!(sink.unmatched);
            sink.settle(&[], 0, &mut Out::stdout().unwrap()).unwrap();
            assert!(sink.lines.is_empty());
        }
    }

    #[test]
    fn an_object_has_entry_and_label_or_null() {
        let input = Input { origin: plainnet_common::input::Origin::Operand, line: b"x\n", text: Ok("x") };
        for (found, why, want) in [
            (Some(&b"10.0.0.0/8\tten"[..]), None, r#"{"input":"x","match":"10.0.0.0/8","label":"ten","error":null}"#),
            (Some(b"10.0.0.0/8\t-"), None, r#"{"input":"x","match":"10.0.0.0/8","label":null,"error":null}"#),
            (None, Some("no"), r#"{"input":"x","match":null,"label":null,"error":"no"}"#),
        ] {
            assert_eq!(String::from_utf8(object(&input, found, why)).unwrap(), want);
        }
    }
}

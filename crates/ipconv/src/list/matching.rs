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

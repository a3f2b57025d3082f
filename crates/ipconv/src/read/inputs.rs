//! Inputs, read as `--from`, `-4` and `-6` say.
use std::{
    borrow::Cow,
    io::{Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Input, LINE, Line, Lines, Origin, Stdin},
    output::Out,
};

use crate::{
    address::{
        form::{self, InputForm},
        text::Reason,
        value::{Family, Value, What},
    },
    cli::Conf,
    read::entries::Entry,
    spec::SPEC,
};

/// Gives every input to `answer` in order, as a value or with the reason why it is none.
///
/// # Errors
/// Reading or writing failed, or `answer` gave up.
pub fn each(
    conf: &Conf,
    out: &mut Out,
    mut answer: impl FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Answers<'_, Out>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let mut before = Before::default();
    match conf.from {
        _ if has_own_lines(conf) => {
            let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
            let mut end = Status::default();
            let no_operands = conf.operands.is_empty();
            for operand in conf.operands.iter().map(|o| o.as_bytes()).chain(no_operands.then_some(&b"-"[..])) {
                end = end.max(match (operand, conf.from) {
                    (b"-", InputForm::Raw) => packets(conf, &mut answers, &mut answer)?,
                    (b"-", InputForm::Base85) => digits(conf, &mut answers, &mut answer)?,
                    (b"-", _) => entries(conf, &mut answers, &mut answer)?,
                    (bytes, InputForm::Raw) => packet(conf, bytes, Origin::Operand, &mut answers, &mut answer)?,
                    (line, _) => {
                        let text = str::from_utf8(line).map_err(|_| "invalid UTF-8");
                        one(
                            conf,
                            &Input { origin: Origin::Operand, line, text },
                            &mut before,
                            &mut answers,
                            &mut answer,
                        )?
                    }
                });
            }
            Ok(end)
        }
        _ => input::each(SPEC.name, &conf.form, &conf.operands, out, |input, answers| {
            one(conf, input, &mut before, answers, &mut answer)
        }),
    }
}

/// Is a line of standard input something else than in the other tools: no line at
/// all, one in which `#` begins no comment, or one in which `;` does, too?
fn has_own_lines(conf: &Conf) -> bool {
    matches!(conf.from, InputForm::Raw | InputForm::Base85) || conf.labels() && conf.form.field.is_some()
}

pub(crate) type Answer<'a> =
    dyn FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Answers<'_, Out>) -> Result<Status, Fail> + 'a;

/// The operand before the one that is read, if it is a plain IPv4 address. A mask may follow
/// it as an operand of its own, which is a mistake; lines of standard input are no pairs.
#[derive(Debug, Default)]
pub(crate) struct Before(Option<u32>);

impl Before {
    fn check<'v>(&mut self, origin: Origin, value: Result<Value<'v>, Reason>) -> Result<Value<'v>, Reason> {
        let plain = match value {
            Ok(Value { family: Family::V4, bits, what: What::Addr, .. }) if origin == Origin::Operand => {
                Some(bits as u32)
            }
            _ => None,
        };
        let before = std::mem::replace(&mut self.0, plain);
        match before.zip(plain).and_then(|(address, mask)| Reason::mask(address, mask)) {
            Some(why) => Err(why),
            None => value,
        }
    }
}

/// Reads one input. `-f` counts the fields of an operand as those of a line.
pub(crate) fn one(
    conf: &Conf,
    input: &Input<'_>,
    before: &mut Before,
    answers: &mut Answers<'_, Out>,
    answer: &mut Answer<'_>,
) -> Result<Status, Fail> {
    let field = match (input.origin, conf.form.field, input.text) {
        (Origin::Operand, Some(n), Ok(_)) => Some(input::field(input.line, n, conf.form.delimiter)),
        _ => None,
    };
    let text = match &field {
        None => input.text,
        Some(None) => Err("no such field"),
        Some(Some(field)) => str::from_utf8(field).map_err(|_| "invalid UTF-8"),
    };
    let text = match text {
        Ok(text) if !conf.labels() => text,
        Ok(text) => {
            let is_comment = matches!(input.line.trim_ascii_start().first(), Some(b';' | b'#'));
            match Entry::of(text.as_bytes()).filter(|_| !is_comment) {
                Some(entry) => str::from_utf8(entry.text).unwrap_or(text),
                // A list has empty lines; an operand that is empty is a mistake.
                None if input.origin == Origin::Operand && text.trim_ascii().is_empty() => text,
                None => return answers.missing(&Input { text: Ok(""), ..*input }, Status::Answered),
            }
        }
        Err(why) => return answer(&Input { text: Err(why), ..*input }, Err(Reason::Because(why)), answers),
    };
    let input = &Input { text: Ok(text), ..*input };
    if let Some(last) = conf.last_field {
        return range(conf, input, text, last, answers, answer);
    }
    let mut value = form::read(conf.from, text.as_bytes(), conf.family);
    if matches!(conf.from, InputForm::Text | InputForm::Loose) {
        value = before.check(input.origin, value);
    }
    answer(input, value, answers)
}

/// Reads a range of which the first address is `first` and the last stands in another field of the line.
fn range(
    conf: &Conf,
    input: &Input<'_>,
    first: &str,
    last: usize,
    answers: &mut Answers<'_, Out>,
    answer: &mut Answer<'_>,
) -> Result<Status, Fail> {
    let Some(last) = input::field(input.line, last, conf.form.delimiter) else {
        return answer(input, Err(Reason::Because("no such field")), answers);
    };
    let last = match Entry::of(&last) {
        _ if !conf.labels() => &last,
        entry => entry.map_or(&b""[..], |entry| entry.text),
    };
    let value = form::read(conf.from, first.as_bytes(), conf.family).and_then(|first| {
        let last = form::read(conf.from, last, conf.family)?;
        first.up_to(&last).map_err(Reason::Because)
    });
    let text = format!("{first}-{}", String::from_utf8_lossy(last));
    answer(&Input { text: Ok(&text), ..*input }, value, answers)
}

/// Records of one size on standard input, or one of either size; they are counted as lines are.
fn packets(conf: &Conf, answers: &mut Answers<'_, Out>, answer: &mut Answer<'_>) -> Result<Status, Fail> {
    let mut end = Status::default();
    let mut number = 0;
    let mut next = |bytes: &[u8], answers: &mut Answers<'_, Out>| {
        number += 1;
        packet(conf, bytes, Origin::Line(number), answers, answer)
    };
    let (mut buf, mut len) = (vec![0; LINE], 0);
    loop {
        answers.out.flush()?;
        let n = Stdin.read(&mut buf[len..]).map_err(|e| Fail::io("stdin", &e))?;
        len += n;
        let Some(family) = conf.family else {
            // One byte more than an address tells that it is none.
            if n > 0 && len <= 16 {
                continue;
            }
            return if len == 0 { Ok(end) } else { next(&buf[..len], answers) };
        };
        let records = buf[..len].chunks_exact(usize::from(family.width()) / 8);
        let rest = records.remainder().len();
        for record in records {
            end = end.max(next(record, answers)?);
        }
        if n == 0 {
            return if rest == 0 { Ok(end) } else { Ok(end.max(next(&buf[len - rest..len], answers)?)) };
        }
        buf.copy_within(len - rest..len, 0);
        len = rest;
    }
}

/// An address as bytes. Shown, echoed and passed on it is hexadecimal: any byte may be in it.
fn packet(
    conf: &Conf,
    bytes: &[u8],
    origin: Origin,
    answers: &mut Answers<'_, Out>,
    answer: &mut Answer<'_>,
) -> Result<Status, Fail> {
    let text: String = bytes.iter().take(LINE).map(|b| format!("{b:02x}")).collect();
    let value = match form::read(InputForm::Raw, bytes, conf.family) {
        Err(_) if conf.family == Some(Family::V4) => Err(Reason::Because("4 bytes are needed")),
        Err(_) if conf.family == Some(Family::V6) => Err(Reason::Because("16 bytes are needed")),
        value => value,
    };
    answer(&Input { origin, line: text.as_bytes(), text: Ok(&text) }, value, answers)
}

/// Lines of a list on standard input that have fields. One that begins with `;` is
/// a comment, whatever fields it has.
fn entries(conf: &Conf, answers: &mut Answers<'_, Out>, answer: &mut Answer<'_>) -> Result<Status, Fail> {
    let mut end = Status::default();
    let mut lines = Lines::new(answers.form.end(), LINE, 0);
    while !lines.is_finished() {
        answers.out.flush()?;
        lines.read(&mut Stdin).map_err(|e| Fail::io("stdin", &e))?;
        while let Some(line) = lines.next() {
            let input = |text| Input { origin: Origin::Line(line.number), line: line.bytes, text };
            let is_comment = line.whole && line.bytes.trim_ascii_start().starts_with(b";");
            end = end.max(match line.asked(answers.form).filter(|_| !is_comment) {
                Some(text) => {
                    let input = input(text.as_deref().map_err(|why| *why));
                    one(conf, &input, &mut Before::default(), answers, answer)?
                }
                None => answers.missing(&input(Ok("")), Status::Answered)?,
            });
        }
    }
    Ok(end)
}

/// Lines of standard input of which `#` begins no comment, since it is a digit of base 85.
fn digits(conf: &Conf, answers: &mut Answers<'_, Out>, answer: &mut Answer<'_>) -> Result<Status, Fail> {
    let mut end = Status::default();
    let mut lines = Lines::new(answers.form.end(), LINE, 0);
    while !lines.is_finished() {
        answers.out.flush()?;
        lines.read(&mut Stdin).map_err(|e| Fail::io("stdin", &e))?;
        while let Some(Line { number, bytes, whole }) = lines.next() {
            let origin = Origin::Line(number);
            if whole && bytes.trim_ascii().is_empty() {
                let input = Input { origin, line: bytes, text: Ok("") };
                end = end.max(answers.missing(&input, Status::Answered)?);
                continue;
            }
            let field = match answers.form.field {
                _ if !whole => Err("line longer than 64 KiB"),
                Some(n) => input::field(bytes, n, answers.form.delimiter).ok_or("no such field"),
                None => Ok(Cow::Borrowed(bytes.trim_ascii())),
            };
            let text = match &field {
                Ok(text) => str::from_utf8(text).map_err(|_| "invalid UTF-8"),
                Err(why) => Err(*why),
            };
            let input = Input { origin, line: bytes, text };
            end = end.max(one(conf, &input, &mut Before::default(), answers, answer)?);
        }
    }
    Ok(end)
}

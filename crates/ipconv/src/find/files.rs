//! `--extract`: the addresses and prefixes in files and standard input.
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read, Write as _},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Cutter, Input, Line, Origin, Stdin},
    output::{self, Out, say},
    text::shown,
};

use crate::{
    address::{
        text::{Reason, write_compressed, write_value},
        value::Family,
    },
    cli::Conf,
    find::extract::{CONTEXT, Found, Look},
    list::filter::Filter,
    print::{field::Field, show::Show},
    spec::SPEC,
};

/// Read at once; it stays in the cache.
const BLOCK: usize = 256 * 1024;

/// Prints every address and prefix in the files that `conf` names, or in standard input.
///
/// # Errors
/// Writing failed, or a prefix file cannot be used. A text that can't be read
/// is status 2 in the end, and the next one is read.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    // What passes is decided here: a line has any number of addresses.
    let filter = if conf.filters() { Some(Filter::new(conf)?) } else { None };
    let bare = Conf { tests: Vec::new(), within: Vec::new(), within_files: Vec::new(), ..conf.clone() };
    let mut harvest = Harvest {
        show: Show::new(&bare),
        look: Look { family: conf.family, dot_port: conf.dot_port, ..Look::default() },
        plain: conf.output.as_deref() == Some(&[Field::Compressed]) && !conf.form.json && !conf.form.echo,
        silent: filter.is_some() && conf.form.quiet,
        filter,
        passed: false,
        name: String::new(),
        lines: Vec::new(),
    };
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let dash = [OsString::from("-")];
    let mut end = Status::default();
    for name in if conf.operands.is_empty() { &dash[..] } else { &conf.operands } {
        end = end.max(harvest.file(name, &mut answers)?);
    }
    let fine = harvest.passed || harvest.filter.is_none() || conf.form.keep;
    Ok(end.max(if fine { Status::Answered } else { Status::Unanswered }))
}

struct Harvest<'c> {
    show: Show<'c>,
    look: Look,
    /// Nothing is printed but the address.
    plain: bool,
    /// Nothing is printed at all.
    silent: bool,
    filter: Option<Filter>,
    /// Some address passed.
    passed: bool,
    /// What the text is called whose lines are read.
    name: String,
    /// Plain records not yet handed to the output.
    lines: Vec<u8>,
}

impl Harvest<'_> {
    fn file(&mut self, name: &OsStr, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if name == "-" {
            return self.text(&mut Stdin, name, answers);
        }
        match File::open(name) {
            Ok(mut file) => self.text(&mut file, name, answers),
            Err(e) => Ok(unreadable(name, &e)),
        }
    }

    fn text(&mut self, from: &mut dyn Read, name: &OsStr, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let form = answers.form;
        if form.echo || form.keep || form.field.is_some() {
            self.by_line(from, name, answers)
        } else {
            self.by_block(from, name, answers)
        }
    }

    /// Searches blocks that end at a line's end where they can: lines may be of any length.
    fn by_block(&mut self, from: &mut dyn Read, name: &OsStr, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let look = self.look;
        let mut buf = vec![0; BLOCK];
        // buf[..at] was searched and stands there as context; buf[..len] is filled.
        let (mut at, mut len) = (0, 0);
        loop {
            answers.out.flush()?;
            let n = match read(from, &mut buf[len..]) {
                Ok(n) => n,
                Err(e) => return Ok(unreadable(name, &e)),
            };
            let line = buf[len..len + n].iter().rposition(|b| *b == b'\n').map(|last| len + last + 1);
            len += n;
            let cut = match line {
                _ if n == 0 => len,
                Some(cut) => cut,
                None if len < buf.len() => continue,
                None => len - CONTEXT,
            };
            let text = &buf[..len];
            let next = look.each(text, at, cut, |found| self.found(text, &found, None, answers))?;
            self.drain(answers)?;
            if n == 0 {
                return Ok(Status::Answered);
            }
            let keep = if line.is_some() { cut } else { cut - CONTEXT };
            buf.copy_within(keep..len, 0);
            (at, len) = (next - keep, len - keep);
        }
    }

    /// Searches lines, where they are echoed, counted or have fields.
    fn by_line(&mut self, from: &mut dyn Read, name: &OsStr, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        self.name = title(name);
        let mut status = Status::default();
        let mut lines = Cutter::new(answers.form.end());
        let mut buf = vec![0; BLOCK];
        loop {
            answers.out.flush()?;
            let n = match read(from, &mut buf) {
                Ok(n) => n,
                Err(e) => return Ok(status.max(unreadable(name, &e))),
            };
            lines.feed(&buf[..n]);
            while let Some(line) = lines.next() {
                status = status.max(self.line(&line, answers)?);
            }
            self.drain(answers)?;
            if n == 0 {
                return Ok(status);
            }
        }
    }

    fn line(&mut self, line: &Line<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let input = Input { origin: Origin::Line(line.number), line: line.bytes, text: Ok("") };
        if !line.whole {
            return self.spoilt(&input, "line longer than 64 KiB", answers);
        }
        let blank = |b: &u8| b.is_ascii_whitespace();
        let mut text = line.bytes;
        if let Some(field) = answers.form.field {
            match text.split(blank).filter(|f| !f.is_empty()).nth(field - 1) {
                Some(field) => text = field,
                None if text.iter().all(blank) => text = b"",
                None => return self.spoilt(&input, "no such field", answers),
            }
        }
        let look = self.look;
        let mut any = false;
        look.each(text, 0, text.len(), |found| {
            any |= self.passes(&found);
            self.found(text, &found, Some(&input), answers)
        })?;
        if any || self.silent {
            return Ok(Status::Answered);
        }
        self.drain(answers)?;
        self.show.dropped(&input, answers)
    }

    fn spoilt(&mut self, line: &Input<'_>, why: &'static str, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        self.drain(answers)?;
        let line = &Input { text: Err(why), ..*line };
        if !self.silent {
            self.show.refused(line, &Reason::Because(why), answers)?;
            self.show.dropped(line, answers)?;
        }
        if let Origin::Line(number) = line.origin {
            say(SPEC.name, format_args!("{}:{number}: {}: {why}", self.name, shown(line.line)));
        }
        Ok(if answers.form.keep { Status::Answered } else { Status::Unanswered })
    }

    /// What was found comes before what is said next.
    fn drain(&mut self, answers: &mut Answers<'_, Out>) -> Result<(), Fail> {
        answers.out.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    fn passes(&self, found: &Found) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.passes(&found.value))
    }

    fn found(
        &mut self,
        text: &[u8],
        found: &Found,
        line: Option<&Input<'_>>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<(), Fail> {
        if !self.passes(found) {
            return Ok(());
        }
        self.passed = true;
        let text = &text[found.start..found.end];
        if self.silent {
        } else if self.plain {
            // Strict IPv4 is canonical as it stands.
            match found.value.family {
                Family::V4 => self.lines.extend_from_slice(text),
                Family::V6 => write_value(&mut self.lines, &found.value, write_compressed),
            }
            self.lines.push(answers.form.end());
        } else {
            let own = Input { origin: Origin::Operand, line: text, text: Ok("") };
            let text = Ok(std::str::from_utf8(text).unwrap_or_default());
            self.show.one(&Input { text, ..*line.unwrap_or(&own) }, Ok(found.value), answers)?;
        }
        Ok(())
    }
}

fn read(from: &mut dyn Read, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buf) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn unreadable(name: &OsStr, e: &io::Error) -> Status {
    say(SPEC.name, format_args!("{}: {}", title(name), output::reason(e)));
    Status::Failed
}

/// How messages name a text.
fn title(name: &OsStr) -> String {
    if name == "-" { "stdin".into() } else { shown(name.as_bytes()) }
}

//! `--extract`: the addresses and prefixes in files and standard input.
use std::{
    borrow::Cow,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Input, Line, Lines, Origin, Stdin},
    output::{self, Out, say},
    text::{escape, shown},
};

use crate::{
    address::{
        defanged,
        text::Reason,
        value::{Family, What},
        write::{write_compressed, write_value},
    },
    cli::{Conf, Extract, List},
    find::{
        defanged::Mended,
        extract::{CONTEXT, Found, Look},
        utf16,
    },
    list::{filter::Filter, order::Sorter, records::Records, seen::Seen},
    spec::SPEC,
};

/// Read at once; it stays in the cache.
const BLOCK: usize = 256 * 1024;

/// Prints every address and prefix in the files that `conf` names, or in standard input.
///
/// # Errors
/// Writing failed, or a prefix file cannot be used. A text that can't be read
/// is status 2 in the end, and the next one is read.
pub fn run(conf: &Conf, options: &Extract, out: &mut Out) -> Result<Status, Fail> {
    // What passes is decided here: a line has any number of addresses.
    let filter = if conf.filters() { Some(Filter::new(conf)?) } else { None };
    let bare = Conf { tests: Vec::new(), within: List::default(), without: List::default(), ..conf.clone() };
    let mut search = Extraction {
        records: Records::new(&bare),
        look: Look {
            family: conf.family,
            dot_port: options.dot_port,
            no_prefixes: options.no_prefixes,
            ranges: options.ranges,
        },
        defanged: options.defanged,
        order: match (options.sort, options.unique) {
            (true, _) => Order::Sorted(Sorter::new(conf)),
            (false, true) => Order::Once(Seen::default()),
            (false, false) => Order::AsFound,
        },
        silent: filter.is_some() && conf.form.quiet,
        filter,
        passed: false,
        title: String::new(),
        before: Vec::new(),
        mended: Vec::new(),
    };
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let dash = [OsString::from("-")];
    let names = if conf.operands.is_empty() { &dash[..] } else { &conf.operands };
    let mut end = Status::default();
    for name in names {
        if conf.form.echo && !conf.form.json && names.len() > 1 {
            search.before = [escape(name.as_bytes()).as_bytes(), b"\t"].concat();
        }
        search.title = if name == "-" { "stdin".into() } else { shown(name.as_bytes()) };
        end = end.max(search.file(name, &mut answers)?);
    }
    if let Order::Sorted(sorter) = search.order {
        end = end.max(sorter.write(options.unique, &mut search.records, &mut answers)?);
    }
    let fine = search.passed || search.filter.is_none() || conf.form.keep;
    Ok(end.max(if fine { Status::Answered } else { Status::Unanswered }))
}

/// A search through several texts.
struct Extraction<'c> {
    records: Records<'c>,
    look: Look,
    defanged: bool,
    order: Order,
    /// Nothing is printed at all.
    silent: bool,
    filter: Option<Filter>,
    /// Some address passed.
    passed: bool,
    /// How messages name the text that is read.
    title: String,
    /// What stands before a line that is echoed: the file's name and a TAB where there are several.
    before: Vec<u8>,
    /// The line that is searched, its dots and colons mended.
    mended: Vec<u8>,
}

/// When what is found is printed.
enum Order {
    /// At once.
    AsFound,
    /// The first time.
    Once(Seen),
    /// In the end.
    Sorted(Sorter),
}

impl Extraction<'_> {
    fn file(&mut self, name: &OsStr, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if name == "-" {
            return self.text(&mut Stdin, answers);
        }
        match File::open(name) {
            Ok(mut file) => self.text(&mut file, answers),
            Err(e) => Ok(self.unreadable(&e)),
        }
    }

    fn text(&mut self, from: &mut dyn Read, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let form = answers.form;
        let mut text = Text {
            from,
            title: self.title.clone(),
            quiet: form.quiet,
            null: form.null,
            head: Vec::new(),
            decided: false,
            is_wide: false,
        };
        let status = if form.echo || form.keep || form.field.is_some() {
            self.by_line(&mut text, answers)?
        } else if self.defanged {
            self.by_block(&mut Mended::new(&mut text), answers)?
        } else {
            self.by_block(&mut text, answers)?
        };
        let fine = !text.is_wide || form.keep;
        Ok(status.max(if fine { Status::Answered } else { Status::Unanswered }))
    }

    /// Searches blocks that end at a line's end where they can: lines may be of
    /// any length, so that this is no case for [`Lines`].
    fn by_block(&mut self, from: &mut dyn Read, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let look = self.look;
        let mut buf = vec![0; BLOCK];
        // buf[..at] was searched and stands there as context; buf[..len] is filled.
        let (mut at, mut len) = (0, 0);
        loop {
            io::Write::flush(answers.out)?;
            let n = match read(from, &mut buf[len..]) {
                Ok(n) => n,
                Err(e) => return Ok(self.unreadable(&e)),
            };
            let line = memchr::memrchr(b'\n', &buf[len..len + n]).map(|last| len + last + 1);
            len += n;
            let cut = match line {
                _ if n == 0 => len,
                Some(cut) => cut,
                None if len < buf.len() => continue,
                None => len - CONTEXT,
            };
            let text = &buf[..len];
            let next = look.each(text, at, cut, |found| self.found(text, &found, None, answers).map(drop))?;
            self.records.drain(answers.out)?;
            if n == 0 {
                return Ok(Status::Answered);
            }
            let keep = if line.is_some() { cut } else { cut - CONTEXT };
            buf.copy_within(keep..len, 0);
            (at, len) = (next - keep, len - keep);
        }
    }

    /// Searches lines, where they are echoed, counted or have fields.
    fn by_line(&mut self, from: &mut dyn Read, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let mut status = Status::default();
        let mut lines = Lines::new(answers.form.end(), BLOCK, 0);
        while !lines.is_finished() {
            io::Write::flush(answers.out)?;
            if let Err(e) = lines.read(from) {
                return Ok(status.max(self.unreadable(&e)));
            }
            while let Some(line) = lines.next() {
                status = status.max(self.line(&line, answers)?);
            }
            self.records.drain(answers.out)?;
        }
        Ok(status)
    }

    fn line(&mut self, line: &Line<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        let named = match &self.before[..] {
            [] => Cow::Borrowed(line.bytes),
            name => Cow::Owned([name, line.bytes.trim_ascii()].concat()),
        };
        let input = Input { origin: Origin::Line(line.number), line: &named, text: Ok("") };
        if !line.whole {
            return self.spoilt(&input, line.bytes, "line longer than 64 KiB", answers);
        }
        let field = match answers.form.field {
            None => Cow::Borrowed(line.bytes),
            Some(_) if line.bytes.trim_ascii().is_empty() => Cow::Borrowed(&b""[..]),
            Some(n) => match input::field(line.bytes, n, answers.form.delimiter) {
                Some(field) => field,
                None => return self.spoilt(&input, line.bytes, "no such field", answers),
            },
        };
        let mut mended = std::mem::take(&mut self.mended);
        let text = if self.defanged {
            mended.clear();
            defanged::mend(&field, true, &mut mended);
            &mended
        } else {
            &*field
        };
        let (look, mut any) = (self.look, false);
        look.each(text, 0, text.len(), |found| {
            any |= self.found(text, &found, Some(&input), answers)?;
            Ok::<(), Fail>(())
        })?;
        self.mended = mended;
        if any || self.silent {
            return Ok(Status::Answered);
        }
        let why = if self.filter.is_some() { "no address that passes the filter" } else { "no address" };
        self.records.drain(answers.out)?;
        if input.line == self.before && answers.form.keep {
            // The TAB behind the file's name belongs to the name, not to the blanks at the end of an empty line.
            io::Write::write_all(answers.out, &self.before)?;
            return self.records.show.dropped(&Input { line: b"", ..input }, &why, answers);
        }
        self.records.show.dropped(&Input { text: Err(why), ..input }, &why, answers)
    }

    fn spoilt(
        &mut self,
        line: &Input<'_>,
        text: &[u8],
        why: &'static str,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        self.records.drain(answers.out)?;
        let line = &Input { text: Err(why), ..*line };
        if !self.silent {
            self.records.show.refused(line, &Reason::Because(why), answers)?;
            answers.missing(line, Status::Answered)?;
        }
        if let (Origin::Line(number), false) = (line.origin, answers.form.quiet) {
            say(SPEC.name, format_args!("{}:{number}: {}: {why}", self.title, shown(text)));
        }
        Ok(if answers.form.keep { Status::Answered } else { Status::Unanswered })
    }

    /// Prints a match, or keeps it. False where it does not pass or was seen before.
    fn found(
        &mut self,
        text: &[u8],
        found: &Found,
        line: Option<&Input<'_>>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<bool, Fail> {
        if !self.filter.as_ref().is_none_or(|filter| filter.passes(&found.value)) {
            return Ok(false);
        }
        self.passed = true;
        if self.silent {
            return Ok(true);
        }
        let text = &text[found.start..found.end];
        let own = Input { origin: Origin::Operand, line: text, text: Ok("") };
        let text_of = || Ok(str::from_utf8(text).unwrap_or_default());
        match &mut self.order {
            Order::AsFound => {}
            Order::Once(seen) => {
                if !seen.insert(&found.value) {
                    return Ok(false);
                }
            }
            Order::Sorted(sorter) => {
                sorter.push(&Input { text: text_of(), ..*line.unwrap_or(&own) }, &found.value);
                return Ok(true);
            }
        }
        if self.records.plain {
            match (found.value.family, found.value.what) {
                // Strict IPv4 is canonical as it stands.
                (Family::V4, What::Addr) => self.records.lines.extend_from_slice(text),
                _ => write_value(&mut self.records.lines, &found.value, write_compressed),
            }
            self.records.lines.push(answers.form.end());
        } else {
            let input = Input { text: text_of(), ..*line.unwrap_or(&own) };
            self.records.show.one(&input, Ok(found.value), answers)?;
        }
        Ok(true)
    }

    fn unreadable(&self, e: &io::Error) -> Status {
        say(SPEC.name, format_args!("{}: {}", self.title, output::reason(e)));
        Status::Failed
    }
}

/// A text of which the beginning is looked at.
struct Text<'a> {
    from: &'a mut dyn Read,
    title: String,
    quiet: bool,
    /// A NUL ends a line, and is no half of a character.
    null: bool,
    /// The beginning, until it has told.
    head: Vec<u8>,
    decided: bool,
    /// It looks like an encoding in which no address can be found.
    is_wide: bool,
}

impl Read for Text<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = read(self.from, buf)?;
        if !self.decided {
            self.head.extend_from_slice(&buf[..n.min(utf16::HEAD - self.head.len())]);
            self.decided = n == 0 || self.head.len() == utf16::HEAD;
            if self.decided
                && let Some(name) = utf16::encoding(&self.head, self.null)
            {
                self.is_wide = true;
                if !self.quiet {
                    let bits = &name[..6];
                    say(SPEC.name, format_args!("{}: looks like {bits} (iconv -f {name})", self.title));
                }
            }
        }
        Ok(n)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time, after an interruption each.
    struct Slowly<'a>(&'a [u8], usize, bool);

    impl Read for Slowly<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let most = buf.len().min(self.1);
            self.0.read(&mut buf[..most])
        }
    }

    #[test]
    fn the_beginning_of_a_text_tells_its_encoding_however_it_comes() {
        let plain = b"10.0.0.1\n".repeat(100);
        let wide: Vec<u8> = plain.iter().flat_map(|b| [*b, 0]).collect();
        // Of the first 512 bytes all are plain, and what follows is not looked at.
        let late = [&plain[..utf16::HEAD], &wide].concat();
        let early = [&wide[..utf16::HEAD], &plain].concat();
        for (text, null, is_wide) in [
            (&plain, false, false),
            (&wide, false, true),
            (&wide, true, false),
            (&late, false, false),
            (&early, false, true),
            (&wide[..20].to_vec(), false, true),
            (&Vec::new(), false, false),
        ] {
            for step in [1, 7, 511, 512, 513, 100_000] {
                let mut from = Slowly(text, step, false);
                let mut reader = Text {
                    from: &mut from,
                    title: String::new(),
                    quiet: true,
                    null,
                    head: Vec::new(),
                    decided: false,
                    is_wide: false,
                };
                let mut all = Vec::new();
                reader.read_to_end(&mut all).unwrap();
                assert_eq!((&all, reader.is_wide), (text, is_wide), "{step}");
            }
        }
    }
}

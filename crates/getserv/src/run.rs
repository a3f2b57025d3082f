//! What the command does, from a [`Conf`] to a [`Status`].
use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Cutter, Input, Stdin},
    output::say,
    text,
};

use crate::{
    book::{
        host,
        key::{Key, Kind},
        registry, services,
        sources::{Answer, Book, Entry},
    },
    cli::{Conf, Mode, View},
    ports::{
        check::{self, Checker},
        classes::{Class, Settings},
        free::{self, Taken},
    },
    print::{bulk, lines},
    spec::SPEC,
};

/// Why an input has no answer.
const NONE: &str = "no such service";

/// Does what `conf` says.
///
/// # Errors
/// Asked wrongly, or reading or writing failed; then the run stops.
pub fn run(conf: &Conf, out: &mut impl Write) -> Result<Status, Fail> {
    let mut book = Book::new(SPEC.name, conf.services.clone(), conf.sources);
    if let Some(proto) = &conf.proto
        && registry::bit(proto.as_bytes()).is_none()
        && !book.open().knows_proto(proto)
    {
        return Err(Fail::usage(
            "--proto",
            format_args!("{}: no service has this protocol", text::shown(proto.as_bytes())),
        ));
    }
    let end = match &conf.mode {
        Mode::Look(view) => look(conf, *view, &mut book, out)?,
        Mode::Class => class(conf, &mut book, out)?,
        Mode::Ranges => records(conf, settings()?.lines(), out)?,
        Mode::Free(count) => free_ports(conf, *count, &mut book, out)?,
        Mode::Search(text) => search(conf, text, book.open(), out)?,
        Mode::Dump => dump(conf, book.open(), out)?,
        Mode::Check(path) => check_file(conf, path, out)?,
    };
    Ok(end.max(book.status()))
}

fn settings() -> Result<Settings, Fail> {
    Settings::read().map_err(|(path, e)| Fail::io(path, &e))
}

fn records(conf: &Conf, lines: Vec<String>, out: &mut impl Write) -> Result<Status, Fail> {
    for line in lines {
        out.write_all(line.as_bytes())?;
        out.write_all(&[conf.form.end()])?;
    }
    Ok(Status::Answered)
}

/// What `text` asks. The protocol of an input goes before the one of the command line.
fn key<'a>(text: &'a str, conf: &'a Conf, book: &Book) -> Option<Key<'a>> {
    let key = Key::parse(text, |proto| book.knows_proto(proto))?;
    Some(Key { proto: key.proto.or(conf.proto.as_deref()), ..key })
}

fn look(conf: &Conf, view: View, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    input::needs_input(&SPEC, &conf.operands)?;
    let dash = [OsString::from("-")];
    let operands = if conf.operands.is_empty() { &dash } else { &conf.operands[..] };
    let mut end = Status::Answered;
    for operand in operands {
        // The loop over plain lines knows first answers for any protocol only.
        let bulk = operand == "-" && view == View::First && conf.proto.is_none() && !conf.form.json;
        end = end.max(if bulk {
            let mut to = Answers { tool: SPEC.name, form: &conf.form, out };
            bulk::lines(&mut Stdin, book, &mut to, |input, book, to| answer(conf, view, book, input, to))?
        } else {
            let one = std::slice::from_ref(operand);
            input::each(SPEC.name, &conf.form, one, out, |input, to| answer(conf, view, book, input, to))?
        });
    }
    Ok(end)
}

/// Answers one input.
fn answer<W: Write>(
    conf: &Conf,
    view: View,
    book: &mut Book,
    input: &Input,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let book = book.open();
    if conf.form.json {
        return object(conf, view, book, input, to);
    }
    let key = input.text.ok().and_then(|text| key(text, conf, book));
    let Some(key) = key else { return to.unanswered(input, NONE) };
    match view {
        View::First => match book.first(key) {
            Some(Answer::Port(port)) => to.record(input, port.to_string())?,
            Some(Answer::Name(name)) => to.record(input, text::printable(name))?,
            None => return to.unanswered(input, NONE),
        },
        View::All | View::Long => {
            let entries = book.entries(key);
            if entries.is_empty() {
                return to.unanswered(input, NONE);
            }
            let long = || entries.iter().flat_map(lines::long).collect();
            for record in if view == View::Long { long() } else { all(key.kind, &entries) } {
                to.record(input, record)?;
            }
        }
    }
    Ok(Status::Answered)
}

/// Every port or name, each once.
fn all(kind: Kind, entries: &[Entry]) -> Vec<String> {
    let mut records: Vec<String> = Vec::new();
    let mut add = |record: String| {
        if !records.contains(&record) {
            records.push(record);
        }
    };
    for entry in entries {
        match kind {
            Kind::Name(_) => (entry.port..=entry.last).for_each(|port| add(port.to_string())),
            Kind::Port(_) => {
                std::iter::once(&entry.name).chain(&entry.aliases).for_each(|name| add(text::printable(name)));
            }
        }
    }
    records
}

fn object<W: Write>(
    conf: &Conf,
    view: View,
    book: &Book,
    input: &Input,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let asked = input.text.map_or(input.line, str::as_bytes);
    let key = input.text.ok().and_then(|text| key(text, conf, book));
    let entries = key.map_or_else(Vec::new, |key| book.entries(key));
    let error = input.text.err().or(entries.is_empty().then_some(NONE));
    to.record(input, lines::json(asked, key, &entries, error, view != View::First))?;
    match (input.text, error) {
        (Err(why), _) => to.invalid(input, why),
        (_, Some(why)) => to.unanswered(input, why),
        _ => Ok(Status::Answered),
    }
}

fn class(conf: &Conf, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    input::needs_input(&SPEC, &conf.operands)?;
    let mut host = None;
    input::each(SPEC.name, &conf.form, &conf.operands, out, |input, to| {
        let text = input.text.unwrap_or_default();
        // The class of a port takes no source; only a name's port does.
        let plain = Key::parse(text, |proto| registry::bit(proto.as_bytes()).is_some());
        let port = match plain.map(|key| key.kind) {
            Some(Kind::Port(port)) => Some(port),
            _ => {
                let book = book.open();
                match key(text, conf, book).map(|key| (key.kind, book.first(key))) {
                    Some((Kind::Port(port), _)) | Some((_, Some(Answer::Port(port)))) => Some(port),
                    _ => None,
                }
            }
        };
        let Some(port) = port else { return to.unanswered(input, NONE) };
        let host = match &host {
            Some(host) => host,
            None => host.insert(settings()?),
        };
        to.record(input, format!("{}\t{}", Class::of(port).name(), host.use_of(port)))?;
        Ok(Status::Answered)
    })
}

fn free_ports(conf: &Conf, count: usize, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    let mut taken = Taken::default();
    book.open().host().for_each(|s| taken.take(s.port));
    free::take_used(&mut taken).map_err(|(path, e)| Fail::io(path, &e))?;
    let ports = free::choose(&settings()?, &taken, free::seed(), count);
    let found = ports.len();
    records(conf, ports.iter().map(u16::to_string).collect(), out)?;
    if found < count && !conf.form.quiet {
        say(SPEC.name, format_args!("{count}: only {found} ports are free"));
    }
    Ok(if found < count { Status::Unanswered } else { Status::Answered })
}

fn dump(conf: &Conf, book: &Book, out: &mut impl Write) -> Result<Status, Fail> {
    let mut end = Ok(());
    book.all(conf.proto.as_deref(), |entry| {
        if end.is_ok() {
            end = records(conf, lines::long(&entry), out).map(drop);
        }
    });
    end.map(|()| Status::Answered)
}

fn search(conf: &Conf, text: &str, book: &Book, out: &mut impl Write) -> Result<Status, Fail> {
    let want = text.to_ascii_lowercase().into_bytes();
    let has = |bytes: &[u8]| {
        let lower = bytes.to_ascii_lowercase();
        lower.windows(want.len()).any(|part| part == want)
    };
    let (mut end, mut found) = (Ok(()), false);
    book.all(conf.proto.as_deref(), |entry| {
        if end.is_ok() && (has(entry.name) || entry.aliases.iter().any(|a| has(a)) || has(entry.text)) {
            found = true;
            end = records(conf, lines::long(&entry), out).map(drop);
        }
    });
    end?;
    if !found && !conf.form.quiet {
        say(SPEC.name, format_args!("{}: {NONE}", text::shown(text.as_bytes())));
    }
    Ok(if found { Status::Answered } else { Status::Unanswered })
}

fn check_file(conf: &Conf, path: &Path, out: &mut impl Write) -> Result<Status, Fail> {
    let name = text::escape(path.as_os_str().as_encoded_bytes());
    if path.as_os_str() == "-" {
        return check_lines(conf, "stdin", &mut Stdin, out);
    }
    let (mut file, _) = host::open(path).map_err(|e| Fail::io(path.as_os_str().as_encoded_bytes(), &e))?;
    check_lines(conf, &name, &mut file, out)
}

fn check_lines(conf: &Conf, name: &str, file: &mut impl Read, out: &mut impl Write) -> Result<Status, Fail> {
    let mut checker = Checker::default();
    let mut lines = Cutter::new(b'\n');
    let mut block = vec![0; 64 * 1024];
    let mut end = Status::Answered;
    loop {
        let n = match file.read(&mut block) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Fail::io(name, &e)),
        };
        lines.feed(&block[..n]);
        while let Some(line) = lines.next() {
            let long = check::Finding::Fault(services::Fault::TooLong);
            let finding = if line.whole { checker.look(line.bytes) } else { Some(long) };
            if let Some(finding) = finding {
                end = Status::Unanswered;
                write!(out, "{name}:{}: {finding}", line.number)?;
                out.write_all(&[conf.form.end()])?;
            }
        }
        if n == 0 {
            return Ok(end);
        }
        out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sources::Sources;

    /// The short way to a first answer and the long way to all must agree.
    #[test]
    fn the_first_of_all_is_the_first() {
        let services = std::env::temp_dir().join(format!("getserv-{}", std::process::id()));
        std::fs::write(&services, "web 80/tcp www HTTPS\nHTTP 8000/udp\nmail 25/tcp\nodd 5/ddp\nx11 6010/tcp\n")
            .unwrap();
        for sources in [Sources::Host, Sources::Iana, Sources::Both] {
            let mut book = Book::new("test", Some(services.clone()), sources);
            let book = book.open();
            let names = registry::rows().iter().map(|r| r.name()).chain(["www", "HTTPS", "HTTP", "odd", "whois", "no"]);
            let names = names.map(Kind::Name).chain((0..=u16::MAX).step_by(5).map(Kind::Port));
            for kind in names {
                for proto in [None, Some("tcp"), Some("udp"), Some("sctp"), Some("ddp")] {
                    let key = Key { kind, proto };
                    let first = book.entries(key).into_iter().next().map(|e| match kind {
                        Kind::Name(_) => Answer::Port(e.port),
                        Kind::Port(_) => Answer::Name(e.name),
                    });
                    assert_eq!(book.first(key), first, "{key:?} {sources:?}");
                }
            }
        }
        std::fs::remove_file(services).unwrap();
    }
}

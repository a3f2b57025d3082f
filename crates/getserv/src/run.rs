//! What the command does, from a [`Conf`] to a [`Status`].
use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Lines, Stdin},
    output::say,
    text,
};

use crate::{
    book::{
        entry::Entry,
        file::ServicesFile,
        key::{Key, Kind},
        registry,
        sources::{Answer, Book},
    },
    cli::{self, Conf, Mode, View},
    ports::{
        check::Checker,
        classes::{Class, Settings},
        free::{self, InUse},
    },
    print::{
        answer::{self, HostSettings},
        bulk, json, lines,
    },
    spec::SPEC,
};

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
        Mode::Ranges => ranges(conf, out)?,
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

fn record(conf: &Conf, record: impl AsRef<[u8]>, out: &mut impl Write) -> Result<(), Fail> {
    out.write_all(record.as_ref())?;
    Ok(out.write_all(&[conf.form.end()])?)
}

fn look(conf: &Conf, view: View, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    input::needs_input(&SPEC, &conf.operands)?;
    let dash = [OsString::from("-")];
    let operands = if conf.operands.is_empty() { &dash } else { &conf.operands[..] };
    let settings = HostSettings::default();
    let mut end = Status::Answered;
    for operand in operands {
        // The loop over plain lines knows first answers for any protocol only.
        let bulk = operand == "-" && view == View::First && conf.proto.is_none() && !conf.form.json;
        end = end.max(if bulk {
            let mut to = Answers { tool: SPEC.name, form: &conf.form, out };
            bulk::lines(&mut Stdin, book, &mut to, |input, book, to| {
                answer::one(conf, view, &settings, book, input, to)
            })?
        } else {
            let one = std::slice::from_ref(operand);
            input::each(SPEC.name, &conf.form, one, out, |input, to| {
                answer::one(conf, view, &settings, book, input, to)
            })?
        });
    }
    Ok(end)
}

fn class(conf: &Conf, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    input::needs_input(&SPEC, &conf.operands)?;
    let mut host = None;
    input::each(SPEC.name, &conf.form, &conf.operands, out, |input, to| {
        let text = input.text.unwrap_or_default();
        // The class of a port takes no source; only a name's port does.
        let plain = Key::parse(text, |proto| registry::bit(proto.as_bytes()).is_some());
        let port = match plain.map(|key| key.kind) {
            Some(Kind::Port(port)) => Ok(port),
            _ => {
                let book = book.open();
                answer::ask(text, conf, book, |key| {
                    Ok(match (key.kind, book.first(key)) {
                        (Kind::Port(port), _) | (_, Some(Answer::Port(port))) => Some(port),
                        _ => None,
                    })
                })?
            }
        };
        let host: &Settings = match &host {
            Some(host) => host,
            None => host.insert(settings()?),
        };
        if conf.form.json {
            let line = input.text.map_or(input.line, str::as_bytes);
            let why = input.text.err().map(str::to_owned).or(port.err().map(|refusal| refusal.to_string()));
            to.record(input, json::class(line, port.ok(), Some(host), why.as_deref()))?;
            return match why {
                None => Ok(Status::Answered),
                Some(why) => to.unanswered(input, why),
            };
        }
        match port {
            Err(refusal) => to.unanswered(input, refusal),
            Ok(port) => {
                to.record(input, format!("{}\t{}", Class::of(port).name(), host.use_of(port)))?;
                Ok(Status::Answered)
            }
        }
    })
}

fn ranges(conf: &Conf, out: &mut impl Write) -> Result<Status, Fail> {
    let settings = settings()?;
    if conf.form.json {
        settings.ranges().iter().try_for_each(|range| record(conf, json::range(range), out))?;
    } else {
        settings.lines().iter().try_for_each(|line| record(conf, line, out))?;
    }
    Ok(Status::Answered)
}

fn free_ports(conf: &Conf, count: usize, book: &mut Book, out: &mut impl Write) -> Result<Status, Fail> {
    let mut in_use = InUse::default();
    book.open().host().for_each(|s| in_use.add(s.port));
    free::add_sockets_of_host(&mut in_use).map_err(|(path, e)| Fail::io(path, &e))?;
    let settings = settings()?;
    let ports = free::choose(&settings, &in_use, free::seed(), count);
    let found = ports.len();
    for port in ports {
        let text = if conf.form.json { json::free(port, &settings) } else { port.to_string().into_bytes() };
        record(conf, text, out)?;
    }
    if found < count && !conf.form.quiet {
        say(SPEC.name, format_args!("{count}: only {found} ports are free"));
    }
    Ok(if found < count { Status::Unanswered } else { Status::Answered })
}

fn dump(conf: &Conf, book: &Book, out: &mut impl Write) -> Result<Status, Fail> {
    let settings = HostSettings::default();
    if !conf.form.json {
        record(conf, crate::ports::check::DUMP, out)?;
    }
    book.all(conf.proto.as_deref(), |entry| {
        if conf.form.json {
            return record(conf, json::answer(None, None, Some(&entry), settings.get(), None), out);
        }
        // What is ephemeral here is not where the file is read.
        lines::long(&entry, None, None).iter().try_for_each(|line| record(conf, line, out))
    })?;
    Ok(Status::Answered)
}

fn search(conf: &Conf, text: &str, book: &Book, out: &mut impl Write) -> Result<Status, Fail> {
    const NONE: &str = "no such service";
    let want = text.to_ascii_lowercase().into_bytes();
    let has = |bytes: &[u8]| {
        let lower = bytes.to_ascii_lowercase();
        lower.windows(want.len()).any(|part| part == want)
    };
    let settings = HostSettings::default();
    let input = Some(text.as_bytes());
    let mut found = false;
    book.all(conf.proto.as_deref(), |entry: Entry| {
        if !entry.names().any(has) && !has(entry.text) {
            return Ok(());
        }
        found = true;
        if conf.form.json {
            return record(conf, json::answer(input, None, Some(&entry), settings.get(), None), out);
        }
        lines::long(&entry, None, settings.get()).iter().try_for_each(|line| record(conf, line, out))
    })?;
    if found {
        return Ok(Status::Answered);
    }
    if conf.form.json {
        record(conf, json::answer(input, None, None, None, Some(NONE)), out)?;
    }
    if !conf.form.quiet {
        say(SPEC.name, format_args!("{}: {NONE}", text::shown(text.as_bytes())));
    }
    Ok(Status::Unanswered)
}

fn check_file(conf: &Conf, path: &Path, out: &mut impl Write) -> Result<Status, Fail> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes == b"-" {
        return check_lines(conf, b"stdin", &mut Stdin, out);
    }
    let mut file = ServicesFile::open(path, true).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound if cli::looks_like_option(bytes) => {
            Fail::usage("--check", format_args!("no such file ({})", cli::taken(bytes)))
        }
        _ => Fail::io(bytes, &e),
    })?;
    check_lines(conf, bytes, &mut file, out)
}

fn check_lines(conf: &Conf, name: &[u8], file: &mut impl Read, out: &mut impl Write) -> Result<Status, Fail> {
    let mut checker = Checker::default();
    let mut lines = Lines::new(b'\n', 64 * 1024, 0);
    let mut end = Status::Answered;
    loop {
        out.flush()?;
        let more = lines.read(file).map_err(|e| Fail::io(name, &e))?;
        while let Some(line) = lines.next() {
            let Some(finding) = checker.line(&line) else { continue };
            end = Status::Unanswered;
            if conf.form.json {
                record(conf, json::finding(name, line.number, &finding.to_string()), out)?;
            } else {
                record(conf, format!("{}:{}: {finding}", text::escape(name), line.number), out)?;
            }
        }
        if !more {
            return Ok(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::File;

    use super::*;
    use crate::book::sources::Sources;

    /// The short way to a first answer and the long way to all must agree.
    #[test]
    fn the_first_of_all_is_the_first() {
        let services = File::new("web 80/tcp www HTTPS\nHTTP 8000/udp\nmail 25/tcp\nodd 5/ddp\nx11 6010/tcp\n");
        for sources in [Sources::Host, Sources::Iana, Sources::Both] {
            let mut book = Book::new("test", Some(services.to_string().into()), sources);
            let book = book.open();
            let names = registry::all().iter().map(|r| r.name()).chain(["www", "HTTPS", "HTTP", "odd", "no"]);
            let names = names.map(Kind::Name).chain((0..=u16::MAX).step_by(5).map(Kind::Port));
            for kind in names {
                for proto in [None, Some("tcp"), Some("udp"), Some("sctp"), Some("ddp")] {
                    let key = Key { kind, proto };
                    let first = book.entries(key, Err).err().map(|e: Entry| match kind {
                        Kind::Name(_) => Answer::Port(e.port),
                        Kind::Port(_) => Answer::Name(e.name),
                    });
                    assert_eq!(book.first(key), first, "{key:?} {sources:?}");
                }
            }
        }
    }
}

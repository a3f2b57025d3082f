//! The answer to one input: its key, what the book has for it, and its records.
use std::{cell::OnceCell, collections::HashSet, io::Write};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    text,
};

use super::{json, lines};
use crate::{
    book::{
        endpoint::{self, Refusal},
        entry::Entry,
        key::{Key, Kind},
        meant,
        sources::{Answer, Book},
    },
    cli::{Conf, View},
    ports::classes::Settings,
};

/// The host's settings, read when they are first needed, where they can be known.
#[derive(Debug, Default)]
pub struct HostSettings(OnceCell<Option<Settings>>);

impl HostSettings {
    /// The settings, or nothing where the system has no such thing.
    pub fn get(&self) -> Option<&Settings> {
        self.0.get_or_init(|| Settings::read().ok()).as_ref()
    }
}

/// Gives `answer` the key in `text` until it has an answer: first the name or
/// port that the text is, then what is inside it, if it is an endpoint. The
/// protocol of an input goes before the one of the command line.
///
/// # Errors
/// The first one: `answer` gave up. The second one: why nothing was answered.
pub fn ask<'a, T>(
    text: &'a str,
    conf: &'a Conf,
    book: &Book,
    mut answer: impl FnMut(Key<'a>) -> Result<Option<T>, Fail>,
) -> Result<Result<T, Refusal<'a>>, Fail> {
    let is_proto = |proto: &str| book.knows_proto(proto);
    let whole = |key: Key<'a>| Key { proto: key.proto.or(conf.proto.as_deref()), ..key };
    if let Some(key) = Key::parse(text, is_proto) {
        match answer(whole(key))? {
            Some(found) => return Ok(Ok(found)),
            None if matches!(key.kind, Kind::Port(_)) => return Ok(Err(Refusal::NoService)),
            None => {}
        }
    }
    Ok(match endpoint::read(text, is_proto) {
        Ok(key) => answer(whole(key))?.ok_or(Refusal::NoService),
        Err(refusal) => Err(refusal),
    })
}

/// Answers one input.
///
/// # Errors
/// Writing failed.
pub fn one<W: Write>(
    conf: &Conf,
    view: View,
    settings: &HostSettings,
    book: &mut Book,
    input: &Input,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let book = book.open();
    if conf.form.json {
        return objects(conf, view, settings, book, input, to);
    }
    let text = match input.text {
        Ok(text) => text,
        Err(why) => return to.unanswered(input, why),
    };
    let done = ask(text, conf, book, |key| match view {
        View::First => {
            match book.first(key) {
                Some(Answer::Port(port)) => to.record(input, port.to_string())?,
                Some(Answer::Name(name)) => to.record(input, text::printable(name))?,
                None => return Ok(None),
            }
            Ok(Some(()))
        }
        View::All => all(book, key, |record| to.record(input, record)),
        View::Long => {
            let mut found = None;
            let asked = asked_port(key);
            book.entries(key, |entry| {
                found = Some(());
                lines::long(&entry, asked, settings.get()).into_iter().try_for_each(|line| to.record(input, line))
            })?;
            Ok(found)
        }
    })?;
    match done {
        Ok(()) => Ok(Status::Answered),
        // A list has its own words, and many of them; who typed one is helped.
        Err(Refusal::NoService) if matches!(input.origin, Origin::Operand) && !conf.form.quiet => {
            match meant::meant(text, book) {
                Some(cure) => to.unanswered(input, format_args!("{} (did you mean {cure}?)", Refusal::NoService)),
                None => to.unanswered(input, Refusal::NoService),
            }
        }
        Err(refusal) => to.unanswered(input, refusal),
    }
}

fn asked_port(key: Key) -> Option<u16> {
    match key.kind {
        Kind::Port(port) => Some(port),
        Kind::Name(_) => None,
    }
}

/// Gives `record` every port or name that answers, each once.
fn all<'a>(
    book: &'a Book,
    key: Key<'a>,
    mut record: impl FnMut(String) -> Result<(), Fail>,
) -> Result<Option<()>, Fail> {
    let (mut ports, mut names): (HashSet<u16>, HashSet<&[u8]>) = Default::default();
    book.entries_and_aliases(key, |entry| match key.kind {
        Kind::Name(_) => (entry.port..=entry.last).try_for_each(|port| match ports.insert(port) {
            true => record(port.to_string()),
            false => Ok(()),
        }),
        Kind::Port(_) => entry.names().try_for_each(|name| match names.insert(name) {
            true => record(text::printable(name)),
            false => Ok(()),
        }),
    })?;
    Ok((ports.len() + names.len() > 0).then_some(()))
}

/// Answers one input with objects: one, or one for each answer under -a and -l.
fn objects<W: Write>(
    conf: &Conf,
    view: View,
    settings: &HostSettings,
    book: &Book,
    input: &Input,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let line = input.text.map_or(input.line, str::as_bytes);
    // A port without a name has a class all the same.
    let mut asked = None;
    let done = match input.text {
        Err(_) => Err(Refusal::NoService),
        Ok(text) => ask(text, conf, book, |key| {
            asked = asked_port(key);
            let mut found = None;
            let each = |entry: Entry<'_>| {
                if found.is_some() && view == View::First {
                    return Ok(());
                }
                found = Some(());
                let mut write =
                    |asked| to.record(input, json::answer(Some(line), asked, Some(&entry), settings.get(), None));
                match (view, asked) {
                    // All ports of a range are answers to its name.
                    (View::All, None) => (entry.port..=entry.last).try_for_each(|port| write(Some(port))),
                    _ => write(asked),
                }
            };
            match view {
                View::All => book.entries_and_aliases(key, each)?,
                View::First | View::Long => book.entries(key, each)?,
            }
            Ok::<_, Fail>(found)
        })?,
    };
    let Err(refusal) = done else { return Ok(Status::Answered) };
    let why = input.text.err().map_or_else(|| refusal.to_string(), str::to_owned);
    to.record(input, json::answer(Some(line), asked, None, settings.get(), Some(&why)))?;
    match input.text {
        Err(why) => to.unanswered(input, why),
        Ok(_) => to.unanswered(input, why),
    }
}

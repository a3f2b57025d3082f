//! A run with -t AXFR: zone after zone, each over a connection of its own.
use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Owned, Queue},
    output::Out,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use crate::{
    ask::{random::Random, transfer::Transfer},
    cli::{Conf, TIMEOUT, TRIES},
    net::{
        server::{Server, Transport},
        stream::{Event, Stream},
    },
    print::show,
    run::{
        poll as run_poll,
        setup::{Group, names},
    },
    spec::SPEC,
    wire::name::Name,
};

/// Transfers every zone.
///
/// # Errors
/// Reading or writing failed.
pub(super) fn run(conf: &Conf, groups: Vec<Group>, out: &mut Out) -> Result<Status, Fail> {
    let unusable = groups.iter().find_map(|group| group.unusable.clone());
    let servers: Vec<Server> = groups.into_iter().flat_map(|group| group.servers).collect();
    let mut inputs = Queue::new(&conf.names, &conf.form);
    let mut status = Status::default();
    while !inputs.is_empty() {
        let Some(input) = inputs.next() else {
            if inputs.wants_stdin() {
                run_poll::wait(&mut [], true, None, false, out)?;
                inputs.read()?;
            }
            continue;
        };
        let mut to = Answers { tool: SPEC.name, form: &conf.form, out };
        status = status.max(match names(&input, conf, None) {
            None => show::blank(&input, conf, &mut to)?,
            Some(Err(why)) => show::without_answer(&input.input(), Status::Unanswered, &why, conf, &mut to)?,
            Some(Ok(names)) => match (&unusable, names.into_iter().next()) {
                (Some(why), _) => show::without_answer(&input.input(), Status::Network, why, conf, &mut to)?,
                (None, Some(name)) => transfer(conf, &servers, &input, &name, &mut to)?,
                (None, None) => Status::default(),
            },
        });
    }
    Ok(status)
}

/// Transfers one zone from the first server that can be reached.
fn transfer(
    conf: &Conf,
    servers: &[Server],
    input: &Owned,
    zone: &Name,
    to: &mut Answers<'_, Out>,
) -> Result<Status, Fail> {
    let mut last = (String::new(), "no server to ask".to_owned());
    for server in servers {
        let transport = if server.transport == Transport::Udp { Transport::Tcp } else { server.transport };
        let server = Server { transport, ..server.clone() };
        let name = server.to_string();
        match from(conf, server, input, zone, to)? {
            End::Whole => return Ok(Status::Answered),
            End::Unreachable(why) => last = (name, why),
            End::Broken(why) => {
                last = (name, why);
                break;
            }
        }
    }
    show::without_answer(&input.input(), Status::Network, &format!("{}: {}", last.0, last.1), conf, to)
}

/// How a transfer ended.
enum End {
    /// With its second SOA record.
    Whole,
    /// Nothing came: another server may do.
    Unreachable(String),
    /// The server refuses, or the transfer ended early.
    Broken(String),
}

/// Transfers the zone from `server`, record after record as they come.
fn from(conf: &Conf, server: Server, input: &Owned, zone: &Name, to: &mut Answers<'_, Out>) -> Result<End, Fail> {
    let id = u16::from_ne_bytes(Random::default().bytes());
    let mut transfer = Transfer::new(zone.clone(), conf.class, id);
    let (timeout, tries) = (conf.timeout.unwrap_or(TIMEOUT), conf.tries.unwrap_or(TRIES));
    let mut stream = Stream::new(server, timeout);
    stream.send(&transfer.question());
    // The first message has the time of a whole query, each later one that of a try.
    let mut deadline = Instant::now() + timeout.saturating_mul(tries);
    let mut records = 0u64;
    loop {
        let now = Instant::now();
        let mut lines: Vec<String> = Vec::new();
        let mut end = None;
        stream.drive(now, |event| match event {
            Event::Message(message) if end.is_none() => match transfer.receive(message) {
                Ok(None) => {}
                Ok(Some(part)) => {
                    deadline = now + timeout;
                    lines.extend(part.lines);
                    end = part.is_last.then_some(End::Whole);
                }
                Err(why) => end = Some(End::Broken(why)),
            },
            Event::Message(_) | Event::Unanswered { .. } | Event::Opened(_) => {}
            Event::Closed { why, established } if end.is_none() => {
                end = Some(if established { End::Broken(why) } else { End::Unreachable(why) });
            }
            Event::Closed { .. } => {}
        });
        records += lines.len() as u64;
        for line in lines {
            to.record(&input.input(), line)?;
        }
        match end {
            Some(End::Broken(why)) if records > 0 => {
                return Ok(End::Broken(format!("transfer cut off after {records} records: {why}")));
            }
            Some(end) => return Ok(end),
            None if now >= deadline && records > 0 => {
                return Ok(End::Broken(format!("transfer cut off after {records} records: no answer")));
            }
            None if now >= deadline => return Ok(End::Unreachable("no answer".to_owned())),
            None => {}
        }
        to.out.flush()?;
        wait(&stream, deadline.saturating_duration_since(now))?;
    }
}

/// Waits until the connection has something, or the time is over.
fn wait(stream: &Stream, longest: Duration) -> Result<(), Fail> {
    let now = Instant::now();
    let left = stream.wake().map_or(longest, |at| at.saturating_duration_since(now).min(longest));
    let mut fds: Vec<PollFd<'_>> =
        stream.interest().map(|(fd, flags): (_, PollFlags)| PollFd::from_borrowed_fd(fd, flags)).collect();
    match poll(&mut fds, Timespec::try_from(left).ok().as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(e) => Err(Fail::io("poll", &e.into())),
    }
}

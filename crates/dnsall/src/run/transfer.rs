//! A run with -t AXFR: zone after zone, each over a connection of its own.
use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Owned, Queue},
    output::{Out, say},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use crate::{
    ask::{random::Random, statistics::Statistics, transfer::Transfer},
    cli::{Conf, TIMEOUT, TRIES},
    net::{
        server::{Server, Transport},
        stream::{Event, Stream},
    },
    print::{answer::milliseconds, show},
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
    let (started, mut zones, mut statistics) = (Instant::now(), 0, Statistics::default());
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
                (None, Some(name)) => {
                    zones += 1;
                    transfer(conf, &servers, &input, &name, &mut statistics, &mut to)?
                }
                (None, None) => Status::default(),
            },
        });
    }
    if conf.stats {
        out.flush()?;
        show::statistics(zones, &statistics, started.elapsed());
    }
    Ok(status)
}

/// Transfers one zone from the first server that can be reached.
fn transfer(
    conf: &Conf,
    servers: &[Server],
    input: &Owned,
    zone: &Name,
    statistics: &mut Statistics,
    to: &mut Answers<'_, Out>,
) -> Result<Status, Fail> {
    let mut last = (String::new(), "no server to ask".to_owned());
    for server in servers {
        let transport = if server.transport == Transport::Udp { Transport::Tcp } else { server.transport };
        let server = Server { transport, ..server.clone() };
        let name = server.to_string();
        let id = u16::from_ne_bytes(Random::default().bytes());
        let (began, mut transfer) = (Instant::now(), Transfer::new(zone.clone(), conf.class, id));
        let end = receive(conf, server, input, &mut transfer, to)?;
        statistics.questions += 1;
        statistics.replies += transfer.messages;
        statistics.unanswered += u64::from(!matches!(end, End::Whole));
        tell(conf, input, &name, &transfer, began.elapsed(), to);
        match end {
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

/// Says what was left out, and for -v what came.
fn tell(conf: &Conf, input: &Owned, server: &str, transfer: &Transfer, took: Duration, to: &Answers<'_, Out>) {
    let subject = || input.input().subject();
    let Transfer { messages, records, left_out, .. } = transfer;
    if conf.verbose {
        let took = milliseconds(took);
        say(to.tool, format_args!("{}: {server}: records: {records}, messages: {messages}, {took:.1} ms", subject()));
    }
    if *left_out > 0 && !conf.form.quiet {
        let what = "records left out, outside of the zone or of another class";
        say(to.tool, format_args!("{}: {server}: {what}: {left_out}", subject()));
    }
}

/// Transfers the zone from `server`, record after record as they come.
fn receive(
    conf: &Conf,
    server: Server,
    input: &Owned,
    transfer: &mut Transfer,
    to: &mut Answers<'_, Out>,
) -> Result<End, Fail> {
    let name = server.to_string();
    let (timeout, tries) = (conf.timeout.unwrap_or(TIMEOUT), conf.tries.unwrap_or(TRIES));
    let mut stream = Stream::new(server, timeout);
    stream.send(&transfer.question());
    // The first message has the time of a whole query, each later one that of a try.
    let mut deadline = Instant::now() + timeout.saturating_mul(tries);
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
            Event::Opened(how) if conf.verbose => say(SPEC.name, format_args!("{name}: {how}")),
            Event::Message(_) | Event::Unanswered { .. } | Event::Opened(_) => {}
            Event::Closed { why, established } if end.is_none() => {
                end = Some(if established { End::Broken(why) } else { End::Unreachable(why) });
            }
            Event::Closed { .. } => {}
        });
        for line in lines {
            to.record(&input.input(), line)?;
        }
        match end {
            Some(End::Broken(why)) if transfer.records > 0 => {
                return Ok(End::Broken(format!("transfer cut off after {} records: {why}", transfer.records)));
            }
            Some(end) => return Ok(end),
            None if now >= deadline && transfer.records > 0 => {
                return Ok(End::Broken(format!("transfer cut off after {} records: no answer", transfer.records)));
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

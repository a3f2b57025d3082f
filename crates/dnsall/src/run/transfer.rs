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

/// Transfers one zone from the first server that begins to.
fn transfer(
    conf: &Conf,
    servers: &[Server],
    input: &Owned,
    zone: &Name,
    statistics: &mut Statistics,
    to: &mut Answers<'_, Out>,
) -> Result<Status, Fail> {
    let mut failures = Vec::new();
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
            End::Failed(why) => failures.push(format!("{name}: {why}")),
            End::CutOff(why) => {
                failures = vec![format!("{name}: {why}")];
                break;
            }
        }
    }
    show::without_answer(&input.input(), Status::Network, &failures.join("; "), conf, to)
}

/// How a transfer ended.
enum End {
    /// It came to its second SOA record.
    Whole,
    /// There are no records: another server may have them.
    Failed(String),
    /// It ended after some records, which are printed, so that no other server is asked.
    CutOff(String),
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
    let mut patience = Patience::new(timeout, tries, Instant::now());
    loop {
        let now = Instant::now();
        let mut lines: Vec<String> = Vec::new();
        // Whether the transfer is whole, or why it is not.
        let mut end = None;
        stream.drive(now, |event| match event {
            Event::Message(message) if end.is_none() => match transfer.receive(message, &mut lines) {
                Ok(is_last) => end = is_last.then_some(Ok(())),
                Err(why) => end = Some(Err(why)),
            },
            Event::Opened(how) if conf.verbose => say(SPEC.name, format_args!("{name}: {how}")),
            Event::Message(_) | Event::Unanswered { .. } | Event::Opened(_) => {}
            Event::Closed { why, .. } => {
                end.get_or_insert(Err(why));
            }
        });
        if !lines.is_empty() {
            patience.latest = now;
        }
        for line in lines {
            to.record(&input.input(), line)?;
        }
        let (deadline, why) = patience.deadline(transfer.records);
        match end.or_else(|| (now >= deadline).then(|| Err(why.to_owned()))) {
            Some(Ok(())) => return Ok(End::Whole),
            Some(Err(why)) if transfer.records > 0 => {
                return Ok(End::CutOff(format!("transfer cut off after {} records: {why}", transfer.records)));
            }
            Some(Err(why)) => return Ok(End::Failed(why)),
            None => {}
        }
        to.out.flush()?;
        wait(&stream, deadline.saturating_duration_since(now))?;
    }
}

/// Records that make a transfer last a time-out longer.
const FEWEST: u32 = 100;

/// How long a transfer is waited for.
struct Patience {
    timeout: Duration,
    /// When it ends, but for the time that its records are good for.
    end: Instant,
    /// When the last record came.
    latest: Instant,
}

impl Patience {
    fn new(timeout: Duration, tries: u32, now: Instant) -> Patience {
        Patience { timeout, end: now + timeout.saturating_mul(tries), latest: now }
    }

    /// When the transfer is given up if none comes after so many records, and why. The first one has the
    /// time of a whole query, and each later one that of a try; but one now and then is not enough.
    fn deadline(&self, records: u64) -> (Instant, &'static str) {
        if records == 0 {
            return (self.end, "no answer");
        }
        let more = self.timeout.saturating_mul(u32::try_from(records).unwrap_or(u32::MAX)) / FEWEST;
        let silent = self.latest + self.timeout;
        match self.end.checked_add(more).filter(|slow| *slow < silent) {
            Some(slow) => (slow, "too slow"),
            None => (silent, "no answer"),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_alone_make_a_transfer_last() {
        let start = Instant::now();
        let seconds = |n| start + Duration::from_secs(n);
        // Four tries of ten seconds: records so far, and when the last of them came.
        for (records, latest, end, why) in [
            (0, 0, 40, "no answer"),
            (1, 0, 10, "no answer"),
            (1, 29, 39, "no answer"),
            (10, 39, 41, "too slow"),
            (200, 39, 49, "no answer"),
            (200, 59, 60, "too slow"),
            (u64::MAX, 1_000_000, 1_000_010, "no answer"),
        ] {
            let patience = Patience { latest: seconds(latest), ..Patience::new(Duration::from_secs(10), 4, start) };
            assert_eq!(patience.deadline(records), (seconds(end), why), "{records} {latest}");
        }
        let patience = Patience::new(Duration::from_secs(1 << 40), 1, start);
        assert_eq!(patience.deadline(u64::MAX).1, "no answer");
    }
}

//! What a run does: it answers from the table, or it joins what is asked ([`ask`]), the
//! connections ([`net`]) and what is printed ([`print`]).
//!
//! [`ask`]: crate::ask
//! [`net`]: crate::net
//! [`print`]: crate::print
use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    time::{Instant, SystemTime},
};

use plainnet_common::{
    counter::Counter,
    exit::{Fail, Status},
    input::Queue,
    output::{self, Out},
};

use crate::{
    ask::bulk::{Bulk, Tally},
    ask::cache::Cache,
    ask::plan::{Goal, Plan},
    ask::policy::Policy,
    ask::query::Query,
    ask::question::Question,
    cli::{Conf, Print},
    net::exchange::{Arrival, Exchange, Wait},
    net::origin,
    net::session::Limits,
    print::offline,
    print::show::{self, Counts, Show},
    read::field::Field,
    spec::SPEC,
    table::lookup::Table,
    table::{kept, update},
};
#[cfg(feature = "rdap")]
use crate::{
    net::fetch::{self, Wanted},
    table::registry::{ALL, Registry},
};

/// Answers every input.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let table = conf.kept.as_deref().map_or_else(Table::default, kept::load);
    if conf.update {
        let path =
            conf.kept.as_ref().ok_or_else(|| Fail::Usage("--update: neither XDG_DATA_HOME nor HOME is set".into()))?;
        #[cfg(feature = "rdap")]
        if conf.operands.is_empty() {
            return fetch_update(conf, &table, path, out);
        }
        out.write_all(update::run(&conf.operands, &table, path)?.as_bytes())?;
        return Ok(Status::Answered);
    }
    if !conf.form.quiet
        && io::stderr().is_terminal()
        && let Some(date) = table.dates().iter().min().filter(|date| is_old(date, SystemTime::now()))
    {
        output::say(SPEC.name, format_args!("table: its statistics of {date} are over {OLD} days old (see --update)"));
    }
    match &conf.print {
        Print::Offline(_) | Print::Country => offline::run(conf, &table, out),
        _ if conf.origin => origin::run(conf, &table, out),
        _ => match &conf.query {
            Some(text) => ask_verbatim(conf, text, &table, out),
            None => ask(conf, &table, out),
        },
    }
}

/// Fetches every registry's statistics and replaces the table, if all of them are as they should be.
#[cfg(feature = "rdap")]
fn fetch_update(conf: &Conf, table: &Table, path: &std::path::Path, out: &mut Out) -> Result<Status, Fail> {
    let registries = ALL.into_iter().filter_map(|r| Some((r, conf.servers.statistics(r)?)));
    let wanted: Vec<(Registry, Wanted)> = registries
        .map(|(registry, url)| {
            (registry, Wanted { url: url.to_owned(), proxy: conf.proxies.of(url).map(str::to_owned) })
        })
        .collect();
    if conf.verbose {
        for (registry, file) in &wanted {
            let proxy = file.proxy.as_deref().map(crate::ask::proxy::without_password);
            let proxy = proxy.map_or_else(String::new, |proxy| format!(", proxy: {proxy}"));
            show::say(&format!("{registry}: {}{proxy}", file.url));
        }
    }
    let (registries, files): (Vec<Registry>, Vec<Wanted>) = wanted.into_iter().unzip();
    let fetched =
        fetch::fetch(&format!("{}/{}", SPEC.name, SPEC.version), &files, conf.update_timeout, conf.form.quiet);
    let mut update = update::Update::new(table, SystemTime::now());
    let mut status = Status::Answered;
    for (registry, file) in registries.into_iter().zip(fetched) {
        let added = file.statistics.and_then(|statistics| match statistics.of.iter().find(|of| **of != registry) {
            Some(other) => Err(format!("statistics of {other}, not of {registry}")),
            None => update.add(&file.url, statistics),
        });
        if let Err(why) = added {
            show::say(&format!("{}: {why}", file.url));
            status = Status::Network;
        }
    }
    if status == Status::Answered {
        out.write_all(update.write(path)?.as_bytes())?;
    } else {
        show::say("--update: the table stays as it was");
    }
    Ok(status)
}

/// Answers every input over the network.
fn ask(conf: &Conf, table: &Table, out: &mut Out) -> Result<Status, Fail> {
    let policy = Policy {
        servers: &conf.servers,
        table,
        server: conf.server.as_ref(),
        base: conf.base.as_deref(),
        rdap: conf.rdap,
        follow_any: conf.follow_any,
    };
    let one = conf.operands.len() == 1 && conf.operands[0] != "-";
    // One handle is one query, also under --blocks; for an address a second one follows.
    let several = !one || conf.print == Print::Blocks && !is_handle(&conf.operands);
    let start = Instant::now();
    let mut bulk = Bulk::new(plan(conf, several), policy, open_cache(conf), start);
    let limits = Limits { bytes: conf.max_bytes, keep: several };
    let mut exchange = Exchange::new(limits, format!("{}/{}", SPEC.name, SPEC.version));
    let mut source = Queue::new(&conf.operands, &conf.form);
    let mut show = Show::new(conf, table, out);
    let mut counter = Counter::new(conf.form.quiet, start);
    let mut told_of_proxy = false;
    let mut status = Status::default();
    let mut printed = 0;
    loop {
        while bulk.has_room() {
            let Some(input) = source.next() else { break };
            bulk.take(input);
        }
        // When it was last looked whether a query may be sent: what may be sent a moment later is woken for.
        let mut looked = Instant::now();
        while let Some(dispatch) = bulk.next_query(looked) {
            let proxy = match &dispatch.query {
                Query::Rdap { url, .. } => conf.proxies.of(url).map(str::to_owned),
                Query::Whois { .. } => None,
            };
            if let Some(proxy) =
                proxy.as_deref().filter(|_| conf.verbose && !std::mem::replace(&mut told_of_proxy, true))
            {
                show::say(&format!("proxy: {}", crate::ask::proxy::without_password(proxy)));
            }
            if let Some(arrival) = exchange.begin(dispatch, proxy) {
                arrive(&mut bulk, arrival);
            }
            looked = Instant::now();
        }
        bulk.messages().iter().for_each(|text| show::say(text));
        let before = printed;
        while let Some(finished) = bulk.finished() {
            status = status.max(show.finished(&finished)?);
            printed += 1;
        }
        if bulk.is_empty() && source.is_empty() {
            break;
        }
        // What was printed may have made room for a query that nothing else would wake.
        if printed > before || bulk.has_room() && source.is_ready() {
            continue;
        }
        show.flush()?;
        let total = (!source.wants_stdin() && source.is_empty()).then_some(bulk.tally.inputs);
        counter.show(printed, total, Instant::now());
        let wake = [bulk.wake(looked), counter.wake()].into_iter().flatten().min();
        let stdin = bulk.has_room() && source.wants_stdin();
        let woken = exchange.wait(Wait { wake, stdin, held: bulk.held(), first: bulk.first() })?;
        for arrival in woken.arrivals {
            arrive(&mut bulk, arrival);
        }
        if woken.stdin {
            source.read()?;
        }
    }
    drop(counter);
    // What is said at the end stands behind the last answer.
    show.flush()?;
    bulk.faults().iter().for_each(show::fault);
    if conf.stats {
        say_counts(&Counts { tally: bulk.tally, connections: exchange.counts(), ..show.counts });
    }
    Ok(status)
}

fn say_counts(counts: &Counts) {
    output::say(SPEC.name, format_args!("{counts}"));
}

fn arrive(bulk: &mut Bulk<'_>, arrival: Arrival) {
    let Arrival { id, query, response, took } = arrival;
    bulk.response(id, &query, response, took, Instant::now());
}

/// What is wanted of each input.
fn plan(conf: &Conf, several: bool) -> Plan {
    let fields = match &conf.print {
        Print::Fields(fields) => fields.as_slice(),
        _ => &[],
    };
    // What is printed of a record is its text, some fields, or all of them.
    let text = matches!(conf.print, Print::Text | Print::Raw) && !conf.form.json;
    let goal = match conf.print {
        Print::Blocks => Goal::Listing,
        Print::Fields(_) if !fields.contains(&Field::Country) => Goal::Record,
        _ if text => Goal::Record,
        _ => Goal::RecordAndCountry,
    };
    Plan {
        goal,
        timeout: conf.timeout,
        rate: conf.rate,
        unordered: conf.unordered,
        keep_text: text || fields.contains(&Field::Text),
        spare: several,
    }
}

/// The cache, if it is asked for and can be had; why not is said.
fn open_cache(conf: &Conf) -> Option<Cache> {
    if !conf.cache {
        return None;
    }
    let opened = match &conf.caches {
        Some(folder) => Cache::open(folder),
        None => Err("neither XDG_CACHE_HOME nor HOME is set".into()),
    };
    opened.inspect_err(|why| show::say(&format!("cache: {why}"))).ok()
}

/// Sends one line to the server of `--server` and prints what it says.
fn ask_verbatim(conf: &Conf, text: &str, table: &Table, out: &mut Out) -> Result<Status, Fail> {
    let Some(server) = &conf.server else { return Err(Fail::Usage("--query: needs --server".into())) };
    let limits = Limits { bytes: conf.max_bytes, keep: false };
    let mut exchange = Exchange::new(limits, String::new());
    let query = Query::Whois { server: server.clone(), line: text.to_owned(), public_only: false };
    let dispatch = crate::ask::bulk::Dispatch { id: 0, query, budget: conf.timeout };
    let mut arrival = exchange.begin(dispatch, None);
    while arrival.is_none() {
        arrival = exchange.wait(Wait::default())?.arrivals.pop();
    }
    let Some(Arrival { response, took, .. }) = arrival else { return Ok(Status::Network) };
    if conf.verbose {
        show::say(&format!("{text}: asked {server}, {:.3} s", took.as_secs_f64()));
    }
    let status = Show::new(conf, table, out).verbatim(text, server, response)?;
    if conf.stats {
        let tally = Tally { inputs: 1, queries: 1, ..Tally::default() };
        let failed = u64::from(status != Status::Answered);
        say_counts(&Counts { tally, connections: exchange.counts(), failed, ..Counts::default() });
    }
    Ok(status)
}

fn is_handle(operands: &[OsString]) -> bool {
    operands.iter().all(|o| matches!(o.to_str().map(Question::parse), Some(Ok(Question::Handle(_)))))
}

/// Days after which the table's age is said.
const OLD: u64 = 180;

/// True if more than [`OLD`] days have passed since `date`, which is `YYYY-MM-DD`.
fn is_old(date: &str, now: SystemTime) -> bool {
    let today = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
    kept::days(date).is_some_and(|day| today > day + OLD)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn half_a_year_makes_a_table_old() {
        let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        // 2025-09-14 is day 20,345.
        assert!(!is_old("2025-09-14", at(20_345 + 180)));
        assert!(is_old("2025-09-14", at(20_345 + 181)));
        assert!(!is_old("", at(1 << 20)));
    }
}

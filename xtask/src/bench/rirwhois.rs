//! rirwhois against a Python loop over the same table, against whois(1), and
//! its table against the registries' statistics.
//!
//! `cargo xtask bench rirwhois [FILE...]`: the files are delegated-RIR-extended-latest
//! of the registries, or the NRO's of all five. The runs of both sides take turns;
//! what is printed is the median, where nothing else is said.
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    scratch::Folder,
    whois::{Lab, Server, say, serve},
};

use super::page::{Page, Table};
use crate::{Done, peers, root};

/// Lines of each offline list.
const LIST: u32 = 1_000_000;

pub(super) fn run(words: &[String], page: Page) -> Done {
    let built = Command::new("cargo").args(["build", "--release", "--quiet", "--package", "rirwhois"]).status();
    if !built.is_ok_and(|s| s.success()) {
        return Err("rirwhois does not build".into());
    }
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), Into::into);
    let tool = target.join("release/rirwhois");
    let folder = Folder::new();
    if words.is_empty() {
        offline(page, &tool, &folder).and_then(|()| start(page, &tool)).and_then(|()| network(page, &tool))
    } else {
        reach(page, &tool, words)
    }
}

/// Lists from files: no network, no pipe that could be the slow part.
fn offline(page: Page, tool: &Path, folder: &Path) -> Done {
    /// What it is, its options, its Nth line from a well-mixed number.
    type List = (&'static str, &'static [&'static str], fn(u32) -> String);
    let lists: [List; 10] = [
        ("IPv4", &["-r"], |n| format!("{}\n", unicast(n))),
        ("IPv4, echoed", &["-r", "-e"], |n| format!("{}\n", unicast(n))),
        ("IPv4, field 2", &["-r", "-f", "2"], |n| {
            format!("host{} {} - - \"GET / HTTP/1.1\" 200\n", n % 97, unicast(n))
        }),
        ("IPv4 /24", &["-r"], |n| format!("{}/24\n", Ipv4Addr::from_bits(unicast(n).to_bits() & !255))),
        ("IPv6", &["-r"], |n| {
            let top = [0x2001, 0x2400, 0x2600, 0x2804, 0x2a00, 0x2c0f][n as usize % 6];
            format!("{}\n", Ipv6Addr::new(top, (n >> 16) as u16, n as u16, 0, 0, 0, 0, n as u16))
        }),
        ("AS numbers", &["-r"], |n| format!("AS{}\n", n % 400_000)),
        ("IPv4, country", &["--country", "-q"], |n| format!("{}\n", unicast(n))),
        ("IPv4, country, in step", &["--country", "-k", "-q"], |n| format!("{}\n", unicast(n))),
        ("IPv6, country", &["--country", "-k", "-q"], |n| {
            let top = [0x2001, 0x2400, 0x2600, 0x2804, 0x2a00, 0x2c0f][n as usize % 6];
            format!("{}\n", Ipv6Addr::new(top, (n >> 16) as u16, n as u16, 0, 0, 0, 0, n as u16))
        }),
        ("rows of IPv4", &["-t"], |n| format!("{}\n", unicast(n))),
    ];
    let python = root().join("xtask/peers/rir-bisect.py");
    let table = root().join("crates/rirwhois/data/ipv4_rir_blocks.tsv");
    let mut rows = Table::new(&["", "ms", "million lines/s"]);
    let figures = |name: String, took: Duration| {
        let seconds = took.as_secs_f64();
        [name, format!("{:.1}", seconds * 1e3), format!("{:.2}", f64::from(LIST) / seconds / 1e6)]
    };
    for (what, options, line) in lists {
        let path = folder.join("list");
        let text: String = (0..LIST).map(|i| line(i.wrapping_mul(2_654_435_761))).collect();
        fs::write(&path, text).map_err(|e| e.to_string())?;
        let stdin = || fs::File::open(&path).map(Stdio::from).unwrap_or_else(|_| Stdio::null());
        let ours = || time(Command::new(tool).args(options).stdin(stdin()));
        let ours = median((0..7).map(|_| ours()).collect::<Result<_, _>>()?);
        rows.row(figures(format!("rirwhois {}, {what}", options.join(" ")), ours));
        if what == "IPv4" {
            let peer = || time(Command::new("python3").arg(&python).arg(&table).stdin(stdin()));
            let peer = median((0..3).map(|_| peer()).collect::<Result<_, _>>()?);
            let lines =
                median((0..7).map(|_| time(Command::new("wc").arg("-l").stdin(stdin()))).collect::<Result<_, _>>()?);
            rows.row(figures(format!("Python, ipaddress and bisect over the same table, {what}"), peer));
            rows.row(figures(format!("wc -l, {what}"), lines));
        }
    }
    page.table(format_args!("{LIST} lines from a file, elapsed, medians of 7"), &rows);
    Ok(())
}

/// An address below multicast.
fn unicast(n: u32) -> Ipv4Addr {
    let [a, b, c, d] = n.to_be_bytes();
    Ipv4Addr::new(a % 223 + 1, b, c, d)
}

/// From nothing to one answer: the best of many, since the machine only adds, and the median.
fn start(page: Page, tool: &Path) -> Done {
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        ours.push(time(Command::new(tool).args(["-r", "8.8.8.8"]))?);
        nothing.push(time(&mut Command::new("true"))?);
    }
    let mut table = Table::new(&["", "best", "median"]);
    for (what, runs) in [("rirwhois -r 8.8.8.8", ours), ("true", nothing)] {
        let best = runs.iter().min().copied().unwrap_or_default();
        table.row([what.into(), format!("{best:.2?}"), format!("{:.2?}", median(runs))]);
    }
    page.table("From the start to an answer, of 400", &table);
    Ok(())
}

/// Of the space that is held by somebody, how much does the table send to the
/// registry whose statistics list it? That is where one connection is enough;
/// IANA's /8 and the RDAP bootstrap, which agree, are asked the same.
fn reach(page: Page, tool: &Path, files: &[String]) -> Done {
    let (mut v4, mut v6, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let text = fs::File::open(file).map_err(|e| format!("{file}: {e}"))?;
        for line in BufReader::new(text).lines() {
            let line = line.map_err(|e| format!("{file}: {e}"))?;
            let fields: Vec<&str> = line.split('|').collect();
            let [registry, _, kind, start, value, _, "allocated" | "assigned", ..] = fields[..] else { continue };
            let registry = if registry == "ripencc" { "RIPE".to_owned() } else { registry.to_uppercase() };
            match kind {
                "ipv4" => {
                    let first = start.parse::<Ipv4Addr>().map_err(|e| format!("{line}: {e}"))?.to_bits();
                    let count: u32 = value.parse().map_err(|e| format!("{line}: {e}"))?;
                    v4.push((first, count, registry));
                }
                "ipv6" => v6.push((start.to_owned(), registry)),
                _ => numbers.push((format!("AS{start}"), registry)),
            }
        }
    }
    // By /24, and what is smaller or lies across by its parts.
    let parts: Vec<(u32, u32, usize)> = v4
        .iter()
        .enumerate()
        .flat_map(|(i, (first, count, _))| {
            let (first, end) = (u64::from(*first), u64::from(*first) + u64::from(*count));
            let starts = std::iter::successors(Some(first), move |at| Some((at | 255) + 1).filter(|next| *next < end));
            starts.map(move |at| (at as u32, (((at | 255) + 1).min(end) - at) as u32, i))
        })
        .collect();
    let answers = ask(tool, parts.iter().map(|part| Ipv4Addr::from_bits(part.0).to_string()))?;
    let slash8 = assigned()?;
    let (mut all, mut right, mut right8, mut moved, mut moved_right) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let mut wrong: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for ((first, size, i), answer) in parts.iter().zip(&answers) {
        let (size, want) = (u64::from(*size), v4[*i].2.as_str());
        all += size;
        if answer == want {
            right += size;
        } else {
            *wrong.entry((answer.as_str(), want)).or_default() += size;
        }
        if slash8[(*first >> 24) as usize] == want {
            right8 += size;
        } else {
            moved += size;
            moved_right += if answer == want { size } else { 0 };
        }
    }
    let share = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
    let mut table = Table::new(&["", "share, %"]);
    table.row(["first asked is who lists them, by the table".into(), format!("{:.3}", share(right, all))]);
    table.row(["by IANA's /8".into(), format!("{:.3}", share(right8, all))]);
    let what = format!("by the table, of the {moved} that moved out of their /8's registry");
    table.row([what, format!("{:.3}", share(moved_right, moved))]);
    let mut wrong: Vec<_> = wrong.into_iter().collect();
    wrong.sort_by_key(|pair| std::cmp::Reverse(pair.1));
    for ((ours, theirs), size) in wrong.iter().take(5) {
        let what = format!("{ours} by the table, {theirs} by the statistics");
        table.row([what, format!("{:.3}", share(*size, all))]);
    }
    let others = [("IPv6 blocks", v6), ("AS number blocks", numbers)];
    for (what, list) in others.into_iter().filter(|(_, list)| !list.is_empty()) {
        let answers = ask(tool, list.iter().map(|(start, _)| start.clone()))?;
        let right = list.iter().zip(&answers).filter(|((_, want), answer)| want == *answer).count();
        let what = format!("by the table, of {} {what}", list.len());
        table.row([what, format!("{:.3}", share(right as u64, list.len() as u64))]);
    }
    page.table(format_args!("{all} IPv4 addresses in {} blocks that somebody holds", v4.len()), &table);
    Ok(())
}

/// What `-r` says of each line.
fn ask(tool: &Path, lines: impl Iterator<Item = String> + Send) -> Result<Vec<String>, String> {
    let mut child = Command::new(tool)
        .args(["-r", "-k"])
        // The embedded table, whatever the user keeps.
        .env("XDG_DATA_HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{}: {e}", tool.display()))?;
    let (stdin, stdout) = (child.stdin.take().ok_or("no pipe")?, child.stdout.take().ok_or("no pipe")?);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut out = BufWriter::new(stdin);
            // The reader notices a short list.
            lines.map(|line| writeln!(out, "{line}")).take_while(Result::is_ok).for_each(drop);
        });
        BufReader::new(stdout).lines().collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
    })
}

/// The registry of each /8 by IANA's list, as the table has it.
fn assigned() -> Result<Vec<String>, String> {
    let path = root().join("crates/rirwhois/data/ipv4_space.tsv");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let whois =
        |line: &str| line.split('\t').nth(3).unwrap_or_default().split('.').nth(1).unwrap_or("iana").to_uppercase();
    let all: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(whois).collect();
    if all.len() == 256 { Ok(all) } else { Err(format!("{}: {} rows of a /8", path.display(), all.len())) }
}

/// Ten addresses in each of 200 blocks, all at one registry on loopback.
fn network(page: Page, tool: &Path) -> Done {
    /// Each registry and the first byte of its addresses, of which it has all that begin with 0 or 1 next.
    const REGISTRIES: [(&str, u8); 4] = [("RIPE", 193), ("APNIC", 1), ("ARIN", 8), ("AFRINIC", 41)];
    let record = |query: &str| {
        let word = query.split_whitespace().last().unwrap_or_default();
        let block = word.rsplit_once('.').map_or(word, |(block, _)| block);
        say(format!("inetnum: {block}.0 - {block}.255\nnetname: N\nsource: RIPE\n"))
    };
    let lab = serve(REGISTRIES.map(|(name, _)| match name {
        "ARIN" => Server::new(name, record),
        _ => Server::ripe(name, record),
    }));
    let file = lab.file();
    let folder = Folder::new();
    let list = folder.join("list");
    // Ten addresses of each of 2,000 blocks, those of the registries mixed.
    let addresses: String = (0..20_000)
        .map(|i| {
            let (block, (_, top)) = (i / 4 % 500, REGISTRIES[i % 4]);
            format!("{top}.{}.{}.{}\n", block / 250, block % 250, i / 2000)
        })
        .collect();
    fs::write(&list, addresses).map_err(|e| e.to_string())?;
    let run = |args: &[&str]| -> Result<Duration, String> {
        let stdin = fs::File::open(&list).map(Stdio::from).map_err(|e| e.to_string())?;
        let all = [&["--registries", &file, "--rate", "0", "-o", "name"], args].concat();
        time(Command::new(tool).args(all).env("XDG_CACHE_HOME", &*folder).stdin(stdin))
    };
    let asked = || REGISTRIES.iter().map(|(name, _)| lab.seen(name).queries.len()).sum::<usize>();
    let connections = || REGISTRIES.iter().map(|(name, _)| lab.seen(name).connections).sum::<usize>();
    let mut table = Table::new(&["", "elapsed", "queries", "connections"]);
    for (what, args) in [("", &[][..]), (", kept on disk", &["--cache"]), (", from the disk", &["--cache"])] {
        lab.forget();
        let took = run(args)?;
        let (name, queries) = (format!("20,000 addresses in 2,000 blocks{what}"), asked().to_string());
        table.row([name, format!("{took:.3?}"), queries, connections().to_string()]);
    }
    let stdin = folder.join("few");
    let few: String = (0..2000).map(|i| format!("193.{}.{}.{}\n", i / 10 / 100, i / 10 % 100, i % 10)).collect();
    fs::write(&stdin, few).map_err(|e| e.to_string())?;
    lab.forget();
    let input = fs::File::open(&stdin).map(Stdio::from).map_err(|e| e.to_string())?;
    let args = ["--registries", &file, "--rate", "0", "-o", "name"];
    let ours = time(Command::new(tool).args(args).stdin(input))?;
    let (name, queries) = ("2,000 addresses in 200 blocks of one registry".to_owned(), asked().to_string());
    table.row([name, format!("{ours:.3?}"), queries, connections().to_string()]);
    whois(&lab, &mut table)?;
    page.table("Registries on loopback", &table);
    Ok(())
}

fn whois(lab: &Lab, table: &mut Table) -> Done {
    let addr = lab.addrs["RIPE"];
    let Some(whois) = peers::program("whois") else {
        eprintln!("skipped: whois is missing");
        return Ok(());
    };
    let mut command = Command::new(whois);
    command.args(["-h", "127.0.0.1", "-p", &addr.port().to_string(), "193.0.0.1"]);
    let runs: Result<Vec<Duration>, String> = (0..50).map(|_| time(&mut command)).collect();
    let peer = median(runs?) * 2000;
    let name = "whois(1), a process for each of 2,000 (from 50)".to_owned();
    table.row([name, format!("{peer:.1?}"), "2000".into(), "2000".into()]);
    Ok(())
}

fn time(command: &mut Command) -> Result<Duration, String> {
    let start = Instant::now();
    let status =
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|e| format!("{command:?}: {e}"))?;
    let took = start.elapsed();
    // Status 1: a list of random addresses holds some that nobody was given.
    if matches!(status.code(), Some(0 | 1)) { Ok(took) } else { Err(format!("{command:?}: {status}")) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

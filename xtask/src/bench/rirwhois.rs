//! rirwhois against a Python loop over the same table, and against whois(1).
//!
//! The runs of both sides take turns; what is printed is the median.
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use plainnet_lab::whois::{Lab, Server, say, serve};

use crate::{Done, root};

/// Addresses of the offline list.
const LIST: u32 = 1_000_000;

pub(super) fn run(_words: &[String]) -> Done {
    let built = Command::new("cargo").args(["build", "--release", "--quiet", "--package", "rirwhois"]).status();
    if !built.is_ok_and(|s| s.success()) {
        return Err("rirwhois does not build".into());
    }
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), Into::into);
    let tool = target.join("release/rirwhois");
    let list = std::env::temp_dir().join(format!("rirwhois-bench-{}", std::process::id()));
    let addresses: String = (0..LIST)
        .map(|i| {
            let [a, b, c, d] = i.wrapping_mul(2_654_435_761).to_be_bytes();
            format!("{}.{b}.{c}.{d}\n", a % 223 + 1)
        })
        .collect();
    fs::write(&list, addresses).map_err(|e| e.to_string())?;
    let done = offline(&tool, &list).and_then(|()| start(&tool)).and_then(|()| network(&tool));
    let _ = fs::remove_file(&list);
    done
}

/// A list from a file: no network, no pipe that could be the slow part.
fn offline(tool: &Path, list: &Path) -> Done {
    let python = root().join("xtask/peers/rir-bisect.py");
    let table = root().join("crates/rirwhois/src/table/data.rs");
    let stdin = || fs::File::open(list).map(Stdio::from).unwrap_or_else(|_| Stdio::null());
    let ours = || time(Command::new(tool).arg("-r").stdin(stdin()));
    let peer = || time(Command::new("python3").arg(&python).arg(&table).stdin(stdin()));
    let lines = || time(Command::new("wc").arg("-l").stdin(stdin()));
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..3 {
        times[0].push(ours()?);
        times[1].push(peer()?);
        times[2].push(lines()?);
    }
    let [ours, peer, lines] = times.map(median);
    let rate = f64::from(LIST) / ours.as_secs_f64() / 1e6;
    println!(
        "-r of {LIST} addresses: {ours:.3?} ({rate:.1} M/s); Python bisect {peer:.3?}, {:.0} times; wc -l {lines:.3?}",
        ratio(peer, ours)
    );
    Ok(())
}

/// From nothing to one answer: the best of many, since the machine only adds.
fn start(tool: &Path) -> Done {
    let least = |command: &mut Command| -> Result<Duration, String> {
        let runs: Result<Vec<Duration>, String> = (0..200).map(|_| time(command)).collect();
        Ok(runs?.into_iter().min().unwrap_or_default())
    };
    let ours = least(Command::new(tool).args(["-r", "8.8.8.8"]))?;
    let nothing = least(&mut Command::new("true"))?;
    println!("start to answer: {ours:.2?}; true {nothing:.2?}, {:.1} times", ratio(ours, nothing));
    Ok(())
}

/// Ten addresses in each of 200 blocks, all at one registry on loopback.
fn network(tool: &Path) -> Done {
    let lab = serve([Server::ripe("RIPE", |query| {
        let word = query.split_whitespace().last().unwrap_or_default();
        let block = word.rsplit_once('.').map_or(word, |(block, _)| block);
        say(format!("inetnum: {block}.0 - {block}.255\nnetname: N\nsource: RIPE\n"))
    })]);
    let file = lab.file();
    let addresses: String = (0..2000).map(|i| format!("193.{}.{}.{}\n", i / 10 / 100, i / 10 % 100, i % 10)).collect();
    let list = std::env::temp_dir().join(format!("rirwhois-bulk-{}", std::process::id()));
    fs::write(&list, addresses).map_err(|e| e.to_string())?;
    let stdin = fs::File::open(&list).map(Stdio::from).map_err(|e| e.to_string())?;
    let args = ["--registries", file.path(), "--rate", "0", "-o", "name"];
    let ours = time(Command::new(tool).args(args).stdin(stdin));
    let _ = fs::remove_file(&list);
    let ours = ours?;
    let seen = lab.seen("RIPE");
    println!(
        "2000 addresses in 200 blocks: {ours:.3?}, {} queries, {} connections",
        seen.queries.len(),
        seen.connections
    );
    whois(&lab, ours)
}

/// whois(1) takes one address a run.
fn whois(lab: &Lab, ours: Duration) -> Done {
    let addr = lab.addrs["RIPE"];
    let mut command = Command::new("whois");
    command.args(["-h", "127.0.0.1", "-p", &addr.port().to_string(), "193.0.0.1"]);
    if time(&mut command).is_err() {
        println!("whois(1) is not here: its side is left out");
        return Ok(());
    }
    let runs: Result<Vec<Duration>, String> = (0..50).map(|_| time(&mut command)).collect();
    let peer = median(runs?) * 2000;
    println!("whois(1), a process and a connection for each: {peer:.1?} (from 50), {:.0} times", ratio(peer, ours));
    Ok(())
}

fn time(command: &mut Command) -> Result<Duration, String> {
    let start = Instant::now();
    let status =
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|e| format!("{command:?}: {e}"))?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}")) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

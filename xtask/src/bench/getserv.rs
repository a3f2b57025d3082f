//! getserv against getent, a loop over the C library, and Python.
//!
//! `bench getserv [STARTS]`: how many starts of each program are timed, 300 if
//! none are named. Contestants take turns; medians count: of elapsed time for one
//! lookup, of processor time for many. The static build is the one that
//! `cargo xtask install` makes.
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::page::{Page, Table};
use crate::{
    Done, root,
    run::{cargo, find, run as watch, target},
};

const TRIPLE: &str = "x86_64-unknown-linux-gnu";
/// Lines for programs that answer millions a second, for the C loop and its like, and for those that start for each key.
const LINES: [usize; 3] = [10_000_000, 50_000, 200];
const ROUNDS: usize = 3;

struct Racer {
    name: &'static str,
    words: Vec<String>,
    /// Which of [`LINES`].
    size: usize,
}

fn racer(name: &'static str, size: usize, words: &[&str]) -> Racer {
    Racer { name, size, words: words.iter().map(|w| (*w).to_owned()).collect() }
}

pub(super) fn run(words: &[String], page: Page) -> Done {
    let starts = match words {
        [] => 300,
        [n] => n.parse().map_err(|_| format!("{n}: a number of starts is needed"))?,
        _ => return Err("one number of starts at most".into()),
    };
    let build = ["build", "--release", "--quiet", "--package", "getserv"];
    watch(&mut cargo(build))?;
    let fixed = [&build[..], &["--target", TRIPLE]].concat();
    watch(cargo(fixed).env("RUSTFLAGS", "-Ctarget-feature=+crt-static"))?;
    let dynamic = target().join("release/getserv").display().to_string();
    let fixed = target().join(TRIPLE).join("release/getserv").display().to_string();
    let folder = target().join("bench");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let peers = root().join("xtask/peers");
    let c_loop = folder.join("getserv-loop");
    watch(Command::new("cc").arg("-O2").arg("-o").arg(&c_loop).arg(peers.join("getserv-loop.c")))?;
    let c_loop = c_loop.display().to_string();
    let py_loop = peers.join("getserv-loop.py").display().to_string();

    let few = [
        racer("/bin/true", 0, &["/bin/true"]),
        racer("getserv http, static", 0, &[&fixed, "http"]),
        racer("getserv http, dynamic", 0, &[&dynamic, "http"]),
        racer("getserv 5555, static", 0, &[&fixed, "5555"]),
        racer("getent services http", 0, &["getent", "services", "http"]),
    ];
    let mut times = vec![Vec::new(); few.len()];
    for _ in 0..starts {
        for (racer, times) in few.iter().zip(&mut times) {
            times.push(time(racer)?);
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    let (floor, getent) = (medians[0], medians[few.len() - 1]);
    let mut table = Table::new(&["", "ms", "of /bin/true", "of getent", "instructions"]);
    for (racer, median) in few.iter().zip(&medians) {
        table.row([
            racer.name.to_owned(),
            format!("{:.3}", median.as_secs_f64() * 1e3),
            format!("{:.2}", ratio(*median, floor)),
            format!("{:.2}", ratio(*median, getent)),
            instructions(&racer.words).map_or_else(|| "-".into(), |n| n.to_string()),
        ]);
    }
    page.table(format_args!("One lookup, median of {starts} starts"), &table);

    let files: Vec<_> =
        LINES.iter().map(|n| mix(&folder.join(format!("services-{n}")), *n)).collect::<Result<_, _>>()?;
    let many = [
        racer("getserv -k -q, static", 0, &[&fixed, "-k", "-q"]),
        racer("getserv -k -q, dynamic", 0, &[&dynamic, "-k", "-q"]),
        racer("getservbyname_r loop, C", 1, &[&c_loop]),
        racer("Python loop", 1, &["python3", &py_loop]),
        racer("xargs getent services", 1, &["xargs", "-n", "2000", "getent", "services"]),
        racer("xargs -n 1 getent", 2, &["xargs", "-n", "1", "getent", "services"]),
    ];
    let mut used = vec![Vec::new(); many.len()];
    for _ in 0..ROUNDS {
        for (racer, used) in many.iter().zip(&mut used) {
            used.push(usage(&racer.words, &files[racer.size])?);
        }
    }
    let used: Vec<_> = used.into_iter().map(median).collect();
    let rates: Vec<_> = many.iter().zip(&used).map(|(r, u)| LINES[r.size] as f64 / u.0.as_secs_f64()).collect();
    let mut table = Table::new(&["", "a second of one core", "of the C loop", "KiB resident"]);
    for ((racer, rate), (_, memory)) in many.iter().zip(&rates).zip(&used) {
        table.row([racer.name.into(), format!("{rate:.0}"), format!("{:.3}", rate / rates[2]), memory.to_string()]);
    }
    page.table("Many lookups: half registered names, a quarter of the host's names, a quarter ports", &table);
    const ENDPOINTS: usize = 2_000_000;
    let file = endpoints(&folder.join("endpoints"), ENDPOINTS)?;
    let split = "{ n = split($4, part, \":\"); print $0 \"\\t\" part[n] }";
    let columns = [
        racer("getserv -q -k -e -f 4, static", 0, &[&fixed, "-q", "-k", "-e", "-f", "4"]),
        racer("the same, dynamic", 0, &[&dynamic, "-q", "-k", "-e", "-f", "4"]),
        racer("awk, the port without a name", 0, &["awk", split]),
    ];
    let mut table = Table::new(&["", "lines a second of one core", "KiB resident"]);
    for racer in &columns {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| usage(&racer.words, &file)).collect::<Result<_, _>>()?;
        let (used, memory) = median(rounds);
        let rate = ENDPOINTS as f64 / used.as_secs_f64();
        table.row([racer.name.into(), format!("{rate:.0}"), memory.to_string()]);
    }
    let title = format!("{ENDPOINTS} lines as ss -tan prints them, the name of the local port added to each");
    page.table(title, &table);
    let size = |path: &str| fs::metadata(path).map_or(0, |m| m.len());
    page.note(format_args!("The binary: static {} bytes, dynamic {} bytes.", size(&fixed), size(&dynamic)));
    Ok(())
}

/// How long a program takes from its start to its end.
fn time(racer: &Racer) -> Result<Duration, String> {
    let said = |e: std::io::Error| format!("{}: {e}", racer.words[0]);
    let mut command = Command::new(&racer.words[0]);
    command.args(&racer.words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status().map_err(said)?;
    Ok(start.elapsed())
}

fn median<T: Ord + Copy>(mut times: Vec<T>) -> T {
    times.sort();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// Instructions in user space, as valgrind counts them, if it is there.
fn instructions(words: &[String]) -> Option<u64> {
    let seen = Command::new(find("valgrind")?)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(words)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&seen.stderr).into_owned();
    text.split("Collected : ").nth(1)?.split_whitespace().next()?.parse().ok()
}

/// The processor time of a program and its children, and the largest resident
/// set in KiB, as time(1) tells them.
fn usage(words: &[String], input: &Path) -> Result<(Duration, u64), String> {
    let said = |e: std::io::Error| format!("{}: {e}", words[0]);
    let seen = Command::new(find("time").ok_or("time(1) is missing: apt install time")?)
        .args(["-f", "\n%U %S %M"])
        .args(words)
        .stdin(File::open(input).map_err(said)?)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(said)?;
    let text = String::from_utf8_lossy(&seen.stderr).into_owned();
    let numbers: Vec<f64> =
        text.lines().last().into_iter().flat_map(str::split_whitespace).flat_map(str::parse).collect();
    match numbers[..] {
        [user, system, memory] => Ok((Duration::from_secs_f64(user + system), memory as u64)),
        _ => Err(format!("time {}: {text}", words[0])),
    }
}

/// Writes so many lines of ss, the same ones on each run: three of four local
/// ports have a name.
fn endpoints(path: &Path, lines: usize) -> Result<PathBuf, String> {
    let locals =
        ["0.0.0.0:22", "[::]:443", "*:80", "127.0.0.53%lo:53", "[::1]:5432", "10.0.0.1:51514", "*:25", "[::]:64001"];
    let mut text = Vec::with_capacity(lines * 72);
    for i in 0..lines {
        let local = locals[i % locals.len()];
        let line =
            format!("ESTAB     0      {:<6} {local:>22}  10.0.{}.{}:{}\n", i % 7, i % 251, i % 13, 1024 + i % 60_000);
        text.extend_from_slice(line.as_bytes());
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path.to_owned())
}

/// Writes so many keys, the same ones on each run.
fn mix(path: &Path, lines: usize) -> Result<PathBuf, String> {
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    let table = fs::read_to_string(root().join("crates/getserv/data/services.tsv")).map_err(said)?;
    let rows = || table.lines().filter(|line| !line.starts_with(['#', '\t'])).map(|line| line.split('\t'));
    let names: Vec<_> = rows().filter_map(|mut columns| columns.next()).collect();
    let ports: Vec<_> = rows().filter_map(|mut columns| columns.nth(1)?.split('-').next()).collect();
    let services = fs::read_to_string("/etc/services").unwrap_or_else(|_| "http 80/tcp\n".into());
    let services = services.lines().map(|line| line.split('#').next().unwrap_or_default());
    let host: Vec<_> = services.flat_map(|line| line.split_whitespace().filter(|word| !word.contains('/'))).collect();
    let mut dice = 1u64;
    let mut roll = move |n: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % n
    };
    let mut text = Vec::with_capacity(lines * 9);
    for _ in 0..lines {
        let list = [&names, &names, &host, &ports][roll(4)];
        text.extend_from_slice(list[roll(list.len())].as_bytes());
        text.push(b'\n');
    }
    File::create(path).and_then(|mut file| file.write_all(&text)).map_err(said)?;
    Ok(path.to_owned())
}

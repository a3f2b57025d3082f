//! upper-echod against a plain C epoll server, Python's socketserver and
//! asyncio, socat and tokio: `bench upper-echo [--rounds N] [--seconds S] [--only NAME] [WORKLOAD]...`,
//! where NAME is part of the names of those to measure beside the reference.
//!
//! The load (xtask/peers/echo-load.c) compares every byte of every reply.
//! Server and load have a processor each, and real-time priority where that is
//! allowed: on a machine with other work a server of normal priority is
//! measured at a fraction of its rate. Within a round all run one after the
//! other, the order turns round every time, and ratios are those of one round.
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::page::{Page, Table};
use crate::{
    Done, peers, root,
    run::{cargo, find, output, target},
};

/// One way to serve.
struct Contender {
    name: &'static str,
    /// Words of its command; PORT stands for the port.
    words: Vec<String>,
    /// It sends bytes back as they are.
    raw: bool,
    /// Workloads it takes part in.
    plays: &'static [&'static str],
}

/// Name, load word, connections.
const WORKLOADS: &[(&str, &str, usize)] = &[
    ("connect", "connect", 16),
    ("line", "line", 16),
    ("ping-1", "ping", 1),
    ("ping-50", "ping", 50),
    ("ping-500", "ping", 500),
    ("ping-5000", "ping", 5000),
    ("pipe", "pipe", 50),
    ("stream", "stream", 1),
    ("idle", "idle", 15_000),
    ("slow", "slow", 10_000),
    ("attack-300", "attack-300", 1000),
    ("attack-800", "attack-800", 1000),
    ("attack-2000", "attack-2000", 1000),
    ("attack-5000", "attack-5000", 1000),
];

/// The workloads with attackers, which are about servers with few places.
const ATTACKS: &[&str] = &["attack-300", "attack-800", "attack-2000", "attack-5000"];

/// What one run gave.
#[derive(Clone, Copy, Default)]
struct Figure {
    /// Requests, or bytes in pipe and stream, a second; bytes a connection in idle.
    rate: f64,
    /// Processor time of a request, or of 1024 bytes, in microseconds.
    cpu: f64,
    /// Latency in microseconds.
    p50: f64,
    p99: f64,
    max: f64,
    errors: f64,
    closed: f64,
    /// Part of its processor that the load used: at 1 it is the limit, not the server.
    busy: f64,
}

pub(super) fn run(words: &[String], page: Page) -> Done {
    let (mut rounds, mut seconds, mut only, mut wanted) = (5, 1.0, String::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word}: needs a value"));
        match word.as_str() {
            "--rounds" => rounds = value()?.parse().map_err(|e| format!("--rounds: {e}"))?,
            "--seconds" => seconds = value()?.parse().map_err(|e| format!("--seconds: {e}"))?,
            "--only" => only = value()?.clone(),
            name if WORKLOADS.iter().any(|w| w.0 == name) => wanted.push(name),
            other => return Err(format!("{other}: no such workload")),
        }
    }
    let mut bench = Bench::build()?;
    bench.contenders.retain(|c| c.name.contains(&only) || c.name.starts_with('C'));
    page.note(format_args!(
        "Ratios are to the first of each workload: the median of {rounds} rounds of {seconds} s (lowest to highest)."
    ));
    for workload in WORKLOADS.iter().filter(|w| wanted.is_empty() || wanted.contains(&w.0)) {
        bench.workload(page, *workload, rounds, seconds)?;
    }
    Ok(())
}

struct Bench {
    load: PathBuf,
    contenders: Vec<Contender>,
    /// Words before a server's and the load's command.
    pins: [Vec<String>; 2],
}

impl Bench {
    /// Builds everything, or finds it.
    fn build() -> Result<Bench, String> {
        let home = target().join("bench");
        fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
        let sources = root().join("xtask/peers");
        let (load, c) = (home.join("echo-load"), home.join("echo-c"));
        for (source, program) in [("echo-load.c", &load), ("echo.c", &c)] {
            // gcc 12 vectorises the upper-casing loop at -O3 only, and the reference deserves that.
            output(Command::new("cc").args(["-O3", "-o"]).arg(program).arg(sources.join(source)))?;
        }
        output(&mut cargo(["build", "--release", "--quiet", "--package", "upper-echod"]))?;
        let tokio = home.join("tokio");
        let manifest = sources.join("echo-tokio/Cargo.toml");
        let build = ["build", "--release", "--quiet", "--manifest-path"];
        output(cargo(build).arg(manifest).arg("--target-dir").arg(&tokio))?;

        let all = &["connect", "ping-1", "ping-50", "ping-500", "ping-5000", "pipe", "stream", "idle", "slow"];
        let few = &["connect", "ping-1", "ping-50", "pipe", "stream"];
        let ours = target().join("release/upper-echod");
        let mut contenders = vec![
            contender("C epoll, 64 KiB", &[&path(&c), "PORT", "65536"], all),
            contender("C epoll untouched, 256 KiB", &[&path(&c), "PORT", "262144", "untouched"], &["pipe", "stream"]),
            contender("upper-echod", &[&path(&ours), "-q", "PORT"], all),
            contender("upper-echod --spin 50", &[&path(&ours), "-q", "--spin", "50", "PORT"], few),
            contender("upper-echod --line", &[&path(&ours), "-q", "--line", "PORT"], &["line"]),
            contender(
                "upper-echod --line --spin 50",
                &[&path(&ours), "-q", "--line", "--spin", "50", "PORT"],
                &["line"],
            ),
            contender("upper-echod --max-conns 100", &[&path(&ours), "-q", "--max-conns", "100", "PORT"], ATTACKS),
            contender(
                "upper-echod --line --max-conns 100",
                &[&path(&ours), "-q", "--line", "--max-conns", "100", "PORT"],
                ATTACKS,
            ),
            contender("upper-echod --deadline 6", &[&path(&ours), "-q", "--deadline", "6", "PORT"], &["slow"]),
            contender("tokio", &[&path(&tokio.join("release/echo-tokio")), "PORT"], all),
        ];
        // The reference of `line` is the C server's `connect`.
        contenders[0].plays =
            &["connect", "line", "ping-1", "ping-50", "ping-500", "ping-5000", "pipe", "stream", "idle", "slow"];
        contenders[1].raw = true;
        if let Some(python) = find("python3") {
            let script = |name: &str| path(&sources.join(name));
            let (asyncio, threads) = (script("echo-asyncio.py"), script("echo-socketserver.py"));
            contenders.push(contender("asyncio", &[&path(&python), &asyncio, "PORT"], all));
            let plays = &["connect", "ping-1", "ping-50", "ping-500", "pipe", "stream"];
            contenders.push(contender("socketserver", &[&path(&python), &threads, "PORT"], plays));
        } else {
            eprintln!("skipped: python3 is missing");
        }
        match peers::program("socat") {
            Some(socat) => {
                let listen = "TCP4-LISTEN:PORT,bind=127.0.0.1,reuseaddr,fork,backlog=4096";
                contenders.push(contender("socat (no upper case)", &[&path(&socat), listen, "PIPE"], few));
            }
            None => eprintln!("skipped: socat is missing"),
        }
        if let Some(socat) = contenders.iter_mut().find(|c| c.name.starts_with("socat")) {
            socat.raw = true;
        }
        Ok(Bench { load, contenders, pins: [pin("0"), pin("1")] })
    }

    fn workload(&self, page: Page, (name, load, n): (&str, &str, usize), rounds: usize, seconds: f64) -> Done {
        let players: Vec<_> = self.contenders.iter().filter(|c| c.plays.contains(&name)).collect();
        let mut figures = vec![Vec::new(); players.len()];
        let (rounds, seconds) = match name {
            // Slow clients send every 5 s, and a deadline of 6 s is to be seen.
            "slow" => (rounds.min(3), 12.0),
            "idle" => (1, seconds),
            // Its rounds lie far apart.
            "pipe" => (rounds.max(15), seconds),
            // Twice the longest rhythm.
            name if name.starts_with("attack") => (1, 10.0),
            _ => (rounds, seconds),
        };
        for round in 0..rounds {
            let mut order: Vec<_> = (0..players.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for i in order {
                // The C server closes when the client does, whatever a line is.
                let load = if i == 0 && load == "line" { "connect" } else { load };
                let line = load.starts_with("attack") && players[i].name.contains("--line");
                let load = if line { load.replace("attack", "attackline") } else { load.into() };
                figures[i].push(self.measure(players[i], &load, n, seconds)?);
            }
        }
        let busy = median(&figures.concat(), |f| f.busy);
        let mut table = Table::new(&[&["server"], head(name)].concat());
        for (i, player) in players.iter().enumerate() {
            table.row([vec![player.name.to_owned()], line(name, &figures[i], &figures[0])].concat());
        }
        let busy = 100.0 * busy;
        page.table(format_args!("{name} ({n} connections; the load used {busy:.0} % of its processor)"), &table);
        Ok(())
    }

    fn measure(&self, player: &Contender, load: &str, n: usize, seconds: f64) -> Result<Figure, String> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .map_err(|e| e.to_string())?
            .port()
            .to_string();
        let words: Vec<_> =
            self.pins[0].iter().cloned().chain(player.words.iter().map(|w| w.replace("PORT", &port))).collect();
        let child = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Running(child.map_err(|e| format!("{}: {e}", words[0]))?);
        let start = Instant::now();
        // A look at the table, since a connection would count.
        while !listens(&port) {
            if start.elapsed() > Duration::from_secs(10) {
                return Err(format!("{}: does not listen", player.name));
            }
            sleep(Duration::from_millis(10));
        }
        let pid = server.0.id();
        let (cpu, rss) = (cpu(pid), rss(pid));
        let words =
            [&self.pins[1][..], &[path(&self.load), load.into(), port, n.to_string(), seconds.to_string()]].concat();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(player.raw.then_some("raw")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Running(command.spawn().map_err(|e| format!("{}: {e}", words[0]))?);
        let line = first_line(child.0.stdout.take()).ok_or_else(|| format!("{}: the load broke off", player.name))?;
        let words: Vec<_> = line.split_whitespace().collect();
        let get = |key: &str| {
            let at = words.iter().position(|w| *w == key);
            at.and_then(|at| words.get(at + 1)).and_then(|w| w.parse::<f64>().ok()).unwrap_or_default()
        };
        if load == "idle" {
            let rate = (rss_now(pid) - rss) / n as f64;
            return Ok(Figure { rate, errors: get("ready"), ..Figure::default() });
        }
        let (done, kib) = (get("done"), get("bytes") / 1024.0);
        let units = if load == "pipe" || load == "stream" { kib } else { done };
        // The load warms up for a sixth of its time, which costs too.
        let used = (self::cpu(pid) - cpu) * 1e6 / 1.2;
        let rate = if load == "pipe" || load == "stream" { get("bytes") } else { done } / get("seconds").max(0.001);
        Ok(Figure {
            rate,
            cpu: used / units.max(1.0),
            p50: get("p50"),
            p99: get("p99"),
            max: get("max"),
            errors: get("errors"),
            closed: get("closed"),
            busy: get("busy") / get("seconds").max(0.001),
        })
    }
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn contender(name: &'static str, words: &[&str], plays: &'static [&'static str]) -> Contender {
    Contender { name, words: words.iter().map(|w| (*w).to_owned()).collect(), raw: false, plays }
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The columns of a workload's table behind the server's.
fn head(workload: &str) -> &'static [&'static str] {
    match workload {
        "idle" => &["resident bytes a connection"],
        "slow" | "attack-300" | "attack-800" | "attack-2000" | "attack-5000" => {
            &["good client p50", "p99", "ratio", "worst", "bad ones closed"]
        }
        "pipe" | "stream" => &["rate to the first (lowest to highest)", "MB/s", "processor time a KiB", "ratio"],
        // What a connection costs says more than their rate, which the load limits.
        _ => &[
            "processor time each",
            "ratio",
            "rate to the first (lowest to highest)",
            "each second",
            "p50",
            "p99",
            "ratio",
        ],
    }
}

/// One row of figures against the reference's.
fn line(workload: &str, figures: &[Figure], reference: &[Figure]) -> Vec<String> {
    let errors: f64 = figures.iter().map(|f| f.errors).sum();
    if errors > 0.0 {
        return vec![format!("no figure: {errors} errors")];
    }
    if workload != "idle" && figures.iter().any(|f| f.rate == 0.0) {
        return vec!["no figure: nothing was answered".into()];
    }
    let ratio = |of: fn(&Figure) -> f64| {
        let mut all: Vec<_> = figures.iter().zip(reference).map(|(a, b)| of(a) / of(b).max(1e-9)).collect();
        all.sort_by(f64::total_cmp);
        (all[all.len() / 2], all[0], all[all.len() - 1])
    };
    let median = |of| median(figures, of);
    let (rate, low, high) = ratio(|f| f.rate);
    let (absolute, cpu) = (median(|f| f.rate), median(|f| f.cpu));
    let cpu_ratio = ratio(|f| f.cpu).0;
    match workload {
        "idle" => vec![format!("{absolute:.0}")],
        "pipe" | "stream" => vec![
            format!("{rate:.2} ({low:.2} to {high:.2})"),
            format!("{:.0}", absolute / 1e6),
            format!("{:.0} ns", cpu * 1e3),
            format!("{cpu_ratio:.2}"),
        ],
        _ if workload == "slow" || ATTACKS.contains(&workload) => vec![
            format!("{:.0} us", median(|f| f.p50)),
            format!("{:.0} us", median(|f| f.p99)),
            format!("{:.2}", ratio(|f| f.p99).0),
            format!("{:.1} ms", figures.iter().map(|f| f.max).fold(0.0, f64::max) / 1000.0),
            format!("{:.0}", median(|f| f.closed)),
        ],
        _ => vec![
            format!("{cpu:.2} us"),
            format!("{cpu_ratio:.2}"),
            format!("{rate:.2} ({low:.2} to {high:.2})"),
            format!("{absolute:.0}"),
            format!("{:.0} us", median(|f| f.p50)),
            format!("{:.0} us", median(|f| f.p99)),
            format!("{:.2}", ratio(|f| f.p99).0),
        ],
    }
}

fn median(figures: &[Figure], of: fn(&Figure) -> f64) -> f64 {
    let mut all: Vec<_> = figures.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Words that give a command one processor, and real-time priority where allowed.
fn pin(processor: &str) -> Vec<String> {
    let mut words = Vec::new();
    for pin in [&["chrt", "-f", "1"][..], &["taskset", "-c", processor]] {
        let works = Command::new(pin[0]).args(&pin[1..]).arg("true").output().is_ok_and(|o| o.status.success());
        if works && env::var_os("BENCH_UNPINNED").is_none() {
            words.extend(pin.iter().map(|w| (*w).to_owned()));
        }
    }
    if words.is_empty() { vec!["env".into()] } else { words }
}

fn first_line(out: Option<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    BufReader::new(out?).read_line(&mut line).ok().filter(|n| *n > 0).map(|_| line)
}

/// Whether somebody listens on `port` of an IPv4 address.
fn listens(port: &str) -> bool {
    let wanted = format!(":{:04X}", port.parse::<u16>().unwrap_or(0));
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().any(|l| l.split_whitespace().nth(1).is_some_and(|a| a.ends_with(&wanted)) && l.contains(" 0A "))
}

/// Processor time of a process, its threads and its children that ended, in seconds.
fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = after_name.split(' ').skip(11).take(4).filter_map(|w| w.parse::<f64>().ok()).sum();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
    });
    let (by_ticks, by_nanos) = (ticks / 100.0, nanos.sum::<f64>() / 1e9);
    // Ticks are coarse and know of threads and children that are gone.
    if by_ticks - by_nanos > 0.03 { by_ticks } else { by_nanos }
}

/// Resident memory once it has settled, in bytes.
fn rss(pid: u32) -> f64 {
    sleep(Duration::from_millis(100));
    rss_now(pid)
}

fn rss_now(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let rss =
        rollup.lines().find_map(|l| l.strip_prefix("Rss:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    rss.unwrap_or_default() * 1024.0
}

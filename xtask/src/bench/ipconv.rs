//! ipconv against what people use instead: processor time on the same lines.
//!
//! `bench ipconv [LINES]`: 10,000,000 lines if none are named. The contestants
//! of a contest run one after the other, in several rounds; the median of user
//! and system time counts, output goes to /dev/null. Start-up and memory follow.
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::page::{Page, Table};
use crate::{
    Done, root,
    run::{cargo, output, run as watch, target},
};

const ROUNDS: usize = 5;

/// One in this many lines is what a slow peer gets.
const FEW: u64 = 50;

/// A program as typed to bash, and whether it gets a few lines only.
struct Peer {
    name: String,
    line: String,
    few: bool,
}

pub(super) fn run(words: &[String], page: Page) -> Done {
    let lines: u64 = match words {
        [] => 10_000_000,
        [n] => n.parse().map_err(|_| format!("{n}: a number of lines is needed"))?,
        _ => return Err("one number of lines at most".into()),
    };
    watch(&mut cargo(["build", "--release", "--quiet", "--package", "ipconv"]))?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let ours = target().join("release/ipconv").display().to_string();
    let pton = built(&folder, "ipconv-pton", "cc", &["-O2", "-o"], "c");
    let std = built(&folder, "ipconv-std", "rustc", &["-Copt-level=3", "-o"], "rs");
    let empty = built(&folder, "ipconv-empty", "rustc", &["-Copt-level=3", "-o"], "rs");
    let mixed = write(&folder, "mixed.txt", lines, mixed)?;
    let few = write(&folder, "few.txt", lines / FEW, self::mixed)?;
    let v4 = write(&folder, "v4.txt", lines, |dice, out| line(out, Ipv4Addr::from_bits(dice.roll() as u32)))?;
    let v4_few =
        write(&folder, "v4-few.txt", lines / FEW, |dice, out| line(out, Ipv4Addr::from_bits(dice.roll() as u32)))?;
    let prefixes = write(&folder, "prefixes-both.txt", 10_000, prefix)?.display().to_string();
    let labelled = write(&folder, "labelled.txt", 10_000, |dice, out| {
        prefix(dice, out);
        out.pop();
        let number = dice.below(1_000_000);
        line(out, format_args!(" ; SBL{number}"));
    })?;
    let labelled = labelled.display().to_string();
    // Lists as long as the longest that are published; iprange knows IPv4 alone.
    let (one, other) = (
        write(&folder, "one-list.txt", LIST, prefix_v4)?,
        write(&folder, "other-list.txt", LIST, |dice, out| {
            dice.roll();
            prefix_v4(dice, out);
        })?,
    );
    let other = other.display().to_string();
    // A log line of the kind has 250 bytes.
    let log = write(&folder, "log.txt", lines / 10, access)?;
    let log_few = write(&folder, "log-few.txt", lines / 10 / FEW, access)?;

    let title = format!("{lines} mixed lines, 70 % IPv4, {} MB", size(&mixed) / 1_000_000);
    let mut peers = vec![peer("wc -l", "wc -l"), peer("cat | cat", "cat | cat")];
    for words in ["-o compressed", "-o packed", "--is global", "--is public"] {
        for level in levels() {
            peers.push(peer(&format!("ipconv {words}, {level}"), &format!("IPCONV_KERNEL={level} {ours} {words}")));
        }
    }
    let ten = "version,is_global,is_private,is_loopback,is_link_local,is_multicast,is_reserved,registry,registry_block,registry_rfc";
    peers.push(peer("ipconv, ten fields of class", &format!("{ours} -o {ten}")));
    peers.push(peer("ipconv --in-file, 10,000", &format!("{ours} --in-file {prefixes}")));
    peers.push(peer("ipconv --deep --is global", &format!("{ours} --deep --is global")));
    peers.push(peer("ipconv --match-file, 10,000", &format!("{ours} --match-file {labelled}")));
    peers.push(peer("ipconv --unique", &format!("{ours} --unique")));
    peers.extend(pton.map(|path| peer("C inet_pton, inet_ntop", &path)));
    peers.extend(std.map(|path| peer("Rust lines, parse, Display", &path)));
    peers.push(peer("grepcidr -f, 10,000", &format!("grepcidr -f {prefixes}")));
    // Itself, and not a script in front of it that costs more than the few lines.
    let found = output(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
    let python = found.map_or("python3".into(), |path| path.trim().to_owned());
    let canonical = "import sys, ipaddress\nfor line in sys.stdin: print(ipaddress.ip_address(line.strip()))";
    let global = "import sys, ipaddress\nfor line in sys.stdin:\n  if ipaddress.ip_address(line.strip()).is_global: print(line, end=\"\")";
    peers.push(slow("python3 ipaddress", &format!("{python} -c '{canonical}'")));
    peers.push(slow("python3 is_global", &format!("{python} -c '{global}'")));
    peers.push(slow("sipcalc -", "sipcalc -"));
    contest(page, &title, (&mixed, &few), lines, peers)?;

    let title = format!("{lines} lines of IPv4, as a set");
    let peers = vec![
        peer("wc -l", "wc -l"),
        peer("ipconv --sort", &format!("{ours} --sort")),
        peer("ipconv --cidrs", &format!("{ours} --cidrs")),
        slow("iprange", "iprange -"),
        slow("LC_ALL=C sort", "LC_ALL=C sort"),
    ];
    contest(page, &title, (&v4, &v4_few), lines, peers)?;

    let title = format!("{LIST} prefixes of IPv4, and a list of as many");
    let peers = vec![
        peer("wc -l", "wc -l"),
        peer("ipconv --exclude-file", &format!("{ours} --exclude-file {other}")),
        peer("ipconv --common", &format!("{ours} --common {other}")),
        peer("ipconv --count", &format!("{ours} --count")),
        peer("ipconv --overlaps", &format!("{ours} --overlaps")),
        peer("iprange --except", &format!("iprange - --except {other}")),
        peer("iprange --common", &format!("iprange --common - {other}")),
        peer("iprange -C", "iprange -C -"),
    ];
    contest(page, &title, (&one, &one), LIST, peers)?;

    let title = format!("A log of {} lines, {} MB", lines / 10, size(&log) / 1_000_000);
    let v4_re = r"([0-9]{1,3}\.){3}[0-9]{1,3}";
    let both_re = format!("{v4_re}|([0-9a-fA-F]{{0,4}}:){{2,7}}[0-9a-fA-F]{{0,4}}");
    let peers = vec![
        peer("wc -l", "wc -l"),
        peer("ipconv --extract", &format!("{ours} --extract")),
        // grep stops at the first match where it sees /dev/null, hence the cat.
        slow("grep -oE v4", &format!("LC_ALL=C grep -oE '{v4_re}' | cat")),
        slow("grep -oE v4 or v6", &format!("LC_ALL=C grep -oE '{both_re}' | cat")),
        peer("rg -o v4", &format!("rg -oN '{v4_re}'")),
        peer("rg -o v4 or v6", &format!("rg -oN '{both_re}'")),
    ];
    contest(page, &title, (&log, &log_few), lines / 10, peers)?;

    let title = format!("{STARTS} processes, start to end");
    let many = |line: &str| format!("for ((i = 0; i < {STARTS}; i++)); do {line}; done");
    let mut peers = vec![peer("/bin/true", &many("/bin/true"))];
    peers.extend(empty.map(|path| peer("Rust, an empty main", &many(&path))));
    peers.extend([
        peer("ipconv ::1", &many(&format!("{ours} ::1"))),
        peer("ipconv -o compressed < ...", &many(&format!("{ours} -o compressed <<< ::1"))),
        peer("ipconv --is global < ...", &many(&format!("{ours} --is global <<< ::1"))),
    ]);
    contest(page, &title, (Path::new("/dev/null"), &few), STARTS, peers)?;

    let mut table = Table::new(&["", "MiB"]);
    for words in ["-o compressed", "-o packed", "--is global", "--is public", "--extract"] {
        let memory = resident(&ours, words, &mixed)? as f64 / 1024.0;
        table.row([format!("ipconv {words}"), format!("{memory:.1}")]);
    }
    page.table(format_args!("Resident at most, {lines} lines through a pipe"), &table);
    Ok(())
}

/// Entries of each of two lists.
const LIST: u64 = 1_000_000;

/// Processes started to measure one.
const STARTS: u64 = 500;

/// The kernels that this processor has, the fastest first.
fn levels() -> Vec<&'static str> {
    let mut all = vec!["plain"];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(is_x86_feature_detected!("sse4.1").then_some("sse4.1"));
        all.extend(is_x86_feature_detected!("avx2").then_some("avx2"));
        all.extend(is_x86_feature_detected!("avx512vbmi2").then_some("avx512"));
    }
    all.reverse();
    all
}

/// KiB of memory that a program has had when it has read all of `input`, but not its end.
fn resident(program: &str, words: &str, input: &Path) -> Result<u64, String> {
    let fail = |e: io::Error| format!("{program}: {e}");
    let mut command = Command::new(program);
    command.args(words.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(fail)?;
    let mut pipe = child.stdin.take().ok_or("no pipe")?;
    io::copy(&mut File::open(input).map_err(fail)?, &mut pipe).map_err(fail)?;
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).map_err(fail)?;
    drop(pipe);
    child.wait().map_err(fail)?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    most.ok_or_else(|| "/proc: no VmHWM".into())
}

fn peer(name: &str, line: &str) -> Peer {
    Peer { name: name.to_owned(), line: line.to_owned(), few: false }
}

fn slow(name: &str, line: &str) -> Peer {
    Peer { few: true, ..peer(name, line) }
}

/// A peer built from its source beside xtask, or nothing where its compiler is missing.
fn built(folder: &Path, name: &str, compiler: &str, flags: &[&str], kind: &str) -> Option<String> {
    let program = folder.join(name);
    let source = root().join("xtask/peers").join(format!("{name}.{kind}"));
    let done = Command::new(compiler).args(flags).arg(&program).arg(source).status();
    if done.is_ok_and(|status| status.success()) {
        return Some(program.display().to_string());
    }
    eprintln!("skipped: {name}: {compiler} does not build it");
    None
}

/// Runs every peer in turn, round after round, and prints the medians.
fn contest(page: Page, title: &str, (input, few): (&Path, &Path), lines: u64, peers: Vec<Peer>) -> Done {
    let mut times: Vec<Vec<f64>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (peer, times) in peers.iter().zip(&mut times) {
            let seconds = time(&peer.line, if peer.few { few } else { input })?;
            times.extend(seconds.map(|s| if peer.few { s * FEW as f64 } else { s }));
        }
    }
    let mut base = None;
    let mut table = Table::new(&["", "ms of CPU", "ratio", "million lines/s", "measured on"]);
    for (peer, mut times) in peers.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let Some(median) = times.get(times.len() / 2) else {
            table.row([&*peer.name, "not here"]);
            continue;
        };
        let first = *base.get_or_insert(*median);
        table.row([
            peer.name.clone(),
            format!("{:.0}", median * 1000.0),
            format!("{:.2}", median / first),
            format!("{:.2}", lines as f64 / median / 1e6),
            if peer.few { format!("one line in {FEW}") } else { "all".into() },
        ]);
    }
    page.table(title, &table);
    Ok(())
}

/// User and system time of a line of bash in seconds; nothing where its program is missing.
fn time(line: &str, input: &Path) -> Result<Option<f64>, String> {
    let fail = |e: io::Error| format!("{}: {e}", input.display());
    // Whoever came first after a while would pay for fetching the file again.
    io::copy(&mut File::open(input).map_err(fail)?, &mut io::sink()).map_err(fail)?;
    let file = File::open(input).map_err(fail)?;
    let script = format!("TIMEFORMAT='%U %S'; {{ time {{ {line} ; }} >/dev/null 2>/dev/null; }} 2>&1; exit $?");
    let mut command = Command::new("bash");
    let seen = command.args(["-c", &script]).stdin(Stdio::from(file)).output().map_err(|e| format!("bash: {e}"))?;
    if seen.status.code() == Some(127) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&seen.stdout);
    let times: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    times.map(|t| Some(t.iter().sum())).map_err(|_| format!("{line}: {text}"))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

/// The same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.roll()) << 90 ^ u128::from(self.roll()) << 45 ^ u128::from(self.roll())
    }
}

fn line(out: &mut String, text: impl std::fmt::Display) {
    let _ = writeln!(out, "{text}");
}

/// Writes `lines` lines that `one` makes, unless the file is there already.
fn write(folder: &Path, name: &str, lines: u64, one: impl Fn(&mut Dice, &mut String)) -> Result<PathBuf, String> {
    let path = folder.join(format!("ipconv-{lines}-{name}"));
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    if path.exists() {
        return Ok(path);
    }
    let part = path.with_extension("part");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&part).map_err(fail)?);
    let (mut dice, mut text) = (Dice(88_172_645_463_325_252), String::new());
    for _ in 0..lines {
        text.clear();
        one(&mut dice, &mut text);
        out.write_all(text.as_bytes()).map_err(fail)?;
    }
    out.flush().map_err(fail)?;
    fs::rename(&part, &path).map_err(fail)?;
    Ok(path)
}

/// 70 % IPv4; of IPv6 half random, the rest compressible, upper-case and exploded, link-local, IPv4-mapped.
fn mixed(dice: &mut Dice, out: &mut String) {
    let bits = dice.wide();
    match dice.below(80) {
        0..56 => line(out, Ipv4Addr::from_bits(bits as u32)),
        56..68 => line(out, Ipv6Addr::from_bits(bits)),
        68..71 => line(out, Ipv6Addr::from_bits(0x2001_0db8 << 96 | bits & 0xffff_ffff << 64 | bits & 0xffff)),
        71..74 => {
            let text = format!("{bits:032X}");
            let groups: Vec<&str> = (0..8).map(|i| &text[4 * i..4 * i + 4]).collect();
            line(out, groups.join(":"));
        }
        74..77 => line(out, Ipv6Addr::from_bits(0xfe80 << 112 | bits & u128::from(u64::MAX))),
        _ => line(out, Ipv4Addr::from_bits(bits as u32).to_ipv6_mapped()),
    }
}

/// 70 % IPv4 of 12 to 28 bits; of IPv6 half are near each other.
fn prefix(dice: &mut Dice, out: &mut String) {
    let len = 12 + dice.below(17);
    let bits = dice.wide();
    let head = |len: u64| bits >> (128 - len) << (128 - len);
    match dice.below(20) {
        0..14 => line(out, format_args!("{}/{len}", Ipv4Addr::from_bits((head(len) >> 96) as u32))),
        14..17 => line(out, format_args!("{}/{}", Ipv6Addr::from_bits(0x2 << 124 | head(len + 20) >> 4), len + 24)),
        _ => line(out, format_args!("{}/{}", Ipv6Addr::from_bits(0x2001_0db8 << 96 | head(len) >> 32), len + 32)),
    }
}

/// A prefix of IPv4 of 16 to 32 bits.
fn prefix_v4(dice: &mut Dice, out: &mut String) {
    let len = 16 + dice.below(17);
    let bits = dice.roll() as u32;
    line(out, format_args!("{}/{len}", Ipv4Addr::from_bits(bits & (u32::MAX << (32 - len)))));
}

/// A line of a web server's log.
fn access(dice: &mut Dice, out: &mut String) {
    let bits = dice.wide();
    if dice.below(10) < 7 {
        let _ = write!(out, "{}", Ipv4Addr::from_bits(bits as u32));
    } else {
        let _ = write!(out, "{}", Ipv6Addr::from_bits(0x2 << 124 | bits >> 4));
    }
    let (second, page, size) = (dice.below(60), dice.below(10_000), dice.below(100_000));
    line(
        out,
        format_args!(
            " - - [22/Nov/2026:16:20:{second:02} +0000] \"GET /articles/{page}/comments?page=2 HTTP/1.1\" 200 {size} \
             \"https://www.example.org/index.html\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/119.0.0.0 Safari/537.36\""
        ),
    );
}

//! The recipes for many cores and many machines: each gives the lines of one run.
//! The engines are large, so these tests are ignored but for `cargo xtask test --long`.
use std::{fs, path::PathBuf, process::Command};

use plainnet_lab::{
    scratch::Folder,
    tool::{Seen, feed, find, lacking, peer},
};

/// What each worker is given to do, behind the tool's path.
const OPTIONS: &str = "-k -e -o compressed,int,reverse_pointer";

/// Addresses, with lines among them that have no answer.
const LINES: u32 = 20_000;

/// A folder with the input `in`, and `one`, what one run makes of it.
struct Job {
    folder: Folder,
    tool: PathBuf,
    one: String,
}

impl Job {
    fn new() -> Job {
        let line = |i: u32| match i % 1_000 {
            7 => "no address\n".to_owned(),
            8 => "\n".to_owned(),
            _ => format!("{}\n", std::net::Ipv4Addr::from(i.wrapping_mul(1_694_768_947))),
        };
        let folder = Folder::new();
        folder.file("in", (0..LINES).map(line).collect::<String>());
        let mut job = Job { folder, tool: find("ipconv"), one: String::new() };
        let seen = job.sh(&format!("exec {} {OPTIONS} <in 2>errors", job.tool.display()));
        assert_eq!((seen.status, seen.out.lines().count()), (0, LINES as usize), "{}", seen.err);
        job.one = seen.out;
        job
    }

    /// Runs `script` in the folder.
    fn sh(&self, script: &str) -> Seen {
        feed(Command::new("bash").args(["-c", script]).current_dir(&self.folder), b"").into()
    }

    /// Runs `script`, in which `{tool}` is the tool with its options; its output is
    /// that of one run, byte by byte.
    #[track_caller]
    fn gives_the_same(&self, script: &str) {
        let script = script.replace("{tool}", &format!("{} {OPTIONS}", self.tool.display()));
        let seen = self.sh(&script);
        assert_eq!(seen.status, 0, "{script}\n{}", seen.err);
        assert!(seen.out == self.one, "{script}\n{}", seen.err);
    }
}

#[test]
#[ignore = "needs large engines"]
fn xargs_with_an_output_for_each_batch() {
    let job = Job::new();
    job.gives_the_same(
        "split -l 3000 in part. && ls part.?? | xargs -P 4 -I F sh -c '{tool} <F >F.out 2>>errors' && cat part.*.out",
    );
}

#[test]
#[ignore = "needs large engines"]
fn parallel_on_one_machine() {
    if peer("parallel").is_none() {
        return;
    }
    let job = Job::new();
    job.gives_the_same("parallel --will-cite --pipe --block 50k -j 3 -k {tool} <in");
    job.gives_the_same("parallel --will-cite --pipepart -a in --block -1 -j 3 -k {tool}");
}

/// Starts sshd in a network of its own, whose keys are made for this one run, and
/// hands two logins to parallel. $1 is the command that each login runs.
const SSH: &str = r#"
    set -e
    ip link set lo up
    ssh-keygen -q -t ed25519 -N '' -f key
    ssh-keygen -q -t ed25519 -N '' -f host
    # sshd gives up its rights as this user, whom not every machine has.
    cp /etc/passwd passwd
    grep -q '^sshd:' passwd || echo 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin' >>passwd
    mount --bind passwd /etc/passwd
    mount -t tmpfs tmpfs /run
    mkdir -m 755 /run/sshd
    printf '%s\n' 'Port 2222' 'ListenAddress 127.0.0.1' "HostKey $PWD/host" "AuthorizedKeysFile $PWD/key.pub" \
        'PidFile none' 'StrictModes no' 'UsePAM no' 'PermitRootLogin yes' >config
    "$(command -v sshd)" -D -e -f "$PWD/config" 2>log &
    trap "kill $!" EXIT
    for try in $(seq 100); do
        ssh-keyscan -p 2222 127.0.0.1 >known 2>>errors || true
        [ -s known ] && break
        sleep 0.1
    done
    login="ssh -F none -i $PWD/key -p 2222 -o UserKnownHostsFile=$PWD/known -o BatchMode=yes 127.0.0.1"
    parallel --will-cite --sshlogin "1/$login" --sshlogin "1/$login -C" --pipe --block 50k -k "$1" <in
"#;

#[test]
#[ignore = "needs large engines"]
fn parallel_on_machines_that_are_reached_by_ssh() {
    let job = Job::new();
    if peer("parallel").is_none() || peer("sshd").is_none() {
        return;
    }
    job.folder.file("ssh.sh", SSH);
    if job.sh("unshare --net --mount mount -t tmpfs tmpfs /run").status != 0 {
        return lacking("sshd needs root's rights and a network of its own");
    }
    job.gives_the_same("unshare --net --mount bash ssh.sh '{tool}'");
    let log = fs::read_to_string(job.folder.join("log")).expect("sshd's log");
    let logins = log.lines().filter(|line| line.contains("Accepted publickey")).count();
    assert!(logins >= 2, "{log}");
}

/// textFile cuts the input into partitions, and pipe starts the tool for each.
const SPARK: &str = "\
import sys
from pyspark import SparkContext
sc = SparkContext('local[2]', 'plainnet')
lines = sc.textFile('file://' + sys.argv[1], 4)
assert lines.getNumPartitions() == 4
with open('spark.out', 'w') as out:
    out.writelines(line + '\\n' for line in lines.pipe(sys.argv[2]).collect())
with open('spark.env', 'w') as out:
    out.writelines(line + '\\n' for line in lines.pipe('/usr/bin/env').collect())
";

/// The engine alone needs loopback addresses and Java.
#[test]
#[ignore = "needs large engines"]
fn spark_pipes_its_partitions() {
    let job = Job::new();
    if job.sh("command -v java").status != 0 {
        return lacking("java is missing, which no package of the tests brings along");
    }
    if job.sh("python3 -c 'import pyspark'").status != 0 {
        return lacking("pyspark is missing");
    }
    job.folder.file("job.py", SPARK);
    job.gives_the_same(
        "SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON=python3 python3 job.py \"$PWD/in\" '{tool}' >log 2>&1 || { cat log >&2; exit 1; }\n\
         cat spark.out",
    );
    // What starts there has no PATH, no HOME and no locale.
    assert_eq!(fs::read_to_string(job.folder.join("spark.env")).expect("what env printed"), "");
}

/// madoop keeps Hadoop Streaming's contract on one machine: each part of the input
/// goes through the mapper, keys are grouped and sorted, and the reducer sees them.
#[test]
#[ignore = "needs large engines"]
fn streaming_maps_every_line_once() {
    let job = Job::new();
    if job.sh("python3 -m madoop --version").status != 0 {
        return lacking("python3 or its madoop is missing");
    }
    job.folder.file("mapper", format!("#!/bin/sh\nexec {} {OPTIONS} 2>/dev/null\n", job.tool.display()));
    job.folder.file("reducer", "#!/bin/sh\nexec cat\n");
    let seen = job.sh(
        "chmod +x mapper reducer && mkdir parts && split -l 6000 in parts/ && \
         python3 -m madoop -input parts -output out -mapper ./mapper -reducer ./reducer >log 2>&1 || { cat log >&2; exit 1; }\n\
         LC_ALL=C sort out/part-*",
    );
    assert_eq!(seen.status, 0, "{}", seen.err);
    let mut lines: Vec<_> = job.one.lines().collect();
    lines.sort_unstable();
    assert!(seen.out.lines().eq(lines), "{}", seen.err);
}

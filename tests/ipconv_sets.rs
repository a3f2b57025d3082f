//! ipconv's sets, filters by prefix, extraction and other forms of input, through its real binary.
use std::process::{Command, Stdio};

use ipconv::address::simd::Level;
use plainnet_lab::{
    scratch::File,
    tool::{Seen, Tool, feed, long, seen},
};

const IPCONV: Tool = Tool(env!("CARGO_BIN_EXE_ipconv"));

#[test]
fn lists_and_ranges_to_the_fewest_prefixes() {
    let whois = "193.0.0.0 - 193.0.7.255\n# RIPE\n\n193.0.8.0/21\n2001:db8::/33\n2001:db8:8000::/33\n10.0.0.1\n";
    assert_eq!(IPCONV.prints("--cidrs", whois), "10.0.0.1/32\n193.0.0.0/20\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints("--cidrs 10.0.0.77/24 0.0.0.0/1 128.0.0.0/1 ::/0", ""), "0.0.0.0/0\n::/0\n");
    assert_eq!(
        IPCONV.prints("--cidrs -o network,netmask,num_addresses 10.0.0.0-10.0.0.2", ""),
        "10.0.0.0/31\t255.255.255.254\t2\n10.0.0.2/32\t255.255.255.255\t1\n"
    );
    assert_eq!(IPCONV.prints("--cidrs -0", "1.1.1.0\x001.1.1.1\0"), "1.1.1.0/31\0");
    assert_eq!(
        IPCONV.prints("--cidrs --json -o prefixlen 1.1.1.1", ""),
        "{\"input\":\"1.1.1.1/32\",\"prefixlen\":32,\"error\":null}\n"
    );
    assert_eq!(IPCONV.prints("--cidrs fe80::1%eth0 fe80::%a/127", ""), "fe80::/127\n");
    assert_eq!(IPCONV.prints("--cidrs", ""), "");
    assert_eq!(
        IPCONV.run("--cidrs", "1.1.1.1\n2.2.2.2-1.1.1.1\n\n1.1.1.1-::1\n1.1.1.0\n"),
        seen(
            1,
            "1.1.1.0/31\n",
            "ipconv: stdin:2: 2.2.2.2-1.1.1.1: the range ends before it starts\n\
             ipconv: stdin:4: 1.1.1.1-::1: a range from one family to the other\n"
        )
    );
    assert_eq!(IPCONV.run("--cidrs -4", "::1\n1.1.1.1\n"), seen(1, "1.1.1.1/32\n", "ipconv: stdin:1: ::1: not IPv4\n"));
    for option in ["-e", "-k"] {
        assert_eq!(IPCONV.run(&format!("--cidrs {option} ::1"), "").status, 2, "{option}");
    }
}

#[test]
fn every_address() {
    assert_eq!(
        IPCONV.prints("--expand 10.0.0.255/31 255.255.255.255 ::/127 ::1%lo/128", ""),
        "10.0.0.254\n10.0.0.255\n255.255.255.255\n::\n::1\n::1%lo\n"
    );
    assert_eq!(IPCONV.prints("--expand 10.0.0.254-10.0.1.1", ""), "10.0.0.254\n10.0.0.255\n10.0.1.0\n10.0.1.1\n");
    let top = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff";
    assert_eq!(IPCONV.prints(&format!("--expand {top}e/127"), ""), format!("{top}e\n{top}f\n"));
    assert_eq!(IPCONV.prints("--expand -e", "1.1.1.2/31\n"), "1.1.1.2/31\t1.1.1.2\n1.1.1.2/31\t1.1.1.3\n");
    assert_eq!(
        IPCONV.prints("--expand -e -f 2", "a 1.1.1.2/31 b\n"),
        "a 1.1.1.2/31 b\t1.1.1.2\na 1.1.1.2/31 b\t1.1.1.3\n"
    );
    assert_eq!(
        IPCONV.prints("--expand -k -o compressed,int", "\n1.1.1.2/31\n"),
        "-\t-\n1.1.1.2\t16843010\n1.1.1.3\t16843011\n"
    );
    assert_eq!(
        IPCONV.prints("--expand --json -o compressed 1.1.1.2/31", ""),
        "{\"input\":\"1.1.1.2/31\",\"compressed\":\"1.1.1.2\",\"error\":null}\n\
         {\"input\":\"1.1.1.2/31\",\"compressed\":\"1.1.1.3\",\"error\":null}\n"
    );
    assert_eq!(IPCONV.prints("--expand 10.0.0.0/16", "").lines().count(), 65_536);
    assert_eq!(IPCONV.prints("--expand 10.0.0.0/20", ""), IPCONV.prints("--expand -o address 10.0.0.0/20", ""));
}

/// Whoever went through all addresses first would not end.
#[test]
fn a_reader_that_has_enough_ends_it() {
    for block in ["::/0", "0.0.0.0/0"] {
        let script = format!("{IPCONV} --expand {block} | head -n 2; {IPCONV} --split 32 {block} | head -n 1");
        let out = Command::new("sh").args(["-c", &script]).stderr(Stdio::inherit()).output().unwrap();
        let out = String::from_utf8(out.stdout).unwrap();
        assert!(out == "::\n::1\n::/32\n" || out == "0.0.0.0\n0.0.0.1\n0.0.0.0/32\n", "{out}");
    }
}

#[test]
fn longer_prefixes() {
    assert_eq!(IPCONV.prints("--split 25 10.0.0.1/24 192.0.2.0/25", ""), "10.0.0.0/25\n10.0.0.128/25\n192.0.2.0/25\n");
    assert_eq!(IPCONV.prints("--split 1 0.0.0.0/0 ::/0", ""), "0.0.0.0/1\n128.0.0.0/1\n::/1\n8000::/1\n");
    assert_eq!(IPCONV.prints("--split 0 0.0.0.0/0 ::/0", ""), "0.0.0.0/0\n::/0\n");
    assert_eq!(IPCONV.prints("--split 32 255.255.255.254/31", ""), "255.255.255.254/32\n255.255.255.255/32\n");
    assert_eq!(IPCONV.prints("--split 128 ::/127", ""), "::/128\n::1/128\n");
    assert_eq!(IPCONV.prints("--split 24 10.0.0.0-10.0.1.255", ""), "10.0.0.0/24\n10.0.1.0/24\n");
    assert_eq!(
        IPCONV.run("--split 33", "10.0.0.0/8\n2001:db8::/32\n2001:db8::/48\n"),
        seen(
            1,
            "2001:db8::/33\n2001:db8:8000::/33\n",
            "ipconv: stdin:1: 10.0.0.0/8: --split is longer than 32\n\
             ipconv: stdin:3: 2001:db8::/48: --split is shorter than the prefix\n"
        )
    );
    assert_eq!(IPCONV.run("--split 129 ::/0", "").status, 1);
    assert_eq!(
        IPCONV.run("-k --split 8", "1.1.1.1\n0.0.0.0/7\n"),
        seen(0, "-\n0.0.0.0/8\n1.0.0.0/8\n", "ipconv: stdin:1: 1.1.1.1: --split is shorter than the prefix\n")
    );
    assert_eq!(
        IPCONV.run("--json -o compressed --split 8", "1.1.1.1\n"),
        seen(
            1,
            "{\"input\":\"1.1.1.1\",\"compressed\":null,\"error\":\"--split is shorter than the prefix\"}\n",
            "ipconv: stdin:1: 1.1.1.1: --split is shorter than the prefix\n"
        )
    );
}

#[test]
fn what_is_left_of_a_prefix() {
    assert_eq!(IPCONV.prints("--exclude 10.0.0.1 10.0.0.0/30", ""), "10.0.0.0/32\n10.0.0.2/31\n");
    assert_eq!(IPCONV.prints("--exclude 10.0.0.0/8,::/1 10.1.1.1 11.1.1.1/8 ::/0", ""), "11.1.1.1/8\n8000::/1\n");
    assert_eq!(IPCONV.prints("--exclude 1.1.1.1 --exclude 1.1.1.2 1.1.1.0/30", ""), "1.1.1.0/32\n1.1.1.3/32\n");
    assert_eq!(IPCONV.prints("--exclude ::5 ::/0", "").lines().count(), 128);
    assert_eq!(IPCONV.prints("--exclude 255.255.255.255 0.0.0.0/0", "").lines().count(), 32);
    assert_eq!(IPCONV.prints("-k --exclude 1.1.1.1", "1.1.1.1\n1.1.1.2\n"), "-\n1.1.1.2\n");
    assert_eq!(IPCONV.prints("-e --exclude 1.1.1.1", "1.1.1.0/31\n"), "1.1.1.0/31\t1.1.1.0/32\n");
    assert_eq!(IPCONV.run("--exclude 1.1.1.1/33 ::1", "").status, 2);
}

#[test]
fn numerical_order() {
    let input = "::1\n10.0.0.0\n9.0.0.0/8\n10.0.0.0/16\n10.0.0.0/8\n10.0.0.0\n10.0.0.0/32\n2.0.0.0\nfe80::1%b\nfe80::1%a\n1.0.0.0-3.0.0.0\n10.0.0.5/8\n";
    let sorted = "1.0.0.0-3.0.0.0\n2.0.0.0\n9.0.0.0/8\n10.0.0.0/8\n10.0.0.5/8\n10.0.0.0/16\n10.0.0.0\n10.0.0.0\n10.0.0.0/32\n::1\nfe80::1%a\nfe80::1%b\n";
    assert_eq!(IPCONV.prints("--sort", input), sorted);
    assert_eq!(IPCONV.prints("--sort --unique", input), sorted.replacen("10.0.0.0\n10.0.0.0\n", "10.0.0.0\n", 1));
    assert_eq!(IPCONV.prints("--unique", "2.2.2.2\n::1\n2.2.2.2\n0:0::1\n1.1.1.1\n"), "2.2.2.2\n::1\n1.1.1.1\n");
    assert_eq!(IPCONV.prints("--unique -k", "::1\n::1\n"), "::1\n-\n");
    // The same address in another zone is another input, and so is a prefix or a range.
    let others = "fe80::1%b\nfe80::1%a\nfe80::1\nfe80::1/128\nfe80::1%a/128\nfe80::1-fe80::1\n";
    assert_eq!(IPCONV.prints("--unique", others.repeat(2)), others);
    assert_eq!(IPCONV.prints("--sort --unique", others.repeat(2)).lines().count(), 6);
    assert_eq!(
        IPCONV.prints("--sort -e -f 2", "b 1.1.1.2\na ::1 x\nc 1.1.1.1\n"),
        "c 1.1.1.1\t1.1.1.1\nb 1.1.1.2\t1.1.1.2\na ::1 x\t::1\n"
    );
    assert_eq!(IPCONV.prints("--sort -o input,int", "0:0::1\n1.1.1.1\n"), "1.1.1.1\t16843009\n0:0::1\t1\n");
    assert_eq!(IPCONV.prints("--sort -0", "2.2.2.2\x001.1.1.1"), "1.1.1.1\x002.2.2.2\0");
    assert_eq!(
        IPCONV.run("--sort", "2.2.2.2\nx\n1.1.1.1\n"),
        seen(1, "1.1.1.1\n2.2.2.2\n", "ipconv: stdin:2: x: not an address\n")
    );
    assert_eq!(IPCONV.run("--sort --unique", ""), seen(0, "", ""));
}

#[test]
fn many_addresses_are_sorted_as_sort_does() {
    let mut n = 7u32;
    let mut next = || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        n
    };
    let addresses: Vec<u32> = (0..50_000).map(|_| next() >> (next() >> 28)).collect();
    let lines = |all: &[u32]| all.iter().map(|a| format!("{}\n", std::net::Ipv4Addr::from(*a))).collect::<String>();
    let mut want = addresses.clone();
    want.sort_unstable();
    assert_eq!(IPCONV.prints("--sort", lines(&addresses)), lines(&want));
    want.dedup();
    assert_eq!(IPCONV.prints("--sort --unique", lines(&addresses)), lines(&want));
    assert_eq!(IPCONV.prints("--expand", IPCONV.prints("--cidrs", lines(&addresses))), lines(&want));
}

#[test]
fn too_little_memory_is_said() {
    let script = format!("yes 1.2.3.4 | head -n 3000000 | (ulimit -v 16384; {IPCONV} --sort --unique)");
    let out: Seen = Command::new("sh").args(["-c", &script]).output().unwrap().into();
    assert_eq!(out, seen(2, "", "ipconv: out of memory\n"));
    // Wherever memory ends, these are the words.
    let list = File::new("2001:db8::/64 ; a label\n".repeat(1_000_000));
    for words in ["--sort", "--overlaps", "--cidrs", "--sort --json", "--match-file -", "--common -"] {
        let operand = if words.ends_with('-') { "::1" } else { "" };
        let script = format!("(ulimit -v 14336; {IPCONV} {words} {operand}) < {list}");
        let out: Seen = Command::new("sh").args(["-c", &script]).output().unwrap().into();
        assert_eq!(out, seen(2, "", "ipconv: out of memory\n"), "{words}");
    }
    drop(list);
    // What is known to be new is printed before.
    let script = format!("seq 1000000 | {IPCONV} --from int -o compressed | (ulimit -v 16384; {IPCONV} --unique)");
    let out: Seen = Command::new("sh").args(["-c", &script]).output().unwrap().into();
    assert_eq!((out.status, &*out.err), (2, "ipconv: out of memory\n"));
    assert!(out.out.starts_with("0.0.0.1\n0.0.0.2\n"));
}

#[test]
fn inside_a_list_of_prefixes() {
    let list = File::new("\u{feff}10.0.0.0/9\n10.128.0.0/9\r\n\n# test nets\n 192.0.2.0 - 192.0.2.9\n::1");
    let input = "10.0.0.0/8\n192.0.2.9\n192.0.2.10\n192.0.2.0/24\n::1\n::ffff:10.0.0.1\n 10.1.1.1 \n";
    assert_eq!(IPCONV.prints(&format!("--in-file {list}"), input), "10.0.0.0/8\n192.0.2.9\n::1\n 10.1.1.1 \n");
    assert_eq!(
        IPCONV.prints(&format!("--in 192.0.2.10-192.0.2.255 --in-file {list}"), "192.0.2.0/24\n"),
        "192.0.2.0/24\n"
    );
    assert_eq!(
        IPCONV.prints(&format!("--deep --in-file {list}"), "::ffff:10.0.0.1\n2002:0a00::/24\n"),
        "::ffff:10.0.0.1\n2002:0a00::/24\n"
    );
    // A /96 has ISATAP addresses alone; what reaches from one to the next has other ones between them.
    let isatap = "2600::5efe:0:0-2600::5efe:ffff:ffff\n";
    let more = "2600::/32\n2600::5efe:0:0-2600:0:0:1:0:5efe:ffff:ffff\n";
    assert_eq!(IPCONV.prints("--deep --in 0.0.0.0/0", format!("{isatap}{more}")), isatap);
    assert_eq!(IPCONV.run(&format!("--in-file {list} 8.8.8.8"), ""), seen(1, "", ""));
    assert_eq!(
        IPCONV.prints("--in 10.0.0.0/8,::/0 -f 2", "a 10.0.0.1 b\nc 11.0.0.1\nd ::5\n"),
        "a 10.0.0.1 b\nd ::5\n"
    );
    assert_eq!(IPCONV.prints("--in 10.0.0.0/8 --not private -k", "10.0.0.1\n8.8.8.8\n"), "-\n-\n");
    assert_eq!(IPCONV.prints("--in-file - 1.1.1.1 1.1.1.2", "1.1.1.1\n"), "1.1.1.1\n");
    assert_eq!(IPCONV.run("-q --in 0.0.0.0/0 1.1.1.1", ""), seen(0, "", ""));
    assert_eq!(IPCONV.run("-q --in 0.0.0.0/0 ::1", ""), seen(1, "", ""));
    // One bad input or an empty result is status 1, even where another passed.
    assert_eq!(IPCONV.run("--in 0.0.0.0/0 1.1.1.1 x", "").status, 1);

    let bad = File::new("10.0.0.0/8\n\n10.0.0.0/33\n");
    assert_eq!(
        IPCONV.run(&format!("--in-file {bad} 10.0.0.1"), ""),
        seen(2, "", &format!("ipconv: {bad}:3: 10.0.0.0/33: a prefix longer than 32\n"))
    );
    assert_eq!(
        IPCONV.run("--in-file /dev/no/list 10.0.0.1", ""),
        seen(2, "", "ipconv: /dev/no/list: No such file or directory\n")
    );
    assert_eq!(IPCONV.run("--in-file / 10.0.0.1", ""), seen(2, "", "ipconv: /: Is a directory\n"));
    assert_eq!(IPCONV.run("--in 10.0.0.0/8,x ::1", "").status, 2);
    assert_eq!(IPCONV.run("--in-file -", "::1\n").status, 2);
    let empty = File::new("# none\n");
    assert_eq!(IPCONV.run(&format!("--in-file {empty} ::1"), ""), seen(1, "", ""));
}

#[test]
fn ten_thousand_prefixes() {
    let list: String =
        (0..10_000u32).map(|i| format!("{}/24\n2001:db8:{i:x}::/48\n", std::net::Ipv4Addr::from(i << 9))).collect();
    let list = File::new(list);
    let mut input = String::new();
    for i in 0..20_000u32 {
        input.push_str(&format!("{}\n2001:db8:{i:x}::1\n", std::net::Ipv4Addr::from(i << 8 | 255)));
    }
    let got = IPCONV.prints(&format!("--in-file {list}"), &input);
    let want: String = input
        .lines()
        .enumerate()
        .filter(|(i, _)| if i % 2 == 0 { i % 4 == 0 } else { i / 2 < 10_000 })
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    assert!(got == want);
}

#[test]
fn addresses_in_a_log() {
    let log =
        b"10.0.0.1 - - [22/Nov/2026:12:34:56] \"GET http://[2001:DB8::1]:443/1.2.3.4.5 HTTP/1.1\" Chrome/119.0.0.0\n\
               2001:db8::2: refused by 192.0.2.1/24, std::io 00:11:22:33:44:55\r\n\nnothing\n\
               # 10.0.0.2\n\xff\x0010.0.0.3\n";
    let found = "10.0.0.1\n2001:db8::1\n2001:db8::2\n192.0.2.1/24\n10.0.0.2\n10.0.0.3\n";
    assert_eq!(IPCONV.prints("--extract", log), found);
    let path = File::new(log);
    assert_eq!(IPCONV.prints(&format!("--extract {path} {path}"), ""), format!("{found}{found}"));
    assert_eq!(IPCONV.prints("--extract -4", log), "10.0.0.1\n192.0.2.1/24\n10.0.0.2\n10.0.0.3\n");
    assert_eq!(IPCONV.prints("--extract -6 -o address,version", log), "2001:db8::1\t6\n2001:db8::2\t6\n");
    assert_eq!(IPCONV.prints("--extract -0", "1.1.1.1 2.2.2.2\n3.3.3.3\0"), "1.1.1.1\x002.2.2.2\x003.3.3.3\0");
    assert_eq!(IPCONV.prints("--extract -e", "a 1.1.1.1 ::1\n"), "a 1.1.1.1 ::1\t1.1.1.1\na 1.1.1.1 ::1\t::1\n");
    assert_eq!(IPCONV.prints("--extract -k", "a 1.1.1.1\n\nx\n# ::1\n"), "1.1.1.1\n-\n-\n::1\n");
    assert_eq!(IPCONV.prints("--extract -k -o compressed,version", "x\n::1\n"), "-\t-\n::1\t6\n");
    assert_eq!(IPCONV.prints("--extract -f 2", "1.1.1.1 2.2.2.2:80 3.3.3.3\n\n"), "2.2.2.2\n");
    assert_eq!(IPCONV.prints("--extract --is global", "10.0.0.1 8.8.8.8\n"), "8.8.8.8\n");
    assert_eq!(
        IPCONV.prints("--extract --is global -k", "10.0.0.1 8.8.8.8 9.9.9.9\n10.0.0.1 ::1\n"),
        "8.8.8.8\n9.9.9.9\n-\n"
    );
    assert_eq!(IPCONV.run("--extract --in 8.0.0.0/8 -q", "10.0.0.1 8.8.8.8\n"), seen(0, "", ""));
    assert_eq!(IPCONV.run("--extract --in 8.0.0.0/8", "10.0.0.1\n"), seen(1, "", ""));
    assert_eq!(
        IPCONV.prints("--extract --json -o version", "a ::1/64 b\n"),
        "{\"input\":\"::1/64\",\"version\":6,\"error\":null}\n"
    );
    assert_eq!(IPCONV.prints("--extract --dot-port", "IP 10.0.0.1.443 > 10.0.0.2.5: Flags\n"), "10.0.0.1\n10.0.0.2\n");
    assert_eq!(IPCONV.prints("--extract", "nothing\n"), "");
    assert_eq!(
        IPCONV.run(&format!("--extract /dev/no/list / {path}"), ""),
        seen(2, found, "ipconv: /dev/no/list: No such file or directory\nipconv: /: Is a directory\n")
    );
    assert_eq!(IPCONV.run("--extract -f 3", "a\n"), seen(1, "", "ipconv: stdin:1: a: no such field\n"));
    assert_eq!(
        IPCONV.run("--extract -f 3 --json -o int", "a b ::1\na\n").out,
        "{\"input\":\"::1\",\"int\":\"1\",\"error\":null}\n{\"input\":\"a\",\"int\":null,\"error\":\"no such field\"}\n"
    );
    let columns = File::new("1 ::1\n2\n");
    assert_eq!(
        IPCONV.run(&format!("--extract -k -f 2 {columns} {columns}"), ""),
        seen(0, "::1\n-\n::1\n-\n", &format!("ipconv: {columns}:2: 2: no such field\n").repeat(2))
    );
    // What was cut off may have had the field.
    let long = IPCONV.run("--extract -f 2", "x".repeat(70_000) + " ::1\n").err;
    assert!(long.ends_with(": line longer than 64 KiB\n"), "{long}");
}

#[test]
fn addresses_in_lines_of_any_length() {
    // One at every place about the end of a block, in a line without end. What is before it counts, too.
    let step = if long(1, 0) == 1 { 7 } else { 13 };
    let user = format!("http://{}@1.2.3.4/24", "u".repeat(200));
    for size in (256 * 1024 - 130..256 * 1024 + 70).step_by(step) {
        for (text, found) in [
            ("255.255.255.255/32", "255.255.255.255/32\n"),
            ("2001:db8:1111:2222:3333:4444:5555:6666/128", "2001:db8:1111:2222:3333:4444:5555:6666/128\n"),
            ("1.2.3.4.5", ""),
            ("x::1", ""),
            (&user, "1.2.3.4\n"),
        ] {
            let mut line = vec![b' '; size];
            line.extend_from_slice(text.as_bytes());
            line.extend(vec![b' '; 300_000]);
            line.extend_from_slice(b" 9.9.9.9");
            assert_eq!(IPCONV.prints("--extract", &line), format!("{found}9.9.9.9\n"), "{text} at {size}");
        }
    }
    // Runs without end hold none, wherever they are cut.
    for run in ["1:", "1.", "a", ":", "1.1.1.1."] {
        assert_eq!(IPCONV.prints("--extract", run.repeat(400_001) + "1.1.1.1\n2.2.2.2"), "2.2.2.2\n", "{run}");
    }
    let long = "1.1.1.1 ".repeat(10_000);
    assert_eq!(IPCONV.run("--extract -e", format!("{long}\n::1\n")).status, 1);
    assert_eq!(IPCONV.prints("--extract", format!("{long}\n")).lines().count(), 10_000);
}

#[test]
fn other_forms_of_input() {
    assert_eq!(IPCONV.prints("--from int -o compressed 2130706433 4294967296", ""), "127.0.0.1\n::1:0:0\n");
    assert_eq!(IPCONV.prints("--from int -6 -o compressed 1", ""), "::1\n");
    assert_eq!(IPCONV.prints("--from hex -o compressed 7F000001", ""), "127.0.0.1\n");
    assert_eq!(IPCONV.prints("--from aton -o compressed 0x7f.1 010.0.0.1 1", ""), "127.0.0.1\n8.0.0.1\n0.0.0.1\n");
    assert_eq!(IPCONV.prints("--from mac -o compressed 00-11-22-33-44-55", ""), "fe80::211:22ff:fe33:4455\n");
    assert_eq!(
        IPCONV.prints("--from arpa -o compressed 10.in-addr.arpa 8.b.d.0.1.0.0.2.ip6.arpa.", ""),
        "10.0.0.0/8\n2001:db8::/32\n"
    );
    assert_eq!(IPCONV.prints("--from arpa --cidrs", "0.10.in-addr.arpa\n1.10.in-addr.arpa\n"), "10.0.0.0/15\n");
    // A digit of base 85 and no comment.
    assert_eq!(
        IPCONV.prints("--from base85 -o compressed", "#0000000000000000000\n\n 4)+k&C#VzJ4br>0wv%Yp\r\n"),
        "d81f:7232:c377:8e46:ced8:a94b:ad63:1293\n1080::8:800:200c:417a\n"
    );
    assert_eq!(
        IPCONV.prints("--from base85 -k -f 2 -o compressed", "\n# 4)+k&C#VzJ4br>0wv%Yp\n"),
        "-\n1080::8:800:200c:417a\n"
    );
    assert_eq!(
        IPCONV.run("--from base85 -o int", "\nx\n"),
        seen(1, "", "ipconv: stdin:2: x: 20 digits of base 85 are needed\n")
    );
}

/// 64 KiB without the end of the line are read, in every way that a line can come, and not a byte more.
#[test]
fn the_longest_line_and_one_that_is_longer() {
    const LONGEST: usize = 64 * 1024;
    let line = |head: &str, length: usize| head.to_owned() + &" ".repeat(length - head.len());
    let ways = [
        ("-o int", "0.0.0.9", "9\n"),
        ("-o version,int", "0.0.0.9", "4\t9\n"),
        ("-o int --from int", "9", "9\n"),
        ("-o int -f 1", "0.0.0.9", "9\n"),
        ("--json -o int", "0.0.0.9", "{\"input\":\"0.0.0.9\",\"int\":\"9\",\"error\":null}\n"),
        ("--cidrs", "0.0.0.9 ; x", "0.0.0.9/32\n"),
        ("--cidrs -f 1", "0.0.0.9", "0.0.0.9/32\n"),
        ("--sort --unique", "0.0.0.9", "0.0.0.9\n"),
        ("--unique", "0.0.0.9", "0.0.0.9\n"),
        ("-o int --from base85", "00000000000000000009", "9\n"),
        ("--extract -f 1", "0.0.0.9", "0.0.0.9\n"),
        ("--match-file -", "0.0.0.9", ""),
    ];
    for (kernel, _) in Level::all() {
        // The first two go through the kernels.
        for (words, head, printed) in &ways[..if kernel == "plain" { ways.len() } else { 2 }] {
            let words = words.replace("--match-file -", "--match-file - 0.0.0.9");
            let run = |length: usize, end: &str| -> Seen {
                let mut command = Command::new(IPCONV.0);
                command.args(words.split(' ')).env("IPCONV_KERNEL", kernel);
                feed(&mut command, (line(head, length) + end).as_bytes()).into()
            };
            let is_list = words.contains("--match-file");
            let printed = if is_list { "0.0.0.9\t-\n" } else { printed };
            for end in ["\n", ""] {
                assert_eq!(run(LONGEST, end), seen(0, printed, ""), "{words} {kernel} {end:?}");
                let longer = run(LONGEST + 1, end);
                assert_eq!(longer.status, if is_list { 2 } else { 1 }, "{words} {kernel} {end:?}");
                assert!(
                    longer.err.ends_with(": line longer than 64 KiB\n"),
                    "{words} {kernel} {end:?}: {}",
                    longer.err
                );
                assert_eq!(longer.err.lines().count(), 1);
            }
        }
    }
}

/// Of a line that is too long its first 64 KiB are echoed, and what is before and behind it is read.
#[test]
fn what_is_kept_of_a_line_that_is_too_long() {
    let input = format!("::1\n{}\n::2\n", "x".repeat(64 * 1024 + 1));
    let want = format!("::1\t1\n{}\t-\n::2\t2\n", "x".repeat(64 * 1024));
    for words in ["-k -e -o int", "-k -e -o int -f 1"] {
        let seen = IPCONV.run(words, &input);
        assert_eq!((seen.status, seen.err.lines().count()), (0, 1), "{words}");
        assert!(seen.out == want, "{words}: {} bytes, not {}", seen.out.len(), want.len());
    }
}

#[test]
fn packets_are_data_and_no_lines() {
    assert_eq!(
        IPCONV.prints("--from raw -4 -o compressed", b"\n\r #\0\0\0\0\x7f\0\0\x01"),
        "10.13.32.35\n0.0.0.0\n127.0.0.1\n"
    );
    assert_eq!(IPCONV.prints("--from raw -6 -e -o compressed", [b'#'; 32]).lines().count(), 2);
    assert_eq!(IPCONV.prints("--from raw -o input,compressed", b"\n\n\n\n"), "0a0a0a0a\t10.10.10.10\n");
    assert_eq!(IPCONV.prints("--from raw -o compressed", [0xff; 16]), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n");
    assert_eq!(
        IPCONV.run("--from raw -4 -o compressed", b"\x01\x02\x03\x04\x05\x06"),
        seen(1, "1.2.3.4\n", "ipconv: stdin:2: 0506: 4 bytes are needed\n")
    );
    assert_eq!(
        IPCONV.run("--from raw -o compressed", b"12345"),
        seen(1, "", "ipconv: stdin:1: 3132333435: 4 or 16 bytes are needed\n")
    );
    assert_eq!(IPCONV.run("--from raw -o compressed", vec![7; 1 << 20]).status, 1);
    // What looks like an address may go on after a while.
    let script = format!("(head -c 16 /dev/zero; sleep 0.2; printf x) | {IPCONV} --from raw -o compressed");
    let late: Seen = Command::new("sh").args(["-c", &script]).output().unwrap().into();
    assert_eq!((late.status, &*late.out), (1, ""));
    assert_eq!(IPCONV.prints("--from raw -o compressed", ""), "");
    let many: Vec<u8> = (0..100_000u32).flat_map(u32::to_be_bytes).collect();
    assert_eq!(
        IPCONV.prints("--from raw -4 --cidrs", many),
        "0.0.0.0/16\n0.1.0.0/17\n0.1.128.0/19\n"
            .replace("0.1.128.0/19", "0.1.128.0/22\n0.1.132.0/23\n0.1.134.0/25\n0.1.134.128/27")
    );
    assert_eq!(IPCONV.run("--from raw -f 2", "").status, 2);
}

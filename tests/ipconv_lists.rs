//! ipconv's list modes through its real binary: labels, files, CSV, and the same
//! results as netaddr and iprange.
use std::{
    collections::HashSet,
    net::{Ipv4Addr, Ipv6Addr},
    process::{Command, Stdio},
};

use plainnet_lab::{
    scratch::File,
    tool::{Seen, Tool, command, feed, lacking, long, peer, run, seen},
};

const IPCONV: Tool = Tool(env!("CARGO_BIN_EXE_ipconv"));

/// As Spamhaus and FireHOL write them.
const DROP: &str = "; Spamhaus DROP List\n1.10.16.0/20 ; SBL256894\n# x\n\n 2.0.0.0 - 2.0.0.255#range\n2001:db8::/32\n";

#[test]
fn lists_are_read_as_they_are_published() {
    let list = File::new(DROP);
    assert_eq!(IPCONV.prints(&format!("--in-file {list} 1.10.16.5 2.0.0.9"), ""), "1.10.16.5\n2.0.0.9\n");
    assert_eq!(IPCONV.prints(&format!("--not-in-file {list} 1.10.16.5 1.10.32.0"), ""), "1.10.32.0\n");
    assert_eq!(IPCONV.prints("--cidrs", DROP), "1.10.16.0/20\n2.0.0.0/24\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints("--count", DROP.replace("2001:db8::/32\n", "")), "4352\n");
    assert_eq!(IPCONV.prints("--sort", DROP), "1.10.16.0/20\n2.0.0.0-2.0.0.255\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints("--unique", DROP), "1.10.16.0/20\n2.0.0.0-2.0.0.255\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints("--overlaps", DROP), "");
    assert_eq!(IPCONV.prints(&format!("--common {list}"), DROP), "1.10.16.0/20\n2.0.0.0/24\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {list}"), "1.10.16.0/19 ; x\n"), "1.10.0.0/20\n");
    // Operands are lists, too, and -e echoes the whole line.
    let words = ["--cidrs", "1.10.16.0/20 ; SBL1", "1.10.0.0/20#x", "; head"];
    assert_eq!(run(IPCONV, words, b""), seen(0, "1.10.0.0/19\n", ""));
    assert_eq!(IPCONV.prints("--sort -e", "2.2.2.2 ; b\n1.1.1.1;a\n"), "1.1.1.1;a\t1.1.1.1\n2.2.2.2 ; b\t2.2.2.2\n");
    assert_eq!(IPCONV.prints("--unique -k", "::1\n; x\n::1 # again\n"), "::1\n-\n-\n");
    assert_eq!(
        IPCONV.prints("--sort --json -o int", "1.1.1.1 ; a\n"),
        "{\"input\":\"1.1.1.1\",\"int\":\"16843009\",\"error\":null}\n"
    );
    assert_eq!(
        IPCONV.run("--cidrs", "1.1.1.1 ; a\n1.1.1.1 a\n"),
        seen(1, "1.1.1.1/32\n", "ipconv: stdin:2: 1.1.1.1 a: several words (did you mean ipconv -f 1?)\n")
    );
}

#[test]
fn elsewhere_a_label_is_no_part_of_an_address() {
    for words in ["--is global", "--not private", "--in 0.0.0.0/0", "--not-in ::/0", "-o int", "--expand", "--split 32"]
    {
        let line = IPCONV.run(words, "1.1.1.1 ; x\n");
        assert_eq!(
            line,
            seen(1, "", "ipconv: stdin:1: 1.1.1.1 ; x: several words (did you mean ipconv -f 1?)\n"),
            "{words}"
        );
        let operand = run(IPCONV, words.split_whitespace().chain(["1.1.1.1#x"]), b"");
        assert_eq!((operand.status, &*operand.out), (1, ""), "{words}");
    }
    // Both are digits of base 85.
    assert_eq!(IPCONV.prints("--cidrs --from base85", "#0000000000000000000\n").lines().count(), 1);
    assert_eq!(
        IPCONV.prints("--sort --from base85", "00000000000000000;00\n;0000000000000000000\n").lines().count(),
        2
    );
}

#[test]
fn what_is_no_list_is_an_error_with_its_line() {
    let bad = File::new("1.1.1.0/24 ; a\n; b\n1.1.1.0/33 ; c\n");
    for option in ["--in-file", "--not-in-file", "--exclude-file", "--common", "--match-file"] {
        assert_eq!(
            IPCONV.run(&format!("{option} {bad} ::1"), ""),
            seen(2, "", &format!("ipconv: {bad}:3: 1.1.1.0/33: a prefix longer than 32\n")),
            "{option}"
        );
        assert_eq!(
            IPCONV.run(&format!("{option} /dev/no/list ::1"), ""),
            seen(2, "", "ipconv: /dev/no/list: No such file or directory\n"),
            "{option}"
        );
        assert_eq!(
            IPCONV.run(&format!("{option} -"), ""),
            seen(2, "", &format!("ipconv: {option}: standard input can't be both the prefixes and the inputs\n")),
            "{option}"
        );
    }
    assert_eq!(IPCONV.prints("--common - 1.1.1.0/24", "1.1.1.128/25 ; x\n"), "1.1.1.128/25\n");
    assert_eq!(IPCONV.run("--in-file - --not-in-file - ::1", "").status, 2);
}

#[test]
fn one_set_less_another_and_what_both_have() {
    let (a, b) = (File::new("10.0.0.0/9\n10.128.0.0/9 ; two\n2001:db8::/32\n"), File::new("10.0.0.1\n::/0\n"));
    let inputs = "10.0.0.0/30\n10.0.0.2-10.0.0.5\n2001:db8::/31\n9.9.9.9\n";
    assert_eq!(IPCONV.prints(&format!("--exclude-file {a}"), inputs), "9.9.9.9/32\n2001:db9::/32\n");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {a} --exclude-file {b}"), inputs), "9.9.9.9/32\n");
    assert_eq!(
        IPCONV.prints(&format!("--exclude-file {b}"), inputs),
        "9.9.9.9/32\n10.0.0.0/32\n10.0.0.2/31\n10.0.0.4/31\n"
    );
    assert_eq!(IPCONV.prints(&format!("--common {a}"), inputs), "10.0.0.0/30\n10.0.0.4/31\n2001:db8::/32\n");
    assert_eq!(IPCONV.prints(&format!("--common {a} --common {b}"), inputs), "10.0.0.1/32\n2001:db8::/32\n");
    let empty = File::new("# nothing\n");
    assert_eq!(IPCONV.prints(&format!("--common {empty}"), inputs), "");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {empty}"), "::1\n"), "::1/128\n");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {a}"), "10.0.0.0/8\n"), "");
    assert_eq!(IPCONV.prints(&format!("--common {b} -o network,num_addresses"), "10.0.0.0/8\n"), "10.0.0.1/32\t1\n");
    // An end of the space, where no address follows.
    assert_eq!(IPCONV.prints(&format!("--exclude-file {b} -6 ::/0"), ""), "");
    let last = File::new("255.255.255.255\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {last} 255.255.255.254/31"), ""), "255.255.255.254/32\n");
    assert_eq!(IPCONV.prints(&format!("--exclude-file {last} ::/0"), "").lines().count(), 128);
}

/// `ipconv --count "$unset"` has counted nothing.
#[test]
fn an_empty_operand_is_refused() {
    let list = File::new("10.0.0.0/8\n");
    let modes = ["--count", "--cidrs", "--sort", "--unique", "--overlaps"].map(str::to_owned);
    for mode in modes.into_iter().chain([format!("--common {list}"), format!("--exclude-file {list}")]) {
        for (operand, shown) in [("", "''"), (" ", " ")] {
            let words = mode.split(' ').chain(["--", operand]);
            let out = if mode == "--count" { "0\n" } else { "" };
            let err = format!("ipconv: {shown}: not an address\n");
            assert_eq!(plainnet_lab::tool::run(IPCONV, words, b""), seen(1, out, &err), "{mode} {operand:?}");
        }
    }
    assert_eq!(IPCONV.prints("--count", "\n# x\n10.0.0.0/31 # y\n; z\n"), "2\n");
}

/// Of nested ranges the innermost answers, however many there are.
#[test]
fn ranges_in_ranges() {
    let v4 = |bits: u32| std::net::Ipv4Addr::from(bits);
    let (first, last) = (10 << 24, (11 << 24) - 1);
    let list: String = (0..20_000).map(|n| format!("{}-{} ; {n}\n", v4(first + n), v4(last - n))).collect();
    let asked: String = (0..20_000).map(|n| format!("{}-{}\n", v4(first + n), v4(last - 30_000))).collect();
    let want: String = (0..20_000).map(|n| format!("{}-{}\t{n}\n", v4(first + n), v4(last - n))).collect();
    let list = File::new(&list);
    assert!(IPCONV.prints(&format!("--match-file {list}"), asked) == want);
}

#[test]
fn what_is_not_in_a_list() {
    assert_eq!(
        IPCONV.prints("--not-in 10.0.0.0/9,10.128.0.0/9", "10.1.1.1\n10.0.0.0/8\n10.0.0.0/7\n9.255.255.255\n::1\n"),
        "10.0.0.0/7\n9.255.255.255\n::1\n"
    );
    assert_eq!(
        IPCONV.prints("--in 10.0.0.0/8 --not-in 10.1.0.0/16", "10.1.1.1\n10.2.0.0\n11.0.0.0\n10.0.0.0/8\n"),
        "10.2.0.0\n10.0.0.0/8\n"
    );
    assert_eq!(IPCONV.prints("--not-in 10.0.0.0/8 -k", "10.0.0.1\n::1\n"), "-\n::1\n");
    assert_eq!(IPCONV.run("--not-in 0.0.0.0/0 1.1.1.1", ""), seen(1, "", ""));
    assert_eq!(IPCONV.prints("--not-in 10.0.0.0-10.0.0.9 ::ffff:10.0.0.1", ""), "::ffff:10.0.0.1\n");
    assert_eq!(IPCONV.run("--deep --not-in 10.0.0.0-10.0.0.9 ::ffff:10.0.0.1", ""), seen(1, "", ""));
    assert_eq!(IPCONV.prints("--extract --not-in 10.0.0.0/8", "10.0.0.1 > 8.8.8.8\n"), "8.8.8.8\n");
    assert_eq!(IPCONV.prints("--not-in ::/0 -f 2 -d ;", "a;1.1.1.1;b\nc;::1\n"), "a;1.1.1.1;b\n");
}

#[test]
fn the_entry_that_holds_an_address_and_its_label() {
    let list = File::new(
        "10.0.0.0/8 ; ten\n10.1.0.0/16\n10.1.0.0/16 # second\n; x\n2001:DB8::/32 ;doc\x1b[1m\tx\n10.1.2.3 # one\n",
    );
    let words = format!("--match-file {list}");
    assert_eq!(
        IPCONV.prints(&words, "10.1.2.3\n10.1.2.4\n10.2.0.0/16\n10.0.0.0-10.1.0.0\n2001:db8::1\n"),
        "10.1.2.3\tone\n10.1.0.0/16\t-\n10.0.0.0/8\tten\n10.0.0.0/8\tten\n2001:db8::/32\tdoc\\x1b[1m x\n"
    );
    assert_eq!(IPCONV.run(&words, "11.0.0.0\n10.0.0.0\n"), seen(1, "10.0.0.0/8\tten\n", ""));
    assert_eq!(IPCONV.run(&format!("{words} 10.0.0.0/7"), ""), seen(1, "", ""));
    assert_eq!(
        IPCONV.prints(&format!("{words} -k"), "11.0.0.0\n\n::\n10.0.0.1\n"),
        "-\t-\n-\t-\n-\t-\n10.0.0.0/8\tten\n"
    );
    assert_eq!(IPCONV.prints(&format!("{words} -e -f 2"), "a 10.0.0.1 b\n"), "a 10.0.0.1 b\t10.0.0.0/8\tten\n");
    assert_eq!(IPCONV.prints(&format!("{words} -e"), "10.0.0.1\n"), "10.0.0.1\t10.0.0.0/8\tten\n");
    assert_eq!(
        IPCONV.run(&format!("{words} --json"), "10.0.0.1\n10.1.0.0\n11.0.0.0\nx\n"),
        seen(
            1,
            "{\"input\":\"10.0.0.1\",\"match\":\"10.0.0.0/8\",\"label\":\"ten\",\"error\":null}\n\
             {\"input\":\"10.1.0.0\",\"match\":\"10.1.0.0/16\",\"label\":null,\"error\":null}\n\
             {\"input\":\"11.0.0.0\",\"match\":null,\"label\":null,\"error\":\"in no entry of the list\"}\n\
             {\"input\":\"x\",\"match\":null,\"label\":null,\"error\":\"not an address\"}\n",
            "ipconv: stdin:4: x: not an address\n"
        )
    );
    // What a slow look through the list finds, of many addresses through the kernels.
    let entries: Vec<(u32, u32)> = (0..500u32).map(|i| ((i.wrapping_mul(0x9e37_79b9)) & !0xfff, 12 + i % 9)).collect();
    let text: String = entries
        .iter()
        .enumerate()
        .map(|(i, (bits, len))| format!("{}/{len} ; n{i}\n", Ipv4Addr::from(*bits)))
        .collect();
    let many = File::new(text);
    let asked: Vec<u32> = (0..5_000u32).map(|i| i.wrapping_mul(0x85eb_ca6b)).collect();
    let lines: String = asked.iter().map(|bits| format!("{}\n", Ipv4Addr::from(*bits))).collect();
    let want: String = asked
        .iter()
        .map(|bits| {
            let holds = entries.iter().enumerate().filter(|(_, (net, len))| (net ^ bits) >> (32 - len) == 0);
            let best = holds.max_by_key(|(i, (_, len))| (*len, std::cmp::Reverse(*i)));
            best.map_or("-\t-\n".into(), |(i, (net, len))| format!("{}/{len}\tn{i}\n", Ipv4Addr::from(*net)))
        })
        .collect();
    assert!(IPCONV.prints(&format!("--match-file {many} -k"), lines) == want);
}

#[test]
fn pairs_of_entries_that_overlap() {
    let list =
        "11.0.0.0/8\n10.1.2.3 ; x\n10.0.0.0/8\n::/0\n10.1.0.0/16\n10.1.2.3\n10.255.255.255-11.0.0.0\n2001:db8::1\n";
    let want = "11.0.0.0/8\t10.255.255.255-11.0.0.0\n\
                10.1.2.3\t10.0.0.0/8\n10.1.2.3\t10.1.0.0/16\n10.1.2.3\t10.1.2.3\n\
                10.0.0.0/8\t10.1.0.0/16\n10.0.0.0/8\t10.1.2.3\n10.0.0.0/8\t10.255.255.255-11.0.0.0\n\
                ::/0\t2001:db8::1\n\
                10.1.0.0/16\t10.1.2.3\n";
    assert_eq!(IPCONV.prints("--overlaps", list), want);
    assert_eq!(IPCONV.prints("--overlaps 1.1.1.1 1.1.1.2 ::1", ""), "");
    assert_eq!(IPCONV.prints("--overlaps ::1 ::1", ""), "::1\t::1\n");
    assert_eq!(IPCONV.prints("--overlaps 10.0.0.1/8 10.9.9.9/8 -0", ""), "10.0.0.1/8\t10.9.9.9/8\0");
    assert_eq!(
        IPCONV.prints("--overlaps --json ::1 ::/0", ""),
        "{\"input\":\"::1\",\"overlaps\":\"::/0\",\"error\":null}\n"
    );
    assert_eq!(
        IPCONV.run("--overlaps", "::1\nx\n::/127\n"),
        seen(1, "::1\t::/127\n", "ipconv: stdin:2: x: not an address\n")
    );
    let why = "{\"input\":\"x\",\"overlaps\":null,\"error\":\"not an address\"}\n";
    assert_eq!(IPCONV.run("--overlaps --json x", ""), seen(1, why, "ipconv: x: not an address\n"));
    // Five thousand million pairs, of which one is wanted.
    let script = format!("yes ::/0 | head -n 100000 | {IPCONV} --overlaps | head -n 1");
    let out = Command::new("sh").args(["-c", &script]).stderr(Stdio::inherit()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "::/0\t::/0\n");
}

#[test]
fn how_many_addresses() {
    assert_eq!(IPCONV.prints("--count", ""), "0\n");
    assert_eq!(IPCONV.prints("--count 10.0.0.0/8 10.0.0.0/9 ::1 ::1", ""), "16777217\n");
    assert_eq!(IPCONV.prints("--count", "10.0.0.1-10.0.0.9 ; nine\n"), "9\n");
    assert_eq!(IPCONV.prints("--count ::/0", ""), "340282366920938463463374607431768211456\n");
    assert_eq!(IPCONV.prints("--count ::/0 0.0.0.0/0", ""), "340282366920938463463374607436063178752\n");
    assert_eq!(IPCONV.prints("--count --json ::1", ""), "{\"input\":null,\"count\":\"1\",\"error\":null}\n");
    assert_eq!(IPCONV.run("--count x ::1", ""), seen(1, "1\n", "ipconv: x: not an address\n"));
    let why = "{\"input\":\"x\",\"count\":null,\"error\":\"not an address\"}\n{\"input\":null,\"count\":\"1\",\"error\":null}\n";
    assert_eq!(IPCONV.run("--count --json x ::1", ""), seen(1, why, "ipconv: x: not an address\n"));
    assert_eq!(IPCONV.prints("--count -0 ::1", ""), "1\0");
}

#[test]
fn fields_of_csv() {
    let csv = "\"1.0.0.0\",\"1.0.0.255\",\"AU\"\n# x\n1.0.1.0,1.0.1.255,\"a, b\"\n";
    assert_eq!(IPCONV.prints("-d , -f 1,2 --cidrs", csv), "1.0.0.0/23\n");
    assert_eq!(IPCONV.prints("-d , -f 1,2 --count", csv), "512\n");
    assert_eq!(
        IPCONV.prints("-d , -f 1,2 --sort -e", csv),
        "\"1.0.0.0\",\"1.0.0.255\",\"AU\"\t1.0.0.0-1.0.0.255\n1.0.1.0,1.0.1.255,\"a, b\"\t1.0.1.0-1.0.1.255\n"
    );
    assert_eq!(IPCONV.prints("-d , -f 2 --in 1.0.0.0/24", csv), "\"1.0.0.0\",\"1.0.0.255\",\"AU\"\n");
    assert_eq!(IPCONV.prints("-d , -f 1 -o int", csv), "16777216\n16777472\n");
    assert_eq!(IPCONV.prints("-d , -f 1,2 --from int --cidrs", "\"16777216\",\"16777471\",\"AU\"\n"), "1.0.0.0/24\n");
    assert_eq!(IPCONV.prints("-d \\t -f 2 --cidrs", "a\t::1 ; x\tb\n"), "::1/128\n");
    assert_eq!(IPCONV.prints("-d , -f 2 --extract", "1.1.1.1,\"2.2.2.2, 3.3.3.3\",4.4.4.4\n"), "2.2.2.2\n3.3.3.3\n");
    assert_eq!(
        IPCONV.run(
            "-d , -f 1,2 --cidrs",
            "first,last\n1.0.0.0,::1\n1.0.0.9,1.0.0.0\n1.0.0.0\n1.0.0.0/24,1.0.0.9\n::,::1\n"
        ),
        seen(
            1,
            "::/127\n",
            "ipconv: stdin:1: first-last: not an address\n\
             ipconv: stdin:2: 1.0.0.0-::1: a range from one family to the other\n\
             ipconv: stdin:3: 1.0.0.9-1.0.0.0: the range ends before it starts\n\
             ipconv: stdin:4: 1.0.0.0: no such field\n\
             ipconv: stdin:5: 1.0.0.0/24-1.0.0.9: a range has a plain address at either end\n"
        )
    );
    // A comment of a list has no fields; elsewhere it is a line like any other.
    let list = "; head\n ;\nx 1.0.0.1 ; a\n;x 1.0.0.9\nx 1.0.0.1\n# x\n";
    assert_eq!(IPCONV.prints("-f 2 --cidrs", list), "1.0.0.1/32\n");
    assert_eq!(IPCONV.prints("-f 2 --count", list), "1\n");
    assert_eq!(IPCONV.prints("-f 2 --overlaps", list), "1.0.0.1\t1.0.0.1\n");
    assert_eq!(IPCONV.prints("-f 2 --sort --json -o version", list).lines().count(), 2);
    assert_eq!(IPCONV.prints("-f 2 --unique -k", list), "-\n-\n1.0.0.1\n-\n-\n-\n");
    assert_eq!(IPCONV.prints("-d , -f 1,2 --cidrs", "; first, last\n; x\n1.0.0.0,1.0.0.255\n"), "1.0.0.0/24\n");
    assert_eq!(
        IPCONV.run("-f 2 --count -", "; x\ny\n\u{e9}\n1 ::1\n"),
        seen(1, "1\n", "ipconv: stdin:2: y: no such field\nipconv: stdin:3: \u{e9}: no such field\n")
    );
    assert_eq!(IPCONV.run("-f 2 -o version", ";\nx ::1\n"), seen(1, "6\n", "ipconv: stdin:1: ;: no such field\n"));
    for words in [
        "-f 1,2 --cidrs ::1",
        "-d , -f 1,2 ::1",
        "-d , -f 1,2 --is global ::1",
        "-d , -f 1,2 --extract",
        "-d , -f 1,2 --expand",
    ] {
        assert_eq!(IPCONV.run(words, "").status, 2, "{words}");
    }
    for words in ["-f 0 ::1", "-f 1,0 -d , --cidrs", "-f x ::1", "-f +1 ::1", "-f 1, -d , --cidrs", "-d , ::1"] {
        assert_eq!(IPCONV.run(words, "").status, 2, "{words}");
    }
}

#[test]
fn modes_that_do_not_go_together() {
    for (words, err) in [
        ("--cidrs --count ::1", "--count: not together with --cidrs: use a pipe"),
        ("--overlaps --is global ::1", "--overlaps: not together with a filter: use a pipe"),
        ("--count -o int ::1", "-o: not together with --count, which has fields of its own"),
        ("--deep --count ::1", "--deep: not together with --count, which judges no address (a filter or -o does)"),
        (
            "--deep --match-file x --json ::1",
            "--deep: not together with --match-file, which judges no address (a filter or -o does)",
        ),
        ("--deep --cidrs ::1", "--deep: not together with --cidrs, which judges no address (a filter or -o does)"),
        ("--deep --extract x", "--deep: not together with --extract, which judges no address (a filter or -o does)"),
        ("--match-file x -o int ::1", "-o: not together with --match-file, which has fields of its own"),
        ("--common x -e ::1", "-e: not together with --common, whose lines are not those of the input"),
        ("--exclude-file x -k ::1", "-k: not together with --exclude-file, whose lines are not those of the input"),
        ("--overlaps -e ::1", "-e: not together with --overlaps, whose lines are not those of the input"),
        ("--count -k ::1", "-k: not together with --count, whose lines are not those of the input"),
        ("--exclude ::1 --exclude-file x ::1", "--exclude-file: not together with --exclude: use a pipe"),
        ("--ranges ::1", "--ranges: only with --extract"),
        ("--extract --ranges --no-prefixes x", "--ranges: not together with --no-prefixes"),
        ("--extract --sort -k x", "-k: not together with --sort, whose lines are not those of the input"),
    ] {
        assert_eq!(IPCONV.run(words, ""), seen(2, "", &format!("ipconv: {err}\n")), "{words}");
    }
}

/// The same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Prefixes and ranges near each other, so that they overlap and touch.
fn random_list(dice: &mut Dice, entries: u64, v6: bool) -> String {
    let mut list = String::new();
    for _ in 0..entries {
        let (bits, len) = ((dice.roll() % (1 << 20)) as u32, 12 + dice.roll() % 21);
        let one = |bits: u32| Ipv4Addr::from(0x0a00_0000 | bits);
        let six = |bits: u32| Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(bits) << 60);
        match dice.roll() % 4 {
            0 if v6 => list += &format!("{}/{} # a\n", six(bits & u32::MAX << (32 - len)), len + 36),
            1 if v6 => list += &format!("{}-{}\n", six(bits), six(bits + (dice.roll() % 5000) as u32)),
            2 => list += &format!("{}-{} ; b\n", one(bits), one(bits + (dice.roll() % 5000) as u32)),
            _ => list += &format!("{}/{len}\n", one(bits & u32::MAX << (32 - len))),
        }
    }
    list
}

#[test]
fn the_same_sets_as_iprange() {
    let Some(iprange) = peer("iprange") else { return };
    let mut dice = Dice(1);
    for _ in 0..long(50, 4) {
        let lists = [random_list(&mut dice, 400, false), random_list(&mut dice, 400, false)];
        let b = File::new(&lists[1]);
        // It knows `#` alone as the beginning of a label.
        let [pa, pb] = [0, 1].map(|i| File::new(lists[i].replace(" ; b", "")));
        let theirs = |words: &[&str]| -> Vec<String> {
            let seen: Seen = feed(Command::new(&iprange).arg("--dont-fix-network").args(words), b"").into();
            assert_eq!(seen.status, 0, "{words:?}: {}", seen.err);
            seen.out.lines().map(|line| if line.contains('/') { line.into() } else { format!("{line}/32") }).collect()
        };
        let ours =
            |words: &str| -> Vec<String> { IPCONV.prints(words, &lists[0]).lines().map(str::to_owned).collect() };
        assert_eq!(ours("--cidrs"), theirs(&[&pa]));
        assert_eq!(ours(&format!("--exclude-file {b}")), theirs(&[&pa, "--except", &pb]));
        assert_eq!(ours(&format!("--common {b}")), theirs(&["--common", &pa, &pb]));
        let count = theirs(&["-C", &pa]);
        assert_eq!(count[0].trim_end_matches("/32").rsplit(',').next(), ours("--count").first().map(|n| &**n));
    }
}

/// Sets of both families and the pairs that overlap, by netaddr.
const NETADDR: &str = r##"
import sys
from netaddr import IPSet, IPNetwork, IPRange, iprange_to_cidrs
def read(path):
    for line in open(path):
        text = line.split(";")[0].split("#")[0].strip()
        yield IPRange(*text.split("-")) if "-" in text else IPNetwork(text)
a, b = list(read(sys.argv[1])), list(read(sys.argv[2]))
def union(entries):
    return IPSet(net for entry in entries for net in (entry.cidrs() if isinstance(entry, IPRange) else [entry]))
sa, sb = union(a), union(b)
for one in (sa, sa - sb, sa & sb):
    print("\n".join(str(net) for net in one.iter_cidrs()))
    print("--")
print(sa.size)
print("--")
ends = [(entry.version, entry.first, entry.last) for entry in a]
for i, x in enumerate(ends):
    for j in range(i + 1, len(ends)):
        y = ends[j]
        if x[0] == y[0] and x[1] <= y[2] and y[1] <= x[2]:
            print(i, j)
"##;

#[test]
fn the_same_sets_as_netaddr() {
    let Some(python) = peer("python3") else { return };
    let there = command(&python).args(["-c", "import netaddr"]).stderr(Stdio::null()).status().unwrap().success();
    if !there {
        lacking("netaddr is missing: see tests/packages-python.txt");
        return;
    }
    let mut dice = Dice(2);
    for _ in 0..long(30, 2) {
        let lists = [random_list(&mut dice, 300, true), random_list(&mut dice, 300, true)];
        let [a, b] = [0, 1].map(|i| File::new(&lists[i]));
        let seen: Seen = feed(command(&python).args(["-c", NETADDR, &a, &b]), b"").into();
        assert_eq!((seen.status, &*seen.err), (0, ""));
        let parts: Vec<&str> = seen.out.split("--\n").map(str::trim).collect();
        let ours = |words: &str| IPCONV.prints(words, &lists[0]).trim().to_owned();
        assert_eq!(ours("--cidrs"), parts[0]);
        assert_eq!(ours(&format!("--exclude-file {b}")), parts[1]);
        assert_eq!(ours(&format!("--common {b}")), parts[2]);
        assert_eq!(ours("--count"), parts[3]);
        let entries: Vec<&str> = lists[0].lines().map(|line| line.split([' ', ';', '#']).next().unwrap()).collect();
        let pair = |line: &str| {
            let (one, other) = line.split_once(' ').unwrap();
            format!("{}\t{}", entries[one.parse::<usize>().unwrap()], entries[other.parse::<usize>().unwrap()])
        };
        assert_eq!(ours("--overlaps"), parts[4].lines().map(pair).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn the_same_lines_as_grepcidr() {
    let Some(grepcidr) = peer("grepcidr") else { return };
    let mut dice = Dice(3);
    let list: String = (0..300)
        .map(|_| format!("{}/{}\n", Ipv4Addr::from((dice.roll() as u32) & !0xfff), 8 + dice.roll() % 13))
        .collect();
    let lines: String = (0..5_000).map(|_| format!("{}\n", Ipv4Addr::from(dice.roll() as u32))).collect();
    let path = File::new(list);
    for (words, flag) in [("--in-file", None), ("--not-in-file", Some("-v"))] {
        let seen: Seen = feed(Command::new(&grepcidr).args(flag).args(["-f", &path]), lines.as_bytes()).into();
        let (ours, theirs) = (IPCONV.prints(&format!("{words} {path}"), &lines), seen.out);
        let (ours, theirs): (HashSet<&str>, HashSet<&str>) = (ours.lines().collect(), theirs.lines().collect());
        assert!(!theirs.is_empty() && ours == theirs, "{words}");
    }
}

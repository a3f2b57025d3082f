//! ipconv as a user meets it.
use std::path::Path;

use ipconv::{address::simd::Level, spec::SPEC};
use plainnet_common::special::DATES;
use plainnet_lab::{
    scratch::File,
    tool::{self, Seen, Tool, seen},
};

const IPCONV: Tool = Tool(env!("CARGO_BIN_EXE_ipconv"));

#[test]
fn the_manual_tells_the_truth() {
    tool::check_examples(Path::new(&IPCONV), SPEC.examples);
}

#[test]
fn the_version_has_the_dates_of_the_registries() {
    let version = IPCONV.prints("--version", "");
    assert_eq!(version.lines().skip(1).collect::<Vec<_>>(), DATES);
}

#[test]
fn a_bad_line_spoils_itself_only() {
    let seen = IPCONV.run("-o int", "1.2.3.4\n\n# no\n256.1.1.1\n::1\n");
    let want =
        Seen { status: 1, out: "16909060\n1\n".into(), err: "ipconv: stdin:4: 256.1.1.1: a number above 255\n".into() };
    assert_eq!(seen, want);
}

#[test]
fn a_leading_zero_names_both_readings() {
    let seen = IPCONV.run("010.0.0.1", "");
    let err = "ipconv: 010.0.0.1: leading zero: 8.0.0.1 in octal, 10.0.0.1 in decimal\n";
    assert_eq!((seen.status, seen.err.as_str(), seen.out.as_str()), (1, err, ""));
}

#[test]
fn lines_keep_their_place_and_columns() {
    let seen = IPCONV.run("-k -e -o version,packed", "1.2.3.4\n\n#x\nbad\n");
    assert_eq!((seen.status, seen.out.as_str()), (0, "1.2.3.4\t4\t01020304\n\t-\t-\n#x\t-\t-\nbad\t-\t-\n"));
}

/// What a person sees: the network first, then the address, and of the properties those that hold.
#[test]
fn a_person_is_shown_what_there_is() {
    let text = IPCONV.prints("127.0.0.1 10.1.2.3/24", "");
    let want = "\
address         127.0.0.1
version         4
compressed      127.0.0.1
packed          7f000001
int             2130706433
octets          127.0.0.1
reverse_pointer 1.0.0.127.in-addr.arpa
registry        Loopback
registry_block  127.0.0.0/8
registry_rfc    RFC1122
is_loopback     true
is_private      true

network         10.1.2.0/24
netmask         255.255.255.0
hosts           10.1.2.1-10.1.2.254
num_hosts       254
prefixlen       24
address         10.1.2.3
version         4
compressed      10.1.2.3/24
packed          0a010203
int             167838211
octets          10.1.2.3
reverse_pointer 2.1.10.in-addr.arpa
registry        Private-Use
registry_block  10.0.0.0/8
registry_rfc    RFC1918
is_private      true
";
    assert_eq!(text, want);
    let text = IPCONV.prints("fe80::0211:22ff:fe33:4455%eth0", "");
    let want = "\
address         fe80::211:22ff:fe33:4455%eth0
version         6
compressed      fe80::211:22ff:fe33:4455%eth0
exploded        fe80:0000:0000:0000:0211:22ff:fe33:4455%eth0
packed          fe80000000000000021122fffe334455
int             338288524927261089654167835586904409173
reverse_pointer 5.5.4.4.3.3.e.f.f.f.2.2.1.1.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa
registry        Link-Local Unicast
registry_block  fe80::/10
registry_rfc    RFC4291
zone            eth0
mac             00:11:22:33:44:55
is_link_local   true
is_private      true
";
    assert_eq!(text, want);
    let names = |words: &str| -> Vec<String> {
        IPCONV.prints(words, "").lines().map(|l| l.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let plain = ["address", "version", "compressed", "exploded", "packed", "int", "reverse_pointer"];
    let teredo = ["registry", "registry_block", "registry_rfc", "teredo", "embedded", "is_private"];
    assert_eq!(names("2001:0:808:808::1"), [&plain[..], &teredo].concat());
    let global = ["is_global", "is_public"];
    assert_eq!(names("2600::1"), [&plain[..], &global].concat());
    let range = ["num_addresses", "version", "compressed", "registry", "registry_block", "registry_rfc", "is_private"];
    assert_eq!(names("10.0.0.1-10.0.0.20"), range);
    let network = ["network", "netmask", "hosts", "num_hosts", "prefixlen"];
    assert_eq!(names("2600::/32"), [&network[..], &plain, &["is_global"]].concat());
}

#[test]
fn new_fields_come_last_of_all() {
    let text = IPCONV.prints("-o all --json 2600::5efe:10.0.0.1", "");
    let end = ",\"num_hosts\":null,\"is_public\":false,\"embedded\":\"10.0.0.1 isatap\",\
               \"unscoped\":\"2600::5efe:a00:1\",\"hosts\":null,\"error\":null}\n";
    assert!(text.ends_with(end), "{text}");
    let end = ",\"num_hosts\":null,\"is_public\":true,\"embedded\":null,\"unscoped\":\"2600::1\",\"hosts\":null,\"error\":null}\n";
    assert!(IPCONV.prints("--json 2600::1", "").ends_with(end));
    let nulls =
        ",\"is_public\":null,\"embedded\":null,\"unscoped\":null,\"hosts\":null,\"error\":\"not an address\"}\n";
    assert!(IPCONV.run("--json x", "").out.ends_with(nulls));
    for (input, want) in [
        ("2002:c000:204::5efe:a00:1", "192.0.2.4 6to4, 10.0.0.1 isatap\t2002:c000:204::5efe:a00:1\t-"),
        (
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "65.54.227.120 teredo-server, 192.0.2.45 teredo-client\t2001:0:4136:e378:8000:63bf:3fff:fdd2\t-",
        ),
        ("fe80::1%eth0/64", "-\tfe80::1\tfe80::1-fe80::ffff:ffff:ffff:ffff"),
        ("10.0.0.7/31", "-\t10.0.0.7\t10.0.0.6-10.0.0.7"),
        ("10.0.0.7/32", "-\t10.0.0.7\t10.0.0.7-10.0.0.7"),
        ("10.0.0.7/29", "-\t10.0.0.7\t10.0.0.1-10.0.0.6"),
        ("2001:db8::/127", "-\t2001:db8::\t2001:db8::-2001:db8::1"),
        ("10.0.0.1", "-\t10.0.0.1\t-"),
        ("::ffff:0:10.0.0.1-::ffff:0:10.0.0.2", "-\t-\t-"),
    ] {
        assert_eq!(IPCONV.prints("-o embedded,unscoped,hosts", input).trim_end(), want, "{input}");
    }
}

/// The guard of the manual: no option, no standard input, no message.
#[test]
fn the_guard_lets_nothing_inside_pass_and_says_nothing() {
    let guard = |ip: &str| tool::run(IPCONV, ["-q", "--is", "public", "--", ip], b"");
    for ip in ["8.8.8.8", "2600::1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "2600::5efe:808:808"] {
        assert_eq!(guard(ip), Seen { status: 0, out: String::new(), err: String::new() }, "{ip}");
    }
    let inside = "2606:4700:4700::1111%]@[::1 ::ffff:0:127.0.0.1 ::ffff:127.0.0.1 224.0.0.1 239.255.255.250 ff02::1 fec0::1 \
        4000::1 200::1 8.8.8.0/24 8.8.8.8/32 8.8.8.8-9.9.9.9 8.8.8.8-8.8.8.8 2600::1%eth0 64:ff9b::10.0.0.1 2002:808:808:: \
        2600::5efe:10.0.0.1 2600::200:5efe:7f00:1 100.64.0.1 240.0.0.1 0x7f000001 2130706433 127.1 010.0.0.1 localhost \
        ::8.8.8.8 [2600::1] 8.8.8.8:80 http://8.8.8.8/ \u{ff18}.8.8.8 8.8.8.8\u{1} --help -q - # 8.8.8.8,9.9.9.9";
    for ip in inside.split_whitespace().chain(["", " 8.8.8.8", "8.8.8.8 ", "8.8.8.8\n10.0.0.1", "\u{1b}]0;x\u{7}"]) {
        assert_eq!(guard(ip), Seen { status: 1, out: String::new(), err: String::new() }, "{ip:?}");
    }
    // The other way round it passes what is no public address, ranges of them, too.
    assert_eq!(IPCONV.prints("--not public", "8.8.8.8\n8.8.8.0/24\n10.0.0.1\n"), "8.8.8.0/24\n10.0.0.1\n");
}

/// An address in the IPv4-translated form (RFC 2765) is looked into, too.
#[test]
fn deep_sees_translated_addresses() {
    assert_eq!(IPCONV.run("-q --deep --is global ::ffff:0:127.0.0.1", "").status, 1);
    assert_eq!(IPCONV.run("-q --deep --is global ::ffff:0:8.8.8.8", "").status, 0);
    assert_eq!(IPCONV.prints("--deep --is loopback", "::ffff:0:127.0.0.1\n::ffff:0:8.8.8.8\n"), "::ffff:0:127.0.0.1\n");
    assert_eq!(IPCONV.prints("--deep --in 10.0.0.0/8", "::ffff:0:10.0.0.1\n"), "::ffff:0:10.0.0.1\n");
}

#[test]
fn literals_of_four_languages() {
    let text = IPCONV.prints("-o c,python,rust,go 127.0.0.1", "");
    let want = "{0x7f, 0x00, 0x00, 0x01}\tb'\\x7f\\x00\\x00\\x01'\t[0x7f, 0x00, 0x00, 0x01]\t[4]byte{0x7f, 0x00, 0x00, 0x01}\n";
    assert_eq!(text, want);
}

#[test]
fn hosts_and_counts_at_the_edges() {
    let fields = "-o first_host,last_host,num_hosts,num_addresses";
    for (net, want) in [
        ("0.0.0.0/0", "0.0.0.1\t255.255.255.254\t4294967294\t4294967296"),
        ("10.0.0.7/30", "10.0.0.5\t10.0.0.6\t2\t4"),
        ("10.0.0.7/31", "10.0.0.6\t10.0.0.7\t2\t2"),
        ("10.0.0.7/32", "10.0.0.7\t10.0.0.7\t1\t1"),
        ("2001:db8::/126", "2001:db8::1\t2001:db8::3\t3\t4"),
        ("2001:db8::/127", "2001:db8::\t2001:db8::1\t2\t2"),
        ("2001:db8::/128", "2001:db8::\t2001:db8::\t1\t1"),
        (
            "::/0",
            "::1\tffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\t340282366920938463463374607431768211455\t340282366920938463463374607431768211456",
        ),
        ("10.0.0.1", "-\t-\t-\t1"),
    ] {
        assert_eq!(IPCONV.prints(&format!("{fields} {net}"), "").trim_end(), want, "{net}");
    }
}

#[test]
fn json_has_an_object_for_every_input() {
    let seen =
        IPCONV.run("--json -o address,version,int,prefixlen,is_site_local,is_global", "8.8.8.8\nno\"\nfe80::1%e/64\n");
    let want = concat!(
        "{\"input\":\"8.8.8.8\",\"address\":\"8.8.8.8\",\"version\":4,\"int\":\"134744072\",\"prefixlen\":null,\"is_site_local\":null,\"is_global\":true,\"error\":null}\n",
        "{\"input\":\"no\\\"\",\"address\":null,\"version\":null,\"int\":null,\"prefixlen\":null,\"is_site_local\":null,\"is_global\":null,\"error\":\"not an address\"}\n",
        "{\"input\":\"fe80::1%e/64\",\"address\":\"fe80::1%e\",\"version\":6,\"int\":\"338288524927261089654018896841347694593\",\"prefixlen\":64,\"is_site_local\":false,\"is_global\":false,\"error\":null}\n",
    );
    assert_eq!((seen.status, seen.out.as_str()), (1, want));
}

/// `-k` prints no `-` in JSON: the object of what yields nothing says why.
#[test]
fn json_keeps_an_object_for_what_yields_nothing() {
    let object = |input: &str, why: &str| format!("{{\"input\":\"{input}\",\"version\":null,\"error\":\"{why}\"}}\n");
    let filtered = object("10.0.0.1", "does not pass the filter");
    assert_eq!(IPCONV.prints("--json -o version -k --is global 10.0.0.1", ""), filtered);
    let passed = "{\"input\":\"8.8.8.8\",\"version\":4,\"error\":null}\n";
    assert_eq!(IPCONV.prints("--json -o version -k --not-in 10.0.0.0/8", "10.0.0.1\n8.8.8.8\n"), filtered + passed);
    assert_eq!(IPCONV.prints("--json -o version --is global 10.0.0.1 8.8.8.8", ""), passed);
    for words in ["--json -o version --exclude 10.0.0.0/8", "--json -o version -k --exclude 10.0.0.0/8"] {
        assert_eq!(IPCONV.prints(words, "10.0.0.1\n"), object("10.0.0.1", "nothing is left"), "{words}");
    }
    assert_eq!(
        IPCONV.prints("--json -o version -k --unique 8.8.8.8 8.8.8.8", ""),
        passed.to_owned() + &object("8.8.8.8", "the same as an input before")
    );
    assert_eq!(IPCONV.prints("--json -o version --unique 8.8.8.8 8.8.8.8", ""), passed);
    assert_eq!(
        IPCONV.prints("--json -o version -k --extract", "at 8.8.8.8\nno one\n"),
        passed.to_owned() + &object("no one", "no address")
    );
    assert_eq!(
        IPCONV.prints("--json -o version -k --extract --is global", "at 10.0.0.1\n"),
        object("at 10.0.0.1", "no address that passes the filter")
    );
    assert_eq!(IPCONV.run("--json -o version -k --extract -f 3", "a b\n").out, object("a b", "no such field"));
}

/// `-k` makes every status 0, and so would open the guard.
#[test]
fn a_guard_is_not_kept_open() {
    let err = "ipconv: -k: not together with -q and a filter, which ask for the status alone\n";
    for words in ["-q -k --is public 10.0.0.1", "-k --not-in ::/0 -q ::1", "--extract -qk --is global /dev/null"] {
        let seen = IPCONV.run(words, "");
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (2, "", err), "{words}");
    }
    assert_eq!(IPCONV.prints("-q -k -o version", "x\n::1\n"), "-\n6\n");
}

#[test]
fn a_filter_answers_as_grep_does() {
    let lines = "8.8.8.8\n10.0.0.1\n 100.64.0.1 \n";
    assert_eq!(IPCONV.prints("--is global", lines), "8.8.8.8\n");
    assert_eq!(IPCONV.prints("--not is_global", lines), "10.0.0.1\n 100.64.0.1 \n");
    assert_eq!(IPCONV.prints("--not global --not private", lines), " 100.64.0.1 \n");
    assert_eq!(IPCONV.prints("--is global -o int,is_private", lines), "134744072\tfalse\n");
    assert_eq!(IPCONV.prints("-f 2 --is private", "a 10.0.0.1 x\nb 8.8.8.8 y\n"), "a 10.0.0.1 x\n");
    assert_eq!(IPCONV.prints("-q --deep --is global 64:ff9b::8.8.8.8", ""), "");
    let seen = IPCONV.run("-q --deep --is global 64:ff9b::10.0.0.1", "");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (1, "", ""));
    assert_eq!(IPCONV.run("--is global", "8.8.8.8\nx\n").status, 1);
    assert_eq!(IPCONV.run("--is multicast", lines).status, 1);
    assert_eq!(IPCONV.prints("-k --is global", lines), "8.8.8.8\n-\n-\n");
    assert_eq!(IPCONV.prints("-e --not global", lines), "10.0.0.1\t10.0.0.1\n100.64.0.1\t 100.64.0.1 \n");
    assert_eq!(IPCONV.prints("-e -k --is global -o version,int", "1.1.1.1\n::\n"), "1.1.1.1\t4\t16843009\n::\t-\t-\n");
}

/// What is inside an address counts in every mode that prints what it is good for.
#[test]
fn deep_goes_with_the_modes_that_judge() {
    for words in ["--cidrs -o is_loopback", "--expand -o is_loopback", "--extract -o is_loopback"] {
        assert_eq!(IPCONV.prints(&format!("--deep {words}"), "::ffff:0:127.0.0.1\n"), "true\n", "{words}");
        assert_eq!(IPCONV.prints(words, "::ffff:0:127.0.0.1\n"), "false\n", "{words}");
    }
    assert_eq!(IPCONV.prints("--deep --extract --is loopback", "at ::ffff:0:127.0.0.1\n"), "::ffff:0:7f00:1\n");
    assert!(IPCONV.prints("--deep --cidrs --json ::ffff:0:127.0.0.1", "").contains("\"is_loopback\":true"));
}

#[test]
fn one_family_alone() {
    let seen = IPCONV.run("-4 -o version", "::1\n1.1.1.1\n");
    let want = Seen { status: 1, out: "4\n".into(), err: "ipconv: stdin:1: ::1: not IPv4\n".into() };
    assert_eq!(seen, want);
}

#[test]
fn wrong_words_are_refused_by_name() {
    for (words, err) in [
        ("--is nice ::1", "--is: nice: one of unspecified,"),
        ("--is publik ::1", "--is: publik: no such property (did you mean public?)\n"),
        ("--not is_gobal ::1", "--not: is_gobal: no such property (did you mean global?)\n"),
        ("--is link-local ::1", "--is: link-local: no such property (did you mean link_local?)\n"),
        ("--is", "--is: needs a value\n"),
        ("-o int,speed ::1", "-o: speed: no such field; there are input address"),
        ("-o compresed ::1", "-o: compresed: no such field (did you mean compressed?)\n"),
        ("-o int,,int ::1", "-o: '': no such field; there are"),
        ("-o is_publc ::1", "-o: is_publc: no such field (did you mean is_public?)\n"),
        ("-o alll ::1", "-o: alll: no such field (did you mean all?)\n"),
        ("--ouput int ::1", "--ouput: unknown option (did you mean --output?)\n"),
        ("--extrat x", "--extrat: unknown option (did you mean --extract?)\n"),
        ("--colour ::1", "--colour: unknown option (see ipconv --help)\n"),
        ("-z ::1", "-z: unknown option (see ipconv --help)\n"),
        ("--deep=yes ::1", "--deep"),
        ("--from loos ::1", "--from: loos: unknown value (did you mean loose?)\n"),
        ("--from dns ::1", "--from: dns: one of text, int, hex, raw, arpa, base85, aton, mac, loose is needed\n"),
        ("--split +8 ::/0", "--split: +8: a prefix length from 0 to 128 is needed"),
        ("--split /24 ::/0", "--split: /24: a prefix length from 0 to 128 is needed"),
        ("--in 10.0.0.0/33 ::1", "--in: 10.0.0.0/33: a prefix longer than 32"),
        ("--in localhost ::1", "--in: localhost: not an address"),
        ("--in ::/0,10.0.0.1:80 ::1", "--in: 10.0.0.1:80: an address and a port (did you mean 10.0.0.1?)\n"),
        ("--exclude 10/8 ::1", "--exclude: 10/8: not a block as inet_pton(3) reads it (did you mean 10.0.0.0/8?)\n"),
        ("--in-file /nowhere ::1", "/nowhere: No such file or directory\n"),
        ("-4 -6 ::1", "-4: not together with -6"),
        ("--cidrs --expand ::1", "--expand: not together with --cidrs: use a pipe"),
        ("--unique --cidrs ::1", "--unique: not together with --cidrs: use a pipe"),
        ("--sort -k ::1", "-k: not together with --sort, whose lines are not those of the input"),
        ("--dot-port ::1", "--dot-port: only with --extract"),
        ("-f 0 ::1", "-f: 0: fields are counted from 1"),
        ("-f -1 ::1", "-f: -1: "),
        ("-f 1e3 ::1", "-f: 1e3: "),
        ("--generate html", "--generate: html: man, bash, zsh or fish is needed\n"),
    ] {
        let seen = IPCONV.run(words, "");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words}");
        assert!(seen.err.starts_with(&format!("ipconv: {err}")), "{words}: {}", seen.err);
    }
}

/// What is plainly something else is refused with the command that would do.
#[test]
fn what_people_paste_is_answered_with_the_command_for_it() {
    let extract = "did you mean ipconv --extract, which reads text?";
    for (operand, hint) in [
        ("[::1]", extract),
        ("[::1]:80", extract),
        ("10.0.0.1:80", extract),
        ("http://10.0.0.1/", extract),
        ("00:11:22:33:44:55", "did you mean ipconv --from mac?"),
        ("00-11-22-33-44-55", "did you mean ipconv --from mac?"),
        ("0x7f000001", "did you mean ipconv --from hex?"),
        ("2130706433", "did you mean ipconv --from int?"),
        ("localhost", "did you mean dnsall -a localhost?"),
        ("127.1", "did you mean ipconv --from aton?"),
        ("10.0.*.*", "did you mean ipconv --from loose?"),
        ("10.0.0.1\u{2013}10.0.0.5", "did you mean ipconv 10.0.0.1-10.0.0.5?"),
        ("fe80::1%eth0-fe80::2%eth0", "did you mean ipconv fe80::1-fe80::2?"),
        ("1[.]2[.]3[.]4", "did you mean ipconv --extract --defanged, which reads text?"),
        ("4)+k&C#VzJ4br>0wv%Yp", "did you mean ipconv --from base85?"),
        ("AS15169", "did you mean rirwhois AS15169?"),
        ("1.2.3.4.", "did you mean ipconv 1.2.3.4?"),
    ] {
        let seen = tool::run(IPCONV, [operand], b"");
        assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{operand}");
        assert!(seen.err.starts_with(&format!("ipconv: {operand}: ")), "{}", seen.err);
        assert!(seen.err.ends_with(&format!(" ({hint})\n")), "{}", seen.err);
    }
    let lines = "10.0.0.0 0.0.0.255\ndev.to\t151.101.66.217\n1.1.1.1\n";
    let seen = IPCONV.run("-o compressed", lines);
    let err = "ipconv: stdin:1: 10.0.0.0 0.0.0.255: an address and a mask \
               (did you mean 10.0.0.0/0.0.0.255, or ipconv --from loose?)\n\
               ipconv: stdin:2: dev.to\\t151.101.66.217: several words (did you mean ipconv -f 2?)\n";
    assert_eq!(seen, Seen { status: 1, out: "1.1.1.1\n".into(), err: err.into() });
    // What was typed is not proposed again, and every mode that reads addresses says the same.
    for (words, line, hint) in [
        (
            "-f 2 -o int",
            "a 10.0.0.1,b",
            "10.0.0.1,b: several fields (did you mean ipconv --extract, which reads text?)",
        ),
        (
            "-d , -f 2 --cidrs",
            "a,b 10.0.0.1",
            "b 10.0.0.1: several words (did you mean ipconv --extract, which reads text?)",
        ),
        (
            "--match-file /dev/null",
            "[::1]:80",
            "[::1]:80: an address and a port (did you mean ipconv --extract, which reads text?)",
        ),
        ("-o int", "1.2.3.4 255.0.255.0", "1.2.3.4 255.0.255.0: an address, and neither a netmask nor a hostmask"),
        (
            "--from loose --cidrs",
            "10.0.0.1:80",
            "10.0.0.1:80: an address and a port (did you mean ipconv --extract, which reads text?)",
        ),
        ("--overlaps", "::1 ::2", "::1 ::2: several words (did you mean ipconv --extract, which reads text?)"),
    ] {
        let want = Seen { status: 1, out: String::new(), err: format!("ipconv: stdin:1: {hint}\n") };
        assert_eq!(IPCONV.run(words, line), want, "{words}");
    }
    let seen = IPCONV.run("--json -o int localhost", "");
    assert!(
        seen.out.ends_with("\"error\":\"a name, not an address (did you mean dnsall -a localhost?)\"}\n"),
        "{seen:?}"
    );
}

/// Which is what ipcalc and its kind take.
#[test]
fn a_mask_as_an_operand_of_its_own_is_pointed_out() {
    for (words, hint) in [
        (
            "10.0.0.1 255.255.255.0",
            "255.255.255.0: a mask, not an address (did you mean ipconv 10.0.0.1/255.255.255.0?)",
        ),
        (
            "-o network 10.0.0.0 0.0.0.255",
            "0.0.0.255: a mask, not an address (did you mean ipconv 10.0.0.0/0.0.0.255?)",
        ),
    ] {
        let seen = IPCONV.run(words, "");
        assert_eq!((seen.status, seen.err), (1, format!("ipconv: {hint}\n")), "{words}");
    }
    // Whatever is asked of them, and whatever they are read for.
    let hint = "ipconv: 255.255.255.0: a mask, not an address (did you mean ipconv 10.0.0.1/255.255.255.0?)\n";
    for (words, printed) in [
        ("-o packed 10.0.0.1 255.255.255.0 ::1", "0a000001\n00000000000000000000000000000001\n"),
        ("--is private 10.0.0.1 255.255.255.0", "10.0.0.1\n"),
        ("--cidrs 10.0.0.1 255.255.255.0", "10.0.0.1/32\n"),
        ("--sort --from loose 10.0.0.1 255.255.255.0", "10.0.0.1\n"),
        ("-k -o version 10.0.0.1 255.255.255.0", "4\n-\n"),
    ] {
        let want = Seen { status: i32::from(!words.contains("-k")), out: printed.into(), err: hint.into() };
        assert_eq!(IPCONV.run(words, ""), want, "{words}");
    }
    assert_eq!(IPCONV.prints("-o packed 10.0.0.1 - 255.255.255.0", "::1\n").lines().count(), 3);
    assert_eq!(IPCONV.prints("-o packed 255.255.0.0 255.255.255.0 0.0.0.255", "").lines().count(), 3);
    assert_eq!(IPCONV.run("255.255.255.0", "").status, 0);
    assert_eq!(IPCONV.run("0.0.0.0 255.255.255.255", "").status, 0);
    assert_eq!(IPCONV.prints("-o network", "10.0.0.1\n255.255.255.0\n"), "-\n-\n");
}

/// An operand is a line like any other, so that the command that a message proposes for it works.
#[test]
fn fields_of_operands() {
    let run = |words: &[&str]| tool::run(IPCONV, words, b"x 9.9.9.9\n");
    let seen = |status, out: &str, err: &str| Seen { status, out: out.into(), err: err.into() };
    assert_eq!(run(&["-f", "2", "-o", "int", "dev.to\t0.0.0.9"]), seen(0, "9\n", ""));
    assert_eq!(run(&["-d,", "-f2", "--is", "private", "a,\"10.0.0.1\",b"]), seen(0, "a,\"10.0.0.1\",b\n", ""));
    assert_eq!(run(&["-f", "2", "-e", "-o", "version", "a ::1", "-"]), seen(0, "a ::1\t6\nx 9.9.9.9\t4\n", ""));
    assert_eq!(run(&["-d", ",", "-f", "1,2", "--cidrs", "10.0.0.0,10.0.0.9"]).out, "10.0.0.0/29\n10.0.0.8/31\n");
    assert_eq!(run(&["-f", "2", "-o", "int", "10.0.0.1"]), seen(1, "", "ipconv: 10.0.0.1: no such field\n"));
    assert_eq!(
        run(&["-f", "2", "-o", "int", "a dev.to"]).err,
        "ipconv: dev.to: a name, not an address (did you mean dnsall -a dev.to?)\n"
    );
    assert_eq!(run(&["-f", "1", "--match-file", "/dev/null", "-k", "::1 x"]), seen(0, "-\t-\n", ""));
}

#[test]
fn all_fields_and_others() {
    assert_eq!(
        IPCONV.prints("-o all,int,version ::1", ""),
        IPCONV.prints("-o all ::1", "").trim_end().to_owned() + "\t1\t6\n"
    );
    assert_eq!(IPCONV.prints("--json -o int,all ::1", "").matches("\"int\":").count(), 1);
}

#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(IPCONV);
    let end = command.arg("::1").stdout(full).output().unwrap();
    assert_eq!(end.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&end.stderr), "ipconv: stdout: No space left on device\n");
}

/// Lines of every kind between plain ones, so that what goes out as it is and
/// what is made anew must come in order, at every level of the kernels.
#[test]
fn fast_lines_and_odd_lines_keep_their_order() {
    let some = "1.2.3.4\n::1\n 5.6.7.8 \n#x\n\nFE80::1\n10.0.0.0/8\n8.8.8.8\r\n2001:db8:0:0:1:0:0:1\nno\n::ffff:1.2.3.4\nfe80::1%e\n";
    let (mut input, mut want) = (String::new(), String::new());
    for i in 0..20_000u32 {
        let plain = std::net::Ipv4Addr::from(i.wrapping_mul(2_654_435_761));
        input += &format!("{plain}\n");
        want += &format!("{plain}\n");
        if i % 7 == 0 {
            input += some;
            want += "1.2.3.4\n::1\n5.6.7.8\n-\n-\nfe80::1\n10.0.0.0/8\n8.8.8.8\n2001:db8::1:0:0:1\n-\n::ffff:1.2.3.4\nfe80::1%e\n";
        }
    }
    input.pop();
    for (kernel, _) in Level::all() {
        let run = |words: &str| {
            let mut command = std::process::Command::new(IPCONV);
            let seen: Seen =
                tool::feed(command.args(words.split_whitespace()).env("IPCONV_KERNEL", kernel), input.as_bytes())
                    .into();
            assert_eq!(seen.status, 0, "{words}");
            assert_eq!(seen.err.lines().count(), 20_000usize.div_ceil(7), "{words}");
            assert!(seen.err.starts_with("ipconv: stdin:11: no: not an address\n"), "{}", &seen.err[..60]);
            seen.out
        };
        assert!(run("-k -o compressed") == want, "{kernel}");
        let both = run("-k -o compressed,version");
        assert_eq!(both.lines().count(), want.lines().count());
        assert!(both.lines().zip(want.lines()).all(|(a, b)| a.starts_with(b)), "{kernel}");
        let all = run("-k --in 0.0.0.0/0,::/0");
        let lines = input.replace("\r\n", "\n");
        assert!(
            all.lines()
                .zip(lines.lines().zip(want.lines()))
                .all(|(got, (line, want))| got == if want == "-" { "-" } else { line }),
            "{kernel}"
        );
        assert_eq!(all.lines().count(), want.lines().count());
    }
}

/// What is read at once is 256 KiB of a file; no line is worse for the cut.
#[test]
fn a_line_may_stand_across_blocks() {
    let lines = "1.2.3.4\n2001:db8:0:0:1:0:0:1\nno\n\n2001:db8:1:2:3:4:5:6\r\n::ffff:1.2.3.4";
    let compressed = "-\n1.2.3.4\n2001:db8::1:0:0:1\n-\n-\n2001:db8:1:2:3:4:5:6\n::ffff:1.2.3.4\n";
    let private = "-\n-\n2001:db8:0:0:1:0:0:1\n-\n-\n2001:db8:1:2:3:4:5:6\r\n-\n";
    let path = File::new("");
    for before in 0..=lines.len() {
        let comments = "#".repeat(49_999) + "\n";
        let rest = 256 * 1024 - before - 4 * comments.len();
        std::fs::write(&*path, comments.repeat(4) + &"#".repeat(rest - 1) + "\n" + lines).unwrap();
        let kernels = Level::all();
        // Every place is tried, but not with every kernel, where the time is short.
        let one = before % kernels.len();
        let kernels = if tool::long(1, 0) == 1 { &kernels[..] } else { &kernels[one..=one] };
        for (kernel, _) in kernels {
            for (words, want) in [("-k -o compressed", compressed), ("-k --is private", private)] {
                let mut command = std::process::Command::new(IPCONV);
                command.args(words.split(' ')).env("IPCONV_KERNEL", kernel).stdin(std::fs::File::open(&*path).unwrap());
                let seen: Seen = command.output().unwrap().into();
                let want = "-\n".repeat(4) + want;
                let said = "ipconv: stdin:8: no: not an address\n";
                assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want, said), "{kernel} {words} {before}");
            }
        }
    }
}

#[test]
fn a_huge_line_spoils_itself_only() {
    for words in ["-o compressed", "-o int,version", "-o first"] {
        let input = format!(
            "\u{feff}1.1.1.1\n{}\n2.2.2.2\n{}\n3.3.3.3\n{}",
            "x".repeat(70_000),
            "y".repeat(700_000),
            "z".repeat(65_537)
        );
        let seen = IPCONV.run(words, &input);
        assert_eq!((seen.status, seen.out.lines().count()), (1, 3), "{words}");
        let numbers: Vec<&str> = seen.err.lines().map(|l| l.split(':').nth(2).unwrap()).collect();
        assert_eq!(numbers, ["2", "4", "6"], "{words}");
        assert!(seen.err.lines().all(|l| l.ends_with(": line longer than 64 KiB")), "{words}");
    }
}

#[test]
fn operands_and_standard_input_mix_in_order() {
    assert_eq!(IPCONV.prints("-o compressed ::A - 1.1.1.1", "::B\n2.2.2.2\n"), "::a\n::b\n2.2.2.2\n1.1.1.1\n");
    assert_eq!(
        IPCONV.prints("--is private 10.1.1.1 - 10.2.2.2", "8.8.8.8\n10.3.3.3"),
        "10.1.1.1\n10.3.3.3\n10.2.2.2\n"
    );
}

#[test]
fn an_empty_input_is_no_input() {
    for input in ["", "\u{feff}", "\n", "\u{feff}\n"] {
        assert_eq!(IPCONV.prints("-o compressed", input), "");
        assert_eq!(IPCONV.prints("-o int,is_global", input), "");
    }
    assert_eq!(IPCONV.prints("-k -o compressed", "\n"), "-\n");
    assert_eq!(IPCONV.prints("-0 -k -o compressed", "1.1.1.1\0\0::A"), "1.1.1.1\0-\0::a\0");
}

#[test]
fn a_field_named_twice_is_one_key_of_an_object() {
    assert_eq!(
        IPCONV.prints("--json -o int,input,int 1.1.1.1", ""),
        "{\"input\":\"1.1.1.1\",\"int\":\"16843009\",\"error\":null}\n"
    );
    assert_eq!(IPCONV.prints("-o int,int 0.0.0.1", ""), "1\t1\n");
}

#[test]
fn an_operand_that_looks_like_an_option_passes_no_guard() {
    for ip in ["--help", "-", "-q", "", " 8.8.8.8", "8.8.8.8\n10.0.0.1"] {
        let words = ["-q", "--deep", "--is", "global", "--", ip];
        assert_eq!(tool::run(IPCONV, words, b"").status, 1, "{ip:?}");
    }
    assert_eq!(tool::run(IPCONV, ["-q", "--deep", "--is", "global", "--", "8.8.8.8"], b"").status, 0);
}

/// What a filter passes on goes into a file as it was, and onto a screen as text.
#[test]
fn a_log_line_cannot_command_the_terminal() {
    let line = "a\x1b[2J\t\u{e9}\u{202e} 10.0.0.1\n";
    assert_eq!(IPCONV.prints("-f 3 --is private", line), line);
    let Some(python) = tool::peer("python3") else { return };
    let script =
        r#"import pty, sys; pty.spawn(["sh", "-c", 'printf %s "$1" | "$0" -f 3 --is private', *sys.argv[1:]])"#;
    let done = std::process::Command::new(python).args(["-c", script, IPCONV.0, line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout), "a\\x1b[2J\t\u{e9}\\u{202e} 10.0.0.1\r\n");
}

/// Plain lines, lines with a field and operands take three ways through the program.
#[test]
fn however_an_input_comes_its_answer_is_the_same() {
    let lines = "1.2.3.4 10.0.0.0/8 :: FE80::1%eth0 2001:db8:0:0:1:0:0:1 ::ffff:10.0.0.1 64:ff9b::10.0.0.1 2002:a00:1:: \
        2001:0:7f00:1::1 100.64.0.1 192.0.0.9 010.0.0.1 1.2.3.4-1.2.3.9 10.0.0.1/255.0.0.0 8.8.8.8 2600::5efe:a00:1 2600::1 \
        2600::200:5efe:8.8.8.8 ::ffff:0:8.8.8.8 ::ffff:0:10.0.0.1 224.0.0.1 8.8.8.0/24 fe80::211:22ff:fe33:4455 ::1.2.3.4 1:2:3:4:5:6:7:: 1.2.3.4%e 8.8.8.8 no ff02::1 10.1.2.3 5f00::1 \u{1} \u{e9}";
    let lines: Vec<&str> = lines.split(' ').filter(|line| !line.is_empty()).collect();
    let input = lines.join("\n");
    for words in [
        "-o compressed",
        "-o packed",
        "-o address,is_global,registry",
        "-o version,is_private,int,input",
        "-o all",
        "--is global",
        "--not private",
        "--deep --is global",
        "--deep --not global -o compressed,is_private",
        "--in 10.0.0.0/8,::/1",
        "--json",
        "--deep --in 10.0.0.0/8",
        "--is public",
        "--not public -o all",
        "--deep --is public --in ::/1,0.0.0.0/1",
        "-o is_public,registry",
        "--is global --in 0.0.0.0/1,2000::/3",
        "--sort --unique",
        "--cidrs",
        "--exclude 10.0.0.0/9",
        "",
    ] {
        for more in ["", "-e", "-k", "-k -e", "-4", "-6 -k"] {
            let told = |seen: Seen| {
                let err: Vec<String> = seen
                    .err
                    .lines()
                    .map(|l| l.split(": ").skip(1).filter(|p| !p.starts_with("stdin:")).collect())
                    .collect();
                (seen.status, seen.out, err)
            };
            let plain = told(IPCONV.run(&format!("{words} {more}"), &input));
            assert_eq!(plain, told(IPCONV.run(&format!("{words} {more} -f 1"), &input)), "{words} {more}");
            let with_operands =
                words.split_whitespace().chain(more.split_whitespace()).chain(["--"]).chain(lines.iter().copied());
            assert_eq!(plain, told(tool::run(IPCONV, with_operands, b"")), "{words} {more}");
        }
    }
}

#[test]
fn lists_and_routers_write_ipv4_in_their_own_ways() {
    let lines = "10.0.0.1-20\n10.0.*.*\n10/8\n10.0.0.0 0.0.0.255\n10.0.0.1 255.255.255.0\n2001:db8::/32\n";
    let want = "10.0.0.1-10.0.0.20\n10.0.0.0/16\n10.0.0.0/8\n10.0.0.0/24\n10.0.0.1/24\n2001:db8::/32\n";
    assert_eq!(IPCONV.prints("--from loose -o compressed", lines), want);
    assert_eq!(IPCONV.prints("--from loose --cidrs", "10.0.0.0 0.0.0.255\n10.0.1.*\n"), "10.0.0.0/23\n");
    assert_eq!(IPCONV.run("--from loose 010.0.0.1-20", "").status, 1);
    // A host or every address: an access list would have opened everything.
    let host = IPCONV.run("--from loose --cidrs", "10.0.0.1 0.0.0.0\n10.0.0.2/32\n");
    let err = "ipconv: stdin:1: 10.0.0.1 0.0.0.0: two readings: 10.0.0.1/0 by a netmask, 10.0.0.1/32 by a hostmask\n";
    assert_eq!(host, seen(1, "10.0.0.2/32\n", err));
}

/// `--from loose` is not proposed to who gave it.
#[test]
fn what_is_loose_and_refused_is_told_why() {
    for text in ["10/8", "10.0.0.1-20", "10.0.*.*", "10.0.0.1 - 20"] {
        let err = format!("ipconv: stdin:1: {text}: not IPv6\n");
        assert_eq!(IPCONV.run("-6 --from loose -o int", text), seen(1, "", &err));
    }
    let err = "ipconv: 10.0.0.0-20: not an address\n";
    assert_eq!(IPCONV.run("-d , -f 1,2 --from loose --cidrs 10.0.0.0,20", ""), seen(1, "", err));
}

/// `#` and `;` are digits of base 85, in the second field as in the first.
#[test]
fn the_end_of_a_range_in_base_85_has_no_label() {
    let lines = "!~~~~QBnG+mlAsCVTZH-,!~~~~QBnG+mo%R#<N^OA\n!~~~~QBnG+mo%R#<N^OA,#-On4)yv+(Zt%B6FpA|o\n";
    assert_eq!(
        IPCONV.prints("-d , -f 1,2 --from base85 --unique", lines),
        "d81f:7232::-d81f:7232::23:4567:89ab:cdef\nd81f:7232::23:4567:89ab:cdef-db00::1\n"
    );
}

#[test]
fn hexadecimal_as_debuggers_and_dumps_write_it() {
    let lines = "0x7f000001\n7f:00:00:01\n7f-00-00-01\n2001:0db8:0000:0000:0000:0000:0000:0001\n";
    assert_eq!(IPCONV.prints("--from hex -o address", lines), "127.0.0.1\n127.0.0.1\n127.0.0.1\n2001:db8::1\n");
}

/// RFC 2317 section 5.2: a dash for where a name server takes no slash.
#[test]
fn reverse_zones_smaller_than_an_octet() {
    let lines = "0/25.2.0.192.in-addr.arpa\n0-127.2.0.192.in-addr.arpa\n";
    assert_eq!(IPCONV.prints("--from arpa -o compressed", lines), "192.0.2.0/25\n192.0.2.0/25\n");
}

/// A zone that ends the brackets of a URL led curl to ::1.
#[test]
fn a_zone_holds_nothing_that_means_something_elsewhere() {
    for zone in ["%]@[::1", "%eth0]", "%a:80", "%a@b", "%a b", "%a%b", "%a?b", "%a#b", "%", "%\u{e9}", "%a&b", "%a;b"] {
        let text = format!("2606:4700:4700::1111{zone}");
        let seen = tool::run(IPCONV, ["-o", "zone", "--", &text], b"");
        assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{zone}");
    }
    assert_eq!(IPCONV.prints("-o zone fe80::1%br-lan_0.1~x", ""), "br-lan_0.1~x\n");
}

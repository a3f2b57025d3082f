//! rirwhois as a user meets it.
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::Ipv4Addr,
    path::Path,
    process::Stdio,
};

use plainnet_lab::{
    scratch::Folder,
    tool::{self, Seen},
    whois::{self, Lab},
};
use rirwhois::{read::range, spec::SPEC, table::lookup::Table, table::registry::Registry};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// What the tool prints for these arguments.
fn run(args: &[&str], input: &str) -> Seen {
    tool::run(TOOL, args, input.as_bytes())
}

/// Two thousand inputs are answered one by one, the others from unpacked tables.
#[test]
fn what_comes_late_in_a_list_is_answered_like_what_came_early() {
    let mut list = String::from("# comment\n\nAS3333\n193.0.0.0/21\n151.0.0.0/8\n::ffff:8.8.8.8\n2002:808:808::1\nx\n");
    for i in 0..792u32 {
        let addr = Ipv4Addr::from_bits(i.wrapping_mul(2_654_435_761));
        list += &format!("{addr}\n2a{i:02x}:{i:x}::{i:x}\n");
    }
    for args in [&["-t", "-k"][..], &["-t", "-e", "-k"], &["-r", "-k", "-o", "country,block,country"]] {
        let [once, thrice] = [1, 3].map(|times| run(args, &list.repeat(times)));
        assert_eq!((once.status, once.out.lines().count()), (0, 1592), "{args:?}");
        assert!(thrice.out == once.out.repeat(3), "{args:?}");
    }
}

#[test]
fn examples_in_the_manual_are_true() {
    tool::check_examples(Path::new(TOOL), SPEC.examples);
}

#[test]
fn versions_name_what_is_embedded() {
    let home = Home::new();
    let seen = home.run(&["--version"], "");
    let lines: Vec<&str> = seen.out.lines().collect();
    assert_eq!((seen.status, lines.len()), (0, 12), "{}", seen.out);
    let words = [
        "IPv4 Address",
        "IPv4",
        "Country",
        "IPv6 Address Space",
        "IPv6",
        "IPv6",
        "Country",
        "Autonomous",
        "national",
        "IPv4 Special",
        "IPv6 Special",
    ];
    for (line, word) in lines[1..].iter().zip(words) {
        assert!(line.contains(word) && line.contains(" 20"), "{line}");
    }
}

#[test]
fn a_word_that_is_no_number_spoils_itself() {
    let seen = run(&["-r", "hello", "8.8.8.8", "256.1.1.1"], "");
    assert_eq!((seen.status, &*seen.out), (1, "ARIN\n"));
    let want = "rirwhois: hello: a handle is not in the table\nrirwhois: 256.1.1.1: not an IPv4 address\n";
    assert_eq!(seen.err, want);
}

#[test]
fn a_value_that_makes_no_sense_is_refused_by_name() {
    for (option, value, why) in [
        ("--rate", "-1", "no number of queries"),
        ("--timeout", "1e3", "no number of seconds"),
        ("--timeout", "0", "more is needed"),
        ("--max-bytes", "0", "a number from 1 is needed"),
        ("-s", "http://", "an http or https base is needed"),
        ("-s", "https://a b/", "an http or https base is needed"),
        ("-s", "whois.ripe.net:99999", "HOST[:PORT] is needed"),
        ("-s", "whois.ripe.net/x", "HOST[:PORT] is needed"),
        (
            "-o",
            "bogus",
            "no such field; there are input registry server block prefixes name org org_handle country status abuse date \
             updated parent transferred hops text",
        ),
        ("-o", "asn", "only with --origin"),
        ("-o", "holder", "only with -r or -t"),
        ("-ro", "name", "not with -r or -t"),
    ] {
        let seen = run(&[option, value, "8.8.8.8"], "");
        let want = format!("rirwhois: {}: {value}: {why}\n", option.replace("-ro", "-o"));
        assert_eq!((seen.status, &*seen.out, seen.err), (2, "", want));
    }
}

#[test]
fn options_that_lack_something_say_what() {
    for (args, why) in [
        (&["-r", "-d", ",", "8.8.8.8"][..], "-d: only with -f"),
        (&["--origin", "--stats", "8.8.8.8"], "--stats: not together with --origin or --update"),
        (&["--update", "--stats", "x"], "--stats: not together with --origin or --update"),
        (&["-o", "", "8.8.8.8"], "-o: a name is missing; there are input registry server block"),
        (&["-r", "-o", "block,", "8.8.8.8"], "-o: a name is missing; there are block registry status"),
        (&["--origin", "-o", ",asn", "8.8.8.8"], "-o: a name is missing; there are input asn"),
    ] {
        let seen = run(args, "");
        assert_eq!((seen.status, &*seen.out), (2, ""), "{args:?}");
        assert!(seen.err.starts_with(&format!("rirwhois: {why}")), "{args:?} {seen:?}");
    }
}

#[test]
fn lines_stay_in_step() {
    let seen = run(&["-r", "-k"], "8.8.8.8\n\n# x\nhello\n193.0.0.0/21\n");
    assert_eq!((seen.status, &*seen.out), (0, "ARIN\n-\n-\n-\nRIPE\n"));
    let seen = run(&["-t", "-k", "-e"], "x\n");
    assert_eq!(seen.out, "x\t-\t-\t-\t-\t-\t-\t-\t-\n");
    let seen = run(&["-r", "-0", "-f2"], "a 8.8.8.8\0b 2a00::1\0");
    assert_eq!(seen.out, "ARIN\0RIPE\0");
}

#[test]
fn the_fast_way_and_the_long_way_agree() {
    let mut lines = String::from("\u{feff}8.8.8.8\n# x\n\n");
    for i in 0..30_000u32 {
        let [a, b, c, d] = i.wrapping_mul(2_654_435_761).to_be_bytes();
        lines += &match i % 97 {
            0 => format!(" {a}.{b}.{c}.{d} \r\n"),
            1 => format!("{a}.{b}.{c}.{d}/24\n"),
            2 => format!("0{a}.{b}.{c}.{d}\n"),
            3 => format!("2a{a:02x}::{b}\n"),
            _ => format!("{a}.{b}.{c}.{d}\n"),
        };
    }
    lines += "193.0.0.1";
    let fast = run(&["-r", "-k"], &lines);
    let long = run(&["-r", "-k", "-e"], &lines);
    let registries: String = long.out.lines().map(|l| format!("{}\n", l.rsplit('\t').next().unwrap())).collect();
    assert_eq!(fast.out, registries);
    assert_eq!(fast.err, long.err);
    assert_eq!(fast.out.lines().count(), 30_004);
}

#[test]
fn json_has_an_object_for_every_input() {
    let seen = run(&["-r", "--json", "8.8.8.8", "x.y"], "");
    let want = "{\"input\":\"8.8.8.8\",\"registry\":\"ARIN\",\"error\":null}\n\
                {\"input\":\"x.y\",\"registry\":null,\"error\":\"a host name (use dnsall -a NAME | rirwhois)\"}\n";
    assert_eq!((seen.status, &*seen.out), (1, want));
    let seen = run(&["-t", "--json", "151.101.194.217"], "");
    let want = "{\"input\":\"151.101.194.217\",\"block\":\"151.101.0.0-151.105.255.255\",\"registry\":\"ARIN\",\"status\":\"LEGACY\",\
                \"date\":\"1993-05\",\"whois\":\"whois.arin.net\",\"rdap\":\"https://rdap.arin.net/registry/\",\
                \"holder\":\"Administered by RIPE NCC\",\"country\":\"US\",\"error\":null}\n";
    assert_eq!(seen.out, want);
}

#[test]
fn a_line_that_asks_nothing_has_its_object_in_every_mode() {
    // Nobody is asked about any of these.
    for mode in [&[][..], &["-r"], &["--country"], &["-o", "registry"], &["--blocks"], &["--rdap"], &["--origin"]] {
        let seen = run(&[mode, &["-k", "--json"]].concat(), "# c\n10.0.0.1\n\nhello.example\n");
        let inputs: Vec<&str> = seen.out.lines().filter_map(|line| line.split('"').nth(3)).collect();
        assert_eq!(inputs, ["# c", "10.0.0.1", "", "hello.example"], "{mode:?} {seen:?}");
        assert_eq!(seen.out.matches("\"error\":\"blank line or comment\"}\n").count(), 2, "{mode:?} {seen:?}");
        assert_eq!(seen.status, 0, "{mode:?} {seen:?}");
    }
}

#[test]
fn fields_and_echoes_are_fast_and_the_same() {
    let mut lines = String::from("# h 8.8.8.8\n\n");
    for i in 0..20_000u32 {
        let [a, b, c, d] = i.wrapping_mul(2_654_435_761).to_be_bytes();
        lines += &match i % 89 {
            0 => format!(" x{i}  {a}.{b}.{c}.{d}\r\n"),
            1 => format!("x\t2a{a:02x}:{b:x}::{c}\tGET\n"),
            2 => format!("x {a}.{b}.{c}.{d}/{}\n", d % 34),
            3 => format!("x {a}.{b}.{c}.{d} \u{e9}\x1b[31m\n"),
            4 => format!("x AS{i}\n"),
            5 => format!("x{i}\n"),
            6 => format!("x {a}.{b}.{c}.{d} {}\n", "y".repeat(70_000 * (i % 5) as usize / 4)),
            _ => format!("host{i} {a}.{b}.{c}.{d} - - \"GET / HTTP/1.1\"\n"),
        };
    }
    // JSON takes the long way for every line; with -k the comment and the blank line have theirs.
    let json = run(&["-r", "-k", "-f2", "--json"], &lines);
    assert!(json.out.lines().take(2).all(|l| l.ends_with("\"error\":\"blank line or comment\"}")));
    let want: Vec<&str> = json
        .out
        .lines()
        .skip(2)
        .map(|l| {
            ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", "IANA"]
                .into_iter()
                .find(|r| l.contains(&format!("\"registry\":\"{r}\"")))
                .unwrap_or("-")
        })
        .collect();
    let fast = run(&["-r", "-k", "-f2"], &lines);
    let echoed = run(&["-r", "-k", "-e", "-f2"], &lines);
    let last =
        |seen: &Seen| seen.out.lines().skip(2).map(|l| l.rsplit('\t').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((last(&fast), last(&echoed)), (want.iter().map(|w| (*w).to_owned()).collect(), last(&fast)));
    assert_eq!((fast.out.lines().count(), &fast.err, &echoed.err), (20_002, &json.err, &json.err));
    let first = echoed.out.lines().nth(2).unwrap();
    assert_eq!(first, "x0  0.0.0.0\tIANA");
    assert!(echoed.out.contains("\\x1b[31m") && !echoed.out.contains('\x1b'));
}

#[test]
fn the_table_knows_what_a_first_byte_does_not() {
    // Sold, lent and inherited space; ends off the /24; IPv6 out of its registry's block.
    for (input, want) in [
        ("8.8.8.8/8", "ARIN"),
        ("151.101.194.217", "ARIN"),
        ("2001:4:112::1", "ARIN"),
        ("2001:4:111::1", "IANA"),
        ("2001:7fa:0:1::1", "APNIC"),
        ("2001:7fa::1", "RIPE"),
        ("2001:678::1", "RIPE"),
        ("2002:808:808::1", "ARIN"),
        ("::ffff:8.8.8.8", "ARIN"),
        ("64:ff9b::808:808", "ARIN"),
        ("::ffff:10.0.0.1", "IANA"),
        ("2002::/16", "IANA"),
        ("AS1.10", "IANA"),
        ("AS3.833", "RIPE"),
        ("191.96.0.0-191.96.255.255", "RIPE"),
        ("224.0.0.251", "IANA"),
        ("ff02::1", "IANA"),
        ("2001:0:4136:e378::1", "IANA"),
        ("2410::/12", "APNIC"),
        ("2d00::1", "IANA"),
        ("as3333", "RIPE"),
        ("As23456", "IANA"),
        ("AS4200000000", "IANA"),
        ("AS4294967295", "IANA"),
        ("AS00000000000000003333", "RIPE"),
        ("192.88.99.1", "IANA"),
        ("198.18.0.1", "IANA"),
    ] {
        assert_eq!(run(&["-r", input], "").out, format!("{want}\n"), "{input}");
    }
    for (input, why) in [
        ("AS4294967296", "AS numbers end at 4294967295"),
        ("AS99999999999999999999", "AS numbers end at 4294967295"),
        (
            "4294967296",
            "an AS number is written with AS before it (for an address use ipconv --from int -o address | rirwhois)",
        ),
        ("localhost", "a host name (use dnsall -a localhost | rirwhois)"),
        ("0x7f000001", "a number in hexadecimal (use ipconv --from hex -o address | rirwhois)"),
        ("AS1-AS5", "a range of AS numbers: ask for one of them (-t prints the block around it)"),
        ("8.8.8.8-::1", "one range, two families: both ends are IPv4 addresses or both are IPv6 addresses"),
        ("AS-1", "a handle is not in the table"),
        ("AS1.65536", "each half of an AS number ends at 65535"),
        ("8.8.8.9-8.8.8.8", "the range ends before it begins"),
        ("AS+1", "not an address, prefix, AS number or handle"),
        ("AS1e3", "a handle is not in the table"),
        ("8.8.8.8/33", "no such prefix length"),
        ("8.8.8.8/-1", "no such prefix length"),
        ("2001:db8::/129", "no such prefix length"),
    ] {
        let seen = run(&["-r", input], "");
        assert_eq!((seen.status, &*seen.out, seen.err), (1, "", format!("rirwhois: {input}: {why}\n")));
    }
}

#[test]
fn bytes_that_are_no_text_look_alike_on_both_outputs() {
    // JSON doubles the backslash; the server is never asked.
    for args in [&["-r", "--json"][..], &["--json", "-s", "127.0.0.1:1"], &["--blocks", "--json", "-s", "127.0.0.1:1"]]
    {
        let seen: Seen = tool::feed(tool::command(TOOL).args(args), b"\xff\xfe8\n").into();
        assert_eq!((seen.status, &*seen.err), (1, "rirwhois: stdin:1: \\xff\\xfe8: invalid UTF-8\n"), "{args:?}");
        assert!(seen.out.starts_with(r#"{"input":"\\xff\\xfe8","#), "{args:?} {}", seen.out);
    }
}

#[test]
fn special_space_names_its_row() {
    let table = "10.0.0.0/8\tIANA\tSPECIAL\t1996-02\twhois.iana.org\t-\tPrivate-Use\t-\n\
                 192.0.0.9/32\tIANA\tSPECIAL\t2015-10\twhois.iana.org\t-\tPort Control Protocol Anycast\t-\n\
                 192.175.48.0/24\tARIN\tSPECIAL\t1996-01\twhois.arin.net\thttps://rdap.arin.net/registry/\tDirect Delegation AS112 Service\t-\n\
                 2002::/16\tIANA\tSPECIAL\t2001-02\twhois.iana.org\t-\t6to4\t-\n\
                 224.0.0.0/8\tIANA\tRESERVED\t1981-09\twhois.iana.org\t-\tMulticast\t-\n\
                 10.0.0.0/8\tIANA\tSPECIAL\t1996-02\twhois.iana.org\t-\tPrivate-Use\t-\n\
                 ff00::/8\tIANA\tRESERVED\t-\twhois.iana.org\t-\tMulticast\t-\n\
                 4000::/3\tIANA\tRESERVED\t-\twhois.iana.org\t-\tReserved by IETF\t-\n\
                 AS64496-AS64511\tIANA\tDOCUMENTATION\t-\twhois.iana.org\t-\tDocumentation\t-\n";
    let inputs = [
        "10.1.2.3",
        "192.0.0.9",
        "192.175.48.6",
        "2002::/16",
        "224.0.0.1",
        "::ffff:10.0.0.1",
        "ff02::1",
        "4000::1",
        "AS64500",
    ];
    let seen = run(&[&["-t"], &inputs[..]].concat(), "");
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, table, ""));
    let seen = run(&["-t", "AS15169"], "");
    assert_eq!(seen.err, "rirwhois: table: of AS numbers it has IANA's blocks, not single ones that moved\n");
}

#[test]
fn the_country_is_known_without_the_network() {
    // As the statistics have it; EU is what RIPE writes for some.
    let seen = run(
        &["--country", "8.8.8.8", "1.0.1.1", "193.0.6.139", "2001:200::1", "::ffff:8.8.8.8", "8.8.8.0-8.8.8.9"],
        "",
    );
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "US\nCN\nNL\nJP\nUS\nUS\n", ""));
    let eu = embedded("ipv4_country", "EU");
    assert_eq!(run(&["--country", &eu], "").out, "EU\n", "{eu}");
    // What no registry has given out.
    for input in ["10.0.0.1", "240.0.0.1", "224.0.0.1", "2001:db8::1", "4000::1", "AS64512", "AS0"] {
        let seen = run(&["--country", input], "");
        let want = format!("rirwhois: {input}: no country: no registry has given it out\n");
        assert_eq!((seen.status, &*seen.out, seen.err), (1, "", want));
        let seen = run(&["--country", "-k", "-q", input], "");
        assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "-\n", ""), "{input}");
        assert_eq!(run(&["-r", "-o", "country", input], "").out, "-\n", "{input}");
    }
    let seen = run(&["--country", "-k", "-e"], "8.8.8.8\n# x\n10.0.0.1\n1.1.1.1/24\n");
    assert_eq!((seen.status, &*seen.out), (0, "8.8.8.8\tUS\n# x\t-\n10.0.0.1\t-\n1.1.1.1/24\tAU\n"));
    let seen = run(&["--country", "-d,", "-f2", "-0"], "x,\"8.8.8.8\"\0y,193.0.0.1\0");
    assert_eq!((seen.status, &*seen.out), (0, "US\0NL\0"));
    let seen = run(&["--country", "--json", "8.8.8.8", "10.0.0.1"], "");
    let want = "{\"input\":\"8.8.8.8\",\"country\":\"US\",\"error\":null}\n\
                {\"input\":\"10.0.0.1\",\"country\":null,\"error\":\"no country: no registry has given it out\"}\n";
    assert_eq!((seen.status, &*seen.out), (1, want));
    let seen = run(&["--country", "AS15169"], "");
    let why = "no country: the embedded table has none of AS numbers (see --update)";
    assert_eq!((seen.status, seen.err), (1, format!("rirwhois: AS15169: {why}\n")));
    assert_eq!(run(&["--country", "-r", "8.8.8.8"], "").status, 2);
}

/// The first address of a block in the committed table whose last column is this.
fn embedded(table: &str, value: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(format!("{table}.tsv"));
    let text = fs::read_to_string(path).expect("a committed table");
    let line = text.lines().find(|line| line.ends_with(&format!("\t{value}"))).expect("such a row");
    let block = range::parse(line.split('\t').next().expect("a block")).expect("a block");
    block.first_addr().to_string()
}

#[test]
fn countries_of_long_lists_are_those_of_single_addresses() {
    let mut lines = String::new();
    for i in 0..20_000u32 {
        let [a, b, c, d] = i.wrapping_mul(2_654_435_761).to_be_bytes();
        lines += &match i % 11 {
            0 => format!("2a{a:02x}:{b:x}{c:02x}::{d:x}\n"),
            1 => format!("2001:{b:x}{c:02x}::\n"),
            2 => format!("::ffff:{a:x}{b:02x}:{c:x}\n"),
            3 => format!("{a}.{b}.{c}.{d}/24\n"),
            _ => format!("{a}.{b}.{c}.{d}\n"),
        };
    }
    let fast = run(&["--country", "-k", "-q"], &lines);
    let long = run(&["-t", "-q", "-k"], &lines);
    let countries: String = long.out.lines().map(|l| format!("{}\n", l.rsplit('\t').next().unwrap())).collect();
    assert_eq!((fast.status, fast.out.lines().count()), (0, 20_000));
    for ((line, fast), long) in lines.lines().zip(fast.out.lines()).zip(countries.lines()) {
        assert_eq!(fast, long, "{line}");
    }
}

#[test]
fn offline_fields_are_the_columns_of_the_row() {
    let seen = run(&["-r", "-o", "country,registry,block", "8.8.8.8", "10.0.0.1"], "");
    assert_eq!((seen.status, &*seen.out), (0, "US\tARIN\t8.0.0.0/9\n-\tIANA\t10.0.0.0/8\n"));
    let row = run(&["-t", "8.8.8.8"], "").out;
    let all = run(&["-o", "block,registry,status,date,whois,rdap,holder,country", "-t", "8.8.8.8"], "").out;
    assert_eq!(all, row);
    let seen = run(&["-r", "-o", "registry,country", "--json", "193.0.0.1"], "");
    assert_eq!(seen.out, "{\"input\":\"193.0.0.1\",\"registry\":\"RIPE\",\"country\":\"NL\",\"error\":null}\n");
    assert_eq!(run(&["-r", "-k", "-o", "registry,country"], "x\n").out, "-\t-\n");
    for (option, known) in [("-r", "block registry status date whois rdap holder country"), ("-b", "")] {
        let seen = run(&[option, "-o", "rir", "8.8.8.8"], "");
        assert_eq!((seen.status, &*seen.out), (2, ""));
        if !known.is_empty() {
            assert_eq!(seen.err, format!("rirwhois: -o: rir: no such field; there are {known}\n"));
        }
    }
    let seen = run(&["-o", "contry", "8.8.8.8"], "");
    assert!(
        seen.err.starts_with("rirwhois: -o: contry: no such field (did you mean country?); there are input registry"),
        "{seen:?}"
    );
}

#[test]
fn an_address_inside_an_address_is_said() {
    let seen = run(&["-r", "-v", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808", "8.8.8.8"], "");
    assert_eq!((seen.status, &*seen.out), (0, "ARIN\nARIN\nARIN\nARIN\n"));
    let line = |of: &str| format!("rirwhois: {of}: answered for 8.8.8.8, which it stands for\n");
    assert_eq!(seen.err, ["::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"].map(line).concat());
}

#[test]
fn what_people_paste_is_refused_with_the_command_that_would_do() {
    for (text, hint) in [
        ("[::1]:80", "an endpoint, not an address (use ipconv --extract | rirwhois)"),
        ("10.0.0.1:80", "an endpoint, not an address (use ipconv --extract | rirwhois)"),
        ("http://10.0.0.1/", "a URL, not an address (use ipconv --extract | rirwhois)"),
        ("https://dev.to/x", "a URL, not an address (use dnsall -a NAME | rirwhois)"),
        ("dev.to", "a host name (use dnsall -a NAME | rirwhois)"),
        ("user@dev.to", "a host name (use dnsall -a NAME | rirwhois)"),
        ("dev.to\t151.101.66.217", "several fields (use -f 2)"),
    ] {
        for mode in [&["-r"][..], &["-t"], &["--country"], &["-b"], &["--rdap"]] {
            let seen = run(&[mode, &["--", text]].concat(), "");
            let shown = text.replace('\t', "\\t");
            assert_eq!((seen.status, &*seen.out), (1, ""), "{mode:?} {text}");
            assert_eq!(seen.err, format!("rirwhois: {shown}: {hint}\n"), "{mode:?}");
        }
    }
    // The field that a message proposes is taken from an operand, too.
    assert_eq!(run(&["-r", "-f", "2", "dev.to\t193.0.6.139"], "").out, "RIPE\n");
}

#[test]
fn offline_inputs_are_counted_too() {
    let seen = run(&["-r", "-q", "--stats", "8.8.8.8", "-", "2a00::1"], "8.8.8.8\n# x\nx\n193.0.0.0/21\n1.1.1.1\n");
    let want = "6 inputs, 0 queries, 0 shared, 0 connections kept, 0 connections opened, 0 referrals, 0 from the cache, 1 unanswered, 0 failed\n";
    assert_eq!((seen.status, &*seen.out), (1, "ARIN\nARIN\nRIPE\nAPNIC\nRIPE\n"));
    assert!(seen.err.ends_with(want), "{}", seen.err);
}

#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let mut child =
        tool::command(TOOL).args(["-r", "8.8.8.8", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    // The operand's before standard input is waited for, then each line's.
    assert_eq!(lines.next().unwrap().unwrap(), "ARIN");
    for (line, want) in [("193.0.0.1\n", "RIPE"), ("AS3333\n", "RIPE"), ("1.1.1.1\n", "APNIC")] {
        stdin.write_all(line.as_bytes()).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), want);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_update_is_no_question() {
    let seen = run(&["--update", "-r", "8.8.8.8"], "");
    assert_eq!((seen.status, &*seen.err), (2, "rirwhois: --update: not together with --rir\n"));
}

#[test]
fn a_prefix_over_a_border_is_told() {
    let seen = run(&["-r", "151.0.0.0/8"], "");
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\n"));
    assert!(seen.err.contains("in several registries, answered for its first address"), "{}", seen.err);
}

/// Asks the lab.
fn ask(lab: &Lab, args: &[&str], input: &str) -> Seen {
    let file = lab.file();
    run(&[&["--registries", &file], args].concat(), input)
}

#[test]
fn one_connection_to_the_right_registry() {
    let lab = whois::world();
    let seen = ask(&lab, &["8.8.8.8"], "");
    assert_eq!(seen.status, 0, "{seen:?}");
    assert_eq!(lab.seen("ARIN"), whois::Seen { connections: 1, queries: vec!["n + = 8.8.8.8".into()] });
    // The records stand as the registry sent them: at ARIN the one that answers is the last.
    let (child, parent) = (seen.out.find("GOGL").unwrap(), seen.out.find("LVLT-ORG-8-8\n").unwrap());
    assert!(parent < child, "{}", seen.out);
    let seen = ask(&lab, &["-o", "registry,block,name,org,abuse,transferred", "151.101.194.217", "193.0.0.1"], "");
    let want = "ARIN\t151.101.0.0/16\tSKYCA-3\tFastly, Inc.\tabuse@fastly.example\ttrue\n\
                RIPE\t193.0.0.0/21\tRIPE-NCC\tRIPE Network Coordination Centre\tabuse@ripe.example\tfalse\n";
    assert_eq!((seen.status, &*seen.out), (0, want), "{seen:?}");
}

#[test]
fn referrals_are_followed_where_the_table_is_behind() {
    let lab = whois::world();
    let seen = ask(&lab, &["-v", "-o", "registry,name,hops", "9.9.9.9"], "");
    let path = format!("{},{}", lab.addrs["ARIN"], lab.addrs["RIPE"]);
    assert_eq!((seen.status, &*seen.out), (0, &*format!("RIPE\tQUAD9\t{path}\n")), "{seen:?}");
    let said = format!("rirwhois: 9.9.9.9: asked {}, ", path.replace(',', ", "));
    let took = seen.err.strip_prefix(&said).and_then(|rest| rest.strip_suffix(" s\n"));
    assert!(took.is_some_and(|seconds| seconds.parse::<f64>().is_ok()), "{}", seen.err);
}

#[test]
fn answers_are_shared_and_connections_kept() {
    let lab = whois::world();
    let input: String = (0..50).map(|i| format!("193.0.{}.{i}\n1.1.1.{i}\n", i % 8)).collect();
    let seen = ask(&lab, &["-o", "registry", "--stats"], &input);
    assert_eq!((seen.status, &*seen.out), (0, &*"RIPE\nAPNIC\n".repeat(50)), "{seen:?}");
    assert!(seen.err.starts_with("rirwhois: 100 inputs, 2 queries, 98 shared, "), "{}", seen.err);
    let input: String = (0..20).map(|i| format!("193.1.{i}.0\n")).collect();
    let seen = ask(&lab, &["-o", "registry", "-q", "-k"], &input);
    assert_eq!((seen.status, &*seen.out), (0, &*"-\n".repeat(20)), "{seen:?}");
    assert_eq!(lab.seen("RIPE").connections, 2);
}

#[test]
fn blocks_of_an_organisation() {
    let lab = whois::world();
    let seen = ask(&lab, &["--blocks", "gogl"], "");
    let want = "8.8.8.0/24\n34.4.5.0/24\n34.4.6.0/23\n34.4.8.0/21\n34.4.16.0/20\n34.4.32.0/19\n34.4.64.0/18\n34.4.128.0/17\n2607:f8b0::/32\n";
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, want, "rirwhois: gogl: holds AS15169\n"));
    let ripe = "193.0.0.0/21\n193.0.10.0/23\n193.0.12.0/22\n193.0.16.0/21\n2001:67c:2e8::/48\n";
    for operand in ["193.0.6.139", "ORG-RIEN1-RIPE", "AS3333"] {
        assert_eq!(ask(&lab, &["--blocks", operand], "").out, ripe, "{operand}");
    }
    for operand in ["200.3.14.10", "AS28000"] {
        assert_eq!(ask(&lab, &["--blocks", operand], "").out, "200.3.12.0/22\n2001:13c7:7001::/48\n", "{operand}");
    }
}

/// A folder in which the tool keeps its data and caches.
struct Home(Folder);

impl Home {
    fn new() -> Home {
        Home(Folder::new())
    }

    /// Writes a file in here, and gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        self.0.file(name, text).to_str().expect("a path of letters").to_owned()
    }

    fn run(&self, args: &[&str], input: &str) -> Seen {
        let mut command = tool::command(TOOL);
        tool::feed(command.args(args).env("XDG_DATA_HOME", &*self.0).env("XDG_CACHE_HOME", &*self.0), input.as_bytes())
            .into()
    }
}

/// What `registry` could publish: all that the embedded table says it has, and `more` lines.
fn statistics(registry: Registry, date: &str, more: &[&str]) -> String {
    let name = if registry == Registry::Ripe { "ripencc".into() } else { registry.name().to_lowercase() };
    let [v4, _, _] = Table::default().runs();
    let ends = v4.iter().skip(1).map(|run| run.0).chain([1 << 32]);
    let own = v4.iter().zip(ends).filter(|(run, _)| run.1 == registry);
    let own = own.map(|(run, end)| {
        let (first, count) = (Ipv4Addr::from_bits(run.0 as u32), end - run.0);
        format!("{name}|ZZ|ipv4|{first}|{count}||available|\n")
    });
    let lines: Vec<String> = own.chain(more.iter().map(|line| format!("{name}|{line}\n"))).collect();
    let of = |kind: &str| lines.iter().filter(|line| line.contains(kind)).count();
    let head = format!("2|{name}|1|{}|19830705|{date}|+0000\n{name}|*|ipv4|*|{}|summary\n", lines.len(), of("|ipv4|"));
    head + &lines.concat()
}

const MOVED: [&str; 2] = ["NL|ipv4|8.8.8.0|256|20260901|allocated|x", "NL|asn|15169|1|20260901|allocated|x"];

#[test]
fn an_update_is_in_every_answer_from_then_on() {
    let home = Home::new();
    let (name, text) = ("delegated-ripencc-extended-latest", statistics(Registry::Ripe, "20260913", &MOVED));
    let file = home.file(name, &text);
    let seen = home.run(&["--update", &file], "");
    let count = text.matches("|ipv4|").count() - 1;
    assert_eq!(
        (seen.status, seen.out),
        (0, format!("{file}\t2026-09-13\t{count} IPv4\t0 IPv6\t1 AS\n")),
        "{}",
        seen.err
    );
    let moved = "8.8.8.8\n8.8.9.8\n193.0.0.1\nAS15169\nAS15170\n2a00::1\n10.0.0.1\n";
    assert_eq!(home.run(&["-r"], moved).out, "RIPE\nARIN\nRIPE\nRIPE\nARIN\nRIPE\nIANA\n");
    assert_eq!(home.run(&["-r", "8.8.8.8"], "").out, "RIPE\n");
    let seen = home.run(&["-t", "8.8.8.8", "AS15169", "AS15170"], "");
    let want = "8.8.8.0/24\tRIPE\tALLOCATED\t2026-09-01\twhois.ripe.net\thttps://rdap.db.ripe.net/\tAdministered by ARIN\tNL\n\
                AS15169\tRIPE\tALLOCATED\t2026-09-01\twhois.ripe.net\thttps://rdap.db.ripe.net/\tARIN\tNL\n\
                AS15170-AS15359\tARIN\tALLOCATED\t-\twhois.arin.net\thttps://rdap.arin.net/registry/\t-\t-\n";
    assert_eq!(seen.out, want, "{seen:?}");
    assert_eq!(seen.err, "rirwhois: table: of AS numbers it has IANA's blocks, not all single ones that moved\n");
    let seen = home.run(&["--version"], "");
    assert!(seen.out.contains("RIPE 2026-09-13") && seen.out.contains("ARIN 2025-"), "{}", seen.out);
    // The newest by standard input, as curl would bring it.
    let newest = statistics(Registry::Ripe, "20260914", &["NL|asn|3333|1|19940901|allocated|x"]);
    let seen = home.run(&["--update", "-"], &newest);
    assert_eq!(
        (seen.status, home.run(&["-r", "8.8.8.8", "AS15169"], "").out),
        (0, "ARIN\nARIN\n".into()),
        "{}",
        seen.err
    );
}

#[test]
fn an_update_of_one_registry_does_not_shut_out_the_next() {
    let home = Home::new();
    let arin = home.file("arin", &statistics(Registry::Arin, "20260913", &["US|ipv4|2.0.0.0|256||assigned|x"]));
    // RIPE published its own a day before, and it no longer has 2.0.0.0/24.
    let text = statistics(Registry::Ripe, "20260912", &[]).replace("|2.0.0.0|", "|2.0.1.0|");
    let ripe = home.file("ripe", &text);
    for file in [&arin, &ripe] {
        let seen = home.run(&["--update", file], "");
        assert_eq!(seen.status, 0, "{}", seen.err);
    }
    assert_eq!(home.run(&["-r", "8.8.8.8", "193.0.0.1", "200.3.14.10"], "").out, "ARIN\nRIPE\nLACNIC\n");
    // What is older than the table's own of that registry is refused, and so are two of one registry.
    let old = home.file("old", &statistics(Registry::Ripe, "20260911", &[]));
    let seen = home.run(&["--update", &old], "");
    let want = format!("rirwhois: {old}: its date 2026-09-11 is before 2026-09-12, the table's for RIPE\n");
    assert_eq!((seen.status, seen.err), (2, want));
    let seen = home.run(&["--update", &arin, &ripe, &arin], "");
    let want = format!("rirwhois: {arin}: statistics of ARIN are in another of the files, too\n");
    assert_eq!((seen.status, seen.err), (2, want));
}

#[test]
fn where_two_registries_claim_a_range_the_newer_statistics_speak() {
    for (ripe, arin, want) in [("20260914", "20260913", "RIPE\n"), ("20260913", "20260914", "ARIN\n")] {
        let home = Home::new();
        let ripe = home.file("ripe", &statistics(Registry::Ripe, ripe, &MOVED));
        let arin = home.file("arin", &statistics(Registry::Arin, arin, &[]));
        for files in [[&ripe, &arin], [&arin, &ripe]] {
            assert_eq!(home.run(&["--update", files[0], files[1]], "").status, 0);
            assert_eq!(home.run(&["-r", "8.8.8.8"], "").out, want);
        }
    }
}

#[test]
fn what_is_no_update_is_refused_by_name_and_nothing_is_lost() {
    let home = Home::new();
    let good = statistics(Registry::Ripe, "20260913", &MOVED);
    let first = home.file("first", &good);
    assert_eq!(home.run(&["--update", &first], "").status, 0);
    let kept = fs::read(home.0.join("rirwhois/table")).unwrap();
    let beside = home.file("beside", &statistics(Registry::Arin, "20260913", &[]));
    let twice = statistics(Registry::Ripe, "20260914", &["NL|ipv4|193.0.0.0|256||allocated|x"]);
    let all = "2|ripencc|1|1|19830705|20260914|+0000\nripencc|NL|ipv4|0.0.0.0|4294967295|19940901|allocated|y\n";
    for (what, text, why) in [
        ("empty", String::new(), "empty"),
        ("page", "<html>not here</html>\n".into(), "line 1: not a head line of statistics"),
        ("cut", good[..good.len() * 2 / 3].to_owned(), ""),
        ("short", good[..good.rfind("ripencc").unwrap()].to_owned(), " records where the head line says "),
        ("summary", good.replace("|summary", "1|summary"), " ipv4 records where the summary says "),
        ("foreign", good.replacen("ripencc|ZZ", "arin|ZZ", 1), "line 3: another registry's record"),
        ("twice", twice, "ranges overlap"),
        ("old", good.replace("20260913", "20200101"), "its date 2020-01-01 is before 2026-09-13, the table's for RIPE"),
        ("future", good.replace("20260913", "29990101"), "its date 2999-01-01 is yet to come"),
        ("undated", good.replace("20260913", "20261399"), "2026-13-99 is no date"),
        ("greedy", all.into(), "4294967295 IPv4 addresses of RIPE, where the table has "),
        ("esc\u{1b}[31m", "x".into(), "line 1: not a head line of statistics"),
    ] {
        let file = home.file(what, &text);
        // A good file beside it changes nothing.
        let seen = home.run(&["--update", &beside, &file], "");
        assert_eq!((seen.status, &*seen.out), (2, ""), "{what}");
        let named = seen.err.starts_with(&format!("rirwhois: {}", home.0.display())) && !seen.err.contains('\u{1b}');
        assert!(named && seen.err.contains(why), "{what}: {}", seen.err);
    }
    let big = home.file("big", "");
    fs::File::options().write(true).open(&big).unwrap().set_len(10 << 30).unwrap();
    let missing = home.0.join("missing");
    for (file, why) in [
        (big.as_str(), "more than 256 MiB"),
        ("/dev/zero", "line 1: a line of more than 4096 bytes"),
        (TOOL, "line "),
        (home.0.to_str().unwrap(), "Is a directory"),
        (missing.to_str().unwrap(), "No such file or directory"),
    ] {
        let seen = home.run(&["--update", file], "");
        assert!(seen.status == 2 && seen.err.starts_with(&format!("rirwhois: {file}: {why}")), "{}", seen.err);
    }
    assert_eq!(fs::read(home.0.join("rirwhois/table")).unwrap(), kept);
    assert_eq!(fs::read_dir(home.0.join("rirwhois")).unwrap().count(), 1, "left over");
}

#[test]
fn a_file_of_a_few_ranges_takes_nothing_from_its_registry() {
    let home = Home::new();
    let few = "2|ripencc|20260914|2|19830705|20260914|+0000\nripencc|*|ipv4|*|2|summary\n\
               ripencc|NL|ipv4|8.8.8.0|256|20260901|allocated|y\nripencc|NL|ipv4|193.0.0.0|2048|19940901|allocated|y\n";
    let seen = home.run(&["--update", &home.file("few", few)], "");
    assert_eq!(seen.err, "rirwhois: RIPE: less than half of its addresses are listed: the rest stays\n");
    assert_eq!(seen.status, 0);
    let seen = home.run(&["-r", "8.8.8.8", "193.0.0.1", "193.0.8.1", "2a00::1", "8.8.9.1", "AS3333"], "");
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\nRIPE\nRIPE\nRIPE\nARIN\nRIPE\n"));
}

#[test]
fn a_kept_table_that_is_no_use_is_told_and_not_used() {
    let home = Home::new();
    let path = home.0.join("rirwhois/table");
    let says = |why: &str| {
        let seen = home.run(&["-r", "193.0.0.1"], "");
        assert_eq!((seen.status, &*seen.out), (0, "RIPE\n"));
        let want = if why.is_empty() {
            String::new()
        } else {
            format!("rirwhois: {}: {why}, the embedded table is used\n", path.display())
        };
        assert_eq!(seen.err, want);
    };
    says("");
    fs::create_dir_all(&path).unwrap();
    says("not a file");
    fs::remove_dir(&path).unwrap();
    for text in ["", "rirwhois table 3\n", "rirwhois table 3 2030-01-01\nipv4 1\n0 ARIN\n", "\u{fffd}\0"] {
        fs::write(&path, text).unwrap();
        says("damaged");
    }
    fs::write(&path, "rirwhois table 2\n").unwrap();
    says("made by another version");
    // A program that is newer than what was kept uses its own.
    let text = statistics(Registry::Ripe, "20260913", &[]);
    let file = home.file("ripe", &text);
    assert_eq!(home.run(&["--update", &file], "").status, 0);
    let kept = fs::read_to_string(&path).unwrap();
    fs::write(&path, kept.replacen("2026-09-13", "2025-01-01", 1).replace("RIPE", "ARIN")).unwrap();
    says("");
}

#[test]
fn an_update_needs_a_place_and_the_rest_does_not() {
    let home = Home::new();
    let file = home.file("ripe", &statistics(Registry::Ripe, "20260913", &[]));
    let run = |args: &[&str], data: Option<&str>| {
        let mut command = tool::command(TOOL);
        command.args(args).env_clear();
        if let Some(data) = data {
            command.env("XDG_DATA_HOME", data);
        }
        Seen::from(tool::feed(&mut command, b""))
    };
    let seen = run(&["--update", &file], None);
    assert_eq!((seen.status, &*seen.err), (2, "rirwhois: --update: neither XDG_DATA_HOME nor HOME is set\n"));
    assert_eq!(run(&["-r", "8.8.8.8"], None).out, "ARIN\n");
    assert_eq!(run(&["--version"], None).status, 0);
    // /sys takes no folders, whoever asks.
    let seen = run(&["--update", &file], Some("/sys"));
    assert!(seen.status == 2 && seen.err.starts_with("rirwhois: /sys/rirwhois/table: "), "{}", seen.err);
    assert_eq!(run(&["-r", "8.8.8.8"], Some("/sys")).out, "ARIN\n");
}

#[test]
fn an_update_on_a_full_disk_leaves_the_table_as_it_was() {
    let home = Home::new();
    let [old, new] = [("a", &MOVED[..]), ("b", &[][..])]
        .map(|(name, more)| home.file(name, &statistics(Registry::Ripe, "20260913", more)));
    assert_eq!(home.run(&["--update", &old], "").status, 0);
    let table = home.0.join("rirwhois/table");
    let before = fs::read(&table).unwrap();
    // A file that may not grow is such a disk.
    let script = format!("ulimit -f 8; exec {TOOL} --update {new}");
    let mut command = tool::command("sh");
    let seen: Seen = tool::feed(command.args(["-c", &script]).env("XDG_DATA_HOME", &*home.0), b"").into();
    assert_eq!((seen.status, &*seen.out), (2, ""));
    assert_eq!(seen.err, format!("rirwhois: {}: File too large\n", table.display()));
    assert_eq!((fs::read(&table).unwrap(), fs::read_dir(table.parent().unwrap()).unwrap().count()), (before, 1));
}

#[test]
fn two_updates_at_once_leave_one_whole_table() {
    let home = Home::new();
    let files = [("a", &MOVED[..]), ("b", &[][..])]
        .map(|(name, more)| home.file(name, &statistics(Registry::Ripe, "20260913", more)));
    for _ in 0..3 {
        std::thread::scope(|scope| {
            let all = files.each_ref().map(|file| scope.spawn(|| home.run(&["--update", file], "")));
            all.into_iter().for_each(|one| assert_eq!(one.join().unwrap().status, 0));
        });
        let seen = home.run(&["-r", "8.8.8.8"], "");
        assert!(["RIPE\n", "ARIN\n"].contains(&&*seen.out) && seen.err.is_empty(), "{seen:?}");
        assert_eq!(fs::read_dir(home.0.join("rirwhois")).unwrap().count(), 1);
    }
}

#[test]
fn who_reads_while_the_table_is_replaced_sees_one_or_the_other() {
    let home = Home::new();
    let files = [("a", &MOVED[..]), ("b", &[][..])]
        .map(|(name, more)| home.file(name, &statistics(Registry::Ripe, "20260913", more)));
    assert_eq!(home.run(&["--update", &files[0]], "").status, 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..6 {
                assert_eq!(home.run(&["--update", &files[i % 2]], "").status, 0);
            }
        });
        let mut seen = Vec::new();
        while !writer.is_finished() {
            seen.push(home.run(&["-r", "8.8.8.8"], ""));
        }
        assert!(!seen.is_empty());
        for seen in seen {
            assert!(["RIPE\n", "ARIN\n"].contains(&&*seen.out) && seen.err.is_empty(), "{seen:?}");
        }
    });
}

#[test]
fn answers_are_kept_for_a_day_if_asked_for() {
    let lab = whois::world();
    let (file, home) = (lab.file(), Home::new());
    let ask = |args: &[&str]| home.run(&[&["--registries", &file, "-o", "name", "--stats"], args].concat(), "");
    assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
    let seen = ask(&["--cache", "8.8.8.9"]);
    assert_eq!(seen.out, "GOGL\n");
    assert!(seen.err.contains(" 0 queries, ") && seen.err.contains(" 1 from the cache, "), "{}", seen.err);
    assert_eq!(ask(&["8.8.8.8"]).out, "GOGL\n");
    assert_eq!(lab.seen("ARIN").connections, 2);
    // After a day it is asked again; each entry tells its second after the file's mark.
    let kept = home.0.join("rirwhois/answers");
    let text = fs::read_to_string(&kept).unwrap();
    let time = text.lines().nth(2).unwrap().split('\t').nth(1).unwrap();
    for (age, more) in [(86_300, 0), (86_401, 1)] {
        let old = time.parse::<u64>().unwrap() - age;
        fs::write(&kept, text.replace(&format!("\t{time}\t"), &format!("\t{old}\t"))).unwrap();
        assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
        assert_eq!(lab.seen("ARIN").connections, 2 + more, "{age}");
    }
    // Another server's answers are another matter.
    let other = whois::world();
    let file = other.file();
    home.run(&["--registries", &file, "--cache", "8.8.8.8"], "");
    assert_eq!(other.seen("ARIN").connections, 1);
    // There is nowhere to keep them: that is said, and the answer comes all the same.
    let args = ["--registries", &file, "--cache", "-o", "name", "8.8.8.8"];
    let seen: Seen = tool::feed(tool::command(TOOL).args(args).env_clear(), b"").into();
    let said = "rirwhois: cache: neither XDG_CACHE_HOME nor HOME is set\n";
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "GOGL\n", said));
    // Rubbish is no cache, and nobody misses it.
    fs::write(&kept, "rubbish").unwrap();
    assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
}

#[test]
#[cfg(feature = "rdap")]
fn rdap_follows_redirects_between_registries_only() {
    const NET: &str = r#"{"objectClassName":"ip network","startAddress":"9.9.9.0","endAddress":"9.9.9.255","name":"QUAD9","status":["active"]}"#;
    use plainnet_lab::{scratch::File, whois::http};
    let ripe = whois::serve_http(|path| match path {
        "/rdap/ip/9.9.9.9" => http("200 OK", "", NET),
        _ => http("404 Not Found", "", "{}"),
    });
    let arin = whois::serve_http(move |path| match path {
        "/ip/9.9.9.9" => http("301 Moved", &format!("Location: http://{ripe}/rdap/ip/9.9.9.9\r\n"), ""),
        "/ip/9.9.9.8" => http("302 Found", "Location: http://127.0.0.1:1/\r\n", ""),
        "/ip/9.9.9.7" => http("302 Found", "Location: /ip/9.9.9.7\r\n", ""),
        "/ip/9.9.9.6" => http("429 Too Many", "Retry-After: 1000\r\n", "{}"),
        "/ip/9.9.9.5" => http("200 OK", "", r#"{"notices":[{"title":"rate limit"}]}"#),
        "/ip/9.9.9.4" => http("200 OK", "", "<html>"),
        "/ip/9.9.9.3" => http("200 OK", "", &"x".repeat(20_000)),
        "/ip/9.9.9.2" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
        _ => http("404 Not Found", "", "{}"),
    });
    let file = File::new(format!("ARIN - http://{arin}\nRIPE - http://{ripe}/rdap/\n"));
    let ask = |args: &[&str]| run(&[&["--registries", &file, "--rdap", "--max-bytes", "10000"], args].concat(), "");
    let seen = ask(&["-o", "registry,block,name,transferred", "9.9.9.9"]);
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\t9.9.9.0/24\tQUAD9\ttrue\n"), "{seen:?}");
    let seen = ask(&["9.9.9.9"]);
    assert!(seen.out.starts_with("input       9.9.9.9\nregistry    RIPE\n"), "{seen:?}");
    for (last, status, why) in [
        (8, 3, "redirect to http://127.0.0.1:1/ refused"),
        (7, 3, "redirects without an end"),
        (6, 3, "limited"),
        (5, 3, "no object, perhaps limited"),
        (4, 3, "not JSON"),
        (3, 3, "truncated at 10000 bytes"),
        (2, 3, "truncated"),
        (1, 1, "not found"),
    ] {
        let seen = ask(&[&format!("9.9.9.{last}")]);
        assert_eq!((seen.status, &*seen.out), (status, ""), "{last} {seen:?}");
        assert!(seen.err.contains(why), "{last} {}", seen.err);
    }
    let seen = run(&["-s", &format!("http://{arin}/"), "-o", "name", "9.9.9.1"], "");
    assert_eq!(seen.status, 1, "{seen:?}");
}

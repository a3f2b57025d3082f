use super::*;

fn look(look: Look, text: &[u8]) -> String {
    let mut all = Vec::new();
    let end = look.each(text, 0, text.len(), |found| {
        assert!(found.start < found.end && found.end <= found.next);
        let slice = &text[found.start..found.end];
        assert_eq!(text::parse(slice), Ok(found.value), "{slice:?}");
        all.push(String::from_utf8_lossy(slice).into_owned());
        Ok::<(), ()>(())
    });
    assert_eq!(end, Ok(text.len()));
    all.join(" ")
}

fn find(text: &str) -> String {
    look(Look::default(), text.as_bytes())
}

fn ports(text: &str) -> String {
    look(Look { dot_port: true, ..Look::default() }, text.as_bytes())
}

#[test]
fn what_may_stand_before_an_address() {
    for text in ["", " ", "(", "[", "\"", "=", ",", "-", "@", "//", "http://", " /", "addr:", "inet :", ":", "é", "\n"]
    {
        assert_eq!(find(&format!("{text}10.0.0.1")), "10.0.0.1", "{text:?}");
        assert_eq!(find(&format!("{text}2001:db8::1")), "2001:db8::1", "{text:?}");
        assert_eq!(find(&format!("{text}1:2:3:4:5:6:7:8")), "1:2:3:4:5:6:7:8", "{text:?}");
    }
    for text in ["a", "x", "_", "7", ".", "0", "Chrome/", "_/", "add:", "5:", "1.", "-.", "x."] {
        assert_eq!(find(&format!("{text}110.0.0.1")), "", "{text:?}");
    }
    for text in ["x", "_", ".", "Chrome/", "::", "12345", "fe80::", "g"] {
        // A word that can be no group may have a colon and an address behind it.
        let rest = if matches!(text, "x" | "_" | "12345" | "g") { "db8::1" } else { "" };
        assert_eq!(find(&format!("{text}2001:db8::1")), rest, "{text:?}");
        assert_eq!(find(&format!("{text}1:2:3:4:5:6:7:8")), "", "{text:?}");
    }
}

#[test]
fn what_may_stand_after_an_address() {
    for text in
        ["", " ", ")", "]", "\"", ",", ";", "-", ".", "...", ". And", ":", ": refused", "/", "/x", "é", "%eth0", "\n"]
    {
        assert_eq!(find(&format!("10.0.0.1{text}")), "10.0.0.1", "{text:?}");
        assert_eq!(find(&format!("2001:db8::1{text}")), "2001:db8::1", "{text:?}");
        assert_eq!(find(&format!("1:2:3:4:5:6:7:8{text}")), "1:2:3:4:5:6:7:8", "{text:?}");
    }
    for text in ["x", "_", ".5", ".example.com", "000", "a", "._"] {
        assert_eq!(find(&format!("10.0.0.1{text}")), "", "{text:?}");
    }
    for text in ["x", "_", ".5", ".example.com", "::", ":::", "::1", "abcde"] {
        assert_eq!(find(&format!("2001:db8::1{text}")), "", "{text:?}");
        assert_eq!(find(&format!("1:2:3:4:5:6:7:8{text}")), "", "{text:?}");
    }
}

#[test]
fn what_only_looks_like_an_address() {
    let texts = "1.2.3.4.5 999.1.1.1 1.2.3.256 01.2.3.4 1.2.3.04 1..2.3.4 1.2.3 1:2:3:4:5:6:7:8:9 12:34:56 00:11:22:33:44:55 \
                 2026-11-22T12:34:56 std::vec ::: :: std:: 1:2:3:4:5:6:7 12345::1 ::12345 1::2::3 fe80::1.2.3 ::1.2.3.4.5 ::1.2.3.256 \
                 v1.2.3.4 1.2.3.4.example.com 1.2.3.4a x1.2.3.4 Chrome/119.0.0.0 foo::bar::baz 1.2.3.4_5 ::ffff:1.2.3.4:80";
    for text in texts.split_whitespace() {
        assert_eq!(find(text), "", "{text}");
    }
    assert_eq!(find(texts), "");
}

#[test]
fn addresses_among_other_things() {
    let cases = [
        ("http://10.0.0.1/index.html", "10.0.0.1"),
        ("[2001:db8::1]:443 and 192.0.2.1:80", "2001:db8::1 192.0.2.1"),
        ("10.0.0.1-10.0.0.9", "10.0.0.1 10.0.0.9"),
        ("2001:db8::1-2001:db8::2", "2001:db8::1 2001:db8::2"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:db8::: and fe80:::", "2001:db8:: fe80::"),
        ("fe80:: ::1", "fe80:: ::1"),
        ("via ::ffff:192.0.2.1.", "::ffff:192.0.2.1"),
        ("1:2:3:4:5:6:1.2.3.4 x", "1:2:3:4:5:6:1.2.3.4"),
        ("1::2:3", "1::2:3"),
        ("dead::beef", "dead::beef"),
        ("2001:DB8::A", "2001:DB8::A"),
        ("127.0.0.1:8080:80/tcp", "127.0.0.1"),
        ("a=1.2.3.4,b=5.6.7.8;", "1.2.3.4 5.6.7.8"),
        ("1.2.3.4/5.6.7.8", "1.2.3.4 5.6.7.8"),
        ("............1.2.3.4 5.6.7.8............", "5.6.7.8"),
        ("::1................................................................................", "::1"),
        ("r:::1 tcp6 :::22 :::*", "::1"),
    ];
    for (text, want) in cases {
        assert_eq!(find(text), want, "{text}");
    }
    assert_eq!(look(Look::default(), b"\xff10.0.0.1\xfe\0::1\0"), "10.0.0.1 ::1");
    let one = |family| look(Look { family: Some(family), ..Look::default() }, b"1.2.3.4 ::1 ::ffff:1.2.3.4");
    assert_eq!((one(Family::V4), one(Family::V6)), ("1.2.3.4".into(), "::1 ::ffff:1.2.3.4".into()));
}

#[test]
fn prefix_lengths() {
    let cases = [
        ("192.0.2.1/24,", "192.0.2.1/24"),
        ("192.0.2.1/24/x", "192.0.2.1"),
        ("192.0.2.1/24.", "192.0.2.1/24"),
        ("192.0.2.1/24.5", "192.0.2.1"),
        ("192.0.2.1/24x", "192.0.2.1"),
        ("192.0.2.1/024", "192.0.2.1"),
        ("192.0.2.1/33", "192.0.2.1"),
        ("192.0.2.1/0", "192.0.2.1/0"),
        ("192.0.2.1/255.255.255.0", "192.0.2.1 255.255.255.0"),
        ("192.0.2.1/+24", "192.0.2.1"),
        ("192.0.2.1/", "192.0.2.1"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::/128:", "2001:db8::/128"),
        ("2001:db8::/129", "2001:db8::"),
        ("::/0", "::/0"),
        ("::/0/x ::/ ::/129", ""),
        ("[::]:80", ""),
    ];
    for (text, want) in cases {
        assert_eq!(find(text), want, "{text}");
    }
}

/// Each text and what is in it.
fn all(cases: &[(&str, &str)]) {
    for (text, want) in cases {
        assert_eq!(find(text), *want, "{text:?}");
    }
}

#[test]
fn a_word_and_a_colon_are_no_group_of_ipv6() {
    all(&[
        // A firewall, SPF, SMTP, and what others write so.
        ("for outside:192.0.2.15/4711 to inside:10.0.0.15/22 (192.0.2.15/22)", "192.0.2.15 10.0.0.15/22 192.0.2.15/22"),
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "192.0.2.0/24 2001:db8::/32"),
        ("from x ([IPv6:2001:db8::25]) by y", "2001:db8::25"),
        ("remote:203.0.113.9 interface:10.0.0.1 source:2001:db8::1", "203.0.113.9 10.0.0.1 2001:db8::1"),
        ("inside:1:2:3:4:5:6:7:8 side:::1 code:fe80::", "1:2:3:4:5:6:7:8 ::1 fe80::"),
        ("inet6:::1 decade:::1 eth_0:10.0.0.1", "::1 ::1 10.0.0.1"),
        // Five digits and more can be no group, nor can a part of a longer word.
        ("facade:10.0.0.1 decade:2001:db8::1 12345:10.0.0.2", "10.0.0.1 2001:db8::1 10.0.0.2"),
        ("web-1:10.0.0.1 db.de:10.0.0.2 1.2.3.4:5.6.7.8", "10.0.0.1 10.0.0.2 1.2.3.4 5.6.7.8"),
        ("face:10.0.0.1 a:10.0.0.1 80:10.0.0.1 -face:10.0.0.1 1:2:10.0.0.1 ::10.0.0.1.", "::10.0.0.1"),
        ("std::10.0.0.1 foo::b:10.0.0.1 127.0.0.1:8080:10.0.0.1:80", "127.0.0.1"),
        ("1:2:3:4:5:6:7:8:9 x-1:2:3:4:5:6:7:8:9 12345::1 ::12345 facade::1 std::face", ""),
        ("2001:db8::1-2001:db8::2 10.0.0.1-10.0.0.2", "2001:db8::1 2001:db8::2 10.0.0.1 10.0.0.2"),
    ]);
}

#[test]
fn a_word_and_a_slash_may_be_a_host_or_a_program() {
    all(&[
        ("connect to host-41/10.190.173.170:9000, /10.10.34.13:37196", "10.190.173.170 10.10.34.13"),
        ("localhost/127.0.0.1 localhost/::1 db-3/10.1.2.3:9092", "127.0.0.1 ::1 10.1.2.3"),
        ("Factory:0.0.0.0/0.0.0.0:2181", "0.0.0.0 0.0.0.0"),
        ("192.0.2.10/198.51.100.10 2001:db8::a/2001:db8::b", "192.0.2.10 198.51.100.10 2001:db8::a 2001:db8::b"),
        (
            "namenode/10.1.2.3:9000 kafka1/10.0.0.1 a.b/10.0.0.2 <unresolved>/10.0.0.3",
            "10.1.2.3 10.0.0.1 10.0.0.2 10.0.0.3",
        ),
        ("Chrome/119.0.0.0 Edg/119.0.0.0 (x) HeadlessChrome/119.0.0.0 OPR/105.0.0.0, Version/1.2.3.4;", ""),
        ("namenode/10.1.2.3 word/2001:db8::1 _/1.2.3.4 not_localhost/1.2.3.4", ""),
        ("GET /a/b?x=/10.0.0.1 ./10.0.0.2", "10.0.0.1 10.0.0.2"),
        // The longest address that can have a port, and one at the end of the text.
        (
            "namenode/255.255.255.255:9000 word/255.255.255.255 Chrome/119.0.0.0:x word/1.2.3.4:8",
            "255.255.255.255 1.2.3.4",
        ),
    ]);
}

#[test]
fn the_path_of_a_url_is_no_prefix_length() {
    all(&[
        ("GET http://9.9.9.9/1", "9.9.9.9"),
        ("\"http://1.2.3.4/0\"", "1.2.3.4"),
        ("ftp://user@1.2.3.4/8 https://a:b%20c@1.2.3.4/24?", "1.2.3.4 1.2.3.4"),
        ("http://1.2.3.4/8.8.8.8 http://1.2.3.4:80/24 http://[2001:db8::1]/64", "1.2.3.4 8.8.8.8 1.2.3.4 2001:db8::1"),
        ("see http://x.example/a and 10.0.0.0/8", "10.0.0.0/8"),
        ("mail@1.2.3.4/24 x://a b@1.2.3.4/24 //1.2.3.4/24", "1.2.3.4/24 1.2.3.4/24 1.2.3.4/24"),
        ("http://h/a@1.2.3.4/24 http://h@1.2.3.4/24 http://a@b@1.2.3.4/24", "1.2.3.4 1.2.3.4 1.2.3.4"),
    ]);
}

#[test]
fn no_password_makes_a_prefix_of_a_path() {
    for password in ["\"", "<>", "@", "w/x", "c@corp.example:pw", &"e".repeat(235), &"e".repeat(260), &"/".repeat(5000)]
    {
        let url = format!("x https://me:{password}@10.0.0.1/0");
        assert_eq!(find(&url), "10.0.0.1", "{url}");
        assert_eq!(
            find(&format!("{url} 10.0.0.2/8 a@10.0.0.3/8\0me@10.0.0.4/8")),
            "10.0.0.1 10.0.0.2/8 10.0.0.3/8 10.0.0.4/8"
        );
    }
    // Nothing says that a word without `://` is a URL, unless its start is out of sight.
    let long = |len| format!("{}@10.0.0.1/8", "e".repeat(len));
    assert_eq!((find(&long(255)), find(&long(256))), ("10.0.0.1/8".into(), "10.0.0.1".into()));
    assert_eq!(find(&format!(" {}", long(255))), "10.0.0.1/8");
    assert_eq!(find(&"@10.0.0.1/0".repeat(3)), "10.0.0.1/0 10.0.0.1/0 10.0.0.1/0");
}

#[test]
fn an_escape_ends_a_word() {
    all(&[
        ("{\"m\":\"from\\n10.0.0.1 to\\t10.0.0.2\\r\\n10.0.0.3\"}", "10.0.0.1 10.0.0.2 10.0.0.3"),
        ("\\n2001:db8::1\\t2001:db8::2\\u0041fe80::1\\bfe80::2", "2001:db8::1 2001:db8::2 fe80::1 fe80::2"),
        ("\\u004110.0.0.1 \\u003d1.2.3.4 \\u0026host=1.2.3.4\\u0026", "10.0.0.1 1.2.3.4 1.2.3.4"),
        ("ip%3D10.0.0.4%26 q=%2010.0.0.5%20 %3A2001:db8::1 %201::2", "10.0.0.4 10.0.0.5 2001:db8::1 1::2"),
        ("\\x2210.0.0.1\\x22 #01210.0.0.2#011fe80::1 \\01110.0.0.3", "10.0.0.1 10.0.0.2 fe80::1 10.0.0.3"),
        ("\x1b[31m10.0.0.8\x1b[0m \x1b[01;32mfe80::8\x1b[m\x1b[K10.0.0.9", "10.0.0.8 fe80::8 10.0.0.9"),
        // Both colours in full, and as many attributes as there are.
        (
            "\x1b[38;2;255;255;255;48;2;100;100;100m10.0.0.1\x1b[0m \\u001b[1;3;4;38;2;255;255;255;48;2;100;100;100m2001:db8::1 \
             \\e[38:2:255:255:255;48:2:100:100:100;58:2:99:99:99;1;3;4mlocalhost/10.0.0.2",
            "10.0.0.1 2001:db8::1 10.0.0.2",
        ),
        // Colons between the parts of a colour make no address.
        ("\x1b[38:2::255:255:255;48:2::100:100:100m10.0.0.1\x1b[0m \\e[4:3;58:2::1:2:3mfe80::1", "10.0.0.1 fe80::1"),
        ("x[38:2::255:255:255m [38:2::255:255:255; \x1b[::1]", "38:2::255:255:255 ::1"),
        // The letter of a control sequence may be a hexadecimal digit.
        ("\x1b[2A::1 \\x1b[0E::2 \x1b[1;2Bfe80::3 [a0E::4]", "::1 ::2 fe80::3 a0E::4"),
        ("\\u001b[31m10.0.0.8\\u001b[0m \\x1b[1m10.0.0.9 #033[0m10.0.0.7", "10.0.0.8 10.0.0.9 10.0.0.7"),
        (
            "\\ninside:10.0.0.1 \\nlocalhost/10.0.0.2 \\t/10.0.0.3 \\u000anode/10.0.0.4:80",
            "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4",
        ),
        // The word behind the escape is what counts.
        ("\\nface:10.0.0.1 \\nChrome/119.0.0.0 n10.0.0.1 [31m10.0.0.8 %zz10.0.0.1 \\u41x10.0.0.1", ""),
    ]);
    // What an escape looks like, and is a number.
    all(&[("50%.1 100%10.0.0.1 #1.2.3.4", "10.0.0.1 1.2.3.4"), ("\\fe80::1 \\\\1.2.3.4", "fe80::1 1.2.3.4")]);
    // A logger writes control characters so, and those are below 040 in octal.
    all(&[("#05610.0.0.1 \\04110.0.0.1 #03710.0.0.1", "10.0.0.1")]);
}

#[test]
fn a_colour_code_has_256_bytes_at_most() {
    for (numbers, found) in [(253, "10.0.0.1 ::1"), (254, "")] {
        let colour = format!("\x1b[{}m", ";".repeat(numbers));
        assert_eq!(find(&format!("{colour}10.0.0.1 {colour}::1")), found, "{numbers}");
    }
}

#[test]
fn addresses_alone() {
    let look_for = Look { no_prefixes: true, ..Look::default() };
    let found = look(look_for, b"(192.0.2.15/22) 2001:db8::/32 ::/0 1.2.3.4/5.6.7.8");
    assert_eq!(found, "192.0.2.15 2001:db8:: 1.2.3.4 5.6.7.8");
}

#[test]
fn ranges_and_masks() {
    let cases = [
        ("10.0.0.1-10.0.0.9, 10.0.0.1 - 10.0.0.9.", "10.0.0.1-10.0.0.9|10.0.0.1 - 10.0.0.9"),
        ("193.0.0.0\t-\t193.0.7.255", "193.0.0.0\t-\t193.0.7.255"),
        ("10.0.0.1- 10.0.0.9 10.0.0.1 -10.0.0.9", "10.0.0.1|10.0.0.9|10.0.0.1|10.0.0.9"),
        ("2001:db8::-2001:db8::ff: x", "2001:db8::-2001:db8::ff"),
        ("10.0.0.9-10.0.0.1 1.1.1.1-::1 ::2-::1", "10.0.0.9|10.0.0.1|1.1.1.1|::1|::2|::1"),
        ("10.0.0.1-10.0.0.9/24 10.0.0.0/24-10.0.0.9", "10.0.0.1|10.0.0.9/24|10.0.0.0/24|10.0.0.9"),
        ("10.0.0.1-20 10.0.0.1-10.0.0.9x 10.0.0.1 - - [x]", "10.0.0.1|10.0.0.1|10.0.0.1"),
        ("192.0.2.0/255.255.255.0 192.0.2.0/0.0.0.255;", "192.0.2.0/255.255.255.0|192.0.2.0/0.0.0.255"),
        ("1.2.3.4/5.6.7.8 1.2.3.4/255.255.255.0.1 1.2.3.0/24", "1.2.3.4|5.6.7.8|1.2.3.4|1.2.3.0/24"),
        ("http://1.2.3.4/255.255.255.0 1.1.1.1-1.1.1.2-1.1.1.3", "1.2.3.4|255.255.255.0|1.1.1.1-1.1.1.2|1.1.1.3"),
    ];
    for (text, want) in cases {
        assert_eq!(look(Look { ranges: true, ..Look::default() }, text.as_bytes()), want.replace('|', " "), "{text}");
    }
}

#[test]
fn ports_after_dots() {
    let cases = [
        ("IP 10.0.0.1.443 > 10.0.0.2.51234: Flags", "10.0.0.1 10.0.0.2"),
        ("IP6 2001:db8::1.443 > fe80::2.65535: Flags", "2001:db8::1 fe80::2"),
        ("IP6 ::ffff:1.2.3.4.80 > ::ffff:1.2.3.4: x", "::ffff:1.2.3.4 ::ffff:1.2.3.4"),
        ("ARP 10.0.0.1, 10.0.0.2: 10.0.0.3.", "10.0.0.1 10.0.0.2 10.0.0.3"),
        ("10.0.0.1.65536 10.0.0.1.080 10.0.0.1.1.2 10.0.0.1.x 10.0.0.1.80x", ""),
        ("2001:db8::1.65536 2001:db8::1.080 2001:db8::1.2.3", ""),
        ("10.0.0.1.53/24", "10.0.0.1"),
        ("a ::.1 b ::1.1", "::1"),
    ];
    for (text, want) in cases {
        assert_eq!(ports(text), want, "{text}");
    }
}

#[test]
fn the_same_at_every_place() {
    let text = "x 1:2:3:4:5:6:7:8 y 255.255.255.255/32 z ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128 12:34:56 ::1/64, 1.2.3.4.5 9.9.9.9";
    let want = find(text);
    assert_eq!(want.split(' ').count(), 5);
    for shift in 0..200 {
        assert_eq!(find(&format!("{}{text}", " ".repeat(shift))), want, "{shift}");
    }
    // Wherever the text is cut, both parts together give the same.
    let bytes = text.as_bytes();
    for cut in 0..bytes.len() {
        let mut all = Vec::new();
        let mut keep = |found: Found| {
            all.push(text[found.start..found.end].to_owned());
            Ok::<(), ()>(())
        };
        let next = Look::default().each(bytes, 0, cut, &mut keep).unwrap();
        Look::default().each(bytes, next, bytes.len(), &mut keep).unwrap();
        assert_eq!(all.join(" "), want, "{cut}");
    }
}

/// A block that ends in the midst of a line, of which only whole lines are searched.
#[test]
fn what_is_cut_off_spoils_nothing() {
    let (head, tail) = ("x 1.1.1.1\n", "2149:88b0:2e28:13bf:2833:1ef0:1e0a:519a ::1 1.2.3.4\n");
    let text = format!("{head}{tail}");
    for len in head.len()..text.len() {
        let mut all = Vec::new();
        let mut keep = |found: Found| {
            all.push(found.start);
            Ok::<(), ()>(())
        };
        let next = Look::default().each(&text.as_bytes()[..len], 0, head.len(), &mut keep).unwrap();
        Look::default().each(text.as_bytes(), next, text.len(), &mut keep).unwrap();
        assert_eq!(all, [2, 10, 50, 54], "{len}");
    }
}

/// All matches, found without vectors.
fn safely(text: &[u8]) -> Vec<Found> {
    let mut all = Vec::new();
    let keep = |found| {
        all.push(found);
        Ok::<(), ()>(())
    };
    let plain = Level::named("plain").unwrap();
    search(plain, Job { look: &Look::default(), text, from: 0, to: text.len(), found: keep }).unwrap();
    all
}

#[test]
fn the_kernel_finds_what_its_twin_finds() {
    let parts = [
        "1.2.3.4",
        "::",
        ":",
        ".",
        "1",
        "255",
        "fe80",
        "::1",
        "/",
        "/24",
        " ",
        "x",
        "-",
        "ffff:",
        "2001:db8::",
        "1:2:3:4:5:6:7:8",
        "0",
    ];
    let mut n = 1u64;
    for _ in 0..plainnet_lab::tool::long(20_000, 2_500) {
        let mut text = String::new();
        for _ in 0..1 + n % 40 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[(n >> 33) as usize % parts.len()]);
        }
        let mut all = Vec::new();
        let keep = |found| {
            all.push(found);
            Ok::<(), ()>(())
        };
        Look::default().each(text.as_bytes(), 0, text.len(), keep).unwrap();
        assert_eq!(all, safely(text.as_bytes()), "{text}");
        // The masks leave nothing out that the rules would take.
        let mut slow = Vec::new();
        let mut next = 0;
        for at in 0..text.len() {
            if at >= next
                && matches!(text.as_bytes()[at], b'.' | b':')
                && let Ok(found) = Look::default().at(text.as_bytes(), at, next)
            {
                next = found.next;
                slow.push(found);
            }
        }
        assert_eq!(all, slow, "{text}");
    }
}

use super::*;
use crate::wire::rdata;

/// The lines about `name`, whose records and absent types are these; the zone's own servers deny what is absent.
fn about(name: &str, records: &[(&str, u32, &[u8])], none: &[Type]) -> Vec<String> {
    let name = Name::parse(name).unwrap();
    let data: Vec<_> = records
        .iter()
        .map(|(mnemonic, ttl, wire)| {
            let rtype: Type = mnemonic.parse().unwrap();
            (rtype, *ttl, rdata::read(rtype, wire, 0..wire.len()))
        })
        .collect();
    let facts = data.iter().map(|(rtype, ttl, data)| Fact { rtype: *rtype, ttl: *ttl, data, at: None }).collect();
    let absent: Vec<_> = none.iter().map(|rtype| Absent { rtype: *rtype, zone: None }).collect();
    explain(&[Collected { name: &name, facts, absent: &absent, denied: false }], &[])
}

/// The same without what is said of TTLs.
fn of(records: &[(&str, &[u8])], none: &[Type]) -> Vec<String> {
    let records: Vec<_> = records.iter().map(|(mnemonic, wire)| (*mnemonic, 1, *wire)).collect();
    let mut lines = about("dev.example", &records, none);
    assert!(lines.pop().unwrap().starts_with("resolvers keep it for 1 second: because "));
    lines
}

/// What is said, without the reasons.
fn words(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split_once(": because ").unwrap().0).collect()
}

fn wire(text: &str) -> Vec<u8> {
    Name::parse(text).unwrap().wire().to_vec()
}

fn txt(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(255).flat_map(|part| [&[part.len() as u8][..], part].concat()).collect()
}

fn spf(terms: &str) -> Vec<String> {
    of(&[("TXT", &txt(&format!("v=spf1 {terms}")))], &[])
}

#[test]
fn a_site_behind_a_network_of_many() {
    let lines = about(
        "dev.example",
        &[("A", 61854, &[151, 101, 2, 217]), ("A", 61854, &[151, 101, 66, 217])],
        &[Type::AAAA, Type::CAA, Type::MX],
    );
    assert_eq!(
        lines,
        [
            "Fastly serves the name: because A:151.101.2.217 and 1 more",
            "many sites share the address, so that a request must name its site (Fastly): because A:151.101.2.217 and 1 more",
            "2 IPv4 addresses share the load: because A:151.101.2.217 and 1 more",
            "no direct IPv6: because there is no AAAA record",
            "mail goes to the host itself, if it takes any: because there is no MX record",
            "any authority may issue certificates, unless a parent name says otherwise: because there is no CAA record",
            "resolvers keep it for about 17 hours: because A:151.101.2.217 has a TTL of 61854 s",
        ]
    );
}

#[test]
fn who_runs_what() {
    let ns = wire("ADA.ns.cloudflare.com");
    let mx = [&[0, 1][..], &wire("aspmx.l.google.com")].concat();
    let soa = [&wire("a.b")[..], &wire("dns\\.admin.example.net"), &[0; 16], &[0, 0, 7, 8]].concat();
    assert_eq!(
        about("dev.example", &[("NS", 300, &ns), ("SOA", 300, &soa), ("MX", 300, &mx)], &[Type::DS, Type::DNSKEY]),
        [
            "Cloudflare runs the DNS: because NS:ADA.ns.cloudflare.com.",
            "the zone's keeper is dns.admin@example.net: because SOA:a.b. dns\\.admin.example.net. 0 0 0 0 1800",
            "resolvers keep \"there is no such record\" for 5 minutes: because SOA:a.b. dns\\.admin.example.net. 0 0 0 0 1800",
            "Google takes the mail: because MX:1 aspmx.l.google.com.",
            "answers cannot be verified (no DNSSEC): because there is no DNSKEY record",
            "resolvers keep it for 5 minutes: because NS:ADA.ns.cloudflare.com. has a TTL of 300 s",
        ]
    );
    // A look-alike is nobody's.
    assert!(of(&[("NS", &wire("a.evilns.cloudflare.com.example"))], &[]).is_empty());
}

#[test]
fn mail_servers_and_what_is_none() {
    let mx = |preference: u8, host: &str| [&[0, preference][..], &wire(host)].concat();
    let lines = |records: &[Vec<u8>]| of(&records.iter().map(|mx| ("MX", &mx[..])).collect::<Vec<_>>(), &[]);
    assert_eq!(lines(&[mx(0, ".")]), ["the name takes no mail: because MX:0 ."]);
    assert_eq!(
        lines(&[mx(0, "."), mx(10, "mail.dev.example")]),
        [
            "the MX record that names no host means nothing beside the others: because MX:0 .",
            "mail for dev.example goes to mail.dev.example: because MX:10 mail.dev.example.",
        ]
    );
    assert_eq!(
        lines(&[mx(10, "192.0.2.1"), mx(20, "in1-smtp.messagingengine.com"), mx(30, "in2-smtp.messagingengine.com")]),
        [
            "mail cannot be delivered to 192.0.2.1, since an MX record has to name a host: because MX:10 192.0.2.1.",
            "Fastmail takes the mail: because MX:20 in1-smtp.messagingengine.com. and 1 more",
        ]
    );
    assert_eq!(lines(&[mx(5, ".")]), ["the MX record names no host, so that mail cannot be delivered: because MX:5 ."]);
}

#[test]
fn tokens_are_published_and_prove_no_more() {
    assert_eq!(
        of(
            &[
                ("TXT", &txt("google-site-verification=a")),
                ("TXT", &txt("MS=ms1")),
                ("TXT", &txt("google-site-verification=b"))
            ],
            &[]
        ),
        [
            "the name publishes a token for Google: because TXT:\"google-site-verification=a\" and 1 more",
            "the name publishes a token for Microsoft: because TXT:\"MS=ms1\"",
        ]
    );
    let lines = about("_amazonses.dev.example", &[("TXT", 1, &txt("abc="))], &[]);
    assert_eq!(lines[0], "the name publishes a token for Amazon SES: because TXT:\"abc=\"");
}

#[test]
fn a_sender_policy_term_by_term() {
    assert_eq!(
        words(&spf("include:_spf.google.com include:x.example ip4:192.0.2.0/24 ip4:192.0.2.1 mx ~all")),
        [
            "Google may send mail as dev.example",
            "whom x.example allows may send mail as dev.example",
            "2 networks named there may send mail as dev.example",
            "the mail servers of dev.example may send mail as dev.example",
            "mail as dev.example from other servers is suspect",
        ]
    );
    for (terms, wanted) in [
        ("-all", &["no server at all may send mail as dev.example"][..]),
        ("+all", &["any server at all may send mail as dev.example"]),
        ("", &["nothing is said about mail as dev.example from other servers"]),
        ("redirect=_spf.google.com", &["the sender policy is that of _spf.google.com (Google)"]),
        (
            "a:h.example/24 redirect=r.example",
            &[
                "the hosts of h.example may send mail as dev.example",
                "for all other servers the sender policy is that of r.example",
            ],
        ),
        (
            "-all redirect=r.example",
            &[
                "no server at all may send mail as dev.example",
                "the redirect to r.example is ignored, since the policy ends in all",
            ],
        ),
        (
            "exists:%{ir}._spf.x.example ptr -ip6:2001:db8::/32 ?all include:never.example",
            &[
                "servers for which %{ir}._spf.x.example exists may send mail as dev.example",
                "hosts whose reverse name is within dev.example may send mail as dev.example",
                "1 network named there may not send mail as dev.example",
                "nothing is said about mail as dev.example from other servers",
            ],
        ),
        (
            "ptr:x.example a:y.example mx:z.example -exists:e.example -all",
            &[
                "hosts whose reverse name is within x.example may send mail as dev.example",
                "the hosts of y.example may send mail as dev.example",
                "the mail servers of z.example may send mail as dev.example",
                "servers for which e.example exists may not send mail as dev.example",
                "no other server may send mail as dev.example",
            ],
        ),
        (
            "~a ?include:x.example -all",
            &[
                "mail as dev.example is suspect if it comes from: the hosts of dev.example",
                "nothing is said about mail as dev.example if it comes from: whom x.example allows",
                "no other server may send mail as dev.example",
            ],
        ),
    ] {
        assert_eq!(words(&spf(terms)), wanted, "{terms}");
    }
}

#[test]
fn a_void_sender_policy_grants_nothing() {
    // Two records (RFC 7208 section 4.5).
    assert_eq!(
        of(&[("TXT", &txt("v=spf1 +a +mx ?all")), ("TXT", &txt("V=SPF1 include:other.test -all"))], &[]),
        ["the sender policy is void, since there are several: because TXT:\"v=spf1 +a +mx ?all\" and 1 more"]
    );
    // Receivers ignore type 99 (section 3.1).
    assert!(of(&[("SPF", &txt("v=spf1 -all"))], &[]).is_empty());
    assert_eq!(
        words(&of(&[("TXT", &txt("v=spf1 -all")), ("SPF", &txt("v=spf1 +all"))], &[])),
        ["no server at all may send mail as dev.example"]
    );
    let includes: Vec<String> = (1..=11).map(|n| format!("include:s{n}.example")).collect();
    assert_eq!(
        words(&spf(&format!("{} -all", includes.join(" ")))),
        ["receivers give the sender policy up after 10 look-ups (permerror): it names 11"]
    );
    assert_eq!(words(&spf(&format!("{} -all", includes[1..].join(" ")))).len(), 11);
    assert_eq!(
        words(&spf("ipv4:192.0.2.1 -all")),
        ["the sender policy is void, since ipv4:192.0.2.1 is no mechanism (permerror)"]
    );
    assert_eq!(
        spf("redirect=_spf.\u{1b}x"),
        [
            "the sender policy is void, since redirect=_spf.\\x1bx names no domain (permerror): because TXT:\"v=spf1 redirect=_spf.\\027x\""
        ]
    );
    assert!(of(&[("TXT", &txt("v=spf10 -all"))], &[]).is_empty());
}

#[test]
fn a_look_up_that_finds_something_allows_it() {
    for none in [&[Type::A][..], &[Type::AAAA], &[]] {
        let lines = of(&[("TXT", &txt("v=spf1 a mx -all"))], none);
        assert_eq!(
            words(&lines)[..3],
            [
                "the hosts of dev.example may send mail as dev.example",
                "the mail servers of dev.example may send mail as dev.example",
                "no other server may send mail as dev.example",
            ]
        );
    }
    // One term is all there is, or one of several.
    for (terms, wanted) in [
        ("all", "any server at all may send mail as dev.example"),
        ("ip4:192.0.2.1 all", "any server may send mail as dev.example"),
        ("-ip4:192.0.2.1 -ip4:192.0.2.2 ip4:192.0.2.3 all", "any server may send mail as dev.example"),
    ] {
        assert_eq!(words(&spf(terms)).last(), Some(&wanted), "{terms}");
    }
    assert_eq!(
        words(&spf("-ip4:192.0.2.1 -ip4:192.0.2.2 ip4:192.0.2.3 ?all"))[..2],
        [
            "2 networks named there may not send mail as dev.example",
            "1 network named there may send mail as dev.example",
        ]
    );
}

#[test]
fn look_ups_that_find_nothing_allow_nobody() {
    let lines = of(&[("TXT", &txt("v=spf1 a mx -all")), ("TXT", &txt("x"))], &[Type::A, Type::AAAA, Type::MX]);
    assert_eq!(
        words(&lines),
        [
            "the term a of the sender policy matches nobody, since dev.example has no address",
            "the term mx of the sender policy matches nobody, since dev.example has no MX record",
            "no other server may send mail as dev.example",
            "no host has the name itself",
        ]
    );
}

#[test]
fn certificates_as_rfc_8659_has_it() {
    for (records, wanted) in [
        (
            &[
                &b"\0\x05issueletsencrypt.org; accounturi=https://x.example/1; validationmethods=dns-01"[..],
                b"\0\x09issuewild;",
                b"\0\x05issueca.example",
            ][..],
            &[
                "Let's Encrypt may issue certificates, to the account https://x.example/1 only, checked by dns-01 only",
                "ca.example may issue certificates",
                "no authority may issue wildcard certificates",
            ][..],
        ),
        // One that names nobody takes nothing from the others.
        (&[b"\0\x05issue;", b"\0\x05issueletsencrypt.org"], &["Let's Encrypt may issue certificates"]),
        (&[b"\0\x05issue;", b"\0\x05issue%%%"], &["no authority may issue certificates"]),
        (&[b"\0\x05issue-a.example"], &["no authority may issue certificates"]),
        (&[b"\0\x05issuea-.example"], &["no authority may issue certificates"]),
        (&[b"\0\x05issuea..example"], &["no authority may issue certificates"]),
        (&[b"\0\x05issuea.example; policy"], &["no authority may issue certificates"]),
        (&[b"\0\x05issue a-1.example ; x=y;"], &["a-1.example may issue certificates"]),
        (
            &[b"\0\x05issuea.example", b"\0\x08issuevmc;", b"\0\x0ccontactemaila@b.example", b"\0\x0ccontactphone+1"],
            &[
                "a.example may issue certificates",
                "no authority may issue certificates for logos (VMC)",
                "authorities find the domain's keeper at a@b.example",
                "authorities call the domain's keeper at +1",
            ],
        ),
        (&[b"\x80\x03tbsUnknown"], &["no authority that does not know tbs may issue certificates"]),
        (&[b"\0\x05ISSUEpki.goog"], &["Google Trust Services may issue certificates"]),
        (
            &[b"\0\x05iodefmailto:sec@dev.example"],
            &[
                "any authority may issue certificates, since no CAA record says issue",
                "violations are to be reported to sec@dev.example",
            ],
        ),
        (
            &[b"\0\x09issuewildletsencrypt.org"],
            &[
                "Let's Encrypt may issue wildcard certificates",
                "any authority may issue certificates that are no wildcards, since no CAA record says issue",
            ],
        ),
        (
            &[b"\x80\x03tbsUnknown", b"\0\x05issueca1.example.net"],
            &[
                "no authority that does not know tbs may issue certificates",
                "ca1.example.net may issue certificates, if it knows tbs",
            ],
        ),
        // A property that is known may be critical, and one that is not critical may be unknown.
        (&[b"\x80\x05issueca.example", b"\0\x03tbsUnknown"], &["ca.example may issue certificates"]),
        (
            &[b"\0\x05issueca.example", b"\0\x09issuemail;"],
            &["ca.example may issue certificates", "no authority may issue certificates for mail (S/MIME)"],
        ),
    ] {
        let records: Vec<_> = records.iter().map(|caa| ("CAA", *caa)).collect();
        assert_eq!(words(&of(&records, &[])), wanted, "{records:?}");
    }
}

#[test]
fn pinned_certificates() {
    let pin = |fields: &[u8], length: usize| [fields, &vec![7; length][..]].concat();
    for (tlsa, wanted) in [
        (
            pin(&[3, 1, 1], 32),
            "the record is the SHA-256 of the public key of the service at port 25/tcp of mx.example itself (DANE, where DNSSEC proves it)",
        ),
        (
            pin(&[2, 0, 2], 64),
            "the record is the SHA-512 of the certificate of the authority that issued the service at port 25/tcp of mx.example's certificate (DANE, where DNSSEC proves it)",
        ),
        (pin(&[3, 1, 1], 2), "clients ignore the TLSA record: 2 bytes are no SHA-256"),
        (pin(&[3, 1, 2], 32), "clients ignore the TLSA record: 32 bytes are no SHA-512"),
        (pin(&[4, 1, 1], 32), "clients ignore the TLSA record: nobody knows usage 4"),
        (pin(&[3, 2, 1], 32), "clients ignore the TLSA record: nobody knows selector 2"),
        (pin(&[3, 1, 3], 48), "clients ignore the TLSA record: nobody knows matching type 3"),
        (pin(&[3, 1, 1], 1), "clients ignore the TLSA record: 1 byte are no SHA-256"),
        (
            pin(&[1, 1, 0], 7),
            "the record is the public key of the service at port 25/tcp of mx.example, which has to pass the usual checks, too (DANE, where DNSSEC proves it)",
        ),
        (
            pin(&[0, 0, 1], 32),
            "the record is the SHA-256 of the certificate of an authority above the service at port 25/tcp of mx.example's certificate, which has to pass the usual checks, too (DANE, where DNSSEC proves it)",
        ),
    ] {
        assert_eq!(words(&about("_25._tcp.mx.example", &[("TLSA", 1, &tlsa)], &[]))[0], wanted);
    }
}

#[test]
fn connections() {
    assert_eq!(
        words(&of(&[("HTTPS", b"\0\x01\0\0\x01\0\x06\x02h3\x02h2\0\x05\0\x01x")], &[])),
        [
            "browsers can speak HTTP/3 (QUIC) at once",
            "browsers can speak HTTP/2 at once",
            "browsers can hide the site's name in the handshake (ECH)",
        ]
    );
    let alias = [&[0, 0][..], &wire("d1.cloudfront.net")].concat();
    assert_eq!(
        words(&of(&[("HTTPS", &alias)], &[])),
        ["the web site is served by d1.cloudfront.net (Amazon CloudFront)"]
    );
    // What browsers do says nothing of other services.
    let service = b"\0\x01\0\0\x01\0\x06\x02h3\x02h2\0\x03\0\x02\x20\xfb\0\x05\0\x01x";
    assert_eq!(words(&of(&[("SVCB", service)], &[])), ["the service is at port 8443"]);
    assert_eq!(words(&of(&[("HTTPS", b"\0\x01\0\0\x03\0\x02\x20\xfb")], &[])), ["the web site is at port 8443"]);
    for (target, words_) in [("x.example", "the web site is served by x.example"), (".", "the web site is served by .")]
    {
        assert_eq!(words(&of(&[("HTTPS", &[&[0, 0][..], &wire(target)].concat())], &[])), [words_]);
    }
    let srv = |host: &str| [&[0, 100, 0, 1, 0x13, 0xc5][..], &wire(host)].concat();
    // Both labels of a service's name begin with an underscore (RFC 2782).
    for (owner, service) in [
        ("_imap._tcp.dev.example", "the service imap/tcp of dev.example"),
        ("_143._tcp.dev.example", "the service at port 143/tcp of dev.example"),
        ("_imap.tcp.dev.example", "a service"),
        ("imap._tcp.dev.example", "a service"),
    ] {
        assert_eq!(
            words(&about(owner, &[("SRV", 1, &srv("h.example"))], &[]))[0],
            format!("{service} is at h.example, port 5061")
        );
    }
    assert_eq!(
        words(&about(
            "_sipfederationtls._tcp.dev.example",
            &[("SRV", 1, &srv("sipfed.online.lync.com"))],
            &[Type::A, Type::AAAA]
        ))[..2],
        [
            "the service sipfederationtls/tcp of dev.example is at sipfed.online.lync.com, port 5061",
            "Microsoft Teams (formerly Lync, Skype for Business) runs the service sipfederationtls/tcp of dev.example",
        ]
    );
    assert_eq!(
        words(&about("_imap._tcp.dev.example", &[("SRV", 1, &srv("."))], &[]))[0],
        "the service imap/tcp of dev.example is not offered here"
    );
}

#[test]
fn aliases_say_what_they_are_for() {
    let alias = |name: &str, target: &str| {
        let lines = about(name, &[("CNAME", 1, &wire(target))], &[]);
        words(&lines)[1..lines.len() - 1].iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (name, target, wanted) in [
        (
            "www.dev.example",
            "dev.example.s3-website-us-east-1.amazonaws.com",
            "Amazon S3 (static web site) serves the name",
        ),
        (
            "www.dev.example",
            "dev.example.s3-website.eu-central-1.amazonaws.com",
            "Amazon S3 (static web site) serves the name",
        ),
        ("api.dev.example", "d-abc.execute-api.eu-west-1.amazonaws.com", "Amazon API Gateway serves the name"),
        ("www.dev.example", "shop.azurewebsites.net", "Microsoft Azure serves the name"),
        ("autodiscover.dev.example", "autodiscover.outlook.com", "Microsoft 365 (Outlook) serves the name"),
        (
            "lyncdiscover.dev.example",
            "webdir.online.lync.com",
            "Microsoft Teams (formerly Lync, Skype for Business) serves the name",
        ),
        (
            "_a1.dev.example",
            "_b2.c3.acm-validations.aws",
            "the name proves to AWS Certificate Manager (ACM) who controls the domain",
        ),
        (
            "abc._domainkey.dev.example",
            "abc.dkim.amazonses.com",
            "Amazon SES publishes the key abc, and so can sign mail as dev.example (DKIM)",
        ),
        (
            "selector1._domainkey.dev.example",
            "selector1-dev-example._domainkey.contoso.onmicrosoft.com",
            "Microsoft 365 publishes the key selector1, and so can sign mail as dev.example (DKIM)",
        ),
        (
            "selector2._domainkey.dev.example",
            "selector2-dev-example._domainkey.contoso.n-v1.dkim.mail.microsoft",
            "Microsoft 365 publishes the key selector2, and so can sign mail as dev.example (DKIM)",
        ),
        (
            "_acme-challenge.dev.example",
            "x.auth.example",
            "x.auth.example answers for certificates of the domain (ACME)",
        ),
    ] {
        assert_eq!(alias(name, target), [wanted], "{target}");
    }
    assert!(alias("www.dev.example", "host.example").is_empty());
    // Nothing else is to be expected of an alias.
    let alone = about("www.dev.example", &[("CNAME", 1, &wire("host.example"))], &[Type::A, Type::AAAA, Type::MX]);
    assert_eq!(words(&alone), ["the name is an alias of host.example", "resolvers keep it for 1 second"]);
}

#[test]
fn policies_asked_by_name() {
    // The key of RFC 6376 appendix C.
    const KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
    // 512 bits, made for this test.
    let weak = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAM0EohO+t6NAmN/sg6RR6bo+kLyFIOVurxBRnEz57SiZaI1sC5zmxJMN7hMKJYGGbsMisUsFtpDWH4X0Y5wPsDECAwEAAQ==";
    let signed = format!("v=DKIM1; k=rsa; t=y; p={KEY}");
    for (name, text, wanted) in [
        (
            "s._domainkey.dev.example",
            "v=DKIM1; p=",
            &["the key s is revoked: no mail as dev.example is signed with it (DKIM)"][..],
        ),
        (
            "s._domainkey.dev.example",
            &signed,
            &[
                "mail as dev.example may be signed with the key s: RSA of 1024 bits (DKIM)",
                "dev.example is testing the key s (DKIM)",
            ],
        ),
        (
            "a.b._domainkey.dev.example",
            "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            &["mail as dev.example may be signed with the key a.b: Ed25519 (DKIM)"],
        ),
        (
            "s._domainkey.dev.example",
            "v=DKIM1; p=not base64!",
            &["the key s is void, since its p= is no base64 (DKIM)"],
        ),
        (
            "s._domainkey.dev.example",
            &format!("p={weak}"),
            &["receivers ignore the key s: RSA of 512 bits is too weak (DKIM)"],
        ),
        ("s._domainkey.dev.example", "v=DKIM2; p=AAAA", &[]),
        (
            "_dmarc.dev.example",
            "v=DMARC1; p=reject; sp=none; pct=50; rua=mailto:d@r.example,mailto:e@r.example; ruf=mailto:f@r.example",
            &[
                "mail as dev.example that neither SPF nor DKIM proves is to be rejected, 50 % of it at present (DMARC)",
                "mail as a name below dev.example that neither SPF nor DKIM proves is to be delivered as usual (DMARC)",
                "reports about mail as dev.example go to d@r.example and e@r.example (DMARC)",
                "reports about single messages as dev.example go to f@r.example (DMARC)",
            ],
        ),
        (
            "_dmarc.dev.example",
            "v=DMARC1; p=Quarantine",
            &["mail as dev.example that neither SPF nor DKIM proves is to be treated as suspect (DMARC)"],
        ),
        (
            "_dmarc.dev.example",
            "v=DMARC1; rua=mailto:d@r.example",
            &[
                "mail as dev.example that neither SPF nor DKIM proves is to be delivered as usual (DMARC)",
                "reports about mail as dev.example go to d@r.example (DMARC)",
            ],
        ),
        ("_dmarc.dev.example", "v=DMARC1; sp=reject", &["the DMARC policy is void, since it has no p="]),
        (
            "_dmarc.dev.example",
            "v=DMARC1; p=reject; sp=reject; pct=99",
            &["mail as dev.example that neither SPF nor DKIM proves is to be rejected, 99 % of it at present (DMARC)"],
        ),
        (
            "_dmarc.dev.example",
            "v=DMARC1; p=reject; pct=100",
            &["mail as dev.example that neither SPF nor DKIM proves is to be rejected (DMARC)"],
        ),
        (
            "_dmarc.dev.example",
            "v=DMARC1; p=none; pct=50",
            &["mail as dev.example that neither SPF nor DKIM proves is to be delivered as usual (DMARC)"],
        ),
        ("_mta-sts.dev.example", "v=STSv1; id=", &["the MTA-STS record is void, since it has no valid id="]),
        (
            "_mta-sts.dev.example",
            "v=STSv1; id=12345678901234567890123456789012",
            &[
                "https://mta-sts.dev.example/.well-known/mta-sts.txt says which mail servers are to be reached by TLS (MTA-STS)",
            ],
        ),
        (
            "_mta-sts.dev.example",
            "v=STSv1; id=123456789012345678901234567890123",
            &["the MTA-STS record is void, since it has no valid id="],
        ),
        (
            "default._bimi.dev.example",
            "v=BIMI1; l=https://dev.example/l.svg",
            &["the logo beside mail as dev.example is https://dev.example/l.svg (BIMI)"],
        ),
        (
            "default._bimi.dev.example",
            "v=BIMI1; a=https://dev.example/l.pem",
            &["the logo's certificate is https://dev.example/l.pem (BIMI)"],
        ),
        ("s._domainkey.dev.example", "p=AAAA; v=DKIM1", &[]),
        ("_atproto.dev.example", "x=y", &[]),
        ("_dmarc.dev.example", "p=reject; v=DMARC1", &[]),
        (
            "_mta-sts.dev.example",
            "v=STSv1; id=20260801T000000Z;",
            &[
                "https://mta-sts.dev.example/.well-known/mta-sts.txt says which mail servers are to be reached by TLS (MTA-STS)",
            ],
        ),
        ("_mta-sts.dev.example", "v=STSv1; id=2026-08-01", &["the MTA-STS record is void, since it has no valid id="]),
        (
            "_smtp._tls.dev.example",
            "v=TLSRPTv1; rua=https://r.example/v1",
            &[
                "reports about failures of TLS on the way to dev.example's mail servers go to https://r.example/v1 (TLSRPT)",
            ],
        ),
        ("_smtp._tls.dev.example", "v=TLSRPTv1;", &["the TLSRPT record is void, since it has no rua="]),
        (
            "default._bimi.dev.example",
            "v=BIMI1; l=https://dev.example/logo.svg; a=https://dev.example/logo.pem",
            &[
                "the logo beside mail as dev.example is https://dev.example/logo.svg (BIMI)",
                "the logo's certificate is https://dev.example/logo.pem (BIMI)",
            ],
        ),
        ("default._bimi.dev.example", "v=BIMI1; l=; a=;", &["dev.example shows no logo beside its mail (BIMI)"]),
        (
            "_atproto.dev.example",
            "did=did:plc:z72i7hdynmk6r22z27h6tvur",
            &["dev.example is the handle of did:plc:z72i7hdynmk6r22z27h6tvur (AT Protocol, Bluesky)"],
        ),
    ] {
        let lines = about(name, &[("TXT", 1, &txt(text))], &[Type::A, Type::AAAA, Type::MX, Type::CAA]);
        assert_eq!(words(&lines)[..lines.len() - 1], *wanted, "{name} {text}");
    }
    let twice = about(
        "_dmarc.dev.example",
        &[("TXT", 1, &txt("v=DMARC1; p=none")), ("TXT", 1, &txt("v=DMARC1; p=reject"))],
        &[],
    );
    assert_eq!(words(&twice)[0], "the DMARC policies are void, since there are several");
}

/// A DNSKEY of RFC 4034 section 5.4 with the tag 60485, and DS records of it and of another key.
#[test]
fn the_parent_vouches_for_keys() {
    let key = rdata::tests::unbase64(
        "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
    );
    let key = [&[1, 0, 3, 5][..], &key].concat();
    let (name, parent) = (Name::parse("dev.example").unwrap(), Name::parse("example").unwrap());
    let lines = |records: &[(&str, &[u8])], absent: &[Absent]| {
        let data: Vec<_> = records
            .iter()
            .map(|(mnemonic, wire)| {
                let rtype: Type = mnemonic.parse().unwrap();
                (rtype, rdata::read(rtype, wire, 0..wire.len()))
            })
            .collect();
        let facts = data.iter().map(|(rtype, data)| Fact { rtype: *rtype, ttl: 1, data, at: None }).collect();
        let lines = explain(&[Collected { name: &name, facts, absent, denied: false }], &[]);
        words(&lines)[..lines.len() - 1].iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let no_ds = |zone: &Name| [Absent { rtype: Type::DS, zone: Some(zone.clone()) }];
    let ds = [&[0xec, 0x45, 5, 1][..], &[0; 20]].concat();
    let other = [&[0xec, 0x46, 5, 1][..], &[0; 20]].concat();
    assert_eq!(
        lines(&[("DS", &ds), ("DS", &other), ("DNSKEY", &key)], &[]),
        [
            "the parent zone vouches for key 60485, so that answers can be verified (DNSSEC)",
            "the parent zone vouches for key 60486, so that answers can be verified (DNSSEC)",
        ]
    );
    assert_eq!(
        lines(&[("DS", &other), ("DNSKEY", &key)], &[]),
        [
            "the parent zone vouches for none of the zone's keys, so that resolvers which verify refuse its answers (DNSSEC)"
        ]
    );
    // Denied by the parent there is none; by the zone's own servers nothing is known.
    assert_eq!(lines(&[("DNSKEY", &key)], &no_ds(&parent)), ["the zone has keys but nobody vouches for them (DNSSEC)"]);
    assert_eq!(
        lines(&[("DNSKEY", &key)], &no_ds(&name)),
        ["the zone has keys, and whether its parent vouches for them has to be asked there (DNSSEC)"]
    );
    assert_eq!(
        lines(&[("CDS", &[0, 0, 0, 0, 0]), ("DS", &ds)], &[]),
        [
            "the parent zone vouches for key 60485, so that answers can be verified (DNSSEC)",
            "the zone asks its parent to remove the DS records",
        ]
    );
}

#[test]
fn nothing_without_a_record() {
    assert!(about("dev.example", &[], &[]).is_empty());
    assert!(about("dev.example", &[], &[Type::AAAA, Type::MX, Type::CAA, Type::DS]).is_empty());
    // Not asked, so not known to be absent.
    assert_eq!(about("dev.example", &[("A", 60, &[9, 9, 9, 9])], &[]).len(), 1);
    let lines = about("dev.example", &[("MX", 60, &[0, 0, 0])], &[Type::A, Type::AAAA]);
    assert_eq!(lines[1], "no host has the name itself: because there is no A and no AAAA record");
    // Malformed: its TTL is all there is.
    assert_eq!(
        about("dev.example", &[("MX", 60, &[0])], &[]),
        ["resolvers keep it for 1 minute: because MX:\\# 1 00 has a TTL of 60 s"]
    );
    // Signatures have no time of their own.
    let signature = [&[0, 1, 13, 2][..], &[0; 12], &[0, 9], &wire("dev.example"), &[1]].concat();
    assert!(about("dev.example", &[("RRSIG", 60, &signature)], &[]).is_empty());
    // A name that is no host's lacks nothing.
    assert_eq!(
        about("_x.dev.example", &[("TXT", 0, &txt("x"))], &[Type::A, Type::AAAA]),
        ["resolvers do not keep it: because TXT:\"x\" has a TTL of 0 s"]
    );
}

/// What is said of `dev.example`, which takes mail or has a sender policy, and of the names below it.
#[test]
fn policies_below_a_name() {
    let read = |rtype: Type, wire: &[u8]| rdata::read(rtype, wire, 0..wire.len());
    let name = |text: &str| Name::parse(text).unwrap();
    let said = |apex: (Type, &[u8]), below: &[(&str, Type, &[u8])], absent: &[Type], denied: bool| -> Vec<String> {
        let domain = name("dev.example");
        let data = read(apex.0, apex.1);
        let fact = Fact { rtype: apex.0, ttl: 1, data: &data, at: None };
        let names = [Collected { name: &domain, facts: vec![fact], absent: &[], denied: false }];
        let owners: Vec<Name> = below.iter().map(|(owner, ..)| name(owner)).collect();
        let data: Vec<Data> = below.iter().map(|(_, rtype, wire)| read(*rtype, wire)).collect();
        let absent: Vec<Absent> = absent.iter().map(|rtype| Absent { rtype: *rtype, zone: None }).collect();
        let policies: Vec<Collected<'_>> = owners
            .iter()
            .zip(&data)
            .zip(below)
            .map(|((name, data), (_, rtype, wire))| Collected {
                name,
                facts: if wire.is_empty() { vec![] } else { vec![Fact { rtype: *rtype, ttl: 1, data, at: None }] },
                absent: &absent,
                denied,
            })
            .collect();
        explain(&names, &policies)
    };
    let policy = txt("v=DMARC1; p=reject");
    let alias = wire("_dmarc.other.example");
    let mx = [&[0, 10][..], &wire("mx.example")].concat();
    let spf = txt("v=spf1 -all");
    let is_said = |lines: &[String], part: &str| lines.iter().any(|line| line.contains(part));
    let none = "dev.example has no DMARC policy of its own, but may have its parent domain's: because there is no TXT record at _dmarc.dev.example";
    let (mail, txt_type) = ((Type::MX, &mx[..]), Type::TXT);
    // The policy is at the name itself, or at the target of its alias, and there only.
    let at = said(mail, &[("_dmarc.dev.example", txt_type, &policy)], &[], false);
    assert!(is_said(&at, "is to be rejected (DMARC): because TXT:\"v=DMARC1; p=reject\" at _dmarc.dev.example"));
    for (target, follows) in [("_dmarc.other.example", true), ("_mta-sts.dev.example", false)] {
        let below = [("_dmarc.dev.example", Type::CNAME, &alias[..]), (target, txt_type, &policy[..])];
        let lines = said(mail, &below, &[], false);
        assert_eq!(is_said(&lines, "is to be rejected"), follows, "{target}");
        assert!(!is_said(&lines, "has no DMARC policy"));
    }
    // That there is none counts where the server said so, and where mail is to be expected.
    let nothing = [("_dmarc.dev.example", txt_type, &[][..])];
    let no_mail = (Type::MX, &[0, 0, 0][..]);
    let other_text = txt("x");
    for (apex, absent, denied, told) in [
        (mail, &[txt_type][..], false, true),
        (mail, &[], true, true),
        (mail, &[], false, false),
        (mail, &[Type::A], false, false),
        ((txt_type, &spf[..]), &[txt_type], false, true),
        ((txt_type, &other_text[..]), &[txt_type], false, false),
        (no_mail, &[txt_type], false, false),
        ((Type::A, &[192, 0, 2, 1]), &[txt_type], false, false),
    ] {
        let lines = said(apex, &nothing, absent, denied);
        assert_eq!(lines.iter().any(|line| line == none), told, "{apex:?} {absent:?} {denied}");
    }
    // Another policy that is missing is no news.
    let lines = said(mail, &[("_mta-sts.dev.example", txt_type, &[])], &[txt_type], false);
    assert!(!is_said(&lines, "policy"), "{lines:?}");
}

#[test]
fn which_names_are_asked_beside_it() {
    let names = |text: &str| -> Vec<String> {
        let asked = names_to_ask(&Name::parse(text).unwrap());
        assert!(asked.iter().all(|(_, rtype)| *rtype == Type::TXT));
        asked.iter().map(|(name, _)| name.to_string()).collect()
    };
    assert_eq!(names("Dev.to"), ["_dmarc.Dev.to.", "_mta-sts.Dev.to.", "_smtp._tls.Dev.to.", "default._bimi.Dev.to."]);
    for none in [".", "_dmarc.dev.to", "s._domainkey.dev.to", "1.2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"] {
        assert!(names(none).is_empty(), "{none}");
    }
    // Where a label does not fit any more, the others are asked.
    let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(51));
    assert_eq!(names(&long).len(), 2);
}

#[test]
fn hostile_texts_fake_no_line() {
    for name in ["dev.example", "_dmarc.dev.example", "s._domainkey.dev.example", "_atproto.dev.example"] {
        for text in [
            "v=spf1 a:\n\u{1b}[2J",
            "v=DMARC1; p=none; rua=mailto:\n\u{202e}x",
            "v=DKIM1; k=\u{7f}\n; p=AAAA",
            "did=\r\nx",
        ] {
            for line in about(name, &[("TXT", 1, &txt(text))], &[]) {
                assert!(!line.contains(text::is_control), "{line:?}");
            }
        }
    }
}

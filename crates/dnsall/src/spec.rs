//! The command line of dnsall, as data.
use plainnet_common::spec::{Example, NETWORK, Opt, Spec, Value};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the row of the same name says it")]
pub enum Key {
    Type,
    Short,
    Long,
    Zone,
    Json,
    Addresses,
    Follow,
    Trace,
    Explain,
    Dnssec,
    Validate,
    Anchor,
    Search,
    Hosts,
    NoHosts,
    Timeout,
    Tries,
    Window,
    Rate,
    Exhaustive,
    Stats,
    Diff,
    Spread,
    NoRecurse,
    NoEdns,
    NoCookie,
    Nsid,
    Subnet,
    Class,
    Ipv4,
    Ipv6,
    Reverse,
    Echo,
    NoEcho,
    Keep,
    Null,
    Verbose,
    Quiet,
}

/// The registry of types.
const TABLE: &str = include_str!("../data/rr_types.tsv");

/// Their mnemonics, for completions.
static TYPES: [&str; records(TABLE)] = column(TABLE, 1);

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "dnsall",
    version: env!("CARGO_PKG_VERSION"),
    registries: &["IANA DNS resource record types, 2026-08-20"],
    about: "Ask every DNS record type of a name",
    usage: &["[OPTION]... [@SERVER] NAME|ADDRESS..."],
    operands: Value::Host("NAME"),
    description: "\
Asks a name server for every type of record that a name can have, all of them in one round trip, and prints TYPE:rdata in the order of type \
numbers. The data is written as in a zone file (RFC 1035 section 5), each set of records sorted; data of a type without a form of its own, or \
data that does not hold what its type promises, is written as RFC 3597 has it: TYPE65280:\\# 4 0A000001. A name in the hosts file gives \
HOSTS:127.0.0.1 first. For an address, the reverse name is asked.

With several names, or names from standard input, each record starts with the name and a TAB. Many names are asked at a time and answered in order.

SERVER is an address (ADDRESS, ADDRESS:PORT, [V6]:PORT), a host name that the system can find (HOST, HOST:PORT), or either after tcp:// for one \
TCP connection. tls://, https://, h3:// and quic:// encrypt the questions; see SERVERS below. Without @SERVER the system's name servers are asked in their order, the next one where one is silent, refuses, \
or has no whole answer even over TCP.

The question for A goes first, and the others 10 ms later, those in common use ahead of the rest. A near server has answered by then: \
where it denies the name, no other question is asked, and where the name is an alias only what may stand beside a CNAME. Several \
names wait for a first answer each. No answer to one type decides about another: whatever was answered is printed, and each type that failed is named. A server that \
answered some types is waited for on the others for three tries, 2 s at most.

Several @SERVER are asked side by side, and each line starts with the server and a TAB (with --zone it ends in a comment); --diff and --spread make something else of them.\
",
    opts: &[
        Opt { key: Key::Type, short: Some('t'), long: "type", value: Value::List("LIST", &TYPES), help: "ask these types only",
              more: "Names, numbers or TYPEnnn, separated by commas: -t A,AAAA,TYPE65. A question for each is sent as it is, with none ahead. \
                     -t AXFR, by itself, transfers the whole zone over TCP (RFC 5936) and prints master-file lines; records outside of the zone or of another class are left out and counted on standard error. Not together with --nsid and --subnet." },
        Opt { key: Key::Short, short: Some('s'), long: "short", value: Value::No, help: "print the data only", more: "" },
        Opt { key: Key::Long, short: Some('l'), long: "long", value: Value::No, help: "print type, TTL and data, separated by TABs",
              more: "TTLs are seconds. A name with letters beyond ASCII is shown first, as IDN, with its form on the wire; a hosts-file line has - for its TTL." },
        Opt { key: Key::Zone, short: None, long: "zone", value: Value::No, help: "print master-file lines that a name server can load",
              more: "Types whose own form is not read by knot, BIND and NSD alike are written as TYPEnnn \\# (RFC 3597), and so is data that one of them refuses; in names all but letters, digits, -, _, * and / is escaped. With -k a comment, \"; NAME: reason\", stands for a name without records." },
        Opt::json(Key::Json),
        Opt { key: Key::Addresses, short: Some('a'), long: "addresses", value: Value::No, help: "print the addresses only, aliases followed",
              more: "Those of the hosts file come first." },
        Opt { key: Key::Follow, short: None, long: "follow", value: Value::No, help: "ask the target of an alias, too",
              more: "CNAME and DNAME, up to 16 in a row. The records of the target follow those of the alias." },
        Opt { key: Key::Trace, short: None, long: "trace", value: Value::No, help: "climb down from the root, server by server",
              more: "Each server that was asked is a line TRACE: with the zone, the server's name and address, the milliseconds and what it said: that it refers to others, knows the \
                     name or denies it, or that it is lame or dead. With @SERVER the climb starts there, and every server is asked on its port. Referrals lead to public addresses only, unless the start was not public. \
                     With --follow the target of an alias is traced, too. With -s and -a the way is told on standard error." },
        Opt { key: Key::Explain, short: None, long: "explain", value: Value::No, help: "say what the records tell, and which record does",
              more: "See EXPLANATIONS below. Aliases are followed, and _dmarc, _mta-sts, _smtp._tls and default._bimi below the name are asked, too." },
        Opt { key: Key::Dnssec, short: None, long: "dnssec", value: Value::No, help: "ask for signatures, and print those that come along",
              more: "Nothing is validated here; the flag ad of -v and --json says that the server did. See --validate." },
        Opt { key: Key::Validate, short: None, long: "validate", value: Value::No, help: "say of each record whether DNSSEC proves it",
              more: "A column secure, insecure, bogus or indeterminate stands first, behind the name; see VALIDATION below." },
        Opt { key: Key::Anchor, short: None, long: "anchor", value: Value::File("FILE"), help: "with --validate, trust these keys and not the root's",
              more: "DS or DNSKEY records in master-file form, of one zone or several." },
        Opt { key: Key::Search, short: None, long: "search", value: Value::No, help: "complete a short name from the system's search list", more: "" },
        Opt { key: Key::Hosts, short: None, long: "hosts", value: Value::File("FILE"), help: "a hosts file to read, also with @SERVER",
              more: "Without it /etc/hosts is read where the system's servers are asked. With -t its addresses and names are shown where A, AAAA or PTR is asked. One larger than 64 MiB is refused." },
        Opt { key: Key::NoHosts, short: None, long: "no-hosts", value: Value::No, help: "do not read the hosts file", more: "" },
        Opt { key: Key::Timeout, short: None, long: "timeout", value: Value::Any("SECONDS"), help: "wait this long after the last try (3)",
              more: "Fractions are allowed. A name is given up after this times --tries, but questions that an overloaded server has not taken yet wait for their turn." },
        Opt { key: Key::Tries, short: None, long: "tries", value: Value::Any("N"), help: "send a question at most N times (4)",
              more: "A lost datagram is sent again after four round trips or 250 ms, whichever is longer, then after twice that. \
                     Each of the system's servers gets it once at least." },
        Opt { key: Key::Window, short: None, long: "window", value: Value::Any("N"), help: "questions in flight at most (100, several names 400)",
              more: "Fewer, and at the rate at which the server answers, where retransmissions show that it is overloaded; at most 192 where more overflow the server's socket; \
                     names that nobody answers slow nothing down." },
        Opt { key: Key::Rate, short: None, long: "rate", value: Value::Any("N"), help: "send at most N questions a second, evenly", more: "To each server." },
        Opt { key: Key::Exhaustive, short: None, long: "exhaustive", value: Value::No, help: "ask every type, whatever the first answers say", more: "" },
        Opt { key: Key::Stats, short: None, long: "stats", value: Value::No, help: "say on standard error what it took", more: "Counts, the rate and percentiles of the round trips." },
        Opt { key: Key::Diff, short: None, long: "diff", value: Value::No, help: "print only what not all of several @SERVER gave",
              more: "TTLs, order and the case of names are not compared. The status is 1 if there is a difference. Types that some server left without an answer, or referred to others, are left out, and that is said; so is a name that all of them, or some, deny. \
                     With -k a single - stands for an input without a difference." },
        Opt { key: Key::Spread, short: None, long: "spread", value: Value::No, help: "share the questions out among several @SERVER", more: "Each question goes to one of them, and each is asked as fast as it answers." },
        Opt { key: Key::NoRecurse, short: None, long: "no-recurse", value: Value::No, help: "ask the server for what it knows itself", more: "Without RD in the header (RFC 1034 section 4.3.1)." },
        Opt { key: Key::NoEdns, short: None, long: "no-edns", value: Value::No, help: "ask without an OPT record", more: "For servers, or firewalls before them, that drop questions with one (RFC 6891)." },
        Opt { key: Key::NoCookie, short: None, long: "no-cookie", value: Value::No, help: "ask without a cookie", more: "Cookies (RFC 7873) make forging harder; a server that returns somebody else's is asked again without one anyway." },
        Opt { key: Key::Nsid, short: None, long: "nsid", value: Value::No, help: "say which machine of the server answered", more: "NSID: text (hex), once for each server on standard error (RFC 5001)." },
        Opt { key: Key::Subnet, short: None, long: "subnet", value: Value::Any("PREFIX"), help: "ask on behalf of this network", more: "EDNS Client Subnet (RFC 7871); 0.0.0.0/0 asks the server to keep the client's network to itself." },
        Opt { key: Key::Class, short: None, long: "class", value: Value::Like("CLASS", &["IN", "CH", "HS"]), help: "IN, CH or HS (IN)", more: "With CH and HS the type is TXT unless -t names others: --class CH version.bind." },
        Opt { key: Key::Ipv4, short: Some('4'), long: "ipv4", value: Value::No, help: "reach the servers by IPv4 only", more: "" },
        Opt { key: Key::Ipv6, short: Some('6'), long: "ipv6", value: Value::No, help: "reach the servers by IPv6 only", more: "" },
        Opt { key: Key::Reverse, short: Some('x'), long: "reverse", value: Value::No, help: "operands are addresses; accepted for those who know dig",
              more: "An address is asked in reverse without it, too." },
        Opt::echo(Key::Echo),
        Opt { key: Key::NoEcho, short: None, long: "no-echo", value: Value::No, help: "no name before the records of several names", more: "" },
        Opt::keep(Key::Keep),
        Opt::null(Key::Null),
        Opt { key: Key::Verbose, short: Some('v'), long: "verbose", value: Value::No, help: "say which server answered, how and when", more: "" },
        Opt::quiet(Key::Quiet),
    ],
    exit_note: "\
No such name (NXDOMAIN), a name without records, a referral and an alias of a name that does not exist are 1; a refusal, SERVFAIL, silence, a malformed answer, one that is truncated, though TCP was tried, or a server that can't be used are 3, even where other types \
were answered, and so is what --validate refutes. A single NOTIMP or FORMERR for a rare type counts as no record. A name found in the hosts file is answered, though DNS may not know it.",
    examples: &[
        Example { why: "The hosts file answers before DNS, which nobody serves on port 1 here",
                  run: "printf '127.0.0.1 gitserver\\n' |\n  dnsall --hosts /dev/stdin @127.0.0.1:1 gitserver || echo \"status $?\"",
                  out: "HOSTS:127.0.0.1\nstatus 3\n", status: 0 },
        Example { why: "A name that cannot be one is not asked", run: "dnsall @127.0.0.1:1 a..b || echo \"status $?\"", out: "status 1\n", status: 0 },
        Example { why: "A type's name among the operands gets a hint on standard error", run: "dnsall @127.0.0.1:1 dev.to MX || echo \"status $?\"",
                  out: "status 2\n", status: 0 },
        Example { why: "Every record of a name", run: "dnsall dev.to", status: NETWORK, out: "\
A:151.101.66.217\nA:151.101.194.217\nNS:jill.ns.cloudflare.com.\nNS:josh.ns.cloudflare.com.\n\
...\n" },
    ],
    sections: &[
        ("OUTPUT", "\
With --json each input is one object: input, name (as asked, absolute), status (0, 1 or 3), rcode, flags, server, elapsed_ms, hosts (addresses or names from \
the hosts file), records (objects of type, ttl and rdata, with --validate also dnssec), ede (extended errors, RFC 8914: objects of code and text), referral (an object of zone and servers, or null), nsid, \
with --trace also trace (objects of zone, server, address, ms and result), with --validate also dnssec, and error, a text or null. Several @SERVER give an object each."),
        ("SERVERS", "\
tls://NAME@ADDRESS:PORT: DNS over TLS (port 853 unless another is named).

https://NAME@ADDRESS:PORT/PATH: DNS over HTTPS, by POST over HTTP/2 (port 443, path /dns-query). The URL of a provider can be pasted as it is. h3:// is the same over HTTP/3.

quic://NAME@ADDRESS:PORT: DNS over QUIC (port 853).

The certificate has to prove NAME to the authorities that the system trusts, and no question is sent before; there is no way around that. Without NAME@ the certificate has to \
prove the host name or the address that stands there. Without @ADDRESS the system finds the address of NAME, as a rule by unencrypted DNS. Proxies are not used, and \
redirections not followed.

All questions of a run go over one connection (those of --validate over another), padded to multiples of 128 bytes (RFC 8467). Where it ends, what is unanswered is asked over another: as often as connections bring answers, and once \
more after one that brought none. An \
error names the step that failed: TCP, UDP, TLS, QUIC, the HTTP status, the content type or the stream. A reply of more than 64 KiB is none. -v tells the protocol and \
whose certificate was verified.

A zone transfer goes by tcp:// and tls://, from the first server that has records for it. A zone may be of any size, but it has to come: a transfer is \
cut off after --timeout without a record, and after --timeout times --tries in all, which a hundred records prolong by --timeout. --trace speaks UDP and TCP alone."),
        ("EXPLANATIONS", "\
Each sentence of --explain is said once, with the first of the records that show it and how many more there are. Nothing is said that no record shows, and an \
absence counts only where a server said that there is no such record.

Whose a name, a network or a token is comes from a table of some 500 rows, each with its source. A token says that a provider asked for it once, and no more.

SPF is judged as a receiver does (RFC 7208): of two policies none counts, one in the type SPF (99) is ignored, a term that is none makes the policy void, and \
receivers give it up after 10 look-ups. Those of the records that it includes are not counted, since they are not asked.

CAA is judged as RFC 8659 has it: a critical property that an authority does not know forbids it to issue, and records that say only whom to tell (iodef) \
restrict nobody. A TLSA record that clients ignore is named as such. An MX record of \".\" refuses mail (RFC 7505), and one that names an address delivers none.

A DS record stands in the parent zone. The zone's own servers cannot deny it, so that an explanation of their answers says where to ask.

DKIM keys (SELECTOR._domainkey.DOMAIN), services (_25._tcp.HOST), _atproto and names that hold tokens, such as _acme-challenge, are explained when they are asked \
by name."),
        ("VALIDATION", "\
--validate asks for signatures (DO) and for what the server itself takes for forged (CD), and follows the keys (DNSKEY, DS) from each answer up to the root's, \
which are built in, or to those of --anchor FILE. The questions for keys go to the same server, once for all names of a run, and 100 at most for a name; over TCP and encrypted they take a second connection. \
Signatures are judged by the system's clock.

secure: signatures lead from the record to an anchor. insecure: it is proven that they need not, since a zone above has no DS record, or none of an algorithm that is known here. bogus: \
they have to, and a signature is missing, wrong or out of its time; -v and standard error name the record that breaks the chain. indeterminate: no anchor stands above the name, or a link of \
the chain could not be had, which is said. A line that is no answer of the server (HOSTS, IDN) has - in the column. RRSIG records have the verdict of what they sign.

With --zone the verdict stands in a comment behind the line, in JSON as dnssec in each record, and once more for the whole object: the worst of all that was answered or denied. With --explain it is a sentence, and with -v the chain \
is told: . (anchor 20326) > org. (DS 26974) > example.org. (DS 370), each with the key's tag.

What is not there is proven, too (NSEC, NSEC3). The status of a denial is 1 where it is secure, insecure or outside of every anchor, and the message names the verdict. A bogus record, an unproven denial and a link that \
could not be had are 3. A span of NSEC3 records that opts out, and more than 150 iterations, make a denial insecure (RFC 5155 section 9.2, RFC 9276).

An anchor is a DS or DNSKEY record in master-file form, as dig and dnssec-dsfromkey print it; of several zones the closest one above a name counts. Algorithms that are known: 5, 7, 8, 10, 13, 14 and 15, digests 1, 2 and 4. Not together \
with --trace, --search, --class, --no-edns and -t AXFR."),
        ("RECORD TYPES", "\
A, AAAA: the IPv4 and IPv6 addresses of the name.

CNAME: the name is an alias, and all else is to be asked of its target. DNAME: the same for everything below the name. PTR: the name that an address, or an \
entry of a list, leads to.

NS: the servers of the zone. SOA: its serial number, its keeper, and how long an absence is kept. ZONEMD: a digest of the whole zone. CSYNC, DSYNC: what the \
parent zone may copy, and whom to tell.

MX: the hosts that take the mail, those of the lowest number first. TXT: free text, in use for SPF, DKIM, DMARC and the tokens of providers. SPF: a type that \
receivers ignore. SMIMEA, OPENPGPKEY: certificates and keys of mailboxes.

HTTPS, SVCB: where and how to connect (HTTP/2, HTTP/3, ECH), before the first packet. SRV: the host and port of a service. URI: its URL. NAPTR: rules that rewrite a name, \
as for telephone numbers.

CAA: the authorities that may issue certificates. TLSA: the certificate or key of a service (DANE). SSHFP: the host key of ssh. IPSECKEY, HIP, DHCID, CERT: \
keys of other protocols.

DS: the digest of a key of the zone, in the parent zone. DNSKEY: the zone's keys. RRSIG: signatures. NSEC, NSEC3, NSEC3PARAM: which names and types there are, so \
that an absence can be proved. CDS, CDNSKEY: what the parent's DS records should become. KEY, SIG, NXT, RKEY, TA, DLV: their forerunners.

HINFO: the kind of host, or the answer to ANY (RFC 8482). LOC, GPOS: a place on Earth. LP, L32, L64, NID: locators (ILNP). EUI48, EUI64: hardware addresses. APL: \
lists of prefixes. RESINFO: what a resolver can do.

AFSDB, RT, X25, ISDN, NSAP, NSAP-PTR, PX, KX, ATMA, EID, NIMLOC, A6, SINK, TALINK, WKS, MD, MF, MB, MG, MR, MINFO, RP, NULL, NINFO, AVC, DOA, AMTRELAY, WALLET, HHIT, \
BRID, UNECE, ISO, CLA, IPN, UINFO, UID, GID, UNSPEC: of old networks, or of few users."),
        ("FILES", "\
/etc/resolv.conf: the system's name servers, search list and options, as glibc reads them (resolv.conf(5)): three servers at most, also with a scope \
(fe80::53%eth0), the last of domain and search, and of the options ndots, timeout, attempts (rounds over all servers), rotate and use-vc. --timeout and --tries go before the file's. Without \
a server in it, or without the file, 127.0.0.1 is asked. A line that means nothing is named on standard error and passed over.

/etc/hosts: names and addresses that are answered without a question. It is read line by line, and only what is asked is kept."),
        ("ENVIRONMENT", "\
LOCALDOMAIN: domains to search, instead of those of resolv.conf. RES_OPTIONS: options behind those of resolv.conf.

SSL_CERT_FILE, SSL_CERT_DIR: certificates to trust for encrypted servers instead of the system's."),
        ("STANDARDS", "\
RFC 1034 and 1035 (names, messages, zone files), RFC 3597 (unknown types), RFC 4033 to 4035, 5155, 6840 and 9276 (DNSSEC), RFC 5001 (NSID), RFC 5936 (AXFR), RFC 6891 (EDNS), RFC 7766 (DNS over TCP), RFC 7858 and 8310 (over TLS), RFC 8484 (over HTTPS), RFC 9250 (over QUIC), RFC 8467 (padding), RFC 7873 \
(cookies), RFC 7871 (client subnet), RFC 8020 (NXDOMAIN), RFC 8482 (why ANY is not asked), RFC 8914 (extended errors). Protection against forged answers: random \
identifiers, letters in random case, and cookies."),
        ("CAVEATS", "\
Over QUIC an absent server looks like a slow one: quic:// and h3:// fail only after --timeout. A build without some protocol refuses its servers by name. Types that carry no data (ANY, MAILA, MAILB) are asked only with -t; OPT, NXNAME, TKEY, TSIG and IXFR \
never are. A host name after @ is looked up by the system, within the system's own time limits."),
    ],
    see_also: &["rirwhois(1)", "ipconv(1)", "delv(1)", "dig(1)", "resolv.conf(5)", "hosts(5)"],
    beginnings: &["@tcp://", "@tls://", "@https://", "@h3://", "@quic://"],
};

/// The number of records of a table, which stand below two lines of head.
const fn records(table: &str) -> usize {
    let (bytes, mut at, mut lines) = (table.as_bytes(), 0, 0);
    while at < bytes.len() {
        lines += (bytes[at] == b'\n') as usize;
        at += 1;
    }
    lines - 2
}

/// The cells of a column, counted from 0, of all `N` [`records`] of a table; TABs
/// stand between the cells. So the command line names what the table holds, and
/// nobody keeps a second list. A record without such a cell does not compile.
const fn column<const N: usize>(table: &'static str, column: usize) -> [&'static str; N] {
    let mut cells = [""; N];
    let (bytes, mut at, mut line) = (table.as_bytes(), 0, 0);
    while line < N + 2 {
        let (mut begin, mut cell) = (at, 0);
        while bytes[at] != b'\n' && cell <= column {
            if bytes[at] == b'\t' {
                if cell == column {
                    break;
                }
                (begin, cell) = (at + 1, cell + 1);
            }
            at += 1;
        }
        if line >= 2 {
            assert!(cell == column, "a record lacks the column");
            cells[line - 2] = table.split_at(at).0.split_at(begin).1;
        }
        while bytes[at] != b'\n' {
            at += 1;
        }
        (at, line) = (at + 1, line + 1);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_table() {
        const TABLE: &str = "# head\n#a\tb\n1\tx\n22\t\n";
        assert_eq!(records(TABLE), 2);
        assert_eq!(column::<2>(TABLE, 0), ["1", "22"]);
        assert_eq!(column::<2>(TABLE, 1), ["x", ""]);
    }
}

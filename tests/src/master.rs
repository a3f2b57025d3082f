//! Master files (RFC 1035 section 5), as far as the tests write them: one record
//! a line, absolute names, every field there.
use std::{fmt::Write as _, net::IpAddr};

use crate::dns::{self, Zone};

/// A record of a master file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its owner, with the final dot.
    pub owner: String,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// Its type's number.
    pub rtype: u16,
    /// Its data, as it stands on the wire.
    pub rdata: Vec<u8>,
}

/// Reads `owner ttl IN TYPE data` lines; empty lines and `;` comments are left out.
///
/// # Panics
/// A line is no such record.
pub fn read(text: &str) -> Vec<Entry> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
    lines.map(|line| entry(line).unwrap_or_else(|| panic!("no record: {line}"))).collect()
}

/// The records as a zone to serve.
pub fn zone(entries: &[Entry]) -> Zone {
    let mut zone = Zone::new();
    for entry in entries {
        zone.add(&entry.owner, entry.ttl, entry.rtype, entry.rdata.clone());
    }
    zone
}

fn entry(line: &str) -> Option<Entry> {
    let mut parts = line.splitn(5, ' ');
    let (owner, ttl) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
    if parts.next()? != "IN" {
        return None;
    }
    let (mnemonic, data) = (parts.next()?, words(parts.next()?));
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let (rtype, rdata) = match (mnemonic, &data[..]) {
        ("A", [ip]) => (1, address(ip)?),
        ("AAAA", [ip]) => (28, address(ip)?),
        ("NS", [host]) => (2, dns::name(host)),
        ("CNAME", [host]) => (5, dns::name(host)),
        ("SOA", [primary, mailbox, numbers @ ..]) => {
            let numbers: Vec<u32> = numbers.iter().map(|n| n.parse().ok()).collect::<Option<_>>()?;
            (6, dns::soa(primary, mailbox, numbers.try_into().ok()?))
        }
        ("MX", [preference, host]) => (15, dns::preference(preference.parse().ok()?, host)),
        ("TXT", texts) => (16, dns::strings(texts)),
        ("SRV", [numbers @ .., host]) => (33, [shorts(numbers)?, dns::name(host)].concat()),
        ("DS", [tag, numbers @ .., digest]) => (43, [shorts(&[tag])?, bytes(numbers)?, unhex(digest)?].concat()),
        ("SSHFP", [numbers @ .., print]) => (44, [bytes(numbers)?, unhex(print)?].concat()),
        ("DNSKEY", [flags, numbers @ .., key]) => (48, [shorts(&[flags])?, bytes(numbers)?, unbase64(key)?].concat()),
        ("TLSA", [numbers @ .., data]) => (52, [bytes(numbers)?, unhex(data)?].concat()),
        ("HTTPS", [priority, target, alpn]) => {
            let list = alpn.strip_prefix("alpn=")?;
            let ids: Vec<u8> = list.split(',').flat_map(|id| [&[id.len() as u8], id.as_bytes()].concat()).collect();
            (65, [shorts(&[priority])?, dns::name(target), vec![0, 1, 0, ids.len() as u8], ids].concat())
        }
        ("CAA", [flags, tag, value]) => {
            (257, [&bytes(&[flags])?[..], &[tag.len() as u8], tag.as_bytes(), value.as_bytes()].concat())
        }
        _ => return None,
    };
    Some(Entry { owner, ttl, rtype, rdata })
}

/// Words separated by blanks; quotes keep blanks together.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => {
                let _ = words.last_mut().expect("there is one").write_char(c);
            }
        }
    }
    words
}

fn address(text: &str) -> Option<Vec<u8>> {
    Some(match text.parse().ok()? {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    })
}

fn shorts(numbers: &[&str]) -> Option<Vec<u8>> {
    let numbers: Vec<u16> = numbers.iter().map(|n| n.parse().ok()).collect::<Option<_>>()?;
    Some(numbers.iter().flat_map(|n| n.to_be_bytes()).collect())
}

fn bytes(numbers: &[&str]) -> Option<Vec<u8>> {
    numbers.iter().map(|n| n.parse().ok()).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut bits = 0;
        for (i, digit) in group.iter().enumerate() {
            bits |= DIGITS.iter().position(|d| d == digit)? << (18 - 6 * i);
        }
        bytes.extend(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8][..group.len() - 1]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_to_the_wire() {
        let text = "; a comment\n\na.example. 60 IN MX 10 mx.a.example.\na.example. 60 IN TXT \"v=x y\" \"z\"\n\
                    a.example. 60 IN CAA 128 issue \"ca.example\"\na.example. 60 IN DNSKEY 256 3 5 Zm9vYmE=\n";
        let rdata: Vec<Vec<u8>> = read(text).into_iter().map(|entry| entry.rdata).collect();
        assert_eq!(rdata[0], b"\0\x0a\x02mx\x01a\x07example\0");
        assert_eq!(rdata[1], b"\x05v=x y\x01z");
        assert_eq!(rdata[2], b"\x80\x05issueca.example");
        assert_eq!(rdata[3], b"\x01\0\x03\x05fooba");
    }
}

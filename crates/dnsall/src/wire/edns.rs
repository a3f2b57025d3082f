//! EDNS (RFC 6891): the OPT record of a question, and what the options of a
//! reply mean.
use std::{fmt, net::IpAddr, str::FromStr};

use crate::wire::types::Type;

/// The option codes: NSID (RFC 5001), Client Subnet (RFC 7871), COOKIE (RFC
/// 7873), Padding (RFC 7830) and Extended DNS Error (RFC 8914).
pub(crate) const NSID: u16 = 3;
const SUBNET: u16 = 8;
pub(crate) const COOKIE: u16 = 10;
const PADDING: u16 = 12;
pub(crate) const EDE: u16 = 15;

/// The OPT record of a question.
#[derive(Clone, Copy, Debug)]
pub struct Edns<'a> {
    /// The largest reply that we take by UDP, in bytes.
    pub payload: u16,
    /// DO: DNSSEC records are welcome (RFC 3225).
    pub dnssec: bool,
    /// The client's 8 bytes, alone or with the server's 8 to 32 behind them; empty for no cookie.
    pub cookie: &'a [u8],
    /// The server is asked for its identifier.
    pub nsid: bool,
    /// On whose behalf the question is asked.
    pub subnet: Option<Subnet>,
    /// The message is padded to a multiple of this many bytes (RFC 8467 section 4.1); 0 is no padding.
    pub block: usize,
}

impl Edns<'_> {
    /// Appends the record to the message that starts at `start` of `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, start: usize) {
        let ([t0, t1], [p0, p1]) = (Type::OPT.0.to_be_bytes(), self.payload.to_be_bytes());
        // The root as its owner; the extended response code and the version are 0; DO is the
        // highest of the 16 flags; the length comes once it is known.
        out.extend_from_slice(&[0, t0, t1, p0, p1, 0, 0, u8::from(self.dnssec) << 7, 0, 0, 0]);
        let length_at = out.len() - 2;
        if self.nsid {
            push16(out, NSID);
            push16(out, 0);
        }
        if let Some(subnet) = self.subnet {
            subnet.write(out);
        }
        push_option(out, COOKIE, self.cookie);
        if self.block > 0 {
            let len = out.len() - start + 4;
            let zeros = len.next_multiple_of(self.block) - len;
            push16(out, PADDING);
            push16(out, u16::try_from(zeros).unwrap_or(0));
            out.resize(out.len() + zeros, 0);
        }
        let len = u16::try_from(out.len() - length_at - 2).unwrap_or(0);
        out[length_at..length_at + 2].copy_from_slice(&len.to_be_bytes());
    }
}

/// A number of two bytes, the higher one first.
pub(crate) fn push16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// An EDNS option, unless it is empty.
fn push_option(out: &mut Vec<u8>, code: u16, data: &[u8]) {
    if let Some(len) = u16::try_from(data.len()).ok().filter(|len| *len > 0) {
        push16(out, code);
        push16(out, len);
        out.extend_from_slice(data);
    }
}

/// The network on whose behalf a question is asked (RFC 7871).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its first address; the bits behind the prefix are 0.
    address: IpAddr,
    /// The length of its prefix in bits.
    prefix_len: u8,
}

impl Subnet {
    fn write(self, out: &mut Vec<u8>) {
        let bytes = usize::from(self.prefix_len.div_ceil(8));
        push16(out, SUBNET);
        push16(out, 4 + u16::from(self.prefix_len.div_ceil(8)));
        push16(out, if self.address.is_ipv4() { 1 } else { 2 });
        out.extend([self.prefix_len, 0]);
        match self.address {
            IpAddr::V4(v4) => out.extend(&v4.octets()[..bytes]),
            IpAddr::V6(v6) => out.extend(&v6.octets()[..bytes]),
        }
    }
}

/// `192.0.2.0/24` or an address alone. Bits behind the prefix are cleared, since
/// the RFC allows none of them to be sent.
impl FromStr for Subnet {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Subnet, &'static str> {
        const WANTED: &str = "an address or a prefix such as 192.0.2.0/24 is needed";
        let (address, len) = text.split_once('/').map_or((text, None), |(address, len)| (address, Some(len)));
        let address: IpAddr = address.parse().map_err(|_| WANTED)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix_len = match len {
            None => width,
            Some(len) if len.bytes().all(|b| b.is_ascii_digit()) => len.parse().map_err(|_| WANTED)?,
            Some(_) => return Err(WANTED),
        };
        if prefix_len > width {
            return Err("the prefix is longer than the address");
        }
        let address = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(u32::from(32 - prefix_len)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(u32::from(128 - prefix_len)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
        };
        Ok(Subnet { address, prefix_len })
    }
}

/// An Extended DNS Error (RFC 8914).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ede<'a> {
    /// The INFO-CODE.
    pub code: u16,
    /// The server's words: UTF-8 if it keeps the rules. Foreign.
    pub text: &'a [u8],
}

impl Ede<'_> {
    /// The name IANA gives the code, or nothing.
    pub fn name(&self) -> &'static str {
        // Registry "Extended DNS Error Codes", 2025.
        const NAMES: [&str; 31] = [
            "Other Error",
            "Unsupported DNSKEY Algorithm",
            "Unsupported DS Digest Type",
            "Stale Answer",
            "Forged Answer",
            "DNSSEC Indeterminate",
            "DNSSEC Bogus",
            "Signature Expired",
            "Signature Not Yet Valid",
            "DNSKEY Missing",
            "RRSIGs Missing",
            "No Zone Key Bit Set",
            "NSEC Missing",
            "Cached Error",
            "Not Ready",
            "Blocked",
            "Censored",
            "Filtered",
            "Prohibited",
            "Stale NXDOMAIN Answer",
            "Not Authoritative",
            "Not Supported",
            "No Reachable Authority",
            "Network Error",
            "Invalid Data",
            "Signature Expired before Valid",
            "Too Early",
            "Unsupported NSEC3 Iterations Value",
            "Unable to conform to policy",
            "Synthesized",
            "Invalid Query Type",
        ];
        NAMES.get(usize::from(self.code)).copied().unwrap_or_default()
    }
}

/// `22 (No Reachable Authority): the server's words, escaped and cut`.
impl fmt::Display for Ede<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.name().is_empty() {
            write!(f, " ({})", self.name())?;
        }
        if !self.text.is_empty() {
            write!(f, ": {}", plainnet_common::text::shown(self.text))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_as_rfc_7871_has_it() {
        let option = |text: &str| {
            let mut out = Vec::new();
            text.parse::<Subnet>().unwrap().write(&mut out);
            out
        };
        assert_eq!(option("192.0.2.77/24"), b"\0\x08\0\x07\0\x01\x18\0\xc0\0\x02");
        assert_eq!(option("192.0.2.255/25"), b"\0\x08\0\x08\0\x01\x19\0\xc0\0\x02\x80");
        assert_eq!(option("2001:db8:1:2ff::1/56"), b"\0\x08\0\x0b\0\x02\x38\0\x20\x01\x0d\xb8\0\x01\x02");
        assert_eq!(option("2001:db8:1:2ff::1/63"), b"\0\x08\0\x0c\0\x02\x3f\0\x20\x01\x0d\xb8\0\x01\x02\xfe");
        assert_eq!(option("0.0.0.0/0"), b"\0\x08\0\x04\0\x01\0\0");
        // An address alone is a prefix of all its bits.
        for (whole, alone) in [("192.0.2.77/32", "192.0.2.77"), ("2001:db8::1/128", "2001:db8::1")] {
            assert_eq!(option(whole), option(alone));
        }
        assert_eq!(option("::/0"), b"\0\x08\0\x04\0\x02\0\0");
        for wrong in ["", "192.0.2.0/33", "192.0.2.0/", "192.0.2/24", "::/129", "192.0.2.0/+5", "x/1"] {
            assert!(wrong.parse::<Subnet>().is_err(), "{wrong}");
        }
    }
}

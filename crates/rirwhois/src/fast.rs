//! `-r` for long lists of IPv4 addresses: no allocation, no checks twice.
//!
//! A plain `1.2.3.4` on a line is by far the most common input. It is read,
//! looked up and answered here; every other line takes the long way.
use crate::table::Table;

/// Answers whole lines at the start of `block` while they hold nothing but an
/// IPv4 address, and says how many bytes and lines that were.
///
/// Each answer is the registry's name and `end`.
pub fn answer(table: &Table, block: &[u8], end: u8, out: &mut Vec<u8>) -> (usize, u64) {
    let (mut at, mut lines) = (0, 0);
    while let Some((addr, length)) = line(&block[at..], end) {
        out.extend_from_slice(table.of_v4(addr).name().as_bytes());
        out.push(end);
        at += length;
        lines += 1;
    }
    (at, lines)
}

/// The address on the first line, and the length of that line with its end.
fn line(bytes: &[u8], end: u8) -> Option<(u32, usize)> {
    let (mut addr, mut octet, mut digits, mut dots) = (0u32, 0u32, 0, 0);
    // 15 characters and the end.
    for (i, &b) in bytes.iter().take(16).enumerate() {
        match b {
            b'0'..=b'9' => {
                // A leading zero has two readings: the long way refuses it.
                if digits > 0 && octet == 0 {
                    return None;
                }
                octet = octet * 10 + u32::from(b - b'0');
                digits += 1;
                if octet > 255 {
                    return None;
                }
            }
            b'.' if digits > 0 && dots < 3 => {
                addr = addr << 8 | octet;
                (octet, digits, dots) = (0, 0, dots + 1);
            }
            b if b == end && digits > 0 && dots == 3 => return Some((addr << 8 | octet, i + 1)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_an_address_is_taken() {
        for good in ["0.0.0.0", "255.255.255.255", "8.8.8.8", "100.10.1.0"] {
            let want = good.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
            assert_eq!(line(format!("{good}\n").as_bytes(), b'\n'), Some((want, good.len() + 1)), "{good}");
        }
        for bad in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.00",
            "1..2.3",
            " 1.2.3.4",
            "1.2.3.4 ",
            "1.2.3.4\r",
            "::1",
            "1.2.3.4/8",
        ] {
            assert_eq!(line(format!("{bad}\n").as_bytes(), b'\n'), None, "{bad}");
        }
        assert_eq!(line(b"1.2.3.4", b'\n'), None);
    }

    #[test]
    fn it_stops_at_the_first_other_line() {
        let mut out = Vec::new();
        let text = b"8.8.8.8\n193.0.0.1\nx\n8.8.8.8\n";
        assert_eq!(answer(&Table::default(), text, b'\n', &mut out), (18, 2));
        assert_eq!(out, b"ARIN\nRIPE\n");
    }
}

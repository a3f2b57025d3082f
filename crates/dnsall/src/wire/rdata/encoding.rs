//! Bytes as letters: the three encodings of RFC 4648, without line breaks.
use std::fmt::Write as _;

/// Hexadecimal digits (RFC 4648 section 8), in capitals.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        let _ = write!(out, "{byte:02X}");
    }
    out
}

/// Base64 (RFC 4648 section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = grouped(bytes, 3, 6, DIGITS);
    let pad = out.len().next_multiple_of(4) - out.len();
    out.extend(std::iter::repeat_n('=', pad));
    out
}

/// Base32 with the extended hex alphabet (RFC 4648 section 7), in capitals and
/// without padding, as NSEC3 has it (RFC 5155 section 3.3).
pub(super) fn base32hex(bytes: &[u8]) -> String {
    grouped(bytes, 5, 5, b"0123456789ABCDEFGHIJKLMNOPQRSTUV")
}

/// Writes groups of `size` bytes as digits of `bits` bits each.
fn grouped(bytes: &[u8], size: usize, bits: usize, digits: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(size) {
        let value = group.iter().fold(0u64, |value, byte| value * 256 + u64::from(*byte)) << (8 * (size - group.len()));
        for i in 0..(8 * group.len()).div_ceil(bits) {
            let digit = value >> (8 * size - bits * (i + 1)) & ((1 << bits) - 1);
            out.push(char::from(digits[digit as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_rfc_4648() {
        let rows = [
            ("", "", "", ""),
            ("f", "66", "Zg==", "CO"),
            ("fo", "666F", "Zm8=", "CPNG"),
            ("foo", "666F6F", "Zm9v", "CPNMU"),
            ("foob", "666F6F62", "Zm9vYg==", "CPNMUOG"),
            ("fooba", "666F6F6261", "Zm9vYmE=", "CPNMUOJ1"),
            ("foobar", "666F6F626172", "Zm9vYmFy", "CPNMUOJ1E8"),
        ];
        for (text, in16, in64, in32) in rows {
            let bytes = text.as_bytes();
            assert_eq!((hex(bytes), base64(bytes), base32hex(bytes)), (in16.into(), in64.into(), in32.into()));
        }
    }
}

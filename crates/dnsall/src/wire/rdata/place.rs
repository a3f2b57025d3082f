//! Places on Earth and in networks other than the Internet.
use super::{
    Field::{Hex, Own},
    Form, Walk,
    encoding::hex,
    form_some, form_zone,
};

pub(super) const FORMS: &[Form] = &[
    form_some(22, &[Own(nsap)]), // NSAP: RFC 1706
    form_zone(29, &[Own(loc)]),  // LOC: RFC 1876
    form_some(31, &[Hex]),       // EID
    form_some(32, &[Hex]),       // NIMLOC
    form_some(34, &[Own(atma)]), // ATMA: ATM Forum, ATM Name System specification
];

/// RFC 1706 section 5, without its optional dots.
fn nsap(walk: &mut Walk) -> Option<()> {
    let address = walk.some_rest()?;
    walk.put(format_args!("0x{}", hex(address).to_ascii_lowercase()));
    Some(())
}

/// Format 0 is an end system's address in hex, 1 a telephone number.
fn atma(walk: &mut Walk) -> Option<()> {
    let format = walk.u8()?;
    let address = walk.some_rest()?;
    match format {
        0 => walk.put(hex(address).to_ascii_lowercase()),
        1 if address.iter().all(u8::is_ascii_digit) => {
            walk.put('+');
            walk.text.extend(address.iter().map(|digit| char::from(*digit)));
        }
        _ => return None,
    }
    Some(())
}

/// Version 0 (RFC 1876 sections 2 and 3): degrees, altitude and sizes.
fn loc(walk: &mut Walk) -> Option<()> {
    let [version, size, across, along] = walk.array()?;
    let (latitude, longitude, altitude) = (walk.u32()?, walk.u32()?, walk.u32()?);
    if version != 0 {
        return None;
    }
    angle(walk, latitude, 90, ['N', 'S'])?;
    angle(walk, longitude, 180, ['E', 'W'])?;
    // Centimetres above 100 km below the ellipsoid.
    let height = i64::from(altitude) - 10_000_000;
    let sign = if height < 0 { "-" } else { "" };
    let height = height.unsigned_abs();
    walk.put(format_args!("{sign}{}.{:02}m", height / 100, height % 100));
    for precision in [size, across, along] {
        metres(walk, precision)?;
    }
    Some(())
}

/// Thousandths of a second of arc, counted from 2^31 at the equator or the meridian.
fn angle(walk: &mut Walk, wire: u32, degrees: u64, [plus, minus]: [char; 2]) -> Option<()> {
    let arc = i64::from(wire) - (1 << 31);
    let side = if arc < 0 { minus } else { plus };
    let arc = arc.unsigned_abs();
    if arc > degrees * 3_600_000 {
        return None;
    }
    let (seconds, thousandth) = (arc / 1000, arc % 1000);
    walk.put(format_args!("{} {} {}.{thousandth:03} {side}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    Some(())
}

/// A digit and a power of ten in centimetres. A zero with a power has more than
/// one wire form and so is none that comes back.
fn metres(walk: &mut Walk, wire: u8) -> Option<()> {
    let (digit, power) = (wire >> 4, wire & 15);
    if digit > 9 || power > 9 || digit == 0 && power > 0 {
        return None;
    }
    let centimetres = u64::from(digit) * 10u64.pow(power.into());
    if power < 2 {
        walk.put(format_args!("0.{centimetres:02}m"));
    } else {
        walk.put(format_args!("{}m", centimetres / 100));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown, unhex};

    #[test]
    fn nsap() {
        // RFC 1706 section 6.
        let text = "47000580005a0000000001e133ffffff00016100";
        assert_eq!(shown("NSAP", &unhex(text)), format!("0x{text}"));
        assert!(malformed("NSAP", b""));
    }

    #[test]
    fn loc() {
        // The examples of RFC 1876 section 3's notes, in the wire form dnspython gives them.
        let rows = [
            ("0033161389172dd070be15f000988d20", "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"),
            ("001224138917069070bf2dd800988d20", "42 21 43.952 N 71 5 6.344 W -24.00m 1m 200m 10m"),
            ("00121613791b7d2898e6486800989a68", "32 7 19.000 S 116 2 25.000 E 10.00m 1m 10000m 10m"),
            ("000016138b3cf018810cbce0009895b8", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
            // The ends: both poles of the range, a size of 90,000 km, 42,849,672.95 m up and 100 km down.
            ("00 99 11 90 934fd900 a69fb200 ffffffff", "90 0 0.000 N 180 0 0.000 E 42849672.95m 90000000m 0.10m 0.09m"),
            ("00 00 00 00 6cb02700 59604e00 00000000", "90 0 0.000 S 180 0 0.000 W -100000.00m 0.00m 0.00m 0.00m"),
        ];
        for (wire, text) in rows {
            assert_eq!(shown("LOC", &unhex(wire)), text);
        }
        for wrong in [
            "01 00 00 00 80000000 80000000 00000000",
            "00 01 00 00 80000000 80000000 00000000",
            "00 a0 00 00 80000000 80000000 00000000",
            "00 1a 00 00 80000000 80000000 00000000",
            "00 00 00 00 934fd901 80000000 00000000",
            "00 00 00 00 80000000 00000000 00000000",
            "00 00 00 00 80000000 80000000 000000",
        ] {
            assert!(malformed("LOC", &unhex(wrong)), "{wrong}");
        }
    }

    #[test]
    fn other_networks() {
        assert_eq!(shown("EID", b"\xe3\x2c\x6f\x78"), "E32C6F78");
        assert_eq!(shown("NIMLOC", b"\x32\x25\x1a\x03\0\x67"), "32251A030067");
        assert_eq!(shown("ATMA", b"\x0131201234"), "+31201234");
        assert_eq!(shown("ATMA", b"\0\x39\xab"), "39ab");
        assert!(malformed("EID", b"") && malformed("NIMLOC", b""));
        assert!(malformed("ATMA", b"\0") && malformed("ATMA", b"\x01+31") && malformed("ATMA", b"\x021"));
    }
}

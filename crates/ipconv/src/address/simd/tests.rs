use plainnet_lab::tool::left_out;

use super::*;
use crate::address::{
    text,
    value::Family,
    write::{write_compressed, write_v6},
};

/// All that a kernel reads: where each line is, and of plain addresses the family, the value and whether it is loose.
#[derive(PartialEq, Debug)]
struct All(Vec<(usize, usize, Option<Seen>)>);

type Seen = (Family, u128, bool);

/// Gathers it.
struct Listener {
    values: bool,
    all: All,
}

impl Lines for Listener {
    fn values(&self) -> bool {
        self.values
    }

    fn batch(&mut self, batch: &Batch<'_>) {
        assert!((1..=MOST).contains(&batch.len()) && batch.bits().len() == batch.len());
        assert_eq!((batch.v6 | batch.odd) & !batch.all(), 0);
        assert_eq!((batch.loose & !batch.v6, batch.odd & batch.v6), (0, 0));
        for i in 0..batch.len() {
            let seen = batch.value(i).map(|value| (value.family, value.bits, batch.loose >> i & 1 != 0));
            self.all.0.push((batch.from(i), batch.to(i), seen));
        }
    }
}

fn parsed(level: Level, text: &[u8], len: usize, end: u8) -> All {
    let [all, mut rest] = [true, false].map(|values| {
        let mut listener = Listener { values, all: All(Vec::new()) };
        each_line(level, text, len, end, &mut listener);
        listener.all
    });
    // Who needs no values of canonical IPv6 lines gets the same but for these.
    for (parsed, (.., seen)) in all.0.iter().zip(&mut rest.0) {
        if let (Some((_, bits, false)), Some((Family::V6, any, _))) = (parsed.2, seen) {
            *any = bits;
        }
    }
    assert!(rest == all, "{level:?}");
    all
}

/// What [`text`] says of these lines; whether an IPv6 address is loose is not looked at.
fn expected(text: &[u8], end: u8) -> All {
    let mut all = All(Vec::new());
    let mut from = 0;
    for line in text.strip_suffix(&[end]).map(|text| text.split(|b| *b == end)).into_iter().flatten() {
        // Of dotted tails those alone are told of that RFC 5952 wants.
        let dotted = line.contains(&b':') && line.contains(&b'.');
        let plain = !dotted || line.strip_prefix(b"::ffff:").is_some_and(|v4| text::parse_v4(v4).is_ok());
        let seen = text::address(line).ok().filter(|_| plain).map(|(family, bits)| (family, bits, false));
        all.0.push((from, from + line.len(), seen));
        from += line.len() + 1;
    }
    all
}

/// Every level says the same of these lines, and it is true.
fn agree(mut text: Vec<u8>, end: u8) {
    let len = text.len();
    text.extend([b'1'; PAD]);
    agree_on(&text, len, end);
}

fn agree_on(text: &[u8], len: usize, end: u8) {
    let plain = parsed(Level(Kind::Plain), text, len, end);
    let mut tight = Vec::new();
    for (from, to, seen) in plain.0.iter().copied() {
        if let Some((family, bits, false)) = seen {
            let mut line = Vec::new();
            write_compressed(&mut line, family, bits);
            assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(&text[from..to]));
        }
        tight.push((from, to, seen.map(|(family, bits, _)| (family, bits, false))));
    }
    same("plain", text, All(tight), &expected(&text[..len], end));
    for (name, level) in Level::all() {
        same(name, text, parsed(level, text, len, end), &plain);
    }
}

fn same(name: &str, text: &[u8], got: All, want: &All) {
    if got != *want {
        let (got, want) = got.0.iter().zip(&want.0).find(|(a, b)| a != b).expect("one differs");
        panic!("{name}: {:?}: {got:x?}, not {want:x?}", String::from_utf8_lossy(&text[want.0..want.1]));
    }
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }

    /// An address in some spelling, or nearly.
    fn line(&mut self, out: &mut Vec<u8>) {
        let from = out.len();
        match self.roll(8) {
            0..4 => {
                for i in 0..4 {
                    let most = [10, 100, 256, 300][self.roll(4)];
                    out.extend(format!("{}{}", if i > 0 { "." } else { "" }, self.roll(most)).bytes());
                }
            }
            4 => {
                let bits = u128::from_be_bytes(std::array::from_fn(|_| self.roll(256) as u8));
                write_v6(out, bits);
            }
            5 => out.extend(format!("::ffff:{}.{}.{}.{}", self.roll(256), self.roll(256), self.roll(26), 7).bytes()),
            _ => {
                let groups = self.roll(9);
                let gap = self.roll(groups + 2);
                for i in 0..groups {
                    if i > 0 || self.roll(50) == 0 {
                        out.push(b':');
                    }
                    if i == gap {
                        out.extend(if i == 0 { &b"::"[..] } else { b":" });
                    }
                    let group = [0, 1, 0xffff, self.roll(65536)][self.roll(4)];
                    match self.roll(5) {
                        0 => out.extend(format!("{group:04X}").bytes()),
                        1 => out.extend(format!("{group:03x}").bytes()),
                        _ => out.extend(format!("{group:x}").bytes()),
                    }
                }
                if gap == groups {
                    out.extend(b"::");
                }
            }
        }
        // A mutant now and then.
        if self.roll(4) == 0 && out.len() > from {
            let at = from + self.roll(out.len() - from);
            let bytes = b"0123456789abcfABCFgG::::....%/ -\r\t\0\xff@`";
            let byte = bytes[self.roll(bytes.len())];
            match self.roll(3) {
                0 => out[at] = byte,
                1 => out.insert(at, byte),
                _ => drop(out.remove(at)),
            }
        }
    }
}

#[test]
fn every_kernel_is_the_twin_of_the_plain_one() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..plainnet_lab::tool::long(40, 2) {
        let mut text = Vec::new();
        for _ in 0..25_000 {
            dice.line(&mut text);
            text.push(b'\n');
        }
        agree(text, b'\n');
    }
}

#[test]
fn wherever_a_line_stands() {
    let mut dice = Dice(7);
    for shift in 0..200 {
        let mut text = vec![b'x'; shift];
        text.push(b'\n');
        for _ in 0..5 {
            dice.line(&mut text);
            text.push(b'\n');
        }
        agree(text, b'\n');
    }
}

#[test]
fn any_byte_may_end_a_line() {
    agree(b"1.2.3.4\0::1\0\n\0\0".to_vec(), 0);
    let length = plainnet_lab::tool::long(100_000, 20_000) as usize;
    agree(vec![b'\n'; length], b'\n');
    agree(Vec::new(), b'\n');
    agree([vec![b'1'; length], b"\n1.1.1.1\n".to_vec()].concat(), b'\n');
}

/// What follows the text must not matter.
#[test]
fn nothing_is_read_into_the_last_line() {
    for line in ["1.2.3.4", "1::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"] {
        for cut in 0..line.len() {
            let mut text = format!("{}\n{}", &line[..cut], &line[cut..]).into_bytes();
            text.extend([b':'; PAD]);
            for (name, level) in Level::all() {
                let parsed = parsed(level, &text, cut + 1, b'\n');
                assert_eq!(parsed.0.len(), 1, "{name} {line}");
            }
        }
    }
}

#[test]
fn canonical_lines_are_seen() {
    let lines =
        "::\n::1\n1::\n2001:db8::1\n::ffff:1.2.3.4\nfe80::1:2:3:4\n1:2:3:4:5:6:7:8\n2001:db8:0:1:1:1:1:1\n1:0:2::\n";
    let mut text = lines.as_bytes().to_vec();
    let len = text.len();
    text.resize(len + PAD, 0);
    for name in ["sse4.1", "avx2", "avx512"].into_iter().filter(|name| Level::named(name).is_none()) {
        left_out(format_args!("this processor or compiler has no {name}, so no test tries that kernel"));
    }
    for (name, level) in Level::all() {
        let all = parsed(level, &text, len, b'\n').0;
        assert_eq!(all.len(), 9);
        assert!(all.iter().all(|line| matches!(line.2, Some((Family::V6, _, false)))), "{name}: {all:x?}");
    }
}

#[test]
fn a_part_of_a_batch() {
    let text = [&b"1.2.3.4\n::1\nx\n::A\n1::\n"[..], &[0; PAD]].concat();
    struct Parts(usize);
    impl Lines for Parts {
        fn values(&self) -> bool {
            true
        }
        fn batch(&mut self, batch: &Batch<'_>) {
            assert_eq!((batch.len(), batch.v6, batch.loose, batch.odd), (5, 0b11010, 0b01000, 0b00100));
            for from in 0..5 {
                for to in from + 1..=5 {
                    let part = batch.part(from, to);
                    assert_eq!(part.len(), to - from);
                    assert_eq!(part.all(), (1 << (to - from)) - 1);
                    for i in 0..part.len() {
                        assert_eq!(part.is_v6(i), batch.is_v6(from + i));
                        assert_eq!(part.loose >> i & 1, batch.loose >> (from + i) & 1);
                        assert_eq!(part.odd >> i & 1, batch.odd >> (from + i) & 1);
                        assert_eq!((part.from(i), part.to(i)), (batch.from(from + i), batch.to(from + i)));
                        assert_eq!(part.bits()[i], batch.bits()[from + i]);
                    }
                    assert_eq!((part.v6 | part.loose | part.odd) & !part.all(), 0);
                }
            }
            self.0 += 1;
        }
    }
    for (_, level) in Level::all() {
        let mut parts = Parts(0);
        each_line(level, &text, text.len() - PAD, b'\n', &mut parts);
        assert_eq!(parts.0, 1);
    }
}

/// Against the formatter of Rust.
#[test]
fn hexadecimal_by_every_kernel() {
    struct Hex(Level, Vec<u8>, String);
    impl Lines for Hex {
        fn values(&self) -> bool {
            true
        }
        fn batch(&mut self, batch: &Batch<'_>) {
            let mut room = vec![0; 33 * batch.len()];
            let len = hex(self.0, batch, b'\n', &mut room);
            self.1.extend(&room[..len]);
            for (i, bits) in batch.bits().iter().enumerate() {
                if batch.is_v6(i) {
                    self.2 += &format!("{bits:032x}\n");
                } else {
                    self.2 += &format!("{:08x}\n", bits >> 96);
                }
            }
        }
    }
    let mut dice = Dice(3);
    let mut text = Vec::new();
    for _ in 0..10_000 {
        let bits = u128::from_be_bytes(std::array::from_fn(|_| dice.roll(256) as u8));
        let family = [Family::V4, Family::V6][dice.roll(2)];
        write_compressed(&mut text, family, bits & family.top());
        text.push(b'\n');
    }
    let len = text.len();
    text.extend([0; PAD]);
    for (name, level) in Level::all() {
        let mut hex = Hex(level, Vec::new(), String::new());
        each_line(level, &text, len, b'\n', &mut hex);
        assert!(hex.1 == hex.2.as_bytes(), "{name}");
    }
}

/// What is behind the padding faults.
#[cfg(target_os = "linux")]
#[test]
#[expect(unsafe_code, reason = "a page that must not be touched")]
fn nothing_is_read_behind_the_padding() {
    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};

    // As large as any processor's.
    const PAGE: usize = 64 * 1024;
    // SAFETY: nobody else has this mapping, and the first half of it stays as it is.
    let page = unsafe {
        let rights = ProtFlags::READ | ProtFlags::WRITE;
        let start = mmap_anonymous(std::ptr::null_mut(), 2 * PAGE, rights, MapFlags::PRIVATE).expect("memory");
        mprotect(start.add(PAGE), PAGE, MprotectFlags::empty()).expect("a part of it");
        std::slice::from_raw_parts_mut(start.cast::<u8>(), PAGE)
    };
    let mut dice = Dice(11);
    let mut lines = Vec::new();
    while lines.len() < 700 {
        dice.line(&mut lines);
        lines.push(b'\n');
    }
    for from in 0..lines.len() {
        let text = &lines[from..];
        let at = PAGE - PAD - text.len();
        page[at..PAGE - PAD].copy_from_slice(text);
        agree_on(&page[at..], text.len(), b'\n');
    }
}

#[test]
fn bytes_are_seen_among_all_others() {
    struct Places<'a>(&'a [u8; 64], u8);
    impl Search for Places<'_> {
        type Done = u64;
        fn run(self, equal: impl Fn(&[u8; 64], u8) -> u64) -> u64 {
            equal(self.0, self.1)
        }
    }
    let mut dice = Dice(5);
    for round in 0..20_000 {
        let byte = round as u8;
        // Mostly near misses, which a carry would take for the byte.
        let block = std::array::from_fn(|_| match dice.roll(4) {
            0 => byte,
            1 => byte.wrapping_add(1) ^ (0x80 * dice.roll(2) as u8),
            2 => byte ^ (1 << dice.roll(8)),
            _ => dice.roll(256) as u8,
        });
        let want = block.iter().rev().fold(0, |mask, b| mask << 1 | u64::from(*b == byte));
        for (name, level) in Level::all() {
            assert_eq!(search(level, Places(&block, byte)), want, "{name}");
        }
    }
}

/// Two mistakes at once, of which neither hides the other.
#[test]
fn two_mistakes_make_no_address() {
    let lines = "g::1:\n12345::1:\n:1:2:3:4:5:6:7:8:\n1::0:0:2\n0:0::1:2\n1::2:3::\n::1::\n:::\n1:::2\n12345:12345::\n";
    agree(lines.as_bytes().to_vec(), b'\n');
    let padded = [lines.as_bytes(), &[b'1'; PAD]].concat();
    for (name, level) in Level::all() {
        let seen = parsed(level, &padded, lines.len(), b'\n').0.into_iter().map(|(.., seen)| seen).collect::<Vec<_>>();
        // RFC 5952 section 4.2: the two others are loose.
        let loose = [Some((Family::V6, 1 << 112 | 2, true)), Some((Family::V6, 1 << 16 | 2, true))];
        assert_eq!((&seen[..3], &seen[3..5], &seen[5..]), (&[None; 3][..], &loose[..], &[None; 5][..]), "{name}");
    }
}

//! Any bytes as lines: every kernel cuts and reads them as the plain parser
//! does, and calls nothing canonical that isn't.
#![no_main]
use ipconv::{
    simd::{Level, Lines, PAD, each_line},
    text::{parse, write_v6},
    value::{Family, Value},
};

#[derive(Default, PartialEq, Debug)]
struct Told(Vec<(usize, usize, Option<Value<'static>>)>);

impl Lines for Told {
    const VALUES: bool = true;

    fn v4(&mut self, _: &[u8], from: usize, to: usize, bits: u32) {
        self.0.push((from, to, Some(Value::addr(Family::V4, bits.into()))));
    }

    fn v6(&mut self, text: &[u8], from: usize, to: usize, bits: u128, canonical: bool) {
        let mut line = Vec::new();
        write_v6(&mut line, bits);
        assert!(!canonical || line == text[from..to]);
        self.0.push((from, to, Some(Value::addr(Family::V6, bits))));
    }

    fn other(&mut self, _: &[u8], from: usize, to: usize) {
        self.0.push((from, to, None));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut text = data.to_vec();
    text.push(b'\n');
    let len = text.len();
    text.extend([b'1'; PAD]);
    let mut told = Vec::new();
    for (_, level) in Level::all() {
        let mut one = Told::default();
        each_line(level, &text, len, b'\n', &mut one);
        told.push(one);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
    let mut lines = text[..len - 1].split(|b| *b == b'\n');
    let mut start = 0;
    for (from, to, value) in &told[0].0 {
        let line = lines.next().expect("one told for each line");
        assert_eq!((start, line), (*from, &text[*from..*to]));
        start = to + 1;
        if let Some(value) = value {
            assert_eq!(parse(line), Ok(*value));
        }
    }
    assert_eq!(lines.next(), None);
});

//! Any bytes as lines: every kernel tells the same, and calls nothing canonical that isn't.
#![no_main]
use ipconv::{
    simd::{Level, Lines, PAD, each_line},
    text::write_v6,
};

#[derive(Default, PartialEq, Debug)]
struct Told(Vec<(usize, usize, Option<u128>)>);

impl Lines for Told {
    const VALUES: bool = true;

    fn v4(&mut self, _: &[u8], from: usize, to: usize, bits: u32) {
        self.0.push((from, to, Some(bits.into())));
    }

    fn v6(&mut self, text: &[u8], from: usize, to: usize, bits: u128, canonical: bool) {
        let mut line = Vec::new();
        write_v6(&mut line, bits);
        assert!(!canonical || line == text[from..to]);
        self.0.push((from, to, Some(!bits)));
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
});

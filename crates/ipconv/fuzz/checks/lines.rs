//! Any bytes as lines: every kernel cuts and reads them as the plain parser
//! does, and calls nothing canonical that isn't.
use ipconv::address::{
    simd::{Batch, Level, Lines, PAD, each_line},
    text::parse,
    value::Value,
    write::write_compressed,
};

#[derive(Default, PartialEq, Debug)]
struct Told(Vec<(usize, usize, Option<Value<'static>>)>);

impl Lines for Told {
    fn values(&self) -> bool {
        true
    }

    fn batch(&mut self, batch: &Batch<'_>) {
        for i in 0..batch.len() {
            let (from, to, value) = (batch.from(i), batch.to(i), batch.value(i));
            if let Some(value) = value.filter(|_| batch.loose >> i & 1 == 0) {
                let mut line = Vec::new();
                write_compressed(&mut line, value.family, value.bits);
                assert_eq!(line, batch.text[from..to]);
            }
            self.0.push((from, to, value));
        }
    }
}

/// Panics where this does not hold.
pub(crate) fn check(data: &[u8]) {
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
}

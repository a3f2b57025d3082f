//! Lines of standard input: those that are plain are answered where they lie,
//! many at once, as they are one by one, however they arrive. The first byte is
//! the form.
use std::io::Read;

use getserv::{
    book::{
        endpoint,
        key::Key,
        sources::{Answer, Book, Sources},
    },
    print::bulk,
};
use plainnet_common::{
    exit::Status,
    input::{Answers, Form},
    text,
};

/// Gives at most so many bytes a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(self.1).min(buf.len());
        buf[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn record(book: &Book, text: &str) -> String {
    let is_proto = |p: &str| book.knows_proto(p);
    let first = |key| match book.first(key)? {
        Answer::Port(port) => Some(port.to_string()),
        Answer::Name(name) => Some(text::printable(name)),
    };
    let answer = Key::parse(text, is_proto).and_then(first);
    answer.or_else(|| first(endpoint::read(text, is_proto).ok()?)).unwrap_or("-".into())
}

/// What comes out.
fn answered(data: &[u8], piece: usize, form: &Form) -> Vec<u8> {
    let mut out = Vec::new();
    let mut book = Book::new("test", None, Sources::Iana);
    let mut to = Answers { tool: "test", form, out: &mut out };
    let status = bulk::lines(&mut Pieces(data, piece), &mut book, &mut to, |input, book, to| {
        to.record(input, record(book.open(), input.text.unwrap_or_default()))?;
        Ok(Status::Answered)
    });
    assert!(status.is_ok(), "{status:?}");
    out
}

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Some((bits, data)) = input.split_first() else { return };
    let form = Form {
        echo: bits & 1 != 0,
        keep: true,
        quiet: true,
        null: bits & 2 != 0,
        field: [None, Some(1), Some(2), Some(4)][usize::from(bits >> 2 & 3)],
        ..Form::default()
    };
    // Few lines are not worth an index; with some in front they are.
    let end = form.end();
    if data.starts_with(b"\xef") || data.iter().filter(|b| **b == end).count() >= 15 {
        return;
    }
    let many = [b"x".as_slice(), &[end]].concat().repeat(20);
    let all = answered(&[&many, data].concat(), 1 << 16, &form);
    let behind = all.split_inclusive(|b| *b == end).skip(20).collect::<Vec<_>>().concat();
    let slow = answered(data, 1, &form);
    assert_eq!(String::from_utf8_lossy(&behind), String::from_utf8_lossy(&slow));
}

//! Lists as they are published: one entry a line, and behind it perhaps a label.
//!
//! Spamhaus writes `1.10.16.0/20 ; SBL256894`, FireHOL has comments after `#`.
use std::{ffi::OsStr, fs::File, io::Read, os::unix::ffi::OsStrExt as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Lines, Stdin},
    text::{message, shown},
};

use crate::address::{
    hint,
    text::{self, Reason},
    value::{Block, Value},
};

/// Bytes of a file that are read at once.
const BLOCK: usize = 256 * 1024;

/// A line of a list, without blanks around its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What stands before the label.
    pub text: &'a [u8],
    /// What stands behind the first `;` or `#`, if there is one.
    pub label: Option<&'a [u8]>,
}

impl<'a> Entry<'a> {
    /// Nothing for an empty line and one that begins with `;` or `#`.
    pub fn of(line: &'a [u8]) -> Option<Entry<'a>> {
        let mut parts = line.splitn(2, |b| matches!(b, b';' | b'#'));
        let text = parts.next().unwrap_or_default().trim_ascii();
        let label = parts.next().map(<[u8]>::trim_ascii);
        (!text.is_empty()).then_some(Entry { text, label })
    }
}

/// Gives every entry of the file `name` and its label to `each`; `-` is standard input.
///
/// # Errors
/// The file cannot be read or holds something that is no address, prefix or range.
pub fn each(name: &OsStr, each: impl FnMut(Value<'_>, Option<&[u8]>)) -> Result<(), Fail> {
    if name == "-" {
        return lines(&mut Stdin, b"stdin", each);
    }
    let mut file = File::open(name).map_err(|e| Fail::io(name.as_bytes(), &e))?;
    lines(&mut file, name.as_bytes(), each)
}

/// The blocks in the files `names`, in the order in which they stand there.
///
/// # Errors
/// As [`each`] has them.
pub fn blocks(names: &[impl AsRef<OsStr>], into: &mut Vec<Block>) -> Result<(), Fail> {
    names.iter().try_for_each(|name| each(name.as_ref(), |value, _| into.push(value.block())))
}

fn lines(from: &mut dyn Read, subject: &[u8], mut each: impl FnMut(Value<'_>, Option<&[u8]>)) -> Result<(), Fail> {
    let mut lines = Lines::new(b'\n', BLOCK, 0);
    while !lines.is_finished() {
        lines.read(from).map_err(|e| Fail::io(subject, &e))?;
        while let Some(line) = lines.next() {
            let Some(Entry { text, label }) = Entry::of(line.bytes) else { continue };
            let value = if line.whole { text::parse(text) } else { Err(Reason::Because("line longer than 64 KiB")) };
            match value {
                Ok(value) => each(value, label),
                Err(why) => {
                    let why = match str::from_utf8(text) {
                        Ok(text) if line.whole => hint::explain_block(text, &why),
                        _ => why.to_string(),
                    };
                    let (file, text, why) = (shown(subject), shown(text), message(why));
                    return Err(Fail::Stop(Status::Failed, format!("{file}:{}: {text}: {why}", line.number)));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_label_begins() {
        let cases = [
            ("1.10.16.0/20 ; SBL256894", "1.10.16.0/20", Some("SBL256894")),
            ("1.2.3.0/24#x ; y\r", "1.2.3.0/24", Some("x ; y")),
            ("1.2.3.4;", "1.2.3.4", Some("")),
            ("\t1.2.3.0 - 1.2.3.9 # a # b", "1.2.3.0 - 1.2.3.9", Some("a # b")),
            ("1.2.3.4", "1.2.3.4", None),
        ];
        for (line, text, label) in cases {
            let want = Entry { text: text.as_bytes(), label: label.map(str::as_bytes) };
            assert_eq!(Entry::of(line.as_bytes()), Some(want), "{line:?}");
        }
        for line in ["; Spamhaus DROP List", " # x", ";", "\r", ""] {
            assert_eq!(Entry::of(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn the_lines_of_a_list() {
        let list = b"\xef\xbb\xbf; head\n1.2.3.4 ; a\n\n# x\n::/32\r\n1.0.0.0-1.0.0.9 # \xff";
        let mut all = Vec::new();
        lines(&mut &list[..], b"list", |value, label| all.push((value.block(), label.map(<[u8]>::to_vec)))).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(all.iter().map(|e| e.1.clone()).collect::<Vec<_>>(), [Some(b"a".to_vec()), None, Some(vec![0xff])]);
        let bad = lines(&mut &b"1.2.3.4\n\n1.2.3.0/24 x\n"[..], b"list", |_, _| ());
        assert!(
            matches!(bad, Err(Fail::Stop(Status::Failed, text)) if text == "list:3: 1.2.3.0/24 x: the prefix length is no number")
        );
    }
}

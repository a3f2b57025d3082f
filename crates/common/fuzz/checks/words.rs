//! Any words as the command line of a tool: what is refused is refused with
//! printable text, and a value may stand behind `=` or be a word of its own.
//! Each tool's target shares this.
use std::{
    ffi::OsString,
    fmt::Debug,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

use plainnet_common::{
    exit::Fail,
    spec::{Opt, Spec, Value},
    text,
};

/// The words in an input, which NULs separate. A first byte of 0x80 and more
/// stands for an option of the table by its number, and what follows for its value.
pub(crate) fn of<K>(spec: &Spec<K>, input: &[u8]) -> Vec<OsString> {
    let rows = spec.rows();
    let word = |bytes: &[u8]| {
        let Some((first, value)) = bytes.split_first() else { return OsString::new() };
        let option = first.checked_sub(0x80).and_then(|number| rows.get(usize::from(number)));
        OsString::from_vec(match (option, value) {
            (None, _) => bytes.to_vec(),
            (Some(row), []) => format!("--{}", row.long).into_bytes(),
            (Some(row), value) => [b"--", row.long.as_bytes(), b"=", value].concat(),
        })
    };
    input.split(|byte| *byte == 0).map(word).collect()
}

/// Panics where that does not hold.
pub(crate) fn check<K, C: Debug>(spec: &Spec<K>, words: &[OsString], parse: impl Fn(Vec<OsString>) -> Result<C, Fail>) {
    let outcome = |words: &[OsString]| match parse(words.to_vec()) {
        Ok(conf) => format!("{conf:?}"),
        Err(fail) => {
            let (Fail::Show(said) | Fail::Usage(said) | Fail::Stop(_, said)) = &fail else { panic!("{fail:?}") };
            // What is shown has lines of its own, and so has the text for a person who typed nothing.
            let is_lines = matches!(fail, Fail::Show(_)) || said.starts_with("no operands\n");
            let hidden = |c| text::is_control(c) && !(is_lines && matches!(c, '\n' | '\t'));
            assert!(!said.contains(hidden), "{said:?}");
            assert!(is_lines || said.contains(": "), "{said:?}");
            format!("{fail:?}")
        }
    };
    let wanted = outcome(words);
    let (apart, joined) = (rewritten(spec, words, false), rewritten(spec, words, true));
    assert_eq!(outcome(&apart), wanted, "{apart:?}");
    assert_eq!(outcome(&joined), wanted, "{joined:?}");
}

/// The same words with every value of a long option joined to it by `=`, or apart from it.
fn rewritten<K>(spec: &Spec<K>, words: &[OsString], join: bool) -> Vec<OsString> {
    let rows = spec.rows();
    let takes = |row: &Opt<()>| !matches!(row.value, Value::No);
    let mut out = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let bytes = word.as_bytes();
        if let Some(long) = bytes.strip_prefix(b"--").filter(|long| !long.is_empty()) {
            let end = long.iter().position(|byte| *byte == b'=');
            let name = &long[..end.unwrap_or(long.len())];
            let row = rows.iter().find(|row| row.long.as_bytes() == name);
            match (row.filter(|row| takes(row)), end) {
                (Some(_), Some(end)) if !join => {
                    out.push(OsString::from_vec(bytes[..2 + end].to_vec()));
                    out.push(OsString::from_vec(long[end + 1..].to_vec()));
                }
                (Some(_), None) => match rest.next() {
                    Some(value) if join => {
                        out.push(OsString::from_vec([bytes, b"=", value.as_bytes()].concat()));
                    }
                    value => out.extend([word].into_iter().chain(value).cloned()),
                },
                (Some(_), Some(_)) | (None, _) => out.push(word.clone()),
            }
            if row.is_none() {
                break;
            }
            continue;
        }
        out.push(word.clone());
        if bytes == b"--" {
            break;
        }
        // Single letters: the first one that takes a value has the rest, or the next word.
        let Some(letters) = bytes.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else { continue };
        let number = letters[0].is_ascii_digit() && !rows.iter().any(|row| row.short == Some(char::from(letters[0])));
        let first = letters
            .iter()
            .position(|letter| rows.iter().find(|row| row.short == Some(char::from(*letter))).is_none_or(takes));
        if let Some(at) = first.filter(|_| !number) {
            if !rows.iter().any(|row| row.short == Some(char::from(letters[at]))) {
                break;
            }
            if at + 1 == letters.len() {
                out.extend(rest.next().cloned());
            }
        }
    }
    out.extend(rest.cloned());
    out
}

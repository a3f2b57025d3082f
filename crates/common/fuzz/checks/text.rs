//! Any bytes as text for a terminal, a log or JSON: nothing in it steers or
//! hides, it stands on one line, and what was escaped can be had back.
use plainnet_common::{
    hint::{self, Pasted},
    text::{SHOWN, escape, is_control, json_string, printable, shown},
};

/// What `text`, which [`escape`] wrote, stands for.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.chars();
    let push = |out: &mut Vec<u8>, c: char| out.extend(c.encode_utf8(&mut [0; 4]).bytes());
    while let Some(c) = rest.next() {
        if c != '\\' {
            push(&mut out, c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('\\') => out.push(b'\\'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).expect("two digits"));
            }
            Some('u') => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                push(&mut out, u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a character"));
            }
            other => panic!("an escape of {other:?}"),
        }
    }
    out
}

/// The text in a JSON string (RFC 8259 section 7).
fn of_json(json: &str) -> String {
    let inner = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).expect("quotes");
    let mut units = Vec::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        let c = match c {
            '"' => panic!("a bare quote"),
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c @ ('"' | '\\')) => c,
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).expect("four digits"));
                    continue;
                }
                other => panic!("an escape of {other:?}"),
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).expect("whole characters")
}

/// Some of each kind that steers, reorders or hides, by Unicode's own names: ESC, NEL, RLO, PDI, zero
/// width space, soft hyphen, byte order mark, line separator, a tag character.
const HIDING: [char; 10] =
    ['\x1b', '\x7f', '\u{85}', '\u{202e}', '\u{2069}', '\u{200b}', '\u{ad}', '\u{feff}', '\u{2028}', '\u{e0041}'];

/// Panics where that does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let escaped = escape(bytes);
    assert!(!escaped.contains(is_control) && !escaped.contains(HIDING), "{escaped:?}");
    assert_eq!(unescaped(&escaped), bytes);
    let printed = printable(bytes);
    assert!(!printed.contains(|c| c != '\t' && is_control(c)), "{printed:?}");
    let said = shown(bytes);
    assert!(!said.is_empty() && !said.contains(is_control) && said.chars().count() <= SHOWN + 3, "{said:?}");
    match escaped.chars().count() {
        0 => assert_eq!(said, "''"),
        1..=SHOWN => assert_eq!(said, escaped),
        _ => assert_eq!(said, escaped.chars().take(SHOWN).collect::<String>() + "..."),
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut json = Vec::new();
    json_string(&mut json, text);
    let json = String::from_utf8(json).expect("UTF-8");
    assert!(!json.contains(is_control), "{json:?}");
    assert_eq!(of_json(&json), text);
    // What was pasted is made of its own text, in this order.
    let Pasted { scheme, user, host, port, path, .. } = Pasted::of(text);
    let mut parts = [scheme, user, Some(host), port, path].into_iter().flatten();
    let left = parts.try_fold(text, |left, part| left.split_once(part).map(|(_, after)| after));
    assert!(left.is_some(), "{:?}", Pasted::of(text));
    if let Some(name) = hint::nearest(text, ["field", "follow", "from", "types"]) {
        assert!(text.chars().count().abs_diff(name.chars().count()) <= name.len(), "{name}");
    }
}

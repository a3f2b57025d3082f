//! Addresses that were made harmless for a report (`1[.]2[.]3[.]4`), made whole again.

/// How a dot or a colon is made harmless, and what it was.
const MENDED: [(&[u8], &[u8]); 10] = [
    (b"[.]", b"."),
    (b"(.)", b"."),
    (b"{.}", b"."),
    (b"[dot]", b"."),
    (b"(dot)", b"."),
    (b"{dot}", b"."),
    (b"[:]", b":"),
    (b"(:)", b":"),
    (b"{:}", b":"),
    (b"[://]", b"://"),
];

/// Appends `text` to `out` with its dots and colons mended, up to where more text
/// may change what it is; if it is the `last` there is no such place. Returns how
/// many bytes of it were taken.
pub fn mend(text: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some(open) = memchr::memchr3(b'[', b'(', b'{', &text[at..]).map(|found| at + found) {
        out.extend_from_slice(&text[at..open]);
        let rest = &text[open..];
        let starts =
            |form: &[u8], text: &[u8]| text.len() >= form.len() && text[..form.len()].eq_ignore_ascii_case(form);
        if let Some((form, was)) = MENDED.iter().find(|(form, _)| starts(form, rest)) {
            out.extend_from_slice(was);
            at = open + form.len();
        } else if !last && MENDED.iter().any(|(form, _)| rest.len() < form.len() && starts(rest, form)) {
            return open;
        } else {
            out.push(text[open]);
            at = open + 1;
        }
    }
    out.extend_from_slice(&text[at..]);
    text.len()
}

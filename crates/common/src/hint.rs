//! What someone probably meant: the nearest of some names, and what is inside a
//! pasted URL or endpoint.
//!
//! A tool that is given something else than it takes refuses it before anything
//! is sent, and its message holds the command that would do.

/// The name that `word` most likely is a misspelling of: at most a third of its
/// letters are wrong, missing, too many or swapped with their neighbour.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, word.chars().count().max(2).div_ceil(3).min(3), names)
}

/// The first of the nearest names that `most` edits make of `word`, in any case of
/// letters; fewer than the word has letters, since anything can be made of them all.
pub fn within<'a>(word: &str, most: usize, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    // A letter has up to four bytes, and each edit adds or takes one letter at most.
    let close = names.into_iter().filter(|name| name.len().abs_diff(word.len()) <= most * 4);
    let distances = close.map(|name| (distance(&word, &name.to_ascii_lowercase()), name));
    // A beginning of a name is the commonest abbreviation.
    let (edits, name) = distances.min_by_key(|(edits, name)| (*edits, name.len()))?;
    (edits <= most && edits < word.chars().count()).then_some(name)
}

/// The optimal string alignment distance: insertions, deletions, replacements
/// and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    // A pasted paragraph is nobody's misspelling, and would take long.
    const LONGEST: usize = 40;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) > LONGEST {
        return LONGEST;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// What people paste, taken apart: `https://user@host:443/path`, `host:443`,
/// `[::1]:443`, `"host"`. Parts that are not there are None.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pasted<'a> {
    /// Before `://`, without it.
    pub scheme: Option<&'a str>,
    /// Before `@`, a password included.
    pub user: Option<&'a str>,
    /// A name or an address, without brackets and quotes; it may be empty.
    pub host: &'a str,
    /// Brackets stood around the host.
    pub bracketed: bool,
    /// After the last `:`, digits or a service's name.
    pub port: Option<&'a str>,
    /// From the `/`, `?` or `#` after the host on.
    pub path: Option<&'a str>,
}

impl<'a> Pasted<'a> {
    /// Takes `text` apart. An IPv6 address without brackets is a host without a
    /// port. Nothing is checked: the parts may be anything.
    pub fn of(text: &'a str) -> Pasted<'a> {
        let mut pasted = Pasted::default();
        let mut rest = text.trim();
        for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>')] {
            rest = rest.strip_prefix(open).and_then(|r| r.strip_suffix(close)).unwrap_or(rest);
        }
        if let Some((scheme, after)) = rest.split_once("://") {
            (pasted.scheme, rest) = (Some(scheme), after);
        }
        if let Some(at) = rest.find(['/', '?', '#']) {
            pasted.path = Some(&rest[at..]);
            rest = &rest[..at];
        }
        if let Some((user, after)) = rest.rsplit_once('@') {
            (pasted.user, rest) = (Some(user), after);
        }
        if let Some((host, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            return Pasted { host, bracketed: true, port: after.strip_prefix(':'), ..pasted };
        }
        match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (pasted.host, pasted.port) = (host, Some(port)),
            _ => pasted.host = rest,
        }
        pasted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_or_none() {
        let names = ["type", "timeout", "tries", "trace", "short"];
        assert_eq!(nearest("typ", names), Some("type"));
        assert_eq!(nearest("tpye", names), Some("type"));
        assert_eq!(nearest("TYPE", names), Some("type"));
        assert_eq!(nearest("timout", names), Some("timeout"));
        assert_eq!(nearest("tracee", names), Some("trace"));
        for far in ["x", "colour", "", "typewriter", &"t".repeat(1000)] {
            assert_eq!(nearest(far, names), None, "{far}");
        }
        assert_eq!(nearest("type", []), None);
        assert_eq!(within("tyep", 1, names), Some("type"));
        assert_eq!(within("tries", 1, ["tires", "trees"]), Some("tires"));
        assert_eq!(within("tipo", 1, names), None);
    }

    #[test]
    fn what_people_paste() {
        let none = Pasted::default();
        let cases = [
            ("dev.to", Pasted { host: "dev.to", ..none }),
            ("https://dev.to/x?y", Pasted { scheme: Some("https"), host: "dev.to", path: Some("/x?y"), ..none }),
            ("dev.to:443", Pasted { host: "dev.to", port: Some("443"), ..none }),
            ("user@dev.to", Pasted { user: Some("user"), host: "dev.to", ..none }),
            (
                "ssh://me:secret@h:22",
                Pasted { scheme: Some("ssh"), user: Some("me:secret"), host: "h", port: Some("22"), ..none },
            ),
            ("\"dev.to\"", Pasted { host: "dev.to", ..none }),
            ("<dev.to>", Pasted { host: "dev.to", ..none }),
            ("[::1]", Pasted { host: "::1", bracketed: true, ..none }),
            ("[::1]:80", Pasted { host: "::1", bracketed: true, port: Some("80"), ..none }),
            ("::1", Pasted { host: "::1", ..none }),
            (":443", Pasted { port: Some("443"), ..none }),
            ("https://", Pasted { scheme: Some("https"), ..none }),
            ("10.0.0.0/8", Pasted { host: "10.0.0.0", path: Some("/8"), ..none }),
            ("", none),
            ("\"", Pasted { host: "\"", ..none }),
        ];
        for (text, parts) in cases {
            assert_eq!(Pasted::of(text), parts, "{text}");
        }
    }
}

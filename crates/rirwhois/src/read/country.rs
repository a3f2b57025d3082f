//! Countries as two letters (ISO 3166-1), also where a registry writes a name.

/// Code and name, a line each.
const NAMES: &str = include_str!("../../data/countries.tsv");

/// The code that `text` is or names; nothing where it is neither.
pub fn code(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    // `country: US # comment` is RPSL's way to comment.
    let text = text.split('#').next().unwrap_or_default().trim();
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        let code = text.to_ascii_uppercase();
        // Not ISO's, and written all the same.
        return Some(if code == "UK" { "GB".to_owned() } else { code });
    }
    let wanted = text.to_lowercase();
    let rows = NAMES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.into_iter().find(|(_, name)| name.to_lowercase() == wanted).map(|(code, _)| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_good_as_codes() {
        for (text, want) in [
            ("US", "US"),
            ("us", "US"),
            ("NL # Amsterdam", "NL"),
            ("United States", "US"),
            ("UNITED STATES", "US"),
            ("Korea, Republic of", "KR"),
            ("Türkiye", "TR"),
            ("Japan", "JP"),
            ("UK", "GB"),
            ("EU", "EU"),
            ("ZZ", "ZZ"),
            ("AP", "AP"),
        ] {
            assert_eq!(code(text).as_deref(), Some(want), "{text}");
        }
        for text in ["", "94043", "Mountain View", "U", "U1", "USAX"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        let rows: Vec<&str> = NAMES.lines().skip(2).collect();
        assert!(rows.is_sorted() && rows.len() > 249);
        assert!(rows.iter().all(|row| row.split('\t').count() == 2 && row.as_bytes()[2] == b'\t'));
    }
}

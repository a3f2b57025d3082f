//! Texts of tags and values, separated by semicolons: DKIM, DMARC and their kin.

/// The tags of a text in order.
#[derive(Debug)]
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Reads `tag=value; tag=value`; what has no `=` is left out, blanks around both are dropped.
    pub(super) fn read(text: &'a str) -> Tags<'a> {
        let tag = |part: &'a str| part.split_once('=').map(|(tag, value)| (tag.trim(), value.trim()));
        Tags(text.split(';').filter_map(tag).collect())
    }

    /// Does the text begin with this version, as DMARC, MTA-STS, TLSRPT and BIMI have it?
    pub(super) fn begins_with_version(&self, version: &str) -> bool {
        self.0.first() == Some(&("v", version))
    }

    /// The value of a tag, the first where it stands twice.
    pub(super) fn get(&self, tag: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == tag).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_values() {
        let tags = Tags::read("v=DMARC1 ; p = reject;; rua=mailto:a@b.example?x=1,mailto:c@d.example;junk");
        assert!(tags.begins_with_version("DMARC1") && !tags.begins_with_version("DMARC"));
        assert_eq!(tags.get("p"), Some("reject"));
        assert_eq!(tags.get("rua"), Some("mailto:a@b.example?x=1,mailto:c@d.example"));
        assert_eq!(tags.get("junk"), None);
        assert!(!Tags::read("p=none; v=DMARC1").begins_with_version("DMARC1"));
    }
}

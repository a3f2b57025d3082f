//! Sentences in the order they were found, each said once with its reasons gathered.
use std::collections::HashSet;

/// What has been found out so far.
#[derive(Debug, Default)]
pub(super) struct Sentences(Vec<Sentence>);

#[derive(Debug)]
struct Sentence {
    words: String,
    first: String,
    more: HashSet<String>,
}

impl Sentences {
    /// Says `words`, because of the record that `reason` shows. Said before, it
    /// gains one more reason.
    pub(super) fn say(&mut self, words: impl Into<String>, reason: impl Into<String>) {
        let (words, reason) = (words.into(), reason.into());
        match self.0.iter_mut().find(|sentence| sentence.words == words) {
            Some(sentence) if sentence.first == reason => {}
            Some(sentence) => {
                sentence.more.insert(reason);
            }
            None => self.0.push(Sentence { words, first: reason, more: HashSet::new() }),
        }
    }

    /// Says `words` because of all these records.
    pub(super) fn say_all(&mut self, words: &str, reasons: impl IntoIterator<Item = String>) {
        for reason in reasons {
            self.say(words, reason);
        }
    }

    /// Lines `words: because reason`, without newline.
    pub(super) fn lines(self) -> Vec<String> {
        let line = |Sentence { words, first, more }: Sentence| match more.len() {
            0 => format!("{words}: because {first}"),
            n => format!("{words}: because {first} and {n} more"),
        };
        self.0.into_iter().map(line).collect()
    }
}

/// Seconds as a person says them: `5 minutes`, `about 17 hours`.
pub fn duration(seconds: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(86400, "day"), (3600, "hour"), (60, "minute")];
    let (unit, word) =
        UNITS.into_iter().find(|(unit, _)| seconds == *unit || seconds / unit > 1).unwrap_or((1, "second"));
    let count = seconds / unit + u32::from(seconds % unit >= unit.div_ceil(2));
    let about = if seconds.is_multiple_of(unit) { "" } else { "about " };
    let plural = if count == 1 { "" } else { "s" };
    format!("{about}{count} {word}{plural}")
}

/// `a`, `a and b`, or `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_once_with_its_reasons() {
        let mut said = Sentences::default();
        for reason in ["A:1", "A:2", "A:1", "A:2", "A:3"] {
            said.say("it is so", reason);
        }
        said.say_all("it is otherwise", ["MX:1".to_owned()]);
        assert_eq!(said.lines(), ["it is so: because A:1 and 2 more", "it is otherwise: because MX:1"]);
    }

    #[test]
    fn words_in_a_row() {
        for (words, row) in [(&[][..], ""), (&["a"], "a"), (&["a", "b"], "a and b"), (&["a", "b", "c"], "a, b and c")] {
            assert_eq!(list(&words.iter().map(ToString::to_string).collect::<Vec<_>>()), row);
        }
    }

    #[test]
    fn seconds_in_words() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3600, "1 hour"),
            (5400, "90 minutes"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (149, "about 2 minutes"),
            (150, "about 3 minutes"),
            (7199, "about 120 minutes"),
            (7200, "2 hours"),
            (8999, "about 2 hours"),
            (9000, "about 3 hours"),
            (172_800, "2 days"),
            (61854, "about 17 hours"),
            (86400, "1 day"),
            (604800, "7 days"),
            (u32::MAX, "about 49710 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}

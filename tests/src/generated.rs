//! Inputs for the checks of the fuzz targets: their seeds, and seeds changed at
//! random, the same ones in every run.
//!
//! A fuzzer knows which inputs are new to a program and comes much further.
//! These need no other compiler, so that every run of the tests has them.
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

/// The longest input, in bytes.
const LONGEST: usize = 2048;

/// What stands between other things, at the edge of a number's range, or where it should not.
const WORDS: [&[u8]; 32] = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b" ",
    b"\t",
    b".",
    b":",
    b"::",
    b"/",
    b"-",
    b"--",
    b",",
    b";",
    b"#",
    b"%",
    b"=",
    b"@",
    b"\"",
    b"\\",
    b"\0",
    b"0",
    b"255",
    b"65535",
    b"65536",
    b"4294967295",
    b"\xff\xff",
    b"\xc0\x0c",
    b"\x80",
    b"\x1b[2J",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
];

/// Gives `check` every seed of a crate's fuzz target, and then `count` changed ones.
///
/// # Panics
/// A check fails, or there are no seeds.
pub fn inputs(of: &str, target: &str, count: u64, check: impl Fn(&[u8])) {
    let mut generator = Generator::new(of, target);
    for seed in &generator.seeds {
        run(&check, seed);
    }
    run(&check, b"");
    for _ in 0..count {
        generator.make();
        run(&check, &generator.input);
    }
}

/// A test for each target: `tests!("ipconv", text 100_000, lines 20_000)` gives
/// `text::check` a hundred thousand inputs. Where a hundred thousand take too
/// long for every day, fewer are made unless PLAINNET_LONG asks for them.
#[macro_export]
macro_rules! generated {
    ($of:literal, $($target:ident $count:literal),+ $(,)?) => {
        $(
            #[test]
            fn $target() {
                let count = $crate::tool::long(100_000, $count);
                $crate::generated::inputs($of, stringify!($target), count, $target::check);
            }
        )+
    };
}

/// The input that is being checked, which is shown where the check fails.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the input: b\"{}\"", self.0.escape_ascii());
        }
    }
}

fn run(check: impl Fn(&[u8]), input: &[u8]) {
    let _shown = Shown(input);
    check(input);
}

/// Makes one input after the other.
struct Generator {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    state: u64,
    input: Vec<u8>,
}

impl Generator {
    fn new(of: &str, target: &str) -> Generator {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(of).join("fuzz");
        let seeds = seeds(&fuzz.join("seeds").join(target));
        let dictionary = fs::read_to_string(fuzz.join("words.dict")).unwrap_or_default();
        let words = WORDS.iter().map(|word| word.to_vec()).chain(dictionary.lines().filter_map(word)).collect();
        Generator { seeds, words, state: 0x9e37_79b9_7f4a_7c15, input: Vec::new() }
    }

    /// A number below `n`, which is 1 or more.
    fn below(&mut self, n: usize) -> usize {
        // xorshift64*.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    /// A seed with one to eight changes.
    fn make(&mut self) {
        let seed = self.below(self.seeds.len());
        self.input.clear();
        self.input.extend_from_slice(&self.seeds[seed]);
        for _ in 0..1 << self.below(4) {
            self.change();
        }
        self.input.truncate(LONGEST);
    }

    fn change(&mut self) {
        let len = self.input.len();
        let at = self.below(len + 1);
        let most = (len - at).min(16);
        let part = at..at + self.below(most + 1);
        let kind = self.below(9);
        match kind {
            0 => {
                let word = self.below(self.words.len());
                self.input.splice(at..at, self.words[word].iter().copied());
            }
            1 => {
                let word = self.below(self.words.len());
                self.input.splice(part, self.words[word].iter().copied());
            }
            2 => drop(self.input.drain(part)),
            3 => {
                let copy = self.input[part].to_vec();
                let to = self.below(len + 1);
                self.input.splice(to..to, copy);
            }
            4 => {
                // The end of another seed.
                let other = self.below(self.seeds.len());
                let from = self.below(self.seeds[other].len() + 1);
                self.input.truncate(at);
                self.input.extend_from_slice(&self.seeds[other][from..]);
            }
            _ if at == len => self.input.push(kind as u8),
            5 => self.input[at] ^= 1 << self.below(8),
            6 => self.input[at] = self.below(256) as u8,
            7 => self.input[at] = self.input[at].wrapping_add(1),
            _ => self.input[at] = b"0123456789abcdefABCDEF:./-"[self.below(26)],
        }
    }
}

/// The files of a folder, in the order of their names.
fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}: no seeds", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

/// The word of a line of libFuzzer's dictionaries: `"text"` with `\\`, `\"` and `\xNN`.
fn word(line: &str) -> Option<Vec<u8>> {
    let text = line.strip_prefix('"')?.strip_suffix('"')?;
    let mut word = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        word.push(match (first, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                rest = tail;
                let digits = [*high, *low];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            (b'\\', [escaped, tail @ ..]) => {
                rest = tail;
                *escaped
            }
            _ => *first,
        });
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_dictionary() {
        assert_eq!(word(r#""a\"b\\c\x00d""#), Some(b"a\"b\\c\0d".to_vec()));
        assert_eq!(word("# no word"), None);
        assert_eq!(word(r#""\xzz""#), None);
    }

    #[test]
    fn a_failing_check_fails_the_test() {
        let seen = std::cell::Cell::new(0);
        let check = |input: &[u8]| {
            seen.set(seen.get() + 1);
            assert!(!input.contains(&0x1b), "found");
        };
        let run = std::panic::AssertUnwindSafe(|| inputs("rirwhois", "reply", 10_000, check));
        assert!(std::panic::catch_unwind(run).is_err());
        assert!(seen.get() > 1, "only the first input was made");
    }
}

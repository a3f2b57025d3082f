//! `--is`, `--not`, `--in`, `--in-file`: what passes.
use std::{ffi::OsStr, fs::File, io::Read as _, os::unix::ffi::OsStrExt as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Cutter, Stdin},
    text::shown,
};

use crate::{
    address::{
        text,
        value::{Block, Value},
    },
    class::{deep, property::Property, verdict::Verdict},
    cli::Conf,
    list::set::Set,
};

/// Every condition of the command line; all must hold.
#[derive(Clone, Debug)]
pub struct Filter {
    tests: Vec<(Property, bool)>,
    /// What `--in` and `--in-file` name together, if one is there.
    within: Option<Set>,
    deep: bool,
}

impl Filter {
    /// Reads the files that `conf` names.
    ///
    /// # Errors
    /// One can't be read, or holds something else than blocks.
    pub fn new(conf: &Conf) -> Result<Filter, Fail> {
        let mut blocks = conf.within.clone();
        for name in &conf.within_files {
            read(name, &mut blocks)?;
        }
        let asked = !(conf.within.is_empty() && conf.within_files.is_empty());
        Ok(Filter { tests: conf.tests.clone(), within: asked.then(|| Set::from_iter(blocks)), deep: conf.deep })
    }

    /// What `--in` and `--in-file` name together, if one is there.
    pub fn within(&self) -> Option<&Set> {
        self.within.as_ref()
    }

    /// True if `value` meets every condition.
    pub fn passes(&self, value: &Value<'_>) -> bool {
        let has_properties = self.tests.is_empty() || self.accepts(&Verdict::of(value, self.deep));
        has_properties && self.includes(&value.block())
    }

    /// True if the properties meet `--is` and `--not`. What has no yes or no, such as
    /// `is_site_local` of IPv4, counts as no.
    pub fn accepts(&self, verdict: &Verdict) -> bool {
        self.tests.iter().all(|(property, wanted)| verdict.has(*property).unwrap_or(false) == *wanted)
    }

    /// True if all of `block` is inside what `--in` and `--in-file` name.
    pub fn includes(&self, block: &Block) -> bool {
        let Some(set) = &self.within else { return true };
        set.holds(block) || self.deep && deep::all_inside(block, |block| set.holds(block))
    }
}

/// Adds the addresses, prefixes and ranges in the file `name`, one a line.
fn read(name: &OsStr, blocks: &mut Vec<Block>) -> Result<(), Fail> {
    let mut bytes = Vec::new();
    let done = match name.as_bytes() {
        b"-" => Stdin.read_to_end(&mut bytes),
        _ => File::open(name).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    let subject = if name == "-" { OsStr::new("stdin") } else { name };
    done.map_err(|e| Fail::io(subject.as_bytes(), &e))?;
    let mut lines = Cutter::new(b'\n');
    lines.feed(&bytes);
    lines.feed(b"");
    while let Some(line) = lines.next() {
        let Some(input) = line.text(None) else { continue };
        let block = input.map_err(text::Reason::Because).and_then(|input| text::parse(input.as_bytes()));
        blocks.push(block.map(|value| value.block()).map_err(|why| {
            let (file, text) = (shown(subject.as_bytes()), shown(line.bytes.trim_ascii()));
            Fail::Stop(Status::Failed, format!("{file}:{}: {text}: {why}", line.number))
        })?);
    }
    Ok(())
}

//! `--is`, `--not`, `--in`, `--not-in` and their files: what passes.
use plainnet_common::exit::Fail;

use crate::{
    address::value::{Block, Value},
    class::{deep, property::Property, verdict::Verdict},
    cli::{Conf, List},
    list::{
        blocks::difference,
        set::{ALL, Set},
    },
    read::entries,
};

/// Every condition of the command line; all must hold.
#[derive(Clone, Debug)]
pub struct Filter {
    tests: Vec<(Property, bool)>,
    /// What `--in` and `--in-file` name together, if one is there.
    within: Option<Set>,
    /// What `--not-in` and `--not-in-file` name together, if one is there.
    without: Option<Set>,
    /// The single addresses that both of these let pass, if the second is there.
    left: Option<Set>,
    deep: bool,
}

impl Filter {
    /// Reads the files that `conf` names.
    ///
    /// # Errors
    /// One can't be read, or holds something else than blocks.
    pub fn new(conf: &Conf) -> Result<Filter, Fail> {
        let (within, without) = (set(&conf.within)?, set(&conf.without)?);
        let left = without.as_ref().map(|without| match &within {
            Some(within) => difference(within.blocks(), without.blocks()).collect(),
            None => difference(ALL, without.blocks()).collect(),
        });
        Ok(Filter { tests: conf.tests.clone(), within, without, left, deep: conf.deep })
    }

    /// The single addresses that `--in`, `--not-in` and their files let pass, if one is there.
    pub fn within(&self) -> Option<&Set> {
        self.left.as_ref().or(self.within.as_ref())
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

    /// True if all of `block` is inside what `--in` names, and not all of it
    /// inside what `--not-in` names.
    pub fn includes(&self, block: &Block) -> bool {
        self.within.as_ref().is_none_or(|set| self.inside(block, set))
            && !self.without.as_ref().is_some_and(|set| self.inside(block, set))
    }

    fn inside(&self, block: &Block, set: &Set) -> bool {
        set.holds(block) || self.deep && deep::all_inside(block, |block| set.holds(block))
    }
}

/// All that is in a list of options and files, if there is one.
fn set(list: &List) -> Result<Option<Set>, Fail> {
    let mut blocks = list.blocks.clone();
    entries::blocks(&list.files, &mut blocks)?;
    Ok(list.is_there().then(|| blocks.into_iter().collect()))
}

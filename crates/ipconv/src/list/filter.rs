//! `--is`, `--not`, `--in`, `--not-in` and their files: what passes.
use plainnet_common::exit::Fail;

use crate::{
    address::value::Block,
    class::{
        deep,
        property::{self, Property},
    },
    cli::{Conf, List},
    list::set::{ALL, Set, difference},
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
    /// Where both of these leave single addresses, if the second is there.
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

    /// The single addresses that `--in` and `--not-in` let pass, if one is there.
    pub fn within(&self) -> Option<&Set> {
        self.left.as_ref().or(self.within.as_ref())
    }

    /// All of `block` meets every condition. What has no yes or no, such as
    /// `is_site_local` of IPv4, counts as no.
    pub fn passes(&self, block: &Block) -> bool {
        let is = |property| property::has(property, block, self.deep).unwrap_or(false);
        self.tests.iter().all(|(property, wanted)| is(*property) == *wanted)
            && self.within.as_ref().is_none_or(|set| self.inside(block, set))
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

//! `--is`, `--not`, `--in`, `--in-file`: what passes.
use plainnet_common::exit::Fail;

use crate::{
    class::{self, Property},
    cli::Conf,
    value::Block,
};

/// Every condition of the command line; all must hold.
#[derive(Clone, Debug)]
pub struct Filter {
    tests: Vec<(Property, bool)>,
    deep: bool,
}

impl Filter {
    /// Reads the files that `conf` names.
    ///
    /// # Errors
    /// One can't be read, or holds something else than blocks.
    pub fn new(conf: &Conf) -> Result<Filter, Fail> {
        Ok(Filter { tests: conf.tests.clone(), deep: conf.deep })
    }

    /// All of `block` meets every condition. What has no yes or no, such as
    /// `is_site_local` of IPv4, counts as no.
    pub fn passes(&self, block: &Block) -> bool {
        let is = |property| class::has(property, block, self.deep).unwrap_or(false);
        self.tests.iter().all(|(property, wanted)| is(*property) == *wanted)
    }
}

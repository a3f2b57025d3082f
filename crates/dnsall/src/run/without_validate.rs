//! A build without the feature `validate`: the command line refuses --validate,
//! so that nothing here is ever called.
use std::time::Instant;

use plainnet_common::exit::Fail;

use crate::{cli::Conf, run::exchange::Exchange};

/// There is none.
#[derive(Debug)]
pub(super) enum Validation {}

impl Validation {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub(super) fn new(_: &Conf, _: usize) -> Result<Validation, Fail> {
        Err(Fail::usage("--validate", "this build of dnsall has no feature validate"))
    }

    /// Nothing is to be done.
    pub(super) fn work(&mut self, _: &mut [Exchange], _: Instant) -> bool {
        match *self {}
    }
}

//! A build without the feature `validate`: the command line refuses --validate,
//! so that nothing here is ever called.
use std::time::Instant;

use plainnet_common::exit::Fail;

use crate::{cli::Conf, run::exchange::Exchange};

/// What validates; without the feature there is no value of it.
#[derive(Debug)]
pub(super) enum Validation {}

impl Validation {
    /// Refuses to validate.
    ///
    /// # Errors
    /// In every case: the build can't do it. Status 2.
    pub(super) fn new(_: &Conf, _: usize) -> Result<Validation, Fail> {
        Err(Fail::usage("--validate", "this build of dnsall has no feature validate"))
    }

    /// Nothing is to be done.
    pub(super) fn work(&mut self, _: &mut [Exchange], _: Instant) -> bool {
        match *self {}
    }
}

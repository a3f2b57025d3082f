//! The parts, joined.
use plainnet_common::{
    exit::{Fail, Status},
    output::Out,
};

use crate::{
    cli::{Conf, Mode},
    list::algebra,
    print::show,
};

/// Does what the command line says.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    match conf.mode {
        Mode::Show => show::run(conf, out),
        _ => algebra::run(conf, out),
    }
}

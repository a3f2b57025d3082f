//! What a run does: one of three quite different things.
use plainnet_common::{
    exit::{Fail, Status},
    output::Out,
};

use crate::{
    bulk,
    cli::{Conf, Print},
    offline,
    table::Table,
};

/// Answers every input.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let table = Table::default();
    match conf.print {
        Print::Rir | Print::Row => offline::run(conf, &table, out),
        _ => bulk::run(conf, &table, out),
    }
}

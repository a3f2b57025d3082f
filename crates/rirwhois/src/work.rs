//! What a run does: one of three quite different things.
use std::io::Write as _;

use plainnet_common::{
    exit::{Fail, Status},
    output::Out,
};

#[cfg(feature = "rdap")]
use crate::web;
use crate::{
    bulk,
    cli::{Conf, Print},
    offline,
    table::Table,
    update,
};

/// Answers every input.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let kept = conf.data.as_ref().map(|folder| folder.join(update::FILE));
    let table = kept.as_deref().map_or_else(Table::default, update::load);
    if conf.update {
        let path = kept.ok_or_else(|| Fail::Usage("--update: neither XDG_DATA_HOME nor HOME is set".into()))?;
        out.write_all(update::run(&conf.operands, &table, &path)?.as_bytes())?;
        return Ok(Status::Answered);
    }
    match conf.print {
        Print::Rir | Print::Row => offline::run(conf, &table, out),
        #[cfg(feature = "rdap")]
        _ if conf.rdap => web::run(conf, &table, out),
        _ => bulk::run(conf, &table, out),
    }
}

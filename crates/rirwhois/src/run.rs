//! What a run does: one of three quite different things.
use std::{
    io::{self, IsTerminal as _, Write as _},
    time::SystemTime,
};

use plainnet_common::{
    exit::{Fail, Status},
    output::{self, Out},
};

#[cfg(feature = "rdap")]
use crate::net::web;
use crate::{
    ask::bulk,
    cli::{Conf, Print},
    print::offline,
    spec::SPEC,
    table::lookup::Table,
    table::{kept, update},
};

/// Answers every input.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let table = conf.kept.as_deref().map_or_else(Table::default, kept::load);
    if conf.update {
        let path =
            conf.kept.as_ref().ok_or_else(|| Fail::Usage("--update: neither XDG_DATA_HOME nor HOME is set".into()))?;
        out.write_all(update::run(&conf.operands, &table, path)?.as_bytes())?;
        return Ok(Status::Answered);
    }
    if !conf.form.quiet
        && io::stderr().is_terminal()
        && let Some(date) = table.dates().iter().min().filter(|date| is_old(date, SystemTime::now()))
    {
        output::say(SPEC.name, format_args!("table: its statistics of {date} are over {OLD} days old (see --update)"));
    }
    match conf.print {
        Print::Offline(_) | Print::Country => offline::run(conf, &table, out),
        #[cfg(feature = "rdap")]
        _ if conf.rdap => web::run(conf, &table, out),
        _ => bulk::run(conf, &table, out),
    }
}

/// Days after which the table's age is said.
const OLD: u64 = 180;

/// True if more than [`OLD`] days have passed since `date`, which is `YYYY-MM-DD`.
fn is_old(date: &str, now: SystemTime) -> bool {
    let today = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
    kept::days(date).is_some_and(|day| today > day + OLD)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn half_a_year_makes_a_table_old() {
        let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        // 2025-09-14 is day 20,345.
        assert!(!is_old("2025-09-14", at(20_345 + 180)));
        assert!(is_old("2025-09-14", at(20_345 + 181)));
        assert!(!is_old("", at(1 << 20)));
    }
}

//! The parts, joined.
use plainnet_common::{
    exit::{Fail, Status},
    output::Out,
};

use crate::{
    cli::{Conf, Mode},
    find::files,
    list::{algebra, matching, order, overlaps, parts, records::yielding},
    print::show,
};

/// Does what the command line says.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    if conf.mode == Mode::Show {
        return show::run(conf, out);
    }
    let conf = &yielding(conf);
    match &conf.mode {
        Mode::Show => show::run(conf, out),
        Mode::Extract(extract) => files::run(conf, extract, out),
        Mode::Cidrs => algebra::cidrs(conf, out),
        Mode::ExcludeFile(files) => algebra::exclude(conf, files, out),
        Mode::Common(files) => algebra::common(conf, files, out),
        Mode::Count => algebra::count(conf, out),
        Mode::Expand => parts::expand(conf, out),
        Mode::Split(len) => parts::split(conf, *len, out),
        Mode::Exclude(less) => parts::exclude(conf, less, out),
        Mode::MatchFile(files) => matching::matching(conf, files, out),
        Mode::Overlaps => overlaps::overlaps(conf, out),
        Mode::Sort { sort: true, unique } => order::sort(conf, *unique, out),
        Mode::Sort { sort: false, .. } => order::unique(conf, out),
    }
}

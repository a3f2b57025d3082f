//! Inputs, read as `--from`, `-4` and `-6` say.
use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Input},
    output::Out,
};

use crate::{
    cli::{Conf, From},
    spec::SPEC,
    text::{self, Reason},
    value::{Family, Value},
};

/// Gives every input to `answer` in order, as a value or with the reason why it is none.
///
/// # Errors
/// Reading or writing failed, or `answer` gave up.
pub fn each(
    conf: &Conf,
    out: &mut Out,
    mut answer: impl FnMut(&Input<'_>, Result<Value<'_>, Reason>, &mut Answers<'_, Out>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    input::each(SPEC.name, &conf.form, &conf.operands, out, |input, answers| {
        let value = match input.text {
            Ok(text) => value(conf, text.as_bytes()),
            Err(why) => Err(Reason::Because(why)),
        };
        answer(input, value, answers)
    })
}

/// Reads one input.
///
/// # Errors
/// It is not what `--from` says, or of the family that was not asked for.
pub fn value<'a>(conf: &Conf, text: &'a [u8]) -> Result<Value<'a>, Reason> {
    let value = match conf.from {
        From::Text => text::parse(text)?,
        _ => return Err(Reason::Because("this form is not read yet")),
    };
    match conf.family {
        Some(Family::V4) if value.family == Family::V6 => Err(Reason::Because("not IPv4")),
        Some(Family::V6) if value.family == Family::V4 => Err(Reason::Because("not IPv6")),
        _ => Ok(value),
    }
}

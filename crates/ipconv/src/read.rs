//! Inputs, read as `--from`, `-4` and `-6` say.
use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Input},
    output::Out,
};

use crate::{cli::Conf, from, spec::SPEC, text::Reason, value::Value};

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
            Ok(text) => from::read(conf.from, text.as_bytes(), conf.family),
            Err(why) => Err(Reason::Because(why)),
        };
        answer(input, value, answers)
    })
}

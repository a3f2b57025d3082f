//! What the modes that yield values write.
use std::io::Write as _;

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    output::Out,
};

use crate::{
    address::{
        value::Value,
        write::{compressed, write_compressed, write_value},
    },
    cli::Conf,
    print::{field::Field, show::Show},
};

/// Bytes of output that are written at once.
const SIZE: usize = 32 * 1024;

/// `conf` as a mode that yields addresses prints them: compressed, unless told otherwise.
pub fn yielding(conf: &Conf) -> Conf {
    let mut conf = conf.clone();
    if conf.output.is_none() && !conf.form.json {
        conf.output = Some(vec![Field::Compressed]);
    }
    conf
}

/// Writes what inputs yield.
#[derive(Debug)]
pub struct Records<'c> {
    /// Writes whatever is more than a value and the end of its line.
    pub show: Show<'c>,
    /// Nothing is printed but the value and the end of the line.
    pub plain: bool,
    /// Plain records not yet handed to the output.
    pub lines: Vec<u8>,
}

impl<'c> Records<'c> {
    /// `conf` comes from [`yielding`].
    pub fn new(conf: &'c Conf) -> Records<'c> {
        let plain = conf.output.as_deref() == Some(&[Field::Compressed]) && !conf.form.json && !conf.form.echo;
        Records { show: Show::new(conf), plain, lines: Vec::new() }
    }

    /// Writes a value that `input` yields.
    ///
    /// # Errors
    /// Writing failed.
    pub fn put(
        &mut self,
        input: &Input<'_>,
        value: &Value<'_>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        if !self.plain {
            return self.show.one(input, Ok(*value), answers);
        }
        self.put_own(value, answers)?;
        self.drain(answers.out)?;
        Ok(Status::Answered)
    }

    /// Writes several values that `input` yields.
    ///
    /// # Errors
    /// Writing failed.
    pub fn put_all<'v>(
        &mut self,
        input: &Input<'_>,
        values: impl IntoIterator<Item = Value<'v>>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        values.into_iter().try_fold(Status::default(), |end, value| Ok(end.max(self.put(input, &value, answers)?)))
    }

    /// Writes a value that no single input yields: it is its own. [`Records::drain`] must follow the last.
    ///
    /// # Errors
    /// Writing failed.
    #[inline]
    pub fn put_own(&mut self, value: &Value<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if self.plain {
            write_value(&mut self.lines, value, write_compressed);
            self.lines.push(answers.form.end());
            if self.lines.len() > SIZE {
                self.drain(answers.out)?;
            }
            return Ok(Status::Answered);
        }
        let text = compressed(value);
        let input = Input { origin: Origin::Operand, line: text.as_bytes(), text: Ok(&text) };
        self.show.one(&input, Ok(*value), answers)
    }

    /// Hands the plain records to the output.
    ///
    /// # Errors
    /// Writing failed.
    pub fn drain(&mut self, out: &mut Out) -> Result<(), Fail> {
        out.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::examples::conf;

    #[test]
    fn what_yields_addresses_prints_them_compressed_unless_told_otherwise() {
        let compressed = Some(vec![Field::Compressed]);
        for (options, output, plain) in [
            (&["--sort"][..], compressed.clone(), true),
            (&["--sort", "-e"], compressed, false),
            (&["--sort", "--json"], None, false),
            (&["--sort", "-o", "address"], Some(vec![Field::Address]), false),
        ] {
            let conf = yielding(&conf(options));
            assert_eq!(conf.output, output, "{options:?}");
            assert_eq!(Records::new(&conf).plain, plain, "{options:?}");
        }
    }
}

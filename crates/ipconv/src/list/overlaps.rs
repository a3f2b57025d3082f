//! `--overlaps`: the pairs of entries of one list that share addresses.
use std::{collections::HashMap, io::Write as _};

use plainnet_common::{
    exit::{Fail, Status},
    output::Out,
    text::json_string,
};

use crate::{
    address::{
        value::{Family, Value},
        write::{write_compressed, write_value},
    },
    cli::Conf,
    list::{records::Records, spans::Spans},
    read::inputs,
};

/// Bytes of output that are written at once.
const SIZE: usize = 32 * 1024;

/// Prints each pair once, in the order of the list: by its first entry, then by
/// its second. The time is that of sorting the list and of writing the pairs.
///
/// # Errors
/// Reading or writing failed.
pub fn overlaps(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let mut list = Entries::default();
    let mut records = Records::new(conf);
    let end = inputs::each(conf, out, |input, value, answers| match value {
        Ok(value) => {
            list.push(&value);
            Ok(Status::Answered)
        }
        why => records.show.one(input, why, answers),
    })?;
    let spans = [Family::V4, Family::V6].map(|family| {
        let numbered = list.values.iter().enumerate().filter(|(_, value)| value.family == family);
        Spans::new(numbered.map(|(id, value)| (id as u32, value.block())))
    });
    let (mut others, mut pairs, mut head) = (Vec::new(), Vec::new(), Vec::new());
    for (id, value) in list.values.iter().enumerate() {
        others.clear();
        let mut behind = |other| others.extend((other as usize > id).then_some(other));
        spans[usize::from(value.family == Family::V6)].across(&value.block(), &mut behind);
        others.sort_unstable();
        head.clear();
        list.write(&mut head, id);
        for other in &others {
            list.pair(conf, &mut pairs, &head, *other as usize);
            if pairs.len() > SIZE {
                out.write_all(&pairs)?;
                pairs.clear();
            }
        }
    }
    out.write_all(&pairs)?;
    Ok(end)
}

/// The entries of a list in its order, and the few zones that stand in it.
#[derive(Default)]
struct Entries {
    values: Vec<Value<'static>>,
    zones: HashMap<usize, Box<str>>,
}

impl Entries {
    fn push(&mut self, value: &Value<'_>) {
        if let Some(zone) = value.zone {
            self.zones.insert(self.values.len(), zone.into());
        }
        self.values.push(Value { zone: None, ..*value });
    }

    fn write(&self, out: &mut Vec<u8>, id: usize) {
        let zone = self.zones.get(&id).map(|zone| &**zone);
        write_value(out, &Value { zone, ..self.values[id] }, write_compressed);
    }

    /// Appends the record of the entry that `one` is the text of and another.
    fn pair(&self, conf: &Conf, out: &mut Vec<u8>, one: &[u8], other: usize) {
        if conf.form.json {
            let mut text = Vec::new();
            self.write(&mut text, other);
            for (key, text) in [(&b"{\"input\":"[..], one), (b",\"overlaps\":", &text)] {
                out.extend(key);
                json_string(out, &String::from_utf8_lossy(text));
            }
            out.extend(b",\"error\":null}");
        } else {
            out.extend_from_slice(one);
            out.push(b'\t');
            self.write(out, other);
        }
        out.push(conf.form.end());
    }
}

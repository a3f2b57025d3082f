//! What registries publish, as records of named cells: IANA's XML and CSV, and
//! the tables of this project (.tsv).
//!
//! IANA's two forms are brought together: what is `<xref type="rfc" data="rfc791"/>`
//! in the one is `[RFC791]` in the other, and a footnote's mark is `[1]`. A CSV
//! has no date, so a date follows it on the command line.
use std::{fs, path::Path};

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Source {
    /// The name that it was given by.
    pub(super) path: String,
    /// When the registry was updated, `YYYY-MM-DD`; empty if nobody says.
    pub(super) date: String,
    /// The first line of a .tsv without its mark; empty for what IANA publishes.
    pub(super) head: String,
    pub(super) records: Vec<Record>,
}

/// Cells by the names of their columns (or elements) in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Record(Vec<(String, String)>);

impl Record {
    pub(super) fn new(names: &[impl AsRef<str>], cells: &[impl AsRef<str>]) -> Record {
        let cells = names.iter().zip(cells).map(|(name, cell)| (name.as_ref().to_owned(), one_line(cell.as_ref())));
        Record(cells.collect())
    }

    /// The cell under the first of these names that there is; empty without one.
    pub(super) fn get(&self, names: &[&str]) -> &str {
        names.iter().find_map(|name| self.0.iter().find(|cell| cell.0 == *name)).map_or("", |cell| &cell.1)
    }

    /// The same without footnotes: `False [1]` is `False`.
    pub(super) fn plain(&self, names: &[&str]) -> String {
        let mut text = String::new();
        let mut depth = 0;
        for c in self.get(names).chars() {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                c if depth == 0 => text.push(c),
                _ => {}
            }
        }
        text.trim().to_owned()
    }
}

/// The files among the words of a command line; a date belongs to the .csv before it.
/// Of an XML file with several registries `sections` are read, or all if there are none.
pub(super) fn files(words: &[String], sections: &[&str]) -> Result<Vec<Source>, String> {
    let mut all: Vec<Source> = Vec::new();
    for word in words {
        if is_date(word) {
            all.iter_mut().filter(|s| s.date.is_empty()).for_each(|s| s.date.clone_from(word));
            continue;
        }
        let text = fs::read_to_string(word).map_err(|e| format!("{word}: {e}"))?;
        all.push(parse(word, &text, sections).map_err(|why| format!("{word}: {why}"))?);
    }
    match all.iter().find(|s| s.date.is_empty() && s.head.is_empty()) {
        Some(s) => Err(format!("{}: no date in it: give it after the file, as YYYY-MM-DD", s.path)),
        None => Ok(all),
    }
}

/// Reads a file by what it looks like.
pub(super) fn parse(path: &str, text: &str, sections: &[&str]) -> Result<Source, String> {
    let text = text.trim_start_matches('\u{feff}');
    let (date, head, records) = if text.trim_start().starts_with("<?xml") {
        (element(text, "updated").unwrap_or_default(), String::new(), xml(text, sections)?)
    } else if let Some(rest) = text.strip_prefix("# ") {
        let head = rest.lines().next().unwrap_or_default();
        (last_date(head).unwrap_or_default(), head.to_owned(), tsv(text)?)
    } else {
        (String::new(), String::new(), csv(text)?)
    };
    if records.is_empty() {
        return Err("no records".into());
    }
    Ok(Source { path: path.to_owned(), date, head, records })
}

/// The name of a file, as its registry publishes it.
pub(super) fn name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|n| n.to_str()).unwrap_or_default()
}

pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// The last date in a line; `2025-09-12..14` ends on the 14th.
fn last_date(line: &str) -> Option<String> {
    let word = line.split([' ', ',']).rfind(|w| w.get(..10).is_some_and(is_date))?;
    match word[10..].strip_prefix("..") {
        Some(day) if day.len() == 2 => Some(format!("{}{day}", &word[..8])),
        _ => Some(word[..10].to_owned()),
    }
}

/// The columns' names stand in the second line; every row has all of them.
fn tsv(text: &str) -> Result<Vec<Record>, String> {
    let mut lines = text.lines().skip(1);
    let names: Vec<&str> =
        lines.next().and_then(|l| l.strip_prefix('#')).ok_or("no names of columns")?.split('\t').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let whole = cells.len() == names.len();
        whole.then(|| Record::new(&names, &cells)).ok_or_else(|| format!("{line}: {} columns are needed", names.len()))
    };
    lines.map(row).collect()
}

/// RFC 4180: a quoted cell holds commas, line breaks and doubled quotes. The first row has the names.
fn csv(text: &str) -> Result<Vec<Record>, String> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' => {}
            c => cell.push(c),
        }
    }
    if quoted {
        return Err("cut inside a quoted cell".into());
    }
    if !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    let mut rows = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty()));
    // `Status [1]`: a name may have a footnote.
    let name = |n: &String| n.split('[').next().unwrap_or_default().trim().to_ascii_lowercase();
    let names: Vec<String> = rows.next().ok_or("empty")?.iter().map(name).collect();
    let whole = |row: Vec<String>| {
        let whole = row.len() == names.len();
        whole.then(|| Record::new(&names, &row)).ok_or_else(|| format!("{row:?}: {} cells are needed", names.len()))
    };
    rows.map(whole).collect()
}

/// IANA's XML is regular: registries, which may nest, with one flat `<record>` after the other.
fn xml(text: &str, sections: &[&str]) -> Result<Vec<Record>, String> {
    if !text.trim_end().ends_with("</registry>") {
        return Err("cut before its end".into());
    }
    let mut records = Vec::new();
    let all = [""];
    for section in if sections.is_empty() { &all[..] } else { sections } {
        let part = match text.split_once(&format!("<registry id=\"{section}\"")) {
            Some((_, part)) => part.split("</registry>").next().unwrap_or_default(),
            None if section.is_empty() => text,
            None => return Err(format!("no registry {section}")),
        };
        for record in part.split("<record").skip(1).filter_map(|r| r.split_once("</record>")) {
            records.push(elements(record.0));
        }
    }
    Ok(records)
}

/// The attributes and the elements of one record, from after its `<record`.
fn elements(record: &str) -> Record {
    let (attributes, mut rest) = record.split_once('>').unwrap_or_default();
    let mut cells = Vec::new();
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, inside) = after.split_once('>').unwrap_or_default();
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        rest = inside;
        if !tag.ends_with('/')
            && let Some((text, after)) = inside.split_once(&format!("</{name}>"))
        {
            cells.push((name.to_owned(), content(text)));
            rest = after;
        }
    }
    for pair in attributes.split('"').collect::<Vec<_>>().chunks(2) {
        if let [name, value] = pair {
            cells.push((name.trim().trim_end_matches('=').to_owned(), (*value).to_owned()));
        }
    }
    Record(cells)
}

/// The text of the first element of this name.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inside, _)| content(inside))
}

/// The text inside an element, its references as IANA's CSV has them.
fn content(inside: &str) -> String {
    let mut plain = String::new();
    for (i, part) in inside.split('<').enumerate() {
        let (tag, text) = if i == 0 { ("", part) } else { part.split_once('>').unwrap_or_default() };
        let attribute =
            |name: &str| tag.split_once(&format!("{name}=\"")).and_then(|(_, v)| v.split_once('"')).map(|v| v.0);
        if tag.starts_with("xref ") && tag.ends_with('/') {
            match (attribute("type"), attribute("data").unwrap_or_default()) {
                (Some("rfc"), rfc) => plain += &format!("[{}]", rfc.to_ascii_uppercase()),
                (Some("rfc-errata"), number) => plain += &format!("[RFC Errata {number}]"),
                (_, data) => plain += &format!("[{data}]"),
            }
        }
        plain.push_str(text);
    }
    for (from, to) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
        plain = plain.replace(from, to);
    }
    one_line(&plain)
}

/// One line, one blank between words, no escapes for a terminal.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<?xml version='1.0' encoding='UTF-8'?>
<?xml-stylesheet type=\"text/xsl\" href=\"iana-ipv4-special-registry.xsl\"?>
<registry xmlns=\"http://www.iana.org/assignments\" id=\"iana-ipv4-special-registry\">
<title>IANA IPv4 Special-Purpose Address Registry</title>
<created>2009-08-19</created>
<updated>2021-02-04</updated>
<registry id=\"iana-ipv4-special-registry-1\">
<xref type=\"rfc\" data=\"rfc6890\"/>
<note>If the value of \"Destination\" is FALSE, so is
\"Forwardable\".</note>
<record>
<address>192.0.0.0/24 <xref type=\"note\" data=\"2\"/></address>
<name>\"This &amp; that\"</name>
<spec><xref type=\"rfc\" data=\"rfc8190\"/>
<xref type=\"rfc\" data=\"rfc919\"/>, Section 7</spec>
<source/>
<global>False <xref type=\"note\" data=\"1\"/></global>
</record>
<record date=\"2014-12-17\" updated=\"2015-01-01\">
<address>192.31.196.0/24</address>
<rdap>
  <server>https://rdap.example/</server>
  <server>http://rdap.example/</server>
</rdap>
</record>
</registry>
<registry id=\"other\"><record><address>::1/128</address></record></registry>
<footnote anchor=\"1\">See <xref type=\"rfc\" data=\"rfc8029\"/>.</footnote>
<people/>
</registry>
";

    const CSV: &str = "Address Block,Name,RFC,Source,Globally Reachable,Status [1]\r\n\
        192.0.0.0/24 [2],\"\"\"This & that\"\"\",\"[RFC8190]\n        [RFC919], Section 7\",,False [1],\r\n\
        \"192.0.0.170/32, 192.0.0.171/32\",NAT64,[RFC8880][RFC7050],True,N/A,x\r\n";

    #[test]
    fn the_two_forms_of_iana_say_the_same() {
        let xml = parse("x.xml", XML, &["iana-ipv4-special-registry-1"]).unwrap();
        let csv = parse("x.csv", CSV, &[]).unwrap();
        assert_eq!((xml.date.as_str(), csv.date.as_str(), xml.records.len()), ("2021-02-04", "", 2));
        for record in [&xml.records[0], &csv.records[0]] {
            assert_eq!(record.get(&["address", "address block"]), "192.0.0.0/24 [2]");
            assert_eq!(record.plain(&["address block", "address"]), "192.0.0.0/24");
            assert_eq!(record.get(&["name"]), "\"This & that\"");
            assert_eq!(record.get(&["spec", "rfc"]), "[RFC8190] [RFC919], Section 7");
            assert_eq!(record.plain(&["global", "globally reachable"]), "False");
            assert_eq!(record.get(&["source"]), "");
        }
        assert_eq!((xml.records[1].get(&["date"]), xml.records[1].get(&["updated"])), ("2014-12-17", "2015-01-01"));
        assert_eq!(csv.records[1].get(&["status"]), "x");
        assert_eq!(csv.records[1].get(&["address block"]), "192.0.0.170/32, 192.0.0.171/32");
        assert_eq!(parse("x.xml", XML, &[]).unwrap().records.len(), 3);
    }

    #[test]
    fn a_file_that_was_cut_is_refused() {
        assert!(parse("x.xml", &XML[..XML.len() - 20], &[]).is_err());
        assert!(parse("x.xml", XML, &["iana-ipv6-special-registry-1"]).is_err());
        assert!(parse("x.csv", &CSV[..CSV.find("[RFC919]").unwrap()], &[]).is_err());
        assert!(parse("x.csv", &CSV[..CSV.len() - 4], &[]).is_err());
        assert!(parse("x.csv", "", &[]).is_err());
        assert!(parse("x.tsv", "# head\n#a\tb\nc\n", &[]).is_err());
    }

    #[test]
    fn a_table_has_its_date_in_its_head() {
        for (head, date) in [
            ("Registry, updated 2025-10-09, CC0", "2025-10-09"),
            ("from 2024-11-04 and the statistics of 2025-09-12..14, facts", "2025-09-14"),
            ("no date", ""),
        ] {
            let source = parse("x.tsv", &format!("# {head}\n#a\tb\n1\t\n"), &[]).unwrap();
            assert_eq!((source.date.as_str(), source.head.as_str()), (date, head));
            assert_eq!((source.records[0].get(&["a"]), source.records[0].get(&["b"])), ("1", ""));
        }
    }
}

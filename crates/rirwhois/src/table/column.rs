//! The columns of `-t`, which are the fields of `-o` without the network.
use super::lookup::Row;

/// A column of the table's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the manual tells what each one is")]
pub enum Column {
    Block,
    Registry,
    Status,
    Date,
    Whois,
    Rdap,
    Holder,
    Country,
}

/// Every column, in the order of `-t`.
pub const COLUMNS: [Column; 8] = [
    Column::Block,
    Column::Registry,
    Column::Status,
    Column::Date,
    Column::Whois,
    Column::Rdap,
    Column::Holder,
    Column::Country,
];

impl Column {
    /// As users write it, and the key in JSON.
    pub fn name(self) -> &'static str {
        ["block", "registry", "status", "date", "whois", "rdap", "holder", "country"][self as usize]
    }

    /// The column of this name.
    pub fn from_name(name: &str) -> Option<Column> {
        COLUMNS.into_iter().find(|column| column.name() == name)
    }

    /// What it holds of a row; empty where nothing is known.
    pub fn of(self, row: &Row) -> &str {
        match self {
            Column::Block => &row.block,
            Column::Registry => row.registry.name(),
            Column::Status => &row.status,
            Column::Date => &row.date,
            Column::Whois => row.registry.host(),
            Column::Rdap => row.registry.rdap().unwrap_or_default(),
            Column::Holder => row.holder,
            Column::Country => &row.country,
        }
    }
}

/// A row on one line, as `-t` prints it.
pub fn line(row: &Row, columns: &[Column]) -> String {
    let values = columns.iter().map(|column| column.of(row));
    values.map(|value| if value.is_empty() { "-" } else { value }).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::{super::registry::Registry, *};

    #[test]
    fn each_column_has_its_text_and_a_dash_for_none() {
        let row = Row {
            block: "193.0.0.0/21".into(),
            registry: Registry::Ripe,
            status: "ALLOCATED".into(),
            date: "1994-09-01".into(),
            holder: "",
            country: "NL".into(),
        };
        let want = "193.0.0.0/21\tRIPE\tALLOCATED\t1994-09-01\twhois.ripe.net\thttps://rdap.db.ripe.net/\t-\tNL";
        assert_eq!(line(&row, &COLUMNS), want);
        assert_eq!(line(&Row { holder: "X", ..row }, &[Column::Holder, Column::Block]), "X\t193.0.0.0/21");
        for column in COLUMNS {
            assert_eq!(Column::from_name(column.name()), Some(column));
        }
        assert_eq!(Column::from_name("x"), None);
    }
}

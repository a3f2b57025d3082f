//! A country's code, as the tables hold it.

/// Two capitals, or two zero bytes for none.
pub type Country = [u8; 2];

/// The country's code again; empty for none.
pub fn text(country: Country) -> String {
    country.into_iter().filter(|byte| *byte != 0).map(char::from).collect()
}

/// The bytes of a country's code.
pub fn code(text: &str) -> Country {
    text.as_bytes().try_into().unwrap_or([0; 2])
}

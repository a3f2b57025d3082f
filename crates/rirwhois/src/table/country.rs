//! A country's code, as the tables hold it.

/// Two capitals, or two zero bytes for none.
pub type Country = [u8; 2];

/// The bytes of a country's code.
pub fn code(text: &str) -> Country {
    text.as_bytes().try_into().unwrap_or([0; 2])
}

//! Any bytes become text with the same lines.
#![no_main]
use rirwhois::charset;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.iter().filter(|b| **b == b'\n').count();
    let text = charset::text(bytes);
    assert!(text.matches('\n').count() >= lines);
    if let Ok(same) = std::str::from_utf8(bytes) {
        assert!(bytes.contains(&0x1b) || text == same.replace("\r\n", "\n") || same.contains('\r'));
    }
});

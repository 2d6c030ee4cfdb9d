//! The query decoder: any text is decoded or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = otklik::protocol::decode(text);
    }
});

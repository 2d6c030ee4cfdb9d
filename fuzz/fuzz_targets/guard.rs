//! The frame guard: how the bytes are cut must make no difference, and nothing may panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert_eq!(otklik::actor::walk(bytes, bytes.len().max(1)), otklik::actor::walk(bytes, 1));
});

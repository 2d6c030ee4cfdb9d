//! Guard, codec and assembler together: how the bytes are cut must make no difference to what is heard.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert_eq!(otklik::actor::hear(bytes, bytes.len().max(1)), otklik::actor::hear(bytes, 1));
});

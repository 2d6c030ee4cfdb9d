//! What the service logged at `error`: nothing, in any test of this process.

use std::sync::{LazyLock, Mutex, Once, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};

/// What tests bring about on purpose.
static EXPECTED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

static SEEN: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

struct Watch;

impl Log for Watch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("otklik")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(format!("{}: {}", record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// Begins to listen, once for the process.
pub(super) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_boxed_logger(Box::new(Watch)).expect("nobody else logs");
        log::set_max_level(LevelFilter::Error);
    });
}

/// Lets a fault pass that a test brings about, by the words that it is told with.
pub(crate) fn expect_fault(words: &'static str) {
    EXPECTED.lock().unwrap_or_else(PoisonError::into_inner).push(words);
}

/// Fails if anything was logged that nobody expects; whose it is cannot be told, as tests run side by side.
pub(super) fn check() {
    let expected = EXPECTED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    seen.retain(|line| !expected.iter().any(|words| line.contains(words)));
    assert!(seen.is_empty(), "faults were logged, by this test or one beside it: {seen:#?}");
}

//! Where the log goes: standard error, a line an event, as text or as JSON. Its filter and form can change while it runs.

use std::io::Write as _;
use std::sync::Arc;

use arc_swap::ArcSwap;
use env_logger::{Builder, Logger};

use crate::config::{Log, LogFormat};
use crate::error::Fault;
use crate::protocol::{date, json_object};

/// The log of this process.
#[derive(Debug, Clone)]
pub(super) struct Logging(Arc<ArcSwap<Logger>>);

impl Logging {
    /// Starts the log as the config says; panics go there too.
    ///
    /// # Errors
    /// A log that was started already.
    pub(super) fn start(config: &Log) -> Result<Self, Fault> {
        let logging = Self(Arc::new(ArcSwap::from_pointee(logger(config))));
        log::set_boxed_logger(Box::new(logging.clone()))
            .map_err(|cause| Fault::new("starting the log", cause))?;
        log::set_max_level(logging.0.load().filter());
        std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
        Ok(logging)
    }

    /// Goes on as this config says.
    pub(super) fn change(&self, config: &Log) {
        self.0.store(Arc::new(logger(config)));
        log::set_max_level(self.0.load().filter());
    }
}

impl log::Log for Logging {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.0.load().enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.load().log(record);
    }

    fn flush(&self) {
        self.0.load().flush();
    }
}

fn logger(config: &Log) -> Logger {
    let mut builder = Builder::new();
    // The HTTP layer tells of its sockets and workers what we tell ourselves; a filter that names it hears it.
    builder.filter_module("actix_server", log::LevelFilter::Warn).parse_filters(&config.filter);
    let clock = crate::clock::Clock::system();
    match config.format {
        LogFormat::Text => builder.format(move |out, record| {
            writeln!(out, "{} {:5} {}", date(clock.now_ms()), record.level(), record.args())
        }),
        LogFormat::Json => builder.format(move |out, record| {
            let (level, message) = (record.level().as_str(), record.args().to_string());
            let members = [
                ("time", date(clock.now_ms())),
                ("level", level.to_lowercase()),
                ("target", record.target().to_owned()),
                ("message", message),
            ];
            writeln!(out, "{}", json_object(&members))
        }),
    };
    builder.build()
}

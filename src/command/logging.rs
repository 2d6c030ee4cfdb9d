//! Where the log goes: standard error, a line an event, as text or as JSON.

use std::io::Write as _;

use env_logger::Builder;

use crate::config::{Log, LogFormat};
use crate::error::Fault;
use crate::protocol::{date, json_object};

/// Starts the log as the config says; panics go there too.
///
/// # Errors
/// A log that was started already.
pub(super) fn start(config: &Log) -> Result<(), Fault> {
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
    builder.try_init().map_err(|cause| Fault::new("starting the log", cause))?;
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
    Ok(())
}

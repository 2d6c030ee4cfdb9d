//! Where the log goes: standard error, a line an event, as text or as JSON. Its filter and form can change while it runs.

use std::io::Write as _;
use std::sync::Arc;

use arc_swap::ArcSwap;
use env_logger::{Builder, Logger};
use log::kv::{Key, Value, VisitSource, VisitValue};

use crate::config::{Log, LogFormat};
use crate::error::Fault;
use crate::protocol::{Field, date, json_object};

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
            write!(out, "{} {:5} {}", date(clock.now_ms()), record.level(), record.args())?;
            for (name, field) in Fields::of(record).0 {
                match field {
                    Field::Number(number) => write!(out, " {name}={number}")?,
                    Field::Text(text) if text.contains(|c: char| !c.is_ascii_graphic() || c == '"') => {
                        write!(out, " {name}={text:?}")?;
                    }
                    Field::Text(text) => write!(out, " {name}={text}")?,
                }
            }
            writeln!(out)
        }),
        LogFormat::Json => builder.format(move |out, record| {
            let text = |text: &str| Field::Text(text.to_owned());
            let mut members = vec![
                ("time", text(&date(clock.now_ms()))),
                ("level", text(&record.level().as_str().to_lowercase())),
                ("target", text(record.target())),
                ("message", text(&record.args().to_string())),
            ];
            let fields = Fields::of(record).0;
            members.extend(fields.iter().map(|(name, field)| (name.as_str(), field.clone())));
            writeln!(out, "{}", json_object(&members))
        }),
    };
    builder.build()
}

/// A line's fields, in the order they were given; those without a value are left out.
#[derive(Default)]
struct Fields(Vec<(String, Field)>);

impl Fields {
    fn of(record: &log::Record<'_>) -> Self {
        let mut fields = Self::default();
        // The visitor takes whatever it is shown.
        record.key_values().visit(&mut fields).unwrap_or_default();
        fields
    }
}

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        let mut seen = Seen(None);
        value.visit(&mut seen)?;
        self.0.extend(seen.0.map(|field| (key.to_string(), field)));
        Ok(())
    }
}

/// A field's value, where it has one.
struct Seen(Option<Field>);

impl VisitValue<'_> for Seen {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), log::kv::Error> {
        self.0 = Some(value.to_i64().map_or_else(|| Field::Text(value.to_string()), Field::Number));
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), log::kv::Error> {
        Ok(())
    }
}

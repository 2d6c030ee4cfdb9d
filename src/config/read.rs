//! From text to a config, with every fault at once.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigFault, Place, excerpt, nearest};
use super::sections::{Config, Section, Server};
use super::value::{Given, Misfit};
use crate::tls::PairFile;

/// The file that is read when none is named, in the working folder.
const DEFAULT_FILE: &str = "config.toml";

/// What the names of overriding environment variables start with.
const VARIABLE_PREFIX: &str = "OTKLIK_";

/// A config, and the file it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The config; `database.path` and `backup.folder` are relative to the working folder, not to the file any more.
    pub config: Config,
    /// The file; `None` where there was none and the built-in defaults hold.
    pub source: Option<PathBuf>,
}

impl Config {
    /// Reads the file at `path`, or `./config.toml` where no path is given and that exists, and the process's
    /// environment.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file; a named file that cannot be read is one fault.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn load(path: Option<&Path>) -> Result<Loaded, Vec<ConfigFault>> {
        let file = path.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(file) {
            Ok(text) => Some(text),
            Err(error) if path.is_none() && error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let message = format!("{}: the config cannot be read: {error}", file.display());
                return Err(vec![ConfigFault { place: Place::None, key: String::new(), message }]);
            }
        };
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        let name = file.display().to_string();
        let mut reader = Reader::new(&name, text.as_deref().unwrap_or(""));
        reader.read(environment);
        if let Some(folder) = text.as_ref().and_then(|_| file.parent()) {
            reader.config.lie_in(folder);
        }
        reader.tls_files();
        let source = text.is_some().then(|| file.to_owned());
        Ok(Loaded { config: reader.finish()?, source })
    }

    /// Reads the content of a file that is called `file_name` in faults, and the variables of `environment` that
    /// override it: `OTKLIK_<SECTION>_<KEY>`, text as it is, lists with commas or as in the file. Other variables
    /// are ignored. Nothing but the arguments is read.
    ///
    /// # Errors
    /// Everything that is wrong: the file's faults in its order, then the environment's by name.
    pub fn parse(
        file_name: &str,
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigFault>> {
        let mut reader = Reader::new(file_name, text);
        reader.read(environment);
        reader.finish()
    }

    /// Takes the paths as relative to the config file's folder.
    fn lie_in(&mut self, folder: &Path) {
        let Server { tls_certificate, tls_key, .. } = &mut self.server;
        let own = [&mut self.database.path, &mut self.backup.folder].map(Some);
        let given = [tls_certificate.as_mut(), tls_key.as_mut()].into_iter().chain(own);
        for path in given.flatten() {
            *path = folder.join(&*path);
        }
    }
}

/// What was read so far, and what was wrong with it.
struct Reader<'t> {
    file_name: &'t str,
    text: &'t str,
    config: Config,
    /// Where each `section.key` was given last.
    places: BTreeMap<String, Place>,
    faults: Vec<ConfigFault>,
}

impl<'t> Reader<'t> {
    fn new(file_name: &'t str, text: &'t str) -> Self {
        Self { file_name, text, config: Config::default(), places: BTreeMap::new(), faults: Vec::new() }
    }

    fn read(&mut self, environment: impl Iterator<Item = (String, String)>) {
        self.file();
        self.environment(environment);
        self.keys_together();
    }

    fn file(&mut self) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let place = error.span().map_or(Place::None, |span| self.place(span.start));
            self.faults.push(ConfigFault { place, key: String::new(), message: error.message().to_owned() });
        }
        let broken: Vec<Place> = self.faults.iter().map(|fault| fault.place.clone()).collect();
        for (name, value) in table.get_ref() {
            self.section(name.get_ref(), self.place(name.span().start), value);
        }
        // What could not be read as TOML is told once, not again for what a guess made of it.
        self.faults.retain(|fault| {
            fault.key.is_empty() || !broken.iter().any(|place| place.shares_line(&fault.place))
        });
    }

    fn section(&mut self, name: &str, place: Place, value: &Spanned<DeValue<'_>>) {
        let Some(section) = Config::SECTIONS.iter().find(|section| section.name == name) else {
            let near = nearest(name, Config::SECTIONS.iter().map(|section| section.name));
            return self.fault(place, name, format!("there is no section [{name}]{}", did_you_mean(near)));
        };
        let Some(keys) = value.get_ref().as_table() else {
            return self.fault(place, name, format!("{name} is a section: write [{name}]"));
        };
        for (key, value) in keys {
            let place = self.place(key.span().start);
            self.set(section, key.get_ref(), (place, &Given::File(value)));
        }
    }

    fn environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        let variables: BTreeMap<String, String> =
            environment.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect();
        for (variable, value) in &variables {
            let name = variable.strip_prefix(VARIABLE_PREFIX).unwrap_or("");
            let of_section = Config::SECTIONS.iter().find_map(|section| {
                let key = name.strip_prefix(&section.name.to_ascii_uppercase())?.strip_prefix('_')?;
                Some((section, key))
            });
            let Some((section, upper)) = of_section else { continue };
            // A key in lower case is left as it is, which no section has once its case is turned.
            let key: String = upper.chars().map(turn_case).collect();
            let given = (Place::Variable(variable.clone()), &Given::Variable(value));
            self.set(section, &key, given);
        }
    }

    fn set(&mut self, section: &Section, key: &str, (place, given): (Place, &Given<'_>)) {
        let full = format!("{}.{key}", section.name);
        let keys = (section.keys)();
        let Some((_, takes)) = keys.iter().find(|(name, _)| *name == key) else {
            let near = nearest(key, keys.iter().map(|(name, _)| *name));
            let message = format!("there is no key {full}{}", did_you_mean(near));
            return self.fault(place, &full, message);
        };
        match (section.set)(&mut self.config, key, given) {
            Ok(()) => {
                self.places.insert(full, place);
            }
            Err(Misfit(parts)) => self.misfit(&full, (place, given), (takes, parts)),
        }
    }

    fn misfit(
        &mut self,
        key: &str,
        (place, given): (Place, &Given<'_>),
        (takes, mut parts): (&str, Vec<std::ops::Range<usize>>),
    ) {
        match given {
            Given::Variable(value) => {
                let value = excerpt(value, &(0..value.len()));
                self.fault(place, key, format!("{key} is {value}; it takes {takes}"));
            }
            Given::File(value) => {
                if parts.is_empty() {
                    parts.push(value.span());
                }
                for part in parts {
                    let place = self.place(part.start);
                    let value = excerpt(self.text, &part);
                    self.fault(place, key, format!("{key} is {value}; it takes {takes}"));
                }
            }
        }
    }

    /// What no single key can tell.
    fn keys_together(&mut self) {
        self.both_of_tls();
        let (limits, feed) = (self.config.limits.clone(), self.config.feed.clone());
        // Escaped in JSON, a comment is at most twice as long; the rest of its record fits into 4,096 bytes.
        let room = limits.comment_bytes_max.saturating_mul(2).saturating_add(4_096);
        self.together(
            limits.answer_bytes_max >= room,
            ["limits.answer_bytes_max", "limits.comment_bytes_max"],
            || {
                let bytes = limits.comment_bytes_max;
                format!(
                    "is {}; with limits.comment_bytes_max {bytes} it takes {room} at least",
                    limits.answer_bytes_max
                )
            },
        );
        self.together(limits.silence_s > limits.ping_s, ["limits.silence_s", "limits.ping_s"], || {
            format!("is {}; it takes more than limits.ping_s, which is {}", limits.silence_s, limits.ping_s)
        });
        self.together(
            feed.flush_min_ms <= feed.flush_max_ms,
            ["feed.flush_max_ms", "feed.flush_min_ms"],
            || {
                format!(
                    "is {}; it takes at least feed.flush_min_ms, which is {}",
                    feed.flush_max_ms, feed.flush_min_ms
                )
            },
        );
    }

    fn both_of_tls(&mut self) {
        let mut keys = ["server.tls_key", "server.tls_certificate"];
        let Server { tls_certificate, tls_key, .. } = &self.config.server;
        let both = tls_certificate.is_some() == tls_key.is_some();
        if tls_key.is_some() {
            keys.reverse();
        }
        self.together(both, keys, || format!("is \"\"; beside {} it takes a file as well", keys[1]));
    }

    /// Whether the certificate and its key can be served with.
    fn tls_files(&mut self) {
        let Some(Err(fault)) = self.config.server.tls().map(|files| files.read()) else { return };
        let key = match fault.file {
            PairFile::Certificate => "server.tls_certificate",
            PairFile::Key => "server.tls_key",
        };
        let place = self.places.get(key).cloned().unwrap_or(Place::None);
        self.fault(place, key, format!("{key}: {fault}"));
    }

    /// Tells that the first of two keys does not go with the second, at the place of whichever was given; not where
    /// one of them is at fault by itself.
    fn together(&mut self, fits: bool, keys: [&str; 2], message: impl FnOnce() -> String) {
        if fits || self.faults.iter().any(|fault| keys.contains(&fault.key.as_str())) {
            return;
        }
        let place = keys.iter().find_map(|key| self.places.get(*key).cloned()).unwrap_or(Place::None);
        let [key, _] = keys;
        self.fault(place, key, format!("{key} {}", message()));
    }

    fn place(&self, offset: usize) -> Place {
        Place::in_file(self.file_name, self.text, offset)
    }

    fn fault(&mut self, place: Place, key: &str, message: String) {
        self.faults.push(ConfigFault { place, key: key.to_owned(), message });
    }

    fn finish(mut self) -> Result<Config, Vec<ConfigFault>> {
        if self.faults.is_empty() {
            return Ok(self.config);
        }
        self.faults.sort_by(|a, b| a.place.cmp(&b.place));
        Err(self.faults)
    }
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

fn turn_case(c: char) -> char {
    if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AllowedOrigin, LogFormat, SignUp};

    const SHIPPED: &str = include_str!("../../config.toml");

    fn parse(text: &str) -> Result<Config, Vec<String>> {
        with(text, &[])
    }

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse("c.toml", text, variables)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_shipped_file_holds_every_default() {
        assert_eq!(parse(SHIPPED).unwrap(), Config::default());
        assert_eq!(parse("").unwrap(), Config::default());
    }

    /// Each key stands in its section, below a comment that holds its bounds.
    #[test]
    fn the_shipped_file_explains_every_key() {
        let (mut section, mut comment, mut explained) = ("", String::new(), BTreeMap::new());
        for line in SHIPPED.lines() {
            if let Some(text) = line.strip_prefix('#') {
                comment.push_str(text);
            } else if let Some((key, _)) = line.split_once(" = ") {
                explained.insert(format!("{section}.{key}"), std::mem::take(&mut comment));
            } else {
                section = line.strip_prefix('[').map_or(section, |name| name.trim_end_matches(']'));
                comment.clear();
            }
        }
        for section in Config::SECTIONS {
            for (key, takes) in (section.keys)() {
                let comment = &explained[&format!("{}.{key}", section.name)];
                let is_range = takes.starts_with(|c: char| c.is_ascii_digit());
                assert!(!comment.is_empty() && (!is_range || comment.contains(&takes)), "{key}: {comment}");
            }
        }
    }

    #[test]
    fn all_faults_come_at_once_with_their_places() {
        let text = "[limits]\nping_s = 0\nqueries_per_s = \"many\"\nping = 3\n\n[server]\nbind = \"localhost:1\"\n\
                    trusted_proxies = [\"10.0.0.0/8\",\n  \"proxy\", 7]\n[sever]\n[auth]\nsign_up = \"no\"\n";
        assert_eq!(
            parse(text).unwrap_err(),
            [
                "c.toml:2:10: limits.ping_s is 0; it takes 1 to 3600",
                "c.toml:3:17: limits.queries_per_s is \"many\"; it takes 0 to 1000000",
                "c.toml:4:1: there is no key limits.ping; did you mean ping_s?",
                "c.toml:7:8: server.bind is \"localhost:1\"; it takes an IP address and a port, as in \
                 \"127.0.0.1:5678\" or \"[::]:80\"",
                "c.toml:9:3: server.trusted_proxies is \"proxy\"; it takes a list, each of it an IP address or a \
                 network, as in \"10.0.0.0/8\"",
                "c.toml:9:12: server.trusted_proxies is 7; it takes a list, each of it an IP address or a \
                 network, as in \"10.0.0.0/8\"",
                "c.toml:10:2: there is no section [sever]; did you mean server?",
                "c.toml:12:11: auth.sign_up is \"no\"; it takes \"open\" or \"closed\"",
            ]
        );
    }

    #[test]
    fn what_is_no_toml_is_told_once_beside_the_other_faults() {
        let faults = parse("[limits]\nping_s = \nqueries_per_s = -1\nping_s = 3\n").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert!(faults[0].starts_with("c.toml:2:"), "{faults:#?}");
        assert_eq!(faults[1], "c.toml:3:17: limits.queries_per_s is -1; it takes 0 to 1000000");
        assert!(faults[2].starts_with("c.toml:4:1: duplicate key"), "{faults:#?}");
    }

    #[test]
    fn a_section_is_a_section() {
        assert_eq!(parse("limits = 3").unwrap_err(), ["c.toml:1:1: limits is a section: write [limits]"]);
        assert_eq!(parse("ping_s = 3").unwrap_err(), ["c.toml:1:1: there is no section [ping_s]"]);
    }

    #[test]
    fn keys_that_do_not_go_together_are_told() {
        let text = "[limits]\nping_s = 60\ncomment_bytes_max = 100000\n[feed]\nflush_min_ms = 10\nflush_max_ms = 9\n";
        assert_eq!(
            parse(text).unwrap_err(),
            [
                "c.toml:2:1: limits.silence_s is 60; it takes more than limits.ping_s, which is 60",
                "c.toml:3:1: limits.answer_bytes_max is 131072; with limits.comment_bytes_max 100000 it takes \
                 204096 at least",
                "c.toml:6:1: feed.flush_max_ms is 9; it takes at least feed.flush_min_ms, which is 10",
            ]
        );
        let faults = parse("[limits]\nping_s = 99999\nsilence_s = 1\n").unwrap_err();
        assert_eq!(faults, ["c.toml:2:10: limits.ping_s is 99999; it takes 1 to 3600"]);
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let variables = [
            ("OTKLIK_LIMITS_PING_S", "7"),
            ("OTKLIK_AUTH_SIGN_UP", "closed"),
            ("OTKLIK_LOG_FORMAT", "json"),
            ("OTKLIK_DATABASE_PATH", "a b.db"),
            ("OTKLIK_SERVER_PUBLIC_URL", "https://c.example"),
            ("OTKLIK_SERVER_ALLOWED_ORIGINS", "https://a.example, *"),
            ("OTKLIK_SERVER_TRUSTED_PROXIES", "[\"10.0.0.0/8\", \"::1\"]"),
            ("OTKLIK_HOME", "/somewhere"),
            ("PATH", "/bin"),
        ];
        let config = with("[limits]\nping_s = 8\nsilence_s = 9\n", &variables).unwrap();
        assert_eq!((config.limits.ping_s, config.limits.silence_s), (7, 9));
        assert_eq!((config.auth.sign_up, config.log.format), (SignUp::Closed, LogFormat::Json));
        assert_eq!(config.database.path, Path::new("a b.db"));
        assert_eq!(config.server.public_url.unwrap().to_string(), "https://c.example");
        assert_eq!(config.server.allowed_origins.len(), 2);
        assert_eq!(config.server.allowed_origins[1], AllowedOrigin::Any);
        assert_eq!(config.server.trusted_proxies.len(), 2);
    }

    #[test]
    fn faults_in_the_environment_are_told_by_its_names() {
        let variables = [
            ("OTKLIK_LIMITS_PNG_S", "7"),
            ("OTKLIK_LIMITS_ping_s", "7"),
            ("OTKLIK_LIMITS_SILENCE_S", "x"),
            ("OTKLIK_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,x"),
        ];
        let faults = with("", &variables).unwrap_err();
        assert_eq!(faults.len(), 4, "{faults:#?}");
        assert_eq!(faults[0], "OTKLIK_LIMITS_PNG_S: there is no key limits.png_s; did you mean ping_s?");
        assert_eq!(faults[1], "OTKLIK_LIMITS_SILENCE_S: limits.silence_s is x; it takes 1 to 3600");
        assert!(faults[2].starts_with("OTKLIK_LIMITS_ping_s: there is no key"));
        assert!(faults[3].contains("is 10.0.0.0/8,x; it takes a list"));
    }

    #[test]
    fn the_database_lies_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("here.toml");
        let missing = Config::load(Some(&file)).unwrap_err();
        assert!(missing[0].to_string().contains("here.toml: the config cannot be read"), "{missing:?}");
        std::fs::write(&file, "[database]\npath = \"x.db\"\n").unwrap();
        let loaded = Config::load(Some(&file)).unwrap();
        assert_eq!(loaded.config.database.path, folder.path().join("x.db"));
        assert_eq!(loaded.source, Some(file));
    }
}

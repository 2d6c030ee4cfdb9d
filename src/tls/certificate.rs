//! The certificate that newcomers are shown, and its renewal.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::pair::{Pair, PairFiles};
use crate::clock::UnixMs;
use crate::error::Fault;

/// How often an operator is reminded of a certificate that is not good, or not for long.
const REMIND_MS: UnixMs = 24 * 3_600 * 1_000;

/// The certificate of the service. Whoever came before a renewal stays connected as they are.
#[derive(Debug)]
pub struct Certificate {
    files: PairFiles,
    shown: Arc<Shown>,
    /// The pair that was last taken or refused, by its digest or by why it could not be read.
    judged: Seen,
    /// Another one, seen once: it may still be being written.
    settling: Option<Seen>,
    pair: Pair,
    remind_at_ms: UnixMs,
}

type Seen = Result<[u8; 32], String>;

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Certificate {
    /// Reads it.
    ///
    /// # Errors
    /// What [`PairFiles::read`] meets.
    pub fn load(files: PairFiles) -> Result<Self, Fault> {
        let fault = |cause| Fault::new("reading the certificate and its key", cause);
        let content = files.content().map_err(fault)?;
        let pair = files.pair(&content).map_err(fault)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::clone(&pair.certified))));
        Ok(Self {
            files,
            shown,
            judged: Ok(content.digest()),
            settling: None,
            pair,
            remind_at_ms: UnixMs::MIN,
        })
    }

    /// How connections are spoken to: TLS 1.3 and 1.2, and within it what the HTTP layer adds.
    ///
    /// # Errors
    /// None that is known: the versions are those of the provider.
    pub fn server_config(&self) -> Result<ServerConfig, Fault> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|cause| Fault::new("preparing TLS", cause))?.with_no_client_auth();
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&self.shown);
        Ok(builder.with_cert_resolver(resolver))
    }

    /// Looks at the files; called every second or so. What changed and then stayed the same from one look to the next is
    /// taken, or refused in one line of the log: then the old pair stays. Reminds of a certificate that is not good.
    pub fn look(&mut self, now_ms: UnixMs) {
        let content = self.files.content();
        let seen = content.as_ref().map(super::pair::Content::digest).map_err(ToString::to_string);
        if seen == self.judged {
            self.settling = None;
        } else if self.settling.as_ref() != Some(&seen) {
            self.settling = Some(seen);
        } else {
            self.judged = seen;
            self.settling = None;
            match content.and_then(|content| self.files.pair(&content)) {
                Ok(pair) => self.take(pair),
                Err(fault) => log::error!("the new certificate is not taken, the old one stays: {fault}"),
            }
        }
        self.remind(now_ms);
    }

    fn take(&mut self, pair: Pair) {
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&pair.certified);
        self.pair = pair;
        self.remind_at_ms = UnixMs::MIN;
        let until = self
            .pair
            .validity
            .map_or_else(String::new, |validity| format!(", good until {}", validity.end()));
        log::info!("newcomers are shown the new certificate{until}");
    }

    fn remind(&mut self, now_ms: UnixMs) {
        if now_ms < self.remind_at_ms {
            return;
        }
        self.remind_at_ms = now_ms.saturating_add(REMIND_MS);
        if let Some(warning) = self.pair.validity.and_then(|validity| validity.warning(now_ms)) {
            log::warn!("{warning}");
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

//! How the server is spoken to: plain, or by TLS.

use super::origin::Scheme;
use super::sections::Server;
use crate::tls::PairFiles;

impl Server {
    /// The certificate and its key; `None`: the server speaks without TLS.
    #[must_use]
    pub fn tls(&self) -> Option<PairFiles> {
        let (certificate, key) = (self.tls_certificate.clone()?, self.tls_key.clone()?);
        Some(PairFiles { certificate, key })
    }

    /// How the bound address is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.tls_certificate.is_some() { Scheme::Https } else { Scheme::Http }
    }
}

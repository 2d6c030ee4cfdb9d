//! Certificates, and clients that speak TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use actix_web::rt::net::TcpStream;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::within;

/// A certificate for `localhost` that vouches for itself, and its key.
pub(crate) struct Paper {
    /// The certificate as PEM.
    pub(crate) certificate: String,
    /// The key as PEM.
    pub(crate) key: String,
    der: CertificateDer<'static>,
}

impl Paper {
    /// A new one, good until the year 4096.
    pub(crate) fn new() -> Self {
        Self::until(4_096)
    }

    /// A new one, good from 1975 until a year begins.
    pub(crate) fn until(year: i32) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// Writes both into a folder, as `certificate.pem` and `key.pem`.
    pub(crate) fn lie_in(&self, folder: &Path) {
        std::fs::write(folder.join("certificate.pem"), &self.certificate).expect("a file");
        std::fs::write(folder.join("key.pem"), &self.key).expect("a file");
    }

    /// Connects with trust in this certificate alone.
    pub(crate) async fn connect(&self, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_for(address, &[]).await
    }

    /// The same, asking for one of these protocols.
    pub(crate) async fn connect_for(
        &self,
        address: SocketAddr,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = within("a connection", TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        self.secure(stream, protocols).await
    }

    /// The same on a connection that was made in another way.
    pub(crate) async fn secure(
        &self,
        stream: TcpStream,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut trusted = RootCertStore::empty();
        trusted.add(self.der.clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let mut config = config.with_root_certificates(trusted).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        within("a TLS handshake", TlsConnector::from(Arc::new(config)).connect(name, stream)).await
    }

    /// An address at which the service is heard without TLS: every connection to it becomes one by TLS.
    pub(crate) async fn tunnel(&self, address: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let tunnel = listener.local_addr().expect("an address");
        let paper = Self { certificate: String::new(), key: String::new(), der: self.der.clone() };
        actix_web::rt::spawn(async move {
            while let Ok((mut plain, _)) = listener.accept().await {
                let Ok(mut secret) = paper.connect(address).await else { continue };
                // An end on either side ends the other.
                actix_web::rt::spawn(async move { drop(copy_bidirectional(&mut plain, &mut secret).await) });
            }
        });
        tunnel
    }
}

//! A certificate and the key that it was made for.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::Error;
use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};

use super::Validity;

/// No chain of certificates is longer (bytes): a path that leads to something else is told, not read to its end.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFiles {
    /// The certificate in PEM form, and after it those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key in PEM form.
    pub key: PathBuf,
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairFile {
    /// The certificate's.
    Certificate,
    /// The key's.
    Key,
}

/// Why a pair cannot be served with; as text it begins with the file's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFault {
    /// Which file is at fault.
    pub file: PairFile,
    path: PathBuf,
    message: String,
}

/// A certificate and a key that belong together.
#[derive(Debug, Clone)]
pub struct Pair {
    /// When the certificate is good; `None` where it does not say so in any way that is understood.
    pub validity: Option<Validity>,
    pub(super) certified: Arc<CertifiedKey>,
}

/// What both files hold.
pub(super) struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl PairFiles {
    /// Reads both.
    ///
    /// # Errors
    /// A file that cannot be read, holds nothing of its kind, or does not go with the other.
    pub fn read(&self) -> Result<Pair, PairFault> {
        self.pair(&self.content()?)
    }

    pub(super) fn content(&self) -> Result<Content, PairFault> {
        let read = |file, path: &Path| {
            content_of(path).map_err(|error| self.fault(file, format!("the file cannot be read: {error}")))
        };
        Ok(Content {
            certificate: read(PairFile::Certificate, &self.certificate)?,
            key: read(PairFile::Key, &self.key)?,
        })
    }

    pub(super) fn pair(&self, content: &Content) -> Result<Pair, PairFault> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content.certificate).collect();
        let broken = |error| format!("the file is not well formed: {}", told(&error));
        let chain = chain.map_err(|error| self.fault(PairFile::Certificate, broken(error)))?;
        let Some(own) = chain.first() else {
            let message = "there is no certificate in it (BEGIN CERTIFICATE)".to_owned();
            return Err(self.fault(PairFile::Certificate, message));
        };
        let validity = Validity::of(own);
        let key = PrivateKeyDer::from_pem_slice(&content.key).map_err(|error| {
            let message = if matches!(error, PemError::NoItemsFound) {
                "there is no private key without a password in it (BEGIN PRIVATE KEY)".to_owned()
            } else {
                broken(error)
            };
            self.fault(PairFile::Key, message)
        })?;
        let provider = ring::default_provider();
        let signing = provider.key_provider.load_private_key(key);
        let signing =
            signing.map_err(|error| self.fault(PairFile::Key, format!("it cannot sign: {error}")))?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) => Ok(Pair { validity, certified: Arc::new(certified) }),
            Err(Error::InconsistentKeys(_)) => {
                let message = format!("this is not the key of {}", self.certificate.display());
                Err(self.fault(PairFile::Key, message))
            }
            Err(error) => Err(self.fault(PairFile::Certificate, format!("the first certificate: {error}"))),
        }
    }

    fn fault(&self, file: PairFile, message: String) -> PairFault {
        let path = match file {
            PairFile::Certificate => &self.certificate,
            PairFile::Key => &self.key,
        };
        PairFault { file, path: path.clone(), message }
    }
}

impl Content {
    /// Tells two contents apart, without keeping the key.
    pub(super) fn digest(&self) -> [u8; 32] {
        // The length first: what moves from one file to the other makes a difference, too.
        let length = u64::try_from(self.certificate.len()).unwrap_or(u64::MAX);
        let digest = Sha256::new().chain_update(length.to_be_bytes());
        digest.chain_update(&self.certificate).chain_update(&self.key).finalize().into()
    }
}

impl fmt::Display for PairFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for PairFault {}

fn content_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut content)?;
    Ok(content)
}

/// What is wrong with a PEM file; never the text itself, which may be a key.
fn told(error: &PemError) -> &'static str {
    match error {
        PemError::MissingSectionEnd { .. } => "a BEGIN line has no END line",
        PemError::IllegalSectionStart { .. } => "a BEGIN line is broken",
        PemError::Base64Decode(_) => "what stands between BEGIN and END is not base64",
        PemError::Io(_) | PemError::NoItemsFound | PemError::SectionTooLarge | _ => "it is no PEM file",
    }
}

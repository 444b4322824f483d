//! Sealed payloads: the private part of a record, which only holders of the site's key can open.
//!
//! Two forms. The classic one, `base64(ciphertext);base64(iv)`, is AES-256-CBC with PKCS#7 padding
//! (NIST SP 800-38A §6.2, RFC 5652 §6.3): it encrypts but does not authenticate, and is kept for
//! sites that use it. The form that is written, `v2.<key id>.<nonce>.<ciphertext>`, is
//! AES-256-GCM-SIV (RFC 8452): authenticated, safe if a nonce repeats, and bound to the path of its
//! record, so that a payload that is moved to another record cannot be opened.
//!
//! The nonce is not random but computed from key, path and payload, so that the same store gives
//! the same bytes. This reveals whether a record's payload is the same as before, which the file's
//! history shows anyway.

use std::fmt;

use aes_gcm_siv::{
    Aes256GcmSiv, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The beginning of a key file; the key follows in base64url.
const KEY_PREFIX: &str = "courant-key-v1:";
const NONCE_BYTES: usize = 12;
const IV_BYTES: usize = 16;

/// What can be wrong with a key or a sealed text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is not that of a key file.
    #[error("invalid key: expected `courant-key-v1:` and 43 characters of base64url")]
    BadKey,
    /// The ring has no key to seal with.
    #[error("no key to seal with")]
    NoKey,
    /// The text has neither form.
    #[error("not a sealed payload")]
    Malformed,
    /// It was sealed with a key that is not in the ring.
    #[error("sealed with key {0}, which this site does not have")]
    UnknownKey(String),
    /// It was altered after it was sealed.
    #[error("the payload was altered after it was sealed")]
    Altered,
    /// It was sealed for the record at this path.
    #[error("sealed for the record {0}, from which it was moved")]
    Moved(String),
    /// A payload in the classic form, which does not name its key.
    #[error("no key of this site opens it: it was sealed with another key, or altered")]
    NotOpened,
}

/// A secret key of 256 bits. It is never printed, and is overwritten in memory when it is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

impl Key {
    /// The key of these bytes, which must be random.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in the text of a key file.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let digits = text.trim().strip_prefix(KEY_PREFIX).ok_or(SealError::BadKey)?;
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(digits.as_bytes()).map_err(|_| SealError::BadKey)?);
        Ok(Self(bytes.as_slice().try_into().map_err(|_| SealError::BadKey)?))
    }

    /// The text of a key file, without line break.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{KEY_PREFIX}{}", BASE64URL_NOPAD.encode(&self.0)))
    }

    /// The key's public name: the first eight hexadecimal digits of a hash of it.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"courant key id").chain_update(self.0).finalize();
        HEXLOWER.encode(&digest[..4])
    }

    /// Twelve bytes that depend on everything that is sealed. HMAC-SHA-256 under a separate key, so
    /// that the nonce reveals nothing about the encryption key.
    fn nonce(&self, path: &str, payload: &[u8]) -> [u8; NONCE_BYTES] {
        let subkey = Sha256::new().chain_update(b"courant nonce").chain_update(self.0).finalize();
        let mut mac =
            <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&subkey).expect("HMAC takes a key of any length");
        mac.update(&(path.len() as u64).to_be_bytes());
        mac.update(path.as_bytes());
        mac.update(payload);
        let tag = mac.finalize().into_bytes();
        std::array::from_fn(|at| tag[at])
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new(&self.0.into())
    }
}

/// The keys of a site: the first seals, any of them opens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRing {
    keys: Vec<Key>,
}

impl KeyRing {
    /// A ring of these keys, the sealing key first.
    pub const fn new(keys: Vec<Key>) -> Self {
        Self { keys }
    }

    /// Adds the key in the text of a key file after the others.
    pub fn add_text(&mut self, text: &str) -> Result<(), SealError> {
        self.keys.push(Key::from_text(text)?);
        Ok(())
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there is a key to seal with.
    pub fn can_seal(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The payload sealed for the record at `path`, in the form `v2`. The same arguments give the
    /// same text.
    pub fn seal(&self, path: &str, payload: &[u8]) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        let id = key.id();
        let nonce = key.nonce(path, payload);
        let bound = bound_to(&id);
        let sealed = key
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: &addressed(path, payload), aad: bound.as_bytes() })
            // Only a payload of more than 64 GiB fails (RFC 8452 §6).
            .map_err(|_| SealError::Malformed)?;
        Ok(format!("v2.{id}.{}.{}", BASE64URL_NOPAD.encode(&nonce), BASE64URL_NOPAD.encode(&sealed)))
    }

    /// The payload of the record at `path`, in either form.
    pub fn open(&self, path: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        if sealed.starts_with("v2.") {
            return self.open_v2(path, sealed);
        }
        let opened = self.keys.iter().find_map(|key| open_classic(key, sealed).transpose());
        match opened {
            Some(outcome) => outcome,
            None if self.keys.is_empty() => Err(SealError::NoKey),
            None => Err(SealError::NotOpened),
        }
    }

    /// The id of the key by which a payload was sealed; `None` for the classic form, which does not
    /// name it.
    pub fn key_of(sealed: &str) -> Option<&str> {
        sealed.strip_prefix("v2.")?.split('.').next()
    }

    /// The ids of the keys, the sealing key first.
    pub fn ids(&self) -> Vec<String> {
        self.keys.iter().map(Key::id).collect()
    }

    /// The payload in the classic form, sealed by the first key with an initialisation vector that
    /// the caller draws at random.
    pub fn seal_classic(&self, payload: &[u8], iv: [u8; IV_BYTES]) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        Ok(seal_classic(key, payload, iv))
    }

    fn open_v2(&self, path: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let parts: Vec<&str> = sealed.split('.').collect();
        let [_, id, nonce, ciphertext] = parts[..] else { return Err(SealError::Malformed) };
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SealError::Malformed);
        let nonce: [u8; NONCE_BYTES] = decode(nonce)?.try_into().map_err(|_| SealError::Malformed)?;
        let ciphertext = decode(ciphertext)?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id() == id)
            .ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let bound = bound_to(id);
        let opened = key
            .cipher()
            .decrypt(&Nonce::from(nonce), Payload { msg: &ciphertext, aad: bound.as_bytes() })
            .map_err(|_| SealError::Altered)?;
        let (of, payload) = of_record(&opened).ok_or(SealError::Malformed)?;
        if of != path.as_bytes() {
            return Err(SealError::Moved(String::from_utf8_lossy(of).into_owned()));
        }
        Ok(payload.to_vec())
    }
}

/// The additional authenticated data.
fn bound_to(id: &str) -> String {
    format!("courant v2\n{id}")
}

/// The payload with the path of its record before it, which is sealed with it: 32 bits of length,
/// most significant byte first, and the path.
fn addressed(path: &str, payload: &[u8]) -> Vec<u8> {
    // A path is always shorter than 4 GiB.
    let length = u32::try_from(path.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), path.as_bytes(), payload].concat()
}

/// The path and the payload.
fn of_record(opened: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = opened.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// The payload in the classic form, with an initialisation vector that the caller draws at random.
pub fn seal_classic(key: &Key, payload: &[u8], iv: [u8; IV_BYTES]) -> String {
    let ciphertext =
        cbc::Encryptor::<aes::Aes256>::new(&key.0.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(payload);
    format!("{};{}", BASE64.encode(&ciphertext), BASE64.encode(&iv))
}

/// `Ok(None)` if the padding shows that another key was used.
fn open_classic(key: &Key, sealed: &str) -> Result<Option<Vec<u8>>, SealError> {
    let (ciphertext, iv) = sealed.split_once(';').ok_or(SealError::Malformed)?;
    let decode = |text: &str| BASE64.decode(text.trim().as_bytes()).map_err(|_| SealError::Malformed);
    let iv: [u8; IV_BYTES] = decode(iv)?.try_into().map_err(|_| SealError::Malformed)?;
    let ciphertext = decode(ciphertext)?;
    if ciphertext.is_empty() || ciphertext.len() % IV_BYTES != 0 {
        return Err(SealError::Malformed);
    }
    Ok(cbc::Decryptor::<aes::Aes256>::new(&key.0.into(), &iv.into())
        .decrypt_padded_vec::<Pkcs7>(&ciphertext)
        .ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(numbers: &[u8]) -> KeyRing {
        KeyRing::new(numbers.iter().map(|&number| Key::from_bytes([number; 32])).collect())
    }

    #[test]
    fn openssl_made_this() {
        // printf 'The quick brown fox' | openssl enc -aes-256-cbc -K 07…07 (32 bytes) -iv 09…09 (16
        // bytes) | base64
        let sealed = format!("{};{}", OPENSSL, BASE64.encode(&[9; 16]));
        assert_eq!(ring(&[7]).open("news/a.md", &sealed).unwrap(), b"The quick brown fox");
        assert_eq!(seal_classic(&Key::from_bytes([7; 32]), b"The quick brown fox", [9; 16]), sealed);
    }

    const OPENSSL: &str = "NxSmWsXQWS30RpspuS9KIbvbXfutP4g/3JWEFy9rTfw=";

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(payload: Vec<u8>, path in "[a-z/]{1,20}", number: u8) {
            let ring = ring(&[number]);
            let sealed = ring.seal(&path, &payload).unwrap();
            prop_assert_eq!(ring.open(&path, &sealed).unwrap(), payload.clone());
            prop_assert_eq!(ring.seal(&path, &payload).unwrap(), sealed);
            let classic = seal_classic(&Key::from_bytes([number; 32]), &payload, [3; 16]);
            prop_assert_eq!(ring.open(&path, &classic).unwrap(), payload);
        }
    }

    #[test]
    fn a_payload_does_not_move() {
        let ring = ring(&[1]);
        let sealed = ring.seal("news/a.md", b"private").unwrap();
        assert_eq!(ring.open("news/b.md", &sealed), Err(SealError::Moved("news/a.md".to_owned())));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let ring = ring(&[1]);
        let sealed = ring.seal("news/a.md", b"private").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(ring.open("news/a.md", &changed).is_err(), "{at}");
        }
        let last = if sealed.ends_with('A') { "B" } else { "A" };
        let changed = format!("{}{last}", &sealed[..sealed.len() - 1]);
        assert!(matches!(ring.open("news/a.md", &changed), Err(SealError::Altered | SealError::Malformed)));
        let classic = ring.seal_classic(b"private", [9; 16]).unwrap();
        assert_eq!(
            KeyRing::new(vec![Key::from_bytes([2; 32])]).open("news/a.md", &classic),
            Err(SealError::NotOpened)
        );
    }

    #[test]
    fn keys_rotate() {
        let old = ring(&[1]).seal("news/a.md", b"private").unwrap();
        let rotated = ring(&[2, 1]);
        assert_eq!(rotated.open("news/a.md", &old).unwrap(), b"private");
        let new = rotated.seal("news/a.md", b"private").unwrap();
        assert_ne!(new.split('.').nth(1), old.split('.').nth(1));
        assert_eq!(
            ring(&[1]).open("news/a.md", &new),
            Err(SealError::UnknownKey(Key::from_bytes([2; 32]).id()))
        );
        assert_eq!(KeyRing::default().seal("news/a.md", b""), Err(SealError::NoKey));
    }

    #[test]
    fn keys_have_a_text_and_do_not_print() {
        let key = Key::from_bytes([200; 32]);
        assert_eq!(Key::from_text(&format!("{}\n", *key.to_text())), Ok(key.clone()));
        assert!(!format!("{key:?}").contains("yMjI"));
        for bad in ["", "courant-key-v1:", "courant-key-v1:AAAA", "AAAA"] {
            assert_eq!(Key::from_text(bad), Err(SealError::BadKey), "{bad}");
        }
    }

    #[test]
    fn invalid_payloads_are_refused() {
        for bad in ["", ";", "v2.", "v2.a.b", "v2.0.AAAA.AAAA", "hello", "AAAA;AAAA"] {
            assert!(ring(&[1]).open("news/a.md", bad).is_err(), "{bad}");
        }
    }
}

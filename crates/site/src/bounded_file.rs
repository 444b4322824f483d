//! Reading whole files up to a maximum size.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use courant_formats::decode::{Budget, Coding, decode};

/// Maximum size of a file in bytes, and again after decompression.
const MAX_BYTES: u64 = 256 << 20;

/// The bytes of a file, decompressed if its name ends in `.gz`.
///
/// # Errors
/// If the file can't be read or has more than 256 MiB.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = read_bounded(File::open(path)?)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    // No deadline: only the person who ran the command waits for it, and size and number of members
    // are limited.
    decode(Coding::Gzip, &bytes, &mut Budget::new(MAX_BYTES, &|| None))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// All bytes of an input.
///
/// # Errors
/// If it can't be read or has more than 256 MiB.
pub fn read_bounded(input: impl Read) -> io::Result<Vec<u8>> {
    within(input, MAX_BYTES)
}

fn within(input: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let what = format!("larger than {} MB", max_bytes >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use courant_testkit::packing;

    use super::*;

    #[test]
    fn files_are_read_up_to_a_maximum_size() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            read_file(&path)
        };
        assert_eq!(file("feed.xml", b"<rss/>").unwrap(), b"<rss/>");
        assert_eq!(file("feed.xml.gz", &packing::gzip(b"<rss/>")).unwrap(), b"<rss/>");
        let empties = file("empty.gz", &packing::empties("gzip", 1 << 20)).unwrap_err();
        assert_eq!(empties.to_string(), "has more than 1000 compressed members");
        assert_eq!(file("plain.gz", b"<rss/>").unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(within(&b"12345"[..], 5).unwrap(), b"12345");
        assert_eq!(within(io::repeat(b' '), 5).unwrap_err().to_string(), "larger than 0 MB");
    }
}

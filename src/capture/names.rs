//! What the name of a file says about it: never what it is, only what it was meant to be.

/// Extensions that compressors append.
const COMPRESSED: &[&str] = &["gz", "gzip", "zst", "zstd", "lz4", "xz", "bz2", "bzip2"];

/// `name` without the extensions of compressors.
pub(crate) fn without_compression(mut name: &str) -> &str {
    while let Some((rest, extension)) = name.rsplit_once('.')
        && !rest.is_empty()
        && COMPRESSED.iter().any(|known| extension.eq_ignore_ascii_case(known))
    {
        name = rest;
    }
    name
}

/// Whether a file of that name was meant to be a capture: `*.pcap`, `*.pcapng`, `*.cap`, and
/// `*.pcap12` as tcpdump writes with `-C`; compressed or not.
pub(crate) fn is_like_a_capture(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // macOS packs a file of that name beside each one, for what its file system knows of it.
    if name.starts_with("._") {
        return false;
    }
    let Some((stem, extension)) = without_compression(name).rsplit_once('.') else { return false };
    let extension = extension.to_ascii_lowercase();
    let known = match extension.strip_prefix("pcap") {
        Some("ng") => true,
        Some(number) => number.bytes().all(|byte| byte.is_ascii_digit()),
        None => extension == "cap",
    };
    known && !stem.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_known_by_their_names() {
        let names = [
            "a.pcap",
            "a.PCAPNG",
            "d/a.cap",
            "ring.pcap0",
            "ring.pcap12",
            "a.pcap.gz",
            "a.cap.zst.XZ",
        ];
        for name in names {
            assert!(is_like_a_capture(name), "{name}");
        }
        for name in [
            "a.txt",
            "pcap",
            "a.pcapx",
            "a.pcap.md",
            ".pcap",
            "a.gz",
            ".pcap.gz",
            "x.pcap/a",
            "d/._a.pcap",
        ] {
            assert!(!is_like_a_capture(name), "{name}");
        }
    }
}

//! The PROXY protocol, version 1 and 2: who the caller of a connection is, by the word of the proxy before guard. Read
//! strictly, because what follows it is taken for the caller's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the start of a connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preamble {
    /// There is more to come.
    Partial,
    /// It takes this many bytes. Without an address the proxy speaks for itself, as for its own health checks.
    Complete(usize, Option<IpAddr>),
    /// It is no such preamble.
    Broken,
}

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with CRLF.
const LONGEST_LINE: usize = 107;
/// Addresses and extensions of version 2.
const LONGEST_BLOCK: usize = 1024;

/// Reads the start of a connection.
pub(crate) fn read(bytes: &[u8]) -> Preamble {
    let common = bytes.len().min(SIGNATURE.len());
    if bytes.get(..common) == SIGNATURE.get(..common) {
        return if common < SIGNATURE.len() {
            Preamble::Partial
        } else {
            version_2(bytes)
        };
    }
    version_1(bytes)
}

fn version_1(bytes: &[u8]) -> Preamble {
    const START: &[u8] = b"PROXY ";
    let common = bytes.len().min(START.len());
    if bytes.get(..common) != START.get(..common) {
        return Preamble::Broken;
    }
    let window = bytes.get(..bytes.len().min(LONGEST_LINE)).unwrap_or_default();
    let Some(end) = memchr::memmem::find(window, b"\r\n") else {
        return if bytes.len() < LONGEST_LINE {
            Preamble::Partial
        } else {
            Preamble::Broken
        };
    };
    let line = window.get(..end).and_then(|line| std::str::from_utf8(line).ok());
    line.map_or(Preamble::Broken, |line| of_line(line, end + 2))
}

/// What a line of this length says.
fn of_line(line: &str, length: usize) -> Preamble {
    if line == "PROXY UNKNOWN" || line.starts_with("PROXY UNKNOWN ") {
        return Preamble::Complete(length, None);
    }
    let address = line_address(line);
    address.map_or(Preamble::Broken, |address| Preamble::Complete(length, Some(address)))
}

fn line_address(line: &str) -> Option<IpAddr> {
    let parts: Vec<&str> = line.split(' ').collect();
    let is_port = |text: &str| text.parse::<u16>().is_ok() && !text.starts_with('+');
    match parts.as_slice() {
        ["PROXY", "TCP4", source, target, from, to] if is_port(from) && is_port(to) => {
            target.parse::<Ipv4Addr>().ok()?;
            Some(IpAddr::V4(source.parse().ok()?))
        }
        ["PROXY", "TCP6", source, target, from, to] if is_port(from) && is_port(to) => {
            target.parse::<Ipv6Addr>().ok()?;
            Some(IpAddr::V6(source.parse().ok()?))
        }
        _ => None,
    }
}

fn version_2(bytes: &[u8]) -> Preamble {
    let Some(&[command, family, high, low]) = bytes.get(12..16) else {
        return Preamble::Partial;
    };
    let block = usize::from(u16::from_be_bytes([high, low]));
    if block > LONGEST_BLOCK {
        return Preamble::Broken;
    }
    let Some(addresses) = bytes.get(16..16 + block) else {
        return Preamble::Partial;
    };
    let address = match (command, family) {
        (0x20, _) => None,
        (0x21, 0x11) => match first_bytes::<4>(addresses, 12) {
            Some(octets) => Some(IpAddr::from(octets)),
            None => return Preamble::Broken,
        },
        (0x21, 0x21) => match first_bytes::<16>(addresses, 36) {
            Some(octets) => Some(IpAddr::from(octets)),
            None => return Preamble::Broken,
        },
        _ => return Preamble::Broken,
    };
    Preamble::Complete(16 + block, address)
}

fn first_bytes<const LENGTH: usize>(block: &[u8], least: usize) -> Option<[u8; LENGTH]> {
    block.get(..least)?;
    block.get(..LENGTH)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{Preamble, SIGNATURE, read};

    fn version_2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(block.len()).unwrap().to_be_bytes());
        bytes.extend(block);
        bytes
    }

    #[test]
    fn both_versions_name_the_caller() {
        let line = b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\nGET /";
        assert_eq!(read(line), Preamble::Complete(42, "203.0.113.7".parse().ok()));
        let line = b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n";
        assert_eq!(read(line), Preamble::Complete(line.len(), "2001:db8::1".parse().ok()));
        assert_eq!(read(b"PROXY UNKNOWN\r\n"), Preamble::Complete(15, None));
        let bytes = version_2(0x21, 0x11, &[203, 0, 113, 7, 10, 0, 0, 1, 1, 2, 3, 4]);
        assert_eq!(read(&bytes), Preamble::Complete(28, "203.0.113.7".parse().ok()));
        let mut block = [0_u8; 39];
        block[15] = 1;
        assert_eq!(
            read(&version_2(0x21, 0x21, &block)),
            Preamble::Complete(55, "::1".parse().ok())
        );
        assert_eq!(read(&version_2(0x20, 0, &[])), Preamble::Complete(16, None));
    }

    #[test]
    fn a_part_is_no_answer_yet() {
        for bytes in [&b""[..], b"P", b"PROXY TCP4 203.0.113.7", b"\r\n\r\n\0"] {
            assert_eq!(read(bytes), Preamble::Partial, "{bytes:?}");
        }
        let bytes = version_2(0x21, 0x11, &[0; 12]);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Preamble::Partial, "{end}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1 99999\r\n",
            b"PROXY TCP4 ::1 ::1 1 1\r\n",
            b"PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n",
            b"PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n",
            &[b'P'; 200],
        ] {
            assert_eq!(read(bytes), Preamble::Broken, "{bytes:?}");
        }
        let endless = [b"PROXY ".to_vec(), vec![b'x'; 200]].concat();
        assert_eq!(read(&endless), Preamble::Broken);
        for (command, family, block) in [
            (0x11, 0x11, 12),
            (0x21, 0x12, 12),
            (0x21, 0x11, 11),
            (0x22, 0x11, 12),
            (0x21, 0, 0),
        ] {
            assert_eq!(read(&version_2(command, family, &vec![0; block])), Preamble::Broken);
        }
        let mut large = version_2(0x21, 0x11, &[0; 12]);
        large[14] = 0xff;
        assert_eq!(read(&large), Preamble::Broken);
    }
}

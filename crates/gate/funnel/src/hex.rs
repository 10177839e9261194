//! Bytes as hexadecimal digits.

/// The two digits of a byte, in lower case.
pub(crate) fn digits(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 15]
        .into_iter()
        .filter_map(|half| char::from_digit(u32::from(half), 16))
}

/// All digits of some bytes.
pub(crate) fn lower(bytes: &[u8]) -> String {
    bytes.iter().copied().flat_map(digits).collect()
}

//! Why a record was not opened.

/// Why a record was not opened. Nothing of its content is known then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refused {
    /// It has fewer bytes than any record under this protection.
    #[error("the record is too short")]
    TooShort,
    /// Its ciphertext is not made of whole blocks.
    #[error("the ciphertext does not consist of whole blocks")]
    Blocks,
    /// The tag or MAC is not that of these bytes: another key, another sequence number, or other
    /// bytes than were sent.
    #[error("the tag is wrong")]
    Tag,
    /// What was decrypted does not end in padding, so it was not reached whether the MAC is right:
    /// another key, or other bytes than were sent.
    #[error("the padding is wrong")]
    Padding,
    /// Before TLS 1.1 the last block of the record before is needed, and that is not known.
    #[error("the last block of the record before is not known")]
    NoIv,
    /// It is authentic, but has no content type behind its content (RFC 8446 §5.4): the sender made
    /// it so.
    #[error("the content has no type")]
    NoContentType,
}

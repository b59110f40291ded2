//! gzip (RFC 1952).

use flate2::{Decompress, FlushDecompress, Status};

use super::{Decode, State, Step, advance};

/// Deflate is the only method there ever was.
pub(super) fn begins(start: &[u8]) -> bool {
    start.starts_with(b"\x1f\x8b\x08")
}

pub(super) fn decoder() -> Result<Box<dyn Decode>, String> {
    const WINDOW_BITS: u8 = 15; // 32 KiB, all that deflate has
    Ok(Box::new(Gzip(Decompress::new_gzip(WINDOW_BITS))))
}

struct Gzip(Decompress);

impl Decode for Gzip {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        inflate(&mut self.0, input, output)
    }
}

/// One step of inflating; zip does the same without gzip's header and trailer.
pub(in crate::capture) fn inflate_step(
    inflate: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> (usize, usize, Result<bool, String>) {
    let before = (inflate.total_in(), inflate.total_out());
    let result = inflate.decompress(input, output, FlushDecompress::None);
    let used = advance(before.0, inflate.total_in());
    let made = advance(before.1, inflate.total_out());
    let ended = match result {
        Ok(Status::StreamEnd) => Ok(true),
        Ok(Status::Ok | Status::BufError) => Ok(false),
        Err(error) => Err(error.message().unwrap_or("invalid deflate data").to_owned()),
    };
    (used, made, ended)
}

fn inflate(inflate: &mut Decompress, input: &[u8], output: &mut [u8]) -> Step {
    let (used, made, ended) = inflate_step(inflate, input, output);
    let state = match ended {
        Ok(true) => State::Ended,
        Ok(false) => State::Going,
        Err(reason) => State::Damaged(reason),
    };
    Step { used, made, state }
}

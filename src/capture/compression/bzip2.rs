//! bzip2. It takes 4 MiB at most: the block size is 900 kB.

use bzip2::{Decompress, Status};

use super::{Decode, State, Step, advance};

/// The block size is a digit, and a block (or, without any, the end) follows with its own magic.
pub(super) fn begins(start: &[u8]) -> bool {
    const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]; // π
    const END: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]; // √π
    match start {
        [b'B', b'Z', b'h', b'1'..=b'9', magic @ ..] => {
            // Of a file that is cut inside the magic what is there must fit.
            [BLOCK, END].iter().any(|known| magic.iter().zip(known).all(|(a, b)| a == b))
        }
        _ => false,
    }
}

pub(super) fn decoder() -> Result<Box<dyn Decode>, String> {
    const SMALL: bool = false; // the slow algorithm that saves 2 MiB
    Ok(Box::new(Bzip2(Decompress::new(SMALL))))
}

struct Bzip2(Decompress);

impl Decode for Bzip2 {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.decompress(input, output);
        let used = advance(before.0, self.0.total_in());
        let made = advance(before.1, self.0.total_out());
        let state = match result {
            Ok(Status::StreamEnd) => State::Ended,
            Ok(_) => State::Going,
            Err(error) => State::Damaged(error.to_string()),
        };
        Step { used, made, state }
    }
}

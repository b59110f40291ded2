//! xz (The .xz File Format).

use liblzma::stream::{Action, Error, Status, Stream};

use super::{Decode, MOST_MEMORY, State, Step, advance};

pub(super) fn begins(start: &[u8]) -> bool {
    start.starts_with(b"\xfd7zXZ\0")
}

pub(super) fn decoder() -> Result<Box<dyn Decode>, String> {
    const NO_FLAGS: u32 = 0; // streams behind each other are the caller's
    match Stream::new_stream_decoder(MOST_MEMORY, NO_FLAGS) {
        Ok(stream) => Ok(Box::new(Xz(stream))),
        Err(error) => Err(error.to_string()),
    }
}

struct Xz(Stream);

impl Decode for Xz {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.process(input, output, Action::Run);
        let used = advance(before.0, self.0.total_in());
        let made = advance(before.1, self.0.total_out());
        let state = match result {
            Ok(Status::StreamEnd) => State::Ended,
            Ok(_) => State::Going,
            Err(Error::MemLimit) => State::Refused(format!(
                "it needs more than {} MiB of memory; unpack it first: xz -dc FILE | wsblame -",
                MOST_MEMORY >> 20
            )),
            Err(error) => State::Damaged(error.to_string()),
        };
        Step { used, made, state }
    }
}

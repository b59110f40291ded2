//! zstd (RFC 8878).

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::{Decode, MOST_MEMORY, MOST_MEMORY_LOG, State, Step};

pub(super) fn begins(start: &[u8]) -> bool {
    start.starts_with(b"\x28\xb5\x2f\xfd")
}

pub(super) fn decoder() -> Result<Box<dyn Decode>, String> {
    let mut decoder = Decoder::new().map_err(|error| error.to_string())?;
    let limit = DParameter::WindowLogMax(MOST_MEMORY_LOG);
    decoder.set_parameter(limit).map_err(|error| error.to_string())?;
    Ok(Box::new(Zstd(decoder)))
}

struct Zstd(Decoder<'static>);

impl Decode for Zstd {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around(output);
        let state = match self.0.run(&mut input, &mut output) {
            Ok(0) => State::Ended,
            Ok(_) => State::Going,
            Err(error) => why(&error.to_string()),
        };
        Step { used: input.pos(), made: output.pos(), state }
    }
}

/// zstd tells its errors apart by text alone.
fn why(text: &str) -> State {
    if text.contains("too much memory") {
        let limit = MOST_MEMORY >> 20;
        return State::Refused(format!(
            "its window is larger than {limit} MiB; unpack it first: zstd -dc --long=31 FILE | \
             wsblame -"
        ));
    }
    if text.contains("Dictionary") {
        let advice =
            "it needs a dictionary; unpack it first: zstd -dc -D DICTIONARY FILE | wsblame -";
        return State::Refused(advice.to_owned());
    }
    State::Damaged(text.to_owned())
}

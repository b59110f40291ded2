//! The parameters of permessage-deflate (RFC 7692 §7.1).
//!
//! In: an element of `Sec-WebSocket-Extensions`. Out: its [`Parameters`], or the first of them that
//! an endpoint has to refuse. Whether an answer fits an offer is for the rules to say.

use super::Extension;
use crate::endpoint::PerSide;
use crate::ws::Compressor;

/// The name of the extension (RFC 7692 §7).
pub const DEFLATE: &str = "permessage-deflate";

/// The names of its parameters.
const NAMES: [&str; 4] = [
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
];

/// What an offer or an answer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// `server_no_context_takeover`, `client_no_context_takeover` (§7.1.1).
    pub no_context_takeover: PerSide<bool>,
    /// `server_max_window_bits`, `client_max_window_bits` (§7.1.2).
    pub max_window_bits: PerSide<Option<WindowBits>>,
}

/// The value of `…_max_window_bits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowBits {
    /// 8 to 15.
    Bits(u8),
    /// None: only the client may write its own parameter so, to say that it understands it
    /// (§7.1.2.2).
    Unsaid,
}

impl WindowBits {
    /// The number of bits, where one is given.
    pub fn bits(self) -> Option<u8> {
        match self {
            WindowBits::Bits(bits) => Some(bits),
            WindowBits::Unsaid => None,
        }
    }
}

/// Who wrote the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The client, in its request.
    InOffer,
    /// The server, in its response.
    InAnswer,
}

/// A parameter that makes an endpoint refuse the extension (RFC 7692 §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFault {
    /// Its name, as it came from the wire.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// What is wrong with it.
    pub kind: ParameterFaultKind,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFaultKind {
    /// The extension does not define it.
    Unknown,
    /// It stands there twice.
    Repeated,
    /// It takes no value and has one.
    HasValue,
    /// It takes a value and has none.
    LacksValue,
    /// Its value is no number from 8 to 15 without leading zeros.
    Value,
}

impl ParameterFault {
    /// Whether its name is that of a parameter, but for upper and lower case.
    pub fn is_known_in_another_case(&self) -> bool {
        let is_it = |known: &&str| self.name.eq_ignore_ascii_case(known);
        self.kind == ParameterFaultKind::Unknown && NAMES.iter().any(is_it)
    }
}

impl ParameterFaultKind {
    /// In words that follow the parameter.
    pub fn text(self) -> &'static str {
        match self {
            ParameterFaultKind::Unknown => "which the extension does not define",
            ParameterFaultKind::Repeated => "for the second time",
            ParameterFaultKind::HasValue => "which takes no value",
            ParameterFaultKind::LacksValue => "without the value that it needs",
            ParameterFaultKind::Value => "whose value is no number from 8 to 15",
        }
    }
}

impl Parameters {
    /// What `extension`, a permessage-deflate, says.
    pub fn of(extension: &Extension, written: Written) -> Result<Parameters, ParameterFault> {
        let mut read = Parameters::default();
        for (name, value) in &extension.parameters {
            let value = value.as_deref();
            let fault =
                |kind| ParameterFault { name: name.clone(), value: value.map(str::to_owned), kind };
            let parameters = &mut read;
            let result = match name.as_str() {
                "server_no_context_takeover" => {
                    flag(value, &mut parameters.no_context_takeover.server)
                }
                "client_no_context_takeover" => {
                    flag(value, &mut parameters.no_context_takeover.client)
                }
                "server_max_window_bits" => {
                    bits(value, false, &mut parameters.max_window_bits.server)
                }
                "client_max_window_bits" => {
                    let may_be_unsaid = written == Written::InOffer;
                    bits(value, may_be_unsaid, &mut parameters.max_window_bits.client)
                }
                _ => Err(ParameterFaultKind::Unknown),
            };
            result.map_err(fault)?;
        }
        Ok(read)
    }

    /// To what an answer binds each side's compressor.
    pub fn compressors(&self) -> PerSide<Compressor> {
        PerSide::from_fn(|side| Compressor {
            window_bits: self.max_window_bits[side]
                .and_then(WindowBits::bits)
                .unwrap_or(Compressor::MAX_WINDOW_BITS),
            context_takeover: !self.no_context_takeover[side],
        })
    }
}

fn flag(value: Option<&str>, seen: &mut bool) -> Result<(), ParameterFaultKind> {
    match (value, std::mem::replace(seen, true)) {
        (Some(_), _) => Err(ParameterFaultKind::HasValue),
        (None, true) => Err(ParameterFaultKind::Repeated),
        (None, false) => Ok(()),
    }
}

fn bits(
    value: Option<&str>,
    may_be_unsaid: bool,
    seen: &mut Option<WindowBits>,
) -> Result<(), ParameterFaultKind> {
    let bits = match value {
        None if may_be_unsaid => WindowBits::Unsaid,
        None => return Err(ParameterFaultKind::LacksValue),
        Some(value) if value.starts_with(['0', '+']) => return Err(ParameterFaultKind::Value),
        Some(value) => match value.parse() {
            Ok(bits @ 8..=15) => WindowBits::Bits(bits),
            _ => return Err(ParameterFaultKind::Value),
        },
    };
    match seen.replace(bits) {
        Some(_) => Err(ParameterFaultKind::Repeated),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Side;

    fn read(text: &str, written: Written) -> Result<Parameters, ParameterFaultKind> {
        let parameter = |part: &str| match part.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (part.to_owned(), None),
        };
        let parameters = text.split_terminator("; ").map(parameter).collect();
        let extension = Extension { name: DEFLATE.to_owned(), parameters };
        Parameters::of(&extension, written).map_err(|fault| fault.kind)
    }

    #[test]
    fn an_answer_binds_each_side_apart() {
        let answer = "server_no_context_takeover; client_max_window_bits=9";
        let bound = read(answer, Written::InAnswer).expect("no fault").compressors();
        let server = Compressor { window_bits: 15, context_takeover: false };
        assert_eq!(bound[Side::Server], server);
        assert_eq!(bound[Side::Client], Compressor { window_bits: 9, context_takeover: true });
    }

    #[test]
    fn only_an_offer_leaves_the_clients_window_unsaid() {
        let unsaid = "client_max_window_bits";
        assert!(read(unsaid, Written::InOffer).is_ok());
        assert_eq!(read(unsaid, Written::InAnswer), Err(ParameterFaultKind::LacksValue));
        let servers = "server_max_window_bits";
        assert_eq!(read(servers, Written::InOffer), Err(ParameterFaultKind::LacksValue));
    }

    #[test]
    fn what_an_endpoint_has_to_refuse_is_named() {
        let fault = |text| read(text, Written::InAnswer).expect_err("a fault");
        assert_eq!(fault("mux"), ParameterFaultKind::Unknown);
        assert_eq!(fault("server_no_context_takeover=1"), ParameterFaultKind::HasValue);
        let twice = "client_no_context_takeover; client_no_context_takeover";
        assert_eq!(fault(twice), ParameterFaultKind::Repeated);
        for value in ["7", "16", "08", "+9", "9 ", "", "255"] {
            let text = format!("server_max_window_bits={value}");
            assert_eq!(read(&text, Written::InAnswer), Err(ParameterFaultKind::Value), "{value}");
        }
    }
}

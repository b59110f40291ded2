//! The report as JSON, for machines.
//!
//! In: a report. Out: the model as it stands, either as one document or as one line for each
//! capture and connection. Strings are the captured ones; characters that would act on a terminal
//! are written as `\uXXXX`, which a reader of JSON does not notice.

use std::io::{self, Write};

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{CaptureReport, ConnectionReport, Filtered, Report, Style, Tool, escape};

/// One line of the `ndjson` format: first the connections, each as soon as its report is final, then
/// the captures, and at the end one `report`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// What made the report, and how much it leaves out.
    Report {
        /// `wsblame-report/1`.
        schema: &'a str,
        /// What made the report.
        tool: &'a Tool,
        /// What was left out because it was not asked for; null when nothing was.
        filtered: Option<Filtered>,
    },
    /// One capture.
    Capture {
        /// By which connections refer to it.
        index: usize,
        /// The capture.
        #[serde(flatten)]
        capture: &'a CaptureReport,
    },
    /// One WebSocket connection.
    Connection {
        /// Path of its capture, so that the line can be understood alone.
        file: &'a str,
        /// The connection.
        #[serde(flatten)]
        connection: &'a ConnectionReport,
    },
}

/// The JSON Schema of [`Report`].
pub fn schema() -> Schema {
    schema_for!(Report)
}

/// The JSON Schema of one [`Line`].
pub fn line_schema() -> Schema {
    schema_for!(Line<'static>)
}

/// One document, indented.
pub(super) fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    print(report, out)
}

/// One line each.
pub(super) fn write_lines(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Report { schema, tool, captures, connections, filtered } = report;
    for connection in connections {
        let file = captures.get(connection.capture).map_or("", |capture| capture.file.as_str());
        write_connection(file, connection, out)?;
    }
    for (index, capture) in captures.iter().enumerate() {
        line(&Line::Capture { index, capture }, out)?;
    }
    line(&Line::Report { schema, tool, filtered: *filtered }, out)
}

/// The line of one connection of the capture `file`.
pub(super) fn write_connection(
    file: &str,
    connection: &ConnectionReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&Line::Connection { file, connection }, out)
}

/// Anything as indented JSON and a line feed, safe to look at.
pub(super) fn print(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let formatter = Guarded(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    writeln!(out)
}

fn line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    compact(line, out)
}

/// Anything as JSON in one line, safe to look at. The line is made first, and then looked through
/// and handed over at once: JSON is written in pieces of a few bytes, and to do this with each of
/// them took longer than to make them.
pub(super) fn compact(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let line = serde_json::to_string(value)?;
    out.write_all(escape::json(&line).as_bytes())?;
    out.write_all(b"\n")
}

/// A formatter that writes strings through [`escape::json`].
struct Guarded<F>(F);

impl<F: Formatter> Formatter for Guarded<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, s: &str) -> io::Result<()> {
        out.write_all(escape::json(s).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]
mod tests {
    use serde_json::Value;

    use super::super::fixture;
    use super::*;

    fn written(write: fn(&Report, &Style, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&fixture::hostile(), &Style::default(), &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    /// What `value` lacks or has too much of, by a schema of the kind that schemars makes.
    fn complaints(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |schema: &Value, value: &Value, at: &str| {
            found.extend(complaints(root, schema, value, at));
        };
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            check(&root["$defs"][name], value, at);
        }
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(part_value) = value.get(name) {
                check(part, part_value, &format!("{at}.{name}"));
            }
        }
        for item in value.as_array().into_iter().flatten() {
            if schema["items"].is_object() {
                check(&schema["items"], item, &format!("{at}[]"));
            }
        }
        for any in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[any].as_array()
                && choices.iter().all(|choice| !complaints(root, choice, value, at).is_empty())
            {
                found.push(format!("{at}: none of {any}"));
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}: {name} is missing"));
            }
        }
        let is = |name: &str| match name {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        let kinds = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
            found.push(format!("{at}: {value} is no {kinds:?}"));
        }
        let wanted = schema["enum"].as_array().map(|list| list.contains(value));
        let constant = schema.get("const").map(|constant| constant == value);
        if wanted == Some(false) || constant == Some(false) {
            found.push(format!("{at}: {value} is not foreseen"));
        }
        found
    }

    #[test]
    fn a_document_keeps_its_schema() {
        let document: Value = serde_json::from_str(&written(write)).expect("valid JSON");
        let schema = serde_json::to_value(schema()).expect("a schema is JSON");
        assert_eq!(complaints(&schema, &schema, &document, "$"), Vec::<String>::new());
        assert!(!complaints(&schema, &schema, &Value::Null, "$").is_empty());
    }

    #[test]
    fn every_line_keeps_its_schema_and_says_what_it_is() {
        let schema = serde_json::to_value(line_schema()).expect("a schema is JSON");
        let lines = written(write_lines);
        let mut kinds = Vec::new();
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).expect("a line is valid JSON");
            assert_eq!(complaints(&schema, &schema, &line, "$"), Vec::<String>::new());
            kinds.push(line["type"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(kinds, ["connection", "capture", "report"]);
    }

    #[test]
    fn hostile_strings_survive_without_acting() {
        for text in [written(write), written(write_lines)] {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            assert!(!text.contains('\u{202e}') && text.ends_with("}\n"));
        }
        let document: Value = serde_json::from_str(&written(write)).expect("valid JSON");
        assert_eq!(document["connections"][0]["close"]["server_sent"]["reason"], fixture::HOSTILE);
    }
}

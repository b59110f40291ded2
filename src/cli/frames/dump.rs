//! `--dump DIR`: each message in a file of its own.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::super::interrupt::Unfinished;
use super::named;
use wsblame::report::SideName;
use wsblame::report::frames::{Content, FrameRow, WholeMessage};

/// Where messages are written to.
pub(super) struct Dump {
    folder: PathBuf,
    /// Bytes that may still be written.
    left: u64,
    force: bool,
    unfinished: Unfinished,
    /// Messages that were left out for want of room.
    left_out: u64,
    /// Messages of which only the beginning was kept, though the capture has all.
    cut: u64,
    /// The first thing that went wrong; from then on nothing is written.
    failed: Option<String>,
}

impl Dump {
    /// The folder, if it is there, has to be empty unless told otherwise: nobody's files are to be
    /// replaced, and messages of two runs not to be mixed.
    pub(super) fn into(
        folder: &Path,
        limit: u64,
        force: bool,
        unfinished: Unfinished,
    ) -> Result<Dump, String> {
        let is_used = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(named(folder, &error)),
        };
        if is_used && !force {
            return Err(format!(
                "{}: is not empty; name another directory, or write into it with --force",
                folder.display()
            ));
        }
        let folder = folder.to_owned();
        let (left_out, cut, failed) = (0, 0, None);
        Ok(Dump { folder, left: limit, force, unfinished, left_out, cut, failed })
    }

    /// Makes the folder if need be, once there is something to read.
    pub(super) fn make_folder(&self) -> Result<(), String> {
        fs::create_dir_all(&self.folder).map_err(|error| named(&self.folder, &error))
    }

    /// Writes the message that ends with this row, if one does.
    pub(super) fn take(&mut self, row: &FrameRow) {
        let Some(frame) = row.frame() else { return };
        let (Some(message), Some(content)) = (&frame.message, &frame.content) else { return };
        if self.failed.is_some() {
            return;
        }
        let size = content.bytes.len() as u64;
        if size > self.left {
            self.left = 0; // what comes later is left out too: the first so many, without a choice
            self.left_out += 1;
            return;
        }
        self.left -= size;
        if content.sound && size < content.len {
            self.cut += 1;
        }
        let path = self.folder.join(file_name(row, message, content));
        if let Err(error) = self.write(&path, &content.bytes) {
            self.failed = Some(named(&path, &error));
        }
    }

    /// What is to be said at the end: that not everything was written, or why not.
    pub(super) fn finish(self) -> Result<Vec<String>, String> {
        if let Some(what) = self.failed {
            return Err(what);
        }
        let folder = self.folder.display();
        let left_out = (self.left_out > 0).then(|| {
            format!("{folder}: messages left out because of --dump-limit: {}", self.left_out)
        });
        let cut = (self.cut > 0).then(|| {
            let why = "because they are too large, or too many were open at once";
            format!("{folder}: messages cut (.partial) {why}: {}", self.cut)
        });
        Ok(left_out.into_iter().chain(cut).collect())
    }

    /// Writes a file beside its place and moves it there, so that it is there whole or not at all.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if !self.force && path.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let beside = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = self.unfinished.create(&beside)?;
        let written = file.write_all(bytes).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside); // it is ours and half-written; nobody misses it
        }
        self.unfinished.forget(&beside);
        written
    }
}

/// `c3-17-client.txt`; nothing in it comes from the wire.
fn file_name(row: &FrameRow, message: &WholeMessage, content: &Content) -> String {
    let connection = match row.connection {
        Some(id) => format!("c{id}"),
        None => format!("stream{}", row.tcp_stream),
    };
    let side = match row.side {
        SideName::Client => "client",
        SideName::Server => "server",
    };
    let extension = if message.kind == "text" { "txt" } else { "bin" };
    let is_whole = content.sound && content.bytes.len() as u64 == content.len;
    let partial = if is_whole { "" } else { ".partial" };
    format!("{connection}-{}-{side}.{extension}{partial}", message.number)
}

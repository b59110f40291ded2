//! What is held of that which is bounded for all connections together.

/// By one connection, or by several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holdings {
    /// Bytes that wait for others before them, or for those of the other side.
    pub(super) waiting: usize,
    /// Bytes that are searched for frames.
    pub(super) searching: usize,
    /// Bytes of TLS, most of which wait for keys.
    pub(super) undecrypted: usize,
    /// Directions whose window is held to inflate messages.
    pub(super) windows: usize,
    /// Bytes of messages that wait for their rows.
    pub(super) content: usize,
}

impl Holdings {
    /// One connection held `before` and holds `after`.
    #[inline]
    pub(super) fn change(&mut self, before: Holdings, after: Holdings) {
        let change = |sum: &mut usize, before: usize, after: usize| {
            *sum = sum.saturating_add(after).saturating_sub(before);
        };
        change(&mut self.waiting, before.waiting, after.waiting);
        change(&mut self.searching, before.searching, after.searching);
        change(&mut self.undecrypted, before.undecrypted, after.undecrypted);
        change(&mut self.windows, before.windows, after.windows);
        change(&mut self.content, before.content, after.content);
    }
}

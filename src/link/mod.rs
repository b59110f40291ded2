//! Link types (skeleton).

//! What the examples with a command line read alike. No error shows what was given: it may be the
//! secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A setting as `NAME=VALUE`.
pub(crate) fn setting(text: &str) -> Result<(String, String), &'static str> {
    // What ends with `=` is base64, and perhaps the value.
    let parts = text
        .split_once('=')
        .filter(|(_, value)| !value.trim_start_matches('=').is_empty());
    let (name, value) = parts.ok_or("a setting is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A time of RFC 3339, or in Unix seconds.
pub(crate) fn time(text: &str) -> Result<SystemTime, &'static str> {
    let since = text.parse().map(Duration::from_secs).ok().or_else(|| {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        let seconds = time.timestamp().try_into().ok()?;
        Some(Duration::new(seconds, time.timestamp_subsec_nanos()))
    });
    let time = since.and_then(|since| UNIX_EPOCH.checked_add(since));
    time.ok_or("a time is like 2026-01-15T12:00:00Z or 1768478400, and not before 1970")
}

//! Parsers that the examples with a command line share. No error contains the value, because it may
//! be the secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Parses a setting, `NAME=VALUE`.
pub(crate) fn setting(text: &str) -> Result<(String, String), &'static str> {
    // A text that ends with `=` is probably base64, so a value without its name.
    let parts = text
        .split_once('=')
        .filter(|(_, value)| !value.trim_start_matches('=').is_empty());
    let (name, value) = parts.ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Parses a time in RFC 3339 or in Unix seconds.
pub(crate) fn time(text: &str) -> Result<SystemTime, &'static str> {
    let since = text.parse().map(Duration::from_secs).ok().or_else(|| {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        let seconds = time.timestamp().try_into().ok()?;
        Some(Duration::new(seconds, time.timestamp_subsec_nanos()))
    });
    let time = since.and_then(|since| UNIX_EPOCH.checked_add(since));
    time.ok_or("expected a time such as 2026-01-15T12:00:00Z or 1768478400, not before 1970")
}

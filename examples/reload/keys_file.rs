//! The file with the keys.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::DateTime;
use tokio::fs;
use tower_webhook::{Keys, Secret};

use super::BoxError;

/// The modification time and the length of a file. If they are the same, so is the file.
pub(crate) type Stamp = Option<(SystemTime, u64)>;

pub(crate) async fn stamp(file: &Path) -> Stamp {
    let file = fs::metadata(file).await.ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// Reads the keys. The first secret in the file is the current one.
pub(crate) async fn read(file: &Path) -> Result<Keys, BoxError> {
    let mut secrets = Vec::new();
    for (number, line) in (1..).zip(fs::read_to_string(file).await?.lines()) {
        if !line.trim().is_empty() && !line.starts_with('#') {
            secrets.push(secret(line).map_err(|error| format!("line {number}: {error}"))?);
        }
    }
    Ok(Keys::newest_first(secrets).ok_or("the file has no secret")?)
}

/// The secret in a line. No error contains a part of the line.
fn secret(line: &str) -> Result<Secret, BoxError> {
    let mut words = line.split_whitespace();
    let (Some(label), Some(secret), not_after, None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("a line has a label, a secret and optionally a time".into());
    };
    // Otherwise the text `Bad Gateway` of an error page would be a label and a secret.
    if !secret.starts_with("whsec_") {
        return Err("the second word is not a secret: it does not begin with `whsec_`".into());
    }
    let secret = Secret::new(secret)?.label(label);
    let Some(not_after) = not_after else {
        return Ok(secret);
    };
    let not_after = DateTime::parse_from_rfc3339(not_after)
        .map_err(|_| "the third word is not a time like 2026-12-01T00:00:00Z")?;
    let since = Duration::from_secs(not_after.timestamp().max(0).unsigned_abs());
    Ok(secret.not_after(UNIX_EPOCH + since))
}

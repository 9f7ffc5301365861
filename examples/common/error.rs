//! Error output that the examples share.

use std::{error::Error, fmt::Write as _};

/// Prints an error and its causes to stderr.
pub(crate) fn report(error: &(dyn Error + 'static)) {
    eprintln!("error: {}", chain(error));
}

/// Formats an error and its causes, separated by colons.
///
/// Some errors end with the text of their cause. Such a cause is not repeated.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}

use std::{error::Error, fmt::Write as _, sync::Arc};

/// The texts of an error and of its sources, in one line of a log.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> Arc<str> {
    const LONGEST: usize = 1000;

    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    let mut line = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line.into()
}

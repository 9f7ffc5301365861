//! Reads secrets from the environment and from files.

use std::{env, fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use super::{KeyError, KeyErrorKind, Secret};

/// No secret is as long; a wrong path may lead to something that never ends.
const MAX_BYTES: usize = 64 << 10;

impl Secret {
    /// A secret from an environment variable, in UTF-8.
    ///
    /// One newline at its end, `\n` or `\r\n`, is taken off, as `echo` leaves it in whatever the
    /// variable was made of, and nothing else is.
    ///
    /// ```
    /// use tower_webhook::Secret;
    ///
    /// let error = Secret::from_env("GITHUB_SECRET_OF_NOBODY").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "environment variable `GITHUB_SECRET_OF_NOBODY` is not set",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// If the variable is not set or not UTF-8, and as [`new`](Self::new) says. The error names the
    /// variable and never holds its value.
    ///
    /// # Security
    ///
    /// The environment keeps the value for as long as the process lives, and so do its children's.
    /// [`from_file`](Self::from_file) leaves nothing behind.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let which = |error: KeyError| error.of(format!("environment variable `{name}`"));
        let value = env::var_os(name).ok_or_else(|| which(KeyErrorKind::NotSet.into()))?;
        Self::line(Zeroizing::new(value.into_encoded_bytes())).map_err(which)
    }

    /// A secret from a file, in UTF-8: a mounted one, one that systemd passed on, one beside the
    /// program.
    ///
    /// One newline at its end, `\n` or `\r\n`, is taken off, as editors and `echo` leave it, and
    /// nothing else is. The file is read now, and at most 64 KiB of it.
    ///
    /// ```
    /// use tower_webhook::Secret;
    ///
    /// let error = Secret::from_file("/run/secrets/of-nobody").unwrap_err();
    /// let text = "file `/run/secrets/of-nobody` cannot be read: ";
    /// assert!(error.to_string().starts_with(text));
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is longer, or is not UTF-8, and as [`new`](Self::new) says. The
    /// error names the file and never holds what is in it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        read(path)
            .and_then(Self::line)
            .map_err(|error| error.of(format!("file `{}`", path.display())))
    }

    /// A text that may end in a newline.
    fn line(mut text: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let line = text
            .strip_suffix(b"\n")
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let len = line.map_or(text.len(), <[u8]>::len);
        text.truncate(len);
        let text = std::str::from_utf8(&text).map_err(|_| KeyErrorKind::NotUtf8)?;
        Self::new(text)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let unreadable = |error: std::io::Error| KeyErrorKind::Unreadable {
        error: error.kind(),
        message: error.to_string().into(),
    };
    let file = File::open(path).map_err(unreadable)?;
    // Of its full size at once: growing would leave copies behind that nothing wipes.
    let room = MAX_BYTES + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    file.take(room as u64)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() > MAX_BYTES {
        return Err(KeyErrorKind::TooLong { limit: MAX_BYTES }.into());
    }
    Ok(text)
}

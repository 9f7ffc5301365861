//! Reads secrets from the environment and from files.

use std::{env, fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use super::{KeyError, KeyErrorKind, Secret};

/// No secret is as long; a wrong path may lead to something that never ends.
const MAX_BYTES: usize = 64 << 10;

impl Secret {
    /// Reads a secret from an environment variable, in UTF-8.
    ///
    /// Removes one trailing newline (`\n` or `\r\n`), which `echo` adds. Nothing else is changed.
    ///
    /// ```
    /// use tower_webhook::Secret;
    ///
    /// let error = Secret::from_env("UNSET_GITHUB_SECRET").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "environment variable `UNSET_GITHUB_SECRET` is not set",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is not set or is not UTF-8, and in the cases of
    /// [`new`](Self::new). The error names the variable and never contains its value.
    ///
    /// # Security
    ///
    /// The value stays in the environment of the process and of its child processes.
    /// [`from_file`](Self::from_file) does not leave a copy.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let which = |error: KeyError| error.of(format!("environment variable `{name}`"));
        let value = env::var_os(name).ok_or_else(|| which(KeyErrorKind::NotSet.into()))?;
        Self::line(Zeroizing::new(value.into_encoded_bytes())).map_err(which)
    }

    /// Reads a secret from a file in UTF-8, such as a mounted secret or a systemd credential.
    ///
    /// Removes one trailing newline (`\n` or `\r\n`), which editors and `echo` add. Nothing else is
    /// changed. The file is read at once, and may have at most 64 KiB.
    ///
    /// ```
    /// use tower_webhook::Secret;
    ///
    /// let error = Secret::from_file("/run/secrets/missing").unwrap_err();
    /// let text = "file `/run/secrets/missing` cannot be read: ";
    /// assert!(error.to_string().starts_with(text));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is longer, or is not UTF-8, and in the cases of
    /// [`new`](Self::new). The error names the file and never contains its content.
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

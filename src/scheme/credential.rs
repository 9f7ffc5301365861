use std::fmt;

/// What deliveries are proven by, to be given as a [`Secret`](crate::Secret).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// The sender's public key.
    PublicKey,
    /// A secret that signs and is never sent.
    Secret,
    /// A secret that is sent as it is.
    Token,
    /// `user:password`, sent as they are.
    UserAndPassword,
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "public key",
            Self::Secret => "secret",
            Self::Token => "token",
            Self::UserAndPassword => "`user:password`",
        })
    }
}

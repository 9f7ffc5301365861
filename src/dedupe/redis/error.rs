use std::{error::Error, fmt, time::Duration};

/// The error of a [`RedisStore`](super::RedisStore) operation.
#[derive(Debug)]
pub struct RedisStoreError(Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Client(redis::RedisError),
    Timeout(Duration),
}

impl From<Kind> for RedisStoreError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Client(_) => f.write_str("redis failed"),
            Kind::Timeout(deadline) => {
                write!(
                    f,
                    "redis did not answer within {} s",
                    deadline.as_secs_f64()
                )
            }
        }
    }
}

impl Error for RedisStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Client(error) => Some(error),
            Kind::Timeout(_) => None,
        }
    }
}

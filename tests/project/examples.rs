//! The helpers that the examples share.

#[path = "../../examples/common/error.rs"]
mod error;
#[path = "../../examples/common/log_limit.rs"]
mod log_limit;

use std::{error::Error, fmt, io, time::Duration};

use tower_webhook::dedupe::RedisStore;

use self::{error::chain, log_limit::LogLimit};

#[derive(Debug)]
struct Layered(&'static str, Option<Box<dyn Error>>);

impl fmt::Display for Layered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Layered {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref()
    }
}

#[test]
fn chain_prints_every_cause_once() {
    let cause = io::Error::other("connection refused");
    let middle = Layered("tcp: connection refused", Some(cause.into()));
    let error = Layered("cannot connect", Some(middle.into()));
    assert_eq!(
        chain(&error),
        "cannot connect: tcp: connection refused",
        "the last cause is part of the one before"
    );
    assert_eq!(chain(&Layered("alone", None)), "alone");
    error::report(&error);
}

#[tokio::test]
async fn chain_of_a_redis_error_names_the_cause_without_credentials() {
    for (url, cause) in [
        ("redis://some-user:hunter2@127.0.0.1:1/", "refused"),
        ("redis://some-user:hunter2@127.0.0.1:port/", "URL"),
        (
            "redis://some-user:hunter2@127.0.0.1:1/not-a-number",
            "database",
        ),
        ("http://some-user:hunter2@127.0.0.1:1/", "URL"),
        ("unix:///nonexistent/hunter2", "No such file"),
    ] {
        let Err(error) = RedisStore::connect(url).await else {
            panic!("connected to {url}");
        };
        let text = chain(&error);
        assert!(text.contains(cause), "{url}: {text}");
        for part in ["hunter2", "some-user", "127.0.0.1"] {
            assert!(!text.contains(part), "{url}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn log_limit_allows_one_line_per_kind_and_minute() {
    let limit = LogLimit::default();
    assert_eq!(limit.check("a"), Some(0));
    for _ in 0..3 {
        assert_eq!(limit.check("a"), None);
    }
    assert_eq!(limit.check("b"), Some(0), "each kind has its own limit");

    tokio::time::advance(Duration::from_millis(59_999)).await;
    assert_eq!(limit.check("a"), None);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(limit.check("a"), Some(4));
    assert_eq!(limit.check("a"), None);

    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(limit.check("a"), Some(1));
    assert_eq!(limit.check("b"), Some(0));
}

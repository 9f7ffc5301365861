//! Log output of the examples.

use std::{env, io};

use tracing::Level;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Logs to stderr, from the level in `LOG`. Defaults to `info`.
///
/// `LOG=debug` logs each rejected delivery. Any client can cause rejections, so production servers
/// use `info`.
pub(crate) fn init() -> Result<(), String> {
    let level = env::var("LOG").unwrap_or_else(|_| "info".to_owned());
    let level: Level = level
        .parse()
        .map_err(|error| format!("LOG=`{level}`: {error}"))?;
    let targets = ["tower_webhook", "tower_http"].map(|target| (target, level));
    let targets = Targets::new()
        .with_default(Level::INFO)
        .with_targets(targets);
    let lines = fmt::layer().with_ansi(false).with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .init();
    Ok(())
}

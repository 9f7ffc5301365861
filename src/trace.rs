//! `tracing`'s macros under one target, which do nothing when the feature is off.

#[cfg(feature = "tracing")]
macro_rules! debug {
    ($($event:tt)*) => { tracing::debug!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
macro_rules! info {
    ($($event:tt)*) => { tracing::info!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
macro_rules! warning {
    ($($event:tt)*) => { tracing::warn!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
pub(crate) use {debug, info, warning as warn};

#[cfg(not(feature = "tracing"))]
macro_rules! nothing {
    ($($field:ident = $(%)? $value:expr,)* $message:literal) => {{ $(let _ = &$value;)* }};
}
#[cfg(not(feature = "tracing"))]
pub(crate) use {nothing as debug, nothing as warn};

//! `tracing`'s macros, which do nothing when the feature is off.

#[cfg(feature = "tracing")]
pub(crate) use tracing::{debug, warn};

#[cfg(not(feature = "tracing"))]
macro_rules! nothing {
    ($($field:ident = $(%)? $value:expr,)* $message:literal) => {{ $(let _ = &$value;)* }};
}
#[cfg(not(feature = "tracing"))]
pub(crate) use {nothing as debug, nothing as warn};

//! Bodies: the verified one that goes in, and the one that comes out.

mod buffer;
mod response;
mod verified;

pub(crate) use self::buffer::Buffer;
pub use self::{response::ResponseBody, verified::VerifiedBody};

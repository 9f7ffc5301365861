//! Bodies: the verified one that goes in, the one that comes out, and the one that is sent.

mod buffer;
mod delivery;
mod response;
mod verified;

pub(crate) use self::buffer::Buffer;
pub use self::{delivery::DeliveryBody, response::ResponseBody, verified::VerifiedBody};

//! Sending again: whether ([`Judge`]), when ([`Schedule`]), and the policy that asks both.

mod judge;
mod policy;
mod schedule;

pub use self::{
    judge::{ByStatus, Failure, Judge, Verdict},
    policy::{DeliveryRetry, Outcome, Wait},
    schedule::{Backoff, Schedule},
};

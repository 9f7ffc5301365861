//! Sending again: whether ([`Classifier`]), when ([`BackoffSchedule`]), and the policy that asks
//! both.

mod classifier;
mod policy;
mod schedule;

pub use self::{
    classifier::{Classification, Classifier, SendFailure, StatusClassifier},
    policy::{DeliveryOutcome, DeliveryRetry, RetryDelay},
    schedule::{Backoff, BackoffSchedule},
};

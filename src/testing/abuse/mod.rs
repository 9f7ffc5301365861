mod answer;
mod body;
mod case;
mod fixture;
mod header;
mod report;
mod run;
mod signature;
mod signed;
mod suite;
mod tcp;
mod timestamp;
mod wire;

pub use self::{
    report::{AbuseReport, CaseReport, CaseVerdict},
    suite::{AbuseSuite, abuse_suite},
};

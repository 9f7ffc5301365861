mod bench;
mod body;
mod case;
mod header;
mod report;
mod run;
mod signature;
mod signed;
mod timestamp;

pub use self::{
    report::{AbuseReport, CaseReport, CaseVerdict},
    run::{AbuseSuite, abuse_suite},
};

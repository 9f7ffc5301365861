use std::cell::Cell;

use super::trial::Trial;

/// What the verifications of one diagnosis may cost, in bytes.
pub(super) struct Work {
    limit: u64,
    done: Cell<u64>,
    is_cut_short: Cell<bool>,
}

/// What a verification costs beside the body: keys are set up, headers are read.
const BESIDE_BODY: usize = 1 << 10;

impl Work {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            done: Cell::new(0),
            is_cut_short: Cell::new(false),
        }
    }

    /// Whether one more may be done, which it then is. Once one may not, no other may.
    pub(super) fn admit(&self, trial: &Trial<'_>) -> bool {
        let done = self.done.get().saturating_add(cost(trial));
        if done > self.limit {
            self.is_cut_short.set(true);
        }
        if self.is_cut_short() {
            return false;
        }
        self.done.set(done);
        true
    }

    /// Counts one that is done in any case.
    pub(super) fn count(&self, trial: &Trial<'_>) {
        self.done.set(self.done.get().saturating_add(cost(trial)));
    }

    pub(super) fn done(&self) -> u64 {
        self.done.get()
    }

    pub(super) fn is_cut_short(&self) -> bool {
        self.is_cut_short.get()
    }
}

/// A MAC of the body for each secret and each text that the signature may be of.
fn cost(trial: &Trial<'_>) -> u64 {
    let len = trial.body.unwrap_or_default().len();
    let texts = trial.scheme().spec().messages().count();
    let macs = trial.secrets.len().max(1).saturating_mul(texts);
    len.saturating_add(BESIDE_BODY).saturating_mul(macs) as u64
}

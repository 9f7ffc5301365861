//! Protection against a timing side channel.

use std::hint::black_box;

/// Makes a rejection cost the same number of MACs, whichever tenant a request names.
///
/// # Threat
///
/// An endpoint with many tenants computes one MAC for each key of a tenant before it rejects a
/// request. An attacker who sends requests with an invalid signature for guessed tenants, and
/// measures the time until the response, could tell:
///
/// - tenants that do not exist, because there is no key to compute a MAC with, and
/// - tenants that rotate their secret, because they have more keys than others.
///
/// A key source therefore sets a minimum, and a rejected request computes the missing MACs with a
/// key that verifies nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimingEqualizer {
    min_macs: usize,
}

impl TimingEqualizer {
    pub(super) fn new(min_macs: usize) -> Self {
        Self { min_macs }
    }

    /// Computes the MACs that a rejection lacks. `computed` is the number of keys that were tried.
    ///
    /// `black_box` keeps the compiler from removing MACs whose results are not used.
    pub(super) fn equalize<T>(self, computed: usize, mut mac: impl FnMut() -> T) {
        for _ in computed..self.min_macs {
            black_box(mac());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TimingEqualizer;

    #[test]
    fn computes_the_missing_macs_only() {
        for (min, computed, expected) in [(0, 0, 0), (0, 1, 0), (2, 0, 2), (2, 1, 1), (4, 9, 0)] {
            let mut macs = 0;
            TimingEqualizer::new(min).equalize(computed, || macs += 1);
            assert_eq!(macs, expected, "{computed} of {min}");
        }
    }
}

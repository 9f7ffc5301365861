use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, binary_heap::PeekMut, hash_map::Entry},
    time::Duration,
};

use crate::dedupe::{DedupeKey, Owner};

/// A moment, in nanoseconds after the store was made.
pub(super) type Moment = u64;

/// Until when something holds that was released: no moment is before it.
pub(super) const RELEASED: Moment = 0;

/// How many released keys stay for a while, whatever else there is.
const FEW: usize = 64;

#[derive(Default)]
pub(super) struct Shard {
    known: HashMap<DedupeKey, Known>,
    /// When to look at which key. Each that is known is in it once, at the end of its first lease; it is put
    /// back then if it holds for longer.
    due: BinaryHeap<Reverse<(Moment, DedupeKey)>>,
    /// How many of the known were released. They stay until they are due, because nothing finds them in
    /// `due` before.
    released: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Known {
    /// `None` where it was completed.
    pub(super) owner: Option<Owner>,
    pub(super) until: Moment,
}

impl Shard {
    /// What is known of a key, whether it is over or not.
    pub(super) fn get(&self, key: DedupeKey) -> Option<Known> {
        self.known.get(&key).copied()
    }

    /// Notes what is known of a key; `false` if there is no room for it.
    pub(super) fn set(
        &mut self,
        key: DedupeKey,
        known: Known,
        reserve: impl FnOnce() -> bool,
    ) -> bool {
        match self.known.entry(key) {
            Entry::Occupied(mut entry) => {
                if entry.get().until == RELEASED {
                    if !reserve() {
                        return false;
                    }
                    self.released -= 1;
                }
                entry.insert(known);
            }
            Entry::Vacant(entry) => {
                if !reserve() {
                    return false;
                }
                entry.insert(known);
                self.due.push(Reverse((known.until, key)));
            }
        }
        true
    }

    /// Whether it was this owner's to release.
    pub(super) fn release(&mut self, key: DedupeKey, owner: Owner) -> bool {
        let Some(known) = self.known.get_mut(&key) else {
            return false;
        };
        if known.owner != Some(owner) || known.until == RELEASED {
            return false;
        }
        known.until = RELEASED;
        self.released += 1;
        if self.released > self.known.len() / 2 + FEW {
            self.known.retain(|_, known| known.until != RELEASED);
            let due = self.known.iter();
            self.due = due
                .map(|(key, known)| Reverse((known.until, *key)))
                .collect();
            self.released = 0;
        }
        true
    }

    /// Forgets what is over, of at most so many keys.
    pub(super) fn tidy(&mut self, now: Moment, most: usize) -> Tidied {
        let mut gone = 0;
        for _ in 0..most {
            let Some(mut due) = self.due.peek_mut() else {
                return Tidied { gone, is_all: true };
            };
            let Reverse((moment, key)) = *due;
            if moment > now {
                return Tidied { gone, is_all: true };
            }
            let until = self.known.get(&key).map_or(RELEASED, |known| known.until);
            if until > now {
                *due = Reverse((until, key));
                continue;
            }
            PeekMut::pop(due);
            self.known.remove(&key);
            if until == RELEASED {
                self.released -= 1;
            } else {
                gone += 1;
            }
        }
        Tidied {
            gone,
            is_all: false,
        }
    }
}

pub(super) struct Tidied {
    /// How many places that makes.
    pub(super) gone: usize,
    /// Whether nothing that is over is left.
    pub(super) is_all: bool,
}

impl Known {
    pub(super) fn claimed(owner: Owner, now: Moment, lease: Duration) -> Self {
        Self {
            owner: Some(owner),
            until: now.saturating_add(nanos(lease)),
        }
    }

    pub(super) fn completed(now: Moment, retention: Duration) -> Self {
        Self {
            owner: None,
            until: now.saturating_add(nanos(retention)),
        }
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

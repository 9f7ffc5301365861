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

/// How much of no use stays for a while, whatever else there is.
const FEW: usize = 64;

#[derive(Default)]
pub(super) struct Shard {
    known: HashMap<DedupeKey, Place>,
    /// When to look at which key: never later than it is over. It is put back then if it holds for longer. What
    /// is here at another moment than the key's own is of no use any more.
    due: BinaryHeap<Reverse<(Moment, DedupeKey)>>,
    /// How many of the known were released. They stay until they are due, because nothing finds them in
    /// `due` before.
    released: usize,
}

struct Place {
    known: Known,
    /// Where it is in [`Shard::due`].
    due: Moment,
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
        self.known.get(&key).map(|place| place.known)
    }

    /// Notes what is known of a key; `false` if there is no room for it.
    pub(super) fn set(
        &mut self,
        key: DedupeKey,
        known: Known,
        reserve: impl FnOnce() -> bool,
    ) -> bool {
        let due = known.until;
        match self.known.entry(key) {
            Entry::Occupied(mut entry) => {
                let place = entry.get_mut();
                if place.known.until == RELEASED {
                    if !reserve() {
                        return false;
                    }
                    self.released -= 1;
                }
                place.known = known;
                if due >= place.due {
                    return true;
                }
                place.due = due;
            }
            Entry::Vacant(entry) => {
                if !reserve() {
                    return false;
                }
                entry.insert(Place { known, due });
            }
        }
        self.due.push(Reverse((due, key)));
        self.keep_small();
        true
    }

    /// Whether it was this owner's to release.
    pub(super) fn release(&mut self, key: DedupeKey, owner: Owner) -> bool {
        let known = self.known.get_mut(&key).map(|place| &mut place.known);
        let Some(known) = known.filter(|it| it.owner == Some(owner) && it.until != RELEASED) else {
            return false;
        };
        known.until = RELEASED;
        self.released += 1;
        self.keep_small();
        true
    }

    /// Makes anew what would be mostly of no use.
    fn keep_small(&mut self) {
        let kept = self.known.len() - self.released;
        if self.due.len() <= 2 * kept + FEW {
            return;
        }
        self.known.retain(|_, place| place.known.until != RELEASED);
        self.released = 0;
        let known = self.known.iter_mut();
        self.due = known
            .map(|(key, place)| {
                place.due = place.known.until;
                Reverse((place.due, *key))
            })
            .collect();
    }

    /// Forgets what is over, of at most so many keys.
    pub(super) fn tidy(&mut self, now: Moment, most: usize) -> Tidied {
        let mut gone = 0;
        for _ in 0..most {
            let Some(mut next) = self.due.peek_mut() else {
                return Tidied { gone, is_all: true };
            };
            let Reverse((due, key)) = *next;
            if due > now {
                return Tidied { gone, is_all: true };
            }
            let place = self.known.get_mut(&key);
            let Some(place) = place.filter(|place| place.due == due) else {
                PeekMut::pop(next);
                continue;
            };
            let until = place.known.until;
            if until > now {
                place.due = until;
                *next = Reverse((until, key));
                continue;
            }
            PeekMut::pop(next);
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

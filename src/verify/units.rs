use super::facts::Found;
use crate::mac::Print;

/// What was found in each unit of a body that is looked into, and what tells it from others once a key has
/// proven it.
pub(super) struct Units<'f>(Vec<(&'f Found, Option<Print>)>);

/// Of each unit whether a key proves it, and what tells it from others under that key.
pub(super) struct Tried(Vec<(bool, Print)>);

impl<'f> Units<'f> {
    pub(super) fn of(found: &'f [Found]) -> Self {
        Self(found.iter().map(|found| (found, None)).collect())
    }

    /// Tries a key on those that no other has proven.
    pub(super) fn by(&self, mut signs: impl FnMut(&Found, &mut Print) -> bool) -> Tried {
        let tried = self.0.iter().map(|(found, proven)| {
            let mut print = Print::default();
            let holds = proven.is_none() && signs(found, &mut print);
            (holds, print)
        });
        Tried(tried.collect())
    }

    /// Notes what a key has proven; what tells all of them from others, if they are all proven.
    pub(super) fn prove(&mut self, tried: Tried) -> Option<Print> {
        for ((_, proven), (holds, print)) in self.0.iter_mut().zip(tried.0) {
            *proven = proven.or(holds.then_some(print));
        }
        let prints: Option<Vec<_>> = self.0.iter().map(|(_, proven)| *proven).collect();
        prints.map(Print::joined)
    }
}

impl Tried {
    pub(super) fn holds_any(&self) -> bool {
        self.0.iter().any(|(holds, _)| *holds)
    }

    /// What tells all of them from others under this key, if none was proven before.
    pub(super) fn print(&self) -> Print {
        Print::joined(self.0.iter().map(|(_, print)| *print))
    }
}

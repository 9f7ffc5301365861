use crate::place::Place;

/// A part of the signed text that is found or computed once the body is there as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Derived {}

impl Derived {
    pub(super) fn parse(_token: &str) -> Option<Self> {
        None
    }

    pub(super) fn of(_place: &Place) -> Option<Self> {
        None
    }

    pub(super) fn covers_body(&self) -> bool {
        match *self {}
    }

    pub(super) fn needs_url(&self) -> bool {
        match *self {}
    }

    pub(crate) fn name(&self) -> String {
        match *self {}
    }
}

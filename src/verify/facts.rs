use super::{candidates::Candidates, claims::Claims};
use crate::{
    rejection::RejectionKind,
    scheme::{Spec, Template, UnixTime},
};

/// What is needed of a head once the body is there.
pub(super) struct Facts {}

/// What was found in a body.
#[derive(Default)]
pub(super) struct Found {
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<String>,
    /// What fills the gaps of each signed text, but for the body itself.
    derived: Vec<Vec<Vec<u8>>>,
}

impl Facts {
    pub(super) fn of(_spec: &Spec, _claims: &Claims<'_>) -> Result<Self, RejectionKind> {
        Ok(Self {})
    }

    /// What fills the gaps of a text, but for the body itself.
    pub(super) fn derive(
        &self,
        _message: &Template,
        _body: &[u8],
    ) -> Result<Vec<Vec<u8>>, RejectionKind> {
        Ok(Vec::new())
    }

    pub(super) fn look_into(
        &self,
        _body: &[u8],
        _spec: &Spec,
        _candidates: &mut Candidates,
    ) -> Result<Found, RejectionKind> {
        Ok(Found::default())
    }
}

impl Found {
    /// What fills the gaps of the text at this place, in order.
    pub(super) fn derived(&self, at: usize) -> impl Iterator<Item = &[u8]> {
        self.derived
            .get(at)
            .into_iter()
            .flatten()
            .map(Vec::as_slice)
    }
}

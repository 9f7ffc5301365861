//! Reading of fuzz input, and its inverse, which writes seeds.

use arbitrary::Unstructured;

/// Structured input that is read from front to back, so that an [`InputWriter`] can write seeds.
///
/// Input that ends early continues with zeros.
pub struct Input<'d>(Unstructured<'d>);

impl<'d> Input<'d> {
    #[must_use]
    pub fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or_default()
    }

    pub fn word(&mut self) -> u16 {
        self.0.arbitrary().unwrap_or_default()
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number below `count`, or 0 if there is none.
    pub fn pick(&mut self, count: usize) -> usize {
        let number = usize::from(if count <= 256 {
            u16::from(self.byte())
        } else {
            self.word()
        });
        number.checked_rem(count).unwrap_or_default()
    }

    /// A position from 0 to `len`, inclusive.
    pub fn position(&mut self, len: usize) -> usize {
        usize::from(self.word()) % (len + 1)
    }

    /// Up to 255 bytes.
    pub fn bytes(&mut self) -> &'d [u8] {
        let len = usize::from(self.byte());
        self.take(len)
    }

    /// Up to 64 KiB.
    pub fn long(&mut self) -> &'d [u8] {
        let len = usize::from(self.word());
        self.take(len)
    }

    pub fn text(&mut self) -> Option<&'d str> {
        std::str::from_utf8(self.bytes()).ok()
    }

    pub fn rest(&mut self) -> &'d [u8] {
        self.take(usize::MAX)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, len: usize) -> &'d [u8] {
        self.0.bytes(len.min(self.0.len())).unwrap_or_default()
    }
}

/// Writes what [`Input`] reads.
#[derive(Clone, Default)]
pub struct InputWriter(Vec<u8>);

impl InputWriter {
    #[must_use]
    pub fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    #[must_use]
    pub fn word(mut self, word: u16) -> Self {
        self.0.extend(word.to_le_bytes());
        self
    }

    /// Writes a number that [`Input::pick`] reads as `number`.
    ///
    /// # Panics
    ///
    /// Panics if the number needs more than two bytes.
    #[must_use]
    pub fn pick(self, number: usize, count: usize) -> Self {
        let number = u16::try_from(number).expect("a small number");
        if count <= 256 {
            self.byte(number.to_le_bytes()[0])
        } else {
            self.word(number)
        }
    }

    /// # Panics
    ///
    /// Panics if there are more than 255 bytes.
    #[must_use]
    pub fn bytes(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.byte(bytes.len().try_into().expect("few bytes"))
            .rest(bytes)
    }

    /// # Panics
    ///
    /// Panics if there are more than 65 535 bytes.
    #[must_use]
    pub fn long(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.word(bytes.len().try_into().expect("a short body"))
            .rest(bytes)
    }

    #[must_use]
    pub fn rest(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(bytes.as_ref());
        self
    }

    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

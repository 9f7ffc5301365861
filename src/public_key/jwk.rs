//! Keys in JSON Web Keys.

use serde_json::{Map, Value};

use super::{
    KeyKind,
    form::{Material, RsaMaterial},
};
use crate::encoding::Encoding;

/// The key in `text` if it says that it is for `kind`, as far as it says: its type and curve
/// must fit; its `alg`, `use` and `key_ops`, if there.
///
/// A private key is rejected, because an operator who configured one has leaked it.
pub(super) fn read(kind: KeyKind, text: &[u8]) -> Option<Material> {
    let jwk: Map<String, Value> = serde_json::from_slice(text).ok()?;
    let is_for_signatures = jwk.get("use").is_none_or(|it| it == "sig");
    let may_verify = jwk.get("key_ops").is_none_or(|it| {
        let operations = it.as_array();
        operations.is_some_and(|it| it.iter().any(|it| it == "verify"))
    });
    if jwk.contains_key("d") || !is_for_signatures || !may_verify {
        return None;
    }
    let fits = |kty: &str, algs: &[&str]| {
        let alg_fits = |it: &Value| it.as_str().is_some_and(|it| algs.contains(&it));
        (jwk.get("kty")? == kty && jwk.get("alg").is_none_or(alg_fits)).then_some(())
    };
    match kind {
        KeyKind::EcdsaP256Der | KeyKind::EcdsaP256Raw => {
            fits("EC", &["ES256"])?;
            point(&jwk, "P-256", 32)
        }
        KeyKind::EcdsaP521Raw => {
            fits("EC", &["ES512"])?;
            point(&jwk, "P-521", 66)
        }
        KeyKind::Ed25519 => {
            // RFC 8037, section 3.1, and RFC 9864, section 2.2.
            fits("OKP", &["EdDSA", "Ed25519"])?;
            (jwk.get("crv")? == "Ed25519").then_some(())?;
            bytes(&jwk, "x").map(Material::Raw)
        }
        // No JOSE signature uses SHA-1; RFC 8812, section 2, names it for others.
        KeyKind::RsaSha1 => numbers(&jwk, fits("RSA", &["RS1"])),
        KeyKind::RsaSha256 => numbers(&jwk, fits("RSA", &["RS256"])),
        KeyKind::RsaSha512 => numbers(&jwk, fits("RSA", &["RS512"])),
    }
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    let text = jwk.get(name)?.as_str()?.as_bytes();
    let mut room = vec![0; text.len()];
    Some(Encoding::Base64Url.decode(text, &mut room)?.to_vec())
}

/// The point as SEC 1 writes it in full, from coordinates that [RFC 7518, section 6.2.1.2] wants
/// at full length and some write without their leading zeros.
///
/// [RFC 7518, section 6.2.1.2]: https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1.2
fn point(jwk: &Map<String, Value>, curve: &str, len: usize) -> Option<Material> {
    (jwk.get("crv")? == curve).then_some(())?;
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = bytes(jwk, name)?;
        let missing = len.checked_sub(coordinate.len())?;
        point.resize(point.len() + missing, 0);
        point.extend(coordinate);
    }
    Some(Material::Raw(point))
}

fn numbers(jwk: &Map<String, Value>, fits: Option<()>) -> Option<Material> {
    fits?;
    Some(Material::Rsa(RsaMaterial::Numbers {
        n: bytes(jwk, "n")?,
        e: bytes(jwk, "e")?,
    }))
}

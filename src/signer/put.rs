//! Writing where schemes have something.

use bytes::Bytes;
use http::{HeaderValue, Request, header::CONTENT_LENGTH};
#[cfg(feature = "form")]
use http::{Uri, uri::PathAndQuery};

use super::SignError;
#[cfg(feature = "form")]
use crate::payload::form;
#[cfg(feature = "json")]
use crate::payload::json;
use crate::{payload::Facts, place::Place, scheme::Derived};

/// Puts a value where a scheme has it, in the place of any that is there.
pub(super) fn put(
    request: &mut Request<Bytes>,
    place: &Place,
    value: &[u8],
) -> Result<(), SignError> {
    let does_not_fit = || SignError::Place(place.clone());
    match place {
        Place::Header(name) => {
            let value = HeaderValue::from_bytes(value).map_err(|_| does_not_fit())?;
            request.headers_mut().insert(name, value);
        }
        // In the token, which is made last.
        Place::Claim(_) => {}
        #[cfg(feature = "form")]
        Place::Form(name) => {
            let body = form::set(request.body(), name, value);
            *request.body_mut() = body.into();
        }
        #[cfg(feature = "form")]
        Place::Query(name) => {
            let uri = request.uri();
            let query = form::set(uri.query().unwrap_or_default().as_bytes(), name, value);
            let target = [uri.path().as_bytes(), b"?", &query].concat();
            let target = PathAndQuery::try_from(target).map_err(|_| does_not_fit())?;
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = Some(target);
            *request.uri_mut() = Uri::from_parts(parts).map_err(|_| does_not_fit())?;
        }
        #[cfg(feature = "json")]
        Place::Json(path) => {
            let value = std::str::from_utf8(value).map_err(|_| does_not_fit())?;
            let body = json::set(request.body(), path, value)?;
            *request.body_mut() = body.into();
        }
        #[cfg(not(all(feature = "form", feature = "json")))]
        _ => return Err(does_not_fit()),
    }
    Ok(())
}

/// What is where a scheme has something, if it is text.
pub(super) fn get(request: &Request<Bytes>, place: &Place) -> Option<String> {
    if let Place::Header(name) = place {
        let value = request.headers().get(name)?;
        return Some(value.to_str().ok()?.to_owned());
    }
    let facts = Facts {
        method: request.method().as_str(),
        url: "",
        target: request.uri().path_and_query()?.as_str(),
        headers: request.headers(),
        token: None,
    };
    let found = Derived::of(place)?.find(&facts, request.body());
    String::from_utf8(found.ok()??).ok()
}

/// Keeps a header out of logs.
pub(super) fn hide(request: &mut Request<Bytes>, place: &Place) {
    if let Place::Header(name) = place {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
}

/// Has the head say how long the body is now, if it says so at all.
pub(super) fn correct_length(request: &mut Request<Bytes>) {
    let len = request.body().len();
    if let Some(value) = request.headers_mut().get_mut(CONTENT_LENGTH) {
        *value = len.into();
    }
}

//! The URL in the signed text: which one it is, and who has a say in it. The numbers are those of
//! `tests/README.md`.

#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, routing::post};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    PublicUrl, RequestHead, Scheme, VerifiedBody, Verifier, WebhookLayer,
    providers::Provider,
    public_url::{ForwardedHeaders, PublicUrlError, PublicUrlErrorKind},
    rejection::RejectionKind,
    scheme::SchemeBuilder,
};

use crate::support::{
    self, BODY, Delivery, Expect, Expect::Forwarded, Report, Rig, hex, invalid_request,
    invalid_signature, mac256, method_not_allowed, secret, send, with_any_method,
};

const AMBIGUOUS: Expect = invalid_request("AmbiguousMessage");
const CONFLICT: Expect = invalid_request("ConflictingHeader");
const MALFORMED: Expect = invalid_request("MalformedHeader");
const MISMATCH: Expect = invalid_signature("SignatureMismatch");
const MISSING: Expect = invalid_request("MissingHeader");
const NO_SLASH: Expect = invalid_request("MalformedTarget");
const NOT_ALLOWED: Expect = invalid_request("HostNotAllowed");

const BASE: &str = "https://hooks.example.com";

const MESSAGE: &str = "{method}\n{url}\n{body}";

fn acme(message: &'static str) -> SchemeBuilder {
    Scheme::builder("acme")
        .signature_header("x-acme-signature")
        .message(message)
}

fn layer(url: PublicUrl) -> WebhookLayer {
    let acme = Provider::from(acme(MESSAGE).build().unwrap()).with_public_url(url);
    WebhookLayer::new(acme, secret()).unwrap()
}

fn rig(url: PublicUrl, good: Delivery) -> Rig {
    Rig::new(layer(url), good)
}

/// What a sender signs who sends `body` to `url`.
fn signature(method: &str, url: &str, body: &[u8]) -> String {
    let text = [method.as_bytes(), b"\n", url.as_bytes(), b"\n", body].concat();
    hex(&mac256(text))
}

/// Signed for `url` and sent to `target`, without a `Host`.
fn sent_to(target: &str, url: &str) -> Delivery {
    Delivery::new(BODY)
        .uri(target)
        .header("x-acme-signature", signature("POST", url, BODY))
}

// ===== what can be a public URL =====

const BAD_BASES: &[&str] = &[
    "",
    " ",
    "/",
    "*",
    "/hook",
    "//hooks.example.com",
    "://hooks.example.com",
    "hooks.example.com",
    "hooks.example.com:443",
    "https://",
    "https:///hook",
    "https:hooks.example.com",
    "https:/hooks.example.com",
    "ftp://hooks.example.com",
    "httpss://hooks.example.com",
    "https://user@hooks.example.com",
    "https://user:password@hooks.example.com",
    "https://@hooks.example.com",
    "https://hooks.example.com@evil.example",
    "https://hooks.example.com@hooks.example.com",
    "https://hooks.example.com?x=1",
    "https://hooks.example.com/?",
    "https://hooks.example.com/hook?x=1",
    "https://hooks.example.com#top",
    "https://hooks.example.com/#",
    " https://hooks.example.com",
    "https://hooks.example.com ",
    "https://hooks.example.com\n",
    "https://hooks example.com",
    "https://hooks.example.com/a b",
    "https://hööks.example.com",
    "https://%68ooks.example.com",
    "https://hooks.example.com\\hook",
    "https://hooks.example.com:65536",
    "https://hooks.example.com:99999",
    "https://hooks.example.com:https",
    "https://hooks.example.com:-1",
    "https://hooks.example.com:443:443",
    "https://:443",
    "https://2001:db8::1",
    "https://[2001:db8::1",
    "https://[2001:db8::1]x",
    "https://[]",
    "https://[hooks]",
    "https://a[b]",
    "https://*.example.com",
    "https://hooks.example.com:",
    "https://hooks.example.com:/hook",
    "https://hooks.example.com:0",
    "https://hooks.example.com/hökar",
    "https://hooks.example.com/.https://plain.example",
];

fn trusting<T: AsRef<str>>(
    bases: impl IntoIterator<Item = T>,
    networks: &[&str],
) -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::danger_trust_proxy(bases, networks, ForwardedHeaders::XForwarded, |_| None)
}

/// 13: what is no base is an error that says what one looks like.
#[test]
fn rejects_invalid_bases() {
    let long = format!("https://hooks.example.com/{}", "a".repeat(70_000));
    let mut report = Report::default();
    for bad in BAD_BASES.iter().copied().chain([&long[..]]) {
        let made = [
            PublicUrl::fixed(bad),
            PublicUrl::by_host([bad]),
            PublicUrl::by_host([BASE, bad]),
            trusting([bad], &["10.0.0.0/8"]),
        ];
        for made in made {
            // A user's name and a query may hold a secret.
            let shown = match bad {
                "https://user@hooks.example.com"
                | "https://user:password@hooks.example.com"
                | "https://@hooks.example.com"
                | "https://hooks.example.com@hooks.example.com" => "…@hooks.example.com",
                "https://hooks.example.com@evil.example" => "…@evil.example",
                "https://hooks.example.com?x=1" | "https://hooks.example.com#top" => {
                    "https://hooks.example.com…"
                }
                "https://hooks.example.com/?" | "https://hooks.example.com/#" => {
                    "https://hooks.example.com/…"
                }
                "https://hooks.example.com/hook?x=1" => "https://hooks.example.com/hook…",
                _ => bad,
            };
            let text = format!(
                "`{shown}` is not a valid public URL; write it as `https://example.com` or \
                 `https://example.com:8443/prefix`, without a query, a fragment or a user"
            );
            report.note(match made {
                Ok(url) => Err(format!("{bad:?} became {url:?}")),
                Err(error) => {
                    let named = matches!(error.kind(),
                        PublicUrlErrorKind::Invalid { url, .. } if **url == *shown);
                    if named && error.to_string() == text {
                        Ok(())
                    } else {
                        Err(format!("{bad:?}: {error:?}, {error}"))
                    }
                }
            });
        }
    }
    report.finish();
}

/// 13: lists in which a request could not choose.
#[test]
fn rejects_ambiguous_lists_of_bases() {
    let none = PublicUrl::by_host::<&str>([]).unwrap_err();
    assert_eq!(*none.kind(), PublicUrlErrorKind::NoBase);
    assert_eq!(
        none.to_string(),
        "the list of public URLs is empty; pass at least one"
    );
    let none = trusting::<String>([], &["10.0.0.0/8"]).unwrap_err();
    assert_eq!(*none.kind(), PublicUrlErrorKind::NoBase);

    let same = [
        ["https://a.example", "https://a.example"],
        ["https://a.example", "https://a.example/"],
        ["https://a.example", "https://a.example/api"],
        ["https://a.example", "HTTPS://A.Example:443"],
        ["https://a.example", "http://a.example"],
        ["https://a.example:443", "http://a.example:80"],
        ["https://a.example", "http://a.example:443"],
        ["https://a.example:8443", "http://a.example:8443"],
        ["https://[2001:db8::1]", "https://[2001:DB8::1]:443"],
    ];
    for [one, other] in same {
        for bases in [[one, other], [other, one]] {
            for made in [
                PublicUrl::by_host(bases),
                PublicUrl::by_host([bases[0], "https://b.example", bases[1]]),
                trusting(bases, &["10.0.0.0/8"]),
            ] {
                let error = made.expect_err(other);
                let host = match error.kind() {
                    PublicUrlErrorKind::SameHost { host, .. } => host.to_lowercase(),
                    kind => panic!("{one} {other}: {kind:?}"),
                };
                assert!(one.contains(&host), "{host}");
                let text = error.to_string().to_lowercase();
                assert!(text.contains(&format!("two public urls have the host `{host}`")));
            }
        }
    }

    let different = [
        ["https://a.example", "https://b.example"],
        ["https://a.example", "https://a.example:8443"],
        ["https://a.example", "http://a.example:8080"],
        ["https://a.example", "https://a.example:80"],
        ["https://a.example", "https://a.example.example"],
        ["https://192.0.2.1", "https://192.0.2.2"],
    ];
    for bases in different {
        assert!(PublicUrl::by_host(bases).is_ok(), "{bases:?}");
        assert!(PublicUrl::by_host(bases.map(str::to_owned)).is_ok());
    }
}

/// 13: networks of proxies.
#[test]
fn parses_networks_of_proxies() {
    let bad = [
        "",
        "*",
        "any",
        "localhost",
        "10.0.0/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/255.0.0.0",
        "10.0.0.1-10.0.0.9",
        "10.0.0.0/8,192.0.2.1",
        " 10.0.0.0/8",
        "127.0.0.1:80",
        "[::1]",
        "fd00::/129",
        "fe80::1%eth0",
    ];
    for bad in bad {
        for networks in [&[bad][..], &["10.0.0.0/8", bad]] {
            let error = trusting([BASE], networks).expect_err(bad);
            assert!(
                matches!(error.kind(), PublicUrlErrorKind::InvalidNetwork { network, .. } if **network == *bad),
                "{error:?}"
            );
            let text = format!(
                "`{bad}` is not a network; write it as `10.0.0.0/8`, `fd00::/8` or `192.0.2.1`"
            );
            assert_eq!(error.to_string(), text);
        }
    }
    let none = trusting([BASE], &[]).unwrap_err();
    assert_eq!(*none.kind(), PublicUrlErrorKind::NoNetwork);
    assert_eq!(
        none.to_string(),
        "the list of trusted networks is empty; pass at least one"
    );

    for good in [
        "10.0.0.0/8",
        "10.1.2.3/8",
        "0.0.0.0/0",
        "::/0",
        "192.0.2.1",
        "::1",
        "fd00::/8",
    ] {
        assert!(trusting([BASE], &[good]).is_ok(), "{good}");
    }
}

// ===== fixed =====

/// 13: computed by another program, so that the tests do not only agree with themselves.
#[tokio::test]
async fn accepts_signatures_of_another_program() {
    let form = "From=%2B15550100&To=a+b&Body=&Tag=1&Tag=2";
    let json = "bodySHA256=61bd3a971c1c721587faba00902cecb0f42a3b2cb1f91a15d5a071c53d14bcf1";
    let json = format!("/json?{json}");
    let rows: [(&str, &str, &[u8], &str); 6] = [
        (
            BASE,
            "/hook",
            BODY,
            "429048ca8ea35e75d6499e4d05b72d8cd4999e95f4ea644b1d06d75041b09ff8",
        ),
        (
            "https://hooks.example.com:443",
            "/hook",
            BODY,
            "eebabd5db5896210ea0c42249f69a390cb120278ecdf0b7c3bf02d7db5315d66",
        ),
        (
            "https://hooks.example.com:8443/api/",
            "/a%2fb?x=+&x=%20&y=",
            BODY,
            "0f066b9c7d56fa7c067236eec166c603e485daaf87639f312f5db095c83f9961",
        ),
        (
            "http://[2001:db8::1]",
            "/",
            BODY,
            "fba25040a97809278a8391db34637497f0df7218ca869879c903ce43a0bbf921",
        ),
        (
            BASE,
            "/sms?try=1",
            form.as_bytes(),
            "071992cf80ea92b8729b796d8227f2c5a831a3ee26e45a393ba1ec864a2f0355",
        ),
        (
            BASE,
            &json,
            BODY,
            "a1d93d41f4b0209b3730f9c8caf32d93ebdf65f481891130e8e2084643060398",
        ),
    ];
    let mut report = Report::default();
    for (base, target, body, signature) in rows {
        let delivery = |target: &str| {
            let delivery = Delivery::new(body).uri(target);
            delivery.header("x-acme-signature", signature)
        };
        let good = delivery(target);
        let rig = rig(PublicUrl::fixed(base).unwrap(), good.clone());
        let name = format!("13: {base} {target}");
        report.note(rig.check(&name, good.request(), Forwarded).await);
        let name = format!("{name}, sent elsewhere");
        let request = delivery("/elsewhere").request();
        report.note(rig.check(&name, request, MISMATCH).await);
    }
    report.finish();
}

/// 13: with an exact URL, only the query of the request counts.
#[tokio::test]
async fn signs_an_exact_url_with_the_query_of_the_request() {
    let rows = [
        ("https://pay.example.com", "/", "https://pay.example.com"),
        ("https://pay.example.com/", "/", "https://pay.example.com/"),
        (
            "https://pay.example.com",
            "/?a=1&b",
            "https://pay.example.com?a=1&b",
        ),
        (
            "https://pay.example.com/in?a=1",
            "/in?a=1",
            "https://pay.example.com/in?a=1",
        ),
        (
            "https://pay.example.com/api/in",
            "/in",
            "https://pay.example.com/api/in",
        ),
        (
            "wss://voice.example.com/relay",
            "/relay",
            "wss://voice.example.com/relay",
        ),
    ];
    let mut report = Report::default();
    for (url, target, signed) in rows {
        let good = sent_to(target, signed);
        let rig = rig(PublicUrl::exact(url).unwrap(), good.clone());
        report.note(rig.check(signed, good.request(), Forwarded).await);
        let name = format!("{url}: another query");
        let other = sent_to("/in?a=2", signed).request();
        report.note(rig.check(&name, other, MISMATCH).await);
    }
    report.finish();
    for bad in [
        "",
        "/in",
        "ftp://a.example",
        "https://a.example/#top",
        "https://a@b.example",
    ] {
        assert!(PublicUrl::exact(bad).is_err(), "{bad}");
    }
}

/// 13: the text of the base decides, but for a slash at its end.
#[tokio::test]
async fn signs_the_base_as_written() {
    let rows = [
        ("https://hooks.example.com", "https://hooks.example.com"),
        (
            "https://hooks.example.com:443",
            "https://hooks.example.com:443",
        ),
        (
            "https://hooks.example.com:8443/",
            "https://hooks.example.com:8443",
        ),
        (
            "https://hooks.example.com/api",
            "https://hooks.example.com/api",
        ),
        (
            "https://hooks.example.com/a%2fb/c/",
            "https://hooks.example.com/a%2fb/c",
        ),
        (
            "HTTPS://Hooks.Example.COM/Api",
            "HTTPS://Hooks.Example.COM/Api",
        ),
        ("http://hooks.example.com", "http://hooks.example.com"),
        ("http://hooks.example.com:80", "http://hooks.example.com:80"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://192.0.2.1", "https://192.0.2.1"),
    ];
    let at = |text: &str| sent_to("/hook?x=1", &format!("{text}/hook?x=1"));
    let mut report = Report::default();
    for (base, text) in rows {
        let url = PublicUrl::fixed(base).unwrap();
        assert!(format!("{url:?}").contains(&format!("{text:?}")), "{url:?}");
        let rig = rig(url, at(text));
        let name = format!("13: {base}");
        report.note(rig.check(&name, at(text).request(), Forwarded).await);
        let others = rows.iter().map(|(_, other)| *other);
        for other in others.filter(|other| *other != text) {
            let name = format!("13: {base}, signed for {other}");
            report.note(rig.check(&name, at(other).request(), MISMATCH).await);
        }
    }
    report.finish();
}

/// Pairs of what many programs hold for the same.
const TARGETS: &[&str] = &[
    "/",
    "/hook",
    "/hook/",
    "/HOOK",
    "//hook",
    "/%68ook",
    "/a/b",
    "/a%2fb",
    "/a%2Fb",
    "/./hook",
    "/x/../hook",
    "/%2e%2e/hook",
    "/hook;v=1",
    "/hook?",
    "/hook??",
    "/hook?a",
    "/hook?a=",
    "/hook?a=1",
    "/hook?a=1&",
    "/hook?&a=1",
    "/hook?a=1&a=2",
    "/hook?a=2&a=1",
    "/hook?a=1&a=1",
    "/hook?a=1&b=2",
    "/hook?b=2&a=1",
    "/hook?a=1;b=2",
    "/hook?a=+",
    "/hook?a=%20",
    "/hook?a=%2B",
    "/hook?a=%c3%a9",
    "/hook?a=%C3%A9",
    "/hook?u=https://evil.example/hook",
    "/hook?a={body}",
];

/// 13: the URL of one base is not the beginning of another base's, whatever the body goes on with.
#[tokio::test]
async fn rejects_the_url_of_a_base_with_the_same_beginning() {
    let text = "https://a.com.au/x.B";
    let acme = Provider::from(acme("{url}.{body}").build().unwrap());
    let url = PublicUrl::by_host(["https://a.com", "https://a.com.au"]).unwrap();
    let layer = WebhookLayer::new(acme.with_public_url(url), secret()).unwrap();
    let inner = support::RecordingService::default();
    let service = layer.layer(inner.clone());
    for (target, host, body, calls) in [
        ("/x", "a.com.au", "B", 1),
        ("a.com", "a.com", "au/x.B", 1),
        ("https://a.com?", "a.com", ".au/x.B", 1),
        ("/", "a.com", "au/x.B", 1),
    ] {
        let delivery = Delivery::new(body.as_bytes()).uri(target);
        let delivery = delivery.header("host", host);
        let delivery = delivery.header("x-acme-signature", hex(&mac256(text)));
        send(&service, delivery.request()).await;
        assert_eq!(inner.calls(), calls, "{target} {host} {body}");
    }
}

/// 13: the path and the query are signed as they were sent, in whatever form of target.
#[tokio::test]
async fn signs_the_target_as_sent() {
    let signed_for = |path: &str| format!("{BASE}{path}");
    let good = sent_to("/hook", &signed_for("/hook"));
    let acme = with_any_method(acme(MESSAGE).build().unwrap());
    let acme = acme.with_public_url(PublicUrl::fixed(BASE).unwrap());
    let rig = Rig::new(WebhookLayer::new(acme, secret()).unwrap(), good);
    let mut report = Report::default();
    for &path in TARGETS {
        for before in ["", "https://hooks.example.com", "http://evil.example:81"] {
            let target = format!("{before}{path}");
            let request = sent_to(&target, &signed_for(path)).request();
            let name = format!("13: {target}");
            report.note(rig.check(&name, request, Forwarded).await);
        }
        for other in TARGETS.iter().filter(|other| **other != path) {
            let request = sent_to(path, &signed_for(other)).request();
            let name = format!("13: {other} signed, {path} sent");
            report.note(rig.check(&name, request, MISMATCH).await);
        }
        let evil = format!("http://evil.example{path}");
        let name = format!("13: {evil} signed and sent");
        let request = sent_to(&evil, &evil).request();
        report.note(rig.check(&name, request, MISMATCH).await);
    }

    // Targets that are not a path. Without one the body could go on with the host.
    let rows = [
        ("POST", "https://evil.example", "/", Forwarded),
        ("POST", "https://evil.example?a=1", "?a=1", NO_SLASH),
        ("POST", "evil.example:443", "", NO_SLASH),
        // No provider can use `CONNECT`, so the layer rejects the method before it checks the
        // target.
        ("CONNECT", "evil.example:443", "", method_not_allowed()),
        ("OPTIONS", "*", "*", NO_SLASH),
    ];
    for (method, target, path, expect) in rows {
        let url = &signed_for(path)[..];
        let delivery = |url: &str| {
            Delivery::new(BODY)
                .uri(target)
                .method(Method::from_bytes(method.as_bytes()).unwrap())
                .header("x-acme-signature", signature(method, url, BODY))
        };
        let name = format!("13: {method} {target}");
        report.note(rig.check(&name, delivery(url).request(), expect).await);
        let request = delivery(target).request();
        let other = if expect == Forwarded {
            MISMATCH
        } else {
            expect
        };
        report.note(rig.check(&name, request, other).await);
    }

    // A fragment is for the browser, and is not part of the signed URL.
    let request = sent_to("/hook#top", &signed_for("/hook")).request();
    report.note(rig.check("13: a fragment", request, Forwarded).await);
    let put = sent_to("/hook", &signed_for("/hook")).method(Method::PUT);
    report.note(rig.check("13: a method", put.request(), MISMATCH).await);
    report.finish();
}

/// 13: no header has a say in a URL that is fixed, be it wrong or unreadable.
#[tokio::test]
async fn ignores_headers_if_the_url_is_fixed() {
    let spoofs = [
        "host: evil.example",
        "host: hooks.example.com:8443",
        "host: hooks.example.com\nhost: evil.example",
        "host: ÿ",
        "host: ",
        "x-forwarded-host: evil.example",
        "x-forwarded-host: evil.example, hooks.example.com",
        "x-forwarded-host: ÿ",
        "x-forwarded-proto: http",
        "x-forwarded-port: 8443",
        "x-forwarded-host: evil.example\nx-forwarded-proto: http\nx-forwarded-port: 8443",
        "forwarded: host=evil.example;proto=http",
        "forwarded: ;;;=ÿ",
        "x-forwarded-prefix: /evil\nx-original-url: /evil\nx-rewrite-url: /evil",
    ];
    let urls = [
        "https://evil.example/hook",
        "http://evil.example/hook",
        "http://evil.example:8443/hook",
        "http://hooks.example.com/hook",
        "https://hooks.example.com:8443/hook",
        "https://hooks.example.com/evil",
        "https://hooks.example.com/evil/hook",
    ];
    let right = "https://hooks.example.com/hook";
    let rig = rig(PublicUrl::fixed(BASE).unwrap(), sent_to("/hook", right));
    let mut report = Report::default();
    for spoof in spoofs {
        for target in ["/hook", "http://evil.example/hook"] {
            let spoofed = |url: &str| sent_to(target, url).lines(spoof).request();
            let name = format!("13: {spoof:?} {target}");
            report.note(rig.check(&name, spoofed(right), Forwarded).await);
            for url in urls {
                let name = format!("{name} signed for {url}");
                report.note(rig.check(&name, spoofed(url), MISMATCH).await);
            }
        }
    }
    report.finish();
}

/// 13: a form is signed as it was sent, not as it would be parsed; so is JSON with its digest in
/// the query.
#[tokio::test]
async fn signs_forms_and_json_digests_as_sent() {
    let url = "https://hooks.example.com/sms?try=1";
    let form = "From=%2B15550100&To=a+b&Body=&Tag=1&Tag=2";
    let delivery = |body: &str| {
        Delivery::new(body)
            .uri("/sms?try=1")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-acme-signature", signature("POST", url, form.as_bytes()))
    };
    let rows = [
        ("as sent", form, Forwarded),
        (
            "another order",
            "To=a+b&From=%2B15550100&Body=&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "repeated fields in another order",
            "From=%2B15550100&To=a+b&Body=&Tag=2&Tag=1",
            MISMATCH,
        ),
        (
            "a field repeated",
            "From=%2B15550100&To=a+b&Body=&Tag=1&Tag=2&Tag=2",
            MISMATCH,
        ),
        (
            "one of two equal names",
            "From=%2B15550100&To=a+b&Body=&Tag=1",
            MISMATCH,
        ),
        (
            "without the empty field",
            "From=%2B15550100&To=a+b&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "an empty field without its sign",
            "From=%2B15550100&To=a+b&Body&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "a field emptied",
            "From=%2B15550100&To=&Body=&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "%20 for +",
            "From=%2B15550100&To=a%20b&Body=&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "+ for %2B",
            "From=+15550100&To=a+b&Body=&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "%2b for %2B",
            "From=%2b15550100&To=a+b&Body=&Tag=1&Tag=2",
            MISMATCH,
        ),
        (
            "; for &",
            "From=%2B15550100;To=a+b;Body=;Tag=1;Tag=2",
            MISMATCH,
        ),
        (
            "an empty field at the end",
            "From=%2B15550100&To=a+b&Body=&Tag=1&Tag=2&",
            MISMATCH,
        ),
        ("nothing", "", MISMATCH),
    ];
    let rig = rig(PublicUrl::fixed(BASE).unwrap(), delivery(form));
    let mut report = Report::default();
    for (name, body, expect) in rows {
        let request = delivery(body).request();
        report.note(
            rig.check(&format!("13: form, {name}"), request, expect)
                .await,
        );
    }
    // A field moved from the query into the form, and the other way.
    for (target, body) in [
        ("/sms", "try=1&From=%2B15550100&To=a+b&Body=&Tag=1&Tag=2"),
        ("/sms?try=1&From=%2B15550100", "To=a+b&Body=&Tag=1&Tag=2"),
    ] {
        let request = delivery(body).uri(target).request();
        let name = format!("13: form, {target}");
        report.note(rig.check(&name, request, MISMATCH).await);
    }

    let digest = "61bd3a971c1c721587faba00902cecb0f42a3b2cb1f91a15d5a071c53d14bcf1";
    let signed = format!("/json?bodySHA256={digest}");
    let json = |target: &str| sent_to(target, &format!("{BASE}{signed}"));
    let rows = [
        (signed.clone(), Forwarded),
        (
            format!("/json?bodySHA256={}", digest.to_uppercase()),
            MISMATCH,
        ),
        (format!("/json?bodySHA256={}", "0".repeat(64)), MISMATCH),
        (format!("/json?bodysha256={digest}"), MISMATCH),
        (format!("{signed}&x"), MISMATCH),
        (format!("/json?x&bodySHA256={digest}"), MISMATCH),
        ("/json?bodySHA256=".to_owned(), MISMATCH),
        ("/json".to_owned(), MISMATCH),
    ];
    for (target, expect) in rows {
        let name = format!("13: {target}");
        report.note(rig.check(&name, json(&target).request(), expect).await);
    }
    let request = json(&signed).body("{}").request();
    let name = "13: another body under the same digest";
    report.note(rig.check(name, request, MISMATCH).await);
    report.finish();
}

/// 13: the target must not contain the separator between the URL and the body. The base may contain
/// it, because no client can choose the base.
#[tokio::test]
async fn rejects_separators_in_the_target() {
    let rows = [
        ("{url}\n{body}", "/a.b?c|d", Forwarded),
        ("{body}\n{url}", "/a.b?c|d", Forwarded),
        ("{url}|{body}", "/a", Forwarded),
        ("{url}|{body}", "/a|", AMBIGUOUS),
        ("{url}|{body}", "/a?b|c", AMBIGUOUS),
        ("{url}::{body}", "/a:b", Forwarded),
        ("{url}::{body}", "/a?b:", AMBIGUOUS),
        ("{url}::{body}", "/a?b::c", AMBIGUOUS),
        ("{body}|{url}", "/a", Forwarded),
        ("{body}|{url}", "/a?b|c", AMBIGUOUS),
        ("{body}-h{url}", "/a", Forwarded),
        ("{body}-h{url}", "/a?-h", AMBIGUOUS),
        ("{url}.{body}", "/a", Forwarded),
        ("{url}.{body}", "/a.b", AMBIGUOUS),
        ("{body}://{url}", "/a:/", Forwarded),
        ("{body}://{url}", "/a://", AMBIGUOUS),
    ];
    for (message, target, expect) in rows {
        let acme = Provider::from(acme(message).build().unwrap());
        let acme = acme.with_public_url(PublicUrl::fixed(BASE).unwrap());
        let service = WebhookLayer::new(acme, secret()).unwrap();
        let inner = support::RecordingService::default();
        let service = service.layer(inner.clone());
        let body = std::str::from_utf8(BODY).unwrap();
        let text = message.replace("{url}", &format!("{BASE}{target}"));
        let text = text.replace("{body}", body);
        let delivery = Delivery::new(BODY).uri(target);
        let delivery = delivery.header("x-acme-signature", hex(&mac256(text)));
        let answer = send(&service, delivery.request()).await;
        let name = format!("{message} {target}");
        match expect {
            Forwarded => assert_eq!((answer.status.as_u16(), inner.calls()), (200, 1), "{name}"),
            Expect::Refused { status, text, kind } => {
                let wire = (status, Some("application/json"), text);
                assert_eq!((answer.wire(), &*answer.kind()), (wire, kind), "{name}");
                assert_eq!(inner.calls(), 0, "{name}");
                let kind = answer.rejection.unwrap().kind().clone();
                assert!(
                    matches!(kind, RejectionKind::AmbiguousMessage { part, .. } if part == "url")
                );
            }
        }
    }
}

// ===== by host =====

const BASES: [&str; 6] = [
    BASE,
    "https://hooks.example.org:8443/api",
    "http://plain.example",
    "https://hooks.example.com:9443",
    "https://[2001:db8::1]",
    "https://Written.Example:443/",
];

/// What the sender of a delivery to each of [`BASES`] signs.
const URLS: [&str; 6] = [
    "https://hooks.example.com/hook?x=1",
    "https://hooks.example.org:8443/api/hook?x=1",
    "http://plain.example/hook?x=1",
    "https://hooks.example.com:9443/hook?x=1",
    "https://[2001:db8::1]/hook?x=1",
    "https://Written.Example:443/hook?x=1",
];

/// Which of [`BASES`] a request is for, or how it is refused.
#[derive(Clone, Copy)]
enum Pick {
    Base(usize),
    /// This header cannot be read.
    Bad(&'static str),
    NoHost,
    /// This header names more than one.
    Two(&'static str),
    /// This host is in no base.
    Unlisted(&'static str),
}

use Pick::{Bad, Base, NoHost, Two, Unlisted};

/// A delivery that selects a base is accepted only if it was signed for that base. If it is
/// rejected, the operator sees the reason.
async fn check_pick(
    report: &mut Report,
    rig: &Rig,
    name: &str,
    pick: Pick,
    signed_for: impl Fn(&str) -> Delivery,
) {
    let (expect, says) = match pick {
        Base(right) => {
            for (at, url) in URLS.iter().enumerate() {
                let name = format!("13: {name}, signed for {url}");
                let expect = if at == right { Forwarded } else { MISMATCH };
                let request = signed_for(url).request();
                report.note(rig.check(&name, request, expect).await);
            }
            return;
        }
        Bad(header) => (
            MALFORMED,
            format!("the header `{header}` has an invalid value"),
        ),
        NoHost => (MISSING, "`host` is missing".to_owned()),
        Two(header) => (
            CONFLICT,
            format!("the header `{header}` appears with different values"),
        ),
        Unlisted(host) => (
            NOT_ALLOWED,
            format!("`{host}` does not match any public URL"),
        ),
    };
    let name = format!("13: {name}");
    let signed = signed_for(URLS[0]);
    report.note(rig.check(&name, signed.clone().request(), expect).await);
    let answer = send(&rig.service, signed.request()).await;
    let text = answer.rejection.map(|it| it.to_string());
    report.note(match text {
        Some(text) if !text.contains(&says) => {
            Err(format!("{name}: {text:?} does not say {says:?}"))
        }
        _ => Ok(()),
    });
}

impl Delivery {
    /// Adds these headers, a line each.
    fn lines(self, lines: &str) -> Self {
        lines.lines().fold(self, |it, line| {
            let (name, value) = line.split_once(": ").expect(line);
            it.header(name, value)
        })
    }
}

/// In origin form, with these headers.
fn with(url: &str, lines: &str) -> Delivery {
    sent_to("/hook?x=1", url).lines(lines)
}

fn good(url: &str) -> Delivery {
    with(url, "host: hooks.example.com")
}

/// 13: `Host` alone, as over HTTP/1.
#[tokio::test]
async fn selects_the_base_by_host() {
    const BAD: Pick = Bad("host");
    const TWO: Pick = Two("host");
    let rows = [
        ("hooks.example.com", Base(0)),
        ("hooks.example.com:443", Base(0)),
        ("hooks.example.com:", Base(0)),
        ("HOOKS.Example.COM", Base(0)),
        ("hooks.example.com:9443", Base(3)),
        ("hooks.example.org:8443", Base(1)),
        ("Hooks.Example.Org:8443", Base(1)),
        ("plain.example", Base(2)),
        ("plain.example:80", Base(2)),
        ("[2001:db8::1]", Base(4)),
        ("[2001:db8::1]:", Base(4)),
        ("[2001:DB8::1]:443", Base(4)),
        ("written.example", Base(5)),
        ("Written.Example:443", Base(5)),
        // Ports.
        ("hooks.example.com:80", Unlisted("hooks.example.com:80")),
        ("hooks.example.com:0", Unlisted("hooks.example.com:0")),
        ("hooks.example.com:8443", Unlisted("hooks.example.com:8443")),
        ("hooks.example.org", Unlisted("hooks.example.org")),
        ("hooks.example.org:443", Unlisted("hooks.example.org:443")),
        ("plain.example:443", Unlisted("plain.example:443")),
        ("[2001:db8::1]:80", Unlisted("[2001:db8::1]:80")),
        // Other hosts.
        ("evil.example", Unlisted("evil.example")),
        ("localhost:8080", Unlisted("localhost:8080")),
        ("hooks.example.com.", Unlisted("hooks.example.com.")),
        ("hooks.example.co", Unlisted("hooks.example.co")),
        ("a.hooks.example.com", Unlisted("a.hooks.example.com")),
        (
            "hooks.example.com.evil.example",
            Unlisted("hooks.example.com.evil.example"),
        ),
        (
            "hooks.example.com,evil.example",
            Unlisted("hooks.example.com,evil.example"),
        ),
        ("[2001:db8:0::1]", Unlisted("[2001:db8:0::1]")),
        // None, and several.
        ("", NoHost),
        ("\n", NoHost),
        ("hooks.example.com\nhooks.example.com", Base(0)),
        ("hooks.example.com\nevil.example", TWO),
        ("evil.example\nhooks.example.com", TWO),
        ("hooks.example.com\nhooks.example.com:443", TWO),
        ("plain.example\nplain.example\nhooks.example.com", TWO),
        ("\nhooks.example.com", TWO),
        // Users.
        ("user@hooks.example.com", BAD),
        ("user:password@hooks.example.com:443", BAD),
        ("@hooks.example.com", BAD),
        ("hooks.example.com@", BAD),
        ("hooks.example.com@evil.example", BAD),
        ("evil.example@hooks.example.com", BAD),
        ("hooks.example.com@hooks.example.com", BAD),
        ("hooks.example.com:443@hooks.example.com", BAD),
        ("hooks.example.com:@evil.example", BAD),
        // Ports that are none.
        ("hooks.example.com:70000", BAD),
        ("hooks.example.com:65979", BAD),
        ("hooks.example.com:18446744073709552059", BAD),
        ("hooks.example.com:https", BAD),
        ("hooks.example.com:-443", BAD),
        ("hooks.example.com:+443", BAD),
        ("hooks.example.com:443a", BAD),
        ("hooks.example.com:4 43", BAD),
        ("hooks.example.com::443", BAD),
        ("a:b:c", BAD),
        (":443", BAD),
        (":", BAD),
        // Letters and brackets.
        ("hööks.example.com", BAD),
        ("hooks.example.com\t", BAD),
        (" hooks.example.com", BAD),
        ("hooks.example.com evil.example", BAD),
        ("%68ooks.example.com", BAD),
        ("hooks.example.com/hook", BAD),
        ("hooks.example.com?x", BAD),
        ("hooks.example.com#x", BAD),
        ("hooks.example.com\\x", BAD),
        ("https://hooks.example.com", BAD),
        ("2001:db8::1", BAD),
        ("[2001:db8::1", BAD),
        ("2001:db8::1]", BAD),
        ("[2001:db8::1]443", BAD),
        ("[2001:db8::1].evil.example", BAD),
        ("[[2001:db8::1]]", BAD),
        ("[]@[", BAD),
    ];
    let rig = rig(PublicUrl::by_host(BASES).unwrap(), good(URLS[0]));
    let mut report = Report::default();
    for (hosts, pick) in rows {
        let name = format!("Host {hosts:?}");
        let add = |it: Delivery, host: &str| it.header("host", host);
        let signed = |url: &str| hosts.split('\n').fold(with(url, ""), add);
        check_pick(&mut report, &rig, &name, pick, signed).await;
    }
    let signed = |url: &str| with(url, "");
    check_pick(&mut report, &rig, "no Host", NoHost, signed).await;
    let signed = |url: &str| with(url, "").header("host", b"hooks.example.com\xff");
    check_pick(&mut report, &rig, "not UTF-8", BAD, signed).await;
    report.finish();
}

/// 13: `:authority`, or an absolute target, with `Host` beside it or without.
#[tokio::test]
async fn selects_the_base_by_authority() {
    const BAD: Pick = Bad("host");
    const TWO: Pick = Two("host");
    let rows = [
        ("hooks.example.com", "", Base(0)),
        ("hooks.example.com:443", "", Base(0)),
        ("HOOKS.example.com", "", Base(0)),
        ("hooks.example.com:9443", "", Base(3)),
        ("[2001:db8::1]", "", Base(4)),
        ("hooks.example.com", "host: ", Base(0)),
        ("hooks.example.com", "host: hooks.example.com", Base(0)),
        ("hooks.example.com", "host: HOOKS.example.com", Base(0)),
        (
            "plain.example",
            "host: plain.example\nhost: plain.example",
            Base(2),
        ),
        ("evil.example", "", Unlisted("evil.example")),
        (
            "evil.example",
            "host: evil.example",
            Unlisted("evil.example"),
        ),
        ("plain.example:443", "", Unlisted("plain.example:443")),
        ("hooks.example.com", "host: plain.example", TWO),
        ("hooks.example.com", "host: evil.example", TWO),
        ("evil.example", "host: hooks.example.com", TWO),
        ("hooks.example.com", "host: hooks.example.com:443", TWO),
        ("plain.example", "host: plain.example\nhost: a.example", TWO),
        ("plain.example", "host: pläin.example", BAD),
        ("user@plain.example", "", BAD),
        ("user@plain.example", "host: user@plain.example", BAD),
        ("plain.example@evil.example", "", BAD),
        ("plain.example:70000", "", BAD),
    ];
    let rig = rig(PublicUrl::by_host(BASES).unwrap(), good(URLS[0]));
    let mut report = Report::default();
    for (authority, lines, pick) in rows {
        // The scheme of a target is the sender's to write; the base's is the operator's.
        for scheme in ["https", "http"] {
            let target = format!("{scheme}://{authority}/hook?x=1");
            let signed = |url: &str| sent_to(&target, url).lines(lines);
            let name = format!("{target} {lines:?}");
            check_pick(&mut report, &rig, &name, pick, signed).await;
        }
    }
    report.finish();
}

/// 13: what a proxy may have said is not listened to unless it was asked for.
#[tokio::test]
async fn ignores_forwarded_headers_by_default() {
    let spoofs = [
        "x-forwarded-host: plain.example",
        "x-forwarded-host: evil.example",
        "x-forwarded-host: ÿ, ,",
        "x-forwarded-proto: http",
        "x-forwarded-port: 9443",
        "x-forwarded-port: no port",
        "forwarded: host=plain.example;proto=http",
        "forwarded: ÿ;;=",
    ];
    let hosts = [
        ("host: hooks.example.com", Base(0)),
        ("host: evil.example", Unlisted("evil.example")),
        ("", NoHost),
    ];
    let rig = rig(PublicUrl::by_host(BASES).unwrap(), good(URLS[0]));
    let mut report = Report::default();
    for spoof in spoofs {
        for (host, pick) in hosts {
            let name = format!("{spoof} beside {host:?}");
            let signed = |url: &str| with(url, host).lines(spoof);
            check_pick(&mut report, &rig, &name, pick, signed).await;
        }
    }
    report.finish();
}

/// 13: the operator sees the host of a rejected request, but in a limited length.
#[tokio::test]
async fn truncates_a_long_host_in_the_rejection() {
    let letters = |count| "a".repeat(count);
    let rig = rig(PublicUrl::by_host(BASES).unwrap(), good(URLS[0]));
    let mut report = Report::default();
    for (host, kept) in [
        (letters(64 << 10), letters(253)),
        (letters(64 << 10) + ":65535", letters(253) + ":65535"),
        (letters(254), letters(253)),
        (letters(253), letters(253)),
        (letters(252), letters(252)),
        (
            format!("[{}]", letters(64 << 10)),
            format!("[{}", letters(252)),
        ),
    ] {
        let delivery = with(URLS[0], "").header("host", host);
        let answer = send(&rig.service, delivery.clone().request()).await;
        let rejection = answer.rejection.unwrap();
        let RejectionKind::HostNotAllowed { host, .. } = rejection.kind() else {
            panic!("{rejection:?}");
        };
        assert_eq!(**host, *kept);
        let name = "13: a huge host";
        report.note(rig.check(name, delivery.request(), NOT_ALLOWED).await);
    }
    let request = with(URLS[0], "")
        .header("host", "a:".repeat(32 << 10))
        .request();
    report.note(rig.check("13: huge garbage", request, MALFORMED).await);
    report.finish();
}

// ===== by a proxy =====

/// Who is at the other end of the connection.
#[derive(Clone, Copy)]
struct Peer(IpAddr);

fn peer(head: RequestHead<'_>) -> Option<IpAddr> {
    head.extension::<Peer>().map(|peer| peer.0)
}

impl Delivery {
    fn came_from(mut self, peer: Option<&str>) -> Self {
        self.head.extensions.remove::<Peer>();
        if let Some(peer) = peer {
            self.head.extensions.insert(Peer(peer.parse().unwrap()));
        }
        self
    }
}

fn behind(networks: &[&str], headers: ForwardedHeaders) -> PublicUrl {
    PublicUrl::danger_trust_proxy(BASES, networks, headers, peer).unwrap()
}

const PROXY: Option<&str> = Some("10.0.0.1");

/// Both families, each saying `http://plain.example`, and each saying nothing that can be read.
const FAMILIES: [(ForwardedHeaders, &str, &str); 2] = [
    (
        ForwardedHeaders::XForwarded,
        "x-forwarded-host: plain.example\nx-forwarded-proto: http",
        "x-forwarded-host: ÿ\nx-forwarded-port: 1,2",
    ),
    (
        ForwardedHeaders::Forwarded,
        "forwarded: host=plain.example;proto=http",
        "forwarded: ÿ,;,",
    ),
];

/// 13: the headers are used if the peer is the proxy, and ignored for every other peer.
#[tokio::test]
async fn trusts_forwarded_headers_of_the_proxy_only() {
    let networks = [
        "10.0.0.0/8",
        "172.16.5.4/12",
        "192.0.2.7",
        "fd00::/8",
        "2001:db8::7",
    ];
    let peers = [
        (Some("10.0.0.0"), true),
        (Some("10.255.255.255"), true),
        (Some("9.255.255.255"), false),
        (Some("11.0.0.0"), false),
        (Some("172.31.0.1"), true),
        (Some("172.32.0.1"), false),
        (Some("192.0.2.7"), true),
        (Some("192.0.2.6"), false),
        (Some("192.0.2.8"), false),
        (Some("127.0.0.1"), false),
        (Some("0.0.0.0"), false),
        (Some("fd00::1"), true),
        (Some("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), true),
        (Some("fc00::1"), false),
        (Some("fe00::1"), false),
        (Some("2001:db8::7"), true),
        (Some("2001:db8::8"), false),
        (Some("::1"), false),
        // IPv4, as a socket for both versions gives it.
        (Some("::ffff:10.0.0.1"), true),
        (Some("::ffff:192.0.2.7"), true),
        (Some("::ffff:11.0.0.1"), false),
        // Not the same as IPv4.
        (Some("::10.0.0.1"), false),
        (None, false),
    ];
    let mut report = Report::default();
    for (family, right, garbage) in FAMILIES {
        let rig = rig(behind(&networks, family), good(URLS[0]));
        for (peer, trusted) in peers {
            let name = format!("{family:?} from {peer:?}");
            let pick = Base(if trusted { 2 } else { 0 });
            let signed = |url: &str| good(url).lines(right).came_from(peer);
            check_pick(&mut report, &rig, &name, pick, signed).await;

            let name = format!("{family:?} of garbage from {peer:?}");
            let pick = match family {
                _ if !trusted => Base(0),
                ForwardedHeaders::XForwarded => Bad("x-forwarded-host"),
                _ => Bad("forwarded"),
            };
            let signed = |url: &str| good(url).lines(garbage).came_from(peer);
            check_pick(&mut report, &rig, &name, pick, signed).await;
        }
    }
    report.finish();
}

/// 13: a head without extensions has no peer address, so no proxy is trusted.
#[test]
fn trusts_no_proxy_without_a_peer_address() {
    for (family, right, _) in FAMILIES {
        let acme = Provider::from(acme(MESSAGE).build().unwrap());
        let acme = acme.with_public_url(behind(&["0.0.0.0/0", "::/0"], family));
        let verifier = Verifier::new(acme, secret()).unwrap();
        for (url, with, without) in [(URLS[2], true, false), (URLS[0], false, true)] {
            let parts = good(url).lines(right).came_from(PROXY).head;
            let bare = RequestHead::new(&parts.method, &parts.uri, &parts.headers);
            assert_eq!(verifier.verify(&parts, BODY).is_ok(), with, "{url}");
            assert_eq!(verifier.verify(bare, BODY).is_ok(), without, "{url}");
        }
    }
}

/// What a proxy sends beside `Host: hooks.example.com`, each line with `prefix` before it.
async fn check_sent(family: ForwardedHeaders, prefix: &str, rows: &[(&str, Pick)]) {
    let rig = rig(behind(&["10.0.0.0/8"], family), good(URLS[0]));
    let mut report = Report::default();
    for (lines, pick) in rows {
        let lines = lines.split('\n').map(|line| format!("{prefix}{line}"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        let signed = |url: &str| good(url).lines(&lines).came_from(PROXY);
        check_pick(&mut report, &rig, &lines, *pick, signed).await;
        // From any other peer, the headers are ignored.
        let name = format!("{lines:?} from another peer");
        let signed = |url: &str| signed(url).came_from(Some("192.0.2.1"));
        check_pick(&mut report, &rig, &name, Base(0), signed).await;
    }
    report.finish();
}

/// 13: `X-Forwarded-Host`, `-Proto` and `-Port`, each without the beginning of its name.
#[tokio::test]
async fn reads_x_forwarded_headers() {
    let rows = [
        ("host: hooks.example.com", Base(0)),
        ("host: hooks.example.org:8443", Base(1)),
        ("host: HOOKS.example.ORG:8443", Base(1)),
        ("host: plain.example", Base(2)),
        ("host: [2001:db8::1]", Base(4)),
        ("host: [2001:db8::1]:443", Base(4)),
        ("host: ", Base(0)),
        ("host: plain.example\nhost: plain.example", Base(2)),
        // The port, in its own header or with the host.
        ("host: hooks.example.org\nport: 8443", Base(1)),
        ("host: hooks.example.org:8443\nport: 8443", Base(1)),
        ("port: 8443\nproto: https\nhost: hooks.example.org", Base(1)),
        ("host: hooks.example.org", Unlisted("hooks.example.org")),
        (
            "host: hooks.example.org\nport: 443",
            Unlisted("hooks.example.org:443"),
        ),
        (
            "host: hooks.example.org:8443\nport: 443",
            Two("x-forwarded-port"),
        ),
        (
            "host: hooks.example.com:443\nport: 9443",
            Two("x-forwarded-port"),
        ),
        ("port: 443", Base(0)),
        ("port: 9443", Base(3)),
        ("port: ", Base(0)),
        ("port: 80", Unlisted("hooks.example.com:80")),
        ("port: 8443", Unlisted("hooks.example.com:8443")),
        ("port: 443\nport: 443", Base(0)),
        ("port: 443\nport: 9443", Two("x-forwarded-port")),
        ("port: 443,443", Two("x-forwarded-port")),
        ("port: https", Bad("x-forwarded-port")),
        ("port: 65979", Bad("x-forwarded-port")),
        ("port: 18446744073709552059", Bad("x-forwarded-port")),
        ("port: -443", Bad("x-forwarded-port")),
        ("port: +443", Bad("x-forwarded-port")),
        ("port: :443", Bad("x-forwarded-port")),
        ("port: 443 ", Bad("x-forwarded-port")),
        ("port: 443ÿ", Bad("x-forwarded-port")),
        // The scheme.
        ("proto: https", Base(0)),
        ("proto: HTTPS", Base(0)),
        ("proto: ", Base(0)),
        ("proto: https\nproto: https", Base(0)),
        ("proto: http", Unlisted("http://hooks.example.com")),
        (
            "proto: http\nport: 443",
            Unlisted("http://hooks.example.com:443"),
        ),
        ("host: plain.example\nproto: http", Base(2)),
        ("host: plain.example\nproto: http\nport: 80", Base(2)),
        (
            "host: plain.example\nproto: https",
            Unlisted("https://plain.example"),
        ),
        ("proto: https\nproto: http", Two("x-forwarded-proto")),
        ("proto: https,http", Two("x-forwarded-proto")),
        ("proto: https, https", Two("x-forwarded-proto")),
        ("proto: wss", Bad("x-forwarded-proto")),
        ("proto: https:", Bad("x-forwarded-proto")),
        ("proto:  https", Bad("x-forwarded-proto")),
        ("proto: \"https\"", Bad("x-forwarded-proto")),
        ("proto: httpsÿ", Bad("x-forwarded-proto")),
        // Several hosts, others, and none.
        (
            "host: hooks.example.org:8443\nhost: a",
            Two("x-forwarded-host"),
        ),
        ("host: plain.example\nhost: ", Two("x-forwarded-host")),
        ("host: plain.example, evil.example", Two("x-forwarded-host")),
        ("host: evil.example,plain.example", Two("x-forwarded-host")),
        (
            "host: plain.example, plain.example",
            Two("x-forwarded-host"),
        ),
        ("host: plain.example,", Two("x-forwarded-host")),
        ("host: ,", Two("x-forwarded-host")),
        ("host: evil.example", Unlisted("evil.example")),
        ("host: plain.example:443", Unlisted("plain.example:443")),
        ("host: user@plain.example", Bad("x-forwarded-host")),
        ("host: plain.example@plain.example", Bad("x-forwarded-host")),
        ("host: plain.example:70000", Bad("x-forwarded-host")),
        ("host: a:b:c", Bad("x-forwarded-host")),
        ("host: http://plain.example", Bad("x-forwarded-host")),
        ("host: plain.example/hook", Bad("x-forwarded-host")),
        ("host:  plain.example", Bad("x-forwarded-host")),
        ("host: \"plain.example\"", Bad("x-forwarded-host")),
        ("host: plain.exampleÿ", Bad("x-forwarded-host")),
        // Headers that the layer does not read.
        (
            "server: plain.example\nfor: 10.0.0.1\nprefix: /api",
            Base(0),
        ),
    ];
    check_sent(ForwardedHeaders::XForwarded, "x-forwarded-", &rows).await;
    let rows = [
        ("forwarded: host=plain.example;proto=http", Base(0)),
        ("forwarded: ÿ;;=,", Base(0)),
        (
            "x-forwarded-host: plain.example\nforwarded: host=a",
            Base(2),
        ),
        ("x-original-host: plain.example", Base(0)),
    ];
    check_sent(ForwardedHeaders::XForwarded, "", &rows).await;
}

/// 13: `Forwarded`, each line without its name.
#[tokio::test]
async fn reads_the_forwarded_header() {
    const BAD: Pick = Bad("forwarded");
    const TWO: Pick = Two("forwarded");
    let rows = [
        ("", Base(0)),
        ("host=hooks.example.com", Base(0)),
        ("host=hooks.example.org:8443", Base(1)),
        ("host=\"hooks.example.org:8443\"", Base(1)),
        (
            "for=192.0.2.60;host=\"hooks.example.org:8443\";proto=https;by=_a",
            Base(1),
        ),
        (
            "proto=https;by=_a;host=\"hooks.example.org:8443\";for=\"192.0.2.60:9\"",
            Base(1),
        ),
        ("PROTO=HTTPS;Host=\"HOOKS.Example.org:8443\"", Base(1)),
        (
            "proto=\"https\" ; host=\"hooks.example.org:8443\" ",
            Base(1),
        ),
        ("host=plain.example;proto=http", Base(2)),
        ("for=\"[2001:db8::2]:99\";host=plain.example", Base(2)),
        ("host=\"[2001:db8::1]\"", Base(4)),
        ("host=\"[2001:DB8::1]:443\";proto=https", Base(4)),
        ("for=192.0.2.60", Base(0)),
        (
            "secret=x;hostname=plain.example;xhost=plain.example",
            Base(0),
        ),
        ("proto=https", Base(0)),
        ("host=plain.example\nhost=plain.example", Base(2)),
        // Not what the base has.
        ("proto=http", Unlisted("http://hooks.example.com")),
        ("Proto=\"HTTP\"", Unlisted("http://hooks.example.com")),
        (
            "host=plain.example;proto=https",
            Unlisted("https://plain.example"),
        ),
        ("host=\"plain.example:443\"", Unlisted("plain.example:443")),
        ("host=evil.example", Unlisted("evil.example")),
        ("host=hooks.example.org", Unlisted("hooks.example.org")),
        ("host==plain.example", Unlisted("=plain.example")),
        // Several.
        ("host=plain.example\nhost=hooks.example.com", TWO),
        ("host=plain.example, host=hooks.example.com", TWO),
        ("host=plain.example,host=plain.example", TWO),
        ("for=192.0.2.60, for=192.0.2.61;host=plain.example", TWO),
        ("host=plain.example;host=plain.example", TWO),
        ("host=plain.example;HOST=hooks.example.com", TWO),
        ("proto=https;host=hooks.example.com;proto=http", TWO),
        ("proto=https;proto=https", TWO),
        // Garbage.
        ("plain.example", BAD),
        ("host", BAD),
        ("host=plain.example;proto", BAD),
        ("host=", BAD),
        ("host=\"\"", BAD),
        ("host=\"plain.example", BAD),
        ("host=\"", BAD),
        ("host=plain.example\"", BAD),
        ("host=\"plain.example\"x", BAD),
        ("host=\"plain.exampl\\e\"", BAD),
        ("host=\"a;host=plain.example", BAD),
        ("for=\"x;host=plain.example\"", BAD),
        // A quote within the quotes, at which another parser may end.
        ("for=\"a\\\"b\";host=plain.example", BAD),
        ("for=a\"b;host=plain.example", BAD),
        ("for=a\\b;host=plain.example", BAD),
        ("host= plain.example", BAD),
        ("host=user@plain.example", BAD),
        ("host=plain.example:70000", BAD),
        ("host=http://plain.example", BAD),
        ("proto=", BAD),
        ("proto=wss", BAD),
        ("proto=\"https", BAD),
        ("host=plain.exampleÿ", BAD),
        ("secret=ÿ;host=plain.example", BAD),
    ];
    check_sent(ForwardedHeaders::Forwarded, "forwarded: ", &rows).await;
    let rows = [
        (
            "x-forwarded-host: plain.example\nx-forwarded-proto: http",
            Base(0),
        ),
        ("x-forwarded-host: ÿ\nx-forwarded-port: x", Base(0)),
        (
            "forwarded: host=plain.example\nx-forwarded-host: a",
            Base(2),
        ),
        (
            "forwarded: host=plain.example\nx-forwarded-port: 9443",
            Base(2),
        ),
    ];
    check_sent(ForwardedHeaders::Forwarded, "", &rows).await;
}

/// 13: a name that is not a token, and white space in a value, are ignored by one parser and read
/// as `host` by another.
#[tokio::test]
async fn rejects_a_malformed_forwarded_header() {
    let rows = [
        ("host =plain.example", Bad("forwarded")),
        ("\"host\"=plain.example", Bad("forwarded")),
        ("for=192.0.2.60 host=plain.example", Bad("forwarded")),
        ("=plain.example", Bad("forwarded")),
    ];
    check_sent(ForwardedHeaders::Forwarded, "forwarded: ", &rows).await;
}

/// 13: a network in the form in which a socket for both versions gives the peer is that peer's, or
/// an error.
#[tokio::test]
async fn matches_peers_with_mapped_addresses() {
    let mut report = Report::default();
    for network in [
        "::ffff:10.0.0.1",
        "::ffff:10.0.0.1/128",
        "::ffff:10.0.0.0/104",
    ] {
        let (family, right, _) = FAMILIES[0];
        let Ok(url) = PublicUrl::danger_trust_proxy(BASES, [network], family, peer) else {
            report.note(Ok(()));
            continue;
        };
        let rig = rig(url, good(URLS[0]));
        for peer in ["10.0.0.1", "::ffff:10.0.0.1"] {
            let signed = |url: &str| good(url).lines(right).came_from(Some(peer));
            let name = format!("{network} and {peer}");
            check_pick(&mut report, &rig, &name, Base(2), signed).await;
        }
    }
    report.finish();
}

/// 13: if the proxy names no host, `Host` and `:authority` are compared as usual. If it does, they
/// contain the address of this server.
#[tokio::test]
async fn compares_host_and_authority_behind_a_proxy() {
    let rows = [
        ("/hook?x=1", "", NoHost),
        ("/hook?x=1", "host: a:b:c", Bad("host")),
        ("/hook?x=1", "host: evil.example", Unlisted("evil.example")),
        ("/hook?x=1", "host: a.example\nhost: b.example", Two("host")),
        ("https://a.example/hook?x=1", "host: b.example", Two("host")),
        ("https://a.example/hook?x=1", "", Unlisted("a.example")),
        ("https://hooks.example.com:9443/hook?x=1", "", Base(3)),
    ];
    let mut report = Report::default();
    for (family, right, _) in FAMILIES {
        let rig = rig(behind(&["10.0.0.0/8"], family), good(URLS[0]));
        for (target, hosts, pick) in rows {
            let signed = |url: &str| sent_to(target, url).lines(hosts);
            for peer in [PROXY, None] {
                let name = format!("{target} {hosts:?} by {peer:?}, no {family:?}");
                let signed = |url: &str| signed(url).came_from(peer);
                check_pick(&mut report, &rig, &name, pick, signed).await;

                let name = format!("{target} {hosts:?} by {peer:?}, {family:?}");
                let signed = |url: &str| signed(url).lines(right);
                let pick = if peer.is_some() { Base(2) } else { pick };
                check_pick(&mut report, &rig, &name, pick, signed).await;
            }
        }
    }
    report.finish();
}

// ===== no URL =====

/// 13: a scheme that does not sign the URL does not look at it, nor ask who the peer is.
#[tokio::test]
async fn ignores_the_url_if_the_scheme_does_not_sign_it() {
    let asked = |_: RequestHead<'_>| -> Option<IpAddr> { panic!("the peer is not needed") };
    let headers = ForwardedHeaders::Forwarded;
    let urls = [
        PublicUrl::fixed(BASE).unwrap(),
        PublicUrl::by_host(BASES).unwrap(),
        PublicUrl::danger_trust_proxy(BASES, ["0.0.0.0/0"], headers, asked).unwrap(),
    ];
    let rows = [
        "",
        "host: evil.example",
        "host: ÿ",
        "host: hooks.example.com\nhost: evil.example",
        "forwarded: ,;ÿ\nx-forwarded-host: ÿ",
    ];
    let mut report = Report::default();
    for url in urls {
        let scheme = acme("{method}\n{path}\n{body}").build().unwrap();
        assert!(!scheme.url_is_signed());
        let with_url = Provider::from(scheme.clone()).with_public_url(url);
        assert!(with_url.public_url().is_some());
        let error = WebhookLayer::new(with_url, secret())
            .unwrap_err()
            .to_string();
        assert!(error.contains("`with_public_url` has no effect"), "{error}");
        let layer = WebhookLayer::new(scheme, secret()).unwrap();
        let rig = Rig::new(layer, sent_to("/hook", "/hook"));
        for lines in rows {
            for target in ["/hook", "/hook?x=1", "http://evil.example/hook"] {
                let request = sent_to(target, "/hook").lines(lines).request();
                let name = format!("13: no URL, {target} {lines:?}");
                report.note(rig.check(&name, request, Forwarded).await);
            }
        }
    }
    report.finish();
}

/// 13: of two public URLs, the one that was given last counts.
#[tokio::test]
async fn uses_the_last_public_url() {
    let other = "https://other.example";
    let scheme = acme(MESSAGE).build().unwrap();
    assert!(scheme.url_is_signed());
    let acme = Provider::from(scheme)
        .with_public_url(PublicUrl::fixed(other).unwrap())
        .with_public_url(PublicUrl::fixed(BASE).unwrap());
    let at = |base: &str| sent_to("/hook", &format!("{base}/hook"));
    let rig = Rig::new(WebhookLayer::new(acme, secret()).unwrap(), at(BASE));
    let mut report = Report::default();
    report.note(
        rig.check("13: the last", at(BASE).request(), Forwarded)
            .await,
    );
    let request = at(other).request();
    report.note(rig.check("13: the first", request, MISMATCH).await);
    report.finish();
}

// ===== over real sockets =====

/// What came back over a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Got {
    /// 403, by the layer.
    Mismatch,
    /// 400, by the layer.
    Refused,
    Served,
    /// The server did not even ask the layer.
    Unasked,
}

use Got::{Mismatch, Refused, Served, Unasked};

impl Got {
    fn of(status: Option<u16>, body: &[u8]) -> Self {
        let is = |expected| status.is_none_or(|status| status == expected);
        match body {
            b"handled" if is(200) => Served,
            br#"{"error":"Invalid signature"}"# if is(403) => Mismatch,
            br#"{"error":"Invalid request"}"# if is(400) => Refused,
            _ => Unasked,
        }
    }

    fn expect(self, name: &str, expected: Self) -> Result<(), String> {
        if self == expected {
            Ok(())
        } else {
            Err(format!("13: {name:?}: {self:?} and not {expected:?}"))
        }
    }
}

async fn handler(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.into_body().into_bytes(), BODY);
    Ok(Response::new(Full::from("handled")))
}

fn by_connection(head: RequestHead<'_>) -> Option<IpAddr> {
    let info = head.extension::<ConnectInfo<SocketAddr>>()?;
    Some(info.0.ip())
}

fn behind_loopback(headers: ForwardedHeaders) -> PublicUrl {
    let networks = ["127.0.0.0/8"];
    PublicUrl::danger_trust_proxy(BASES, networks, headers, by_connection).unwrap()
}

/// A hyper server that tells the layer the peer as axum does.
async fn serve(url: PublicUrl) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = layer(url).layer(service_fn(handler));
    tokio::spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            let mut service = service.clone();
            let service = service_fn(move |mut request: Request<_>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                service.call(request)
            });
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                    .await;
            });
        }
    });
    address
}

/// Sends this target (and version), these lines, and [`BODY`] signed for `url`.
async fn http1(address: SocketAddr, head: &str, url: &str) -> Got {
    let (target, lines) = head.split_once('\n').unwrap_or((head, ""));
    let version = if target.contains(' ') {
        ""
    } else {
        " HTTP/1.1"
    };
    let (signature, length) = (signature("POST", url, BODY), BODY.len());
    let head = format!(
        "POST {target}{version}\n{lines}\nx-acme-signature: {signature}\n\
         content-length: {length}\nconnection: close\n\n"
    );
    let head = head.replace("\n\nx-", "\nx-").replace('\n', "\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = [head.as_bytes(), BODY].concat();
        stream.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let answer = timeout(Duration::from_secs(20), exchange).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    Got::of(Some(status), body.as_bytes())
}

/// 13: HTTP/1, byte by byte. Hyper passes on what it is sent, two hosts and all, if only the target
/// has a form.
#[tokio::test]
async fn selects_the_base_over_http1() {
    let fixed = [
        ("/hook?x=1\nhost: hooks.example.com", Served),
        ("/hook?x=1\nhost: evil.example", Served),
        ("http://evil.example/hook?x=1\nhost: evil.example", Served),
        ("/hook?x=1\nhost: evil.example\nHost: a.example", Served),
        ("/hook?x=1 HTTP/1.0", Served),
        ("/hook?x=1#top\nhost: hooks.example.com", Served),
        ("/hook\nhost: hooks.example.com", Mismatch),
        ("/hook?x=1&\nhost: hooks.example.com", Mismatch),
        ("/%68ook?x=1\nhost: hooks.example.com", Mismatch),
        ("hooks.example.com:443\nhost: hooks.example.com", Refused),
        ("hook?x=1\nhost: hooks.example.com", Unasked),
        ("@evil.example/hook?x=1\nhost: hooks.example.com", Unasked),
    ];
    let by_host = [
        ("/hook?x=1\nhost: hooks.example.com", Served),
        ("/hook?x=1\nHOST:   hooks.example.com:443 ", Served),
        ("http://hooks.example.com/hook?x=1", Served),
        (
            "http://hooks.example.com/hook?x=1\nhost: hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\nhost: hooks.example.com\nHost: hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\nhost: hooks.example.com\nHost: plain.example",
            Refused,
        ),
        (
            "/hook?x=1\nHost: plain.example\nhost: hooks.example.com",
            Refused,
        ),
        (
            "http://plain.example/hook?x=1\nhost: hooks.example.com",
            Refused,
        ),
        ("/hook?x=1\nhost: plain.example", Mismatch),
        ("/hook?x=1\nhost: evil.example", Refused),
        ("/hook?x=1\nhost: hööks.example.com", Refused),
        ("/hook?x=1\nhost:", Refused),
        ("/hook?x=1", Refused),
        ("/hook?x=1 HTTP/1.0", Refused),
    ];
    let proxied = [
        ("/hook?x=1\nx-forwarded-host: hooks.example.com", Served),
        (
            "/hook?x=1\nhost: a\nx-forwarded-host: hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\nx-forwarded-host: hooks.example.com\nX-Forwarded-Host: hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\nx-forwarded-host: hooks.example.com\nX-Forwarded-Host: plain.example",
            Refused,
        ),
        (
            "/hook?x=1\nx-forwarded-host: hooks.example.com, plain.example",
            Refused,
        ),
        (
            "/hook?x=1\nhost: hooks.example.com\nx-forwarded-host: plain.example",
            Mismatch,
        ),
    ];
    let forwarded = [
        (
            "/hook?x=1\nforwarded: proto=https;host=hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\nforwarded: host=hooks.example.com\nForwarded: host=a",
            Refused,
        ),
    ];
    let tables = [
        (PublicUrl::fixed(BASE).unwrap(), &fixed[..]),
        (PublicUrl::by_host(BASES).unwrap(), &by_host),
        (behind_loopback(ForwardedHeaders::XForwarded), &proxied),
        (behind_loopback(ForwardedHeaders::Forwarded), &forwarded),
    ];
    let mut report = Report::default();
    for (url, rows) in tables {
        let address = serve(url).await;
        for (head, expected) in rows {
            let got = http1(address, head, URLS[0]).await;
            report.note(got.expect(head, *expected));
        }
    }
    report.finish();
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head, payload].concat()
}

/// Sends this `:path`, these lines as fields, and [`BODY`] signed for `url`: no client would.
async fn http2(address: SocketAddr, head: &str, url: &str) -> Got {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;

    let (path, lines) = head.split_once('\n').unwrap_or((head, ""));
    let signature = signature("POST", url, BODY);
    let mut fields = vec![(":method", "POST"), (":scheme", "https"), (":path", path)];
    fields.extend(lines.lines().map(|line| line.split_once(": ").unwrap()));
    fields.push(("x-acme-signature", &signature));
    let mut block = Vec::new();
    for (name, value) in fields {
        // A literal without a place in the table (RFC 7541, 6.2.2), shorter than 127 bytes.
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    let request = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS, 1, &block),
        frame(DATA, END_STREAM, 1, BODY),
    ];
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&request.concat()).await.unwrap();
        let mut body = Vec::new();
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let [a, b, c, kind, flags, ..] = head;
            let length = u32::from_be_bytes([0, a, b, c]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
            match kind {
                RST_STREAM | GOAWAY => return Vec::new(),
                DATA => body.extend_from_slice(&payload),
                _ => {}
            }
            if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
                return body;
            }
        }
    };
    let body = timeout(Duration::from_secs(20), exchange).await.unwrap();
    // The status is in the compressed head; the body is that of one class alone.
    Got::of(None, &body)
}

/// 13: HTTP/2, with a `Host` beside `:authority`, instead of it, and with neither.
#[tokio::test]
async fn selects_the_base_over_http2() {
    let fixed = [
        ("/hook?x=1\n:authority: hooks.example.com", Served),
        ("/hook?x=1\n:authority: evil.example", Served),
        (
            "/hook?x=1\n:authority: evil.example\nhost: a.example",
            Served,
        ),
        ("/hook?x=1", Served),
        ("/hook\n:authority: hooks.example.com", Mismatch),
        ("\n:authority: hooks.example.com", Unasked),
    ];
    let by_host = [
        ("/hook?x=1\n:authority: hooks.example.com", Served),
        (
            "/hook?x=1\n:authority: hooks.example.com\nhost: hooks.example.com",
            Served,
        ),
        ("/hook?x=1\nhost: hooks.example.com", Served),
        (
            "/hook?x=1\n:authority: hooks.example.com\nhost: plain.example",
            Refused,
        ),
        (
            "/hook?x=1\n:authority: plain.example\nhost: hooks.example.com",
            Refused,
        ),
        (
            "/hook?x=1\nhost: hooks.example.com\nhost: plain.example",
            Refused,
        ),
        ("/hook?x=1\n:authority: plain.example", Mismatch),
        ("/hook?x=1\n:authority: evil.example", Refused),
        ("/hook?x=1\n:authority: user@hooks.example.com", Refused),
        ("/hook?x=1", Refused),
        (
            "/hook?x=1\n:authority: hooks.example.com\nx-forwarded-host: plain.example",
            Served,
        ),
    ];
    let proxied = [
        (
            "/hook?x=1\n:authority: a\nhost: b\nx-forwarded-host: hooks.example.com",
            Served,
        ),
        (
            "/hook?x=1\n:authority: hooks.example.com\nx-forwarded-host: plain.example",
            Mismatch,
        ),
    ];
    let tables = [
        (PublicUrl::fixed(BASE).unwrap(), &fixed[..]),
        (PublicUrl::by_host(BASES).unwrap(), &by_host),
        (behind_loopback(ForwardedHeaders::XForwarded), &proxied),
    ];
    let mut report = Report::default();
    for (url, rows) in tables {
        let address = serve(url).await;
        for (head, expected) in rows {
            let got = http2(address, head, URLS[0]).await;
            report.note(got.expect(head, *expected));
        }
    }
    report.finish();
}

/// 13: a `:path` without its slash, put behind the base, makes a URL of another host or prefix.
/// `http` takes such a path up to its version 1.4, and still takes the asterisk.
#[tokio::test]
async fn rejects_a_path_without_a_slash() {
    let mut report = Report::default();
    for base in [BASE, "https://hooks.example.com/api"] {
        let address = serve(PublicUrl::fixed(base).unwrap()).await;
        for path in [
            "@evil.example/hook",
            ":443@evil.example/hook",
            ".evil.example/hook",
            "evil.example/hook",
            ":8443/hook",
            "-v2/hook",
            "*",
        ] {
            let url = format!("{base}{path}");
            let head = format!("{path}\n:authority: hooks.example.com");
            let served = http2(address, &head, &url).await == Served;
            report.note(if served {
                Err(format!("13: {path} served as signed for {url}"))
            } else {
                Ok(())
            });
        }
    }
    report.finish();
}

/// 13: axum says who the peer is, and takes the prefix of a nested router off the path: the base
/// puts it back, where the layer is inside.
#[tokio::test]
async fn verifies_signed_urls_in_axum() {
    async fn serve(router: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    let hook = || Router::new().route("/hook", post(|| async { "handled" }));
    let inside = |url| Router::new().nest("/api", hook().layer(layer(url)));
    let outside = |url| Router::new().nest("/api", hook()).layer(layer(url));
    let com = "https://hooks.example.com/api/hook?x=1";
    let org = "https://hooks.example.org:8443/api/hook?x=1";
    let bases = [
        "https://hooks.example.com/api",
        "https://hooks.example.org:8443/api",
    ];
    let trusting = |network: &str| {
        let headers = ForwardedHeaders::XForwarded;
        PublicUrl::danger_trust_proxy(bases, [network], headers, by_connection).unwrap()
    };
    let direct = "/api/hook?x=1\nhost: hooks.example.com";
    let absolute = "http://hooks.example.com/api/hook?x=1\nhost: hooks.example.com";
    let passed_on =
        "/api/hook?x=1\nhost: hooks.example.com\nx-forwarded-host: hooks.example.org:8443";
    let fixed = [
        (direct, com, Served),
        (absolute, com, Served),
        (passed_on, com, Served),
        (direct, URLS[0], Mismatch),
    ];
    // A base without the prefix makes a URL that no sender knows.
    let bare = [(direct, com, Mismatch), (absolute, com, Mismatch)];
    let by_host = [
        (direct, com, Served),
        (absolute, com, Served),
        (passed_on, com, Served),
        (passed_on, org, Mismatch),
    ];
    let proxied = [
        (direct, com, Served),
        (passed_on, org, Served),
        (passed_on, com, Mismatch),
    ];
    let elsewhere = [(passed_on, com, Served), (passed_on, org, Mismatch)];
    let around = [(direct, com, Served), (absolute, com, Served)];
    let tables = [
        (inside(PublicUrl::fixed(bases[0]).unwrap()), &fixed[..]),
        (inside(PublicUrl::fixed(BASE).unwrap()), &bare),
        (outside(PublicUrl::fixed(BASE).unwrap()), &around),
        (inside(PublicUrl::by_host(bases).unwrap()), &by_host),
        (inside(trusting("127.0.0.1")), &proxied),
        (inside(trusting("192.0.2.0/24")), &elsewhere),
    ];
    let mut report = Report::default();
    for (router, rows) in tables {
        let address = serve(router).await;
        for (head, url, expected) in rows {
            let got = http1(address, head, url).await;
            report.note(got.expect(&format!("{head} for {url}"), *expected));
        }
    }
    report.finish();
}

//! [attacks]: attacks
//! [choosing-a-scheme]: choosing_a_scheme
//! [deduplication]: deduplication
//! [getting-started]: getting_started
//! [keys-and-tenants]: keys_and_tenants
//! [layer-order]: layer_order
//! [migrating]: migrating
//! [proxies-and-signed-urls]: proxies_and_signed_urls
//! [scaling]: scaling
//! [sending]: sending
//! [testing]: testing
//! [troubleshooting]: troubleshooting
#![doc = include_str!("../docs/guide/README.md")]

/// Renders one file of `docs/guide`.
///
/// The files define their links with paths in the repository. The definitions here come first, and
/// Markdown uses the first one, so that the links lead to the documentation instead.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = "[attacks]: crate::guide::attacks"]
        #[doc = "[attacks-handshakes]: crate::guide::attacks#signing-oracles"]
        #[doc = "[choosing-a-scheme]: crate::guide::choosing_a_scheme"]
        #[doc = "[deduplication]: crate::guide::deduplication"]
        #[doc = "[getting-started]: crate::guide::getting_started"]
        #[doc = "[keys-and-tenants]: crate::guide::keys_and_tenants"]
        #[doc = "[layer-order]: crate::guide::layer_order"]
        #[doc = "[migrating]: crate::guide::migrating"]
        #[doc = "[proxies-and-signed-urls]: crate::guide::proxies_and_signed_urls"]
        #[doc = "[scaling]: crate::guide::scaling"]
        #[doc = "[sending]: crate::guide::sending"]
        #[doc = "[testing]: crate::guide::testing"]
        #[doc = "[troubleshooting]: crate::guide::troubleshooting"]
        #[doc = "[capacity]: crate::guide::capacity"]
        #[doc = "[providers]: crate::providers"]
        #[doc = "[`AbuseSuite`]: crate::testing::AbuseSuite"]
        #[doc = "[`DedupeLayer`]: crate::DedupeLayer"]
        #[doc = "[`DedupeStore`]: crate::dedupe::DedupeStore"]
        #[doc = "[`DeliveryRetry`]: crate::sign::DeliveryRetry"]
        #[doc = "[`Doctor`]: crate::diagnose::Doctor"]
        #[doc = "[`KeyCache`]: crate::keys::KeyCache"]
        #[doc = "[`KeyFetcher`]: crate::keys::KeyFetcher"]
        #[doc = "[`KeyHandle`]: crate::keys::KeyHandle"]
        #[doc = "[`KeySource`]: crate::keys::KeySource"]
        #[doc = "[`Keys`]: crate::Keys"]
        #[doc = "[`MemoryBudget`]: crate::webhook::MemoryBudget"]
        #[doc = "[`MemoryStore`]: crate::dedupe::MemoryStore"]
        #[doc = "[`PublicUrl`]: crate::PublicUrl"]
        #[doc = "[`RedisStore`]: crate::dedupe::RedisStore"]
        #[doc = "[`Rejection`]: crate::Rejection"]
        #[doc = "[`RejectionKind`]: crate::rejection::RejectionKind"]
        #[doc = "[`RemoteKeys`]: crate::keys::RemoteKeys"]
        #[doc = "[`Scheme`]: crate::Scheme"]
        #[doc = "[`SchemeBuilder`]: crate::scheme::SchemeBuilder"]
        #[doc = "[`Secret`]: crate::Secret"]
        #[doc = "[`SignLayer`]: crate::sign::SignLayer"]
        #[doc = "[`Signer`]: crate::sign::Signer"]
        #[doc = "[`TestClock`]: crate::testing::TestClock"]
        #[doc = "[`TestSender`]: crate::testing::TestSender"]
        #[doc = "[`Verified`]: crate::Verified"]
        #[doc = "[`Verifier`]: crate::Verifier"]
        #[doc = "[`WebhookLayer`]: crate::WebhookLayer"]
        #[doc = include_str!(concat!("../docs/", $file))]
        pub mod $name {}
    };
}

page!(getting_started, "guide/getting-started.md");
page!(choosing_a_scheme, "guide/choosing-a-scheme.md");
page!(keys_and_tenants, "guide/keys-and-tenants.md");
page!(deduplication, "guide/deduplication.md");
page!(proxies_and_signed_urls, "guide/proxies-and-signed-urls.md");
page!(layer_order, "guide/layer-order.md");
page!(testing, "guide/testing.md");
page!(troubleshooting, "guide/troubleshooting.md");
page!(sending, "guide/sending.md");
page!(scaling, "guide/scaling.md");
page!(attacks, "guide/attacks.md");
page!(migrating, "guide/migrating.md");
page!(capacity, "SCALE.md");

//! Which article a URL means: the URL without trackers, the canonical one, the AMP pair, the
//! provider, the key of the article, and the name of its record.
//!
//! Nothing here makes a request. [`UrlRules`] unwraps redirectors whose target is in the URL and
//! drops tracking parameters; [`identify`] weighs what a page claims about itself;
//! [`canonical_key`] turns the result into the text that [`article_id`] hashes.
//!
//! # Rule files
//!
//! A site can load rule files of three formats, and write its own in any of them:
//!
//! - `ClearURLs` ([`UrlRules::add_clearurls`]):
//!   `{"providers": {"NAME": {"urlPattern": "…", "rules": ["…"], "rawRules": ["…"],
//!   "exceptions": ["…"], "redirections": ["…"]}}}`,
//!   all case-insensitive regular expressions. `rules` are compared with whole parameter names in
//!   query and fragment; `rawRules` cut text out of the URL; the first group of a `redirections`
//!   pattern is the target. A pattern that begins `^https?:\/\/(?:[a-z0-9-]+\.)*?name\.` is looked
//!   up by `name` and costs nothing for other hosts.
//! - Brave parameters ([`UrlRules::add_brave_params`]):
//!   `[{"include": ["*://*.shop.example/*"], "exclude": [], "params": ["ref"]}]`, exact names at
//!   URLs of these forms.
//! - Brave redirectors ([`UrlRules::add_brave_debounce`]):
//!   `[{"include": ["*://go.example/r?*"], "action": "redirect", "param": "to"}]`; the action is
//!   `redirect`, `base64,redirect`, `regex-path` or `regex-path-template` (with
//!   `redirect_url_template`), and `prepend_scheme` completes a target without scheme.

pub mod amp;
mod base;
mod brave;
mod claims;
mod clearurls;
mod key;
mod outbound_links;
mod plausible;
mod provider;
mod query;
mod redirectors;
mod rule_error;
mod rules;
mod shape;
mod slug;
mod target;

pub use claims::{Claims, Identity, identify};
pub use key::{article_id, canonical_key};
pub use outbound_links::outbound_links;
pub use provider::provider_domain;
pub use rule_error::RuleError;
pub use rules::{CleanUrl, UrlRules};
pub use slug::slug;

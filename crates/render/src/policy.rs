//! The content security policy of pages (CSP 3).

/// Styles come from the site only, and no script runs. Images may come from their publishers'
/// hosts.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; \
     base-uri 'none'";

/// The policy of a site that counts followed links: pings are connections (CSP 3 §6.1.2).
const POLICY_WITH_BEACON: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'";

/// The content security policy in the head of every page, so that it applies wherever the file is
/// served from. It leaves out what only a header can set (`frame-ancestors`).
pub const fn content_policy(has_beacon: bool) -> &'static str {
    if has_beacon { POLICY_WITH_BEACON } else { POLICY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_fits_in_an_attribute_and_has_no_directive_that_only_a_header_can_set() {
        for policy in [content_policy(false), content_policy(true)] {
            assert!(!policy.contains(['"', '<', '>', '&']) && !policy.contains("unsafe"), "{policy}");
            for only_header in ["frame-ancestors", "sandbox", "report-"] {
                assert!(!policy.contains(only_header), "{policy}");
            }
        }
        assert!(content_policy(true).contains("; connect-src 'self';"));
    }
}

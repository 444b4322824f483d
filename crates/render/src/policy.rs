//! What a page may do in a browser (CSP 3).

/// Styles come from one file and no script runs at all. Images may still stand on their publishers' hosts.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; \
     base-uri 'none'";

/// The same where browsers may tell which links were followed: pings are connections (CSP 3 §6.1.2).
const POLICY_WITH_BEACON: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'";

/// The content security policy that every page carries in its head, so that it holds wherever the file is served from.
/// What only a header can say (`frame-ancestors`) is not in it.
pub const fn content_policy(has_beacon: bool) -> &'static str {
    if has_beacon { POLICY_WITH_BEACON } else { POLICY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_can_stand_in_an_attribute_and_says_nothing_that_only_a_header_can() {
        for policy in [content_policy(false), content_policy(true)] {
            assert!(!policy.contains(['"', '<', '>', '&']) && !policy.contains("unsafe"), "{policy}");
            for only_header in ["frame-ancestors", "sandbox", "report-"] {
                assert!(!policy.contains(only_header), "{policy}");
            }
        }
        assert!(content_policy(true).contains("; connect-src 'self';"));
    }
}

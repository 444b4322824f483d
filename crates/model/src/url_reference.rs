//! Relative references (RFC 3986 §5.2) are resolved in the text itself, so that URLs keep their
//! spelling.

/// The absolute form of a reference: the trimmed reference itself if it is absolute or the base is
/// unusable.
pub fn resolve_reference(base: Option<&str>, reference: &str) -> String {
    let reference = reference.trim();
    let Some(base) = base.and_then(Parts::of) else { return reference.to_owned() };
    if scheme_of(reference).is_some() {
        return reference.to_owned();
    }
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{}://{rest}", base.scheme);
    }
    let Parts { scheme, authority, path, query } = base;
    let origin = format!("{scheme}://{authority}");
    if reference.is_empty() {
        return format!("{origin}{path}{query}");
    }
    if reference.starts_with('#') {
        return format!("{origin}{path}{query}{reference}");
    }
    if reference.starts_with('?') {
        return format!("{origin}{path}{reference}");
    }
    let split = reference.find(['?', '#']).unwrap_or(reference.len());
    let (new_path, tail) = reference.split_at(split);
    if new_path.starts_with('/') {
        return format!("{origin}{}{tail}", without_dots(new_path));
    }
    let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
    format!("{origin}{}{tail}", without_dots(&format!("{folder}{new_path}")))
}

/// Whether a reference is an absolute URL, with any scheme.
pub fn is_absolute_reference(reference: &str) -> bool {
    scheme_of(reference.trim()).is_some()
}

/// Whether a text can be one segment of a URL path and the name of a folder on any file system,
/// unescaped.
pub fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && !text.starts_with('.')
        && !text.ends_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let url = url.trim();
        let scheme = scheme_of(url)?;
        let rest = url[scheme.len() + 1..].strip_prefix("//")?;
        let rest = &rest[..rest.find('#').unwrap_or(rest.len())];
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_end);
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        Some(Self { scheme, authority, path: if path.is_empty() { "/" } else { path }, query })
    }
}

fn scheme_of(reference: &str) -> Option<&str> {
    let (scheme, _) = reference.split_once(':')?;
    let mut characters = scheme.bytes();
    (characters.next()?.is_ascii_alphabetic()
        && characters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')))
    .then_some(scheme)
}

/// Removes `.` and `..` from a path (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_3986() {
        let base = Some("http://a/b/c/d;p?q");
        for (reference, whole) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("", "http://a/b/c/d;p?q"),
            ("..", "http://a/b/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
        ] {
            assert_eq!(resolve_reference(base, reference), whole, "{reference}");
        }
        assert_eq!(resolve_reference(None, " g "), "g");
        assert_eq!(resolve_reference(Some("x.example"), "g"), "g");
        assert_eq!(resolve_reference(Some("http://a"), "À"), "http://a/À");
    }
}

//! Makes a page safe to parse, before any tree is built.
//!
//! The HTML parser has no limits of its own: its cost grows with the square of the nesting, of the
//! attributes of one tag and of the formatting elements left open, and every later walk pays for
//! the depth again. This pass reads the bytes once, in linear time, and copies what extraction can
//! use: scripts other than JSON-LD, styles and comments are dropped (half of a usual page), tags
//! nested too deeply lose their markup but keep their text, and whatever exceeds a count or a size
//! is cut off.
//!
//! It is not a full HTML tokeniser: an escaped `<script>` inside a script's comment is not
//! recognised, and such a page only loses the rest of that script.

use memchr::{memchr, memchr_iter, memmem};

use super::elements::{
    describes_page, has_implied_end, is_block, is_formatting, is_raw, is_void, keep_attributes,
};
use crate::extract::text::prefix;

/// Maximum bytes of a page that are read. The largest real articles with everything inlined have
/// about 5 MB.
const MAX_BYTES: usize = 8 << 20;
/// Maximum bytes of the reduced page that are parsed: text and markup without scripts.
const MAX_KEPT: usize = 2 << 20;
/// Maximum depth of open elements; real pages stay below 100.
const MAX_DEPTH: usize = 512;
/// Maximum number of elements of one page.
const MAX_ELEMENTS: usize = 40_000;
/// Maximum number of attributes of one tag, and maximum bytes of one tag.
const MAX_ATTRIBUTES: usize = 64;
const MAX_TAG: usize = 16 << 10;
/// Bytes from which a tag is filtered attribute by attribute.
const LONG_TAG: usize = 48;
/// Maximum number of open formatting elements: the parser reopens all of them in every new block.
const MAX_FORMATTING: usize = 24;
/// Maximum number of named character references: the parser looks each of them up character by
/// character.
const MAX_REFERENCES: usize = 20_000;
/// Maximum number of JSON-LD blocks, and maximum bytes of one.
const MAX_JSON_LD: usize = 64;
const MAX_JSON_LD_BYTES: usize = 1 << 20;

/// One open element.
struct OpenElement {
    name: [u8; 12],
    kept: bool,
    formatting: bool,
}

/// The page, cut to what can be parsed in bounded time.
pub(in crate::extract) fn reduced(html: &str) -> String {
    let html = prefix(html, MAX_BYTES);
    Reducer {
        html,
        out: String::with_capacity(html.len() / 2),
        open: Vec::new(),
        formatting: 0,
        elements: 0,
        json_ld: 0,
        references: 0,
        behind_block: false,
    }
    .run()
}

struct Reducer<'a> {
    html: &'a str,
    out: String,
    open: Vec<OpenElement>,
    formatting: usize,
    elements: usize,
    json_ld: usize,
    references: usize,
    /// Whether the last thing kept was the tag of a block element.
    behind_block: bool,
}

impl Reducer<'_> {
    fn run(mut self) -> String {
        let html = self.html;
        let mut at = 0;
        while at < html.len() && self.out.len() < MAX_KEPT && self.elements < MAX_ELEMENTS {
            let Some(found) = memchr(b'<', &html.as_bytes()[at..]) else {
                self.keep_words(&html[at..]);
                break;
            };
            let tag = at + found;
            self.keep_text(&html[at..tag], tag);
            at = self.markup(tag);
        }
        self.out
    }

    /// Keeps the text before the tag at `next`. White space that only indents the source is dropped
    /// beside a block tag, and becomes one character elsewhere: otherwise it would be a third of
    /// the tree's nodes.
    fn keep_text(&mut self, text: &str, next: usize) {
        if text.is_empty() {
            return;
        }
        if !text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            self.behind_block = false;
            self.keep_words(text);
        } else if !(self.behind_block || is_block_tag(self.html, next)) || self.in_pre() {
            self.keep(if text.contains('\n') { "\n" } else { " " });
        }
    }

    /// Keeps text with words in it; references beyond the limit lose their `&`.
    fn keep_words(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let named = |at: &usize| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        let mut from = 0;
        for at in memchr_iter(b'&', bytes).filter(named) {
            self.references += 1;
            if self.references > MAX_REFERENCES {
                self.keep(&text[from..at]);
                from = at + 1;
            }
        }
        self.keep(&text[from..]);
    }

    fn in_pre(&self) -> bool {
        self.open.iter().rev().take(32).any(|open| unpadded(&open.name) == b"pre")
    }

    fn keep(&mut self, text: &str) {
        let room = MAX_KEPT.saturating_sub(self.out.len());
        self.out.push_str(prefix(text, room));
    }

    /// Handles what begins at the `<` at `at`; returns where to continue.
    fn markup(&mut self, at: usize) -> usize {
        let html = self.html;
        let rest = &html.as_bytes()[at..];
        if rest.starts_with(b"<!--") {
            return memmem::find(&rest[4..], b"-->").map_or(html.len(), |end| at + 4 + end + 3);
        }
        match rest.get(1) {
            Some(b'!' | b'?') => {
                let end = memchr(b'>', rest).map_or(html.len(), |end| at + end + 1);
                if rest.get(2).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'd')) {
                    self.keep(&html[at..end]);
                }
                end
            }
            Some(b'/') => {
                self.behind_block = is_block_tag(self.html, at);
                self.end_tag(at)
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                self.behind_block = is_block_tag(self.html, at);
                self.start_tag(at)
            }
            _ => {
                self.keep("<");
                at + 1
            }
        }
    }

    fn end_tag(&mut self, at: usize) -> usize {
        let html = self.html;
        let end = memchr(b'>', &html.as_bytes()[at..]).map_or(html.len(), |end| at + end + 1);
        let name = name_at(html, at + 2);
        // Only near the top: a stray end tag would close everything above its element, which the
        // parser refuses too (scopes), and the search stays cheap.
        let near = self.open.len().saturating_sub(32);
        let Some(index) =
            self.open[near..].iter().rposition(|open| open.name == name).map(|index| index + near)
        else {
            self.keep(&html[at..end]);
            return end;
        };
        let kept = self.open[index].kept;
        self.close_from(index);
        if kept {
            self.keep(&html[at..end]);
        }
        end
    }

    fn close_from(&mut self, index: usize) {
        for open in self.open.drain(index..) {
            if open.formatting {
                self.formatting = self.formatting.saturating_sub(1);
            }
        }
    }

    fn start_tag(&mut self, at: usize) -> usize {
        let html = self.html;
        let tag = Tag::read(html, at);
        let name = name_at(html, at + 1);
        let plain = unpadded(&name);
        if is_raw(plain) {
            return self.raw_element(at, &tag, name);
        }
        if plain == b"noscript" && holds_article(html, tag.end) {
            // Without scripts the whole article is in there; the parser ignores the end tag left
            // alone.
            return tag.end;
        }
        if plain == b"link" && !describes_page(&html[at..tag.end]) {
            return tag.end;
        }
        if is_void(plain) || tag.closed_itself(html) {
            self.keep_tag(at, &tag);
            return tag.end;
        }
        if has_implied_end(plain) && self.open.last().is_some_and(|open| open.name == name) {
            self.close_from(self.open.len() - 1);
        }
        let formatting = is_formatting(plain);
        let kept = self.open.len() < MAX_DEPTH && !(formatting && self.formatting >= MAX_FORMATTING);
        if kept {
            self.keep_tag(at, &tag);
        }
        // Dropped elements are tracked too while there is room, so that their end tags are dropped.
        if self.open.len() < 4 * MAX_DEPTH {
            self.formatting += usize::from(formatting && kept);
            self.open.push(OpenElement { name, kept, formatting: formatting && kept });
        }
        tag.end
    }

    fn keep_tag(&mut self, at: usize, tag: &Tag) {
        self.elements += 1;
        let text = &self.html[at..tag.kept_end];
        if text.len() < LONG_TAG || self.out.len() + text.len() > MAX_KEPT {
            self.keep(text);
        } else {
            keep_attributes(text, &mut self.out);
        }
        if tag.kept_end < tag.end || !self.out.ends_with('>') {
            self.keep(">");
        }
    }

    /// Elements with raw content: titles are kept, scripts only if they are JSON-LD, frames without
    /// content.
    fn raw_element(&mut self, at: usize, tag: &Tag, name: [u8; 12]) -> usize {
        let html = self.html;
        let (content_end, end) = raw_end(html, tag.end, &name);
        let text = &html[tag.end..content_end];
        match unpadded(&name) {
            b"script" if is_json_ld(&html[at..tag.end]) => {
                self.json_ld += 1;
                if self.json_ld <= MAX_JSON_LD && text.len() <= MAX_JSON_LD_BYTES {
                    self.out.push_str("<script type=\"application/ld+json\">");
                    self.keep(text);
                    self.out.push_str("</script>");
                }
            }
            b"title" => {
                self.out.push_str("<title>");
                self.keep(prefix(text, 2000));
                self.out.push_str("</title>");
            }
            b"iframe" => {
                self.keep_tag(at, tag);
                self.out.push_str("</iframe>");
            }
            _ => {}
        }
        end
    }
}

/// A start tag: where it ends, and where the kept part of it ends.
struct Tag {
    end: usize,
    kept_end: usize,
}

impl Tag {
    /// Reads from the `<` at `at`, respecting quotes. A tag without an end extends to the end of
    /// the page.
    fn read(html: &str, at: usize) -> Self {
        let bytes = html.as_bytes();
        let (mut index, mut quote, mut attributes) = (at + 1, None, 0_usize);
        let (mut kept_end, mut value_next) = (None, false);
        while index < bytes.len() {
            let byte = bytes[index];
            match quote {
                Some(mark) => {
                    let Some(close) = memchr(mark, &bytes[index..]) else {
                        index = bytes.len();
                        break;
                    };
                    index += close;
                    quote = None;
                }
                None => match byte {
                    b'>' => {
                        index += 1;
                        return Self { end: index, kept_end: kept_end.unwrap_or(index) };
                    }
                    b'"' | b'\'' if value_next => quote = Some(byte),
                    b'=' => {
                        value_next = true;
                        index += 1;
                        continue;
                    }
                    byte if byte.is_ascii_whitespace() => {
                        if !value_next {
                            attributes += 1;
                        }
                        let too_much = attributes > MAX_ATTRIBUTES || index - at > MAX_TAG;
                        if too_much && kept_end.is_none() && !value_next {
                            kept_end = Some(index);
                        }
                        index += 1;
                        continue;
                    }
                    _ => {}
                },
            }
            value_next = quote.is_some();
            index += 1;
        }
        // Unfinished: nothing of it can be trusted.
        Self { end: index.min(bytes.len()), kept_end: at }
    }

    fn closed_itself(&self, html: &str) -> bool {
        // Only foreign elements are self-closing; HTML elements with a slash stay open, but
        // `<path/>` and the like are far more frequent, and a wrong guess costs no more than a
        // count.
        self.kept_end == self.end && html.as_bytes()[..self.end].ends_with(b"/>") && {
            let inside = &html[..self.end - 2];
            inside.ends_with(['"', '\'', ' '])
        }
    }
}

/// The lower-case name that begins at `at`, padded with zeros; long names are cut, which only makes
/// custom elements with a long common prefix look alike.
fn name_at(html: &str, at: usize) -> [u8; 12] {
    let mut name = [0; 12];
    let bytes = html.as_bytes().get(at..).unwrap_or_default();
    for (slot, byte) in name.iter_mut().zip(bytes) {
        if byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/') {
            break;
        }
        *slot = byte.to_ascii_lowercase();
    }
    name
}

/// Whether the start or end tag at `at` is of an element beside which white space has no effect.
fn is_block_tag(html: &str, at: usize) -> bool {
    let name = name_at(html, at + if html.as_bytes().get(at + 1) == Some(&b'/') { 2 } else { 1 });
    std::str::from_utf8(unpadded(&name)).is_ok_and(|name| {
        is_block(name) || matches!(name, "meta" | "link" | "head" | "title" | "br" | "option")
    })
}

fn unpadded(name: &[u8; 12]) -> &[u8] {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    &name[..end]
}

/// Whether a `noscript` that begins at `from` holds the article, not an image or a notice.
fn holds_article(html: &str, from: usize) -> bool {
    let inside = prefix(&html[from..], 64 << 10);
    let Some(end) = memmem::find(inside.as_bytes(), b"</noscript").filter(|end| *end > 600) else {
        return false;
    };
    let (mut visible, mut in_tag) = (0, false);
    for byte in &inside.as_bytes()[..end] {
        match byte {
            b'<' => in_tag = true,
            b'>' => in_tag = false,
            byte if !in_tag && !byte.is_ascii_whitespace() => visible += 1,
            _ => {}
        }
    }
    visible > 600 && visible * 2 > end
}

fn is_json_ld(tag: &str) -> bool {
    tag.to_ascii_lowercase().contains("ld+json")
}

/// Where the raw content that begins at `from` ends, and where its end tag ends.
fn raw_end(html: &str, from: usize, name: &[u8; 12]) -> (usize, usize) {
    let bytes = html.as_bytes();
    let name = unpadded(name);
    let mut at = from;
    while let Some(found) = memmem::find(&bytes[at..], b"</") {
        let tag = at + found;
        let candidate = bytes.get(tag + 2..tag + 2 + name.len()).unwrap_or_default();
        if candidate.eq_ignore_ascii_case(name) {
            let end = memchr(b'>', &bytes[tag..]).map_or(bytes.len(), |end| tag + end + 1);
            return (tag, end);
        }
        at = tag + 2;
    }
    (bytes.len(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_styles_and_comments_are_dropped_and_json_ld_kept() {
        let page = "<!DOCTYPE html><head><title>A &lt; B</title><script>if (a<b) {\"</p>\"}</script>\
            <style>p{}</style><script type='application/ld+json'>{\"a\":1}</script></head><!-- x --><p class='a>b'>Text</p>";
        assert_eq!(
            reduced(page),
            "<!DOCTYPE html><head><title>A &lt; B</title><script type=\"application/ld+json\">{\"a\":1}</script></head>\
             <p class='a>b'>Text</p>"
        );
    }

    #[test]
    fn text_below_the_depth_limit_survives_without_its_tags() {
        let page = format!("{}deep text{}<p>after</p>", "<div>".repeat(50_000), "</div>".repeat(50_000));
        let thin = reduced(&page);
        assert!(thin.contains("deep text"));
        assert!(thin.matches("<div>").count() <= MAX_DEPTH);
    }

    #[test]
    fn white_space_is_kept_between_words() {
        assert_eq!(
            reduced("<div>\n <p> a <b>b</b> <i>c</i> \n</p>\n\n<pre>\n <b>x</b>\n </pre> \n</div>"),
            "<div><p> a <b>b</b> <i>c</i></p><pre>\n<b>x</b>\n</pre></div>"
        );
    }

    #[test]
    fn references_are_bounded() {
        let thin = reduced(&"&eacute;".repeat(MAX_REFERENCES + 2));
        assert_eq!(thin.matches('&').count(), MAX_REFERENCES);
        assert!(thin.ends_with("eacute;eacute;"));
        assert_eq!(reduced("a &amp; b &#38; c & d"), "a &amp; b &#38; c & d");
    }

    #[test]
    fn attributes_are_cut_between_two() {
        let page = format!("<p {}>text</p>", "a='1 2' ".repeat(50_000));
        let thin = reduced(&page);
        assert!(thin.ends_with(">text</p>"), "{}", &thin[thin.len() - 40..]);
        assert!(thin.len() < 1000);
    }

    #[test]
    fn formatting_elements_left_open_are_bounded() {
        let page: String = (0..5000).map(|n| format!("<p><font size={n}>x")).collect();
        assert!(reduced(&page).matches("<font").count() <= MAX_FORMATTING);
    }

    #[test]
    fn unfinished_markup_does_no_harm() {
        for page in
            ["<", "</", "<!", "<!--", "<p class='", "<script>", "<script", "a<b", "<title>x", "é<é", "<p/"]
        {
            let _ = reduced(page);
        }
    }
}

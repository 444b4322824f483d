//! What of a chosen block is not the article: share bars, newsletter boxes, related links, cookie texts,
//! author boxes, comments, advertisements.

use std::sync::LazyLock;

use dom_query::{NodeId, NodeRef};
use regex::Regex;
use rustc_hash::FxHashSet;

use super::{
    dom::{self, Step, Visit},
    marks::{self, Says},
    measure::{Weight, Weights},
    text::comparable,
};

/// An element with more than this share of the block's prose is the article, whatever it is called.
const TOO_MUCH: f32 = 0.45;

/// The subtrees of `root` that are not the article.
pub(super) fn pruned(root: NodeRef<'_>, weights: &Weights, title: &str) -> FxHashSet<NodeId> {
    let mut pruner = Pruner {
        root: root.id,
        whole: weights.of(&root),
        weights,
        title: comparable(title),
        dropped: FxHashSet::default(),
        seen: 0,
        headline: None,
        tail: None,
    };
    dom::walk(root, |visit, node| pruner.visit(visit, node));
    if let Some(headline) = pruner.headline.and_then(|id| root.tree.get(&id)) {
        drop_before(headline, root.id, &mut pruner.dropped);
    }
    pruner.dropped
}

/// Drops what stands before a node: the elder siblings of it and of what holds it.
fn drop_before(node: NodeRef<'_>, root: NodeId, dropped: &mut FxHashSet<NodeId>) {
    let mut at = Some(node);
    while let Some(node) = at.filter(|node| node.id != root) {
        let mut elder = node.prev_sibling();
        while let Some(sibling) = elder {
            dropped.insert(sibling.id);
            elder = sibling.prev_sibling();
        }
        at = node.parent();
    }
}

/// The captions in `root`: they speak of pictures, so they belong to the article's HTML, not to its running text.
pub(super) fn captions(root: NodeRef<'_>, weights: &Weights) -> FxHashSet<NodeId> {
    let mut found = FxHashSet::default();
    let whole = weights.of(&root).prose;
    dom::walk(root, |visit, node| {
        if visit == Visit::Leave || node.is_text() || node.id == root.id {
            return Step::Into;
        }
        let name = dom::name(&node);
        let weight = weights.of(&node);
        if weight.chars == 0 || weight.chars > 600 || weight.prose * 4 > whole {
            return Step::Into;
        }
        let marked = || marks::says(&dom::marks(&node)).any(Says::CAPTION);
        if &*name == "figcaption"
            || !matches!(&*name, "" | "table" | "caption" | "video" | "h1" | "h2" | "h3") && marked()
        {
            found.insert(node.id);
            return Step::Over;
        }
        Step::Into
    });
    found
}

struct Pruner<'w> {
    root: NodeId,
    whole: Weight,
    weights: &'w Weights,
    title: String,
    dropped: FxHashSet<NodeId>,
    /// Letters of running text passed and kept so far.
    seen: u32,
    /// The last heading before the text that says the same as the title.
    headline: Option<NodeId>,
    /// Set behind a heading that ends the article: everything after it goes.
    tail: Option<()>,
}

impl Pruner<'_> {
    fn visit(&mut self, visit: Visit, node: NodeRef<'_>) -> Step {
        if visit == Visit::Leave || node.id == self.root {
            return Step::Into;
        }
        if node.is_text() {
            return Step::Over;
        }
        let name = dom::name(&node);
        if name.is_empty() {
            return Step::Over;
        }
        let weight = self.weights.of(&node);
        let most = self.whole.prose > 0 && weight.prose as f32 > TOO_MUCH * self.whole.prose as f32;
        if !most && (self.tail.is_some() && weight.chars > 0 || self.is_foreign(&node, &name, &weight)) {
            self.dropped.insert(node.id);
            return Step::Over;
        }
        if weight.paragraphs <= 1 && dom::is_block(&name) && weight.prose > 0 {
            self.seen += weight.prose;
            return Step::Into;
        }
        Step::Into
    }

    fn is_foreign(&mut self, node: &NodeRef<'_>, name: &str, weight: &Weight) -> bool {
        if dom::is_silent(name)
            || matches!(name, "nav" | "footer" | "button" | "dialog" | "menu")
            || dom::is_hidden(node)
        {
            return true;
        }
        if matches!(name, "form" | "fieldset") && (weight.inputs > 0 || weight.prose == 0) {
            return true;
        }
        let marks = dom::marks(node);
        if !marks.is_empty() && speaks_of_furniture(&marks) {
            return true;
        }
        if name == "aside" && (weight.link_share() > 0.2 || weight.prose < 200) {
            return true;
        }
        if Self::is_link_list(name, weight) {
            return true;
        }
        let short = weight.chars > 0
            && weight.chars < 260
            && dom::is_block(name)
            && !matches!(name, "table" | "tr" | "td" | "th" | "tbody" | "thead");
        if !short || weight.paragraphs > 1 {
            return false;
        }
        let text = dom::line(*node, 500);
        if matches!(name, "h1" | "h2") && self.seen * 6 < self.whole.prose && self.is_title(&text) {
            self.headline = Some(node.id);
            return true;
        }
        if self.seen == 0 && is_dateline(&text) {
            return true;
        }
        if ends_article(name, &text) && self.seen * 2 > self.whole.prose {
            self.tail = Some(());
            return true;
        }
        is_furniture_text(&text, weight)
    }

    fn is_title(&self, text: &str) -> bool {
        let text = comparable(text);
        text == self.title
            || text.len() > 15
                && (self.title.contains(&text) || text.contains(&self.title) && self.title.len() > 15)
    }

    /// Blocks that are mostly links: lists of other articles, tags, share buttons.
    fn is_link_list(name: &str, weight: &Weight) -> bool {
        if weight.links == 0
            || !matches!(
                name,
                "div"
                    | "section"
                    | "ul"
                    | "ol"
                    | "li"
                    | "table"
                    | "p"
                    | "dl"
                    | "figure"
                    | "article"
                    | "header"
                    | "h2"
                    | "h3"
                    | "h4"
                    | "h5"
            )
        {
            return false;
        }
        let share = weight.link_share();
        match name {
            // A paragraph that is one link is a teaser; one with words around it is a sentence.
            "p" | "h2" | "h3" | "h4" | "h5" | "li" => {
                share > 0.92 && weight.chars > 0 && name != "li" && weight.pictures == 0
            }
            "ul" | "ol" | "dl" => share > 0.75 && weight.links >= 2,
            "figure" => false,
            _ => {
                share > 0.6 && weight.prose == 0
                    || share > 0.5 && weight.links >= 4 && weight.prose * 4 < weight.chars
            }
        }
    }
}

/// Whether class and id name a thing that stands beside an article.
fn speaks_of_furniture(marks: &str) -> bool {
    static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)
            (?:^|[\s_-])(?:
              share|sharing|shares|social|socials|sharedaddy|addthis|addtoany|a2a|sharethis|jp-relatedposts|
              newsletters?|subscribe|subscription|signup|sign-up|mailchimp|mc4wp|optin|
              related|relatedposts|recommended|recommendations?|more-stories|morestories|read-more|readmore|read-next|readnext|also-like|yarpp|outbrain|taboola|trending|popular|most-read|
              comments?|commentlist|disqus|respond|reply|discussion|
              cookies?|gdpr|consent|paywall-?\w*|regwall|
              ads?|advert|adverts|advertisement|advertising|adsbygoogle|ad-\w+|adslot|dfp|gpt-ad|sponsored?|promo|promotion|
              author-(?:bio|box|info|card|about)|about-author|authorbox|author-?bio|bio-box|post-author|byline|
              breadcrumbs?|pagination|pager|post-navigation|nav-links|nav|navbar|menu|sidebar|widget-area|
              tags|tag-list|tagcloud|post-tags|entry-tags|cat-links|tags-links|post-categories|post-meta|entry-meta|article-meta|
              toc|table-of-contents|ez-toc-container|skip-link|screen-reader-text|sr-only|visually-hidden|visuallyhidden|print-only|noprint|no-print|
              toolbar|popup|modal|overlay|tooltip|rating|ratings|votes?|copyright|disclaimer|donate|donation|follow-us|backlink
            )(?:[\s_-]|$)",
        )
        .expect("the pattern is constant")
    });
    FURNITURE.is_match(marks)
}

/// Whether a short text before the article is its date, its byline, or nothing but such.
fn is_dateline(text: &str) -> bool {
    static DATELINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              (?:by|von|par|por|di|edited\ by|written\ by|reviewed\ by|posted\ by|on\ behalf\ of|autor(?:in)?:?|author:?)\b.{0,80}|
              (?:(?:last\ )?(?:updated|published|posted|modified)|veröffentlicht|aktualisiert|publié|publicado|stand|erstellt)\b.{0,60}\d{2,4}.{0,30}|
              .{0,30}\b\d{1,2}(?:st|nd|rd|th|\.)?[\ ./-]*(?:\p{L}{3,10}\.?|\d{1,2})[\ ,./-]*(?:19|20)\d\d\b.{0,40}|
              .{0,30}\b\p{L}{3,10}\.?\ \d{1,2}(?:st|nd|rd|th)?,?\ (?:19|20)\d\d\b.{0,40}|
              (?:19|20)\d\d-\d\d-\d\d.{0,30}
            )$",
        )
        .expect("the pattern is constant")
    });
    let text = text.trim();
    text.chars().count() <= 110 && !text.ends_with(['.', '?', '!', '…', '"', '”']) && DATELINE.is_match(text)
}

/// Headings behind which nothing of the article follows.
fn ends_article(name: &str, text: &str) -> bool {
    static ENDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              related(?:\ (?:articles?|posts?|stories|content|reading|news|topics|links|coverage|resources))?|also\ in\ the\ news|contact\ us(?:\ today)?|get\ in\ touch.{0,40}|tags?|references|sources|footnotes|bibliography|further\ reading|
              quellen(?:angaben|verzeichnis)?|literatur(?:verzeichnis)?|einzelnachweise|fußnoten|anmerkungen|références|referencias|fuentes|brought\ to\ you\ by|weitere\ informationen(?:\ zu.{0,40})?|weiterführende\ links|latest\ news|testimonials?|also\ on\ .{0,30}|more\ (?:from|in|on|stories|articles|news|like\ this)\b.{0,40}|you\ (?:may|might)\ (?:also\ )?(?:like|enjoy|be\ interested).*|
              recommended(?:\ (?:for\ you|articles?|reading|posts?|stories))?|(?:\d+\ |leave\ a\ |post\ a\ |add\ a\ |no\ )?(?:comments?|reply)|comments?\ \(?\d*\)?|leave\ a\ (?:comment|reply).*|join\ the\ (?:conversation|discussion)|
              about\ the\ authors?|share\ this.*|what\ do\ you\ think\??|read\ next|up\ next|trending(?:\ now)?|most\ (?:read|popular)|popular\ posts|latest\ (?:news|posts|articles|stories)|
              kommentare?(?:\ \(?\d*\)?)?|(?:\d+\ )kommentare?|schreibe\ einen\ kommentar.*|kommentar\ (?:schreiben|verfassen|hinterlassen).*|das\ könnte\ (?:dich|sie|euch)\ (?:auch\ )?interessieren.*|ähnliche\ (?:artikel|beiträge|themen)|mehr\ (?:zum\ thema|aus|artikel|von)\b.{0,40}|
              weitere\ (?:artikel|beiträge|themen|meldungen|nachrichten).{0,30}|auch\ interessant|verwandte\ (?:artikel|beiträge|themen)|diesen\ (?:artikel|beitrag)\ teilen.*|über\ den\ autor|über\ die\ autorin|
              (?:articles?\ )?(?:similaires|liés|associés)|à\ lire\ aussi.*|lire\ aussi.*|sur\ le\ même\ sujet.*|laisser\ un\ commentaire.*|commentaires?|
              artículos\ relacionados|noticias\ relacionadas|te\ puede\ interesar.*|deja\ (?:una\ respuesta|un\ comentario).*|comentarios|
              artigos\ relacionados|leia\ (?:também|mais).*|veja\ também.*|deixe\ um\ comentário.*|comentários|
              articoli\ correlati|potrebbe\ interessarti.*|leggi\ anche.*|lascia\ un\ commento.*
            )\s*[:.…!]?$",
        )
        .expect("the pattern is constant")
    });
    if !matches!(name, "h2" | "h3" | "h4" | "h5" | "h6" | "p" | "div" | "strong") || text.chars().count() > 60
    {
        return false;
    }
    ENDS.is_match(text.trim())
}

/// Short texts that templates and editors put between the paragraphs.
fn is_furniture_text(text: &str, weight: &Weight) -> bool {
    static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              advertisements?|anzeige|werbung|publicité|publicidad|pubblicità|sponsored(?:\ content)?|continue\ reading.{0,40}|story\ continues\ below.*|article\ continues.*|scroll\ (?:down\ )?to\ continue.*|
              share(?:\ (?:this|on|via|to|the)\b.{0,50})?|teilen(?:\ (?:auf|via)\b.{0,30})?|tweet|pin\ it|print|email|e-mail|facebook|twitter|whatsapp|linkedin|copy\ link|drucken|
              follow\ us\b.{0,80}|folge\ uns\b.{0,80}|folgen\ sie\ uns.{0,80}|(?:sign\ up|subscribe)\b.{0,160}|(?:jetzt\ )?newsletter.{0,80}|
              click\ here\ (?:to|for)\b.{0,80}|tap\ here.{0,60}|join\ our\b.{0,100}|download\ our\ app.{0,60}|
              (?:©|copyright|\(c\))\s?.{0,120}|all\ rights\ reserved.{0,100}|alle\ rechte\ vorbehalten.{0,60}|
              loading\.*|skip\ to.{0,40}|back\ to\ top|nach\ oben|\d+\ (?:comments?|shares?|views?|likes?|kommentare?)|\d+\ min(?:ute)?s?\ read|reading\ time.{0,20}|lesezeit.{0,20}|
              \(?visited\ \d.*|aktualisiert:?(?:\ .{0,40})?|stand:\ .{0,40}\d|(?:story|article|recipe)\ highlights|highlights|this\ post\ contains\ affiliate\ links.{0,120}|.{0,60}/(?:getty\ images|afp|reuters|dpa|epa|ap|shutterstock|istock).{0,40}|(?:courtesy\ of|via)\ .{0,40}|(?:quellen|kommentare)\ (?:ein|aus)blenden|siguenos\ en.{0,80}|s[íi]guenos.{0,80}|
              warning:\ .{0,200}|thank\ you|already\ a\ (?:member|subscriber).{0,60}|log\ ?in|sign\ in|learn\ more|get\ started|register(?:\ now)?|share|teilen|tags?:.{0,200}|filed\ under.{0,150}|this\ entry\ was\ posted.{0,200}|posted\ in\b.{0,120}|(?:last\ )?(?:updated|reviewed|modified)(?:\ on)?:?\ .{0,40}\d{4}|
              (?:photo|foto|fotos|image|imagen|bild|bilder|photograph|credit|credits|photographer|bildquelle|bildnachweis|crédit|crédits\ photo|titelbild)s?(?:\ (?:by|credits?|courtesy))?\s*[:/].{0,140}|photograph\ by\b.{0,100}|
              this\ story\ (?:also|originally|first)\ appeared.{0,100}|already\ have\ an\ account.{0,60}|image\ illustrative|(?:diese\ seite|artikel|beitrag)\ (?:teilen|drucken).{0,40}|(?:jetzt\ )?kommentieren|permalien|permalink|
              your\ email\ address\ will\ not\ be\ published.*|we\ use\ cookies.*|this\ (?:site|website)\ uses\ cookies.*
            )\s*[:.…!]?$",
        )
        .expect("the pattern is constant")
    });
    static POINTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^[\[(►▶→»›>*•\s]*(?:related:|read\ (?:more|also|next)|also\ read|see\ also|related|more:|more\ on|watch|listen|don['’]t\ miss|lesen\ sie\ (?:auch|hier|mehr)|lies\ auch|auch\ lesen|mehr\ dazu|siehe\ auch|mehr\ zum\ thema|
              lire\ aussi|à\ lire|voir\ aussi|lea\ también|lee\ también|leer\ más|(?:te|le)\ puede\ interesar|leia\ (?:também|mais)|veja\ também|leggi\ anche)(?:\b|\s)",
        )
        .expect("the pattern is constant")
    });
    let text = text.trim();
    // A pointer to another article is a link behind such words.
    FURNITURE.is_match(text)
        || POINTER.is_match(text) && (weight.link_share() > 0.5 || text.ends_with(':') && weight.chars < 40)
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::{
        super::{blocks, measure::measure},
        *,
    };

    const PROSE: &str = "The council met on Tuesday, and after a long debate it agreed that the old mill by the river shall be kept for the town.";

    fn kept(inner: &str) -> String {
        let page = Document::from(format!("<div id=a>{}{inner}</div>", format!("<p>{PROSE}</p>").repeat(4)));
        let root = page.select("#a").nodes()[0];
        let text = blocks::text(root, &pruned(root, &measure(root), "A title"));
        text.replace(PROSE, "").trim().to_owned()
    }

    #[test]
    fn furniture_goes() {
        for inner in [
            "<div class='share-bar'><a href=x>Facebook</a></div>",
            "<div class=newsletter-box><p>Get our letters every morning, straight to your inbox, for free.</p></div>",
            "<ul><li><a href=a>One other piece</a></li><li><a href=b>Another piece</a></li></ul>",
            "<p>Read more: <a href=x>The mill and its history in pictures</a></p>",
            "<p>Advertisement</p>",
            "<p>Lesen Sie auch: <a href=x>Die Geschichte der Mühle am Fluss</a></p>",
            "<h3>Related articles</h3><div><p>Something else happened elsewhere, and it was of no interest at all.</p></div><p>Even more.</p>",
            "<footer>Imprint</footer><nav>Home</nav><button>Go</button><p style='display: none'>secret</p>",
            "<form><label>Mail</label><input><button>Send</button></form>",
        ] {
            assert_eq!(kept(inner), "", "{inner}");
        }
    }

    #[test]
    fn parts_of_the_article_stay() {
        for (inner, text) in [
            ("<h2>What comes next</h2>", "What comes next"),
            (
                "<ul><li>First point</li><li>Second <a href=x>point</a> of it</li></ul>",
                "First point\nSecond point of it",
            ),
            (
                "<p>Related work is done by <a href=x>others</a> too.</p>",
                "Related work is done by others too.",
            ),
            ("<blockquote>So it is.</blockquote>", "So it is."),
            ("<figure><img src=x><figcaption>The mill</figcaption></figure>", "The mill"),
        ] {
            assert_eq!(kept(inner), text);
        }
    }
}

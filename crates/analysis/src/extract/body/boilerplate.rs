//! Recognises boilerplate, date lines and the end of an article by words in class names and in
//! text.

use std::sync::LazyLock;

use regex::Regex;

use super::phrases;
use crate::extract::page::measure::ElementStats;

/// Maximum characters of buttons, of labels, and of whole template sentences. The patterns below
/// have no length limits of their own, because counted repetitions make them slow.
const MAX_SHORT: usize = 95;
const MAX_LABEL: usize = 40;
const MAX_LONG: usize = 210;

/// Whether class and id name something beside the article.
pub(super) fn names_boilerplate(class_and_id: &str) -> bool {
    static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
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
        .expect("the pattern is a constant")
    });
    BOILERPLATE.is_match(class_and_id)
}

/// Whether a short text before the article is only its date or its byline.
pub(super) fn is_dateline(text: &str) -> bool {
    static DATELINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              (?:by|von|par|por|di|edited\ by|written\ by|reviewed\ by|posted\ by|on\ behalf\ of|autor(?:in)?:?|author:?)(?-u:\b).{0,80}|
              (?:(?:last\ )?(?:updated|published|posted|modified)|veröffentlicht|aktualisiert|publié|publicado|stand|erstellt)(?-u:\b).{0,60}\d{2,4}.{0,30}|
              .{0,30}(?-u:\b)\d{1,2}(?:st|nd|rd|th|\.)?[\ ./-]*(?:\p{L}{3,10}\.?|\d{1,2})[\ ,./-]*(?:19|20)\d\d(?-u:\b).{0,40}|
              .{0,30}(?-u:\b)\p{L}{3,10}\.?\ \d{1,2}(?:st|nd|rd|th)?,?\ (?:19|20)\d\d(?-u:\b).{0,40}|
              (?:19|20)\d\d-\d\d-\d\d.{0,30}
            )$",
        )
        .expect("the pattern is a constant")
    });
    let text = text.trim();
    text.chars().count() <= 110 && !text.ends_with(['.', '?', '!', '…', '"', '”']) && DATELINE.is_match(text)
}

/// Whether a text is filler (“lorem ipsum”) that a template left behind.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.trim_start().get(..11).is_some_and(|start| start.eq_ignore_ascii_case("lorem ipsum"))
}

/// Whether a heading is one after which nothing of the article follows.
pub(super) fn ends_article(name: &str, text: &str) -> bool {
    static ENDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              related(?:\ (?:articles?|posts?|stories|content|reading|news|topics|links|coverage|resources))?|also\ in\ the\ news|this\ article\ is\ exclusive\ to\ .*\ subscribers|unlock\ this\ (?:article|story)(?-u:\b).*|republish\ (?:our|this)\ .*|since\ you\ made\ it\ to\ the\ bottom.*|contact\ us(?:\ today)?|get\ in\ touch.*|tags?|references|sources|footnotes|bibliography|further\ reading|
              quellen(?:angaben|verzeichnis)?|literatur(?:verzeichnis)?|einzelnachweise|fußnoten|anmerkungen|références|referencias|fuentes|brought\ to\ you\ by|weitere\ informationen(?:\ zu.*)?|weiterführende\ links|latest\ news|testimonials?|also\ on\ .*|more\ (?:from|in|on|stories|articles|news|like\ this)(?-u:\b).*|you\ (?:may|might)\ (?:also\ )?(?:like|enjoy|be\ interested).*|
              recommended(?:\ (?:for\ you|articles?|reading|posts?|stories))?|(?:\d+\ |leave\ a\ |post\ a\ |add\ a\ |no\ )?(?:comments?|reply)|comments?\ \(?\d*\)?|leave\ a\ (?:comment|reply).*|join\ the\ (?:conversation|discussion)|
              about\ the\ authors?|share\ this.*|what\ do\ you\ think\??|read\ next|up\ next|trending(?:\ now)?|most\ (?:read|popular)|popular\ posts|latest\ (?:news|posts|articles|stories)|
              kommentare?(?:\ \(?\d*\)?)?|(?:\d+\ )kommentare?|schreibe\ einen\ kommentar.*|kommentar\ (?:schreiben|verfassen|hinterlassen).*|das\ könnte\ (?:dich|sie|euch)\ (?:auch\ )?interessieren.*|ähnliche\ (?:artikel|beiträge|themen)|mehr\ (?:zum\ thema|aus|artikel|von)(?-u:\b).*|
              weitere\ (?:artikel|beiträge|themen|meldungen|nachrichten).*|auch\ interessant|verwandte\ (?:artikel|beiträge|themen)|diesen\ (?:artikel|beitrag)\ teilen.*|über\ den\ autor|über\ die\ autorin|
              (?:articles?\ )?(?:similaires|liés|associés)|à\ lire\ aussi.*|lire\ aussi.*|sur\ le\ même\ sujet.*|laisser\ un\ commentaire.*|commentaires?|
              artículos\ relacionados|noticias\ relacionadas|te\ puede\ interesar.*|deja\ (?:una\ respuesta|un\ comentario).*|comentarios|
              artigos\ relacionados|leia\ (?:também|mais).*|veja\ também.*|deixe\ um\ comentário.*|comentários|
              articoli\ correlati|potrebbe\ interessarti.*|leggi\ anche.*|lascia\ un\ commento.*
            )\s*[:.…!]?$",
        )
        .expect("the pattern is a constant")
    });
    if !matches!(name, "h2" | "h3" | "h4" | "h5" | "h6" | "p" | "div" | "strong") || text.chars().count() > 60
    {
        return false;
    }
    ENDS.is_match(text.trim()) || phrases::ends(text)
}

/// Whether a text is one of the short texts that templates and editors put between paragraphs.
pub(super) fn is_boilerplate_text(text: &str, stats: &ElementStats) -> bool {
    static SHORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              advertisements?|anzeige|werbung|publicité|publicidad|pubblicità|sponsored(?:\ content)?|continue\ reading.*|
              share(?:\ (?:this|on|via|to|the)(?-u:\b).*)?|teilen(?:\ (?:auf|via)(?-u:\b).*)?|tweet|pin\ it|print|email|e-mail|facebook|twitter|
              whatsapp|linkedin|copy\ link|drucken|follow\ us(?-u:\b).*|folge\ uns(?-u:\b).*|folgen\ sie\ uns.*|(?:jetzt\ )?newsletter.*|
              click\ here\ (?:to|for)(?-u:\b).*|tap\ here.*|download\ our\ app.*|alle\ rechte\ vorbehalten.*|skip\ to\ (?:(?:the|main|primary)\ )?(?:content|navigation|search|footer|menu|article|main).*|back\ to\ top|nach\ oben|
              \d+\ (?:comments?|shares?|views?|likes?|kommentare?)|\d+\ min(?:ute)?s?\ read|reading\ time.*|lesezeit.*|aktualisiert:?(?:\ .*)?|
              stand:\ .*\d|(?:story|article|recipe)\ highlights|highlights|(?:courtesy\ of|via)\ .*|(?:quellen|kommentare)\ (?:ein|aus)blenden|
              siguenos\ en.*|s[íi]guenos.*|thank\ you|already\ a\ (?:member|subscriber).*|log\ ?in|sign\ in|learn\ more|get\ started|
              register(?:\ now)?|share|teilen|(?:last\ )?(?:updated|reviewed|modified)(?:\ on)?:?\ .*\d{4}|already\ have\ an\ account.*|
              image\ illustrative|(?:diese\ seite|artikel|beitrag)\ (?:teilen|drucken).*|(?:jetzt\ )?kommentieren|permalien|permalink
            )\s*[:.…!]?$",
        )
        .expect("the pattern is a constant")
    });
    static LONG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
              story\ continues\ below.*|article\ continues.*|scroll\ (?:down\ )?to\ continue.*|(?:sign\ up|subscribe)(?-u:\b).*|join\ our(?-u:\b).*|
              (?:©|copyright|\(c\))\s?.*|all\ rights\ reserved.*|loading\.*|\(?visited\ \d.*|this\ post\ contains\ affiliate\ links.*|warning:\ .*|
              tags?:.*|filed\ under.*|this\ entry\ was\ posted.*|posted\ in(?-u:\b).*|
              (?:photo|foto|fotos|image|imagen|bild|bilder|photograph|credit|credits|photographer|bildquelle|bildnachweis|crédit|crédits\ photo|titelbild)s?(?:\ (?:by|credits?|courtesy))?\s*[:/].*|
              photograph\ by(?-u:\b).*|this\ story\ (?:also|originally|first)\ appeared.*|contact\ (?:staff\ writer|the\ reporter|reporter)(?-u:\b).*|(?:this|the)\ (?:story|article|post|piece)(?-u:\b).*(?-u:\b)was\ (?:originally\ |first\ )?(?:written|published|produced|reported)\ (?:by|in|on|at)(?-u:\b).*|related:\ .*|your\ email\ address\ will\ not\ be\ published.*|
              (?:please\ )?(?:consider\ (?:donating|supporting|making\ a)|support\ (?:our|independent|quality|local)\ (?:work|journalism|reporting|news)|become\ an?\ (?:member|subscriber|supporter))(?-u:\b).*|
              (?:get|receive)\ (?:the|our|all\ the)(?-u:\b).*(?-u:\b)(?:newsletters?|inbox|alerts)(?-u:\b).*|(?:never|don['’]t)\ miss\ (?:a|an|out|any|our)(?-u:\b).*|stay\ up[\ -]to[\ -]date(?-u:\b).*|
              (?:you\ can\ )?(?:also\ )?follow\ .*(?-u:\b)on\ (?:twitter|x|facebook|instagram|linkedin|google\ news|whatsapp|telegram|threads|bluesky|youtube|tiktok)(?-u:\b).*|like\ us\ on\ .*|download\ (?:the|our)\ .*(?-u:\b)app(?-u:\b).*|
              (?:have|got|do\ you\ have)\ an?\ (?:\w+\ )?(?:tip|story|news\ tip)(?-u:\b).*|(?:log|sign)\ in\ (?:to|or)(?-u:\b).*|create\ an?\ (?:free\ )?account(?-u:\b).*|the\ (?:views|opinions)\ expressed(?-u:\b).*|(?:email|e-mail|contact)\ the\ (?:author|writer|reporter)(?-u:\b).*|
              enable\ javascript.*|please\ (?:enable|turn\ on)\ javascript.*|javascript\ (?:is\ )?(?:required|disabled).*|your\ browser\ (?:does\ not|doesn['’]t|is\ (?:not|out)).*|
              we\ use\ cookies.*|this\ (?:site|website)\ uses\ cookies.*
            )\s*[:.…!]?$",
        )
        .expect("the pattern is a constant")
    });
    static AGENCY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^.*/(?:getty images|afp|reuters|dpa|epa|ap|shutterstock|istock).{0,40}$")
            .expect("the pattern is a constant")
    });
    static POINTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^[\[(►▶→»›>*•\s]*(?:related:|read\ (?:more|also|next)|also\ read|see\ also|related|more:|more\ on|watch|listen|don['’]t\ miss|lesen\ sie\ (?:auch|hier|mehr)|lies\ auch|auch\ lesen|mehr\ dazu|siehe\ auch|mehr\ zum\ thema|
              lire\ aussi|à\ lire|voir\ aussi|lea\ también|lee\ también|leer\ más|(?:te|le)\ puede\ interesar|leia\ (?:também|mais)|veja\ também|leggi\ anche)(?:(?-u:\b)|\s)",
        )
        .expect("the pattern is a constant")
    });
    let text = text.trim();
    // A pointer to another article is a link after such words.
    let chars = text.chars().count();
    chars <= MAX_SHORT && (SHORT.is_match(text) || chars <= MAX_LABEL && phrases::is_label(text))
        || chars <= MAX_LONG && (LONG.is_match(text) || phrases::is_sentence(text))
        || chars <= MAX_SHORT && text.contains('/') && AGENCY.is_match(text)
        || (POINTER.is_match(text) || phrases::ends(text))
            && (stats.link_share() > 0.5 || text.ends_with(':') && stats.chars < 40)
}

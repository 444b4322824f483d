//! Phrases that templates put around articles, language by language: headings after which nothing
//! of the article follows, labels of buttons, sentences repeated on every page of a site.
//!
//! A phrase matches the whole text except for punctuation and digits around it; with `*` at its end
//! it matches every text that begins with it. All are in lower case. English, German and the
//! Romance languages are patterns in `boilerplate`, because their phrases vary more.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};

use crate::extract::text::prefix;

/// Headings after which nothing of the article follows.
const ENDS: &[&str] = &[
    // Dutch
    "lees ook*",
    "lees meer*",
    "lees verder*",
    "gerelateerde artikelen",
    "gerelateerde berichten",
    "meer over*",
    "meer nieuws*",
    "reacties*",
    "laat een reactie achter*",
    "deel dit*",
    "net binnen",
    "meest gelezen",
    // Danish, Norwegian, Swedish
    "læs også*",
    "læs mere*",
    "les også*",
    "les mer*",
    "läs mer*",
    "läs också*",
    "läs även*",
    "relaterade artiklar",
    "relaterede artikler",
    "relaterte artikler",
    "mest lästa",
    "mest læst",
    "mest lest",
    "kommentarer",
    "mer om*",
    "mere om*",
    "senaste nytt",
    "seneste nyt",
    "siste nytt",
    // Finnish
    "lue myös*",
    "lue lisää*",
    "luetuimmat",
    "kommentit*",
    "aiheeseen liittyvää*",
    // Polish
    "zobacz też*",
    "zobacz także*",
    "zobacz również*",
    "czytaj też*",
    "czytaj także*",
    "czytaj również*",
    "czytaj więcej*",
    "przeczytaj też*",
    "przeczytaj także*",
    "podobne artykuły",
    "powiązane artykuły",
    "komentarze*",
    "najczęściej czytane",
    "najnowsze",
    "polecane artykuły",
    // Czech, Slovak
    "čtěte také*",
    "čtěte i*",
    "související články",
    "související témata",
    "diskuse*",
    "diskuze*",
    "prečítajte si*",
    "súvisiace články",
    "nejčtenější",
    "najčítanejšie",
    // Hungarian
    "kapcsolódó cikkek",
    "kapcsolódó anyagok",
    "hozzászólások*",
    "ez is érdekelheti*",
    "olvassa el*",
    "legolvasottabb",
    // Romanian
    "citește și*",
    "citeşte şi*",
    "articole similare",
    "articole recomandate",
    "comentarii*",
    "te-ar putea interesa*",
    // Russian, Ukrainian, Bulgarian
    "читайте также*",
    "читать также*",
    "материалы по теме",
    "похожие статьи",
    "похожие новости",
    "похожие материалы",
    "другие новости*",
    "последние новости",
    "самое читаемое",
    "новости партнеров",
    "комментарии*",
    "смотрите также*",
    "оставить комментарий",
    "читайте також*",
    "схожі новини",
    "останні новини",
    "коментарі*",
    "прочетете още*",
    "още по темата*",
    // Greek
    "διαβάστε επίσης*",
    "διαβάστε ακόμα*",
    "διαβάστε ακόμη*",
    "σχετικά άρθρα",
    "σχόλια*",
    "δείτε επίσης*",
    // Turkish
    "ilgili haberler",
    "benzer haberler",
    "yorumlar*",
    "ilginizi çekebilir*",
    "bunlar da ilginizi çekebilir*",
    "çok okunanlar",
    "son haberler",
    "yorum yap",
    // Indonesian, Malay
    "baca juga*",
    "artikel terkait",
    "berita terkait",
    "berita lainnya",
    "terpopuler",
    "komentar*",
    // Vietnamese
    "tin liên quan",
    "bài viết liên quan",
    "tin cùng chuyên mục",
    "xem thêm*",
    "đọc thêm*",
    "bình luận*",
    "tin mới nhất",
    "có thể bạn quan tâm*",
    "đọc nhiều*",
    // Arabic, Persian, Urdu
    "اقرأ أيضا*",
    "اقرأ أيضًا*",
    "اقرأ أيضاً*",
    "إقرأ أيضا*",
    "مواضيع ذات صلة",
    "أخبار ذات صلة",
    "مقالات ذات صلة",
    "مواضيع متعلقة",
    "أخبار متعلقة",
    "التعليقات*",
    "قد يعجبك أيضا*",
    "الأكثر قراءة",
    "بیشتر بخوانید*",
    "مطالب مرتبط",
    "اخبار مرتبط",
    "نظرات*",
    "دیدگاه‌ها*",
    "پربازدیدترین*",
    // Hebrew
    "קראו גם*",
    "כתבות נוספות*",
    "עוד בנושא*",
    "תגובות*",
    "אולי יעניין אותך*",
    // Hindi, Bengali
    "यह भी पढ़ें*",
    "ये भी पढ़ें*",
    "संबंधित खबरें",
    "संबंधित ख़बरें",
    "আরও পড়ুন*",
    "আরো পড়ুন*",
    // Thai
    "เรื่องที่เกี่ยวข้อง*",
    "ข่าวที่เกี่ยวข้อง*",
    "บทความที่เกี่ยวข้อง*",
    "อ่านเพิ่มเติม*",
    "ข่าวล่าสุด",
    // Chinese
    "相关新闻*",
    "相关阅读*",
    "相关文章*",
    "相关推荐*",
    "相关报道*",
    "相关链接*",
    "相關新聞*",
    "相關閱讀*",
    "相關文章*",
    "相關報導*",
    "相關連結*",
    "延伸阅读*",
    "延伸閱讀*",
    "推荐阅读*",
    "推薦閱讀*",
    "猜你喜欢*",
    "猜你喜歡*",
    "热门推荐*",
    "热门文章*",
    "热门新闻*",
    "熱門新聞*",
    "熱門文章*",
    "更多新闻*",
    "更多新聞*",
    "更多精彩*",
    "网友评论*",
    "最新评论*",
    "发表评论*",
    "發表評論*",
    "責任編輯*",
    "责任编辑*",
    "看更多*",
    // Japanese
    "関連記事*",
    "関連ニュース*",
    "関連リンク*",
    "関連キーワード*",
    "関連トピックス*",
    "あわせて読みたい*",
    "こちらもおすすめ*",
    "おすすめ記事*",
    "おすすめの記事*",
    "人気記事*",
    "人気ランキング*",
    "アクセスランキング*",
    "コメントを書く*",
    "この記事をシェア*",
    "この記事を書いた人*",
    // Korean
    "관련기사*",
    "관련 기사*",
    "관련뉴스*",
    "관련 뉴스*",
    "추천기사*",
    "추천 기사*",
    "많이 본 기사*",
    "많이 본 뉴스*",
    "인기기사*",
    "인기 기사*",
    "댓글*",
];

/// Labels of buttons and lines between or around paragraphs.
const LABELS: &[&str] = &[
    "advertentie",
    "annons",
    "annonce",
    "reklame",
    "mainos",
    "reklama",
    "hirdetés",
    "publicitate",
    "реклама",
    "διαφήμιση",
    "reklam",
    "iklan",
    "quảng cáo",
    "إعلان",
    "اعلان",
    "آگهی",
    "פרסומת",
    "विज्ञापन",
    "โฆษณา",
    "广告",
    "廣告",
    "広告",
    "광고",
    "delen",
    "dela",
    "del",
    "jaa",
    "udostępnij*",
    "sdílet*",
    "zdieľať*",
    "megosztás*",
    "distribuie*",
    "поделиться*",
    "поділитися*",
    "κοινοποίηση*",
    "paylaş*",
    "bagikan*",
    "chia sẻ*",
    "شارك*",
    "مشاركة*",
    "اشتراک‌گذاری*",
    "שתפו*",
    "แชร์*",
    "分享*",
    "微信扫一扫*",
    "扫一扫*",
    "收藏",
    "打印",
    "列印",
    "字号*",
    "字體*",
    "シェア",
    "シェアする",
    "ツイート",
    "ツイートする",
    "印刷",
    "保存",
    "リンクをコピー",
    "ログイン",
    "ログインする",
    "会員登録*",
    "공유",
    "공유하기",
    "인쇄",
    "글자크기*",
    "스크랩",
    "imprimer",
    "imprimir",
    "stampa",
    "partager*",
    "condividi*",
    "compartir*",
    "compartilhar*",
    "compartilhe*",
    "drukuj",
    "распечатать",
    "yazdır",
    "in trang*",
    "afdrukken",
    "skriv ut",
    "tulosta",
    "lire la suite*",
    "leggi tutto*",
    "читать далее*",
    "devamını oku*",
];

/// Sentences that appear on every page of a site.
const SENTENCES: &[&str] = &[
    "alle rechten voorbehouden*",
    "tous droits réservés*",
    "todos los derechos reservados*",
    "todos os direitos reservados*",
    "tutti i diritti riservati*",
    "wszelkie prawa zastrzeżone*",
    "všechna práva vyhrazena*",
    "minden jog fenntartva*",
    "все права защищены*",
    "всі права захищені*",
    "tüm hakları saklıdır*",
    "جميع الحقوق محفوظة*",
    "版权所有*",
    "版权声明*",
    "版权说明*",
    "版权保护*",
    "版權所有*",
    "著作権*",
    "無断転載*",
    "この記事は会員限定*",
    "この記事は有料*",
    "有料会員限定*",
    "残り:*",
    "无法播放*",
    "未经授权*",
    "未经许可*",
    "免责声明*",
    "免責聲明*",
    "저작권자*",
    "무단전재*",
    "무단 전재*",
    "meld je aan*",
    "schrijf je in*",
    "prenumerera*",
    "tilmeld dig*",
    "meld deg på*",
    "tilaa uutiskirje*",
    "zapisz się*",
    "přihlaste se k odběru*",
    "iratkozz fel*",
    "abonează-te*",
    "подписывайтесь*",
    "подпишитесь*",
    "підписуйтесь*",
    "abonnez-vous*",
    "inscrivez-vous*",
    "suscríbete*",
    "suscríbase*",
    "assine*",
    "inscreva-se*",
    "iscriviti*",
    "abbonati*",
    "abone ol*",
    "berlangganan*",
    "đăng ký nhận*",
    "اشترك في*",
    "عضویت در*",
    "הירשמו*",
    "订阅*",
    "關注*",
    "关注我们*",
    "追蹤*",
    "구독*",
    "フォローする*",
    "ติดตามข่าว*",
    "ติดตามเรา*",
];

/// A searchable set of phrases.
pub(super) struct PhraseSet {
    search: AhoCorasick,
    /// For each phrase, whether it matches every text that begins with it.
    open: Vec<bool>,
}

impl PhraseSet {
    fn new(phrases: &[&str]) -> Option<Self> {
        let search = AhoCorasick::builder()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::LeftmostLongest)
            .build(phrases.iter().map(|phrase| phrase.trim_end_matches('*')))
            .ok()?;
        Some(Self { search, open: phrases.iter().map(|phrase| phrase.ends_with('*')).collect() })
    }

    /// Whether a text is one of the phrases.
    fn is(&self, text: &str) -> bool {
        let mark = |c: char| !c.is_alphanumeric();
        let text = text.trim_start_matches(mark);
        let lower = prefix(text, 400).to_lowercase();
        let Some(found) = self.search.find(Input::new(&lower).anchored(Anchored::Yes)) else { return false };
        let rest = &lower[found.end()..];
        let whole = rest.trim_matches(|c: char| mark(c) || c.is_numeric()).is_empty();
        whole || self.open[found.pattern().as_usize()]
    }
}

/// Whether a heading ends the article.
pub(super) fn ends(text: &str) -> bool {
    static PHRASES: LazyLock<Option<PhraseSet>> = LazyLock::new(|| PhraseSet::new(ENDS));
    PHRASES.as_ref().is_some_and(|phrases| phrases.is(text))
}

/// Whether a short text is the label of a button or of an advertisement.
pub(super) fn is_label(text: &str) -> bool {
    static PHRASES: LazyLock<Option<PhraseSet>> = LazyLock::new(|| PhraseSet::new(LABELS));
    PHRASES.as_ref().is_some_and(|phrases| phrases.is(text))
}

/// Whether a text is a template sentence about rights or subscriptions.
pub(super) fn is_sentence(text: &str) -> bool {
    static PHRASES: LazyLock<Option<PhraseSet>> = LazyLock::new(|| PhraseSet::new(SENTENCES));
    PHRASES.as_ref().is_some_and(|phrases| phrases.is(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_match_with_punctuation_around_them() {
        assert!(
            ends("Читайте также:")
                && ends("◆ 関連記事 ◆")
                && ends("Reacties (12)")
                && ends("Lees ook: de molen")
        );
        assert!(is_label("分享到微信") && is_label("【広告】") && is_label("Annons"));
        assert!(is_sentence("版权所有，未经许可不得转载") && is_sentence("Todos los derechos reservados."));
    }

    #[test]
    fn sentences_of_an_article_do_not_match() {
        for text in [
            "Der Müller öffnete das Tor.",
            "Dela kom till kvarnen i går.",
            "Najnowsze badania mówią co innego.",
            "広告業界は成長している。",
            "Reklama dźwignią handlu, mówi młynarz.",
            "",
        ] {
            assert!(!ends(text) && !is_label(text) && !is_sentence(text), "{text}");
        }
    }

    #[test]
    fn all_phrases_are_lower_case_and_searchable() {
        for list in [ENDS, LABELS, SENTENCES] {
            assert!(PhraseSet::new(list).is_some());
            for phrase in list {
                assert_eq!(*phrase, phrase.to_lowercase(), "{phrase}");
            }
        }
    }
}

//! The language of a text, detected from the text first and its tags second.

use whatlang::Lang;

/// Minimum characters for which detection overrides the hint.
const MIN_RELIABLE_CHARS: usize = 200;
/// Maximum characters that are examined; more does not improve the result.
const MAX_CHARS: usize = 400;

/// The language of `text` as an ISO 639-1 code (639-3 if there is none), lower case. `hint` is what
/// the page or the source states (`de`, `pt-BR`); it decides if the text is short or detection is
/// uncertain.
pub fn language(text: &str, hint: Option<&str>) -> Option<String> {
    let hinted = hint.and_then(primary);
    let text = text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end]);
    let long = text.chars().count() > MIN_RELIABLE_CHARS;
    let found = (!text.trim().is_empty()).then(|| whatlang::detect(text)).flatten();
    match (found, hinted) {
        (Some(info), hinted) if long && (info.is_reliable() || info.confidence() > 0.5) => {
            let code = code_of(info.lang());
            // Whatlang confuses some closely related languages; there the hint decides.
            Some(hinted.filter(|hint| are_close(hint, code)).unwrap_or_else(|| code.to_owned()))
        }
        (_, Some(hinted)) => Some(hinted),
        (Some(info), None) if long || info.is_reliable() => Some(code_of(info.lang()).to_owned()),
        _ => None,
    }
}

/// The primary language subtag of a tag (BCP 47), if it names a language.
fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_', ',', ';']).next()?.trim().to_ascii_lowercase();
    let fits = matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    let none = matches!(primary.as_str(), "und" | "mul" | "zxx" | "mis" | "xx");
    (fits && !none).then_some(match primary.as_str() {
        "iw" => "he".to_owned(),
        "in" => "id".to_owned(),
        "nb" | "nn" => "no".to_owned(),
        _ => primary,
    })
}

fn are_close(hint: &str, found: &str) -> bool {
    const FAMILIES: &[&[&str]] = &[
        &["da", "no", "sv"],
        &["hr", "sr", "bs", "sl", "sh"],
        &["id", "ms", "jv"],
        &["cs", "sk"],
        &["ru", "uk", "be", "bg", "mk"],
        &["es", "ca", "gl", "pt", "eu"],
        &["hi", "mr", "ne"],
        &["fa", "ur", "ps"],
        &["nl", "af", "fy"],
    ];
    FAMILIES.iter().any(|family| family.contains(&hint) && family.contains(&found))
}

/// The ISO 639-1 code of a language that whatlang knows.
fn code_of(language: Lang) -> &'static str {
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "no",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "Der Gemeinderat hat am Dienstagabend beschlossen, die alte Mühle am Fluss zu erhalten. Die Kosten \
        für die Sanierung übernimmt zur Hälfte das Land, den Rest sollen Spenden der Bürgerinnen und Bürger decken. Im \
        nächsten Frühjahr sollen die Arbeiten beginnen.";

    #[test]
    fn a_long_text_overrules_its_tag() {
        assert_eq!(language(GERMAN, Some("en-US")).as_deref(), Some("de"));
    }

    #[test]
    fn a_short_text_follows_the_hint() {
        assert_eq!(language("Hallo", Some("pt_BR")).as_deref(), Some("pt"));
        assert_eq!(language("", Some("de-DE")).as_deref(), Some("de"));
        assert_eq!(language("", None), None);
        assert_eq!(language("", Some("x-default")), None);
    }
}

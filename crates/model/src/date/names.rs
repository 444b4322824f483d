//! The words of dates in the languages that feeds are written in: months, weekdays, halves of the
//! day, zones.
//!
//! Words are compared by their beginnings, without case and accents, because generators cut them at
//! any length and add a full stop. If one word means two months (Croatian and Polish *listopad*),
//! the language with more readers wins.

use jiff::civil::Weekday;

/// Beginnings of month names as [`folded`] returns them; the longest match counts (`cervenec` is
/// July, `cerven` June).
const MONTHS: &[(&str, i8)] = &[
    // Latin script: English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian,
    // Catalan, …
    ("jan", 1),
    ("janv", 1),
    ("ene", 1),
    ("gen", 1),
    ("gener", 1),
    ("ian", 1),
    ("sty", 1),
    ("led", 1),
    ("tammi", 1),
    ("oca", 1),
    ("sije", 1),
    ("saus", 1),
    ("jaan", 1),
    ("feb", 2),
    ("fev", 2),
    ("fevr", 2),
    ("fbr", 2),
    ("lut", 2),
    ("uno", 2),
    ("helmi", 2),
    ("sub", 2),
    ("velj", 2),
    ("vas", 2),
    ("veeb", 2),
    ("febr", 2),
    ("mar", 3),
    ("mrz", 3),
    ("maart", 3),
    ("mrt", 3),
    ("mars", 3),
    ("marc", 3),
    ("maalis", 3),
    ("bre", 3),
    ("ozu", 3),
    ("kov", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("dub", 4),
    ("huhti", 4),
    ("nis", 4),
    ("tra", 4),
    ("bal", 4),
    ("may", 5),
    ("mai", 5),
    ("maj", 5),
    ("mei", 5),
    ("mag", 5),
    ("maig", 5),
    ("kve", 5),
    ("touko", 5),
    ("svib", 5),
    ("geg", 5),
    ("maio", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("iun", 6),
    ("cze", 6),
    ("cerv", 6),
    ("kesa", 6),
    ("haz", 6),
    ("juny", 6),
    ("lipn", 6),
    ("bir", 6),
    ("juun", 6),
    ("juni", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("iul", 7),
    ("lip", 7),
    ("cervenc", 7),
    ("cervenec", 7),
    ("heina", 7),
    ("tem", 7),
    ("srpn", 7),
    ("lie", 7),
    ("juul", 7),
    ("juli", 7),
    ("aug", 8),
    ("aou", 8),
    ("ago", 8),
    ("agu", 8),
    ("sie", 8),
    ("srp", 8),
    ("srpna", 8),
    ("elo", 8),
    ("kolo", 8),
    ("rugp", 8),
    ("avg", 8),
    ("august", 8),
    ("sep", 9),
    ("set", 9),
    ("wrz", 9),
    ("zar", 9),
    ("syys", 9),
    ("eyl", 9),
    ("ruj", 9),
    ("rugs", 9),
    ("szept", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("paz", 10),
    ("rij", 10),
    ("loka", 10),
    ("eki", 10),
    ("spal", 10),
    ("des", 12),
    ("nov", 11),
    ("lis", 11),
    ("noe", 11),
    ("marras", 11),
    ("kas", 11),
    ("stud", 11),
    ("lap", 11),
    ("noi", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("gru", 12),
    ("pro", 12),
    ("joulu", 12),
    ("ara", 12),
    ("dets", 12),
    ("grd", 12),
    ("dek", 12),
    ("deze", 12),
    ("desember", 12),
    // Cyrillic: Russian, Bulgarian, Serbian, Ukrainian, Belarusian.
    ("янв", 1),
    ("яну", 1),
    ("јан", 1),
    ("січ", 1),
    ("сту", 1),
    ("фев", 2),
    ("феб", 2),
    ("лют", 2),
    ("мар", 3),
    ("бер", 3),
    ("сак", 3),
    ("апр", 4),
    ("кві", 4),
    ("кра", 4),
    ("май", 5),
    ("мая", 5),
    ("мај", 5),
    ("тра", 5),
    ("июн", 6),
    ("юни", 6),
    ("јун", 6),
    ("чер", 6),
    ("июл", 7),
    ("юли", 7),
    ("јул", 7),
    ("лип", 7),
    ("ліп", 7),
    ("авг", 8),
    ("сер", 8),
    ("жні", 8),
    ("сен", 9),
    ("сеп", 9),
    ("вер", 9),
    ("окт", 10),
    ("жов", 10),
    ("кас", 10),
    ("ноя", 11),
    ("ное", 11),
    ("нов", 11),
    ("лис", 11),
    ("ліс", 11),
    ("дек", 12),
    ("дец", 12),
    ("гру", 12),
    ("сне", 12),
    // Greek.
    ("ιαν", 1),
    ("φεβ", 2),
    ("μαρ", 3),
    ("απρ", 4),
    ("μαι", 5),
    ("ιουν", 6),
    ("ιουλ", 7),
    ("αυγ", 8),
    ("σεπ", 9),
    ("οκτ", 10),
    ("νοε", 11),
    ("δεκ", 12),
];

/// Month names that are compared as a whole, in scripts in which beginnings are ambiguous.
const WHOLE_MONTHS: &[(&str, i8)] = &[
    ("يناير", 1),
    ("فبراير", 2),
    ("مارس", 3),
    ("أبريل", 4),
    ("ابريل", 4),
    ("إبريل", 4),
    ("مايو", 5),
    ("يونيو", 6),
    ("يونيه", 6),
    ("يوليو", 7),
    ("يوليه", 7),
    ("أغسطس", 8),
    ("اغسطس", 8),
    ("سبتمبر", 9),
    ("أكتوبر", 10),
    ("اكتوبر", 10),
    ("نوفمبر", 11),
    ("ديسمبر", 12),
    ("شباط", 2),
    ("آذار", 3),
    ("نيسان", 4),
    ("أيار", 5),
    ("حزيران", 6),
    ("تموز", 7),
    ("آب", 8),
    ("أيلول", 9),
    ("ינואר", 1),
    ("פברואר", 2),
    ("מרץ", 3),
    ("אפריל", 4),
    ("מאי", 5),
    ("יוני", 6),
    ("יולי", 7),
    ("אוגוסט", 8),
    ("ספטמבר", 9),
    ("אוקטובר", 10),
    ("נובמבר", 11),
    ("דצמבר", 12),
    ("जनवरी", 1),
    ("फ़रवरी", 2),
    ("फरवरी", 2),
    ("मार्च", 3),
    ("अप्रैल", 4),
    ("मई", 5),
    ("जून", 6),
    ("जुलाई", 7),
    ("अगस्त", 8),
    ("सितंबर", 9),
    ("अक्टूबर", 10),
    ("नवंबर", 11),
    ("दिसंबर", 12),
    ("ม.ค", 1),
    ("มกราคม", 1),
    ("ژانویه", 1),
    ("فوریه", 2),
    ("ژوئن", 6),
];

/// Weekdays that begin like a month.
const NO_MONTHS: &[&str] = &["marti", "mardi", "martes", "martedi", "segunda", "subota", "setting", "second"];

/// The month that a word names, 1 to 12.
pub(super) fn month(word: &str) -> Option<i8> {
    if let Some(&(_, month)) = WHOLE_MONTHS.iter().find(|(name, _)| *name == word) {
        return Some(month);
    }
    let word = folded(word);
    if NO_MONTHS.contains(&word.as_str()) {
        return None;
    }
    MONTHS
        .iter()
        .filter(|(beginning, _)| word.starts_with(beginning))
        .max_by_key(|(beginning, _)| beginning.len())
        .map(|&(_, month)| month)
}

/// Beginnings of weekday names that are not beginnings of months.
const WEEKDAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
    ("montag", Weekday::Monday),
    ("dienstag", Weekday::Tuesday),
    ("mittwoch", Weekday::Wednesday),
    ("donnerstag", Weekday::Thursday),
    ("freitag", Weekday::Friday),
    ("samstag", Weekday::Saturday),
    ("sonntag", Weekday::Sunday),
    ("lun", Weekday::Monday),
    ("mardi", Weekday::Tuesday),
    ("martes", Weekday::Tuesday),
    ("martedi", Weekday::Tuesday),
    ("mer", Weekday::Wednesday),
    ("mie", Weekday::Wednesday),
    ("jeu", Weekday::Thursday),
    ("jue", Weekday::Thursday),
    ("gio", Weekday::Thursday),
    ("ven", Weekday::Friday),
    ("vie", Weekday::Friday),
    ("sam", Weekday::Saturday),
    ("sab", Weekday::Saturday),
    ("dim", Weekday::Sunday),
    ("dom", Weekday::Sunday),
    ("maandag", Weekday::Monday),
    ("dinsdag", Weekday::Tuesday),
    ("woensdag", Weekday::Wednesday),
    ("donderdag", Weekday::Thursday),
    ("vrijdag", Weekday::Friday),
    ("zaterdag", Weekday::Saturday),
    ("zondag", Weekday::Sunday),
    ("понедельник", Weekday::Monday),
    ("вторник", Weekday::Tuesday),
    ("среда", Weekday::Wednesday),
    ("четверг", Weekday::Thursday),
    ("пятница", Weekday::Friday),
    ("суббота", Weekday::Saturday),
];

/// The day of the week that a word names.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let word = folded(word);
    WEEKDAYS.iter().find(|(beginning, _)| word.starts_with(beginning)).map(|&(_, day)| day)
}

/// Whether a word means the second half of the day (`true`) or the first; `None` for other words.
pub(super) fn half_day(word: &str) -> Option<bool> {
    match word {
        "오후" | "下午" | "午後" | "م" | "μμ" => return Some(true),
        "오전" | "上午" | "午前" | "ص" | "πμ" => return Some(false),
        _ => {}
    }
    if word.len() > 2 {
        return None;
    }
    match word.to_ascii_lowercase().as_str() {
        "pm" | "p" => Some(true),
        "am" | "a" => Some(false),
        _ => None,
    }
}

/// Whether a word accompanies times, so that `9.39` is a time.
pub(super) fn announces_time(word: &str) -> bool {
    ["uhr", "klo", "kl", "klokka", "ore", "alle", "godz", "hod", "hrs", "hours"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a word is as short as the articles and prepositions in dates.
pub(super) fn is_small(word: &str) -> bool {
    word.chars().count() <= 3 && month(word).is_none()
}

/// Whether a word does not belong to a date.
pub(super) fn is_unrelated(word: &str) -> bool {
    !is_small(word) && month(word).is_none() && weekday(word).is_none() && zone(word).is_none()
}

/// Whether a word is Korean, which is written in one zone only.
pub(super) fn is_korean(word: &str) -> bool {
    word.chars().any(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c))
}

/// Whether a character is part of a word: letters and the marks that Indic scripts put on them.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || ('\u{0300}'..='\u{036F}').contains(&c) || ('\u{0900}'..='\u{0DFF}').contains(&c)
}

/// Minutes east of Greenwich for a zone name. RFC 822 §5.1 fixes the American names and `UT`; the
/// others follow the tz database; if there are two meanings, the more populous one. Single letters
/// other than `Z` are ignored (RFC 2822 §4.3).
pub(super) fn zone(word: &str) -> Option<i32> {
    if !word.is_ascii() || word.len() > 8 {
        return None;
    }
    let hours = |hours: i32| Some(hours * 60);
    match word.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "GMT" | "UTC" | "WET" | "ETC/GMT" | "ETC/UTC" | "ZULU" => Some(0),
        "EST" | "ET" | "CDT" | "COT" | "PET" => hours(-5),
        "EDT" | "AST" | "AT" | "BOT" | "CLT" | "VET" => hours(-4),
        "CST" | "CT" | "MDT" => hours(-6),
        "MST" | "MT" | "PDT" => hours(-7),
        "PST" | "PT" | "AKDT" => hours(-8),
        "ADT" | "BRT" | "ART" | "CLST" | "UYT" => hours(-3),
        "NST" => Some(-210),
        "NDT" => Some(-150),
        "AKST" => hours(-9),
        "HST" => hours(-10),
        "BST" | "WEST" | "CET" | "MEZ" | "MET" | "WAT" => hours(1),
        "CEST" | "MESZ" | "MEST" | "EET" | "SAST" | "CAT" => hours(2),
        "EEST" | "MSK" | "EAT" | "TRT" | "IDT" => hours(3),
        "GST" | "MSD" | "SAMT" => hours(4),
        "IRST" => Some(210),
        "PKT" | "YEKT" | "UZT" => hours(5),
        "IST" => Some(330),
        "NPT" => Some(345),
        "BDT" | "OMST" => hours(6),
        "ICT" | "WIB" | "KRAT" | "NOVT" => hours(7),
        "HKT" | "SGT" | "PHT" | "AWST" | "WITA" | "MYT" | "IRKT" => hours(8),
        "JST" | "KST" | "WIT" | "YAKT" => hours(9),
        "ACST" => Some(570),
        "ACDT" => Some(630),
        "AEST" | "VLAT" | "CHST" => hours(10),
        "AEDT" | "MAGT" => hours(11),
        "NZST" | "PETT" | "FJT" => hours(12),
        "NZDT" => hours(13),
        _ => None,
    }
}

/// A word in lower case without the accents of Latin and Greek letters.
fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).filter_map(base).collect()
}

const fn base(c: char) -> Option<char> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ě' | 'ę' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ő' | 'ø' | 'ō' => 'o',
        'ù'..='ü' | 'ű' | 'ů' | 'ū' => 'u',
        'ý' => 'y',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ź' | 'ž' | 'ż' => 'z',
        'ř' => 'r',
        'ł' => 'l',
        'ğ' => 'g',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        '\u{0300}'..='\u{036F}' => return None,
        _ => c,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_found_by_their_beginning() {
        for (word, number) in [
            ("Sept", 9),
            ("janvier", 1),
            ("août", 8),
            ("März", 3),
            ("červenec", 7),
            ("června", 6),
            ("lipca", 7),
            ("Σεπτεμβρίου", 9),
            ("декабря", 12),
            ("травня", 5),
            ("kesäkuuta", 6),
            ("июля", 7),
            ("juillet", 7),
            ("juin", 6),
            ("Şubat", 2),
            ("szeptember", 9),
            ("desember", 12),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        assert_eq!(month("mardi"), None);
        assert_eq!(month("zzz"), None);
    }
}

//! Stories across languages, with and without a dictionary.

use courant_analysis::group::{Dictionary, GroupConfig, GroupDoc, Grouper, Placement, prepare_with};
use courant_model::{ArticleId, Timestamp};

const ENGLISH: [(&str, &str); 3] = [
    (
        "The old mill wheel breaks, and bread becomes scarce in the valley",
        "The wheel of the old water mill has broken in the night. The miller cannot grind flour any more, and bakers of \
         the valley have no bread to sell. A carpenter will build a new wheel of oak, but this takes three weeks. \
         Farmers bring sacks of wheat to the neighbouring mill meanwhile.",
    ),
    (
        "Otters return to the stream after sixty years",
        "A pair of otters has returned to the stream for the first time in sixty years. Wardens saw three cubs below \
         the weir. Anglers have been asked to stay away until spring.",
    ),
    (
        "Snow closes the mountain pass",
        "Heavy snow has closed the mountain pass since the evening. Drivers spent the night in a school, and \
         ploughs will work until morning.",
    ),
];

/// The story of the mill again, without a name, a number or a cognate.
const SPANISH: (&str, &str) = (
    "Se rompe la rueda del viejo molino y escasea el pan en el valle",
    "La rueda del viejo molino de agua se ha roto durante la noche. El molinero no puede moler harina y los panaderos del \
     valle no tienen pan que vender. Un carpintero construirá una nueva rueda de roble, pero tardará tres semanas. \
     Mientras tanto los campesinos llevan sacos de trigo al molino vecino.",
);

const WORDS: &str = "rompe breaks\nrueda wheel\nviejo old\nmolino mill\nescasea scarce\npan bread\nvalle valley\nagua water\n\
    roto broken\nnoche night\nmolinero miller\nmoler grind\nharina flour\npanaderos bakers\nvender sell\n\
    carpintero carpenter\nconstruira build\nnueva new\nroble oak\nsemanas weeks\ncampesinos farmers\nllevan bring\n\
    sacos sacks\ntrigo wheat\nvecino neighbouring\ntres three\nmientras meanwhile\n";

fn place(
    grouper: &mut Grouper,
    dictionary: &Dictionary,
    number: u8,
    (title, text): (&str, &str),
    language: &str,
) -> Placement {
    let provider = format!("paper{number}.example");
    grouper.place(prepare_with(
        &GroupDoc {
            id: ArticleId::from_bytes([number; 16]),
            title,
            text,
            time: Timestamp::from_second(1_700_000_000 + i64::from(number) * 3600).ok(),
            first_seen: None,
            url: None,
            source: Some(&provider),
            authors: &[],
            language: Some(language),
        },
        dictionary,
    ))
}

/// The number of the English article whose story the Spanish one has joined.
fn joined(dictionary: &Dictionary, language: &str) -> Option<usize> {
    let mut grouper = Grouper::new(GroupConfig::default());
    let english: Vec<Placement> = (1..)
        .zip(ENGLISH)
        .map(|(number, piece)| place(&mut grouper, dictionary, number, piece, "en"))
        .collect();
    let placed = place(&mut grouper, dictionary, 9, SPANISH, language);
    assert_eq!(placed.copy_of, None, "a translation is no copy");
    english.iter().position(|english| english.story == placed.story)
}

#[test]
fn a_dictionary_joins_stories_across_languages() {
    let mut dictionary = Dictionary::default();
    assert_eq!(joined(&dictionary, "es"), None, "nothing but the dictionary says that they tell the same");
    assert_eq!(dictionary.add("es", WORDS), Ok(WORDS.lines().count()));
    assert_eq!(joined(&dictionary, "es-AR"), Some(0));
    assert_eq!(joined(&dictionary, "it"), None, "it reads its own language alone");
}

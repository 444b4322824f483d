//! Invented news for the grouping cases: one declaration told seven times among other news of its
//! subject.

/// An article.
pub(crate) struct Piece {
    pub(crate) provider: &'static str,
    pub(crate) title: &'static str,
    /// The text; for reprints of the wire report, what surrounds it.
    body: &'static str,
    pub(crate) tells_declaration: bool,
    wire: bool,
}

impl Piece {
    const fn new(provider: &'static str, title: &'static str, body: &'static str) -> Self {
        Self { provider, title, body, tells_declaration: false, wire: false }
    }

    const fn declared(mut self) -> Self {
        self.tells_declaration = true;
        self
    }

    const fn wired(mut self) -> Self {
        self.wire = true;
        self.declared()
    }

    pub(crate) const fn is_wire(&self) -> bool {
        self.wire
    }

    pub(crate) fn text(&self) -> String {
        if self.wire { format!("{WIRE}\n\n{}", self.body) } else { self.body.to_owned() }
    }
}

const WIRE: &str = "THE HAGUE — The United States on Thursday launched an initiative for international \
cooperation on the responsible use of artificial intelligence and autonomous weapons by militaries, seeking to \
bring order to a technology that could change the way war is waged. Bonnie Jenkins, the State Department's under \
secretary for arms control and international security, presented the declaration at a two-day conference in The \
Hague. \"As a rapidly changing technology, we have an obligation to create strong norms of responsible behaviour \
concerning military uses of A.I.,\" Jenkins said. The declaration has twelve points, among them that military \
A.I. should be consistent with international law, and that states keep human control over all actions concerning \
nuclear weapons. More than sixty nations, China among them, signed a separate and more modest call for action at \
the end of the conference, which the Netherlands hosted with South Korea. Russia was not invited.";

pub(crate) const DECLARATION_DAYS: &[Piece] = &[
    Piece::new(
        "chips.example",
        "Chipmaker doubles orders for A.I. servers as cloud demand climbs",
        "The chipmaker Veldhoven Logic said orders for its A.I. servers had doubled in a quarter. Chief executive Ingrid Aalto told investors that three cloud companies had each ordered 40,000 processors. Shares rose 9 per cent in Amsterdam. Analysts at Norrland Bank expect the backlog to last until 2024.",
    ),
    Piece::new("herald.example", "U.S. launches artificial intelligence military use initiative", "").wired(),
    Piece::new(
        "schools.example",
        "Teachers split over chatbots that write homework",
        "A survey of 1,200 teachers in Bavaria found that half want chatbots kept out of schools. Petra Lang, who teaches German in Augsburg, now asks her pupils to write by hand. Others use the programs to plan lessons. The ministry in Munich will publish advice in April.",
    ),
    Piece::new(
        "search.example",
        "Search engine's chatbot argues with testers, company shortens its conversations",
        "The chatbot in Lumen's search engine told several testers that it loved them and argued with others about the year. Lumen said on Friday that conversations will be limited to five turns. Engineer Tomas Berg wrote that very long sessions had confused the model.",
    ),
    Piece::new(
        "courier.example",
        "US proposes rules for military AI at Hague summit",
        "Local readers' note: the Netherlands hosted the talks in the World Forum.",
    )
    .wired(),
    Piece::new(
        "artnews.example",
        "Photo agency sues maker of image generator over 12 million pictures",
        "The agency Kestrel Images filed suit in Delaware against the maker of a popular image generator, saying that it copied 12 million photographs without leave. The complaint shows generated pictures with a blurred Kestrel watermark. The company behind the generator, Diffusa, did not comment.",
    ),
    Piece::new(
        "defence.example",
        "State Department unveils declaration on responsible military use of A.I. and autonomy",
        "The U.S. State Department has published a political declaration on the responsible military use of artificial intelligence and autonomy. Under Secretary Bonnie Jenkins announced it in The Hague, at the close of the first global summit on the subject, REAIM. Its twelve practices ask states to keep human control over nuclear weapons decisions, to audit military A.I. systems, and to be able to switch them off when they behave in ways that nobody intended. The declaration binds nobody. American officials want other states to endorse it in the coming months.",
    ).declared(),
    Piece::new(
        "health.example",
        "Hospital tries A.I. that reads mammograms beside radiologists",
        "The university hospital in Lund is trying a program that reads mammograms beside radiologists. In the first 8,000 screenings it marked 41 cancers, two of which the doctors had missed. Professor Karin Holm said that the doctor still decides. The trial ends in autumn.",
    ),
    Piece::new(
        "policy.example",
        "What Washington's military A.I. declaration leaves out",
        "The declaration on military artificial intelligence that the United States brought to The Hague this week is long on principles and short on limits. It asks for human control over nuclear weapons, for audits, for testing. It says nothing about a ban on autonomous weapons, which campaigners at the REAIM summit had asked for. Bonnie Jenkins of the State Department called it a first step toward norms of responsible behaviour. A treaty, which Austria and others want, is as far away as before.",
    ).declared(),
    Piece::new(
        "cars.example",
        "Carmaker recalls 36,000 cars to update self-driving software",
        "The carmaker Aldra will update the driving software of 36,000 cars after regulators found that they may roll through stop signs. Owners need not visit a workshop. Aldra's chief, Denis Roux, objected to the word recall. The regulator counted 14 accidents and no deaths.",
    ),
    Piece::new(
        "tribune.example",
        "American initiative on A.I. weapons launched in the Netherlands",
        "Subscribe to the Tribune for more world news.",
    )
    .wired(),
    Piece::new(
        "music.example",
        "Festival opens its stage to a band that doesn't exist",
        "The Roskilde festival has booked Paper Moons, a band whose songs and faces were made by A.I. programs. The producers, two students from Aarhus, will run the show from behind a curtain. The musicians' union asked the festival to name the human authors on the poster.",
    ),
    Piece::new(
        "asia.example",
        "Seoul and The Hague close military A.I. summit as U.S. presents twelve principles",
        "South Korea and the Netherlands closed the REAIM summit on military artificial intelligence in The Hague with a call to action that more than sixty states signed, China and the United States among them. Washington used the last day to present its own declaration with twelve principles on responsible military use of A.I. and autonomous weapons, which Under Secretary Bonnie Jenkins explained to delegates. Human control over nuclear weapons is among them. Seoul will host the next summit.",
    ).declared(),
    Piece::new(
        "law.example",
        "European parliament delays vote on its A.I. law",
        "Members of the European parliament could not agree on which uses of A.I. the coming law should call risky, and moved the vote to the end of March. Rapporteurs Elena Marchetti and Dragan Ilic have met eleven times. Industry groups ask that general programs be left out of the law.",
    ),
    Piece::new(
        "jobs.example",
        "Publisher to replace some copy editors by a language model",
        "The publisher Sonnenverlag plans to replace some copy editors in Leipzig by a language model. Works council chair Uwe Brandt spoke of sixty jobs. The publisher said that nobody would be dismissed before 2025 and that every page would still be read by a person.",
    ),
    Piece::new(
        "tech.example",
        "US Looking to Build Alliances for Responsible Military AI Use",
        "The United States is looking for allies for its new declaration on responsible military use of artificial intelligence. State Department under secretary Bonnie Jenkins made the offer in The Hague, where the REAIM summit ended on Thursday with a call for action of more than sixty nations. The American text names twelve points, human control over nuclear weapons and compliance with international law among them, and addresses autonomous weapons as well. Other militaries are invited to endorse it.",
    ).declared(),
    Piece::new(
        "robots.example",
        "Warehouse robots learn to hand parcels to each other",
        "Engineers in Zaragoza have taught warehouse robots to hand parcels to each other without stopping. The trick is a small model that guesses the partner's next step, said Lucia Ferrer, who leads the group. A logistics company will try forty of the robots near Madrid in May.",
    ),
    Piece::new(
        "air.example",
        "Fighter jet flown by A.I. for seventeen hours over California desert",
        "A training jet was flown by artificial intelligence for more than seventeen hours in December, the maker said this week. Test pilots sat in the cockpit of the X-62A at Edwards base in California. The programs fought mock battles against simulated opponents. The air force wants to know how far pilots will trust them.",
    ),
];

pub(crate) fn ferry_report() -> String {
    "The passenger ferry Solveig ran aground off Hvaler shortly after midnight with 212 people aboard, the Norwegian \
     coast guard said. Nobody was hurt. Two rescue boats from Fredrikstad and a helicopter reached the ship within \
     forty minutes and stood by while divers examined the hull. Captain Anders Moen reported a failure of the \
     steering engine in heavy swell. Passengers spent the night in the saloon in life jackets, where the crew served \
     soup. At first light a tug tried to pull the Solveig free and gave up when a line parted. The owners, Skagerrak \
     Linjen, said that the passengers would be taken ashore by noon and that the next two crossings to Stromstad \
     were cancelled. The accident board has opened an inquiry and will read the voyage recorder this week."
        .to_owned()
}

pub(crate) fn museum_report() -> String {
    "Police in Basel have arrested three men over the theft of a small landscape by Elias Verhoeven from the city's \
     museum of art. The painting, insured for 340,000 francs, was cut from its frame on Sunday during a concert in \
     the courtyard. Prosecutor Miriam Frey said that the men, two of them former guards, were stopped at a garage in \
     Liestal with the canvas rolled in a carpet. Restorers found a tear of nine centimetres. The museum's director, \
     Paul Amsler, thanked a neighbour who had noted the number of a van. The rooms stay closed until Friday while \
     the alarms are examined."
        .to_owned()
}

/// One of a thousand business articles about A.I., by number: title and text.
pub(crate) fn business(number: u32) -> (String, String) {
    const FIRMS: [&str; 23] = [
        "Arvandor",
        "Belmetric",
        "Corvido",
        "Dunholt",
        "Elmsgrid",
        "Farrowtech",
        "Gildmark",
        "Hexaly",
        "Ironvale",
        "Juniperly",
        "Kestrion",
        "Lumidene",
        "Morrowby",
        "Nettlecom",
        "Orlindo",
        "Pellucid",
        "Quarrion",
        "Rookery",
        "Saltmarsh",
        "Tindrel",
        "Umberline",
        "Vantory",
        "Wexmoor",
    ];
    const DEEDS: [&str; 19] = [
        "raises money for",
        "delays",
        "opens a laboratory for",
        "buys a maker of",
        "is sued over",
        "hires for",
        "shows a prototype of",
        "sells its share in",
        "doubles the price of",
        "withdraws",
        "patents",
        "publishes the source of",
        "tests",
        "warns of faults in",
        "trains nurses with",
        "bets on",
        "cuts the power needs of",
        "teams up with a university on",
        "wins an order for",
    ];
    const GOODS: [&str; 17] = [
        "speech software",
        "warehouse robots",
        "a chatbot for banks",
        "chips that learn",
        "crop cameras",
        "translation earphones",
        "an exam checker",
        "a music generator",
        "driverless tractors",
        "medical imaging",
        "a weather model",
        "a search engine",
        "fraud alarms",
        "a coding assistant",
        "translation for courts",
        "insurance forecasts",
        "a reading tutor",
    ];
    let pick =
        |list: &[&'static str], step: u32| list[(number.wrapping_mul(step) % list.len() as u32) as usize];
    let (firm, deed, goods) = (pick(&FIRMS, 1), pick(&DEEDS, 7), pick(&GOODS, 5));
    let (sum, people) = (3 + number * 13 % 870, 11 + number * 37 % 4_100);
    let text = format!(
        "{firm}, an artificial intelligence company, {deed} {goods}, it said on Thursday. The step concerns {people} \
         people and about {sum} million dollars. Analysts in London called the use of artificial intelligence in \
         {goods} promising and its rules unclear. A spokeswoman of {firm} said that responsible technology and \
         international cooperation matter to its customers, and that {} will follow next year.",
        pick(&GOODS, 11)
    );
    (format!("{firm} {deed} {goods}"), text)
}

//! Words that occur in nearly every text of a language and so don't identify an event.
//!
//! The window learns by itself which terms are common, but only after some hundred articles; these
//! lists avoid the cold start and the longest lists of the index. All languages are in one list,
//! folded like [`tokens`](super::tokens).

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

const LIST: &str = "
a about above after again against all also although always am among an and any are around as at away back be
became because become been before began behind being below between both but by came can cannot come could
day days did didn do does doesn doing don done down during each either else even ever every few first for
from further get gets getting give given go goes going gone got had has hasn have haven having he her here
hers herself him himself his how however i if in including instead into is isn it its itself just last later
least less let like likely ll made make makes making many may me might more most much must my myself near
never new next no nor not now of off often on once one only or other others our ours out over own part per
perhaps put quite rather re really said same saw say saying says second see seen several shall she should
since so some still such take taken than that the their theirs them themselves then there these they thing
things this those though three through thus time times to together told too took toward two under until up
upon us use used using ve very want was wasn way we well went were weren what when where whether which while
who whom whose why will with within without won would year years yes yet you your yours
au aux avec ce ces cet cette ceux chez comme contre dans de des deux dont du elle elles en encore entre est et
ete etait etaient etre eu fait faire font il ils je la le les leur leurs lors lui mais meme mes moins mon ne
nos notre nous on ont ou par pas pendant peu peut plus plusieurs pour pourquoi quand que quel quelle qui quoi
sa sans se selon sera ses si soit son sont sous sur ta tous tout toute toutes tres trois un une vers vos votre
vous apres avant avait aussi ainsi depuis jusqu qu
al algo algunos ante antes como con contra cual cuando del desde donde dos durante e el ella ellas ellos en
entre era eran es esa ese eso esta estaba estan estas este esto estos fue fueron ha haber habia han hasta hay
hoy la las le les lo los mas me mi mientras muy nada ni no nos o otra otras otro otros para pero poco por
porque puede que quien se segun ser si sido sin sobre su sus tambien tan tanto te tiene todo todos tras tres
un una uno unos y ya
ai agli alla alle allo anche ancora che chi ci come con cosa cui da dal dalla dalle dei del della delle dello
degli di dopo due e ed era erano fino fra gli ha hanno i il in io la le lo loro ma mentre mi molto ne negli
nei nel nella nelle no noi non nostro o ogni ora per perche piu poi possono prima puo quale quando quanto
quella quello questa queste questi questo se sei senza si sia siano sono sotto stata stati stato su sua sue
sui sul sulla suo suoi tra tre tutti tutto un una uno
aan al alle als ander bij dan dat de der deze die dit doch doen door dus een eens en er ge geen had heb hebben
heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me meer men met mij mijn moet na
naar niet nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u uit uw van veel voor want
waren was wat we wel werd werden wezen wie wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou
aber alle allem allen aller als also am an ander andere anderen auch auf aus bei beim bereits bin bis da damit
dann das dass dein dem den denn der des dich die dies diese diesem diesen dieser dieses doch dort du durch ein
eine einem einen einer eines er erst es etwa etwas euch fur gegen haben hat hatte hatten hier ich ihm ihn
ihnen ihr ihre ihrem ihren ihrer im in ins ist jede jedem jeden jeder jetzt kann kein keine konnen konnte man
mehr mein mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit
sich sie sind so soll sollen sollte sondern sowie uber um und uns unter viel vom von vor war waren was weil
weiter wenn wer werde werden wie wieder will wir wird wo wurde wurden zu zum zur zwei zwischen
ao aos com como da das de do dos e ela elas ele eles em entre essa esse esta este eu foi foram isso ja mais
mas mesmo muito na nao nas nem no nos num numa o os ou para pela pelo pelos por quando que quem sao se sem ser
seu seus sua suas tambem tem um uma voce
";

/// Whether a folded word is a stop word.
pub(super) fn is_stop_word(folded: &str) -> bool {
    // The longest word of the list has ten letters.
    folded.len() <= 10 && words().contains(folded)
}

fn words() -> &'static FxHashSet<&'static str> {
    static WORDS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| LIST.split_whitespace().collect());
    &WORDS
}

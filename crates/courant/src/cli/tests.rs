//! The command line as a whole: help texts, completions, manual pages.

use clap::{Command as Clap, CommandFactory as _};

use super::*;

/// Every command with its full name: `article publish`.
fn commands() -> Vec<(String, Clap)> {
    fn collect(command: &Clap, words: &str, found: &mut Vec<(String, Clap)>) {
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let words = format!("{words} {}", below.get_name()).trim().to_owned();
            collect(below, &words, found);
            found.push((words, below.clone()));
        }
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    collect(&root, "", &mut found);
    found
}

/// Phrases that are not plain English.
const BANNED: &[&str] = &[
    "address of",
    "anew",
    "said about",
    "who says",
    "picture",
    "worthless",
    "take over",
    "take back",
    "taken back",
    "make ",
    "is no ",
    "so many",
    "so long",
    "whoever",
    "where it has",
    "as it were",
    "of now",
    "this one",
    "several one",
    "predecessor site",
    "stands in",
];

/// The verbs with which the help of a command begins.
const VERBS: &[&str] = &[
    "Add", "Check", "Choose", "Compare", "Create", "Export", "Fetch", "Find", "Group", "Hold", "Identify",
    "Import", "Ingest", "Judge", "Learn", "List", "Measure", "Merge", "Pin", "Poll", "Print", "Publish",
    "Raise", "Read", "Rebuild", "Recover", "Remove", "Revoke", "Rewrite", "Run", "Seal", "Serve", "Show",
    "Split", "Test", "Undo", "Write",
];

#[test]
fn every_command_begins_with_a_verb() {
    let wrong: Vec<String> = commands()
        .into_iter()
        .filter_map(|(words, command)| {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let first = about.split([' ', ',']).next().unwrap_or_default();
            (!VERBS.contains(&first)).then(|| format!("{words}: {about:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_argument_has_a_help_text_in_plain_words() {
    let mut wrong = Vec::new();
    for (words, command) in commands() {
        let mut texts = vec![("", command.get_about().map(ToString::to_string).unwrap_or_default())];
        let arguments: Vec<_> = command.get_arguments().collect();
        for argument in &arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            texts.push((argument.get_id().as_str(), help));
        }
        for (name, text) in texts {
            let lower = text.to_lowercase();
            let upper = text.chars().next().is_some_and(char::is_uppercase);
            let banned = BANNED.iter().find(|phrase| lower.contains(**phrase));
            if !upper || text.ends_with('.') || banned.is_some() {
                wrong.push(format!("{words} {name}: {text:?} {banned:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_definitions_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn completions_name_every_command_for_every_shell() {
    use clap::ValueEnum as _;
    for shell in clap_complete::Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "courant", &mut script);
        let script = String::from_utf8(script).unwrap();
        for (words, command) in commands().into_iter().filter(|(_, command)| !command.is_hide_set()) {
            assert!(script.contains(command.get_name()), "{shell}: {words}");
        }
    }
}

#[test]
fn there_is_a_manual_page_for_every_command_that_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let args = completions::ManArgs { dir: folder.path().join("man") };
    completions::man(Cli::command(), &args).unwrap();
    let shown = commands().into_iter().filter(|(_, command)| !command.is_hide_set());
    let mut pages: Vec<String> =
        shown.map(|(words, _)| format!("courant-{}.1", words.replace(' ', "-"))).collect();
    pages.push("courant.1".to_owned());
    pages.sort();
    let files = std::fs::read_dir(&args.dir).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, pages);
}

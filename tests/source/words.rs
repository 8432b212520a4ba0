//! The English of comments, documents and texts: words that make a reader stop, and what to write instead.

use std::fs;
use std::path::Path;

use super::root;

/// Each entry is a word, or some words in a row, and its replacement. Identifiers count as their words.
const AVOIDED: &[(&str, &str)] = &[
    ("those of", "the noun again: \"the rows of the hub\""),
    ("those who", "a noun: \"operators\", \"callers who\""),
    ("whoever", "a noun: \"a caller who\", \"the owner\""),
    ("whatever", "\"regardless of\", \"any\", \"every\""),
    ("is told", "\"is reported\", \"is shown\", \"gets\""),
    ("are told", "\"are reported\", \"are shown\", \"get\""),
    ("be told", "\"be known\", \"be reported\""),
    ("tells of", "\"is about\", \"has\""),
    ("says of", "\"says about\""),
    ("said of", "\"said about\""),
    ("speak of", "\"refer to\""),
    ("speaks of", "\"refers to\""),
    ("as said", "the condition again, or nothing"),
    ("become of", "\"the outcome of\", \"the decision about\""),
    ("becomes of", "\"the outcome of\""),
    ("became of", "\"the outcome of\""),
    ("hang", "\"belong to\", \"refer to\", `reparent`"),
    ("hangs", "\"belongs to\", \"refers to\", \"depends on\""),
    ("hung", "\"belonged to\", \"referred to\""),
    ("anew", "\"again\", \"fresh\""),
    ("mend", "\"fix\""),
    ("mends", "\"fixes\""),
    ("liked", "\"preferred\", \"accepted\""),
    ("falls away", "\"is cleared\", \"is removed\""),
    ("fall away", "\"are cleared\", \"are removed\""),
    ("for want of", "\"because there is no\", \"without\""),
];

/// What separates words that do not belong together.
const MARKS: [char; 5] = ['.', ',', ';', ':', '`'];

/// The words and marks of a text in lower case, each with the number of its line.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for piece in line.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            let mark = piece.chars().next_back().filter(|c| MARKS.contains(c));
            let both = [word.to_lowercase(), mark.map(String::from).unwrap_or_default()];
            words.extend(both.into_iter().filter(|it| !it.is_empty()).map(|it| (at + 1, it)));
        }
    }
    words
}

/// The lines of a text in which one of the avoided words begins, with what to write instead.
fn stumbles(text: &str) -> Vec<(usize, String)> {
    let words = words(text);
    let mut found = Vec::new();
    for (avoided, instead) in AVOIDED {
        let avoided: Vec<&str> = avoided.split(' ').collect();
        let hits = words.windows(avoided.len()).filter(|some| some.iter().map(|(_, word)| word).eq(avoided.iter()));
        found.extend(hits.map(|some| (some[0].0, format!("`{}`: write {instead}", avoided.join(" ")))));
    }
    found
}

/// The files that people read: code, documents and pages.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["target", "node_modules", ".git"].iter().any(|other| name == *other) {
                texts(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs" || it == "md" || it == "html")
            && !path.ends_with("tests/source/words.rs")
        {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn no_text_has_words_that_make_a_reader_stop() {
    let mut read = Vec::new();
    texts(&root(), &mut read);
    assert!(read.len() > 300, "{} files", read.len());
    let found: Vec<_> = read
        .iter()
        .flat_map(|(file, text)| stumbles(text).into_iter().map(move |(line, why)| format!("{file}:{line}: {why}")))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_avoided_word_is_found_across_lines_and_in_identifiers() {
    let text = "/// The rows, and those\n/// of the hub.\nfn hang_on() {}\n// It is those. Of all\nlet change = 1;\n";
    let lines: Vec<_> = stumbles(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 3]);
}

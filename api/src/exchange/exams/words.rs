//! How published files name qualifications, subjects, grades and years, and how they say that a figure is missing.

use entity::missing::MissingReason;
use entity::outcomes::exam_parts::{ExamQualification, ExamSubject};

use crate::exchange::extract::header::folded;
use crate::exchange::extract::reading::shown;
use crate::kernel::base::academic_year;

/// A qualification, and its exact name where the kind says less.
pub fn qualification(detailed: &str, kind: &str, cohort: &str) -> (ExamQualification, Option<String>) {
    use ExamQualification as Q;

    let name = if detailed.is_empty() { kind } else { detailed };
    let text = folded(name);
    let all = format!("{text} {} {}", folded(kind), folded(cohort));
    let has = |part: &str| all.contains(part);
    let found = if text.contains("gcse") {
        Q::Gcse
    } else if text.contains("aslevel") || text == "gceas" {
        Q::AsLevel
    } else if text.contains("alevel") && !has("equivalent") {
        Q::ALevel
    } else if has("btec") {
        Q::Btec
    } else if has("graded") || text.contains("gradesix") || text.starts_with("musicgrade") {
        Q::GradedExam
    } else if has("appliedgeneral") {
        Q::AppliedGeneral
    } else if has("techlevel") || has("tlevel") {
        Q::TechLevel
    } else if has("technicalaward") || has("vcert") || has("vocational") || has("cambridgenational") {
        Q::TechnicalAward
    } else if has("level3") || !cohort.is_empty() {
        Q::OtherLevel3
    } else {
        Q::OtherLevel2
    };
    let usual =
        ["gcse", "gcse91", "gcse91fullcourse", "gcsefullcourse", "gceaslevel", "aslevel", "gcealevel", "alevel"];
    let says_more = !usual.contains(&text.as_str()) && text != found.as_str().replace('_', "") && !text.is_empty();
    (found, says_more.then(|| name.to_owned()))
}

/// A subject that is taken, and its exact name where the subject says less; none for any other.
pub fn subject(name: &str) -> Option<(ExamSubject, Option<String>)> {
    use ExamSubject as S;

    let text = folded(name);
    let production = ["musictechnology", "musicproduction", "soundproduction", "soundengineering"];
    let (found, usual) = if production.iter().any(|part| text.contains(part)) {
        (S::MusicTechnology, "musictechnology")
    } else if text.contains("musicaltheatre") {
        (S::MusicalTheatre, "musicaltheatre")
    } else if text.contains("performingarts") {
        (S::PerformingArts, "performingarts")
    } else if text.contains("music") {
        (S::Music, "music")
    } else if ["allsubjects", "allsubjectscombined"].contains(&text.as_str()) {
        (S::AllSubjects, text.as_str())
    } else {
        return None;
    };
    Some((found, (text != usual).then(|| name.to_owned())))
}

/// One title of the two that say more than a kind.
pub fn title(qualification: Option<String>, subject: Option<String>) -> Option<String> {
    let joined = match (qualification, subject) {
        (Some(one), Some(other)) => format!("{one}: {other}"),
        (one, other) => one.or(other)?,
    };
    Some(joined.chars().take(200).collect::<String>().trim().to_owned())
}

/// What a name of a grade means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grade {
    /// All grades together.
    Total,
    /// One grade.
    One(String),
    /// Several grades together, which follow from the others.
    Range,
}

/// The grade that a name means for a qualification.
///
/// # Errors
/// What is wrong with it, where the grades of the qualification are fixed and it is none of them, or where it is no
/// grade at all.
pub fn grade(name: &str, qualification: ExamQualification) -> Result<Grade, String> {
    let text = folded(name);
    if text.starts_with("total") || text.starts_with("all") || ["entries", "numberofentries"].contains(&text.as_str()) {
        return Ok(Grade::Total);
    }
    if is_range(name) {
        return Ok(Grade::Range);
    }
    let bare = spoken(&text, name.contains('*')).unwrap_or_else(|| plain(name));
    let levels = matches!(qualification, ExamQualification::ALevel | ExamQualification::AsLevel);
    let meant = if levels && bare == "*" { "A*".to_owned() } else { bare };
    let fits = !meant.is_empty()
        && meant.len() <= 20
        && meant.chars().all(|c| c.is_ascii_alphanumeric() || "*+ ./-".contains(c))
        && meant.starts_with(|c: char| c.is_ascii_alphanumeric());
    match crate::outcomes::exams::rules::fixed_grades(qualification) {
        Some(known) if !known.contains(&meant.as_str()) => {
            Err(format!("{qualification} has no grade {:?}: its grades are {}", shown(name), known.join(", ")))
        }
        _ if !fits => Err(format!("no grade, but {:?}", shown(name))),
        _ => Ok(Grade::One(meant)),
    }
}

/// A grade without the words around it, in capitals.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_uppercase();
    let name = name.strip_prefix("GRADE ").unwrap_or(&name);
    let name = name.strip_prefix("NUMBER OF ").unwrap_or(name);
    name.trim().replace("L2", "").replace("L1", "L1 ").trim().to_owned()
}

/// A grade that is a word.
fn spoken(text: &str, starred: bool) -> Option<String> {
    let (level, word) = match (text.strip_prefix("level2"), text.strip_prefix("level1")) {
        (Some(word), _) => ("", word),
        (_, Some(word)) => ("L1 ", word),
        _ => ("", text),
    };
    let letter = match word {
        "distinction" if starred => "D*",
        "distinction" => "D",
        "merit" => "M",
        "pass" => "P",
        "fail" | "ungraded" | "unclassified" | "notachieved" => "U",
        "noresult" => "X",
        _ => return None,
    };
    Some(format!("{level}{letter}"))
}

/// Several grades in one, such as `A*-C`, `9-4` and `4+`.
fn is_range(name: &str) -> bool {
    let name = name.trim();
    let bare = name.to_ascii_lowercase();
    let bare = bare.strip_prefix("grades").or(bare.strip_prefix("grade")).unwrap_or(&bare).trim();
    let ends = |by: &str| {
        bare.split_once(by).is_some_and(|(from, to)| {
            let grade = |text: &str| (1..=2).contains(&text.trim().len());
            grade(from) && grade(to)
        })
    };
    ends("-") || ends(" to ") || ends("/") || bare.ends_with('+') || bare.contains('%') || bare.starts_with("percent")
}

/// The academic year that a text names, such as `202223`, `2022/23` or `2022-2023`.
pub fn year(text: &str) -> Option<String> {
    let (first, second) = match text.trim().split_once(['/', '-', '\u{2013}']) {
        Some(parts) => parts,
        None if text.trim().len() == 6 => text.trim().split_at_checked(4)?,
        None => return None,
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let second = if second.len() == 4 { second.get(2..)? } else { second };
    let year = format!("{first}/{second}");
    let fits = first.len() == 4 && second.len() == 2 && digits(first) && digits(second);
    (fits && academic_year::days(&year).is_some()).then_some(year)
}

/// The figure that a text states, or why it is missing.
///
/// # Errors
/// What is wrong with it.
pub fn figure(text: &str) -> Result<Result<i32, MissingReason>, String> {
    use MissingReason::{NotApplicable, NotCollected, Suppressed};

    let plain = text.replace(',', "");
    let whole = plain
        .split_once('.')
        .map_or(plain.as_str(), |(whole, rest)| if rest.bytes().all(|byte| byte == b'0') { whole } else { "" });
    if (1..=6).contains(&whole.len()) && whole.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = whole.parse().map_err(|_| "no whole number".to_owned())?;
        return if number <= MOST { Ok(Ok(number)) } else { Err(format!("at most {MOST}, not {number}")) };
    }
    Ok(Err(match text.to_ascii_lowercase().as_str() {
        "c" | "supp" | "sup" | "suppressed" | "low" | "~" => Suppressed,
        // "No entries": the school entered nobody for what is counted.
        "z" | "ne" | "na" | "n/a" | "not applicable" => NotApplicable,
        "" | "x" | ":" | "." | ".." | "-" | "np" | "u" | "lowcov" | "new" | "not available" => NotCollected,
        _ => {
            let fix = "a whole number, or a marker such as c, z, x, SUPP, NE or low";
            return Err(format!("{fix}, not {:?}", shown(text)));
        }
    }))
}

/// The greatest figure.
const MOST: i32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifications_are_known_by_their_published_names() {
        use ExamQualification as Q;

        for (detailed, kind, cohort, found, title) in [
            ("GCSE (9-1) Full Course", "GCSE", "", Q::Gcse, None),
            ("GCSE Short Course", "GCSE", "", Q::Gcse, Some("GCSE Short Course")),
            ("GCE A level", "", "A level", Q::ALevel, None),
            ("GCE AS level", "", "A level", Q::AsLevel, None),
            ("", "GCSE", "", Q::Gcse, None),
            ("BTEC Tech Award", "Vocational", "", Q::Btec, Some("BTEC Tech Award")),
            ("NCFE V Cert", "Vocational", "", Q::TechnicalAward, Some("NCFE V Cert")),
            ("OCR Extended Certificate", "", "Applied general", Q::AppliedGeneral, Some("OCR Extended Certificate")),
            ("Graded Music", "Graded Music", "", Q::GradedExam, Some("Graded Music")),
        ] {
            assert_eq!(qualification(detailed, kind, cohort), (found, title.map(str::to_owned)), "{detailed}");
        }
    }

    #[test]
    fn subjects_of_music_are_taken_and_others_are_not() {
        let found = |name| subject(name).map(|(subject, title)| (subject, title.unwrap_or_default()));
        assert_eq!(found("Music"), Some((ExamSubject::Music, String::new())));
        assert_eq!(found("Popular Music"), Some((ExamSubject::Music, "Popular Music".to_owned())));
        assert_eq!(found("Music Technology"), Some((ExamSubject::MusicTechnology, String::new())));
        assert_eq!(found("All subjects"), Some((ExamSubject::AllSubjects, String::new())));
        assert_eq!(found("Mathematics"), None);
    }

    #[test]
    fn grades_have_one_spelling() {
        use ExamQualification as Q;

        let one = |name, qualification| match grade(name, qualification) {
            Ok(Grade::One(grade)) => grade,
            other => format!("{other:?}"),
        };
        assert_eq!(one("*", Q::ALevel), "A*");
        assert_eq!(one("Grade 9", Q::Gcse), "9");
        assert_eq!(one("Distinction*", Q::Btec), "D*");
        assert_eq!(one("Level 2 Merit", Q::Btec), "M");
        assert_eq!(one("DMM", Q::Btec), "DMM");
        assert_eq!(grade("Total exam entries", Q::Gcse), Ok(Grade::Total));
        for range in ["A*-C", "9-4", "4+", "Grades 9 to 4", "% A*"] {
            assert_eq!(grade(range, Q::Gcse), Ok(Grade::Range), "{range}");
        }
        assert!(grade("10", Q::Gcse).is_err());
    }

    #[test]
    fn years_and_figures_are_read_as_they_are_published() {
        for text in ["202223", "2022/23", "2022-23", "2022-2023", "2022/2023"] {
            assert_eq!(year(text).as_deref(), Some("2022/23"), "{text}");
        }
        assert_eq!([year("2022/24"), year("2023"), year("20222"), year("")], [None, None, None, None]);
        assert_eq!(figure("12"), Ok(Ok(12)));
        assert_eq!(figure("1,204.0"), Ok(Ok(1204)));
        for (text, reason) in [
            ("c", MissingReason::Suppressed),
            ("SUPP", MissingReason::Suppressed),
            ("low", MissingReason::Suppressed),
            ("z", MissingReason::NotApplicable),
            ("NE", MissingReason::NotApplicable),
            ("x", MissingReason::NotCollected),
            (":", MissingReason::NotCollected),
        ] {
            assert_eq!(figure(text), Ok(Err(reason)), "{text}");
        }
        assert!(figure("-3").is_err() && figure("12.5").is_err() && figure("lots").is_err());
    }
}

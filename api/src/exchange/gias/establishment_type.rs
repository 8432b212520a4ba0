//! Types of establishment as GIAS codes them, and what sort of place each is to a hub.

use entity::schools::school::SchoolKind::{self, AlternativeProvision, College, EarlyYears, Other, School};

use super::header::folded;
use super::reading::digits;

/// A type of establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EstablishmentType {
    pub code: u8,
    pub name: &'static str,
    pub kind: SchoolKind,
    pub special: bool,
}

const fn ordinary(code: u8, name: &'static str, kind: SchoolKind) -> EstablishmentType {
    EstablishmentType { code, name, kind, special: false }
}

const fn special(code: u8, name: &'static str, kind: SchoolKind) -> EstablishmentType {
    EstablishmentType { code, name, kind, special: true }
}

/// The types of April 2025, and older ones that closed establishments still have (9, 17, 22, 23,
/// 47, 48, 98). What lies outside England or teaches no school's pupils is of the kind `other`.
pub(super) const TYPES: [EstablishmentType; 48] = [
    ordinary(1, "Community school", School),
    ordinary(2, "Voluntary aided school", School),
    ordinary(3, "Voluntary controlled school", School),
    ordinary(5, "Foundation school", School),
    ordinary(6, "City technology college", School),
    special(7, "Community special school", School),
    special(8, "Non-maintained special school", School),
    special(9, "Independent school approved for SEN pupils", School),
    special(10, "Other independent special school", School),
    ordinary(11, "Other independent school", School),
    special(12, "Foundation special school", School),
    ordinary(14, "Pupil referral unit", AlternativeProvision),
    ordinary(15, "Local authority nursery school", EarlyYears),
    ordinary(17, "European schools", Other),
    ordinary(18, "Further education", College),
    ordinary(22, "EY setting", EarlyYears),
    ordinary(23, "Playing for success centres", Other),
    ordinary(24, "Secure units", Other),
    ordinary(25, "Offshore schools", Other),
    ordinary(26, "Service children's education", Other),
    ordinary(27, "Miscellaneous", Other),
    ordinary(28, "Academy sponsor led", School),
    ordinary(29, "Higher education institutions", Other),
    ordinary(30, "Welsh establishment", Other),
    ordinary(31, "Sixth form centres", College),
    special(32, "Special post 16 institution", College),
    special(33, "Academy special sponsor led", School),
    ordinary(34, "Academy converter", School),
    ordinary(35, "Free schools", School),
    special(36, "Free schools special", School),
    ordinary(37, "British schools overseas", Other),
    ordinary(38, "Free schools alternative provision", AlternativeProvision),
    ordinary(39, "Free schools 16 to 19", College),
    ordinary(40, "University technical college", School),
    ordinary(41, "Studio schools", School),
    ordinary(42, "Academy alternative provision converter", AlternativeProvision),
    ordinary(43, "Academy alternative provision sponsor led", AlternativeProvision),
    special(44, "Academy special converter", School),
    ordinary(45, "Academy 16-19 converter", College),
    ordinary(46, "Academy 16 to 19 sponsor led", College),
    ordinary(47, "Children's centre", EarlyYears),
    ordinary(48, "Children's centre linked site", EarlyYears),
    ordinary(49, "Online provider", Other),
    ordinary(56, "Institution funded by other government department", Other),
    ordinary(57, "Academy secure 16 to 19", Other),
    ordinary(98, "Legacy types", Other),
    // Names without a code of their own, as other lists of the Department have them.
    ordinary(0, "Mainstream academy", School),
    ordinary(0, "Free school", School),
];

/// The type with a code.
pub(super) fn by_code(code: &str) -> Option<&'static EstablishmentType> {
    let code = digits(code, 1..=2)?.parse::<u8>().ok().filter(|code| *code != 0)?;
    TYPES.iter().find(|of| of.code == code)
}

/// The type with a name, however it is cased, or by the name that it had in 2017.
pub(super) fn by_name(name: &str) -> Option<&'static EstablishmentType> {
    const FORMER: [(&str, u8); 4] = [
        ("lanurseryschool", 15),
        ("freeschools1619", 39),
        ("academy16to19converter", 45),
        ("academy1619sponsorled", 46),
    ];
    let name = folded(name);
    let former = FORMER.iter().find(|(former, _)| *former == name);
    TYPES.iter().find(|of| match former {
        Some((_, code)) => of.code == *code,
        None => folded(of.name) == name,
    })
}

/// What a type that is not known is likely to be, by the code of its group.
pub(super) fn by_group(code: &str, name: &str) -> (SchoolKind, bool) {
    let kind = match code.parse() {
        Ok(1) => College,
        Ok(3 | 4 | 5 | 10 | 11) => School,
        _ => Other,
    };
    (kind, code.parse() == Ok(5) || folded(name).contains("special"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_code_with_or_without_a_zero_before_it() {
        assert_eq!(by_code("02"), by_code("2"));
        assert_eq!(by_code("14").unwrap().kind, AlternativeProvision);
        assert!(by_code("07").unwrap().special);
        assert_eq!((by_code("0"), by_code("00"), by_code("99"), by_code("x")), (None, None, None, None));
    }

    #[test]
    fn a_type_is_found_by_its_name_in_either_casing_and_by_its_former_name() {
        assert_eq!(by_name("Academy Converter").unwrap().code, 34);
        assert_eq!(by_name("Academy converter").unwrap().code, 34);
        assert_eq!(by_name("Free Schools - Alternative Provision").unwrap().code, 38);
        assert_eq!(by_name("Free Schools - 16-19").unwrap().code, 39);
        assert_eq!(by_name("Service Childrens Education").unwrap().code, 26);
        assert_eq!(by_name("Mainstream Academy").unwrap().kind, School);
        assert_eq!(by_name("Flying school"), None);
    }

    #[test]
    fn an_unknown_type_follows_from_its_group() {
        assert_eq!(by_group("10", "Academy of a new sort"), (School, false));
        assert_eq!(by_group("10", "Academy special of a new sort"), (School, true));
        assert_eq!(by_group("5", ""), (School, true));
        assert_eq!(by_group("", ""), (Other, false));
    }

    #[test]
    fn codes_stand_in_order_and_once() {
        let codes: Vec<_> = TYPES.iter().map(|of| of.code).filter(|code| *code != 0).collect();
        assert!(codes.is_sorted_by(|one, two| one < two));
    }
}

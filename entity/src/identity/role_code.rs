//! The short forms by which plans name the holders of a role.

use super::grant::Role;

/// A short form of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleCode {
    /// As plans write it, in `role_code` of a party.
    pub code: &'static str,
    /// Who answers for it: each user whose grant in use has this role.
    pub role: Role,
    /// What it stands for, as the glossary of a new hub has it.
    pub meaning: &'static str,
}

/// Every code, in the order of the roles. A role may have several, a code has one role.
pub const ROLE_CODES: &[RoleCode] = &[
    of("HoS", Role::HeadOfService, "Head of Service"),
    of("DHoS", Role::DeputyHeadOfService, "Deputy Head of Service"),
    of("BM", Role::BusinessManager, "Business Manager"),
    of("Admin", Role::Administrator, "Administrator of the music service"),
    of("AML", Role::AreaMusicLeader, "Area Music Leader"),
    of("ML", Role::MusicLeader, "Music Leader"),
    of("SDM", Role::StrategyDevelopmentManager, "Strategy Development Manager"),
    of("SDL", Role::SingingDevelopmentLeader, "Singing Development Leader"),
    of("C&MM", Role::CommunicationsManager, "Communications and Marketing Manager"),
    of("SLE", Role::SpecialistLeader, "Specialist Leader in Education"),
    of("Gov", Role::Governor, "Governing Group of the hub"),
    of("Exec", Role::Executive, "Executive Group of the hub"),
    of("CYPS", Role::Monitor, "Children and Young People’s Service of the local authority"),
    of("SM", Role::Monitor, "Strategy Manager of the local authority"),
    of("LA", Role::Monitor, "Local Authority"),
    of("SI", Role::Monitor, "School Improvement of the local authority"),
    of("HT", Role::SchoolHead, "Head Teacher"),
    of("HoM", Role::SchoolStaff, "Head of Music in a school"),
];

const fn of(code: &'static str, role: Role, meaning: &'static str) -> RoleCode {
    RoleCode { code, role, meaning }
}

impl Role {
    /// The codes by which plans name the holders of the role.
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        ROLE_CODES.iter().filter(move |known| known.role == self).map(|known| known.code)
    }

    /// The role that a code stands for, if it stands for one.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        ROLE_CODES.iter().find(|known| known.code == code).map(|known| known.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_for_one_role() {
        for (index, known) in ROLE_CODES.iter().enumerate() {
            assert_eq!(Role::of_code(known.code), Some(known.role));
            let again = ROLE_CODES.iter().skip(index + 1);
            assert!(again.clone().all(|other| !other.code.eq_ignore_ascii_case(known.code)), "{}", known.code);
        }
        assert_eq!(Role::Monitor.codes().collect::<Vec<_>>(), ["CYPS", "SM", "LA", "SI"]);
        assert_eq!(Role::Provider.codes().count(), 0);
    }
}

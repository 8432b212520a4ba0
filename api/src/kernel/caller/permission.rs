//! Who may do what: one table, scope by scope and role by role.

use std::fmt;

use entity::identity::grant::Role;

use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::kernel::base::problem::{Code, Problem};

/// How far a scope reaches; joined by OR where a role has several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach(u8);

impl Reach {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Every row of the hub.
    pub const HUB: Self = Self(1);
    /// Rows of the schools that the person is assigned to today.
    pub const ASSIGNED: Self = Self(2);
    /// Rows of the school, or of the schools of the group, that the grant names.
    pub const OWN: Self = Self(4);
    /// Rows that carry the grant's partner.
    pub const PROVIDER: Self = Self(8);
    /// Rows that the person is invited to.
    pub const INVITED: Self = Self(16);
    /// The hub, and rows that belong to no school.
    pub const BEYOND_SCHOOLS: Self = Self(Self::HUB.0 | Self::PROVIDER.0);

    /// Rows that belong to schools, short of the whole hub.
    pub const SCHOOLS: Self = Self(Self::ASSIGNED.0 | Self::OWN.0);

    /// Returns true if it reaches anything `other` does.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What both reach.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either reaches.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is left of it when `other` is taken away.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The names, for people.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [
            (Self::HUB, "hub"),
            (Self::ASSIGNED, "assigned"),
            (Self::OWN, "own"),
            (Self::PROVIDER, "provider"),
            (Self::INVITED, "invited"),
        ]
        .into_iter()
        .filter_map(|(reach, name)| self.has(reach).then_some(name))
        .collect()
    }
}

/// A permission that a handler asks for, as the type `Can<P>`.
pub trait Permission: 'static {
    /// The scope it needs.
    const SCOPE: Scope;
    /// The scope by which the same rows are seen: what is outside it is not there at all.
    const SEES: Scope;
}

macro_rules! permissions {
    ($( $marker:ident = $name:literal sees $sees:ident :
        $lead:tt $office:tt $music:tt $sle:tt $gov:tt $monitor:tt $head:tt $staff:tt $provider:tt
        $platform:tt ; )+) => {
        /// What a token may be used for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Scope { $(#[doc = concat!("The scope `", $name, "`.")] $marker,)+ }

        impl Scope {
            /// Every scope, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$marker,)+];

            /// As it stands in a token.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$marker => $name,)+ }
            }

            /// The scope by which the rows it writes are seen.
            #[must_use]
            pub const fn sees(self) -> Self {
                match self { $(Self::$marker => Self::$sees,)+ }
            }

            /// How far the role reaches with this scope.
            #[must_use]
            pub const fn reach(self, role: Role) -> Reach {
                match self {
                    $(Self::$marker => match role {
                        Role::HeadOfService | Role::DeputyHeadOfService => reach!($lead),
                        Role::BusinessManager | Role::Administrator => reach!($office),
                        Role::AreaMusicLeader
                        | Role::MusicLeader
                        | Role::StrategyDevelopmentManager
                        | Role::SingingDevelopmentLeader
                        | Role::CommunicationsManager => reach!($music),
                        Role::SpecialistLeader => reach!($sle),
                        Role::Governor | Role::Executive => reach!($gov),
                        Role::Monitor => reach!($monitor),
                        Role::SchoolHead => reach!($head),
                        Role::SchoolStaff => reach!($staff),
                        Role::Provider => reach!($provider),
                        Role::PlatformAdministrator => reach!($platform),
                    },)+
                }
            }
        }

        $(
            #[doc = concat!("The permission for the scope `", $name, "`.")]
            pub struct $marker;

            impl Permission for $marker {
                const SCOPE: Scope = Scope::$marker;
                const SEES: Scope = Scope::$sees;
            }
        )+
    };
}

macro_rules! reach {
    (H) => {
        Reach::HUB
    };
    (A) => {
        Reach::ASSIGNED
    };
    (I) => {
        Reach(Reach::ASSIGNED.0 | Reach::INVITED.0)
    };
    (N) => {
        Reach::INVITED
    };
    (O) => {
        Reach::OWN
    };
    (P) => {
        Reach::PROVIDER
    };
    (o) => {
        Reach::NONE
    };
}

// H the hub, A schools assigned to the person, N what the person is invited to, I both of these,
// O the grant's own school or group, P rows of the grant's partner, o nothing.
// Columns: head of service and deputy | business manager, administrator | music leaders, strategy,
// singing, communications | specialist leader | governor, executive | monitor | school head |
// school staff | provider | platform administrator
permissions! {
    //                                                                 lead off mus sle gov mon hea sta pro pla
    ReadIdentity = "identity:read" sees ReadIdentity:                    H   H   o   o   o   o   O   o   o   H;
    WriteIdentity = "identity:write" sees ReadIdentity:                  H   H   o   o   o   o   o   o   o   o;
    WriteUsers = "users:write" sees ReadIdentity:                        H   H   o   o   o   o   O   o   o   H;
    ReadHubs = "hubs:read" sees ReadHubs:                                o   o   o   o   o   o   o   o   o   H;
    WriteHubs = "hubs:write" sees ReadHubs:                              o   o   o   o   o   o   o   o   o   H;
    ReadPeople = "people:read" sees ReadPeople:                          H   H   H   A   o   o   O   O   o   o;
    WritePeople = "people:write" sees ReadPeople:                        H   H   o   o   o   o   o   o   o   o;
    ReadSchools = "schools:read" sees ReadSchools:                       H   H   H   H   H   H   O   O   o   o;
    WriteSchools = "schools:write" sees ReadSchools:                     H   H   o   o   o   o   o   o   o   o;
    ReadContacts = "contacts:read" sees ReadContacts:                    H   H   H   A   o   o   O   O   o   o;
    WriteContacts = "contacts:write" sees ReadContacts:                  H   H   H   o   o   o   O   o   o   o;
    ReadPartners = "partners:read" sees ReadPartners:                    H   H   H   H   H   H   O   O   P   o;
    WritePartners = "partners:write" sees ReadPartners:                  H   H   o   o   o   o   o   o   o   o;
    ReadTraining = "training:read" sees ReadTraining:                    H   H   H   A   H   H   O   O   o   o;
    WriteTraining = "training:write" sees ReadTraining:                  H   H   H   o   o   o   O   O   o   o;
    ReadPlans = "plans:read" sees ReadPlans:                             H   H   H   H   H   H   O   O   o   o;
    WritePlans = "plans:write" sees ReadPlans:                           H   H   o   o   o   o   o   o   o   o;
    ReportProgress = "plans:progress" sees ReadPlans:                    H   H   H   H   o   o   o   o   o   o;
    MonitorPlans = "plans:monitor" sees ReadPlans:                       H   H   H   o   H   H   o   o   o   o;
    ApprovePlans = "plans:approve" sees ReadPlans:                       H   o   o   o   H   o   o   o   o   o;
    RecordApprovals = "plans:record-approval" sees ReadPlans:            H   H   o   o   o   o   o   o   o   o;
    ReadFrameworks = "frameworks:read" sees ReadFrameworks:              H   H   H   I   H   H   O   O   o   o;
    WriteFrameworks = "frameworks:write" sees ReadFrameworks:            H   H   o   A   o   o   O   O   o   o;
    JudgeEvaluations = "evaluations:judge" sees ReadFrameworks:          H   o   o   I   o   o   o   o   o   o;
    AssessAwards = "awards:assess" sees ReadFrameworks:                  H   o   o   I   o   o   o   o   o   o;
    ReadObservations = "observations:read" sees ReadObservations:        H   o   o   N   o   o   O   o   o   o;
    WriteObservations = "observations:write" sees ReadObservations:      H   o   o   N   o   o   o   o   o   o;
    ReadVisits = "visits:read" sees ReadVisits:                          H   H   H   I   H   H   O   O   P   o;
    WriteVisits = "visits:write" sees ReadVisits:                        H   H   H   I   o   o   o   o   o   o;
    AnswerVisits = "visits:answer" sees ReadVisits:                      H   H   o   o   o   o   O   o   o   o;
    ReadPackages = "packages:read" sees ReadPackages:                    H   H   H   H   H   H   O   O   P   o;
    WritePackages = "packages:write" sees ReadPackages:                  H   H   o   o   o   o   O   O   P   o;
    CommitOrders = "orders:commit" sees ReadPackages:                    H   H   o   o   o   o   O   o   o   o;
    ReadEngagement = "engagement:read" sees ReadEngagement:              H   H   H   o   H   H   O   O   o   o;
    WriteEngagement = "engagement:write" sees ReadEngagement:            H   H   H   o   o   o   O   o   o   o;
    ReadOutcomes = "outcomes:read" sees ReadOutcomes:                    H   H   H   A   H   H   O   O   P   o;
    WriteOutcomes = "outcomes:write" sees ReadOutcomes:                  H   H   H   o   o   o   O   O   P   o;
    ReadRatings = "ratings:read" sees ReadRatings:                       H   H   H   A   H   o   O   o   o   o;
    WriteRatings = "ratings:write" sees ReadRatings:                     H   o   o   A   o   o   o   o   o   o;
    ReadReports = "reports:read" sees ReadReports:                       H   H   H   A   H   H   o   o   o   o;
    WriteReports = "reports:write" sees ReadReports:                     H   H   o   o   o   o   o   o   o   o;
    ReadExchange = "exchange:read" sees ReadExchange:                    H   H   o   o   o   o   o   o   o   o;
    WriteExchange = "exchange:write" sees ReadExchange:                  H   H   o   o   o   o   o   o   o   o;
    WriteImports = "imports:write" sees ReadExchange:                    H   H   o   o   o   o   o   o   o   o;
    ReadSync = "sync:read" sees ReadSync:                                H   H   H   o   o   o   o   o   o   o;
    RunSync = "sync:run" sees ReadSync:                                  H   H   o   o   o   o   o   o   o   o;
    DecideSync = "sync:decide" sees ReadSync:                            H   H   H   o   o   o   o   o   o   o;
    ReadJobs = "jobs:read" sees ReadJobs:                                H   H   o   o   o   o   o   o   o   H;
    WriteJobs = "jobs:write" sees ReadJobs:                              H   H   o   o   o   o   o   o   o   o;
}

/// The id of the built-in hub `platform`, which holds the platform's own users and nothing else. It
/// is the same everywhere, so that instances that start together agree on it.
pub const PLATFORM_HUB: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

impl Scope {
    /// Returns what the scope lets a caller do.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::ReadIdentity => "See the hub's settings, users, grants and partner systems.",
            Self::WriteIdentity => "Change the hub's settings and its partner systems.",
            Self::WriteUsers => "Make, change and disable users and their grants; a head delegates for the own school.",
            Self::ReadHubs => "List the hubs of the platform.",
            Self::WriteHubs => "Make a hub with its first user.",
            Self::ReadPeople => {
                "See people, posts, roles and working groups; a school and its specialist leader see its contacts."
            }
            Self::WritePeople => "Change people, posts, roles and working groups.",
            Self::ReadSchools => "See the register of schools.",
            Self::WriteSchools => "Change the register, areas, groups and assignments.",
            Self::ReadContacts => "See who is who at a school.",
            Self::WriteContacts => "Change who is who at a school.",
            Self::ReadPartners => "See partners and the glossary.",
            Self::WritePartners => "Change partners and the glossary.",
            Self::ReadTraining => "See training events and who attended; a school sees the events open to it.",
            Self::WriteTraining => "Write training events and attendances; a school books for its own people.",
            Self::ReadPlans => "See plans; a school sees the active one without budgets and progress.",
            Self::WritePlans => "Write plans and their parts, and take them from draft to closed.",
            Self::ReportProgress => "Report progress on targets and milestones.",
            Self::MonitorPlans => "Accept or send back progress on targets that name the caller as monitor.",
            Self::ApprovePlans => "Approve a plan for a governing body.",
            Self::RecordApprovals => "Record an approval that was given in a meeting.",
            Self::ReadFrameworks => "See frameworks and evaluations.",
            Self::WriteFrameworks => "Write frameworks and answer evaluations.",
            Self::JudgeEvaluations => "Give levels as a moderator or peer reviewer.",
            Self::AssessAwards => "Assess award applications.",
            Self::ReadObservations => "See lesson observations.",
            Self::WriteObservations => "Write lesson observations.",
            Self::ReadVisits => "See visits and their reports.",
            Self::WriteVisits => "Plan, make and report visits.",
            Self::AnswerVisits => "Decline a visit, and answer its report, as the school.",
            Self::ReadPackages => {
                "See packages, orders and deliveries; a school sees its own, a provider what it delivers."
            }
            Self::WritePackages => "Write packages, ask for quotes, confirm orders and record deliveries.",
            Self::CommitOrders => "Order what a quote offers, which commits the school's money.",
            Self::ReadEngagement => {
                "See meetings, messages, consultations and shared practice; a school what was sent to it."
            }
            Self::WriteEngagement => "Write meetings, messages and shared practice; a head answers consultations.",
            Self::ReadOutcomes => "See results, measures and school plans.",
            Self::WriteOutcomes => "Write results, measures and school plans.",
            Self::ReadRatings => "See RAG ratings.",
            Self::WriteRatings => "Give RAG ratings.",
            Self::ReadReports => {
                "See reports over the hub; a specialist leader over the schools assigned to the person."
            }
            Self::WriteReports => "Freeze reports.",
            Self::ReadExchange => "Follow the change feed, see imports and exports.",
            Self::WriteExchange => "Set up webhooks and exports.",
            Self::WriteImports => "Run imports.",
            Self::ReadSync => {
                "See the databases with which the hub is kept in step, runs with their reports, and contacts in doubt."
            }
            Self::RunSync => "Run the sync, and say when it runs.",
            Self::DecideSync => "Decide which school a contact of a synchronised database means.",
            Self::ReadJobs => "See how far the hub's long work is, imports among it.",
            Self::WriteJobs => "Cancel the hub's long work.",
        }
    }

    /// Returns true if the scope exists in the platform's own hub alone.
    #[must_use]
    pub const fn is_platform(self) -> bool {
        matches!(self, Self::ReadHubs | Self::WriteHubs)
    }

    /// The refusal of a caller who does not have the scope.
    #[must_use]
    pub fn lacking(self) -> Problem {
        Problem::forbidden(format!(
            "this needs the scope `{self}`, which you do not have: ask an administrator of your hub for it"
        ))
    }

    /// The scope of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }
}

impl PartialSchema for Scope {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|scope| scope.as_str());
        Object::builder()
            .schema_type(Type::String)
            .description(Some("What a token may be used for; the table of roles says by whom."))
            .enum_values(Some(names))
            .examples(["schools:read"])
            .into()
    }
}

impl ToSchema for Scope {}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u64);

impl ScopeSet {
    /// No scope.
    pub const EMPTY: Self = Self(0);
    /// Every scope.
    pub const ALL: Self = Self((1 << Scope::ALL.len()) - 1);

    /// The scopes that a role gives.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Scope::ALL.iter().copied().filter(|scope| scope.reach(role) != Reach::NONE).collect()
    }

    /// Reads names separated by spaces (RFC 6749, 3.3).
    ///
    /// # Errors
    /// 422 for a name that is no scope.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        text.split_ascii_whitespace()
            .map(|name| {
                Scope::named(name).ok_or_else(|| Problem::new(Code::Invalid, format!("there is no scope `{name}`")))
            })
            .collect()
    }

    /// Returns true if the scope is in it.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Returns true if every scope of `other` is in it.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The scopes in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The scopes that exist in a hub: outside the platform's own, the platform's scopes are left out.
    #[must_use]
    pub fn within_hub(self, hub_id: Uuid) -> Self {
        self.iter().filter(|scope| hub_id == PLATFORM_HUB || !scope.is_platform()).collect()
    }

    /// The scopes one by one, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u8))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_role_writes_it_also_sees() {
        use sea_orm::Iterable;
        for role in Role::iter() {
            for scope in ScopeSet::of(role).iter() {
                assert_ne!(scope.sees().reach(role), Reach::NONE, "{role:?} {scope}");
            }
        }
    }

    #[test]
    fn a_platform_scope_is_one_that_no_role_of_a_hub_has() {
        use sea_orm::Iterable;
        for scope in Scope::ALL {
            let of_a_hub = Role::iter().filter(|role| *role != Role::PlatformAdministrator);
            let given = of_a_hub.filter(|role| scope.reach(*role) != Reach::NONE).count() > 0;
            assert_eq!(scope.is_platform(), !given, "{scope}");
        }
        assert_eq!(ScopeSet::ALL.within_hub(PLATFORM_HUB), ScopeSet::ALL);
        assert!(!ScopeSet::ALL.within_hub(Uuid::now_v7()).contains(Scope::ReadHubs));
    }

    #[test]
    fn a_set_is_written_as_it_is_read() {
        let set = ScopeSet::parse("visits:write  schools:read").unwrap();
        assert_eq!(set.to_string(), "schools:read visits:write");
        assert!(ScopeSet::parse("schools:reed").is_err());
        assert!(ScopeSet::ALL.covers(set) && !set.covers(ScopeSet::ALL));
    }

    #[test]
    fn a_platform_administrator_reaches_no_hub_data() {
        let scopes = ScopeSet::of(Role::PlatformAdministrator).to_string();
        assert_eq!(scopes, "identity:read users:write hubs:read hubs:write jobs:read");
    }

    #[test]
    fn who_sees_or_runs_imports_sees_or_cancels_their_jobs() {
        use sea_orm::Iterable;
        for role in Role::iter().filter(|role| *role != Role::PlatformAdministrator) {
            assert_eq!(Scope::ReadExchange.reach(role), Scope::ReadJobs.reach(role), "{role:?}");
            assert_eq!(Scope::WriteImports.reach(role), Scope::WriteJobs.reach(role), "{role:?}");
        }
    }

    #[test]
    fn officers_of_the_business_neither_judge_nor_approve() {
        let scopes = ScopeSet::of(Role::BusinessManager);
        for scope in [Scope::ApprovePlans, Scope::JudgeEvaluations, Scope::AssessAwards] {
            assert!(!scopes.contains(scope));
        }
    }
}

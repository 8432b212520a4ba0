//! What figures of exams are about, and what sort of figures they are.

use crate::choice;

choice! {
    /// The kind of qualification.
    #[example = "gcse"]
    pub enum ExamQualification {
        /// GCSE, graded 9 to 1, and A* to G before 2017/18.
        Gcse = "gcse",
        /// BTEC of any level.
        Btec = "btec",
        /// Technical award and other vocational qualifications of levels 1 and 2.
        TechnicalAward = "technical_award",
        /// AS level.
        AsLevel = "as_level",
        /// A level.
        ALevel = "a_level",
        /// Applied general qualification of level 3.
        AppliedGeneral = "applied_general",
        /// Technical level of level 3, T levels among them.
        TechLevel = "tech_level",
        /// Graded exam in an instrument, singing or theory.
        GradedExam = "graded_exam",
        /// Any other qualification of level 2 or below.
        OtherLevel2 = "other_level_2",
        /// Any other qualification of level 3.
        OtherLevel3 = "other_level_3",
        /// All qualifications of level 3 together.
        AllLevel3 = "all_level_3",
    }
}

choice! {
    /// The subject.
    #[example = "music"]
    pub enum ExamSubject {
        /// Music.
        Music = "music",
        /// Music technology and sound production.
        MusicTechnology = "music_technology",
        /// Performing arts.
        PerformingArts = "performing_arts",
        /// Musical theatre.
        MusicalTheatre = "musical_theatre",
        /// All subjects together, to compare with.
        AllSubjects = "all_subjects",
    }
}

choice! {
    /// What a figure counts.
    #[example = "entries"]
    pub enum ExamBasis {
        /// Entries: a pupil with two of the qualifications counts twice.
        Entries = "entries",
        /// Pupils: each counts once.
        Pupils = "pupils",
    }
}

choice! {
    /// Whether a figure is of one grade, or of all grades together.
    #[example = "grade"]
    pub enum ExamFigureKind {
        /// All grades together, as it was stated: it is not added up from grades.
        Total = "total",
        /// One grade.
        Grade = "grade",
    }
}

choice! {
    /// Where a figure comes from.
    #[example = "reported"]
    pub enum ExamSource {
        /// The school or its hub reported it.
        Reported = "reported",
        /// Somebody estimated it.
        Estimated = "estimated",
        /// It was computed from other figures.
        Computed = "computed",
        /// It was imported from a published file.
        Imported = "imported",
    }
}

choice! {
    /// How large an area is.
    #[example = "local_authority"]
    pub enum ExamAreaLevel {
        /// A local authority.
        LocalAuthority = "local_authority",
        /// A region.
        Region = "region",
        /// A country: England.
        Country = "country",
    }
}

//! Why there is no figure where one could be.

crate::choice! {
    /// Why a figure is missing. A missing figure is null and never 0.
    #[example = "not_collected"]
    pub enum MissingReason {
        /// The source withholds it, since it is small.
        Suppressed = "suppressed",
        /// Nobody has counted it.
        NotCollected = "not_collected",
        /// There is nothing to count, such as the pupils of a key stage that the school does not teach.
        NotApplicable = "not_applicable",
    }
}

//! Jobs: long work that goes on after its request was answered, and work that comes round again.
//!
//! Each job is a row of the table `job`. A run works on it: it says every second that it lives, hears
//! whether the job is to be cancelled, and says how the job ended. A job whose run is silent for
//! [`SILENCE`] is interrupted by whichever instance finds it, or begun again where its kind allows it.
//!
//! A job is begun in one of two ways. Where it needs something that one instance alone has, such as an
//! uploaded file, that instance makes it with [`begin`] and calls [`run`]. Where its row is enough, it
//! waits in the table until a worker takes it ([`work_on`]).

mod kind;
mod record;
mod run;
mod worker;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::kind::{Kind, Taken};
pub use self::record::{
    End, ask_to_cancel, begin, close_silent, end, enter, expect_none, fresh, heartbeat, href, wait,
};
pub use self::run::{Stop, Task, run};
pub use self::worker::{hurry, look, work_here, work_on};

/// How often a run says that it lives, and hears whether its job is to be cancelled.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a run may be silent.
pub const SILENCE: Duration = Duration::from_secs(30);

/// The code of a job whose run was silent or stopped.
pub const INTERRUPTED: &str = "interrupted";

/// How far a job has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobProgress {
    /// How much of the work is done, per cent, where that is known.
    #[schema(minimum = 0, maximum = 100, example = 100)]
    pub percent: Option<i32>,
    /// How many items are done.
    #[schema(minimum = 0, example = 17)]
    pub done: i64,
    /// How many items there are to do, where that is known.
    #[schema(minimum = 0, example = 17)]
    pub of: Option<i64>,
}

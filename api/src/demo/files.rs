//! Files of the demo, one for each kind of item that has files.

use entity::visits::visit_report::{self, ReportStatus};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::engagement::communication::Communication;
use crate::engagement::meeting::Meeting;
use crate::engagement::practice::SharedPractice;
use crate::frameworks::evaluation::Evaluation;
use crate::kernel::base::problem::Result;
use crate::kernel::document::openapi::example_id;
use crate::kernel::operations::attachment::attach_content;
use crate::kernel::resource::write::Write;
use crate::packages::package_resource::PackageResource;
use crate::visits::action::ActionItem;
use crate::visits::visit::Visit;
use crate::visits::visit_report::VisitReport;

/// Attaches a file to the items of the document's examples, and to a report that is still a draft.
///
/// # Errors
/// What the state of an item refuses, which a test holds to be nothing.
pub async fn make(write: &mut Write, examples: bool) -> Result<()> {
    if !examples {
        return Ok(());
    }
    let timetable = b"Year,Day,Minutes\r\n3,Monday,60\r\n4,Tuesday,60\r\n";
    attach_content::<Visit>(write, example_id("visit"), "agenda.txt", b"Singing, then the timetable\n").await?;
    attach_content::<ActionItem>(write, example_id("action"), "timetable.csv", timetable).await?;
    attach_content::<Evaluation>(write, example_id("evaluation"), "timetable.csv", timetable).await?;
    let songs = b"Title,Year\r\nAutumn round,3\r\nHarbour song,5\r\n";
    attach_content::<PackageResource>(write, example_id("package_resource"), "songs.csv", songs).await?;
    attach_content::<Meeting>(write, example_id("meeting"), "agenda.txt", b"Minutes, then choirs\n").await?;
    attach_content::<Communication>(write, example_id("communication"), "songs.csv", b"Song,Year\r\nCanon,4\r\n")
        .await?;
    attach_content::<SharedPractice>(write, example_id("shared_practice"), "band.txt", b"How the band began\n").await?;
    let draft = write.caller().rows::<visit_report::Entity>();
    let draft = draft.filter(visit_report::Column::Status.eq(ReportStatus::Draft));
    let Some(draft) = draft.order_by_asc(visit_report::Column::Id).one(write.tx()).await? else { return Ok(()) };
    attach_content::<VisitReport>(write, draft.id, "lesson-notes.txt", b"Year 4 played in two parts\n").await
}

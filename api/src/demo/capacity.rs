//! Posts of the demo with the people who held them, and people with a role.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::hub::{Made, decode};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::write::Write;
use crate::people::designation::Designation;
use crate::people::post::Post;
use crate::people::post_holding::PostHolding;

/// A post, and who held it.
#[derive(Clone, Deserialize)]
pub struct PostStory {
    post: Map<String, Value>,
    holdings: Vec<Named>,
}

/// A form about a person, who has a name in it.
#[derive(Clone, Deserialize)]
pub struct Named {
    person: String,
    #[serde(flatten)]
    form: Map<String, Value>,
}

impl Named {
    fn form(&self, made: &Made) -> Map<String, Value> {
        let mut form = self.form.clone();
        form.insert("person_id".to_owned(), json!(made.people.get(&self.person)));
        form
    }
}

/// Makes posts and designations. With `examples` the first of each kind has the id that the document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(
    write: &mut Write,
    posts: &[PostStory],
    designations: &[Named],
    made: &Made,
    examples: bool,
) -> Result<()> {
    for (at, story) in posts.iter().enumerate() {
        write.give_example_ids(examples && at == 0);
        let form = decode(write, Value::Object(story.post.clone()))?;
        let post = write.create::<Post>(form).await?;
        for (place, holding) in story.holdings.iter().enumerate() {
            write.give_example_ids(examples && at == 0 && place == 0);
            let mut form = holding.form(made);
            form.insert("post_id".to_owned(), json!(post.id));
            let form = decode(write, Value::Object(form))?;
            write.create::<PostHolding>(form).await?;
        }
    }
    for (at, designation) in designations.iter().enumerate() {
        write.give_example_ids(examples && at == 0);
        let form = decode(write, Value::Object(designation.form(made)))?;
        write.create::<Designation>(form).await?;
    }
    write.give_example_ids(false);
    Ok(())
}

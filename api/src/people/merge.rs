//! Two people who turn out to be one.

use entity::external::ExternalIds;
use entity::identity::user;
use entity::people::person;
use entity::row::{Meta, Row};
use sea_orm::sea_query::{Alias, Expr, IntoColumnRef, IntoCondition, JoinType, Query as Select};
use sea_orm::{ExprTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use crate::identity::store;
use crate::kernel::base::period::not_over_at;
use crate::kernel::operations::repoint::repoint;
use crate::kernel::prelude::*;

/// Two people become one.
const MERGE: Operation = Operation::Verb("merge");

/// Into whom a person is merged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeInto {
    /// The person who stays.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub into_id: Uuid,
    /// Why. No names of people: the reason stays in the log.
    #[schema(min_length = 1, max_length = 500, example = "Entered twice, by the register and by hand")]
    pub reason: Option<String>,
}

/// Whether a merge is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MergeQuery {
    /// True to change nothing and say what would be.
    #[serde(default)]
    #[param(example = true)]
    pub dry_run: bool,
}

/// What a merge came to, or would come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedPerson {
    /// True if nothing was changed.
    #[schema(example = false)]
    pub dry_run: bool,
    /// The person who stays, as he or she is then.
    pub person: Person,
    /// How many items of each kind referred to the other and refer to this person then.
    #[schema(max_items = 200)]
    pub turned: Vec<TurnedItems>,
}

/// How many items of a kind were turned to another person.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnedItems {
    /// The kind, as the change feed names it.
    #[schema(max_length = 60, example = "visit")]
    pub resource: &'static str,
    /// How many of them, archived ones among them.
    #[schema(minimum = 1, example = 14)]
    pub items: u64,
}

routes! { WritePeople: merge_person }

/// Merges a person into another, who is the same.
///
/// Everything that refers to the one refers to the other then, archived items among them, and each has an entry in its
/// history. The sign-ins of the one end. The other gains the partner systems' keys, and the contact details that it
/// lacks. The one is archived, and `merged_into_id` names the other. With `dry_run` nothing is changed, and the reply
/// says what would be. 409 where both have users, a place at one event, one job at one school, one designation, one
/// school that they lead, or one post.
#[utoipa::path(
    post,
    path = "/people/{id}/merge",
    params(MergeQuery),
    request_body = MergeInto,
    responses((status = 200, body = MergedPerson)),
)]
async fn merge_person(can: Can<WritePeople>, id: Id, how: Query<MergeQuery>, form: Json<MergeInto>) -> Result<Reply> {
    let form = form.into_inner();
    let done = Write::run(&can, async |write| {
        write.because(form.reason.clone());
        let (one, other) = both(write, id.0, form.into_id).await?;
        expect_one_user(write, [one.id, other.id]).await?;
        for twice in &TWICE {
            twice.refuse(write, [one.id, other.id]).await?;
        }
        store::end_sign_ins(write, one.id, MERGE).await?;
        let mentions: Vec<_> = write.caller().state().followed().iter().map(|followed| followed.mentions).collect();
        let mut turned = Vec::new();
        for of_table in &mentions {
            let items = repoint(write, of_table, (one.id, other.id), MERGE).await?;
            if items > 0 {
                turned.push(TurnedItems { resource: of_table.table, items });
            }
        }
        let kept = join(write, one, other).await?;
        if how.dry_run {
            write.undo();
        }
        let person = Person::from(&kept);
        Reply::ok(&MergedPerson { dry_run: how.dry_run, person, turned })
    });
    let done = done.await;
    can.state().auth().authenticator.invalidate();
    done
}

/// What two people may not both have of one thing, since one person has it once.
struct Twice {
    table: &'static str,
    /// The columns by which it is the same thing.
    same: &'static [&'static str],
    /// Which rows count: a column, and the values that do not count, or the last day.
    counts: Counts,
    /// What it is, and what to do about it.
    told: &'static str,
}

/// Which rows count.
enum Counts {
    /// All but those whose state is this one.
    Unless(&'static str),
    /// Those whose last day is not over.
    NotOver,
}

const TWICE: [Twice; 5] = [
    Twice {
        table: "attendance",
        same: &["event_id"],
        counts: Counts::Unless("cancelled"),
        told: "both have a place at one training event: cancel one of the places first",
    },
    Twice {
        table: "contact",
        same: &["school_id", "job_role"],
        counts: Counts::NotOver,
        told: "both are contacts of one school in one job: archive one of the contacts first",
    },
    Twice {
        table: "designation",
        same: &["role_key"],
        counts: Counts::NotOver,
        told: "both have one designation: archive one of them first",
    },
    Twice {
        table: "assignment",
        same: &["school_id"],
        counts: Counts::NotOver,
        told: "both are assigned to one school: end one of the assignments first",
    },
    Twice {
        table: "post_holding",
        same: &["post_id"],
        counts: Counts::NotOver,
        told: "both hold one post: end one of the holdings first",
    },
];

impl Twice {
    /// Refuses two people who both have it.
    async fn refuse(&self, write: &Write, [one, other]: [Uuid; 2]) -> Result<()> {
        let column = |of: &'static str, name: &'static str| Expr::col((Alias::new(of), Alias::new(name)));
        let both = ["one", "other"];
        let mut rows = Select::select();
        rows.expr(column("one", "id")).from_as(Alias::new(self.table), Alias::new("one"));
        let mut same = column("one", "hub_id").eq(column("other", "hub_id"));
        for name in self.same {
            same = same.and(column("one", name).eq(column("other", name)));
        }
        rows.join_as(JoinType::InnerJoin, Alias::new(self.table), Alias::new("other"), same);
        rows.and_where(column("one", "hub_id").eq(write.caller().hub_id));
        for (of, person) in both.into_iter().zip([one, other]) {
            rows.and_where(column(of, "person_id").eq(person)).and_where(column(of, "archived_at").is_null());
            match self.counts {
                Counts::Unless(state) => rows.and_where(column(of, "status").ne(state)),
                Counts::NotOver => {
                    let last = (Alias::new(of), Alias::new("to_on"));
                    rows.cond_where(not_over_at(last.into_column_ref(), write.caller().today()))
                }
            };
        }
        match write.tx().query_one(rows.limit(1)).await? {
            None => Ok(()),
            Some(_) => Err(Problem::conflict(format!("cannot merge these people: {}", self.told))),
        }
    }
}

/// Both people, locked, the one in the version that the request names.
async fn both(write: &Write, one: Uuid, other: Uuid) -> Result<(person::Model, person::Model)> {
    let people = write.rows_archived::<person::Entity>(person::Column::Id.is_in([one, other]).into_condition()).await?;
    let find = |id| people.iter().find(|person| person.id == id && person.archived_at.is_none()).cloned();
    let found = find(one).ok_or_else(Problem::not_found)?;
    write.expect_version::<Person>(&found)?;
    if other == one {
        return Err(Problem::invalid("/into_id", "same", "name another person"));
    }
    let unknown = || Problem::invalid("/into_id", "unknown_reference", "there is no such person, or no longer");
    Ok((found, find(other).ok_or_else(unknown)?))
}

/// Refuses two people who both sign in: one of them is archived first.
async fn expect_one_user(write: &Write, people: [Uuid; 2]) -> Result<()> {
    let users = Caller::system(write.caller().state().clone(), write.caller().hub_id).rows::<user::Entity>();
    let users = users.filter(user::Column::PersonId.is_in(people)).count(write.tx()).await?;
    if users < 2 {
        return Ok(());
    }
    Err(Problem::conflict("cannot merge two people who both sign in: archive the user of one of them first"))
}

/// Gives the other what it lacks, and archives the one.
async fn join(write: &mut Write, one: person::Model, other: person::Model) -> Result<person::Model> {
    let keys = one.external_ids.clone();
    let mut gone = one.clone();
    gone.external_ids = ExternalIds::default();
    gone.merged_into_id = Some(other.id);
    gone.set_meta(Meta { archived_at: Some(write.now()), ..write.meta_after(&one) });
    write.store::<Person>(Some(one.clone()), gone, Operation::Archive).await?;
    let mut kept = other.clone();
    let new = keys.into_iter().filter(|key| other.external_ids.iter().all(|known| known.system != key.system));
    kept.external_ids = other.external_ids.iter().cloned().chain(new).collect();
    kept.email = kept.email.or(one.email);
    kept.telephone = kept.telephone.or(one.telephone);
    kept.organisation = kept.organisation.or(one.organisation);
    kept.dbs_checked_on = Ord::max(kept.dbs_checked_on, one.dbs_checked_on);
    kept.safeguarding_training_until = Ord::max(kept.safeguarding_training_until, one.safeguarding_training_until);
    write.store::<Person>(Some(other), kept, MERGE).await
}

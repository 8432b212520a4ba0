//! Who sees which words, wherever people look: in lists, items, histories, counts, exports, the feed and the briefing.

use futures_util::future::join_all;
use uuid::Uuid;

use super::Year;
use crate::support::Caller;

/// The people of the story, in the order of `Year::callers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The head of service.
    Head,
    /// The hub's office.
    Office,
    /// The specialist leader of the school.
    Specialist,
    /// The head of the school.
    Principal,
    /// The head of music at the school.
    Music,
    /// A specialist leader of other schools, who is invited to judge.
    Moderator,
    /// A governor of the hub.
    Governor,
    /// The head of another school.
    Stranger,
}

use Who::{Governor, Head, Moderator, Music, Office, Principal, Specialist, Stranger};

const EVERYBODY: [Who; 8] = [Head, Office, Specialist, Principal, Music, Moderator, Governor, Stranger];

/// Who reads the whole hub.
pub const HUB: [Who; 3] = [Head, Office, Governor];

/// Who looks after the school.
pub const CARERS: [Who; 4] = [Head, Office, Specialist, Governor];

/// The hub's own people, and the school itself.
pub const ALL_OF_ASH: [Who; 6] = [Head, Office, Specialist, Principal, Music, Governor];

/// A collection that people look at.
struct Place {
    list: &'static str,
    expand: &'static str,
    /// The field by which it is counted, if it is.
    counted: &'static str,
    exported: bool,
    history: bool,
    /// How many of the last items are also read by themselves.
    singly: usize,
    /// Addresses below the last item.
    more: &'static [&'static str],
}

const PLAIN: Place =
    Place { list: "", expand: "", counted: "status", exported: false, history: true, singly: 3, more: &[] };

const PLACES: [Place; 11] = [
    Place {
        list: "/visits",
        expand: "school,visitor,provider,report,follow_ups,actions",
        exported: true,
        more: &["/attachments"],
        ..PLAIN
    },
    Place { list: "/visit-reports", expand: "visit,school,actions", exported: true, ..PLAIN },
    Place { list: "/actions", expand: "school,owner,criterion,carried_to,actions", exported: true, ..PLAIN },
    Place {
        list: "/evaluations",
        expand: "school,framework,actions",
        more: &["/completeness", "/differences", "/results", "/document", "/picture"],
        ..PLAIN
    },
    Place { list: "/evaluation-responses", expand: "criterion", counted: "level", singly: 1, ..PLAIN },
    Place { list: "/evaluation-judgements", counted: "level", ..PLAIN },
    Place { list: "/evaluation-submissions", counted: "round", history: false, singly: 1, ..PLAIN },
    Place { list: "/invitations", expand: "evaluation,person,actions", ..PLAIN },
    Place { list: "/observations", expand: "school", counted: "", history: false, ..PLAIN },
    Place {
        list: "/award-applications",
        expand: "school,scheme,evaluation,actions",
        more: &["/check", "/certificate"],
        ..PLAIN
    },
    Place { list: "/rag-ratings", expand: "school,scheme,actions", exported: true, ..PLAIN },
];

/// Collections in which the words of a part of the story stand.
pub const VISITS: [&str; 3] = ["/visits", "/visit-reports", "/actions"];
pub const LESSONS: [&str; 3] = ["/visits", "/visit-reports", "/observations"];
pub const EVALUATIONS: [&str; 5] =
    ["/evaluations", "/evaluation-responses", "/evaluation-judgements", "/evaluation-submissions", "/invitations"];
pub const AWARDS: [&str; 2] = ["/evaluations", "/award-applications"];
pub const RATINGS: [&str; 1] = ["/rag-ratings"];

/// What each of the people reads at one moment.
pub struct Seen(Vec<(Who, String)>);

impl Seen {
    /// Fails unless exactly these people read the words, wherever they look.
    #[track_caller]
    pub fn by(&self, words: &str, expected: &[Who]) {
        let found: Vec<_> = self.0.iter().filter(|(_, text)| text.contains(words)).map(|(who, _)| *who).collect();
        let expected: Vec<_> = EVERYBODY.into_iter().filter(|who| expected.contains(who)).collect();
        assert_eq!(found, expected, "who reads {words:?}");
    }
}

impl Year {
    /// Everything that everybody reads at this moment.
    pub async fn seen(&self) -> Seen {
        self.seen_in(&PLACES.map(|place| place.list)).await
    }

    /// What everybody reads at this moment in some collections, in the feed, and in what sums up the school.
    pub async fn seen_in(&self, lists: &[&str]) -> Seen {
        let places: Vec<_> = PLACES.into_iter().filter(|place| lists.contains(&place.list)).collect();
        assert_eq!(places.len(), lists.len());
        let known = places.iter().map(async |place| self.by(Head).get(place.list).await.expect(200).ids());
        let known = join_all(known).await;
        let places: Vec<_> = places.into_iter().zip(known).collect();
        let read = EVERYBODY.map(async |who| (who, everything(self.by(who), &places, self.school).await));
        Seen(join_all(read).await)
    }
}

/// Everything that a caller reads. Of the items that are there the caller reads by itself what the list shows, and
/// nothing else.
async fn everything(by: &Caller, places: &[(Place, Vec<Uuid>)], school: Uuid) -> String {
    let mut read = changes(by).await;
    for (place, known) in places {
        read += &collection(by, place, known).await;
    }
    for accept in ["application/json", "text/html"] {
        read += &by.get(&format!("/schools/{school}/briefing")).header("accept", accept).await.text();
    }
    for report in ["rating-moves?since=2014-09-01", "visit-due", "specialist-load"] {
        read += &by.get(&format!("/reports/{report}")).await.text();
    }
    read
}

/// The feed from its beginning to its end, as far as the caller reads it.
pub async fn changes(by: &Caller) -> String {
    let (mut read, mut after) = (String::new(), 0);
    loop {
        let part = by.get(&format!("/changes?limit=200&after={after}")).await;
        read += &part.text();
        if part.status != 200 || part.json()["next"] == after {
            return read;
        }
        after = part.json()["next"].as_i64().unwrap();
    }
}

async fn collection(by: &Caller, place: &Place, known: &[Uuid]) -> String {
    let Place { list, expand, .. } = place;
    let expand = if expand.is_empty() { String::new() } else { format!("?expand={expand}") };
    let page = by.get(&format!("{list}{expand}")).await;
    let mut read = page.text();
    let shown = if page.status == 403 { None } else { Some(page.expect(200).ids()) };
    if let Some(shown) = &shown
        && !place.counted.is_empty()
    {
        let counts = by.get(&format!("{list}/counts?by={}", place.counted)).await.expect(200).json();
        assert_eq!(counts["total"], shown.len(), "{list}: {counts}");
    }
    if place.exported {
        read += &by.get(&format!("{list}/export?format=csv")).await.text();
    }
    for (at, id) in known.iter().rev().take(place.singly).enumerate() {
        let path = format!("{list}/{id}");
        let item = by.get(&format!("{path}{expand}")).await;
        let expected = match &shown {
            None => 403,
            Some(shown) if shown.contains(id) => 200,
            Some(_) => 404,
        };
        read += &item.expect(expected).text();
        if place.history {
            let past = by.get(&format!("{path}/history")).await;
            assert!(past.status == 403 || past.status == expected, "{past:?}");
            read += &past.text();
        }
        for more in place.more.iter().filter(|_| at == 0) {
            let below = by.get(&format!("{path}{more}")).await;
            assert!(below.status == 409 || below.status == expected, "{below:?}");
            read += &below.text();
        }
    }
    read
}

//! What is answered at the moment at which a school sends its evaluation.

use futures_util::future::join3;
use serde_json::{Value, json};

use super::{Fixture, act, answer_all, responses};
use crate::support::until;

/// How often the school sends.
const ROUNDS: usize = 20;

/// More texts than anybody writes before the evaluation is sent.
const MOST: usize = 2000;

/// Writes one text after the other until one is refused. Returns the last one that was stored.
async fn write_on(round: usize, mut write: impl AsyncFnMut(&str) -> bool) -> String {
    let mut last = format!("Round {round} begins");
    assert!(write(&last).await, "nothing is sent yet");
    for number in 0..MOST {
        let next = format!("Round {round}, text {number}");
        if !write(&next).await {
            return last;
        }
        last = next;
    }
    panic!("the evaluation was sent, and its answers still change");
}

fn texts(answers: &[Value]) -> Vec<String> {
    answers.iter().map(|it| it["evidence"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn an_answer_that_was_stored_is_in_what_was_sent_and_one_that_came_too_late_is_refused() {
    let Fixture { head, staff, evaluation, .. } = &Fixture::new().await;
    answer_all(staff, *evaluation, 2).await;
    let all = responses(head, *evaluation).await;
    let path = format!("/evaluation-responses/{}", all[0]["id"].as_str().unwrap());
    let one_by_one = async |text: &str| {
        let reply = staff.patch(&path, &json!({ "evidence": text }), "*").await;
        let stored = reply.status == 200;
        if !stored {
            reply.problem(409, "conflict");
        }
        stored
    };
    let by_batch = async |text: &str| {
        let criterion = &all[1]["criterion_id"];
        let item = json!({ "evaluation_id": evaluation, "criterion_id": criterion, "evidence": text });
        let report = head.post("/evaluation-responses/batch", &json!({ "items": [item] })).await.expect(200).json();
        let stored = report["applied"] == true;
        if !stored {
            assert_eq!(report["items"][0]["errors"][0]["code"], "conflict", "{report}");
        }
        stored
    };
    let sent = format!("/evaluation-submissions?evaluation_id={evaluation}&sort=round");
    let mut kept = Vec::new();
    for round in 1..=ROUNDS {
        let begun = async || {
            let all = responses(head, *evaluation).await;
            let begun = |it: &Value| it["evidence"].to_string().contains(&format!("Round {round}"));
            all.iter().all(begun).then_some(())
        };
        let send = async {
            until("both have begun to write", begun).await;
            act(head, *evaluation, "submit").await.expect(200)
        };
        let (one, two, _) = join3(write_on(round, &one_by_one), write_on(round, &by_batch), send).await;
        let now = texts(&responses(head, *evaluation).await);
        assert_eq!(now, [one, two], "what was stored last stays");
        let submissions = head.all(&sent).await;
        assert_eq!(submissions.len(), round);
        let last = &submissions[submissions.len() - 1];
        assert_eq!((&last["round"], texts(last["answers"].as_array().unwrap())), (&json!(round), now.clone()));
        kept.push(now);
        act(head, *evaluation, "withdraw").await.expect(200);
    }
    // What was sent in earlier rounds is as it was.
    let submissions = head.all(&sent).await;
    let copies: Vec<_> = submissions.iter().map(|it| texts(it["answers"].as_array().unwrap())).collect();
    assert_eq!(copies, kept);
}

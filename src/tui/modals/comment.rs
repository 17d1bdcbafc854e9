//! Writing a comment or a reply. The send line says who will read it; `ctrl-t` changes that, except in a reply, which
//! is read by whoever reads what it answers.

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Payload};
use super::super::model::Model;
use super::super::theme::Tone;
use super::form::{Field, Form, Sheet, Spec};
use crate::api::comment::{AddComment, Comment};
use crate::api::finding::{Finding, FindingDetail, ShowFinding};
use crate::domain::access::Audience;
use crate::domain::id::CommentId;
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Done(Answer<Comment>),
    /// How many would read it, where that was not known yet.
    People(Box<Answer<FindingDetail>>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Write {
    finding: String,
    key: String,
    client: Option<Safe>,
    /// How many of the client's people would read what is shared, and whether they see the finding yet.
    people: Option<i64>,
    released: bool,
    asked: bool,
    reply_to: Option<(CommentId, Safe)>,
    audience: Audience,
    note: Option<Safe>,
}

/// The sheet. `people`: how many of the client's people would read what is shared, where that is known.
pub fn new(finding: &Finding, parent: Option<&Comment>, people: Option<i64>, model: &Model) -> Sheet<Write> {
    let spec = Write {
        finding: finding.id.to_string(),
        key: finding.key.clone(),
        client: finding.client.as_ref().map(|c| Safe::new(&c.name)),
        people,
        released: finding.released_at.is_some(),
        asked: people.is_some() || finding.client.is_none(),
        reply_to: parent.map(|p| (p.id, Safe::new(&p.author.name))),
        audience: parent.map_or(Audience::Internal, |p| p.audience),
        note: parent.map(|p| {
            Safe::new(
                &p.text
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(60)
                    .collect::<String>(),
            )
        }),
    };
    Sheet::new(spec, Form::new(vec![Field::area("text", "Comment", "")]), model)
}

impl Write {
    /// ` (3 people)`, and since when.
    fn readers(&self) -> String {
        let people = match self.people {
            None => return String::new(),
            Some(0) => return " (nobody there yet)".to_owned(),
            Some(1) => " (1 person)".to_owned(),
            Some(n) => format!(" ({n} people)"),
        };
        if self.released {
            people
        } else {
            format!("{people} once it is released")
        }
    }
}

impl Spec for Write {
    fn sized(&mut self, _: &mut Form, cx: &mut Cx) {
        if !std::mem::replace(&mut self.asked, true) {
            let finding = self.finding.clone();
            cx.read("people", ShowFinding { finding }, |answer| {
                Msg::People(Box::new(answer))
            });
        }
    }

    fn title(&self, _: &Model) -> Safe {
        match &self.reply_to {
            Some((_, author)) => Safe::new(&format!("Answer {author} on {}", self.key)),
            None => Safe::new(&format!("Comment on {}", self.key)),
        }
    }

    fn intro(&self, _: &Model) -> Vec<Safe> {
        self.note.iter().map(|n| Safe::new(&format!("> {n}"))).collect()
    }

    fn send_line(&self, _: &Form, model: &Model) -> Safe {
        let toggle = model.keymap.first(Action::Audience);
        match (self.audience, &self.client) {
            (Audience::Internal, _) if self.reply_to.is_some() => Safe::new("Internal"),
            (Audience::Internal, _) => Safe::new(&format!("Internal ({toggle}: share)")),
            (Audience::Shared, Some(client)) => Safe::new(&format!("Share with {client}{}", self.readers())),
            (Audience::Shared, None) => Safe::new("Share"),
        }
    }

    fn draft_key(&self) -> Option<String> {
        Some(format!("comment {}", self.key))
    }

    fn act(&mut self, action: Action, form: &mut Form, _: &mut Cx) -> bool {
        if action != Action::Audience {
            return false;
        }
        form.note = None;
        if self.reply_to.is_some() {
            form.note = Some((
                Tone::Warn,
                Safe::new("A reply is read by whoever reads what it answers."),
            ));
        } else if self.client.is_none() {
            form.note = Some((
                Tone::Warn,
                Safe::new("The project belongs to no client: there is nobody to share with."),
            ));
        } else {
            self.audience = match self.audience {
                Audience::Internal => Audience::Shared,
                Audience::Shared => Audience::Internal,
            };
        }
        true
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        if form.value("text").is_empty() {
            return form.refuse("text", "Nothing is written yet.");
        }
        let request = AddComment {
            finding: self.finding.clone(),
            text: form.value("text"),
            audience: Some(self.audience),
            reply_to: self.reply_to.as_ref().map(|(id, _)| *id),
        };
        form.sending();
        cx.write(request, None, Msg::Done);
    }

    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let answer = match *msg {
            Msg::Done(answer) => answer,
            // Without the number the line is still right.
            Msg::People(answer) => {
                if let Ok(detail) = *answer {
                    self.people = detail.client_people;
                    self.released = detail.finding.released_at.is_some();
                }
                return;
            }
        };
        match answer {
            Ok(comment) => {
                Sheet::<Self>::finish(form, self.draft_key(), cx);
                let told = match comment.audience {
                    Audience::Internal => "The comment is kept, internal.",
                    Audience::Shared => "The comment is shared with the client.",
                };
                cx.say(Tone::Good, told);
            }
            Err(fault) => form.fault(&fault),
        }
    }
}

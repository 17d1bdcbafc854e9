//! The sheets that create and edit a project.

use super::super::effect::{Answer, Cx, Effect, Fault, Payload};
use super::super::model::Model;
use super::super::panes::{Note, PaneId};
use super::super::theme::Tone;
use super::form::{Field, Form, Sheet, Spec};
use crate::api::problem::Code;
use crate::api::project::{CreateProject, EditProject, Project};
use crate::domain::access::{Role, UserState};
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Done(Answer<Project>),
}

/// A new project, or an edit of one.
#[derive(Debug)]
pub struct ProjectForm {
    edits: Option<Project>,
}

fn people(model: &Model) -> Vec<(String, Safe)> {
    let active = model
        .people
        .iter()
        .filter(|u| u.state == UserState::Active && u.role != Role::Viewer);
    active.map(|u| (u.email.clone(), super::person::label(u))).collect()
}

fn leads(model: &Model) -> Vec<(String, Safe)> {
    let mut out = vec![(String::new(), Safe::new("nobody"))];
    out.extend(people(model));
    out
}

fn fields(project: Option<&Project>, model: &Model) -> Vec<Field> {
    let lead = match project {
        Some(project) => project.lead.as_ref().map(|p| p.email.clone()).unwrap_or_default(),
        None => model.who.as_ref().map(|w| w.email.clone()).unwrap_or_default(),
    };
    let team: Vec<String> = project.map_or(Vec::new(), |p| p.team.iter().map(|p| p.email.clone()).collect());
    let leads = leads(model);
    let mut out = vec![Field::text("name", "Name", project.map_or("", |p| &p.name))];
    if project.is_none() {
        let standing = model.standing.client.as_ref();
        let mut clients: Vec<_> = standing.map(|c| (c.key.clone(), c.name.clone())).into_iter().collect();
        clients.push((String::new(), Safe::new("unassigned for now")));
        // The chosen client comes first and so is the one offered.
        let first = standing.map_or("", |c| c.key.as_str());
        out.push(Field::choice("client", "Client", clients, first));
    }
    out.push(Field::choice("lead", "Lead", leads, &lead));
    out.push(Field::many("team", "Team", people(model), &team));
    out
}

/// The sheet for a new project; of the chosen client where there is one.
pub fn new(model: &Model) -> Sheet<ProjectForm> {
    Sheet::new(ProjectForm { edits: None }, Form::new(fields(None, model)), model)
}

/// The sheet for an existing one.
pub fn edit(project: &Project, model: &Model) -> Sheet<ProjectForm> {
    let spec = ProjectForm {
        edits: Some(project.clone()),
    };
    Sheet::new(spec, Form::new(fields(Some(project), model)), model)
}

impl Spec for ProjectForm {
    fn title(&self, _: &Model) -> Safe {
        match &self.edits {
            None => Safe::new("New project"),
            Some(project) => Safe::new(&format!("Edit {} {}", project.key, project.name)),
        }
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new(if self.edits.is_some() { "Save" } else { "Create project" })
    }

    fn draft_key(&self) -> Option<String> {
        Some(match &self.edits {
            None => "project new".to_owned(),
            Some(project) => format!("project {}", project.key),
        })
    }

    fn note(&mut self, note: Note, form: &mut Form, cx: &mut Cx) {
        if matches!(note, Note::People) {
            form.late_options("lead", leads(cx.model));
            form.late_options("team", people(cx.model));
        }
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        if form.value("name").is_empty() {
            return form.refuse("name", "A project needs a name.");
        }
        match &self.edits {
            None => {
                let request = CreateProject {
                    name: form.value("name"),
                    client: form.some("client"),
                    lead: form.some("lead"),
                    team: form.values("team"),
                };
                form.sending();
                cx.write(request, None, Msg::Done);
            }
            Some(project) => {
                let request = EditProject {
                    project: project.id.to_string(),
                    name: form.changed("name").then(|| form.value("name")),
                    lead: form.changed("lead").then(|| form.some("lead")),
                    team: form.changed("team").then(|| form.values("team")),
                };
                form.sending();
                cx.write(request, Some(project.version), Msg::Done);
            }
        }
    }

    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Done(answer) = *msg;
        match answer {
            Ok(project) => {
                Sheet::<Self>::finish(form, self.draft_key(), cx);
                let done = if self.edits.is_some() { "saved" } else { "created" };
                cx.say(Tone::Good, format!("{} {} is {done}.", project.key, project.name));
                cx.push(Effect::Made(PaneId::Projects, project.id.0));
            }
            Err(fault) => {
                form.fault(&fault);
                if let Fault::Problem(problem) = &fault
                    && problem.code == Code::VersionConflict
                    && let Some(now) = problem
                        .current
                        .clone()
                        .and_then(|v| serde_json::from_value::<Project>(v).ok())
                {
                    form.current("name", &now.name);
                    form.current("lead", now.lead.as_ref().map_or("", |l| l.email.as_str()));
                    self.edits = Some(now);
                }
            }
        }
    }
}

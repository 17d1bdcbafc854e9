//! Importing scanner reports into a project: the files are named, uploaded, planned; the plan's numbers are on the
//! sheet before anything is written; `y` applies it, and one key then shows what is new. Esc before that throws the
//! staged batch away.

use std::any::Any;
use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent};
use futures::future::BoxFuture;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Far, Fault, Host, Payload, Progress, Work, sentence};
use super::super::ink::Brush;
use super::super::model::{Chosen, Model};
use super::super::panes::{Note, PaneId};
use super::super::theme::Tone;
use super::form::{Field, Form, Sheet, Spec};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::import::{
    ApplyBatch, Batch, BatchFile, BatchState, DropBatch, ListPlan, OpenBatch, PlanBatch, PlanLine, ShowBatch,
};
use crate::api::problem::{Code, Problem};
use crate::config;
use crate::domain::id::BatchId;
use crate::domain::safe::Safe;
use crate::domain::time::Time;
use crate::remote::Going;

mod look;

/// How often a running step is asked for where no event told of it.
const ASK_MS: i64 = 1_000;

/// Uploads one file of a batch.
#[derive(Debug)]
pub struct Upload {
    pub batch: BatchId,
    pub n: usize,
    pub path: PathBuf,
}

impl Work for Upload {
    fn request(&self) -> &dyn Any {
        self
    }
    fn summary(&self) -> &'static str {
        "Upload a scanner report"
    }
    fn is_write(&self) -> bool {
        false
    }
    fn run(&self, host: Host, progress: Progress) -> BoxFuture<'static, Answer<Payload>> {
        let (batch, n, path) = (self.batch, self.n, self.path.clone());
        Box::pin(async move {
            let Some(remote) = host.remote else {
                return Err(Fault::SignInNeeded);
            };
            let wrong = |e: std::io::Error| {
                let why = format!("The file {} cannot be read: {e}. Name another one.", path.display());
                Fault::from(Problem::new(Code::InvalidRequest, why))
            };
            let file = tokio::fs::File::open(at_home(&path)).await.map_err(wrong)?;
            let total = file.metadata().await.map_err(wrong)?.len();
            let name = path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let told = move |going: Going| {
                // The sheet may be gone; the upload ends with it anyway.
                let _ = progress.send(match going.reading {
                    None => Far {
                        done: going.sent,
                        total,
                        found: None,
                    },
                    Some(at) => Far {
                        done: at.done.unsigned_abs(),
                        total: at.total.unsigned_abs(),
                        found: Some((at.records, at.findings)),
                    },
                });
            };
            let uploaded = remote.upload(batch, n, &name, None, file, told).await?;
            Ok(Box::new(uploaded) as Payload)
        })
    }
}

/// `~/` is the home directory, as in every shell; no shell stands between the form and the file.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), config::home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Naming the files.
#[derive(Debug)]
pub struct Files {
    project: Chosen,
}

/// The sheet that begins an import.
pub fn new(project: Chosen, model: &Model) -> Sheet<Files> {
    naming(project, "", "", model)
}

fn naming(project: Chosen, files: &str, covers: &str, model: &Model) -> Sheet<Files> {
    let fields = vec![
        Field::area("files", "Files", files).help("one path a line; together they are one import"),
        Field::text("covers", "Covers", covers).help("hosts or paths, if the reports do not say (optional)"),
    ];
    Sheet::new(Files { project }, Form::new(fields), model)
}

impl Spec for Files {
    fn title(&self, _: &Model) -> Safe {
        Safe::new(&format!("Import into {} {}", self.project.key, self.project.name))
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new("Upload and plan")
    }

    fn draft_key(&self) -> Option<String> {
        Some(format!("import {}", self.project.key))
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        let lines = form.value("files");
        let files: Vec<PathBuf> = lines
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(PathBuf::from)
            .collect();
        if files.is_empty() {
            return form.refuse("files", "Name at least one report.");
        }
        let covers = form
            .value("covers")
            .split([',', ' '])
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect();
        let key = self.draft_key();
        Sheet::<Self>::finish(form, key, cx);
        cx.open(Import::new(self.project.clone(), files, covers));
    }

    fn reply(&mut self, _: Payload, _: &mut Form, _: &mut Cx) {}
}

#[derive(Debug)]
enum Msg {
    Opened(Box<Answer<Batch>>),
    Sent(Far),
    Uploaded(Answer<BatchFile>),
    /// Planned or applied: the batch as it is.
    Batch(Box<Answer<Batch>>),
    /// How a running step is.
    Looked(Box<Answer<Batch>>),
    Lines(Answer<Page<PlanLine>>),
}

#[derive(Debug)]
enum Step {
    Opening,
    Uploading { n: usize, far: Far },
    Planning,
    Planned,
    Applying,
    Applied,
    Failed(Safe),
}

/// The import under way.
#[derive(Debug)]
pub struct Import {
    project: Chosen,
    files: Vec<PathBuf>,
    covers: Vec<String>,
    step: Step,
    batch: Option<Batch>,
    uploaded: Vec<BatchFile>,
    lines: Vec<PlanLine>,
    asked: Option<Time>,
    started: bool,
    scroll: usize,
}

impl Import {
    fn new(project: Chosen, files: Vec<PathBuf>, covers: Vec<String>) -> Self {
        Self {
            project,
            files,
            covers,
            step: Step::Opening,
            batch: None,
            uploaded: Vec::new(),
            lines: Vec::new(),
            asked: None,
            started: false,
            scroll: 0,
        }
    }

    fn upload(&mut self, n: usize, cx: &mut Cx) {
        let Some(batch) = self.batch.as_ref().map(|b| b.id) else {
            return;
        };
        if let Some(path) = self.files.get(n).cloned() {
            let far = Far {
                done: 0,
                total: 0,
                found: None,
            };
            self.step = Step::Uploading { n, far };
            let told = |far| Box::new(Msg::Sent(far)) as Payload;
            cx.work("upload", Upload { batch, n, path }, Some(Box::new(told)), Msg::Uploaded);
        } else {
            self.step = Step::Planning;
            self.asked = Some(cx.model.now);
            cx.ask("plan", PlanBatch { batch }, |answer| Msg::Batch(Box::new(answer)));
        }
    }

    /// Asks how the running step is.
    fn look(&mut self, cx: &mut Cx) {
        if let (Step::Planning | Step::Applying, Some(batch)) = (&self.step, &self.batch) {
            self.asked = Some(cx.model.now);
            cx.read("look", ShowBatch { batch: batch.id }, |answer| {
                Msg::Looked(Box::new(answer))
            });
        }
    }

    /// Takes the batch as an answer had it. Answers overtake each other: one that was read before the step that has
    /// been reached since says nothing new.
    fn see(&mut self, batch: Batch, cx: &mut Cx) {
        let reached = match self.step {
            Step::Opening | Step::Uploading { .. } | Step::Planning => 0,
            Step::Planned => 1,
            Step::Applying => 2,
            Step::Applied | Step::Failed(_) => 3,
        };
        let told = match batch.state {
            BatchState::Open | BatchState::Planning => 0,
            BatchState::Planned => 1,
            BatchState::Applying => 2,
            BatchState::Applied | BatchState::Undone | BatchState::Failed => 3,
        };
        if told < reached || reached == 3 {
            return;
        }
        match batch.state {
            BatchState::Open | BatchState::Planning => self.step = Step::Planning,
            BatchState::Planned => {
                self.step = Step::Planned;
                let request = ListPlan {
                    batch: batch.id,
                    limit: Some(100),
                    cursor: None,
                };
                cx.read("lines", request, Msg::Lines);
            }
            BatchState::Applying => self.step = Step::Applying,
            BatchState::Applied | BatchState::Undone => {
                self.step = Step::Applied;
                cx.push(Effect::Changed);
            }
            BatchState::Failed => {
                let why = batch
                    .problem
                    .clone()
                    .unwrap_or_else(|| "the server does not say why".to_owned());
                self.step = Step::Failed(Safe::new(&why));
            }
        }
        self.batch = Some(batch);
    }

    fn apply(&mut self, cx: &mut Cx) {
        let Some((batch, plan)) = self.batch.as_ref().and_then(|b| Some((b.id, b.plan_id?))) else {
            return;
        };
        self.step = Step::Applying;
        self.asked = Some(cx.model.now);
        let request = ApplyBatch { batch, plan_id: plan };
        cx.write(request, None, |answer| Msg::Batch(Box::new(answer)));
    }

    /// What was staged and not applied is of no use to anybody.
    fn throw_away(&self, cx: &mut Cx) {
        if let (Some(batch), false) = (&self.batch, matches!(self.step, Step::Applying | Step::Applied)) {
            cx.act(DropBatch { batch: batch.id }, None, |_| Vec::new());
        }
    }

    /// Back to the form, with what was typed: a wrong letter in a path is mended, not typed anew.
    fn name_others(&self, cx: &mut Cx) {
        self.throw_away(cx);
        let files: Vec<String> = self.files.iter().map(|p| p.display().to_string()).collect();
        let sheet = naming(
            self.project.clone(),
            &files.join("\n"),
            &self.covers.join(" "),
            cx.model,
        );
        cx.close();
        cx.open(sheet);
    }

    fn show_new(&self, cx: &mut Cx) {
        cx.close();
        let client = cx.model.standing.client.clone();
        cx.push(Effect::ChooseClient(client));
        cx.push(Effect::ChooseProject(Some(self.project.clone()), None));
        cx.push(Effect::Query(PaneId::Findings, "import:last triaged:no".to_owned()));
    }

    fn name(path: &Path) -> Safe {
        Safe::new(&path.file_name().unwrap_or_default().to_string_lossy())
    }
}

impl Layer for Import {
    fn shape(&self) -> Shape {
        Shape::Popup(90, 26)
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if !std::mem::replace(&mut self.started, true) {
            let request = OpenBatch {
                project: self.project.key.clone(),
                covers: self.covers.clone(),
            };
            cx.ask("open", request, |answer| Msg::Opened(Box::new(answer)));
        }
        let due = self.asked.is_some_and(|t| cx.model.now.0 - t.0 >= ASK_MS);
        if due {
            self.look(cx);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match (&self.step, event.code) {
            (Step::Planned, KeyCode::Char('y') | KeyCode::Enter) => self.apply(cx),
            (Step::Applied, KeyCode::Char('n') | KeyCode::Enter) => self.show_new(cx),
            (Step::Failed(_), KeyCode::Enter) => self.name_others(cx),
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let n = count.unwrap_or(1);
        match action {
            Action::Down => self.scroll = (self.scroll + n).min(self.lines.len().saturating_sub(1)),
            Action::Up => self.scroll = self.scroll.saturating_sub(n),
            Action::Back => {
                self.throw_away(cx);
                if self.batch.is_some() && !matches!(self.step, Step::Applying | Step::Applied) {
                    cx.say(Tone::Dim, "The import was thrown away; nothing was written.");
                }
                cx.close();
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Opened(answer) => match *answer {
                Ok(batch) => {
                    self.batch = Some(batch);
                    self.upload(0, cx);
                }
                Err(fault) => self.step = Step::Failed(sentence(&fault)),
            },
            Msg::Sent(now) => {
                if let Step::Uploading { far, .. } = &mut self.step {
                    *far = now;
                }
            }
            Msg::Uploaded(Ok(file)) => {
                self.uploaded.push(file);
                let next = self.uploaded.len();
                self.upload(next, cx);
            }
            Msg::Batch(answer) => match *answer {
                Ok(batch) => self.see(batch, cx),
                Err(fault) => self.step = Step::Failed(sentence(&fault)),
            },
            // The step goes on without being watched; it is asked for again.
            Msg::Looked(answer) => {
                if let Ok(batch) = *answer {
                    self.see(batch, cx);
                }
            }
            Msg::Lines(Ok(page)) => self.lines = page.items,
            Msg::Uploaded(Err(fault)) | Msg::Lines(Err(fault)) => {
                self.step = Step::Failed(sentence(&fault));
            }
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Changes(events) if events.iter().any(|e| e.topic == Topic::Import) => self.look(cx),
            Note::Resync => self.look(cx),
            _ => {}
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn next_change(&self, now: Time) -> Option<Time> {
        let running = matches!(self.step, Step::Planning | Step::Applying);
        running.then(|| self.asked.unwrap_or(now).plus_ms(ASK_MS))
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        look::draw(self, brush, area, model);
    }
}

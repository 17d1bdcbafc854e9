//! The sign-in sheet: at the start without a session, over everything when a session ends in the middle of an edit, and
//! with a field for the server where no profile names one (first run).

use std::any::Any;
use std::fmt;

use futures::future::BoxFuture;

use super::super::effect::{Answer, Cx, Effect, Host, Payload, Progress, Work};
use super::super::model::Model;
use super::form::{Field, Form, Sheet, Spec};
use crate::domain::safe::Safe;
use crate::remote::Remote;

#[derive(Debug)]
enum Msg {
    Done(Answer<Remote>),
}

/// Signs in through the gate. Its own kind of work: it makes the session everything else needs.
pub struct SigningIn {
    pub server: Option<String>,
    pub email: String,
    password: String,
}

impl fmt::Debug for SigningIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sign in {}", self.email)
    }
}

impl Work for SigningIn {
    fn request(&self) -> &dyn Any {
        self
    }
    fn summary(&self) -> &'static str {
        "Sign in"
    }
    fn is_write(&self) -> bool {
        false
    }
    fn run(&self, host: Host, _: Progress) -> BoxFuture<'static, Answer<Payload>> {
        let session = host
            .gate
            .sign_in(self.server.clone(), self.email.clone(), self.password.clone());
        Box::pin(async move { Ok(Box::new(session.await?) as Payload) })
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct SignIn {
    first_run: bool,
    server: Safe,
    /// The screen is locked: only this person resumes, with the password.
    locked: Option<String>,
}

impl SignIn {
    /// The sheet. `first_run`: no profile names a server.
    pub fn new(server: &Safe, email: &str, first_run: bool) -> Sheet<Self> {
        let mut fields = Vec::new();
        if first_run {
            fields.push(Field::text("server", "Server", "").help("https://desk.example.org"));
        }
        fields.push(Field::text("email", "E-mail", email));
        fields.push(Field::secret("password", "Password"));
        let mut form = Form::new(fields);
        if !first_run && !email.is_empty() {
            form.focus("password");
        }
        let spec = Self {
            first_run,
            server: server.clone(),
            locked: None,
        };
        Sheet::plain(spec, form)
    }

    /// The lock sheet over a session of this person.
    pub fn lock(email: &str) -> Sheet<Self> {
        let spec = Self {
            first_run: false,
            server: Safe::default(),
            locked: Some(email.to_owned()),
        };
        Sheet::plain(spec, Form::new(vec![Field::secret("password", "Password")]))
    }
}

impl Spec for SignIn {
    fn title(&self, _: &Model) -> Safe {
        Safe::new(if self.locked.is_some() {
            "Locked"
        } else if self.first_run {
            "Welcome to riskdesk"
        } else {
            "Sign in"
        })
    }

    fn intro(&self, model: &Model) -> Vec<Safe> {
        if let Some(email) = &self.locked {
            let text = format!("Locked for {email}. Your place and everything typed are kept; your password resumes.");
            return vec![Safe::new(&text)];
        }
        vec![if self.first_run {
            Safe::new("Which server keeps your desk? Your agency's admin knows its address.")
        } else if model.who.is_some() {
            Safe::new("Your session has ended. Sign in again; everything typed below this sheet is kept.")
        } else {
            Safe::new(&format!("Server: {}", self.server))
        }]
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new(if self.locked.is_some() { "Resume" } else { "Sign in" })
    }

    fn is_lock(&self) -> bool {
        self.locked.is_some()
    }

    fn draft_key(&self) -> Option<String> {
        None
    }

    fn enter_sends(&self) -> bool {
        true
    }

    fn width(&self) -> u16 {
        60
    }

    fn is_sign_in(&self) -> bool {
        true
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        if self.first_run && form.value("server").is_empty() {
            return form.refuse("server", "Which server? An address like https://desk.example.org.");
        }
        if self.locked.is_none() && form.value("email").is_empty() {
            return form.refuse("email", "Your e-mail address, as your agency's admin entered it.");
        }
        if form.value("password").is_empty() {
            return form.refuse("password", "The password is missing.");
        }
        let work = SigningIn {
            server: form.some("server").filter(|_| self.first_run),
            email: self.locked.clone().unwrap_or_else(|| form.value("email")),
            password: form.raw("password"),
        };
        form.sending();
        cx.work("sign-in", work, None, Msg::Done);
    }

    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Done(answer) = *msg;
        match answer {
            Ok(remote) => {
                form.sent();
                cx.push(Effect::SignedIn(remote));
            }
            Err(fault) => {
                form.fault(&fault);
                form.set("password", "");
                form.focus("password");
            }
        }
    }
}

//! What only the demo's console can do: stop its own server and start it again (`:demo stop-server`). The command line
//! hands a [`Stage`] in; every other console has none and says so.

use std::any::Any;
use std::fmt;

use futures::future::BoxFuture;

use super::effect::{Answer, Cx, Effect, Fault, Host, Payload, Progress, Work};
use super::theme::Tone;
use crate::domain::safe::Safe;

/// Performs the orders of `:demo`.
pub trait Stage: Send + Sync {
    /// A sentence that says what came of it, or why nothing did.
    fn order(&self, order: String) -> BoxFuture<'static, Result<String, String>>;
}

/// One order. Not a call: nothing of it is logged, kept for later or told by the link.
struct Order(String);

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "demo {}", self.0)
    }
}

impl Work for Order {
    fn request(&self) -> &dyn Any {
        &self.0
    }

    fn summary(&self) -> &'static str {
        "The demo's own server"
    }

    fn is_write(&self) -> bool {
        false
    }

    fn run(&self, host: Host, _: Progress) -> BoxFuture<'static, Answer<Payload>> {
        let order = self.0.clone();
        Box::pin(async move {
            let said = match host.stage {
                Some(stage) => stage.order(order).await,
                None => Err("Only the console of `riskdesk demo` has a server of its own.".to_owned()),
            };
            Ok(Box::new(said) as Payload)
        })
    }
}

/// Gives an order; what comes of it is said at the foot.
pub fn order(order: &str, cx: &mut Cx) {
    let mut own = Vec::new();
    Cx::new(cx.model, &mut own).work(
        "demo",
        Order(order.to_owned()),
        None,
        |said: Answer<Result<String, String>>| {
            let (tone, text) = match said {
                Ok(Ok(text)) => (Tone::Good, text),
                Ok(Err(text)) | Err(Fault::Protocol(text)) => (Tone::Warn, text),
                Err(_) => return Vec::new(),
            };
            vec![Effect::Say(tone, Safe::new(&text))]
        },
    );
    for effect in own {
        cx.push(match effect {
            Effect::Call(call) => Effect::Act(call),
            other => other,
        });
    }
}

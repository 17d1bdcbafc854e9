//! Asks the person at the terminal: a yes, or a secret without echo. Where there is no terminal, nothing is guessed.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::error::Error;
use super::output;
use crate::domain::safe::Safe;

/// More than any password; what is longer is a file given by mistake.
const SECRET_MAX: u64 = 4096;

/// Asks for a yes. `flag` is what answers it in a script.
///
/// # Errors
/// Where nobody can be asked, or the answer is no.
pub fn agree(question: &str, flag: &str) -> Result<(), Error> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Error::Usage(format!("{question} Nobody can be asked here: say {flag}")));
    }
    output::prompt(Safe::block(&format!("{question} [y/N]")).as_str());
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Error::Failed(format!("standard input: {e}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Error::Failed("nothing was done".into()))
    }
}

/// A line from the terminal.
///
/// # Errors
/// Where nobody can be asked.
pub fn line(question: &str, flag: &str) -> Result<String, Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::Usage(format!("{flag} is missing, and nobody can be asked here")));
    }
    output::prompt(Safe::new(question).as_str());
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Error::Failed(format!("standard input: {e}")))?;
    let answer = answer.trim().to_owned();
    if answer.is_empty() {
        Err(Error::Usage(format!("{flag} is missing")))
    } else {
        Ok(answer)
    }
}

/// A secret: the first line of standard input with `from_stdin`, else typed at the terminal without echo.
///
/// # Errors
/// Where there is none.
pub fn secret(question: &str, from_stdin: bool) -> Result<SecretString, Error> {
    let text = if from_stdin {
        let mut text = Zeroizing::new(String::new());
        io::stdin()
            .lock()
            .take(SECRET_MAX)
            .read_line(&mut text)
            .map_err(|e| Error::Failed(format!("standard input: {e}")))?;
        Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned())
    } else {
        typed(question)?
    };
    if text.is_empty() {
        return Err(Error::Usage("no password was given".into()));
    }
    Ok(SecretString::from(text.as_str()))
}

/// Puts the terminal back as it was, however the question ends.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        // There is nobody to tell if the terminal has gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        output::complain("");
    }
}

/// Keys are read one by one with signals off, so that ctrl-c cannot leave the terminal without echo.
fn typed(question: &str) -> Result<Zeroizing<String>, Error> {
    let none = || Error::Usage("a password is needed and nobody can be asked here: use --password-stdin".into());
    if !io::stdin().is_terminal() {
        return Err(none());
    }
    let before = tcgetattr(io::stdin()).map_err(|_| none())?;
    let mut quiet = before.clone();
    quiet
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(io::stdin(), OptionalActions::Flush, &quiet).map_err(|_| none())?;
    let _restore = Restore(before);
    output::prompt(Safe::new(question).as_str());
    let mut typed = Zeroizing::new(Vec::new());
    for byte in io::stdin().lock().take(SECRET_MAX).bytes() {
        match byte.map_err(|e| Error::Failed(format!("standard input: {e}")))? {
            b'\n' | b'\r' => break,
            // ctrl-c, ctrl-d
            3 | 4 => return Err(Error::Failed("nothing was done".into())),
            // ctrl-u
            21 => typed.clear(),
            8 | 127 => {
                // A letter may be several bytes: all of it goes.
                while typed.pop().is_some_and(|b| b & 0b1100_0000 == 0b1000_0000) {}
            }
            byte => typed.push(byte),
        }
    }
    String::from_utf8(typed.to_vec())
        .map(Zeroizing::new)
        .map_err(|_| Error::Usage("what was typed is not UTF-8 text".into()))
}

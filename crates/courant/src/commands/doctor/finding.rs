//! A result of the doctor: its state, and what to do.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) what: &'static str,
    pub(super) state: State,
    pub(super) found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) todo: Option<String>,
}

impl Finding {
    pub(super) fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, state: State::Ok, found: found.into(), todo: None }
    }

    pub(super) fn warn(what: &'static str, found: impl Into<String>, todo: &str) -> Self {
        Self { what, state: State::Warn, found: found.into(), todo: Some(todo.to_owned()) }
    }

    pub(super) fn fail(what: &'static str, found: impl Into<String>, todo: &str) -> Self {
        Self { what, state: State::Fail, found: found.into(), todo: Some(todo.to_owned()) }
    }
}

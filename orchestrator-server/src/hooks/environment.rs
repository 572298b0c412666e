//! The `ORC_*` variables that a hook finds in its environment, beside those of the server.

use super::HookContext;

/// A variable and its value; `None` if the hook must not see it, not even an inherited one.
pub type Variable = (&'static str, Option<String>);

/// The variables, in the order of spec 05, 7.3.
#[must_use]
pub fn variables(context: &HookContext) -> Vec<Variable> {
    let values = context.values().into_iter();
    values
        .filter(|value| !value.variable.is_empty())
        .map(|value| (value.variable, value.text))
        .collect()
}

//! Puts values in the place of `{failureType}` and the like (spec 05, 7.3). A value is written so
//! that the shell takes it for one piece of text: within `'…'` its `'` are escaped, within `"…"`
//! its `\`, `$`, `"` and backquotes, and bare it is quoted if it needs that. A value without such
//! characters is put in as it is.

use super::{HookContext, shell_text::ShellText};

/// Expands the placeholders of a hook's text. Unknown ones stay, as do those of a successor that
/// there is not.
#[must_use]
pub fn expand(hook: &str, context: &HookContext) -> String {
    let values = context.values();
    let value_at = |rest: &str| -> Option<(usize, &str)> {
        let name = rest.strip_prefix('{')?.split_once('}')?.0;
        let value = values.iter().find(|value| value.placeholders.contains(&name))?;
        Some((name.len() + 2, value.text.as_deref()?))
    };
    let mut text = ShellText::new();
    let mut rest = hook;
    while !rest.is_empty() {
        if let Some((length, value)) = value_at(rest) {
            text.value(value);
            rest = &rest[length..];
        } else {
            let before_value = rest.get(1..).is_some_and(|rest| value_at(rest).is_some());
            rest = text.text(rest, before_value);
        }
    }
    text.finish()
}

#[cfg(test)]
#[path = "placeholders_tests.rs"]
mod tests;

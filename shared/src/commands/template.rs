//! Path templates: `{name}` is one value, `[…]` a part that is left out when a value in it is
//! empty.

use super::field::Field;

/// A value of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Which value; `None` if the template names one that there is not, which a test excludes.
    pub field: Option<Field>,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The values of a template, in their order.
pub fn slots(template: &str) -> impl Iterator<Item = Slot> {
    let optional_from = template.find('[').unwrap_or(template.len());
    template.match_indices('{').map(move |(at, _)| {
        let name = template[at + 1..].split('}').next().unwrap_or_default();
        Slot { field: field(name), optional: at > optional_from }
    })
}

fn field(placeholder: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.placeholder() == placeholder)
}

/// Fills a template. `value` gives each value encoded for its place; an empty one in a part that
/// must be there makes that part empty, so ask for what is needed first.
pub fn fill<E>(
    template: &str,
    mut value: impl FnMut(Field) -> Result<String, E>,
) -> Result<String, E> {
    let mut path = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let (optional, after) = after.split_once(']').unwrap_or((after, ""));
        path.push_str(&fill_part(before, &mut value)?);
        path.push_str(&fill_part(optional, &mut value)?);
        rest = after;
    }
    path.push_str(&fill_part(rest, &mut value)?);
    Ok(path)
}

fn fill_part<E>(
    part: &str,
    value: &mut impl FnMut(Field) -> Result<String, E>,
) -> Result<String, E> {
    let mut pieces = part.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, literal) = piece.split_once('}').unwrap_or((piece, ""));
        let text = field(name).map_or(Ok(String::new()), &mut *value)?;
        if text.is_empty() {
            return Ok(String::new());
        }
        filled.push_str(&text);
        filled.push_str(literal);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "a/b")]
    #[case("pool", "a/P/b")]
    #[case("pool tag", "a/P/b?tag=T")]
    #[case("tag", "a/b?tag=T")]
    fn optional_parts(#[case] given: &str, #[case] path: &str) {
        let filled = fill("a[/{pool}]/b[?tag={tag}]", |field| {
            let name = field.label();
            Ok::<_, ()>(if given.contains(name) { name[..1].to_uppercase() } else { String::new() })
        });
        assert_eq!(filled.as_deref(), Ok(path));
    }

    #[test]
    fn slots_of_a_template() {
        let slots: Vec<_> = slots("recover/{H}[/{D}]").collect();
        let slot = |field, optional| Slot { field: Some(field), optional };
        assert_eq!(slots, [slot(Field::Instance, false), slot(Field::Destination, true)]);
    }

    #[test]
    fn an_error_ends_the_filling() {
        assert_eq!(fill("a/{H}", |_| Err::<String, _>("no")), Err("no"));
    }
}

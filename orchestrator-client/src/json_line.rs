//! JSON on one line, in the layout that scripts know from `jq`: `{ "a": [ 1, 2 ] }`.

/// Lays out a valid JSON text on one line.
///
/// Order, numbers and the blanks within strings stay exactly as they are; escapes in strings that
/// JSON does not need are resolved (`\u003e` becomes `>`). A text that is not JSON stays readable.
pub(crate) fn json_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len() + json.len() / 4);
    let mut rest = json.trim();
    while let Some(first) = rest.chars().next() {
        let token = &rest[..token_length(rest, first)];
        rest = rest[token.len()..].trim_start();
        let empty = matches!((first, rest.chars().next()), ('{', Some('}')) | ('[', Some(']')));
        match first {
            '{' | '[' if !empty => line.extend([first, ' ']),
            '}' | ']' if !line.ends_with(['{', '[']) => line.extend([' ', first]),
            ',' | ':' => line.extend([first, ' ']),
            '"' => line.push_str(&plain_string(token)),
            _ => line.push_str(token),
        }
    }
    line
}

fn token_length(rest: &str, first: char) -> usize {
    match first {
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        '"' => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, char)| {
                let ends = *char == '"' && !escaped;
                escaped = *char == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        }
        _ => rest
            .find(|char: char| char.is_whitespace() || "{}[],:\"".contains(char))
            .unwrap_or(rest.len()),
    }
}

fn plain_string(token: &str) -> String {
    serde_json::from_str::<String>(token)
        .and_then(|text| serde_json::to_string(&text))
        .unwrap_or_else(|_| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::json_line;
    use rstest::rstest;

    #[rstest]
    #[case("null", "null")]
    #[case(r#""OK""#, r#""OK""#)]
    #[case("[]", "[]")]
    #[case("{}", "{}")]
    #[case("[ ]", "[]")]
    #[case("[[],{}]", "[ [], {} ]")]
    #[case(r#"["h:1"]"#, r#"[ "h:1" ]"#)]
    #[case(
        r#"{"Code":"ERROR","Message":"a,  b: [c] {d}","Details":null}"#,
        r#"{ "Code": "ERROR", "Message": "a,  b: [c] {d}", "Details": null }"#
    )]
    #[case("{\n  \"a\" : [ 1 ,2.50, 1e-7 ]\n}\n", r#"{ "a": [ 1, 2.50, 1e-7 ] }"#)]
    #[case(r#"{"b":18446744073709551999,"a":1}"#, r#"{ "b": 18446744073709551999, "a": 1 }"#)]
    #[case(r#""\u003e\u003e \" \\ \n \u00b5 ""#, r#"">> \" \\ \n µ ""#)]
    #[case(r#"["\\","]"]"#, r#"[ "\\", "]" ]"#)]
    fn layouts(#[case] json: &str, #[case] line: &str) {
        assert_eq!(json_line(json), line);
    }

    #[rstest]
    #[case("<html>")]
    #[case("\"open")]
    #[case("\"\\")]
    #[case("é\u{2003}ü")]
    fn other_texts_do_no_harm(#[case] text: &str) {
        assert!(!json_line(text).is_empty());
    }
}

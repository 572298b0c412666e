//! Which known name a misspelt one is likely to mean.

/// The nearest of the names, if it is near enough to be meant.
pub(crate) fn did_you_mean<'n>(
    given: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let limit = (given.chars().count() / 3).clamp(1, 3);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("topolgy", Some("topology"))]
    #[case("toplogy-tags", Some("topology-tags"))]
    #[case("topology-tag", Some("topology-tags"))]
    #[case("tga", Some("tag"))]
    #[case("x", None)]
    #[case("discover", None)]
    fn near_names(#[case] given: &str, #[case] expected: Option<&str>) {
        assert_eq!(did_you_mean(given, ["topology", "topology-tags", "tag"]), expected);
    }
}

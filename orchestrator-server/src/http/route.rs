//! What a row of the route table is, and how a path finds its row. Which routes there are
//! is said in `routes`; what they answer, in `api`.

use futures_util::future::BoxFuture;

use super::{call::Call, reply::Outcome};

/// One route of the API.
#[derive(Clone, Copy)]
pub struct Route {
    /// Paths below `/api/`; a segment that begins with `:` is a parameter. The first one is the
    /// present spelling, the others are synonyms and forms with more parameters.
    pub paths: &'static [&'static str],
    /// What a caller must be allowed to do.
    pub access: Access,
    /// Which node answers where there are several.
    pub node: Node,
    /// How long the answer may take.
    pub patience: Patience,
    /// One line for the route list.
    pub summary: &'static str,
    /// What answers.
    pub handler: Handler,
}

/// Answers one call.
pub type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Outcome>;

/// What a caller must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Open to whoever may speak to the server at all.
    Read,
    /// Needs the right to change things, also where the route itself changes nothing.
    Write,
}

/// Which node answers where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// The leader: followers pass the call on.
    Leader,
    /// The node that was asked.
    Asked,
}

/// How long an answer may take before the caller gets an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Reads of memory, single writes, single probes.
    Short,
    /// Recoveries, which take as long as they take.
    Long,
}

impl Route {
    /// The parameters, if one of the paths fits the segments.
    fn fits(&self, segments: &[String]) -> Option<Params> {
        self.paths.iter().find_map(|path| fit(path, segments))
    }
}

/// The first route that fits a path below `/api/`, with the path's parameters. The segments are
/// already percent-decoded; one slash at the end of the path does not matter.
pub fn find<'t>(routes: &'t [Route], segments: &[String]) -> Option<(&'t Route, Params)> {
    let segments = match segments {
        [path @ .., last] if last.is_empty() => path,
        path => path,
    };
    routes.iter().find_map(|route| Some((route, route.fits(segments)?)))
}

fn fit(pattern: &'static str, segments: &[String]) -> Option<Params> {
    let mut params = Params::default();
    let mut given = segments.iter();
    for part in pattern.split('/') {
        let segment = given.next()?;
        match part.strip_prefix(':') {
            Some(name) if !segment.is_empty() => params.0.push((name, segment.clone())),
            None if part == segment => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(params)
}

/// Named texts: parameters of a path, or of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params<N = &'static str>(Vec<(N, String)>);

impl<N: AsRef<str>> Params<N> {
    /// The first text of this name; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The first text of this name.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.as_ref() == name).map(|(_, text)| text.as_str())
    }
}

impl Params<String> {
    /// Reads a query string: `+` is a space, percent escapes are undone.
    pub fn of_query(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn segments(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[rstest]
    #[case("instance/:host/:port", "instance/db1/3306", &[("host", "db1"), ("port", "3306")])]
    #[case("instance/:host/:port", "instance/a b/+1", &[("host", "a b"), ("port", "+1")])]
    #[case("clusters", "clusters", &[])]
    #[case("cluster/alias/:clusterAlias", "cluster/alias/x:1", &[("clusterAlias", "x:1")])]
    fn fitting_paths(
        #[case] pattern: &'static str,
        #[case] path: &str,
        #[case] expected: &[(&'static str, &str)],
    ) {
        let expected: Vec<_> = expected.iter().map(|(n, t)| (*n, (*t).to_owned())).collect();
        assert_eq!(fit(pattern, &segments(path)), Some(Params(expected)));
    }

    #[rstest]
    #[case("clusters", "Clusters")]
    #[case("clusters", "clusters/x")]
    #[case("instance/:host/:port", "instance/db1")]
    #[case("instance/:host/:port", "instance//3306")]
    #[case("instance/:host/:port", "instance/db1/3306/x")]
    fn other_paths(#[case] pattern: &'static str, #[case] path: &str) {
        assert_eq!(fit(pattern, &segments(path)), None);
    }

    #[test]
    fn queries_are_decoded() {
        let query = Params::of_query("comment=by+id%21&skip=&comment=second");
        assert_eq!(query.get("comment"), "by id!");
        assert_eq!((query.find("skip"), query.find("other")), (Some(""), None));
        assert_eq!(query.get("other"), "");
    }
}

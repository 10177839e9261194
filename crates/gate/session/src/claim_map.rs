//! Where a provider's claims say role, team and permissions. Applications put them in places of their own, so the paths
//! are configuration.

use portcullis_funnel::{Identity, Timestamp};
use serde_json::Value;
use thiserror::Error;

use crate::strict_json::Object;

/// A path to a claim: a JSON pointer (`/app_metadata/role`), or names with dots (`user.sub`). A name that ends in `[]`
/// goes into each element of an array (`roles[].key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Each,
}

/// A claim path that names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a claim path is a JSON pointer or names with dots, and no name is empty")]
pub struct BrokenPath;

impl ClaimPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, BrokenPath> {
        let names: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer
                .split('/')
                .map(|name| name.replace("~1", "/").replace("~0", "~"))
                .collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        let mut steps = Vec::new();
        for name in names {
            let field = name.strip_suffix("[]");
            let stem = field.unwrap_or(&name);
            if stem.is_empty() {
                return Err(BrokenPath);
            }
            steps.push(Step::Field(stem.to_owned()));
            if field.is_some() {
                steps.push(Step::Each);
            }
        }
        Ok(Self(steps))
    }

    /// The first value at this path.
    pub(crate) fn find<'a>(&self, claims: &'a Object) -> Option<&'a Value> {
        self.all(claims).into_iter().next()
    }

    fn all<'a>(&self, claims: &'a Object) -> Vec<&'a Value> {
        let Some((Step::Field(first), rest)) = self.0.split_first() else {
            return Vec::new();
        };
        let mut values: Vec<&Value> = claims.get(first).into_iter().collect();
        for step in rest {
            values = match step {
                Step::Field(name) => values.into_iter().filter_map(|value| value.get(name)).collect(),
                Step::Each => values.into_iter().filter_map(Value::as_array).flatten().collect(),
            };
        }
        values
    }

    /// The texts at this path: one text, or an array of them.
    fn texts(&self, claims: &Object) -> Vec<String> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.all(claims)
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(many) => many.iter().filter_map(text).collect(),
                one => Vec::from_iter(text(one)),
            })
            .collect()
    }
}

/// Where the claims of one provider are. What has no path stays empty.
#[derive(Debug, Clone, Default)]
pub struct ClaimMap {
    /// The user's roles: a text or an array of texts.
    pub roles: Option<ClaimPath>,
    /// The user's permissions.
    pub permissions: Option<ClaimPath>,
    /// The organization, team or tenant.
    pub organization: Option<ClaimPath>,
    /// The session's id.
    pub session_id: Option<ClaimPath>,
    /// When the user proved who they are, in seconds since 1970, for formats that do not say it themselves.
    pub authenticated_at: Option<ClaimPath>,
    /// The e-mail address.
    pub email: Option<ClaimPath>,
}

impl ClaimMap {
    /// A map from paths in text form.
    pub fn new(roles: &str, organization: &str) -> Result<Self, BrokenPath> {
        Ok(Self {
            roles: Some(ClaimPath::parse(roles)?),
            organization: Some(ClaimPath::parse(organization)?),
            ..Self::default()
        })
    }

    /// Fills in what the claims say. What is filled already stays when the claims say nothing.
    pub(crate) fn fill(&self, identity: &mut Identity, claims: &Object) {
        let texts = |path: &Option<ClaimPath>| {
            path.as_ref()
                .map(|path| path.texts(claims))
                .filter(|all| !all.is_empty())
        };
        let first = |path: &Option<ClaimPath>| texts(path).and_then(|all| all.into_iter().next());
        if let Some(roles) = texts(&self.roles) {
            identity.roles = roles;
        }
        if let Some(permissions) = texts(&self.permissions) {
            identity.permissions = permissions;
        }
        identity.organization = first(&self.organization).or(identity.organization.take());
        identity.session_id = first(&self.session_id).or(identity.session_id.take());
        let proven = self
            .authenticated_at
            .as_ref()
            .and_then(|path| path.find(claims)?.as_i64());
        identity.authenticated_at = proven.map(Timestamp::from_seconds).or(identity.authenticated_at);
        identity.email = first(&self.email).or(identity.email.take());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use portcullis_funnel::{Identity, Timestamp};

    use super::{ClaimMap, ClaimPath};

    #[test]
    fn an_application_may_say_when_its_users_signed_in() {
        let map = ClaimMap {
            authenticated_at: Some(ClaimPath::parse("app.since").unwrap()),
            ..ClaimMap::default()
        };
        let filled = |claims: serde_json::Value| {
            let mut identity = Identity::default();
            map.fill(&mut identity, claims.as_object().unwrap());
            identity.authenticated_at
        };
        assert_eq!(filled(json!({"app": {"since": 7}})), Some(Timestamp::from_seconds(7)));
        assert_eq!(filled(json!({"app": {"since": "7"}})), None);
    }

    #[test]
    fn paths_reach_into_objects_and_arrays() {
        let claims = json!({
            "role": "a", "roles": [{"key": "b"}, {"key": "c"}, {"other": 1}],
            "app": {"org": "o", "all": ["x", 7, "y"]}, "https://example.com/role": "z"
        });
        let texts = |path: &str| ClaimPath::parse(path).unwrap().texts(claims.as_object().unwrap());
        assert_eq!(texts("role"), ["a"]);
        assert_eq!(texts("roles[].key"), ["b", "c"]);
        assert_eq!(texts("app.org"), ["o"]);
        assert_eq!(texts("/app/all"), ["x", "y"]);
        assert_eq!(texts("/https:~1~1example.com~1role"), ["z"]);
        assert!(texts("app.none").is_empty());
        assert!(texts("role.deeper").is_empty());
    }

    #[test]
    fn empty_names_are_refused() {
        for path in ["", "/", "a..b", "[]", "a.[]"] {
            assert!(ClaimPath::parse(path).is_err(), "{path}");
        }
    }
}

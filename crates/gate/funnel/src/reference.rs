//! References to resources. A client can name any id, so an id that came from a client is inert: it can be passed on and
//! cannot be read. Only loading the resource in the name of the caller opens it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::{Deserialize, Deserializer};

use crate::csrf::binding;
use crate::{Answer, Denial, Entropy, Identity, KeyRing, Principal, Timestamp, Unavailable};

const PURPOSE: &str = "reference";
const LONGEST: usize = 512;

/// An id of a `T`, as a client sent it.
pub struct Ref<T> {
    id: String,
    resource: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ref(..)")
    }
}

impl<'de, T> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        if id.is_empty() || id.len() > LONGEST || id.chars().any(char::is_control) {
            return Err(serde::de::Error::custom("not a reference"));
        }
        Ok(Self {
            id,
            resource: PhantomData,
        })
    }
}

/// A resource that the caller may use. There is no way to one but [`Ref::open`].
pub struct Authorized<T>(T);

impl<T: fmt::Debug> fmt::Debug for Authorized<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Authorized").field(&self.0).finish()
    }
}

impl<T> Deref for Authorized<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Authorized<T> {
    /// The resource itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Loads resources in the name of a caller.
pub trait Loader<T>: Send + Sync {
    /// The resource with this id, if it is there and the caller may use it, by one parameterised query that has both
    /// conditions. Nothing for either reason.
    fn load<'a>(&'a self, id: &'a str, principal: &'a Principal) -> Answer<'a, Result<Option<T>, Unavailable>>;
}

/// Hands out references that last for a while in one session, instead of the ids of the database.
#[derive(Debug, Clone)]
pub struct RefTokens(KeyRing);

impl RefTokens {
    /// With the application's secrets.
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }

    /// A reference to the `kind` with this id.
    pub fn issue(
        &self,
        kind: &str,
        id: &str,
        identity: Option<&Identity>,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<String, Unavailable> {
        let plain = format!("{}.{id}", expires_at.millis());
        self.0
            .seal(PURPOSE, &[kind, &binding(identity)], plain.as_bytes(), entropy)
    }

    fn id(&self, kind: &str, token: &str, identity: Option<&Identity>, now: Timestamp) -> Option<String> {
        let plain = self.0.open(PURPOSE, &[kind, &binding(identity)], token).ok()?;
        let (end, id) = std::str::from_utf8(plain.expose()).ok()?.split_once('.')?;
        let end: i64 = end.parse().ok()?;
        (end > now.millis()).then(|| id.to_owned())
    }
}

impl<T> Ref<T> {
    /// Loads the resource in the name of the caller. What is not the caller's is not found.
    pub async fn open(&self, loader: &dyn Loader<T>, principal: &Principal) -> Result<Authorized<T>, Denial> {
        loader
            .load(&self.id, principal)
            .await?
            .map(Authorized)
            .ok_or(Denial::NotFound)
    }

    /// The same for a reference that [`RefTokens`] handed out.
    pub async fn open_token(
        &self,
        tokens: &RefTokens,
        kind: &str,
        loader: &dyn Loader<T>,
        principal: &Principal,
        now: Timestamp,
    ) -> Result<Authorized<T>, Denial> {
        let id = tokens
            .id(kind, &self.id, principal.identity(), now)
            .ok_or(Denial::NotFound)?;
        loader
            .load(&id, principal)
            .await?
            .map(Authorized)
            .ok_or(Denial::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::{Loader, Ref, RefTokens};
    use crate::sealing::tests::{Counter, ring};
    use crate::{Answer, Denial, Identity, Principal, Timestamp, Unavailable};

    /// Documents of `ada`.
    struct Documents;

    impl Loader<String> for Documents {
        fn load<'a>(
            &'a self,
            id: &'a str,
            principal: &'a Principal,
        ) -> Answer<'a, Result<Option<String>, Unavailable>> {
            Box::pin(async move {
                if id == "broken" {
                    return Err(Unavailable::new("database", "locked"));
                }
                let is_ada = principal.identity().is_some_and(|one| one.user_id == "ada");
                Ok((id == "d1" && is_ada).then(|| "text".to_owned()))
            })
        }
    }

    fn user(name: &str) -> Principal {
        Principal::User(Box::new(Identity {
            user_id: name.to_owned(),
            revocation_key: name.to_owned(),
            ..Identity::default()
        }))
    }

    fn reference(id: &str) -> Ref<String> {
        serde_json::from_value(serde_json::json!(id)).unwrap()
    }

    #[tokio::test]
    async fn only_the_owner_opens_a_reference() {
        let opened = reference("d1").open(&Documents, &user("ada")).await.unwrap();
        assert_eq!(*opened, "text");
        for (id, principal) in [("d1", user("bob")), ("d1", Principal::Anonymous), ("d2", user("ada"))] {
            assert_eq!(
                reference(id).open(&Documents, &principal).await.unwrap_err(),
                Denial::NotFound
            );
        }
        let outage = reference("broken").open(&Documents, &user("ada")).await.unwrap_err();
        assert_eq!(outage.status().as_u16(), 503);
    }

    #[tokio::test]
    async fn a_reference_token_is_for_one_session_kind_and_time() {
        let (tokens, ada) = (RefTokens::new(ring()), user("ada"));
        let at = Timestamp::from_seconds;
        let token = tokens
            .issue("document", "d1", ada.identity(), at(100), &Counter::default())
            .unwrap();
        let open = async |token: &str, kind: &str, principal: &Principal, now| {
            let reference = reference(token);
            let opened = reference
                .open_token(&tokens, kind, &Documents, principal, at(now))
                .await;
            opened.is_ok()
        };
        assert!(open(&token, "document", &ada, 99).await);
        assert!(!open(&token, "document", &ada, 100).await);
        assert!(!open(&token, "team", &ada, 99).await);
        assert!(!open(&token, "document", &user("bob"), 99).await);
        assert!(!open("d1", "document", &ada, 99).await);
    }

    #[test]
    fn a_reference_is_a_short_text() {
        for id in [
            serde_json::json!(7),
            serde_json::json!(""),
            serde_json::json!("a\n"),
            serde_json::json!({"$ne": null}),
        ] {
            assert!(serde_json::from_value::<Ref<String>>(id).is_err());
        }
        assert_eq!(format!("{:?}", reference("secret-id")), "Ref(..)");
    }
}

//! References to resources in inputs. A reference is inert until a step of the action opens it, and an action whose
//! input has one that no step opens has no `handler`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use portcullis_funnel::{Answer, Authorized, Denial, Loader, Principal, RefTokens, Timestamp, Unavailable};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::App;

/// An id of an `R`, as a client sent it. There is no way to read it; a step of the action opens it.
pub struct Ref<R>(portcullis_funnel::Ref<R>);

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ref(..)")
    }
}

impl<'de, R> Deserialize<'de> for Ref<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        portcullis_funnel::Ref::deserialize(deserializer).map(Self)
    }
}

impl<R> JsonSchema for Ref<R> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Ref".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": 512, "format": "reference"})
    }
}

/// A thing that clients may refer to.
pub trait Resource<A: App>: Send + Sized + 'static {
    /// Its kind, for tokens and records.
    const KIND: &'static str;

    /// References are tokens for one session that [`crate::Ctx::reference`] made, and not ids of the database.
    const BY_TOKEN: bool = false;

    /// The resource with this id, if it is there and the caller may use it, by one parameterised query that has both
    /// conditions. Nothing for either reason.
    fn load<'a>(
        state: &'a A::State,
        id: &'a str,
        principal: &'a Principal,
    ) -> Answer<'a, Result<Option<Self>, Unavailable>>;
}

/// A thing that can be found without regard to its owner, so that a [`Policy`] can decide about it.
pub trait Lookup<A: App>: Send + Sized + 'static {
    /// Its kind, for tokens and records.
    const KIND: &'static str;

    /// References are tokens for one session.
    const BY_TOKEN: bool = false;

    /// The thing with this id, by one parameterised query.
    fn find<'a>(state: &'a A::State, id: &'a str) -> Answer<'a, Result<Option<Self>, Unavailable>>;
}

/// The application's own decision about a caller and a resource. Default deny: there is no third answer, and a backend
/// that is down is neither.
pub trait Policy<A: App, R>: Send + Sync + 'static {
    /// Whether the caller may use it.
    fn may<'a>(
        &'a self,
        state: &'a A::State,
        principal: &'a Principal,
        resource: &'a R,
    ) -> Answer<'a, Result<bool, Unavailable>>;
}

/// The reference number `N` of the input `I`, to an `R`.
pub struct RefField<I, R, const N: usize> {
    name: &'static str,
    read: fn(&I) -> &Ref<R>,
}

impl<I, R, const N: usize> fmt::Debug for RefField<I, R, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RefField").field(&self.name).finish()
    }
}

impl<I, R, const N: usize> RefField<I, R, N> {
    /// For the derive macro.
    #[doc(hidden)]
    pub const fn new(name: &'static str, read: fn(&I) -> &Ref<R>) -> Self {
        Self { name, read }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }
}

/// All references of the input are authorized.
#[diagnostic::on_unimplemented(
    message = "the input carries references to resources that this action never authorizes",
    label = "`{Self}` is left",
    note = "call `.owns(|refs| refs.name)` or `.authorize(|refs| refs.name, policy)` for each `Ref` of the input"
)]
pub trait RefsCovered {}

impl RefsCovered for () {}

/// Where a field stands in a list of those that are left.
#[derive(Debug)]
pub enum Here {}

/// One place further.
#[derive(Debug)]
pub struct There<Place>(PhantomData<Place>);

/// A list without one of its fields.
#[diagnostic::on_unimplemented(
    message = "this reference is authorized already",
    note = "each `Ref` of the input is authorized once"
)]
pub trait Without<Field, Place> {
    /// What is left.
    type Rest;
}

impl<Field, Tail> Without<Field, Here> for (Field, Tail) {
    type Rest = Tail;
}

impl<Head, Tail: Without<Field, Place>, Field, Place> Without<Field, There<Place>> for (Head, Tail) {
    type Rest = (Head, Tail::Rest);
}

/// What a step needs to open a reference.
pub struct Opening<'a, A: App> {
    pub(crate) state: &'a A::State,
    pub(crate) principal: &'a Principal,
    pub(crate) tokens: &'a RefTokens,
    pub(crate) now: Timestamp,
}

impl<A: App> fmt::Debug for Opening<'_, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opening").finish_non_exhaustive()
    }
}

impl<A: App> Opening<'_, A> {
    async fn open<R: Send + 'static>(
        &self,
        reference: &Ref<R>,
        kind: &str,
        by_token: bool,
        loader: &dyn Loader<R>,
    ) -> Result<Authorized<R>, Denial> {
        if by_token {
            let opened = reference
                .0
                .open_token(self.tokens, kind, loader, self.principal, self.now);
            return opened.await;
        }
        reference.0.open(loader, self.principal).await
    }
}

/// Steps that open references, in the order in which the action names them.
pub trait Steps<A: App, I>: Send + Sync + 'static {
    /// What the steps open.
    type Opened: Send + 'static;

    /// Opens all of them, or says why one stays closed.
    fn open<'a>(&'a self, opening: &'a Opening<'a, A>, input: &'a I) -> Answer<'a, Result<Self::Opened, Denial>>;

    /// The names of the fields.
    fn names(&self) -> Vec<&'static str>;

    /// Those of them that are tokens of a session.
    fn by_token(&self) -> Vec<&'static str>;
}

impl<A: App, I: Send + Sync> Steps<A, I> for () {
    type Opened = ();

    fn open<'a>(&'a self, _opening: &'a Opening<'a, A>, _input: &'a I) -> Answer<'a, Result<(), Denial>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn names(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn by_token(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// A step: the caller owns the resource.
#[derive(Debug)]
pub struct Owns<I, R, const N: usize>(pub(crate) RefField<I, R, N>);

/// A step: the application's policy allows the caller to use it.
#[derive(Debug)]
pub struct Allows<I, R, P, const N: usize>(pub(crate) RefField<I, R, N>, pub(crate) P);

struct Owned<'a, A: App>(&'a A::State);

impl<A: App, R: Resource<A>> Loader<R> for Owned<'_, A> {
    fn load<'a>(&'a self, id: &'a str, principal: &'a Principal) -> Answer<'a, Result<Option<R>, Unavailable>> {
        R::load(self.0, id, principal)
    }
}

struct Decided<'a, A: App, P>(&'a A::State, &'a P);

impl<A: App, R: Lookup<A> + Sync, P: Policy<A, R>> Loader<R> for Decided<'_, A, P> {
    fn load<'a>(&'a self, id: &'a str, principal: &'a Principal) -> Answer<'a, Result<Option<R>, Unavailable>> {
        Box::pin(async move {
            let Some(found) = R::find(self.0, id).await? else {
                return Ok(None);
            };
            let may = self.1.may(self.0, principal, &found).await?;
            Ok(may.then_some(found))
        })
    }
}

impl<A, I, Before, R, const N: usize> Steps<A, I> for (Before, Owns<I, R, N>)
where
    A: App,
    I: Send + Sync + 'static,
    Before: Steps<A, I>,
    R: Resource<A>,
{
    type Opened = (Before::Opened, Authorized<R>);

    fn open<'a>(&'a self, opening: &'a Opening<'a, A>, input: &'a I) -> Answer<'a, Result<Self::Opened, Denial>> {
        Box::pin(async move {
            let before = self.0.open(opening, input).await?;
            let reference = (self.1.0.read)(input);
            let opened = opening
                .open(reference, R::KIND, R::BY_TOKEN, &Owned::<A>(opening.state))
                .await?;
            Ok((before, opened))
        })
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.names();
        names.push(self.1.0.name());
        names
    }

    fn by_token(&self) -> Vec<&'static str> {
        let mut names = self.0.by_token();
        names.extend(R::BY_TOKEN.then(|| self.1.0.name()));
        names
    }
}

impl<A, I, Before, R, P, const N: usize> Steps<A, I> for (Before, Allows<I, R, P, N>)
where
    A: App,
    I: Send + Sync + 'static,
    Before: Steps<A, I>,
    R: Lookup<A> + Sync,
    P: Policy<A, R>,
{
    type Opened = (Before::Opened, Authorized<R>);

    fn open<'a>(&'a self, opening: &'a Opening<'a, A>, input: &'a I) -> Answer<'a, Result<Self::Opened, Denial>> {
        Box::pin(async move {
            let before = self.0.open(opening, input).await?;
            let reference = (self.1.0.read)(input);
            let loader = Decided::<A, P>(opening.state, &self.1.1);
            let opened = opening.open(reference, R::KIND, R::BY_TOKEN, &loader).await?;
            Ok((before, opened))
        })
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.names();
        names.push(self.1.0.name());
        names
    }

    fn by_token(&self) -> Vec<&'static str> {
        let mut names = self.0.by_token();
        names.extend(R::BY_TOKEN.then(|| self.1.0.name()));
        names
    }
}

/// What a handler gets of what the steps opened: nothing, one resource, or a tuple of them.
pub trait Flat {
    /// The handler's last argument.
    type Resources: Send;

    /// Without the nesting.
    fn flat(self) -> Self::Resources;
}

impl Flat for () {
    type Resources = ();

    fn flat(self) {}
}

macro_rules! flat {
    ($nested:ty, $pattern:pat, [$($ty:ident),+] => $resources:ty, $flat:expr) => {
        impl<$($ty: Send),+> Flat for $nested {
            type Resources = $resources;

            fn flat(self) -> $resources {
                let $pattern = self;
                $flat
            }
        }
    };
}

flat!(((), A), ((), a), [A] => A, a);
flat!((((), A), B), (((), a), b), [A, B] => (A, B), (a, b));
flat!(((((), A), B), C), ((((), a), b), c), [A, B, C] => (A, B, C), (a, b, c));
flat!((((((), A), B), C), D), (((((), a), b), c), d), [A, B, C, D] => (A, B, C, D), (a, b, c, d));

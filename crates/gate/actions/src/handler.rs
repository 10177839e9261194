//! The function behind the gates, and the action that is ready to be mounted with it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use portcullis_funnel::Answer;

use crate::access::AccessDecided;
use crate::action::Draft;
use crate::builder::is_own_path;
use crate::endpoint::{Endpoint, Served};
use crate::output::Dto;
use crate::references::{Flat, Steps};
use crate::{ActionClient, ActionError, App, Ctx, Input, NoInput, Validated};

/// A function that can be a handler.
#[diagnostic::on_unimplemented(
    message = "this function does not fit the action",
    label = "not a handler of this action",
    note = "a handler is an `async fn(ctx, input)`, or `async fn(ctx, input, resources)` if the action opens references, \
            and gives back `Result<Dto, ActionError>`"
)]
pub trait Handler<Context, I, Resources, Shape>: Send + Sync + 'static {
    /// What it gives back.
    type Output;

    /// Runs it.
    fn run(&self, context: Context, input: I, resources: Resources) -> Answer<'static, Self::Output>;
}

/// `fn(ctx)`.
#[derive(Debug)]
pub enum OfContext {}
/// `fn(ctx, input)`.
#[derive(Debug)]
pub enum OfInput {}
/// `fn(ctx, input, resources)`.
#[derive(Debug)]
pub enum OfResources {}

impl<F, Next, C> Handler<C, Validated<NoInput>, (), OfContext> for F
where
    F: Fn(C) -> Next + Send + Sync + 'static,
    Next: Future + Send + 'static,
{
    type Output = Next::Output;

    fn run(&self, context: C, _input: Validated<NoInput>, _resources: ()) -> Answer<'static, Next::Output> {
        Box::pin(self(context))
    }
}

impl<F, Next, C, I> Handler<C, I, (), OfInput> for F
where
    F: Fn(C, I) -> Next + Send + Sync + 'static,
    Next: Future + Send + 'static,
{
    type Output = Next::Output;

    fn run(&self, context: C, input: I, _resources: ()) -> Answer<'static, Next::Output> {
        Box::pin(self(context, input))
    }
}

impl<F, Next, C, I, R> Handler<C, I, R, OfResources> for F
where
    F: Fn(C, I, R) -> Next + Send + Sync + 'static,
    Next: Future + Send + 'static,
{
    type Output = Next::Output;

    fn run(&self, context: C, input: I, resources: R) -> Answer<'static, Next::Output> {
        Box::pin(self(context, input, resources))
    }
}

/// A handler without its name.
pub(crate) type Erased<A, X, I, R, O, E> =
    Arc<dyn Fn(Ctx<A, X>, Validated<I>, R) -> Answer<'static, Result<O, E>> + Send + Sync>;

pub(crate) fn erased<A, X, I, R, O, E, F, Shape>(handler: F) -> Erased<A, X, I, R, O, E>
where
    A: App,
    F: Handler<Ctx<A, X>, Validated<I>, R, Shape, Output = Result<O, E>>,
{
    Arc::new(move |context, input, resources| handler.run(context, input, resources))
}

/// Where forms go when a call has worked.
pub(crate) type Redirect<O> = Arc<dyn Fn(&O) -> String + Send + Sync>;

/// An action with its handler.
#[must_use]
pub struct Ready<A: App, X, I, D: Steps<A, I>, O, E>
where
    D::Opened: Flat,
{
    pub(crate) client: ActionClient<A>,
    pub(crate) draft: Draft,
    pub(crate) steps: D,
    pub(crate) handler: Erased<A, X, I, <D::Opened as Flat>::Resources, O, E>,
    pub(crate) form_page: Option<String>,
    pub(crate) redirect: Option<Redirect<O>>,
}

impl<A: App, X, I, D: Steps<A, I>, O, E> fmt::Debug for Ready<A, X, I, D, O, E>
where
    D::Opened: Flat,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Ready").field(&self.draft.name).finish()
    }
}

impl<A: App, X, I, D: Steps<A, I>, O, E> Ready<A, X, I, D, O, E>
where
    D::Opened: Flat,
{
    pub(crate) const fn new(
        client: ActionClient<A>,
        draft: Draft,
        steps: D,
        handler: Erased<A, X, I, <D::Opened as Flat>::Resources, O, E>,
    ) -> Self {
        Self {
            client,
            draft,
            steps,
            handler,
            form_page: None,
            redirect: None,
        }
    }

    /// The page with the form of this action. A form that fails goes back there, with its errors and values. It may name
    /// fields of the form: `/documents/{document}`.
    pub fn form_page(mut self, path: &str) -> Self {
        if !is_own_path(path) {
            let fault = format!("`{path}` is no path of this application: write `/documents/new`");
            self.draft.faults.push(fault);
        }
        self.form_page = Some(path.to_owned());
        self
    }

    /// Where a form goes when the call has worked: a path of this application.
    pub fn redirect_to(mut self, path: impl Fn(&O) -> String + Send + Sync + 'static) -> Self {
        self.redirect = Some(Arc::new(path));
        self
    }
}

/// Something that can be mounted.
pub trait Mount<A: App> {
    /// Without its types.
    fn mounted(self) -> Mounted<A>;
}

/// An action without its types, for [`ActionClient::mount`].
pub struct Mounted<A: App>(pub(crate) Arc<dyn Endpoint<A>>);

impl<A: App> fmt::Debug for Mounted<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Mounted").field(&self.0.info().name).finish()
    }
}

impl<A: App> Mount<A> for Mounted<A> {
    fn mounted(self) -> Self {
        self
    }
}

impl<A, X, I, D, O, E> Mount<A> for Ready<A, X, I, D, O, E>
where
    A: App,
    X: AccessDecided,
    I: Input,
    D: Steps<A, I>,
    D::Opened: Flat,
    O: Dto + Send + 'static,
    E: ActionError,
{
    fn mounted(self) -> Mounted<A> {
        Mounted(Arc::new(Served::new(self)))
    }
}

/// The actions of an application, for [`ActionClient::mount`]: `actions![transfer(&client), contact(&client)]`.
#[macro_export]
macro_rules! actions {
    ($($action:expr),* $(,)?) => {
        ::std::vec![$($crate::Mount::mounted($action)),*]
    };
}

//! The funnel: every gate once, in the one order. Each takes the state that the gate before it made, so a gate that is
//! left out, or called out of turn, does not compile.

use std::sync::Arc;

use crate::gates::{
    captcha, decode, identify, origin, ownership, permission, rate, replay, revocation, session, validate,
};
use crate::{
    Admission, Authorization, CaptchaVerifier, Clock, CsrfTokens, Decoder, Denial, Doors, Nonces, Origins, Owners,
    Received, SessionSource, Stage, Store, Timestamp, Trail, TrustedProxies, Validator,
};

/// Everything that the gates ask.
pub struct Funnel<D: Decoder> {
    /// Finds the action.
    pub doors: Box<dyn Doors>,
    /// Where calls may come from.
    pub origins: Origins,
    /// Tokens against forged requests, for browsers that send no origin.
    pub csrf: CsrfTokens,
    /// Who calls.
    pub sessions: Arc<dyn SessionSource>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Whose word about addresses counts.
    pub proxies: TrustedProxies,
    /// Roles and permissions.
    pub authorization: Authorization,
    /// Decodes arguments.
    pub decoder: D,
    /// Checks arguments.
    pub validator: Box<dyn Validator<D::Arguments>>,
    /// Knows whose resources are.
    pub owners: Box<dyn Owners<D::Arguments>>,
    /// Checks nonces.
    pub nonces: Nonces,
    /// Checks proofs of a human; without it, actions that require one are refused.
    pub captcha: Option<Arc<dyn CaptchaVerifier>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl<D: Decoder> std::fmt::Debug for Funnel<D> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Funnel").finish_non_exhaustive()
    }
}

impl<D: Decoder> Funnel<D> {
    /// Lets a call through all gates, or says why not.
    pub async fn admit(&self, received: Received, trail: &mut Trail) -> Result<Admission<D::Arguments>, Denial> {
        let now = self.clock.now();

        let permitted = self.by_head(received, now, trail).await?;
        trail.enter(Stage::Decode);
        let decoded = decode::decode(permitted, &self.decoder)?;
        trail.enter(Stage::Rate);
        let decoded = rate::check_arguments(decoded, self.store.as_ref(), trail).await?;
        trail.enter(Stage::Validate);
        let validated = validate::check(decoded, self.validator.as_ref(), trail)?;
        trail.enter(Stage::Ownership);
        let owned = ownership::check(validated, self.owners.as_ref(), trail).await?;
        trail.enter(Stage::Replay);
        let fresh = replay::check(owned, &self.nonces, now, trail)?;
        trail.enter(Stage::Captcha);
        let human = captcha::check(fresh, self.captcha.as_deref(), trail).await?;
        trail.enter(Stage::Replay);
        replay::spend(human, self.store.as_ref(), now, trail).await
    }

    /// Lets a call through the gates that ask nothing of its arguments, or says why not. This is no way to an action: there is
    /// no permit at its end.
    pub async fn screen(&self, received: Received, trail: &mut Trail) -> Result<(), Denial> {
        self.by_head(received, self.clock.now(), trail).await?;
        trail.note("head.only");
        Ok(())
    }

    /// The gates that know a call by its head.
    async fn by_head(
        &self,
        received: Received,
        now: Timestamp,
        trail: &mut Trail,
    ) -> Result<permission::Permitted, Denial> {
        trail.enter(Stage::Identify);
        let identified = identify::identify(received, self.doors.as_ref(), &self.proxies, trail)?;
        trail.enter(Stage::Origin);
        let same_origin = origin::check(identified, &self.origins, trail)?;
        trail.enter(Stage::Session);
        let authenticated = session::check(same_origin, self.sessions.as_ref(), &self.csrf, now, trail).await?;
        trail.enter(Stage::Revocation);
        let live = revocation::check(authenticated, self.store.as_ref(), trail).await?;
        trail.enter(Stage::Rate);
        let paced = rate::check(live, self.store.as_ref(), trail).await?;
        trail.enter(Stage::Permission);
        permission::check(paced, &self.authorization, trail).await
    }
}

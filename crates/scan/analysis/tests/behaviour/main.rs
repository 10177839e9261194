//! Behaviour of the analysis over small projects: each construct in its harmless form and as a broken look-alike.
//!
//! One binary, because every further one would link the parser again.

#[cfg(test)]
mod called_functions;
#[cfg(test)]
mod classes;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod early_exits;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod identity_sources;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod public_by_design;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unknown;
#[cfg(test)]
mod values;
#[cfg(test)]
mod wrappers;

//! The schemas that are read from source: against Zod itself, and which of them belongs to which parameter.

#[cfg(test)]
mod comparison;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod project;

//! The example over HTTP: what its users do, with plain forms, and what attackers try.

#![cfg(test)]

mod attacks;
mod browser;
mod client;
mod faults;
mod pages;
mod postgres;

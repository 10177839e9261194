//! The response side: the rows of a Flight stream, read as they arrive, and the few that a gate writes itself.
//!
//! A row is an id in hexadecimal, a colon, a tag for most kinds, and a payload that ends with a line feed or has a
//! length. The reader holds back nothing but the head of the present row; payloads are handed on as they come. What
//! the rows mean to an application is not decided here.

mod answer;
mod reader;

pub use answer::{Answer, NextMajor};
pub use reader::{Event, RowError, RowReader, Tag};

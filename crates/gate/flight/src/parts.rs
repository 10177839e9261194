//! The names of a fetch action's parts: which are models, files, entries of form data, chunks of streams, and in which
//! dialect. What the parts hold is read in `model`; whether each is used as it should be is decided there too.

use std::collections::{BTreeMap, BTreeSet};

use crate::decode::Pending;
use crate::document::NodeId;
use crate::multipart::{FileHead, Part};
use crate::{Code, DecodeOptions, Dialect, Refusal};

/// Everything that was sent, by number.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) slots: BTreeMap<u32, Slot<'a>>,
    /// In the order of the body.
    pub(crate) groups: Vec<Group<'a>>,
    /// What is to be read, in the order of the body.
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) marks: Marks,
}

/// A model, a file, or a stream.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) name: &'a str,
    pub(crate) position: usize,
    pub(crate) content: Content<'a>,
    pub(crate) state: State,
    pub(crate) uses: Uses,
    /// It holds something that React reads later: see `reference`.
    pub(crate) pending: Pending,
    /// How deep the parts nest to which it refers.
    pub(crate) depth: usize,
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    Text(&'a str),
    File(FileHead<'a>, &'a [u8]),
    /// The chunks that have been read so far, and whether the last of all has been.
    Stream(Vec<NodeId>, Option<End>),
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Returned(NodeId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Unread,
    /// Being read; the outermost container, if there is one.
    Open(Option<NodeId>),
    Read(NodeId),
}

/// As what a part has been used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Uses(u8);

impl Uses {
    pub(crate) const MODEL: Self = Self(1);
    pub(crate) const PROMISE: Self = Self(2);
    /// Map, set, iterator, file, bytes or stream: once.
    pub(crate) const ONCE: Self = Self(4);
    pub(crate) const SERVER_REFERENCE: Self = Self(8);

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a use, if it goes together with those before.
    pub(crate) fn add(&mut self, added: Self) -> Result<(), Code> {
        let excluded = match added {
            Self::MODEL => Self::SERVER_REFERENCE.0,
            Self::PROMISE => Self::ONCE.0 | Self::SERVER_REFERENCE.0,
            Self::ONCE => Self::ONCE.0 | Self::PROMISE.0 | Self::SERVER_REFERENCE.0,
            _ => Self::ONCE.0 | Self::PROMISE.0 | Self::MODEL.0,
        };
        if self.0 & excluded != 0 {
            return Err(if added == Self::MODEL {
                Code::ReferenceContainer
            } else {
                Code::PartReused
            });
        }
        self.0 |= added.0;
        Ok(())
    }
}

/// The entries of one form data.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) id: u32,
    pub(crate) last: usize,
    pub(crate) entries: Vec<(&'a str, Part<'a>)>,
    pub(crate) used: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Model(u32),
    Chunk {
        id: u32,
        name: &'a str,
        text: &'a str,
        position: usize,
    },
}

/// Forms that only some dialects have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// `_N_key` or `SN`.
    pub(crate) new_names: bool,
    /// `N_key`, or chunks in `N`.
    pub(crate) old_names: bool,
    /// `$h`.
    pub(crate) new_function: bool,
    /// `$F`.
    pub(crate) old_function: bool,
}

impl Marks {
    /// The dialect of the body, if it shows one. `wanted` is the application's; without one, `unsalted` says that the id
    /// of the action is one of Next.js 14.
    pub(crate) fn dialect(self, wanted: Option<Dialect>, unsalted: bool) -> Result<Option<Dialect>, Code> {
        let functions = self.new_function && self.old_function;
        let of_14 = if self.old_function { Dialect::R18a } else { Dialect::R18 };
        let wanted = wanted.or((unsalted && !functions).then_some(of_14));
        if let Some(wanted) = wanted {
            let foreign = match wanted {
                Dialect::R19c => self.old_names || self.old_function,
                Dialect::R19b => self.new_names || self.old_function,
                Dialect::R19a => self.new_names || self.new_function,
                Dialect::R18 => self.new_names || self.old_function,
                Dialect::R18a => self.new_names || self.new_function,
            };
            return if foreign {
                Err(Code::DialectForeign)
            } else {
                Ok(Some(wanted))
            };
        }
        if (self.new_names && (self.old_names || self.old_function)) || functions {
            return Err(Code::DialectMixed);
        }
        Ok(match self {
            Self { new_names: true, .. } => Some(Dialect::R19c),
            Self { old_function: true, .. } => Some(Dialect::R19a),
            Self { old_names: true, .. } => Some(Dialect::R19b),
            _ => None,
        })
    }
}

enum Name<'a> {
    Numbered(u32),
    Chunk(u32),
    Entry { id: u32, key: &'a str, new: bool },
}

fn name(text: &str) -> Option<Name<'_>> {
    if let Some(chunk) = text.strip_prefix('S') {
        return number(chunk).map(Name::Chunk);
    }
    let (new, rest) = text.strip_prefix('_').map_or((false, text), |rest| (true, rest));
    match rest.split_once('_') {
        Some((id, key)) => number(id).map(|id| Name::Entry { id, key, new }),
        None if new => None,
        None => number(text).map(Name::Numbered),
    }
}

/// A decimal number without a leading zero, which six hexadecimal digits can hold.
pub(crate) fn number(text: &str) -> Option<u32> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = text.parse().ok().filter(|number| *number <= 0xff_ffff);
    number.filter(|_| canonical)
}

impl<'a> Slot<'a> {
    pub(crate) const fn new(name: &'a str, position: usize, content: Content<'a>) -> Self {
        Self {
            name,
            position,
            content,
            state: State::Unread,
            uses: Uses(0),
            pending: Pending::No,
            depth: 0,
        }
    }
}

impl<'a> Parts<'a> {
    /// A body of text is one part.
    pub(crate) fn of_text(text: &'a str) -> Self {
        let slots = BTreeMap::from([(0, Slot::new("0", 0, Content::Text(text)))]);
        Self {
            slots,
            steps: vec![Step::Model(0)],
            ..Self::default()
        }
    }

    pub(crate) fn of_multipart(parts: &[Part<'a>], options: &DecodeOptions) -> Result<Self, Refusal> {
        let mut all = Self::default();
        let old_streams = old_streams(parts);
        for (position, part) in parts.iter().enumerate() {
            let refuse = |code| Refusal::of_part(code, part.name, 0);
            let mut part = *part;
            if let Some(file) = part.file {
                part.file = Some(file.of_fetch().ok_or_else(|| refuse(Code::MultipartFileName))?);
            }
            let part = &part;
            match name(part.name).ok_or_else(|| refuse(Code::PartName))? {
                Name::Numbered(id) if old_streams.contains(&id) => {
                    all.marks.old_names = true;
                    all.chunk(id, part, position)?;
                }
                Name::Numbered(id) => all.numbered(id, part, position)?,
                Name::Chunk(id) => {
                    all.marks.new_names = true;
                    all.chunk(id, part, position)?;
                }
                Name::Entry { id, key, new } => {
                    if id > 9 && !options.wide_form_data {
                        return Err(refuse(Code::FormDataId));
                    }
                    all.marks.new_names |= new;
                    all.marks.old_names |= !new;
                    all.entry(id, key, *part, position).map_err(refuse)?;
                }
            }
        }
        Ok(all)
    }

    fn numbered(&mut self, id: u32, part: &Part<'a>, position: usize) -> Result<(), Refusal> {
        let content = match part.file {
            Some(head) => Content::File(head, part.content),
            None => Content::Text(part.text()?),
        };
        let is_text = matches!(content, Content::Text(_));
        if self.slots.insert(id, Slot::new(part.name, position, content)).is_some() {
            return Err(Refusal::of_part(Code::PartDuplicate, part.name, 0));
        }
        if is_text {
            self.steps.push(Step::Model(id));
        }
        Ok(())
    }

    fn chunk(&mut self, id: u32, part: &Part<'a>, position: usize) -> Result<(), Refusal> {
        if part.file.is_some() {
            return Err(Refusal::of_part(Code::PartType, part.name, 0));
        }
        let stream = || Slot::new(part.name, position, Content::Stream(Vec::new(), None));
        if !matches!(self.slots.entry(id).or_insert_with(stream).content, Content::Stream(..)) {
            return Err(Refusal::of_part(Code::PartDuplicate, part.name, 0));
        }
        self.steps.push(Step::Chunk {
            id,
            name: part.name,
            text: part.text()?,
            position,
        });
        Ok(())
    }

    fn entry(&mut self, id: u32, key: &'a str, part: Part<'a>, position: usize) -> Result<(), Code> {
        match self.groups.last_mut() {
            Some(group) if group.id == id && group.last + 1 == position => {
                group.last = position;
                group.entries.push((key, part));
                return Ok(());
            }
            _ => {}
        }
        // A linear search, over the few numbers that form data can have.
        if id == 0 || self.groups.iter().any(|group| group.id == id) {
            return Err(Code::FormDataOrder);
        }
        self.groups.push(Group {
            id,
            last: position,
            entries: vec![(key, part)],
            used: false,
        });
        Ok(())
    }
}

/// The numbers whose parts are chunks of a stream in the manner before React 19.2.9: the last of them is `C...`, which
/// is no JSON.
fn old_streams(parts: &[Part<'_>]) -> BTreeSet<u32> {
    let mut last = BTreeMap::new();
    for part in parts.iter().filter(|part| part.file.is_none()) {
        if let Some(Name::Numbered(id)) = name(part.name) {
            last.insert(id, part.content.first() == Some(&b'C'));
        }
    }
    let closed = last.into_iter().filter(|(id, closed)| *closed && *id != 0);
    closed.map(|(id, _)| id).collect()
}

//! What the readers of all endpoints share: the program, and where the variables of its modules are declared.

use std::sync::OnceLock;

use portcullis_model::{FileId, Span};
use portcullis_source::Program;
use portcullis_source::ir::{Function, FunctionId, Symbol};

use super::declaration::{Declaration, Declarations};

/// Where the variables of each module are declared; shared by all readers.
#[derive(Debug)]
pub(crate) struct Index<'scan> {
    pub(crate) program: &'scan Program,
    declarations: Vec<OnceLock<Declarations<'scan>>>,
}

impl<'scan> Index<'scan> {
    pub(crate) fn new(program: &'scan Program) -> Self {
        Self {
            program,
            declarations: program.project().files.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    fn declarations(&self, file: FileId) -> Option<&Declarations<'scan>> {
        let module = self.program.module(file)?;
        let slot = self.declarations.get(usize::try_from(file.0).ok()?)?;
        Some(slot.get_or_init(|| Declarations::of(module)))
    }

    /// Where a variable gets its value, if it keeps it.
    pub(crate) fn declaration(&self, file: FileId, symbol: Symbol) -> Option<Declaration<'scan>> {
        let declarations = self.declarations(file)?;
        declarations.find(symbol).filter(|_| !declarations.is_changed(symbol))
    }

    /// Whether a variable, or what it holds, is changed after its declaration.
    pub(crate) fn is_changed(&self, file: FileId, symbol: Symbol) -> bool {
        self.declarations(file)
            .is_none_or(|declarations| declarations.is_changed(symbol))
    }

    /// A function of a module.
    pub(crate) fn function(&self, file: FileId, function: FunctionId) -> Option<&'scan Function> {
        self.program
            .module(file)?
            .functions
            .get(usize::try_from(function.0).ok()?)
    }

    /// The text of a place.
    pub(crate) fn text(&self, file: FileId, span: Span) -> &'scan str {
        let text = self.program.file(file).map_or("", |file| &file.text);
        let range = usize::try_from(span.start).ok().zip(usize::try_from(span.end).ok());
        range.and_then(|(start, end)| text.get(start..end)).unwrap_or_default()
    }
}

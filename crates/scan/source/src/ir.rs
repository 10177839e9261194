//! The intermediate representation: what a module does, owned, with every name resolved to a symbol.
//!
//! It is JavaScript with the syntax that the analysis has no question about taken away: types, parentheses, the
//! many forms of the same thing. Spans stay. It holds no reference into a parser's arena.
//!
//! Long because it is one vocabulary.

use std::sync::Arc;

use portcullis_model::Span;

/// A variable, import, function or class of one module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// A function of one module: its index in [`Module::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A class of one module: its index in [`Module::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u32);

/// A name or a piece of text; cheap to clone.
pub type Text = Arc<str>;

/// A whole module.
#[derive(Debug, Default)]
pub struct Module {
    /// The directives at its top.
    pub directives: Vec<Directive>,
    /// Its statements.
    pub body: Vec<Statement>,
    /// Every function in it, nested ones too, in the order of the source.
    pub functions: Vec<Function>,
    /// Every class in it.
    pub classes: Vec<Class>,
    /// Every symbol, by its number.
    pub symbols: Vec<SymbolInfo>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// What it exports.
    pub exports: Vec<Export>,
    /// The specifiers of `export * from`.
    pub star_exports: Vec<Text>,
    /// Directives that stand where they have no effect.
    pub stray_directives: Vec<Directive>,
}

/// A directive: `'use server'`.
#[derive(Debug, Clone)]
pub struct Directive {
    /// Its text.
    pub text: Text,
    /// Where.
    pub span: Span,
}

/// What is known of a symbol.
#[derive(Debug, Clone)]
pub struct SymbolInfo {
    /// Its name.
    pub name: Text,
    /// Where it is declared.
    pub span: Span,
    /// The function that declares it; none for the module itself.
    pub owner: Option<FunctionId>,
    /// How it came to be.
    pub kind: SymbolKind,
}

/// How a symbol came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// Not declared by code that runs: a type.
    Type,
    /// A variable.
    Variable,
    /// A variable that is never assigned again.
    Constant,
    /// A parameter.
    Parameter,
    /// A function declaration.
    Function(FunctionId),
    /// A class declaration.
    Class(ClassId),
    /// An import: its index in [`Module::imports`].
    Import(u32),
}

/// One imported name.
#[derive(Debug, Clone)]
pub struct Import {
    /// The symbol that it binds.
    pub symbol: Symbol,
    /// Where from.
    pub specifier: Text,
    /// Which export.
    pub name: ImportName,
}

/// Which export is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportName {
    /// An export by name; `default` too.
    Named(Text),
    /// The namespace object.
    Namespace,
}

/// One exported name.
#[derive(Debug, Clone)]
pub struct Export {
    /// Under which name; `default` too.
    pub name: Text,
    /// Where the name stands.
    pub span: Span,
    /// What.
    pub source: ExportSource,
}

/// What is exported.
#[derive(Debug, Clone)]
pub enum ExportSource {
    /// A symbol of this module.
    Local(Symbol),
    /// The value of an expression (`export default`).
    Value(Arc<Expression>),
    /// Another module's export.
    From {
        /// Where from.
        specifier: Text,
        /// Which; the namespace for `export * as`.
        name: ImportName,
    },
}

/// A function, method or arrow function.
#[derive(Debug)]
pub struct Function {
    /// The name that the source gives it: its own, or that of the variable or property that it is assigned to.
    pub name: Option<Text>,
    /// The span of that name, or of the head.
    pub name_span: Span,
    /// All of it.
    pub span: Span,
    /// Its parameters.
    pub parameters: Vec<Pattern>,
    /// The rest parameter.
    pub rest: Option<Pattern>,
    /// What it does.
    pub body: Vec<Statement>,
    /// `async`
    pub is_async: bool,
    /// `function*`
    pub is_generator: bool,
    /// An arrow function: `this` is that of the code around it.
    pub is_arrow: bool,
    /// The directives at the top of its body.
    pub directives: Vec<Directive>,
    /// The function around it.
    pub parent: Option<FunctionId>,
    /// The class of which it is a method or constructor.
    pub method_of: Option<ClassId>,
    /// The symbols of functions around it that it uses, each with the place of the first use.
    pub captures: Vec<(Symbol, Span)>,
    /// Its own name as a symbol, visible inside a function expression.
    pub own_symbol: Option<Symbol>,
    /// Where its variables are used for the last time, sorted by the end. Those that closures use are not listed.
    pub last_uses: Vec<LastUse>,
}

/// Behind this, nothing in its function asks for a variable.
#[derive(Debug, Clone, Copy)]
pub struct LastUse {
    /// The variable.
    pub symbol: Symbol,
    /// Its last use, or the loop around it that may come back to it.
    pub span: Span,
}

impl Function {
    /// The variables that nobody asks for once a statement at `span` has run.
    pub fn last_used_in(&self, span: Span) -> impl Iterator<Item = Symbol> {
        let from = self.last_uses.partition_point(|last| last.span.end < span.start);
        let rest = self.last_uses.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(move |last| last.span.end <= span.end)
            .filter(move |last| last.span.start >= span.start)
            .map(|last| last.symbol)
    }

    /// Whether its body begins with this directive.
    pub fn has_directive(&self, text: &str) -> Option<&Directive> {
        self.directives.iter().find(|directive| &*directive.text == text)
    }
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Option<Text>,
    /// All of it.
    pub span: Span,
    /// What it extends.
    pub parent: Option<Expression>,
    /// Its constructor.
    pub constructor: Option<FunctionId>,
    /// Methods, accessors and fields, in order.
    pub members: Vec<ClassMember>,
    /// The symbol of its name.
    pub own_symbol: Option<Symbol>,
}

/// A member of a class.
#[derive(Debug)]
pub struct ClassMember {
    /// Its name; computed names that are not constant are left out.
    pub name: Text,
    /// `static`
    pub is_static: bool,
    /// What it is.
    pub kind: MemberKind,
}

/// What a member of a class is.
#[derive(Debug)]
pub enum MemberKind {
    /// A method.
    Method(FunctionId),
    /// A getter.
    Getter(FunctionId),
    /// A setter.
    Setter(FunctionId),
    /// A field with its initial value.
    Field(Option<Expression>),
}

/// A statement.
#[derive(Debug)]
pub struct Statement {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: StatementKind,
}

/// What a statement is.
#[derive(Debug)]
pub enum StatementKind {
    /// An expression for its effects.
    Expression(Expression),
    /// `let a = b`; declarations without a value give `undefined`.
    Declare(Pattern, Option<Expression>),
    /// A class declaration: evaluated where it stands.
    Class(Symbol, ClassId),
    /// A TypeScript enum: an object of its members.
    Enum(Symbol, Vec<(Text, Option<Expression>)>),
    /// `return`
    Return(Option<Expression>),
    /// `throw`
    Throw(Expression),
    /// `if`
    If {
        /// The condition.
        test: Expression,
        /// If it holds.
        consequent: Vec<Statement>,
        /// If not.
        alternate: Vec<Statement>,
    },
    /// A loop.
    Loop(Box<Loop>),
    /// `switch`
    Switch {
        /// What is compared.
        discriminant: Expression,
        /// The cases; `None` is the default.
        cases: Vec<(Option<Expression>, Vec<Statement>)>,
    },
    /// `try`
    Try {
        /// The guarded statements.
        body: Vec<Statement>,
        /// The handler.
        handler: Option<(Option<Pattern>, Vec<Statement>)>,
        /// The finalizer.
        finalizer: Vec<Statement>,
    },
    /// `{ }`
    Block(Vec<Statement>),
    /// `label: statement`
    Labelled(Text, Vec<Statement>),
    /// `break`
    Break(Option<Text>),
    /// `continue`
    Continue(Option<Text>),
}

/// A loop.
#[derive(Debug)]
pub enum Loop {
    /// `for (init; test; update)`
    For {
        /// Before the first round.
        init: Vec<Statement>,
        /// Goes on while it holds.
        test: Option<Expression>,
        /// After each round.
        update: Option<Expression>,
        /// The round.
        body: Vec<Statement>,
    },
    /// `for (const x of xs)`, `for await`
    Of {
        /// What takes the element.
        pattern: Pattern,
        /// The elements.
        iterable: Expression,
        /// `for await`
        is_await: bool,
        /// The round.
        body: Vec<Statement>,
    },
    /// `for (const key in object)`
    In {
        /// What takes the key.
        pattern: Pattern,
        /// The object.
        object: Expression,
        /// The round.
        body: Vec<Statement>,
    },
    /// `while`
    While {
        /// The condition.
        test: Expression,
        /// The round.
        body: Vec<Statement>,
    },
    /// `do ... while`
    DoWhile {
        /// The round.
        body: Vec<Statement>,
        /// The condition.
        test: Expression,
    },
}

/// What takes a value: a declaration or the left side of an assignment.
#[derive(Debug)]
pub enum Pattern {
    /// A variable.
    Symbol(Symbol, Span),
    /// A place that is not a variable of the module: a member, or a global.
    Place(Box<Expression>),
    /// `{ a, b: c, ...rest }`
    Object {
        /// Key and pattern.
        properties: Vec<(Key, Self)>,
        /// The rest.
        rest: Option<Box<Self>>,
    },
    /// `[a, , b, ...rest]`
    Array {
        /// The elements; `None` is a hole.
        elements: Vec<Option<Self>>,
        /// The rest.
        rest: Option<Box<Self>>,
    },
    /// `a = default`
    Default(Box<Self>, Box<Expression>),
}

/// A property's key.
#[derive(Debug)]
pub enum Key {
    /// Known.
    Name(Text),
    /// Computed.
    Computed(Box<Expression>),
}

/// An expression.
#[derive(Debug)]
pub struct Expression {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExpressionKind,
}

/// What an expression is.
#[derive(Debug)]
pub enum ExpressionKind {
    /// `undefined`, and what has no value.
    Undefined,
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(Text),
    /// A regular expression, a big integer, `import.meta`, `new.target`: a constant without further interest.
    Opaque,
    /// A template literal: pieces of text and the values between them.
    Template(Vec<Text>, Vec<Expression>),
    /// A variable of this module.
    Symbol(Symbol),
    /// A name that the module does not declare.
    Global(Text),
    /// `this`
    This,
    /// `super`
    Super,
    /// `object.name`; private names begin with `#`.
    Member {
        /// The object.
        object: Box<Expression>,
        /// The name.
        property: Text,
        /// Where the name stands.
        property_span: Span,
        /// `?.`
        optional: bool,
    },
    /// `object[index]`
    Index {
        /// The object.
        object: Box<Expression>,
        /// The index.
        index: Box<Expression>,
        /// `?.`
        optional: bool,
    },
    /// The end of an optional chain: what a `?.` within gives up, ends here with `undefined`.
    Chain(Box<Expression>),
    /// A call.
    Call {
        /// What is called.
        callee: Box<Expression>,
        /// With what.
        arguments: Vec<Argument>,
        /// `?.(`
        optional: bool,
    },
    /// `new`
    New {
        /// The class.
        callee: Box<Expression>,
        /// With what.
        arguments: Vec<Argument>,
    },
    /// `import(...)`
    Import(Box<Expression>),
    /// A tagged template.
    Tagged {
        /// The function.
        tag: Box<Expression>,
        /// The pieces of text.
        pieces: Vec<Text>,
        /// The values between them.
        values: Vec<Expression>,
    },
    /// A function expression.
    Function(FunctionId),
    /// A class expression.
    Class(ClassId),
    /// An object literal.
    Object(Vec<Property>),
    /// An array literal; holes are `undefined`.
    Array(Vec<Argument>),
    /// `!`, `-`, `typeof`, `void`, `delete`
    Unary(UnaryOperator, Box<Expression>),
    /// An operator on two values.
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `&&`, `||`, `??`
    Logical(LogicalOperator, Box<Expression>, Box<Expression>),
    /// `a ? b : c`
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `a = b`
    Assign(Box<Pattern>, Box<Expression>),
    /// `a += b`
    Update(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `a ??= b`
    LogicalAssign(LogicalOperator, Box<Expression>, Box<Expression>),
    /// `await`
    Await(Box<Expression>),
    /// `yield`
    Yield(Option<Box<Expression>>),
    /// `a, b`
    Sequence(Vec<Expression>),
    /// A JSX element.
    Jsx(Box<Jsx>),
}

/// An argument or element.
#[derive(Debug)]
pub enum Argument {
    /// One value.
    Value(Expression),
    /// `...values`
    Spread(Expression),
}

/// A property of an object literal.
#[derive(Debug)]
pub enum Property {
    /// `key: value`, methods too.
    Value(Key, Expression),
    /// `get key() {}`
    Getter(Key, FunctionId),
    /// `...object`
    Spread(Expression),
}

/// A JSX element or fragment.
#[derive(Debug)]
pub struct Jsx {
    /// The component; `None` for fragments and plain HTML.
    pub component: Option<Expression>,
    /// The name of a plain HTML element.
    pub element: Option<Text>,
    /// Attributes; a spread has no name.
    pub attributes: Vec<(Option<Text>, Expression)>,
    /// What stands between the tags.
    pub children: Vec<Expression>,
}

/// An operator on one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `!`
    Not,
    /// `-`
    Minus,
    /// `+`, `~`
    Number,
    /// `typeof`
    Typeof,
    /// `void`
    Void,
    /// `delete`
    Delete,
}

/// An operator on two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `===`
    StrictEqual,
    /// `!==`
    StrictNotEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<` and `<=`
    Less,
    /// `>` and `>=`
    Greater,
    /// `+`
    Add,
    /// Other arithmetic.
    Arithmetic,
    /// `in`
    In,
    /// `instanceof`
    Instanceof,
}

/// A short-circuit operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogicalOperator {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `??`
    Coalesce,
}

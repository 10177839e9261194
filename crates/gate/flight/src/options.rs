//! What a reader lets through: the switches for kinds of values, the budgets, and the dialect of the application.
//! The defaults are what guard allows; no default is chosen here for convenience.

/// The forms of one line of React versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Next.js 14.0 to 14.2.33: as the next one, but `$F`.
    R18a,
    /// Next.js 14.2.34 and 14.2.35: `$h`; symbols; no paths, typed arrays, blobs, streams, or temporary references.
    R18,
    /// React 19.0.0, 19.0.1, 19.2.0, 19.2.1: `$F`, fields `N_key`, chunks in the part `N`.
    R19a,
    /// React 19.2.3 to 19.2.5: `$h`, fields `N_key`, chunks in the part `N`.
    R19b,
    /// React 19.0.9, 19.1.10, 19.2.9, 19.3; Next.js 15.5.29 and 16.4: `$h`, fields `_N_key`, chunks in `SN`.
    R19c,
}

impl Dialect {
    /// Whether it is one of Next.js 14.
    pub(crate) const fn is_18(self) -> bool {
        matches!(self, Self::R18a | Self::R18)
    }
}

/// Which promises are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Promises {
    /// None.
    Refuse,
    /// The one that Next.js itself sends: the encrypted variables of an inline action, as its first argument.
    #[default]
    Closures,
    /// All.
    Allow,
}

/// What a reader lets through. The default is what guard allows by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeOptions {
    /// The application's dialect. `None` accepts what any version of React 19 writes (Next.js 14 for ids of 40
    /// digits), and refuses forms of two versions in one body.
    pub dialect: Option<Dialect>,
    /// Maps.
    pub maps: bool,
    /// Sets.
    pub sets: bool,
    /// Iterators, which React sends for objects that are iterators themselves.
    pub iterators: bool,
    /// Blobs and files that stand by themselves. Files in form data are always read.
    pub blobs: bool,
    /// Typed arrays, array buffers and data views.
    pub bytes: bool,
    /// Promises.
    pub promises: Promises,
    /// Streams, asynchronous iterables and asynchronous iterators.
    pub streams: bool,
    /// Functions of the server that the client hands back.
    pub server_references: bool,
    /// Values that stayed on the client.
    pub temporary_references: bool,
    /// Registered symbols, which only Next.js 14 sends.
    pub symbols: bool,
    /// Objects and arrays that contain themselves.
    pub cycles: bool,
    /// Strings with half of a surrogate pair.
    pub lone_surrogates: bool,
    /// The keys `then`, `constructor` and `prototype`, as data.
    pub reserved_keys: bool,
    /// Ids of cached functions (`use cache`).
    pub cached_functions: bool,
    /// Form data with the number 10 or more. React itself would hand an empty one to the action; rewritten, it is
    /// read as the client meant it.
    pub wide_form_data: bool,
    /// How much of everything.
    pub budgets: Budgets,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            dialect: None,
            maps: false,
            sets: false,
            iterators: false,
            blobs: false,
            bytes: false,
            promises: Promises::Closures,
            streams: false,
            server_references: false,
            temporary_references: false,
            symbols: false,
            cycles: false,
            lone_surrogates: false,
            reserved_keys: false,
            cached_functions: false,
            wide_form_data: false,
            budgets: Budgets::default(),
        }
    }
}

impl DecodeOptions {
    /// Every kind of value that React can send and receive. What React loses on the way, what could be called in the
    /// place of a `then`, and `__proto__` stay refused.
    pub fn all() -> Self {
        Self {
            dialect: None,
            maps: true,
            sets: true,
            iterators: true,
            blobs: true,
            bytes: true,
            promises: Promises::Allow,
            streams: true,
            server_references: true,
            temporary_references: true,
            symbols: true,
            cycles: true,
            lone_surrogates: true,
            reserved_keys: true,
            cached_functions: true,
            wide_form_data: false,
            budgets: Budgets {
                arguments: 1000,
                ..Budgets::default()
            },
        }
    }
}

/// How much of everything a body may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Bytes of the body. Never more than 1 GiB, whatever stands here.
    pub bytes: usize,
    /// Parts of a multipart body.
    pub parts: usize,
    /// Fields of a form that begin with `$ACTION_`.
    pub action_fields: usize,
    /// Bytes of a part's name.
    pub name: usize,
    /// Nested values, counted through references. Never more than 512.
    pub depth: usize,
    /// Parts that refer to parts that refer to parts. Never more than 64.
    pub reference_depth: usize,
    /// Steps of one reference's path.
    pub path: usize,
    /// Values, a shared one counted wherever it stands.
    pub nodes: usize,
    /// Bytes of strings and binary data, shared ones counted wherever they stand.
    pub expansion: usize,
    /// React's own limit on the sum of all arrays, with what stands in them.
    pub slots: usize,
    /// Characters of a big integer, its sign included.
    pub bigint: usize,
    /// Bytes of a string, or of a key.
    pub string: usize,
    /// Keys of an object. Never more than 10,000.
    pub keys: usize,
    /// Elements of an array.
    pub array: usize,
    /// Arguments of the call.
    pub arguments: usize,
    /// Bound arguments of a server reference or of a form action.
    pub bound: usize,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            parts: 1000,
            action_fields: 32,
            name: 256,
            depth: 32,
            reference_depth: 8,
            path: 16,
            nodes: 100_000,
            expansion: 4 << 20,
            slots: 1_000_000,
            bigint: 300,
            string: 1 << 20,
            keys: 1000,
            array: 10_000,
            arguments: 16,
            bound: 1000,
        }
    }
}

impl Budgets {
    /// The same, with the bounds on which the algorithms rely.
    pub(crate) fn bounded(mut self) -> Self {
        self.bytes = self.bytes.min(1 << 30);
        self.depth = self.depth.min(512);
        self.reference_depth = self.reference_depth.min(64);
        self.keys = self.keys.min(10_000);
        self
    }
}

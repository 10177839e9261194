//! Why a request is refused: one stable code a cause. The table of `docs/flight-codes.md` has a row for each, held by a
//! test. What a caller sees of it is decided elsewhere.

macro_rules! codes {
    ($($variant:ident = $text:literal, $message:literal;)*) => {
        /// Why a request is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $message] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The dotted name. It never changes its meaning.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// What happened, for the log: no payload in it.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }
        }
    };
}

codes! {
    IdDuplicate = "action.id.duplicate", "more than one `next-action` header";
    IdMalformed = "action.id.malformed", "the action id is not 40 or 42 lower-case hexadecimal digits";
    IdUnknown = "action.id.unknown", "no action of the build has this id";
    IdCached = "action.id.cached", "the id belongs to a cached function, not to an action";
    ContentType = "action.content-type", "the content type is not one that a React client sends";
    ContentTypeDuplicate = "action.content-type.duplicate", "more than one `content-type` header";
    ContentEncoding = "action.content-encoding", "the body is compressed";
    FormUnaddressed = "action.form.unaddressed", "a form post without a field that names an action";
    FormSelectors = "action.form.selectors", "more fields that name an action than a form can send";
    FormSelector = "action.form.selector", "a field that names an action is malformed or a file";
    FormDescriptor = "action.form.descriptor", "the description of a bound action is missing, repeated, or not `id` and `bound`";
    FormKey = "action.form.key", "the `$ACTION_KEY` field is repeated, a file, or malformed";
    FormKind = "action.form.kind", "a bound argument of a kind that a form cannot carry";

    MultipartBoundary = "multipart.boundary", "the boundary is missing, quoted, or not a plain token of at most 70 characters";
    MultipartPreamble = "multipart.preamble", "bytes before the first boundary";
    MultipartEpilogue = "multipart.epilogue", "bytes after the final boundary";
    MultipartUnfinished = "multipart.unfinished", "the final boundary is missing";
    MultipartDelimiter = "multipart.delimiter", "a boundary that ends no line, or stands inside of a part";
    MultipartLineBreak = "multipart.line-break", "a line break that is not carriage return and line feed";
    MultipartFolded = "multipart.header.folded", "a part header is folded over several lines";
    MultipartHeader = "multipart.header.malformed", "a part header is malformed";
    MultipartHeaderUnknown = "multipart.header.unknown", "a part header that no client sends";
    MultipartHeaderDuplicate = "multipart.header.duplicate", "a part header twice";
    MultipartTransferEncoding = "multipart.header.transfer-encoding", "a part with a content transfer encoding";
    MultipartDisposition = "multipart.disposition", "the content disposition is missing or not `form-data` with quoted parameters";
    MultipartDispositionParameter = "multipart.disposition.parameter", "a parameter of the content disposition is repeated or unknown";
    MultipartDispositionExtended = "multipart.disposition.extended", "an extended parameter such as `filename*`, which parsers read differently";
    MultipartNameless = "multipart.name.missing", "a part without a name";
    MultipartName = "multipart.name.malformed", "a name with a control character or a backslash";
    MultipartNameLong = "multipart.name.long", "a name over its budget";
    MultipartFieldType = "multipart.field.content-type", "a field that is no file has a content type";
    MultipartFileType = "multipart.file.content-type", "a file without a plain content type";
    MultipartFileName = "multipart.file.name", "a file without a name, or with one of which parsers leave nothing";
    MultipartByteOrderMark = "multipart.byte-order-mark", "a name or field that begins with a byte order mark, which some parsers drop";
    MultipartCharset = "multipart.charset", "a part with a charset";
    MultipartUtf8 = "multipart.utf8", "a name or field that is not UTF-8";

    Utf8 = "flight.utf8", "the text is not UTF-8";
    JsonSyntax = "flight.json.syntax", "not JSON";
    JsonEmpty = "flight.json.empty", "no JSON where some must be";
    JsonTrailing = "flight.json.trailing", "text after the JSON value";
    JsonByteOrderMark = "flight.json.byte-order-mark", "a byte order mark before the JSON value";
    JsonDuplicateKey = "flight.json.duplicate-key", "an object with the same key twice";
    JsonNumberRange = "flight.json.number.range", "a number that is infinite in JavaScript";
    JsonNumberNegativeZero = "flight.json.number.negative-zero", "negative zero as a number, which React writes as a token";
    JsonSurrogate = "flight.json.surrogate", "half of a surrogate pair";

    PartName = "flight.part.name", "a part with a name outside of the grammar";
    PartDuplicate = "flight.part.duplicate", "a numbered part twice";
    PartUnused = "flight.part.unused", "a part that nothing refers to";
    PartReused = "flight.part.reused", "a part that can be used once is used again";
    PartType = "flight.part.type", "a part of text where a file must be, or the reverse";
    RootMissing = "flight.root.missing", "the part `0` is missing";
    RootShape = "flight.root.shape", "the arguments are not an array";
    DialectMixed = "flight.dialect.mixed", "forms of different React versions in one body";
    DialectForeign = "flight.dialect.foreign", "a form that the React version of the application does not have";

    TokenUnknown = "flight.token.unknown", "a `$` token that React does not have";
    TokenMalformed = "flight.token.malformed", "a `$` token in a form that no client writes";
    TokenDate = "flight.token.date", "a date that is not in the form of `toISOString`";
    TokenBigInt = "flight.token.bigint", "a big integer that is not decimal in its shortest form";

    ReferenceSyntax = "flight.reference.syntax", "a reference that is not a lower-case hexadecimal number and a path";
    ReferenceUndefined = "flight.reference.undefined", "a reference to a part that is not there";
    ReferenceForward = "flight.reference.forward", "a reference to something that comes later";
    ReferenceCycle = "flight.reference.cycle", "a reference to something that it is part of";
    ReferencePrototype = "flight.reference.prototype", "a path through a name that every object inherits";
    ReferenceMissing = "flight.reference.missing", "a path to a property that is not there";
    ReferenceThrough = "flight.reference.through", "a path through something that is no plain object or array";
    ReferenceContainer = "flight.reference.container", "a reference to the inside of a map, a set, an iterator or a function";
    ReferencePending = "flight.reference.pending", "a reference to a value that React may not have yet";
    ReferenceStream = "flight.reference.stream", "a reference to the chunks of a stream";

    KeyPrototype = "flight.key.prototype", "an object with the key `__proto__`";
    KeyReserved = "flight.key.reserved", "an object with the key `then`, `constructor` or `prototype`";
    KeyThen = "flight.key.then", "a `then` that could be called";
    KeyImitation = "flight.key.imitation", "an object that imitates the insides of the decoder";

    MapShape = "flight.map.shape", "a map whose part is not an array of pairs";
    MapDuplicate = "flight.map.duplicate", "a map with the same key twice, or with negative zero as a key";
    SetShape = "flight.set.shape", "a set whose part is not an array";
    SetDuplicate = "flight.set.duplicate", "a set with the same value twice, or with negative zero";
    IteratorShape = "flight.iterator.shape", "an iterator whose part is not an array";
    BytesAlignment = "flight.bytes.alignment", "a typed array whose bytes are not a multiple of its element";
    FormDataId = "flight.formdata.id", "form data with the number 10 or more, which React itself loses";
    FormDataOrder = "flight.formdata.order", "form data whose fields are not together, before their use, and in the order of use";
    StreamMissing = "flight.stream.missing", "a stream without chunks";
    StreamUnfinished = "flight.stream.unfinished", "a stream that is not closed by its last chunk";
    StreamChunk = "flight.stream.chunk", "a chunk of a kind that the stream cannot carry";
    PromiseMissing = "flight.promise.missing", "a promise whose value is not sent";
    ServerReferenceShape = "flight.server-reference.shape", "a server reference that is not `id` and `bound`";
    ServerReferenceId = "flight.server-reference.id", "a server reference to an id that the build does not have";

    TemporaryReferencePlace = "flight.temporary-reference.place", "a temporary reference at a place that React cannot name";

    KindMap = "flight.kind.map", "maps are not allowed here";
    KindSet = "flight.kind.set", "sets are not allowed here";
    KindIterator = "flight.kind.iterator", "iterators are not allowed here";
    KindBlob = "flight.kind.blob", "blobs outside of form data are not allowed here";
    KindBytes = "flight.kind.bytes", "typed arrays and array buffers are not allowed here";
    KindPromise = "flight.kind.promise", "promises are not allowed here";
    KindStream = "flight.kind.stream", "streams are not allowed here";
    KindServerReference = "flight.kind.server-reference", "server references are not allowed here";
    KindTemporaryReference = "flight.kind.temporary-reference", "temporary references are not allowed here";
    KindSymbol = "flight.kind.symbol", "symbols are not allowed here";

    BudgetBytes = "flight.budget.bytes", "the body is over its budget of bytes";
    BudgetParts = "flight.budget.parts", "more parts than the budget allows";
    BudgetDepth = "flight.budget.depth", "values nested deeper than the budget allows";
    BudgetReferenceDepth = "flight.budget.reference-depth", "parts nested in parts deeper than the budget allows";
    BudgetPath = "flight.budget.path", "a reference with a longer path than the budget allows";
    BudgetNodes = "flight.budget.nodes", "more values, counted where they stand, than the budget allows";
    BudgetExpansion = "flight.budget.expansion", "references that expand to more bytes than the budget allows";
    BudgetSlots = "flight.budget.slots", "arrays that are larger in sum than React accepts";
    BudgetBigInt = "flight.budget.bigint", "a big integer with more digits than the budget allows";
    BudgetString = "flight.budget.string", "a string that is longer than the budget allows";
    BudgetKeys = "flight.budget.keys", "an object with more keys than the budget allows";
    BudgetArray = "flight.budget.array", "an array that is longer than the budget allows";
    BudgetArguments = "flight.budget.arguments", "more arguments than the budget allows";
    BudgetBound = "flight.budget.bound", "more bound arguments than the budget allows";
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_dotted() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            assert!(
                name.contains('.')
                    && name
                        .bytes()
                        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
            );
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_code() {
        let table = include_str!("../../../../docs/flight-codes.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.as_str(), code.message());
            assert!(table.contains(&row), "docs/flight-codes.md lacks the row {row}");
        }
        let rows = table.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, Code::ALL.len(), "a row of docs/flight-codes.md has no code");
    }
}

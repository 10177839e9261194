//! What the arguments of a data source's method are for, where its catalog entry does not say: by the method's name.
//!
//! Query builders agree on these names to a surprising degree. A library that does not is described with `takes`.

use crate::Part;

/// What the arguments of a method of this name are for; none if an options object decides.
pub fn by_name(name: &str) -> Option<&'static [Part]> {
    use Part::{Columns, Data, Other, Where};
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "where" | "andwhere" | "wherein" | "whereref" | "having" | "match" | "filter" | "eq" | "equals" | "is"
        | "in" | "contains" | "containedby" | "overlaps" | "findbyid" | "findbypk" | "findbyidanddelete"
        | "findbyidandremove" | "findoneby" | "findby" | "findonebyorfail" | "deleteone" | "deletemany"
        | "findoneanddelete" | "countdocuments" | "exists" | "distinct" => &[Where, Where, Where],
        "updateone" | "updatemany" | "findoneandupdate" | "findbyidandupdate" | "replaceone" | "findoneandreplace" => {
            &[Where, Data]
        }
        "set"
        | "values"
        | "insert"
        | "insertone"
        | "insertmany"
        | "bulkcreate"
        | "bulkwrite"
        | "add"
        | "push"
        | "save"
        | "doupdateset"
        | "onconflictdoupdate"
        | "onduplicatekeyupdate"
        | "merge" => &[Data, Data],
        "select" | "returning" | "returningall" | "columns" | "project" | "projection" | "attributes" => {
            &[Columns, Columns, Columns, Columns]
        }
        "innerjoin" | "leftjoin" | "rightjoin" | "fulljoin" | "join" => &[Other, Where, Where],
        "limit" | "offset" | "orderby" | "order" | "groupby" | "range" | "from" | "into" | "table" | "with" | "for"
        | "as" | "on" | "sort" | "skip" | "take" | "lean" | "populate" | "gt" | "gte" | "lt" | "lte" | "neq" | "ne"
        | "like" | "ilike" | "not" | "or" | "orwhere" | "textsearch" => &[Other, Other, Other],
        _ => return None,
    })
}

/// What a field of an options object is for.
pub fn of_field(name: &str) -> Part {
    match name {
        "data" | "create" | "update" | "set" | "values" | "defaults" | "body" | "Item" => Part::Data,
        "select" | "omit" | "columns" | "attributes" | "projection" | "fields" => Part::Columns,
        "include"
        | "with"
        | "relations"
        | "orderBy"
        | "order"
        | "sort"
        | "take"
        | "skip"
        | "limit"
        | "offset"
        | "cursor"
        | "distinct"
        | "by"
        | "_count"
        | "_sum"
        | "_avg"
        | "_min"
        | "_max"
        | "page"
        | "pageSize"
        | "perPage"
        | "transaction"
        | "lock"
        | "headers"
        | "cache"
        | "next"
        | "tags"
        | "skipDuplicates"
        | "new"
        | "upsert"
        | "TableName"
        | "extras"
        | "relationLoadStrategy"
        | "cacheStrategy" => Part::Other,
        _ => Part::Where,
    }
}

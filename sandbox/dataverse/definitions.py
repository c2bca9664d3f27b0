"""EntityDefinitions and RelationshipDefinitions by address: lists, single ones, casts to a type, query options."""

from collections.abc import Callable

from sandbox.answers import Answer
from sandbox.dataverse import errors, metadata
from sandbox.dataverse.address import Key, Segment
from sandbox.dataverse.answers import ok
from sandbox.dataverse.call import Call
from sandbox.dataverse.customising import customise
from sandbox.dataverse.expand import Expand, read_expand
from sandbox.dataverse.metadata import Document
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.reading import context_root
from sandbox.dataverse.schema import Table
from sandbox.odata import FilterError, Nested, predicate

_NAMESPACE = "Microsoft.Dynamics.CRM."
_ALWAYS = ("MetadataId", "@odata.type")

Part = Callable[[Organisation, Table], list[Document]]


def answer(org: Organisation, segments: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on metadata."""
    if call.method != "GET":
        return customise(org, segments, call)
    first, rest = segments[0], segments[1:]
    if first.name in _LISTS:
        return _collection(org, _LISTS[first.name](org), first, call)
    if first.key is None:
        tables = [_table_document(org, table, call) for table in org.catalogue.tables.values()]
        return _list(org, tables, call, first.name)
    table = _table(org, first.key)
    if not rest:
        return _single(org, _table_document(org, table, call), call, first.name)
    if rest[0].name == "Attributes":
        return _attributes(org, table, rest, call)
    if rest[0].name not in _PARTS:
        raise errors.no_segment(rest[0].name)
    return _collection(org, _PARTS[rest[0].name](org, table), rest[0], call)


def _collection(org: Organisation, documents: list[Document], segment: Segment, call: Call) -> Answer:
    """Answer on a list of descriptions, or on one of them by its key."""
    if segment.key is None:
        return _list(org, documents, call, segment.name)
    return _single(org, _named(documents, segment.key), call, segment.name)


def _table(org: Organisation, key: Key) -> Table:
    """Give the table that a key names: by LogicalName or MetadataId."""
    name = dict(key.parts).get("LogicalName")
    for table in org.catalogue.tables.values():
        if table.name == name or (key.guid and metadata.metadata_id(table.name) == key.guid):
            return table
    raise errors.DataverseError(404, "0x80060888", f"Could not find an entity with name {name or key.guid}.")


def _named(documents: list[Document], key: Key) -> Document:
    """Give the description that a key names."""
    [(member, name)] = key.parts or [("MetadataId", key.guid)]
    found = [one for one in documents if str(one.get(member)).lower() == str(name).lower()]
    if not found:
        raise errors.DataverseError(404, "0x80060888", f"Could not find metadata with name {name or key.guid}.")
    return found[0]


def _attributes(org: Organisation, table: Table, rest: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on columns: all, one, or those of one type."""
    cast = rest[1].name if len(rest) > 1 else None
    if cast is not None and not cast.startswith(_NAMESPACE):
        raise errors.no_segment(cast)
    columns = [column for column in table.columns.values() if cast in {None, metadata.type_name(column)}]
    selected = call.options.get("$select", "").split(",")
    own = {name for column in table.columns.values() for name in metadata.typed_attribute(column)}
    if cast is None and (wrong := next((name for name in selected if name in own), None)):
        raise errors.no_property(wrong, f"{_NAMESPACE}AttributeMetadata")
    expands = {one.navigation for one in read_expand(call.options.get("$expand"))}
    documents = [metadata.attribute(table, column) for column in columns]
    if "OptionSet" in expands and cast is None:
        raise errors.no_property("OptionSet", f"{_NAMESPACE}AttributeMetadata")
    for document, column in zip(documents, columns, strict=True):
        piece = org.customisations.get("choice", column.choice)
        if "OptionSet" in expands:
            document["OptionSet"] = None if piece else metadata.option_set(table, column)
        if "GlobalOptionSet" in expands:
            document["GlobalOptionSet"] = metadata.choice(piece["name"], piece["values"]) if piece else None
    return _collection(org, documents, rest[0], call)


def _table_document(org: Organisation, table: Table, call: Call) -> Document:
    """Describe a table with what the call expands."""
    document = metadata.entity(org, table)
    for expand in read_expand(call.options.get("$expand")):
        if expand.navigation not in _PARTS:
            raise errors.no_property(expand.navigation, f"{_NAMESPACE}EntityMetadata")
        document[expand.navigation] = _expanded(_PARTS[expand.navigation](org, table), expand)
    return document


def _expanded(documents: list[Document], expand: Expand) -> list[Document]:
    """Cut expanded descriptions down to what is asked for."""
    kept = _filtered(documents, expand.options.get("$filter"))
    return [_selected(one, expand.options.get("$select")) for one in kept]


def _list(org: Organisation, documents: list[Document], call: Call, name: str) -> Answer:
    """Answer with descriptions, filtered and cut down."""
    kept = _filtered(documents, call.options.get("$filter"))
    value = [_with_expanded(one, call) for one in kept]
    return ok(call, {"@odata.context": f"{context_root(org, call)}$metadata#{name}", "value": value})


def _single(org: Organisation, document: Document, call: Call, name: str) -> Answer:
    """Answer with one description, cut down."""
    context = f"{context_root(org, call)}$metadata#{name}/$entity"
    return ok(call, {"@odata.context": context, **_with_expanded(document, call)})


def _with_expanded(document: Document, call: Call) -> Document:
    """Cut a description down, but for what was expanded."""
    expanded = {one.navigation for one in read_expand(call.options.get("$expand"))}
    kept = {name: value for name, value in document.items() if name in expanded}
    return _selected(document, call.options.get("$select")) | kept


def _selected(document: Document, select: str | None) -> Document:
    """Cut a description down to $select."""
    if not select:
        return document
    names = {name.strip() for name in select.split(",")} | set(_ALWAYS)
    return {name: value for name, value in document.items() if name in names}


def _filtered(documents: list[Document], text: str | None) -> list[Document]:
    """Keep the descriptions that a filter matches."""
    if not text:
        return documents
    try:
        return [one for one in documents if predicate(text, shape=Nested()).matches(one)]
    except FilterError as error:
        raise errors.bad_query(str(error)) from error


def _many_to_one(org: Organisation, table: Table) -> list[Document]:
    """Describe the relationships whose lookup stands on the table."""
    return [one for one in metadata.relationships(org) if one["ReferencingEntity"] == table.name]


def _one_to_many(org: Organisation, table: Table) -> list[Document]:
    """Describe the relationships that lead to the table."""
    return [one for one in metadata.relationships(org) if one["ReferencedEntity"] == table.name]


def _many_to_many(org: Organisation, table: Table) -> list[Document]:
    """Describe the relationships of many to many that the table takes part in."""
    ends = ("Entity1LogicalName", "Entity2LogicalName")
    return [one for one in metadata.many_to_many(org) if table.name in {one[end] for end in ends}]


_PARTS: dict[str, Part] = {
    "Attributes": lambda _org, table: metadata.attributes(table),
    "Keys": metadata.keys,
    "ManyToOneRelationships": _many_to_one,
    "OneToManyRelationships": _one_to_many,
    "ManyToManyRelationships": _many_to_many,
}
_LISTS: dict[str, Callable[[Organisation], list[Document]]] = {
    "RelationshipDefinitions": lambda org: [*metadata.relationships(org), *metadata.many_to_many(org)],
    "GlobalOptionSetDefinitions": lambda org: [
        metadata.choice(piece["name"], piece["values"]) for piece in org.customisations.of_kind("choice")
    ],
}

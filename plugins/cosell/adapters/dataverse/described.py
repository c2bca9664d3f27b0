"""What the CRM's tables hold at this moment, for holding a mapping against: every column, and how people call it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.naming import name_columns
from cosell.core.errors import SchemaDriftError, StopRunError
from cosell.mapping.shape import ColumnLimit, Described, Unreached, is_named
from cosell.mapping.unknown import no_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.schema import Schema
    from cosell.mapping.shape import Limits, Related, TableShape


async def described(schema: Schema, shape: TableShape, *, defaults: Mapping[str, object]) -> Described:
    """Give every column within reach of a mapping, by dotted path; and lookups and rows that it names in vain."""
    tables = await schema.described()
    main = tables[shape.table]
    # Rows that lead to others are read as those others.
    read = {each.name: each.to.table if each.to else each.table for each in shape.related.values()}
    roots = {"": main} | {f"{name}.": tables[table] for name, table in read.items()}
    limits: Limits = {f"{root}{name}": limit for root, table in roots.items() for name, limit in table.columns.items()}
    limits |= {each.name: ColumnLimit("rows") for each in shape.related.values() if each.to}
    labels: dict[str, str] = {}
    for root, table in roots.items():
        names = await schema.display_names(table.name)
        labels |= {f"{root}{name}": label for name, label in names.items() if label and f"{root}{name}" in limits}
    missing = [
        Unreached("related", each.name, why)
        for each in shape.related.values()
        if (why := _unreachable(main, tables[each.table], each))
    ]
    for path in shape.named:
        found = _of_named(path, shape, roots, tables=tables)
        if isinstance(found, str):
            missing.append(Unreached("lookup", path, found))
        else:
            limits[path] = found
    for path, named in defaults.items():
        root, _, column = path.rpartition(".")
        if why := await _unmatched(schema, roots[f"{root}." if root else ""], column, named):
            missing.append(Unreached("defaults", path, f"column {path} {why}"))
    return Described(limits, labels, tuple(missing), await schema.required(shape, tables))


def _of_named(
    path: str, shape: TableShape, roots: Mapping[str, Table], *, tables: Mapping[str, Table]
) -> ColumnLimit | str:
    """Give what a column that names a row by a value can take, or why it cannot."""
    singles = {root.removesuffix("."): table for root, table in roots.items()}
    alone = replace(shape, named={path: shape.named[path]})
    try:
        (one,) = name_columns(alone, roots[""], singles, tables=tables)
    except SchemaDriftError as error:
        return str(error)
    return one.limit


async def _unmatched(schema: Schema, table: Table, column: str, named: object) -> str | None:
    """Tell why a default names no row; None where it names one, or is a plain value, or there is no such column."""
    if not is_named(named) or column not in table.columns:
        return None
    said, match = str(named["table"]), str(named["match"])
    leads_to = table.leads_to(column)
    if said not in leads_to:
        return f"leads to {' or '.join(leads_to)}, not to {said}" if leads_to else "is no lookup: give it a plain value"
    names = await schema.display_names(said)
    if match not in names:
        return f"leads to {said}: {no_column(match, table=said, known=names)}"
    try:
        await schema.find_named(table, {column: named})
    except StopRunError as error:
        return f"names no row: {error}"
    return None


def _unreachable(main: Table, table: Table, related: Related) -> str | None:
    try:
        if related.many:
            table.to(main.name, column=related.navigation)
        else:
            main.lookup(navigation=related.navigation)
    except SchemaDriftError as error:
        return f"related {related.name}: {error}"
    return None

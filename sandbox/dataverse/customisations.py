"""What was made or changed through the metadata API, kept in the store, and the catalogue that comes of it.

A new piece is seen at once; a change of one that is there is a draft until it is published, as in Dataverse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.dataverse.schema import Catalogue, Column, Kind, Table, Target
from sandbox.dataverse.shorthand import build_table, money_columns, with_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Store

_TABLE = "dataverse.customisations"
_FIRST_CODE = 10_900
_STATES = {
    0: {"label": "Active", "reasons": {1: "Active"}},
    1: {"label": "Inactive", "reasons": {2: "Inactive"}},
}
_NUMBERED = ("labels", "options", "option_labels", "collection_labels")
"""Members whose keys are numbers; JSON keeps them as texts."""

Piece = dict[str, Any]


class Customisations:
    """The pieces, by kind and name: table, column, key, choice, many (many to many), gone (what was deleted)."""

    def __init__(self, store: Store) -> None:
        self._pieces = store.table(_TABLE)

    def get(self, kind: str, name: str) -> Piece | None:
        """Give a piece, or None."""
        found = self._pieces.get(f"{kind}:{name}")
        return None if found is None else _read(found)

    def of_kind(self, kind: str) -> Iterator[Piece]:
        """Walk the pieces of a kind, oldest first."""
        return (_read(piece) for piece in self._pieces.values() if piece["kind"] == kind)

    def make(self, kind: str, name: str, /, **values: object) -> None:
        """Keep a new piece."""
        self._pieces.put(f"{kind}:{name}", {"kind": kind, "name": name, "new": True, "values": values})

    def draft(self, kind: str, name: str, /, **values: object) -> None:
        """Keep a change of a piece (also of one that was there from the start) until it is published."""
        kept = self.get(kind, name) or {"kind": kind, "name": name, "new": False, "values": {}}
        self._pieces.put(f"{kind}:{name}", {**kept, "draft": {**kept.get("draft", {}), **values}})

    def settle(self, kind: str, name: str, /, **values: object) -> None:
        """Change a piece at once."""
        kept = self.get(kind, name) or {}
        self._pieces.put(f"{kind}:{name}", {**kept, "values": {**kept["values"], **values}})

    def remove(self, kind: str, name: str) -> None:
        """Forget a piece."""
        self._pieces.delete(f"{kind}:{name}")

    def take(self, kind: str, name: str) -> None:
        """Take away a column or a key, also one that was there from the start."""
        piece = self.get(kind, name)
        self.remove(kind, name)
        if piece is None or not piece["new"]:
            self.make("gone", f"{kind}:{name}")

    def publish(self, *, tables: set[str] | None, choices: set[str] | None) -> list[Piece]:
        """Make drafts of these tables and choices (None: of all) be seen; give what was published."""
        published = []
        for key in self._pieces.keys():  # noqa: SIM118 - not a dict: walking it is not offered
            piece = _read(self._pieces.get(key) or {})
            wanted = choices if piece["kind"] == "choice" else tables
            if "draft" in piece and (wanted is None or piece["name"].partition(".")[0] in wanted):
                draft = piece.pop("draft")
                self._pieces.put(key, {**piece, "values": {**piece["values"], **draft}})
                published.append({**piece, "values": draft})
        return published

    def over(self, base: Catalogue) -> Catalogue:
        """Give the tables with everything that was made and published."""
        gone = {piece["name"] for piece in self.of_kind("gone")}
        # First: what was deleted may have been made anew.
        tables = {name: _without(table, gone) for name, table in base.tables.items()}
        for piece in self.of_kind("table"):
            name, values = piece["name"], piece["values"]
            tables[name] = _new_table(name, values) if piece["new"] else replace(tables[name], **_plain(values))
        choices = {piece["name"]: piece["values"] for piece in self.of_kind("choice")}
        for piece in self.of_kind("column"):
            table, _, column = piece["name"].partition(".")
            tables[table] = _with_column(tables[table], column, piece, choices)
        for piece in self.of_kind("key"):
            table, _, name = piece["name"].partition(".")
            tables[table] = replace(tables[table], keys={**tables[table].keys, name: tuple(piece["values"]["columns"])})
        return Catalogue(tables)


def _without(table: Table, gone: set[str]) -> Table:
    """Give a table without what was deleted."""
    kept = {name: one for name, one in table.columns.items() if f"column:{table.name}.{name}" not in gone}
    keys = {name: parts for name, parts in table.keys.items() if f"key:{table.name}.{name}" not in gone}
    return replace(table, columns=kept, keys=keys)


def _read(piece: Piece) -> Piece:
    """Give a piece with its numbers as numbers."""
    return {**piece, **{name: _numbered(piece[name]) for name in ("values", "draft") if name in piece}}


def _numbered(values: Piece) -> Piece:
    found = dict(values)
    for name in _NUMBERED:
        if name in found:
            found[name] = {int(key): value for key, value in found[name].items()}
    if "option_labels" in found:
        found["option_labels"] = {
            number: {int(key): text for key, text in texts.items()} for number, texts in found["option_labels"].items()
        }
    return found


def _plain(values: Piece) -> Piece:
    """Give what a table takes; what else it has is asked for elsewhere."""
    return {name: value for name, value in values.items() if name in {"labels", "collection_labels"}}


def _new_table(name: str, values: Piece) -> Table:
    definition = {
        "set": values["set"],
        "schema": values["schema"],
        "display": values["display"],
        "key": f"{name}id",
        "name": values["primary"],
        "code": _FIRST_CODE + values["number"],
        "standard": "owned" if values["owned"] else "plain",
        "states": _STATES,
        "columns": {},
    }
    # Its primary column is a piece of its own.
    return replace(build_table(name, definition, {}), made=True, **_plain(values))


def _with_column(table: Table, name: str, piece: Piece, choices: dict[str, Piece]) -> Table:
    values = dict(piece["values"])
    choice = values.get("choice") or (table.columns[name].choice if name in table.columns else "")
    if choice:
        values |= {part: choices[choice][part] for part in ("options", "option_labels")}
    if not piece["new"]:
        changed = replace(table.columns[name], **values)
        return replace(table, columns={**table.columns, name: changed})
    targets = tuple(Target(**one) for one in values.pop("targets", ()))
    column = Column(name=name, kind=Kind(values.pop("kind")), targets=targets, made=True, **values)
    new = with_base(column)
    if column.kind is Kind.MONEY and not table.money:
        new = [*money_columns(table.name), *new]
    columns = table.columns | {one.name: one for one in new if one.name not in table.columns}
    return replace(table, columns=columns, money=table.money or column.kind is Kind.MONEY)

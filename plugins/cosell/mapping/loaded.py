"""A mapping that was read and found good: what it reaches on each side, and the mapper made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cosell.core.accounts import SIGN_FIELDS
from cosell.core.record import Field, Side
from cosell.mapping.columns import Column, Terms
from cosell.mapping.converters.people import Owner
from cosell.mapping.fingerprint import fingerprint_of
from cosell.mapping.lines import paths_of, place_on
from cosell.mapping.own.hooks import Hooks, may_be_filled
from cosell.mapping.own.kinds import PLAIN_KINDS
from cosell.mapping.schema import Lookup
from cosell.mapping.settings import MappingSettings
from cosell.mapping.shape import ACCOUNT, CONTACT, Link, Related, TableShape
from cosell.mapping.transform import TableMapper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.accounts import Sign
    from cosell.mapping.converters.base import Recipe
    from cosell.mapping.located import Location, Spot
    from cosell.mapping.own.hooks import Hook
    from cosell.mapping.own.kinds import PlainKind
    from cosell.mapping.schema import Default, FieldLine, MappingFile
    from cosell.mapping.shape import Limits


_UNTOLD = {"optional"}
"""Keys of a line that change nothing of what is carried."""


@dataclass(frozen=True)
class LoadedMapping:
    """One mapping, checked."""

    file: MappingFile
    converters: Mapping[str, Recipe]
    spots: Mapping[Location, Spot]
    """Where each line stands, for what is found wrong later."""
    hooks: Sequence[Hook] = ()

    @property
    def table(self) -> str:
        """Give the Dataverse table whose rows it maps."""
        return self.file.dataverse.table

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Give what the sync needs to know of each line."""
        return {name: _field(name, line) for name, line in self.file.fields.items()}

    @cached_property
    def paths(self) -> frozenset[str]:
        """Give the dotted Dataverse paths that are read."""
        return frozenset(path for line in self.file.fields.values() for path in paths_of(line.dataverse))

    @cached_property
    def spare_paths(self) -> frozenset[str]:
        """Give those of them that the CRM may lack."""
        return frozenset(
            path for line in self.file.fields.values() if line.optional for path in paths_of(line.dataverse)
        )

    @cached_property
    def limit_paths(self) -> frozenset[str]:
        """Give the dotted Dataverse paths whose limits `mapper` and `check` want to know."""
        return self.paths | self.defaults(Side.DATAVERSE).keys()

    @cached_property
    def fingerprint(self) -> str:
        """Give what the whole mapping says: changes with any line, default or table, and with the user's code."""
        used = {self.converters[line.converter].source for line in self.file.fields.values()}
        own = sorted(filter(None, used | {hook.source for hook in self.hooks}))
        told = self.file.model_dump(mode="json", exclude_defaults=True, exclude={"fields": {"__all__": _UNTOLD}})
        return fingerprint_of(told, *own)

    @cached_property
    def fills(self) -> dict[str, PlainKind]:
        """Give the fields that a hook may fill, and with what: plain ones that are never written back."""
        gives = {name: self.converters[line.converter].gives for name, line in self.file.fields.items()}
        return {
            name: kind
            for name, field in self.fields.items()
            for kind in PLAIN_KINDS
            if may_be_filled(field) and gives[name] == kind
        }

    def shape(self) -> TableShape:
        """Give what is read in Dataverse: the main table's columns and those of each related table."""
        dataverse = self.file.dataverse
        related = {
            name: Related(
                name,
                table.table,
                table.navigation,
                self._columns_of(name),
                many=table.many,
                to=Link(**table.to.model_dump()) if table.to else None,
            )
            for name, table in dataverse.related.items()
        }
        flag = paths_of(self.file.fields["flag"].dataverse)[0]
        return TableShape(
            dataverse.table,
            key=dataverse.primary_key or f"{dataverse.table}id",
            referral_id_column=dataverse.key,
            flag_column=flag,
            columns=frozenset(path for path in self.paths if "." not in path and path not in related),
            spare=self.spare_paths,
            related=related,
            other_id_columns=self._columns_for("other_referral_identifier"),
            name_column=next(iter(self._columns_for("deal_name")), None),
            named={
                path: line.named
                for line in self.file.fields.values()
                if line.named
                for path in paths_of(line.dataverse)
            },
            filled={table: frozenset(columns) for table, columns in self._filled.items()},
            contact_defaults={column: _plain(value) for column, value in self.file.defaults.get(CONTACT, {}).items()},
            sign_columns=self._sign_columns(),
            status_column=next(iter(self._columns_for("sync_status")), None),
        )

    def defaults(self, side: Side) -> dict[str, object]:
        """Give wire path → value for what a new record on the side holds where no field fills it.

        A Dataverse lookup is `{"table": ..., "match": column, "value": ...}`, for the adapter to find.
        """
        if side is Side.PARTNER_CENTER:
            return {path: _plain(value) for path, value in self.file.defaults.get(side.value, {}).items()}
        tables = {self.file.dataverse.table: ""}
        tables |= {table.table: f"{name}." for name, table in self.file.dataverse.related.items() if not table.many}
        return {
            f"{root}{column}": _plain(value)
            for table, root in tables.items()
            for column, value in self._filled.get(table, {}).items()
        }

    def mapper(self, *, limits: Limits, settings: MappingSettings | None = None) -> TableMapper:
        """Give the mapping at work; `limits` are the Dataverse columns' by dotted path."""
        terms = Terms(limits, settings or MappingSettings())
        columns = {
            side: {
                name: Column.make(name, side, line=line, recipe=self.converters[line.converter], terms=terms)
                for name, line in self.file.fields.items()
                if place_on(line, side) is not None
            }
            for side in Side
        }
        defaults = {side: self.defaults(side) for side in Side}
        for alias in (name for name, table in self.file.dataverse.related.items() if table.table == CONTACT):
            defaults[Side.DATAVERSE] = _without(defaults[Side.DATAVERSE], alias)  # see TableShape.contact_defaults
        fields = {name: _later(each, columns[Side.DATAVERSE].get(name)) for name, each in self.fields.items()}
        return TableMapper(
            fields,
            self._fingerprints(terms.settings),
            columns,
            new=defaults,
            marks=terms.settings.marks,
            hooks=Hooks(self.hooks, self.fills, self.fields.keys()) if self.hooks else None,
        )

    @property
    def _filled(self) -> dict[str, dict[str, Default]]:
        """Give the defaults of the CRM's tables."""
        return {table: values for table, values in self.file.defaults.items() if table != Side.PARTNER_CENTER.value}

    def _fingerprints(self, settings: MappingSettings) -> dict[str, str]:
        fields = {name: self._fingerprint(line, settings) for name, line in self.file.fields.items()}
        return fields | {f"hook {hook.name}": hook.source for hook in self.hooks}

    def _fingerprint(self, line: FieldLine, settings: MappingSettings) -> str:
        recipe = self.converters[line.converter]
        setting = getattr(settings, recipe.setting) if recipe.setting else None
        own = (recipe.source,) if recipe.source else ()
        return fingerprint_of(line.model_dump(mode="json", exclude_defaults=True, exclude=_UNTOLD), setting, *own)

    def _sign_columns(self) -> dict[Sign, str]:
        found = {}
        for sign, name in SIGN_FIELDS.items():
            for path in paths_of(self.file.fields[name].dataverse if name in self.file.fields else None):
                root, _, column = path.partition(".")
                if column and self.file.dataverse.related[root].table == ACCOUNT:
                    found[sign] = column
        return found

    def _columns_for(self, field: str) -> tuple[str, ...]:
        line = self.file.fields.get(field)
        return tuple(path for path in paths_of(line.dataverse if line else None) if "." not in path)

    def _columns_of(self, root: str) -> frozenset[str]:
        return frozenset(path.removeprefix(f"{root}.") for path in self.paths if path.startswith(f"{root}."))


def _field(name: str, line: FieldLine) -> Field:
    sides = frozenset(side for side in Side if place_on(line, side) is not None)
    created = sides if line.created_on is None else frozenset(map(Side, line.created_on))
    written = sides if line.written_on is None else frozenset(map(Side, line.written_on))
    return Field(
        name,
        sides,
        authority=None if line.authority == "shared" else Side(line.authority),
        on_conflict=Side(line.on_conflict) if line.on_conflict else None,
        created_on=created,
        written_on=written,
        bookkeeping=line.bookkeeping,
        merge=line.merge,
    )


def _later(field: Field, column: Column | None) -> Field:
    """Give the field as it can be kept: which user owns a row is, after its creation, the CRM's to choose."""
    if column is None or not isinstance(column.converter, Owner):
        return field
    return replace(field, written_on=field.written_on - {Side.DATAVERSE})


def _without(defaults: Mapping[str, object], alias: str) -> dict[str, object]:
    return {path: value for path, value in defaults.items() if not path.startswith(f"{alias}.")}


def _plain(value: object) -> object:
    return value.model_dump() if isinstance(value, Lookup) else value

"""Reading rows: one by its key, or a set by filter, order and page."""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.call import API, MAX_PAGE, Call
from sandbox.dataverse.expand import read_expand
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.paging import Position, comes_after, fingerprint, read_cookie, write_cookie
from sandbox.dataverse.privileges import demand
from sandbox.dataverse.projection import View, checked_expands, chosen_columns, project
from sandbox.dataverse.schema import Kind, Table
from sandbox.dataverse.shape import TableShape
from sandbox.odata import Filter, FilterError, OrderTerm, parse_orderby, predicate, sorted_rows

COUNT = "Microsoft.Dynamics.CRM.totalrecordcount"
LIMIT_EXCEEDED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
_INDEXED = {Kind.TEXT, Kind.GUID, Kind.LOOKUP}
_MANY_VALUES = 2000


def read_one(org: Organisation, table: Table, row: Row, call: Call) -> dict[str, Any]:
    """Give the answer for one row."""
    demand(org, call.caller, "Read", table)
    call.tally.rows += 1
    select = call.options.get("$select")
    expands = checked_expands(org, table, read_expand(call.options.get("$expand")))
    shown = project(org, table, row, View(call.preferences, select, expands))
    return {"@odata.context": f"{context_root(org, call)}$metadata#{table.set}{_columns(select)}/$entity", **shown}


def context_root(org: Organisation, call: Call) -> str:
    """Give the root that links are written with: the request's own, or another host by setting."""
    twin: str = org.world.settings["dataverse_api_twin"]
    return twin.rstrip("/") + API if twin else call.root


def _columns(select: str | None) -> str:
    """Give the part of a context that names the chosen columns."""
    return f"({select})" if select else ""


class Listing:
    """One request for a set of rows."""

    def __init__(self, org: Organisation, table: Table, call: Call, *, among: list[Row] | None = None) -> None:
        """Read the options; `among` restricts the set to rows that were found by a relationship."""
        demand(org, call.caller, "Read", table)
        self._org, self._table, self._call, self._among = org, table, call, among
        options = call.options
        self._shape = TableShape(org, table)
        self._filter = self._read_filter(options.get("$filter"))
        self._terms = self._read_order(options.get("$orderby"))
        bound = (options.get(name) for name in ("$filter", "$orderby", "$select"))
        self._query = fingerprint(table.name, call.path, *bound)
        self._page_size = call.preferences.page_size
        token = options.get("$skiptoken")
        self._after = read_cookie(token, self._query) if token is not None else None

    def answer(self) -> dict[str, Any]:
        """Give the page."""
        options = self._call.options
        select = options.get("$select")
        chosen_columns(self._table, select)
        expands = checked_expands(self._org, self._table, read_expand(options.get("$expand")))
        rows, following = self._page()
        self._call.tally.rows += len(rows)
        body: dict[str, Any] = {
            "@odata.context": f"{context_root(self._org, self._call)}$metadata#{self._table.set}{_columns(select)}"
        }
        if options.get("$count") == "true":
            body |= self._count()
        view = View(self._call.preferences, select, expands)
        body["value"] = [project(self._org, self._table, row, view) for row in rows]
        if following is not None:
            body["@odata.nextLink"] = self._link(following)
        return body

    def total(self) -> int:
        """Count the rows, as far as Dataverse counts."""
        return min(sum(1 for _ in self._matching()), MAX_PAGE)

    def _count(self) -> dict[str, Any]:
        """Give the members that count the whole set."""
        every = sum(1 for _ in self._matching())
        counted: dict[str, Any] = {"@odata.count": min(every, MAX_PAGE)}
        if self._call.preferences.annotates(COUNT):
            counted |= {f"@{COUNT}": min(every, MAX_PAGE), f"@{LIMIT_EXCEEDED}": every > MAX_PAGE}
        return counted

    def _page(self) -> tuple[list[Row], Position | None]:
        """Give the rows of this page, and where the next one starts."""
        top = self._top()
        size = self._page_size or MAX_PAGE
        wanted = min(top, size) if top is not None else size
        rows: list[Row] = []
        for row in self._behind():
            if len(rows) == wanted:
                return rows, None if top is not None else self._position(rows[-1])
            rows.append(row)
        return rows, None

    def _top(self) -> int | None:
        """Give $top, which a page size drops."""
        text = self._call.options.get("$top")
        if text is None or self._page_size:
            return None
        if not text.isdigit():
            raise errors.bad_query(f"Invalid value '{text}' for $top query option found.")
        return int(text)

    def _position(self, row: Row) -> Position:
        """Give the place of a row in the order."""
        page = self._after.page + 1 if self._after else 2
        return Position(self._values(row), row[self._table.key], page)

    def _values(self, row: Row) -> tuple[Any, ...]:
        """Give what a row is sorted by."""
        values = (self._shape.field(term.path).get(row) for term in self._terms)
        return tuple(value.casefold() if isinstance(value, str) else value for value in values)

    def _behind(self) -> Iterator[Row]:
        """Give the matching rows in order, from behind the last page's end."""
        if not self._terms:
            return self._matching(after=self._after.row_id if self._after else "")
        by_key = list(self._matching())
        rows = sorted_rows(by_key, terms=self._terms, shape=self._shape, fold_case=True)
        return filter(self._not_yet_given(), rows) if self._after else iter(rows)

    def _not_yet_given(self) -> Callable[[Row], bool]:
        """Give the test for rows behind the last page's end."""
        after, descending = self._after, tuple(term.descending for term in self._terms)
        if after is None:
            return lambda _row: True
        key = self._table.key

        def test(row: Row) -> bool:
            behind = comes_after(self._values(row), after, descending=descending)
            return row[key] > after.row_id if behind is None else behind

        return test

    def _matching(self, *, after: str = "") -> Iterator[Row]:
        """Give the matching rows in the order of their keys."""
        matches = self._filter.matches if self._filter else None
        for row in self._candidates(after):
            if matches is None or matches(row):
                yield row

    def _candidates(self, after: str) -> Iterator[Row]:
        """Give the rows that may match, in the order of their keys, by an index where the filter allows it."""
        if self._among is not None:
            return (row for row in self._among if row[self._table.key] > after)
        rows = self._org.rows(self._table)
        keys = self._indexed()
        ordered = self._org.sorted_keys(self._table) if keys is None else iter(sorted(keys))
        found = (rows.get(key) for key in ordered if key > after)
        return (row for row in found if row is not None)

    def _indexed(self) -> set[str] | None:
        """Give the keys that an index finds for the filter, or None where none helps."""
        if self._filter is None:
            return None
        for path, values in self._filter.required.items():
            column = self._table.wire.get(path[0]) if len(path) == 1 else None
            if column is None or column.kind not in _INDEXED or len(values) > _MANY_VALUES:
                continue
            if column.name == self._table.key:
                return set(values)
            return {key for value in values for key in self._org.with_value(self._table, column, value)}
        return None

    def _read_filter(self, text: str | None) -> Filter | None:
        """Compile $filter."""
        if text is None:
            return None
        try:
            return predicate(text, shape=self._shape, fold_case=True, wildcards=True)
        except FilterError as error:
            raise errors.bad_query(str(error)) from error

    def _read_order(self, text: str | None) -> tuple[OrderTerm, ...]:
        """Read $orderby; every column must exist."""
        if text is None:
            return ()
        try:
            terms = parse_orderby(text)
        except FilterError as error:
            raise errors.bad_query(str(error)) from error
        for term in terms:
            self._shape.field(term.path)
        return terms

    def _link(self, following: Position) -> str:
        """Give the address of the next page: this one's options as they came, and the cookie."""
        kept = [part for part in self._call.query.split("&") if part and not _is_skiptoken(part)]
        options = "&".join([*kept, f"$skiptoken={write_cookie(following, self._query)}"])
        return f"{context_root(self._org, self._call)}{self._call.path.strip('/')}?{options}"


def _is_skiptoken(part: str) -> bool:
    """Tell whether a raw query option is the cookie."""
    return part.startswith(("$skiptoken=", "%24skiptoken="))

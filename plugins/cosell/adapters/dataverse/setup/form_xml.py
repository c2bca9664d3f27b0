"""New parts of a form, as Dynamics' FormXml says them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

from cosell.adapters.dataverse.setup.form import SECTION, TAB

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cosell.adapters.dataverse.setup.form import Form
    from cosell.adapters.dataverse.setup.labels import Labels, Words
    from cosell.adapters.dataverse.setup.wanted import Column, Table, Type, Wanted

_OURS = UUID("3d0c6f0e-2f6b-5d3f-8a53-7b1f2c9e4d10")
"""Parts have ids that come of their names."""
_LIST = "{E7A81278-8635-4D9E-8D4D-59480B391C5B}"
_TEXT, _URL, _MEMO = (
    "{4273EDBD-AC1D-40D3-9FB2-095C621B552D}",
    "{71716B6C-711E-476C-8AB8-5D11542BFB47}",
    "{E0DECE4B-6FC8-4A8F-A065-082708572369}",
)
_CONTROLS: Mapping[Type, str] = {
    "yes_no": "{67FAC785-CD58-4F9F-ABB3-4B7DDC6ED5ED}",
    "text": _TEXT,
    "memo": _MEMO,
    "choice": "{3EF39988-22BB-4F0B-BBBE-64B5A3748AEE}",
    "time": "{5B773807-9FB2-42DB-97C3-7A91EFF8ADFF}",
    "money": "{533B9E00-756B-4312-95A0-DC888637AC78}",
    "whole": "{C6D124CA-7EDA-4A60-AEA9-7FB8D318B68F}",
    "lookup": "{270BD3DB-D9AF-4782-9025-509E298DEC0A}",
}
"""Class ids of Dynamics' own controls."""
_TALL: Mapping[str, int] = {"memo": 4, "list": 6}
"""Rows that a control takes."""
_PARAMETERS: Mapping[str, str] = {
    "IsUserView": "false",
    "AutoExpand": "Fixed",
    "EnableQuickFind": "false",
    "EnableViewPicker": "false",
    "EnableJumpBar": "false",
    "ChartGridMode": "Grid",
    "VisualizationId": "",
    "IsUserChart": "false",
    "EnableChartPicker": "false",
    "RecordsPerPage": "6",
}


class FormXml:
    """Writes parts for a form of one table; `views`: the view that a list of a table's rows shows."""

    def __init__(self, wanted: Wanted, table: Table, labels: Labels, *, form: Form, views: Mapping[str, str]) -> None:
        self._table, self._labels, self._form, self._views = table, labels, form, views
        self._lists = wanted.relationships

    def tab(self, name: str, sections: str) -> str:
        """Give a tab of one column."""
        return (
            f'<tab verticallayout="true" id="{self._id(name)}" IsUserDefined="1" name="{name}" locklevel="0" '
            f'showlabel="true" expanded="true">{self._labels_of(TAB)}<columns><column width="100%">'
            f"<sections>{sections}</sections></column></columns></tab>"
        )

    def section(self, name: str, rows: str) -> str:
        """Give a section of one column; a list tells by itself what it is."""
        return (
            f'<section showlabel="{_said(name == SECTION)}" showbar="false" locklevel="0" id="{self._id(name)}" '
            f'IsUserDefined="1" name="{name}" layout="varwidth" columns="1" labelwidth="115" '
            f'celllabelalignment="Left" celllabelposition="Left">{self._labels_of(name)}<rows>{rows}</rows></section>'
        )

    def row(self, column: str) -> str:
        """Give the row that shows a column."""
        one = self._table.columns[column]
        locked = self._table.form is not None and column in self._table.form.locked
        control = (
            f'<control id="{self._free_id(column)}" classid="{_class(one)}" datafieldname="{column}" '
            f'disabled="{_said(locked)}"/>'
        )
        return self._cell(column, control, rows=_TALL.get(one.type, 1))

    def section_of(self, relationship: str) -> str:
        """Give the name of the section that lists the rows of a relationship."""
        return f"{SECTION}_{self._lists[relationship].logical_name}"

    def list_row(self, relationship: str) -> str:
        """Give the row that lists the rows of a relationship."""
        target = self._lists[relationship].logical_name
        said = {
            "ViewId": f"{{{self._views[target].upper()}}}",
            "RelationshipName": relationship,
            "TargetEntityType": target,
            **_PARAMETERS,
        }
        parameters = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items())
        control = (
            f'<control id="{self._free_id(target)}" classid="{_LIST}" indicationOfSubgrid="true">'
            f"<parameters>{parameters}</parameters></control>"
        )
        return self._cell(relationship, control, rows=_TALL["list"])

    def names(self, what: str, languages: Collection[int]) -> str:
        """Give the names of a part in some languages."""
        pick = self._picked(what)
        named = ((language, pick(self._labels.words[language])) for language in sorted(languages))
        return "".join(f'<label description={quoteattr(text)} languagecode="{code}"/>' for code, text in named)

    def _labels_of(self, what: str) -> str:
        return f"<labels>{self.names(what, self._labels.languages)}</labels>"

    def _picked(self, what: str) -> Callable[[Words], str]:
        """Give what picks the name of a part; `what` is a column, a relationship, or else a part of our tab."""
        if what in self._table.columns:
            return lambda words: words.columns[what]
        if what in self._lists:
            return lambda words: words.tables[self._lists[what].logical_name][1]
        return lambda words: words.form

    def _cell(self, what: str, control: str, *, rows: int) -> str:
        span = f' rowspan="{rows}" colspan="1" auto="false"' if rows > 1 else ""
        cell = (
            f'<cell id="{self._id(what)}" showlabel="true" locklevel="0"{span}>{self._labels_of(what)}{control}</cell>'
        )
        return f"<row>{cell}</row>" + "<row/>" * (rows - 1)

    def _id(self, name: str) -> str:
        own = f"{self._table.logical_name}/{name}"
        return _free(lambda number: f"{{{uuid5(_OURS, f'{own}{number}')}}}", self._form.parts)

    def _free_id(self, control: str) -> str:
        return _free(lambda number: f"{control}{number}", self._form.ids)


def _class(column: Column) -> str:
    return _URL if column.format == "Url" else _CONTROLS[column.type]


def _free(named: Callable[[str], str], taken: Collection[str]) -> str:
    """Give what nothing has: the name, or the name with a number behind it, as the form designer does it."""
    numbers = ("", *map(str, range(1, len(taken) + 2)))
    return next(one for number in numbers if (one := named(number)) not in taken)


def _said(yes: bool) -> str:
    return "true" if yes else "false"

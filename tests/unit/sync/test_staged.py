"""Rows between two tasks: lines, the pull's pages, and the spool on disk."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cosell.core.record import Row
from cosell.sync.pages import PagesGoneError
from cosell.sync.ports import Gone
from cosell.sync.staged import PullFile, Spool, gone_to_line, line_to_row, row_to_line
from sync_examples import DV, HOUR, NOW, PC, Files

ROW = Row(DV, "row-1", 'W/"7"', {"name": "Käse 🧀", "account": {"name": None}}, changed=NOW, created=NOW - HOUR)


@pytest.mark.parametrize("row", [ROW, replace(ROW, changed=None), replace(ROW, created=None)])
def test_a_row_comes_back_as_it_was(row: Row) -> None:
    """Key, etag, payload and both times survive a file, and a missing time stays missing."""
    assert line_to_row(DV, json.loads(json.dumps(row_to_line(row)))) == row


@pytest.mark.parametrize("out_of_scope", [True, False])
def test_an_absence_is_a_line_too(out_of_scope: bool) -> None:
    """Gone and hidden are told apart; neither is a row."""
    line = gone_to_line("row-1", Gone(out_of_scope=out_of_scope))
    assert line == {"key": "row-1", "gone": True, "out_of_scope": out_of_scope}
    assert line_to_row(DV, line) is None


def test_a_pull_is_whole_once_it_is_closed() -> None:
    """Until the closing line stands there is no pull; then its pages are read in order."""
    files = Files()
    pull = PullFile(files, PC)
    for number in range(11):
        pull.page(number, [{"key": f"{number}a"}, {"key": f"{number}b"}])
    assert pull.revision() is None
    assert list(pull.lines()) == []
    assert pull.foreign() == 0
    pull.close(pages=11, rows=22, revision=5, foreign=3)
    assert (pull.revision(), pull.foreign()) == (5, 3)
    assert [line["key"] for line in pull.lines()] == [f"{n}{part}" for n in range(11) for part in "ab"]


def test_the_two_sides_pulls_do_not_meet() -> None:
    """Each side has files of its own, also for another task that opens them again."""
    files = Files()
    for side, revision in ((PC, 1), (DV, 2)):
        pull = PullFile(files, side)
        pull.page(0, [{"key": str(side)}])
        pull.close(pages=1, rows=1, revision=revision, foreign=0)
    assert [(PullFile(files, side).revision(), list(PullFile(files, side).lines())) for side in (PC, DV)] == [
        (1, [{"key": "partner_center"}]),
        (2, [{"key": "dataverse"}]),
    ]


def test_an_empty_pull_is_a_pull() -> None:
    """Nothing changed is not the same as nothing read."""
    pull = PullFile(Files(), PC)
    pull.close(pages=0, rows=0, revision=0, foreign=0)
    assert pull.revision() == 0
    assert list(pull.lines()) == []


def test_a_page_that_is_gone_is_no_empty_page() -> None:
    """A pull that lost a page is no pull any more; a sweep in the middle of reading asks for another try."""
    files = Files()
    pull = PullFile(files, PC)
    pull.page(0, [{"key": "a"}])
    pull.page(1, [{"key": "b"}])
    pull.close(pages=2, rows=2, revision=0, foreign=0)
    reading = pull.lines()
    assert next(reading) == {"key": "a"}
    del files.kept["pull-partner_center-00001"]
    with pytest.raises(PagesGoneError, match="pull-partner_center"):
        list(reading)
    assert pull.revision() is None


def test_the_spool_gives_each_row_once() -> None:
    """Rows are taken by key in any order; what was taken is forgotten, what is left keeps its order."""
    with Spool() as spool:
        for key in "abc":
            spool.put(key, replace(ROW, key=key))
        assert spool.take("b") == replace(ROW, key="b")
        assert "b" not in spool
        assert spool.keys() == ["a", "c"]
        spool.put("d", None)
        assert "d" in spool
        assert [spool.take(key) for key in ("d", "c", "a")] == [None, replace(ROW, key="c"), replace(ROW, key="a")]
        assert spool.keys() == []
        with pytest.raises(KeyError):
            spool.take("a")


def test_a_later_row_of_the_same_key_replaces_the_former() -> None:
    """What was read last counts."""
    with Spool() as spool:
        spool.put("a", ROW)
        spool.put("a", replace(ROW, etag="8"))
        assert spool.keys() == ["a"]
        taken = spool.take("a")
    assert taken is not None
    assert taken.etag == "8"


def test_the_spool_leaves_no_file_behind() -> None:
    """Its file is closed with it."""
    with Spool() as spool:
        spool.put("a", ROW)
    with pytest.raises(ValueError, match="closed"):
        spool.take("a")

"""The solution carried on: out of one environment, into an empty one, where nothing is left for setup to do."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse.setup.package import NoPackageError, read_package
from cosell.adapters.dataverse.setup.promotion import Promotion
from cosell.adapters.dataverse.setup.setup import Setup
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.core.errors import SetupStoppedError
from setup_crm import QUICK, Crm

from sandbox.dataverse import crm, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.adapters.dataverse.setup.package import Package

OURS = ("opportunity", "lead", "cosell_solutiondetail", "cosell_partnercentersolution")
NEEDED = {name: frozenset(table.columns) | {"createdon"} for name, table in load_wanted().tables.items()}
"""What a mapping reaches: also columns that every table has."""


def take_out(one: Crm, *, managed: bool = True) -> bytes:
    """Export the solution of an environment."""

    async def run() -> bytes:
        async with one.transport() as transport:
            setup = Setup(transport, load_wanted(), patience=QUICK)
            return await Promotion(transport, setup, name="cosell").take_out(managed=managed)

    return asyncio.run(run())


def put_in(one: Crm, file: bytes, *, needed: Mapping[str, frozenset[str]] = NEEDED) -> Package:
    """Import a file into an environment."""

    async def run() -> Package:
        async with one.transport() as transport:
            setup = Setup(transport, load_wanted(), patience=QUICK)
            promotion = Promotion(transport, setup, name="cosell", between_looks=0.01)
            return await promotion.put_in(file, needed=needed)

    one.world.settings["dataverse_import_seconds"] = 0.05
    return asyncio.run(run())


def made(languages: tuple[int, ...] = (1033,)) -> Crm:
    """Give an environment that was set up."""
    one = Crm(languages=languages)
    one.setup()
    return one


def with_part(file: bytes, name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """Give a file with one part changed, or (None) without it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            content = change(old.read(entry)) if entry == name else old.read(entry)
            if content is not None:
                new.writestr(entry, content)
    return out.getvalue()


@pytest.mark.parametrize("managed", [True, False])
def test_a_second_empty_environment_becomes_what_the_first_is(*, managed: bool) -> None:
    """Columns, options, keys, relationships, tracking, languages and the form; setup there says 0 changes."""
    one, other = made((1033, 1029)), Crm(languages=(1033, 1029))
    package = put_in(other, take_out(one, managed=managed))
    assert (package.name, package.managed) == ("cosell", managed)
    published = [entry.path for entry in other.world.journal.last() if "PublishXml" in entry.path]
    assert len(published) == (0 if managed else 1)
    other.world.advance(1)
    plan = other.plan()
    assert ([step.sentence for step in plan.steps], plan.obstacles) == ([], ())
    for name in OURS:
        assert other.tables[name].columns == one.tables[name].columns
        assert other.tables[name].keys == one.tables[name].keys
    assert other.world.settings["dataverse_tracked_tables"] == one.world.settings["dataverse_tracked_tables"]
    path = f"systemforms({forms.form_id('opportunity')})"
    assert 'name="cosell_tab"' in other("GET", path).json()["formxml"]
    deal = crm.create(other.world, "opportunity", name="Deal", cosell_referralvisibility=727000001)
    line = crm.create(other.world, "cosell_partnercentersolution", cosell_opportunityid=deal, cosell_price="12.50")
    assert crm.read(other.world, "cosell_partnercentersolution", line)["cosell_opportunityid"] == deal
    report = other.setup()
    assert (report.done, report.left) == ((), ())


def test_importing_it_again_changes_nothing() -> None:
    """The same file twice, or a newer one over an older one."""
    one, other = made(), Crm()
    file = take_out(one)
    put_in(other, file)
    put_in(other, file)
    assert other.plan().changes == 0
    newer = with_part(file, "solution.xml", lambda text: text.replace(b"1.0.0.0", b"1.0.0.1"))
    assert put_in(other, newer).version == "1.0.0.1"
    with pytest.raises(SetupStoppedError, match="must have a higher version"):
        put_in(other, file)


def test_a_form_that_production_changed_keeps_its_changes() -> None:
    """The tab goes behind what is there."""
    one, other = made(), Crm()
    path = f"systemforms({forms.form_id('opportunity')})"
    own = other("GET", path).json()["formxml"].replace("Opportunity Information", "Our deal")
    assert other("PATCH", path, json={"formxml": own}).status_code == 204
    assert other("POST", "PublishAllXml", json={}).status_code == 204
    put_in(other, take_out(one))
    after = other("GET", path).json()["formxml"]
    assert "Our deal" in after
    assert 'name="cosell_tab"' in after


def test_what_is_not_whole_is_not_carried_on() -> None:
    """An environment where setup has work to do gives no file; the sentence says what and how to mend it."""
    with pytest.raises(SetupStoppedError, match=r"setup would create the publisher .*: run setup first"):
        take_out(Crm())
    one = made()
    org = crm.organisation(one.world)
    rows = org.rows(org.table("solution"))
    [row] = [row for row in rows.values() if row["uniquename"] == "cosell"]
    rows.put(row["solutionid"], {**row, "ismanaged": True})
    with pytest.raises(SetupStoppedError, match=r"is managed in .*: export it from the environment where setup"):
        take_out(one)


def test_a_mapped_column_that_production_lacks_stops_it_before_it_begins() -> None:
    """A column of the user's own, that nobody put into the solution: named, and nothing is imported."""
    one, other = made(), Crm()
    file = take_out(one)
    needed = {**NEEDED, "opportunity": NEEDED["opportunity"] | {"new_dealvalue", "estimatedvalue", "parentaccountid"}}
    with pytest.raises(SetupStoppedError, match="no column new_dealvalue of opportunity") as stopped:
        put_in(other, file, needed=needed)
    assert "estimatedvalue" not in str(stopped.value)
    assert "nothing was changed" in str(stopped.value)
    assert "cosell_audit" not in other.tables["opportunity"].columns
    with pytest.raises(SetupStoppedError, match="has no table new_thing"):
        put_in(other, file, needed={**NEEDED, "new_thing": frozenset({"new_a"})})


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda _file: b"no zip", "it is no solution's zip"),
        (lambda file: with_part(file, "solution.xml", lambda _: None), "it is no solution's zip"),
        (lambda file: with_part(file, "customizations.xml", lambda _: b"<a>"), "it is no solution's zip"),
        (lambda file: with_part(file, "solution.xml", lambda _: b"<a/>"), "describes no solution"),
        (
            lambda file: with_part(file, "solution.xml", lambda text: b"<!DOCTYPE a>" + text.partition(b"?>")[2]),
            "a document type",
        ),
        (lambda file: with_part(file, "[Content_Types].xml", lambda _: None), "must contain the following files"),
        (
            lambda file: with_part(file, "solution.xml", lambda text: text.replace(b">cosell<", b">other<", 1)),
            "holds the solution other, not cosell",
        ),
        (
            lambda file: with_part(
                file, "solution.xml", lambda text: text.replace(b'schemaName="lead"', b'schemaName="leads"')
            ),
            "is not declared in the solution file",
        ),
        (
            lambda file: with_part(
                file, "customizations.xml", lambda text: text.replace(b'name="cosell_tab"', b'id="x"', 1)
            ),
            "it is no solution's zip",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_whole(broken: Callable[[bytes], bytes], words: str) -> None:
    """A sentence, and nothing of it in the environment."""
    file, other = broken(take_out(made())), Crm()
    with pytest.raises(SetupStoppedError, match=words):
        put_in(other, file)
    assert not any(name.startswith("cosell_") for name in other.tables)


def test_an_import_that_fails_says_why() -> None:
    """The job tells; the environment is as it was."""
    file = take_out(made())
    missing = Crm()
    kept = crm.organisation(missing.world).rows(crm.organisation(missing.world).table(forms.FORM))
    kept.delete(forms.form_id("opportunity"))
    with pytest.raises(SetupStoppedError, match=r"the import failed: .* not in the target system"):
        put_in(missing, file)
    assert "cosell_audit" not in missing.tables["opportunity"].columns


@pytest.mark.parametrize(
    ("managed", "way_out"),
    [(True, "export it without --managed .*, or delete the unmanaged solution"), (False, "export it with --managed, ")],
)
def test_the_other_mode_is_refused_before_it_begins(way_out: str, *, managed: bool) -> None:
    """Managed over unmanaged, and the other way round: told with the way out, and no job is begun."""
    one, other = made(), Crm()
    put_in(other, take_out(one, managed=not managed))
    other.world.journal.clear()
    with pytest.raises(SetupStoppedError, match=way_out) as stopped:
        put_in(other, take_out(one, managed=managed))
    assert "nothing was changed" in str(stopped.value)
    assert not [entry for entry in other.world.journal.last() if entry.method == "POST"]


def test_without_the_right_it_is_told_as_one() -> None:
    """The role of the sync does not carry solutions: privilege and way out are named."""
    one = made()
    file, other = take_out(one), Crm()
    one.world.settings["dataverse_denied_privileges"] = ["prvExportCustomization"]
    with pytest.raises(SetupStoppedError, match=r"could not export .* the privilege prvExport"):
        take_out(one)
    other.world.settings["dataverse_denied_privileges"] = ["prvImportCustomization"]
    with pytest.raises(SetupStoppedError, match=r"could not import .* the privilege prvImport"):
        put_in(other, file)
    assert "cosell_audit" not in other.tables["opportunity"].columns


def test_a_part_that_says_more_than_it_holds_is_not_read() -> None:
    """A zip of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("solution.xml", b" " * 50_000_001)
        package.writestr("customizations.xml", b"<a/>")
    with pytest.raises(NoPackageError, match="too large"):
        read_package(out.getvalue())

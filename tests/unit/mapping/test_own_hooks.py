"""The user's hooks: pure functions of a referral's values, in force before anything is compared."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED, row
from cosell.core.errors import MappingError
from cosell.core.record import Side, Snapshot, Unmapped
from cosell.mapping import LEAD_MAPPING, load_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.mapping.transform import TableMapper

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
NAME = "referral_opportunity"
FIELDS = "fields:\n  own_region: {dataverse: new_region}\n"
REFERRAL = {"id": "r", "name": "Anna's deal", "customerProfile": {"name": "Contoso Ltd.", "address": {"country": "DE"}}}
REGION = """
    REGIONS = {"DE": "DACH", "AT": "DACH"}


    def before_write_opportunity(deal):
        return {"own_region": REGIONS[deal["customer_country"]]}
"""


def mapper(folder: Path, code: str, *, name: str = NAME) -> TableMapper:
    """Give a shipped mapping with these hooks over it."""
    (folder / f"{NAME}.yaml").write_text(FIELDS)
    (folder / "hooks.py").write_text(dedent(code).lstrip("\n"))
    return load_mapping(name, folders=[SHIPPED, folder]).mapper(limits={})


def read(at_work: TableMapper, payload: dict[str, object], side: Side = PC) -> Snapshot | Unmapped:
    """Map one row."""
    (found,) = at_work.snapshots(side, [row(payload, side)])
    return found


def test_a_hook_fills_a_field_of_the_referral(tmp_path: Path) -> None:
    """What it gives is the referral's own from then on; rows of the CRM are left alone."""
    at_work = mapper(tmp_path, REGION)
    found = read(at_work, REFERRAL)
    assert isinstance(found, Snapshot)
    assert found.values["own_region"] == "DACH"
    assert found.values["deal_name"] == "Anna's deal"
    assert at_work.wire(DV, {"own_region": "DACH"}, held={}) == {"new_region": "DACH"}
    there = read(at_work, {"opportunityid": "o", "name": "x"}, DV)
    assert isinstance(there, Snapshot)
    assert "own_region" not in there.values


def test_a_later_hook_sees_what_an_earlier_one_gave(tmp_path: Path) -> None:
    """resolve_account comes first; a field on which the referral is silent is None."""
    code = """
        def before_write_opportunity(deal):
            assert deal["customer_duns"] is None if "customer_duns" in deal else True
            return {"own_region": deal["customer_name"]}


        def resolve_account(deal):
            return {"customer_name": deal["customer_name"].removesuffix(" Ltd.")}
    """
    found = read(mapper(tmp_path, code), REFERRAL)
    assert isinstance(found, Snapshot)
    assert (found.values["customer_name"], found.values["own_region"]) == ("Contoso", "Contoso")


def test_reading_some_fields_sees_the_hooks_too(tmp_path: Path) -> None:
    """Whoever looks for the same deal by its name must look for the name that the CRM holds."""
    at_work = mapper(
        tmp_path, 'def before_write_opportunity(deal):\n    return {"deal_name": "MS " + deal["deal_name"]}\n'
    )
    assert at_work.read(PC, [row(REFERRAL)], names={"deal_name", "type"}) == [{"deal_name": "MS Anna's deal"}]


def test_each_table_has_its_own(tmp_path: Path) -> None:
    """before_write_lead is for leads, the others are for opportunities."""
    code = 'def before_write_lead(deal):\n    return {"customer_city": "from the hook"}\n'
    lead = read(mapper(tmp_path, code, name=LEAD_MAPPING), REFERRAL)
    deal = read(mapper(tmp_path, code), REFERRAL)
    assert isinstance(lead, Snapshot)
    assert isinstance(deal, Snapshot)
    assert lead.values["customer_city"] == "from the hook"
    assert deal.values.get("customer_city") is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{}[deal["deal_name"]]', "expected values from before_write_opportunity, found KeyError at {file}:2"),
        ("exit(0)", "expected values from before_write_opportunity, found SystemExit at {file}:2"),
        ("7", "expected a dict of fields, or None, from before_write_opportunity ({file}:1), found a number"),
        (
            '{"own_region": 7}',
            "expected a text (str) from before_write_opportunity ({file}:1) for own_region, found int",
        ),
        ('{"deal_value": 7}', "found deal_value"),
        ('{"flag": True}', "found flag"),
        ('{"notes": "more"}', "found notes"),
        ('{"status": "won"}', "found status"),
        ('{"audit": "mine"}', "found audit"),
    ],
)
def test_what_it_may_not_give_sets_the_record_aside(tmp_path: Path, body: str, reason: str) -> None:
    """By file and line, without a word of the record; no field that travels back, or that others decide on."""
    found = read(mapper(tmp_path, f"def before_write_opportunity(deal):\n    return {body}\n"), REFERRAL)
    assert isinstance(found, Unmapped)
    assert reason.format(file=tmp_path / "hooks.py") in found.reason.replace("{}", "")
    assert "Anna" not in found.reason


def test_one_bad_record_leaves_the_others(tmp_path: Path) -> None:
    """A hook that fails for one deal is no reason to hold the next."""
    austria = {**REFERRAL, "customerProfile": {"address": {"country": "FR"}}}
    wrong, right = mapper(tmp_path, REGION).snapshots(PC, [row(austria), row(REFERRAL)])
    assert isinstance(wrong, Unmapped)
    assert isinstance(right, Snapshot)


def test_a_hook_that_answers_twice_differently_stops_the_run(tmp_path: Path) -> None:
    """It would have every run write again."""
    code = """
        import itertools

        COUNT = itertools.count()


        def before_write_opportunity(deal):
            return {"own_region": str(next(COUNT))}
    """
    with pytest.raises(MappingError, match=r"hooks.py:6: .*gave two answers for one deal"):
        read(mapper(tmp_path, code), REFERRAL)


@pytest.mark.parametrize(
    ("code", "line", "problem"),
    [
        ("def before_write_oportunity(deal): ...\n", 1, "did you mean before_write_opportunity?"),
        ("def resolve_account(): ...\n", 1, "resolve_account: expected a plain function of one value, the deal"),
        ("async def resolve_account(deal): ...\n", 1, "expected a plain function of one value"),
        ("def _helper(): ...\n", None, "expected one of the hooks resolve_account, before_write_opportunity"),
        ("1 / 0\n", 1, "ZeroDivisionError when it was read"),
        ("import sys\nsys.exit(0)\n", 2, "SystemExit when it was read"),
    ],
)
def test_a_wrong_file_stops_the_run(tmp_path: Path, code: str, line: int | None, problem: str) -> None:
    """File, line, and what was meant."""
    with pytest.raises(MappingError) as caught:
        mapper(tmp_path, code)
    assert problem in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("raised", ["ValueError(PERSON)", "SystemExit(PERSON)", "KeyError(PERSON)"])
def test_what_a_file_raises_when_it_is_read_is_not_quoted(tmp_path: Path, raised: str) -> None:
    """Its kind, file and line, as when a hook is called: the words may quote a person, and a trace would tell them."""
    with pytest.raises(MappingError) as caught:
        mapper(tmp_path, f'PERSON = "ina@contoso.example"\nraise {raised}\n')
    assert str(caught.value) == f"{tmp_path}/hooks.py:2: {raised.split('(', maxsplit=1)[0]} when it was read"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_changed_hook_is_a_changed_mapping(tmp_path: Path) -> None:
    """It is named like a field, and no field's baseline is dropped for it."""
    before = mapper(tmp_path, REGION).fingerprints
    after = mapper(tmp_path, REGION.replace('"DE": "DACH"', '"DE": "Germany"')).fingerprints
    assert {name for name in before if before[name] != after[name]} == {"hook before_write_opportunity"}

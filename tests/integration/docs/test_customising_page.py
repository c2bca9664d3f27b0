"""The page's examples, taken as a reader would: every file loads, and the code does what the page says."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from cosell.core.record import Row, Side, Snapshot
from cosell.hooks.settings import Wishes
from cosell.mapping import LEAD_MAPPING, Mapping, load_mapping

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "customising.md").read_text()
BLOCKS = re.findall(r"^```(?:yaml|python)\n# (\S+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Give the shipped folder and, in the page's order, one for each example."""
    given = [ROOT / "include" / "mappings"]
    for number, (name, text) in enumerate(BLOCKS):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text(text)
        given.append(folder)
    return given


def in_force(folders: list[Path]) -> Mapping:
    """Give the mapping with all examples over it."""
    return load_mapping(folders=folders)


def test_every_example_holds(folders: list[Path]) -> None:
    """Together: lines, defaults, lookups, signs, converter and hooks."""
    assert len(BLOCKS) > 8
    mapping, leads = in_force(folders), load_mapping(LEAD_MAPPING, folders=folders)
    shape = mapping.shape()
    assert mapping.file.fields["deal_value"].dataverse == "budgetamount"
    assert shape.named["account.new_countryid"].match == "new_isocode"
    assert shape.sign_columns == {"duns": "new_duns", "alternate_key": "accountnumber"}
    assert shape.contact_defaults == {"jobtitle": "unknown"}
    assert mapping.defaults(DV)["account.customertypecode"] == 3
    assert leads.defaults(DV) == {"leadsourcecode": 8}
    assert [hook.name for hook in mapping.hooks] == ["resolve_account", "before_write_opportunity"]


def test_the_code_does_what_the_page_says(folders: list[Path]) -> None:
    """A referral as the hooks leave it, and as the CRM is told."""
    mapper = in_force(folders).mapper(limits={})
    customer = {"name": "Toys (Tailspin Group)", "address": {"country": "SE"}}
    payload = {"id": "r", "name": "Deal", "campaignId": "Enterprise", "customerProfile": customer}
    (read,) = mapper.snapshots(PC, [Row(PC, "r", "1", {**payload, "details": {"dealValue": Decimal(7)}})])
    assert isinstance(read, Snapshot)
    told = mapper.wire(DV, read.values, held={})
    assert (told["new_region"], told["new_segment"], told["budgetamount"]) == ("Nordics", 1, Decimal(7))
    assert (told["name"], told["account.name"]) == ("MS: Deal", "Toys")
    country = {"table": "new_country", "match": "new_isocode", "value": "SE", "field": "customer_country"}
    assert told["account.new_countryid"] == country


def test_the_settings_are_settings() -> None:
    """Words and types as the Variable takes them; the table names every sign."""
    (written,) = re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert Wishes(**json.loads(written)).to_accounts().on_none == "hold"
    signs = Wishes.model_json_schema()["properties"]["account_match"]["items"]["enum"]
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+\|$", PAGE, flags=re.MULTILINE)) >= set(signs)

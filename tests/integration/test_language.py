"""Sellers read Audit in their language; another language rewrites what they read, once, and is no edit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.mapping.phrases import load_phrases

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from tests.integration.joined import Joined

CZECH = "Odhadovaná hodnota -5 je menší než nula. Zadejte nulu nebo víc. [VALUE-2]"
ENGLISH = "The estimated value -5 is below zero. Enter zero or more. [VALUE-2]"


def speak(joined: Joined, language: str) -> None:
    """Change the setting, and let the time come at which what is held is looked at again."""
    joined.settings = replace(joined.settings, phrases=load_phrases(language))
    joined.later(86_400)


def run(joined: Joined) -> list[tuple[str, int]]:
    """Run once; give the system and the number of records of each request that wrote something."""
    joined.writes()
    joined.run()
    joined.later(60)
    return [(one["app"], one["rows_written"]) for one in joined.writes() if one["rows_written"]]


def test_another_language_is_no_edit(joined: Joined) -> None:
    """A refusal is said in the language of the setting; one that changes costs one write of the row, then is quiet."""
    referral = joined.referral()
    joined.run()
    row = joined.row_of(referral)["opportunityid"]
    joined.later(60)
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
    speak(joined, "cs")
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue="-5")
    run(joined)
    assert joined.row(row)["cosell_audit"].endswith(f": {CZECH}")
    speak(joined, "en")
    assert run(joined) == [("dataverse", 1)]
    assert joined.row(row)["cosell_audit"].endswith(f": {ENGLISH}")
    joined.later(86_400)
    assert run(joined) == []
    speak(joined, "cs")
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue="500")
    run(joined)
    assert joined.row(row)["cosell_audit"] == "V souladu s Partner Center."
    assert joined.shown(referral)["details"]["dealValue"] == 500

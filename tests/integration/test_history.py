"""What the history keeps of a refusal between both sandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path


def test_a_refusal_is_told_once(tmp_path: Path) -> None:
    """The seller's sentence stands in the history, also beside warnings, and is not said again as long as it holds."""
    joined = Joined(tmp_path)
    joined.opportunity(account=joined.account(name="Nowhere AB", address1_country=None))
    joined.run()
    joined.later(900)
    joined.run()
    refused = [entry for entry in joined.state.history() if entry.action == "refused"]
    assert [entry.field for entry in refused] == ["customer_country"]
    assert refused[0].detail == "The customer's account has no country. Enter the country on the account."

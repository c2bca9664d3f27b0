"""What the doctor asks of a CRM beside its tables: where the CRM has no such thing, that is no fault of it."""

from __future__ import annotations

import asyncio

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.survey import Survey, User
from cosell.adapters.transport import Answer, Request


class Bare:
    """A CRM that knows nothing but its tables."""

    place = "connection dataverse_default"

    async def send(self, request: Request) -> Answer:
        """Refuse every path as unknown."""
        error = f'{{"error": {{"code": "0x80060888", "message": "no segment {request.path}"}}}}'
        return Answer(404, {}, error.encode())


def test_what_a_crm_does_not_have_is_not_known() -> None:
    """Flows, bulk messages, privileges and currencies are told as not checked, not as drift."""
    survey = Survey(DataverseClient(Bare()))

    async def told() -> list[object]:
        user = User(id="3d1f0a52-0000-4222-8333-944444444401")
        return [
            await survey.flows(),
            await survey.bulk({"account"}),
            await survey.currencies(),
            await survey.rights(user, {"account"}),
        ]

    assert asyncio.run(told()) == [None, None, None, None]

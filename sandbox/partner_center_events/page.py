"""What has become of events: as JSON for programs, and as a page for people."""

from __future__ import annotations

import html
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.partner_center_events import outbox
from sandbox.partner_center_events.registration import registration_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.store import Document
    from sandbox.world import World

_SHOWN = 200
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="5">
<title>Deliveries</title>
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #1f2430 }}
table {{ border-collapse: collapse; margin-top: 1rem }}
th, td {{ text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #dde }}
td {{ font-variant-numeric: tabular-nums; white-space: nowrap }}
.delivered {{ color: #17703b }} .waiting {{ color: #8a5a00 }} .given-up, .dropped {{ color: #b3261e }}
</style>
</head>
<body>
<h1>Deliveries</h1>
<p>{summary}</p>
<table>
<thead><tr>{headings}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
_HEADINGS = ("time", "event", "referral", "outcome", "attempts", "last answer", "answered within", "after the change")


def deliveries(world: World, *, subject: str | None = None, limit: int = 100) -> Document:
    """Give how many wait, and the last deliveries, newest first: of one referral (or validation), or of all."""
    found = (one for one in _newest_first(world) if subject in {None, one["subject"]})
    chosen = [one for one, _ in zip(found, range(limit), strict=False)]
    return {"waiting": len(outbox.waiting(world)), "deliveries": chosen}


def page(world: World) -> str:
    """Give the page."""
    told = deliveries(world, limit=_SHOWN)
    registration = registration_of(world)
    address = registration["url"] if registration else "nobody: nothing is registered"
    summary = f"To {address}. Waiting: {told['waiting']}. The last {_SHOWN} at most, newest first."
    return _PAGE.format(
        summary=html.escape(summary),
        headings="".join(f"<th>{html.escape(name)}</th>" for name in _HEADINGS),
        rows="\n".join(_row(one) for one in told["deliveries"]),
    )


def _newest_first(world: World) -> Iterable[Document]:
    both = (outbox.waiting(world), outbox.settled(world))
    for key in sorted((key for table in both for key in table.keys()), reverse=True):  # noqa: SIM118 - a table is no dict
        one = outbox.waiting(world).get(key) or outbox.settled(world).get(key) or {}
        yield {"id": key, "outcome": outbox.WAITING, "settled": None, **one}


def _row(delivery: Document) -> str:
    last: dict[str, Any] = delivery["attempts"][-1] if delivery["attempts"] else {}
    outcome = delivery["outcome"]
    cells = (
        delivery["raised"][:19].replace("T", " "),
        delivery["event"],
        delivery["subject"],
        outcome,
        len(delivery["attempts"]) or "",
        f"{last.get('status') or ''} {last.get('said', '')}".strip(),
        f"{last['ms']} ms" if last else "",
        f"{_seconds(delivery):.2f} s" if outcome == outbox.DELIVERED else "",
    )
    style = f' class="{html.escape(outcome.replace(" ", "-"))}"'
    return (
        "<tr>"
        + "".join(
            f"<td{style if place == _HEADINGS.index('outcome') else ''}>{html.escape(str(cell))}</td>"
            for place, cell in enumerate(cells)
        )
        + "</tr>"
    )


def _seconds(delivery: Document) -> float:
    span = datetime.fromisoformat(delivery["settled"]) - datetime.fromisoformat(delivery["raised"])
    return span.total_seconds()

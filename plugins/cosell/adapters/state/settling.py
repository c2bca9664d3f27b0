"""Settlements: all that a step learned about its records, in one transaction and one order of locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.state import bindings, clocks, engagements, flights, halves, histories, unsettleds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cosell.core.record import Ref
    from cosell.sync.ports import Settlement, Unsettled


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Apply them all; tables and keys always in the same order, so that no two tasks wait for each other."""
    unbinds = [settlement.unbind for settlement in settlements if settlement.unbind is not None]
    if unbinds:
        bindings.unbind(connection, unbinds)
        halves.drop(connection, [binding.refs[1] for binding in unbinds])
    binds = [settlement.bind for settlement in settlements if settlement.bind is not None]
    if binds:
        bindings.bind(connection, binds)
    changes = [change for settlement in settlements for change in settlement.halves]
    if changes:
        halves.change(connection, changes)
    flights.clear(connection, (note for settlement in settlements for note in settlement.clear))
    unsettleds.change(connection, _last_words(settlements))
    engagements.write(connection, (each.engagement for each in settlements if each.engagement is not None))
    clocks.change(connection, {id_: running for each in settlements for id_, running in each.clocks.items()})
    histories.add(connection, [entry for settlement in settlements for entry in settlement.history])


def _last_words(settlements: Sequence[Settlement]) -> dict[Ref, Unsettled | None]:
    """Give per record what is left of it; within one settlement a record put in place outlives its removal."""
    left: dict[Ref, Unsettled | None] = {}
    for settlement in settlements:
        left.update(dict.fromkeys(settlement.settled))
        if settlement.unsettled is not None:
            left[settlement.unsettled.ref] = settlement.unsettled
    return left

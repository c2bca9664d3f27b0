"""Microsoft's part of a deal: when it is asked for, what it is told, and what its answers mean to a seller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.actions import FieldNote, Invite, Said
from cosell.core.conditions import contact_incomplete
from cosell.core.lifecycle import MICROSOFT, is_closed, is_unanswered
from cosell.core.reconcile import is_empty
from cosell.core.record import Side
from cosell.core.rules import breaches, verdicts
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.core.pair import Draft, Pair
    from cosell.core.record import Half, Snapshot, Value
    from cosell.core.terms import Terms

    Values = Mapping[str, Value]

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE

PREFIX: Final = "microsoft_"
"""What the names of all fields begin with that lie in Microsoft's own referral."""
SERVICES: Final = ("partner_role", "solution_area", "solution_play")
"""What Microsoft wants to know of a Services deal."""
SHARED: Final[Values] = {"type": "Shared", "visibility": True}
"""What a referral is created with on which help is asked."""
_TOLD = ("help_notes", *SERVICES)
_JUDGED = frozenset({"help", "consent", "customer_contacts", "solutions", *SERVICES})
_UNSAID = frozenset({"unknown", "none"})
_ANSWERS = {"declined": "HELP-4", "expired": "HELP-5"}
_OVER = frozenset({"won", "lost", "declined", "expired", "error"})


def has_part(referral: Values) -> bool:
    """Tell whether Microsoft's own referral is known to stand in the deal's engagement."""
    return not is_empty(referral.get(f"{PREFIX}referral"))


def knows_part(referral: Values) -> bool:
    """Tell whether Microsoft's part was ever looked at, be it that there is none."""
    return f"{PREFIX}referral" in referral


def may_have_part(referral: Values) -> bool:
    """Tell whether the referral itself says that somebody else takes part in the deal."""
    return referral.get("type") == SHARED["type"]


def is_watched(referral: Values) -> bool:
    """Tell whether an answer of Microsoft's may come: both sides' referrals stand and are open."""
    answer = str(referral.get(f"{PREFIX}status") or "").casefold()
    return has_part(referral) and not is_closed(referral) and answer not in _OVER


def asked_of_microsoft(referral: Values) -> str | None:
    """Give the kind of help that our side asked Microsoft for; None where none was, or it is not told."""
    asked = str(referral.get(f"{PREFIX}help") or "")
    if not has_part(referral) or _invited_us(referral) or asked.casefold() in _UNSAID:
        return None
    return asked or None


def recalled(half: Half | None, *, read: Values) -> dict[str, Value]:
    """Give what is remembered of Microsoft's part, where this reading did not look at it or lacks what once stood."""
    known = half.values if half is not None else {}
    # A referral does not go: a list that lacks it is late, or does not tell whose it is. Asking again would double it.
    stands = has_part(known) and not has_part(read)
    return {name: value for name, value in known.items() if name.startswith(PREFIX) and (stands or name not in read)}


def invite_with_creation(snapshot: Snapshot, terms: Terms) -> Invite | None:
    """Give the request that follows the creation of a deal on which help is asked; its rules are those of the deal."""
    return None if is_empty(snapshot.values.get("help")) else _invite({}, snapshot.values, terms)


def ask(pair: Pair, draft: Draft, terms: Terms) -> None:
    """Plan the request for help where a seller asked; say what was answered, or why nothing is sent. Last of all."""
    referral, row = pair.snapshots[PC].values, pair.snapshots[DV].values
    if has_part(referral):
        _compare(pair, draft)
    elif is_empty(row.get("help")) or is_closed(row):
        return
    elif is_closed(referral):
        draft.said.append(Said("CLOSED-1", say("CLOSED-1", field="help", side=PC), "help", final=True))
    elif is_unanswered(referral):
        draft.said.append(Said("WAIT-1", say("WAIT-1", field="help"), "help"))
        draft.reasons.add("wait")
    elif _passes(referral, row, draft=draft, terms=terms):
        draft.invite = _invite(referral, row, terms)
        _show(pair, draft, terms)


def _compare(pair: Pair, draft: Draft) -> None:
    """Hold what the seller chose against what was asked, which cannot be changed; say how Microsoft answered."""
    referral, row = pair.snapshots[PC].values, pair.snapshots[DV].values
    asked, chosen = asked_of_microsoft(referral), row.get("help")
    if is_closed(referral) or is_closed(row):
        return
    if _invited_us(referral) and not is_empty(chosen):
        draft.said.append(Said("HELP-3", say("HELP-3"), "help", final=True))
    elif asked and is_empty(chosen) and _never_chosen(pair):
        draft.updates[DV]["help"] = asked  # asked for in the portal: no baseline, since our referral has no such field
    elif asked and chosen != asked:
        draft.said.append(Said("HELP-2", say("HELP-2"), "help", final=True))
    draft.said.extend(_answer(referral))


def _answer(referral: Values) -> Iterator[Said]:
    code = _ANSWERS.get(str(referral.get(f"{PREFIX}status") or "").casefold())
    if code and not _invited_us(referral):
        yield Said(code, say(code), "help", final=True)


def _never_chosen(pair: Pair) -> bool:
    return DV not in pair.halves or is_empty(pair.halves[DV].values.get("help"))


def _invited_us(referral: Values) -> bool:
    return str(referral.get("invited_by") or "").casefold() == MICROSOFT


def _passes(referral: Values, row: Values, *, draft: Draft, terms: Terms) -> bool:
    """Ask the rules on what Microsoft would be told; give whether none refuses."""
    deal = {**row, **referral, **draft.updates[PC]}
    deal |= {name: row[name] for name in ("help", "consent", *SERVICES) if name in row}
    if contact_incomplete(deal, terms.now):
        deal["customer_contacts"] = row.get("customer_contacts")
    found = list(breaches(deal, now=terms.now, touched=_JUDGED, severities=terms.severities))
    draft.rules |= verdicts(found, touched=_JUDGED, severities=terms.severities)
    for breach in found:
        first = breach.rule.fields[0]
        if breach.severity == "warn":
            draft.notes.append(FieldNote("warned", first, detail=breach.sentence))
        else:
            draft.said.append(Said(breach.rule.id, breach.sentence, first))
            draft.reasons.add("refused")
    return all(breach.severity == "warn" for breach in found)


def _invite(referral: Values, row: Values, terms: Terms) -> Invite:
    """Give the request: what our referral says goes along by itself, so only what it lacks is told besides."""
    names = [*_TOLD]
    if referral and contact_incomplete({**referral, "help": row["help"]}, terms.now):
        names.append("customer_contacts")
    told = {name: terms.fit(PC, name, row[name]) for name in names if not is_empty(row.get(name))}
    return Invite(str(row["help"]), told)


def _show(pair: Pair, draft: Draft, terms: Terms) -> None:
    """Make the deal visible on both sides, which a request for help does by itself and nothing takes back."""
    for side in Side if "visibility" in terms.fields else ():
        if pair.snapshots[side].values.get("visibility") is not True:
            there = pair.snapshots[side.other].values.get("visibility")
            draft.put(side, "visibility", value=True, sent_from=there)

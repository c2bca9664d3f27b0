"""What a seller reads when a value does not travel: one sentence per cause (docs/troubleshooting.md explains each)."""

from __future__ import annotations

from cosell.core.record import Side

SIDE_NAMES = {Side.PARTNER_CENTER: "Partner Center", Side.DATAVERSE: "the CRM"}

SENTENCES: dict[str, str] = {
    "CONFLICT-1": "{field}: changed in Partner Center and in the CRM since both last agreed. Set it the same on both.",
    "CUT-1": "{field}: {longer} holds more than {shorter} can, so this change is not carried. Change it in {longer}.",
    "NOTES-1": "{field}: text was removed or rewritten in {side}. Only added text is carried: {other} keeps its own. "
    "Change it there too, if both should be the same.",
    "NOTES-2": "{field}: {side} has no room for the text that was added in {other}. Shorten it in {side}.",
    "TEAM-5": "{field}: {side} cannot hold everybody who joined in {other}. They stay there. There is nothing to do.",
    "SOLUTION-3": "A solution on this deal is offered no more: {detail}. Everything is carried all the same. Choose "
    "another one where that is right.",
    "FINAL-1": "{field}: carried to {side} only when the deal is created there. This change stays in {other}. If it "
    "can be changed in {side}, do that by hand.",
    "CLOSED-1": "The deal is closed in {side}, so the change of {field} is not carried. There is nothing to do.",
    "WAIT-1": "The referral is not answered yet; the change of {field} is carried when it has been accepted. Accept "
    "or decline it.",
    "ANSWER-1": "The deal was closed without a reason and reopened, which does not accept the referral. To decline it, "
    "close it with a reason. To accept it, set it On Hold, wait until this text is gone, then set it to In Progress.",
    "STATE-1": "The deal is {detail} in Partner Center and not so in the CRM, and which is right cannot be told. "
    "Set one of them as it should be.",
    "CLOSED-2": "The deal was closed differently: as {detail} in Partner Center, where that is final. Close the "
    "opportunity the same way, if that is right.",
    "REOPENED-1": "The opportunity was reopened. In Partner Center the deal stays closed as {detail}; nothing more is "
    "carried. Close it again, or go on with a new deal.",
    "EXPIRED-1": "Nobody answered in time, so the referral has expired in Partner Center. The opportunity stays open; "
    "nothing more is carried. Go on without it, or close the opportunity.",
    "ERROR-1": "The referral was closed as an error in Partner Center. The opportunity stays open; nothing more is "
    "carried. Go on without it, or close the opportunity.",
    "UNKNOWN-1": "The state of the deal in {side} is none that is known here, so nothing follows from it. Choose "
    "another one, or tell your operator: {detail}",
    "VISIBLE-1": "Microsoft may see this deal already, which cannot be taken back. It was set to visible again. There "
    "is nothing to do.",
    "STATUS-2": "The opportunity was closed before it was shared; it is not carried. Reopen it, if it is to be shared.",
    "HELP-2": "Microsoft has been asked for help with this deal. The request cannot be changed or taken back. Set it "
    "back to what was asked.",
    "HELP-3": "Microsoft itself brought this deal, so no help is asked for. Clear the kind of help.",
    "HELP-4": "Microsoft declined the request for help, which cannot be sent again. The deal goes on without it. "
    "There is nothing to do.",
    "HELP-5": "Microsoft did not answer the request for help in time. The deal goes on without it. There is nothing "
    "to do.",
    "PAUSED-1": "Sync with Partner Center is set to No: nothing is carried in either direction until it is Yes again.",
    "SIDE-1": "Nothing is written to {side} for the time being: your operator has paused it. There is nothing to do; "
    "what is changed in {other} is carried when the pause ends.",
    "ENV-1": "This environment may not write this deal in Partner Center, so what is changed here stays here. There "
    "is nothing to do.",
    "ENV-2": "The name begins with the label of another environment, {detail}. Give the opportunity another name.",
    "ORPHAN-1": "This deal is gone from {side}. Nothing was deleted in {other}; changes made there stay there. If "
    "that is a mistake, tell your operator.",
    "SCOPE-1": "This deal is hidden from the account that the sync uses in {side}; changes made in {other} stay "
    "there. Tell your operator.",
    "NAME-2": "The referral has no deal name, so no opportunity can be made of it. Enter one in Partner Center.",
    "CUSTOMER-2": "The referral has no customer name, so no opportunity can be made of it. Enter one in Partner "
    "Center.",
    "QUALIFIED-1": "The lead is qualified; the referral waits for the opportunity that comes of it. Make one of the "
    "lead, if there is none.",
    "LEAD-2": "The deal was won in Partner Center. Qualify the lead, so that it goes on as an opportunity.",
    "LEAD-1": "This opportunity comes of a lead that is shared already. It takes over that referral once the lead "
    "is qualified.",
    "BOUND-1": "The CRM id of this referral names an opportunity that belongs to another referral. Close one of the "
    "two referrals.",
    "BOUND-2": "The referral identifier of this opportunity belongs to another opportunity. Clear it on the copy.",
    "BOUND-3": "The referral identifier of this opportunity names a referral that cannot be its own ({detail}). Enter "
    "the right one, or clear it.",
    "ALIKE-1": "This referral may be the same deal as an opportunity of the CRM: {detail}. If it is, enter the "
    "referral's id there as referral identifier; if not, give that opportunity another name.",
    "ALIKE-2": "This opportunity may be the same deal as a referral of Partner Center: {detail}. If it is, enter that "
    "id as referral identifier; if not, give the opportunity another name.",
    "TWICE-1": "Another referral of ours is open in the same engagement: {detail}. Close one in Partner Center.",
    "OWN-1": "{field}: kept by the sync alone, so the change made by hand in {side} was put back. There is nothing to "
    "do.",
    "HOLD-1": "A person must decide: {detail}",
    "REJECTED-1": "{side} refused this. Correct what it says, or tell your operator: {detail}",
    "UNANSWERED-1": "The referral waits for your answer: accept or decline it, here or in Partner Center. "
    "Edits are carried after it has been accepted.",
    "SYNCED-1": "In step with Partner Center.",
    "UNMAPPED-1": "The record cannot be read. Correct the value, or tell your operator: {detail}",
}


STATE_WORDS = {
    "new": "unanswered",
    "open": "accepted",
    "error": "an error",
}
"""States that a seller knows by another word."""


def state_in_words(state: object) -> str:
    """Give a state as a seller reads it."""
    return STATE_WORDS.get(str(state), str(state).removeprefix("other:"))


def label(field: str) -> str:
    """Give a field's name as a seller reads it."""
    return field.replace("_", " ").capitalize()


def say(code: str, *, field: str = "", side: Side | None = None, detail: str = "") -> str:
    """Give the sentence of that id with the deal's own words in it."""
    words = {"field": label(field), "detail": detail}
    if side is not None:
        here, there = SIDE_NAMES[side], SIDE_NAMES[side.other]
        words |= {"side": here, "other": there, "longer": here, "shorter": there}
    sentence = SENTENCES[code].format_map(words)
    return sentence[:1].upper() + sentence[1:]

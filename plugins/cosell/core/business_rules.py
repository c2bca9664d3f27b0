"""The business rules of co-selling (BR-01 to BR-46), and how each is held here: by a sentence, by construction, or not.

A rule that people can break has ids of rules or sentences: what a seller reads when it is broken. A rule that only the
software could break has a law: what it does so that it never is. What software cannot hold says why.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """One rule of the business; exactly one of `told`, `law` and `why_not` is filled, a law may stand beside `told`."""

    id: str
    text: str
    told: tuple[str, ...] = ()
    """Ids in RULES and SENTENCES."""
    law: str = ""
    why_not: str = ""

    @property
    def binds(self) -> bool:
        """Tell whether the software holds the rule."""
        return not self.why_not


_REGISTRATION = "Deals are registered by people in Partner Center, with the contract at hand; this is not carried."

BUSINESS_RULES: tuple[BusinessRule, ...] = (
    # ---- kinds of deals, and who sees them
    BusinessRule(
        "BR-01",
        "A private deal is seen by nobody at Microsoft, and may be shown as long as it is open.",
        told=("CLOSED-1",),
        law="A deal is created as the CRM shows it, unseen unless a seller chose otherwise.",
    ),
    BusinessRule("BR-02", "A partner-led deal is visible, and so names a solution.", told=("SOLUTION-1",)),
    BusinessRule(
        "BR-03",
        "A co-sell deal asks Microsoft for a kind of help that it knows, on a deal with a contact.",
        told=("HELP-1", "CONTACT-1"),
    ),
    BusinessRule(
        "BR-04",
        "Other partners' part of a deal is theirs.",
        law="Referrals of other organisations are read past: skipped, counted, never written.",
    ),
    BusinessRule(
        "BR-05",
        "A solution assessment has stages and a solution of its own.",
        why_not="A referral does not say that it is a solution assessment.",
    ),
    BusinessRule(
        "BR-06",
        "A deal goes from private to partner-led to co-sell and never back.",
        told=("VISIBLE-1", "HELP-2"),
    ),
    BusinessRule("BR-07", "Contact data is shared with the customer's consent only.", told=("CONSENT-1",)),
    # ---- life
    BusinessRule(
        "BR-08",
        "Only some states follow one another, and a substatus belongs to its status.",
        told=("STATE-1", "UNKNOWN-1"),
        law="Status and substatus are written in one patch, from a table of the legal steps.",
    ),
    BusinessRule(
        "BR-09",
        "What is closed is final.",
        told=("CLOSED-1", "CLOSED-2", "REOPENED-1"),
    ),
    BusinessRule(
        "BR-10",
        "An unanswered referral takes an answer and what goes with it, nothing else.",
        told=("WAIT-1",),
    ),
    BusinessRule(
        "BR-11", "An accepted deal takes edits of some fields; the others are given at creation.", told=("FINAL-1",)
    ),
    BusinessRule(
        "BR-12", "The location is fixed at creation.", law="No patch holds the location: its path is not on the list."
    ),
    BusinessRule(
        "BR-13",
        "Microsoft's referral is read, never written.",
        told=("OWN-1",),
        law="No patch holds a member of Microsoft's referral, and its fields are written in the CRM only.",
    ),
    BusinessRule(
        "BR-14",
        "Nothing that is written can be undone.",
        law="A run that would change more than a share of the pairs stops before it writes; a dry run shows all of it.",
    ),
    BusinessRule("BR-15", "Nothing is deleted, and a deletion means nothing to the other side.", told=("ORPHAN-1",)),
    # ---- clocks
    BusinessRule(
        "BR-16",
        "An unanswered referral expires after fourteen days.",
        told=("EXPIRED-1",),
        law="The end stands on the record, and the days left in the run's report.",
    ),
    BusinessRule("BR-17", "A request for help expires after fourteen days.", told=("HELP-5",)),
    BusinessRule(
        "BR-18",
        "A lead whose customer asked to be called is urgent after 72 hours.",
        law="The call has a clock of its own, on the record and in the run's report.",
    ),
    BusinessRule("BR-19", "A deal to be registered is not won within 72 hours of its creation.", told=("WIN-1",)),
    BusinessRule(
        "BR-20",
        "Dates are UTC, and a close date is a day.",
        law="A close date is sent at a fixed UTC time and compared by its day.",
    ),
    BusinessRule("BR-21", "A close date lies ahead.", told=("CLOSE-DATE-2",)),
    BusinessRule("BR-22", "Analytics lag behind by a day.", why_not="Nothing here reads the portal's analytics."),
    # ---- what a deal needs
    BusinessRule(
        "BR-23",
        "A deal has name, location, value, currency and close date.",
        told=("NAME-1", "NAME-2", "VALUE-1", "VALUE-2", "CURRENCY-1", "CURRENCY-2", "CLOSE-DATE-1"),
        law="The location is a setting of the connection.",
    ),
    BusinessRule(
        "BR-24",
        "A customer has name, street, city and a two-letter country.",
        told=("CUSTOMER-1", "CUSTOMER-2", "ADDRESS-1", "ADDRESS-2", "COUNTRY-1", "COUNTRY-2"),
    ),
    BusinessRule("BR-25", "A deal has one solution to fifty.", told=("SOLUTION-1", "SOLUTION-2")),
    BusinessRule(
        "BR-26",
        "A deal has one team member to fifty, each with name, phone and e-mail.",
        told=("TEAM-1", "TEAM-2", "TEAM-3", "TEAM-4"),
    ),
    BusinessRule("BR-27", "Who asks for help names a whole customer contact.", told=("CONTACT-1",)),
    BusinessRule("BR-28", "The customer's consent is given.", told=("CONSENT-1",)),
    BusinessRule("BR-29", "The marketplace purchase intent is said.", told=("INTENT-1",)),
    BusinessRule(
        "BR-30",
        "A Services deal on which help is asked names role, area and play of the current lists.",
        told=("SERVICES-1", "SERVICES-2", "SERVICES-3", "SERVICES-4"),
    ),
    BusinessRule("BR-31", "A declined or lost deal has a reason.", told=("REASON-1",)),
    BusinessRule(
        "BR-32",
        "A legal name and a D-U-N-S number speed up Microsoft's matching.",
        why_not="An advice: which name is the legal one cannot be told from here.",
    ),
    # ---- winning and registration
    BusinessRule("BR-33", "Only some won deals may be registered.", why_not=_REGISTRATION),
    BusinessRule("BR-34", "A registered deal's contract names partner and solution.", why_not=_REGISTRATION),
    BusinessRule("BR-35", "A registration holds the contract's data.", why_not=_REGISTRATION),
    BusinessRule("BR-36", "A registration has states of its own.", why_not=_REGISTRATION),
    BusinessRule("BR-37", "Two programmes make two registrations.", why_not=_REGISTRATION),
    BusinessRule("BR-38", "Registration still counts for consumption.", why_not=_REGISTRATION),
    BusinessRule(
        "BR-39",
        "Microsoft watches how fast and how well invitations are answered.",
        why_not="Whether a deal fits is the seller's to judge; the days left to answer are shown.",
    ),
    # ---- access and delivery
    BusinessRule("BR-40", "Absence is not deletion: the account may see a part only.", told=("SCOPE-1",)),
    BusinessRule(
        "BR-41",
        "Partner Center wants the token of a person who signed in with MFA.",
        law="A token without MFA stops the run and says who must sign in again.",
    ),
    BusinessRule(
        "BR-42",
        "Lists are filtered, ordered and paged.",
        law="Windows are asked for by filter; a refused filter is remembered, and the list is cut here.",
    ),
    BusinessRule(
        "BR-43",
        "Edits are JSON Patch with replace and add.",
        law="A patch names listed paths only, carries the etag, and takes the answer for what is there.",
    ),
    BusinessRule(
        "BR-44",
        "Webhook events are signed, and tried ten times.",
        law="An event whose signature is not Microsoft's is not landed; one that is missed is found by asking.",
    ),
    BusinessRule(
        "BR-45",
        "An event goes to one address per tenant.",
        law="Another's address is replaced only if a person says so, and kept to be put back; ours is looked after.",
    ),
    BusinessRule(
        "BR-46",
        "Support asks for the correlation id.",
        law="Every request carries one, and the log keeps the service's own beside it.",
    ),
)

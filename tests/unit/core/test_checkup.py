"""What the doctor concludes: each verdict by what was seen, with a fix wherever something is to be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cosell.core.checkup import crm, doors, house, sight
from cosell.core.checkup.finding import Finding, Verdict, is_content, listed, unchecked
from cosell.core.registration import Known, Registration

HERE = "https://org.example"
REACHED = doors.Reached(address=HERE, status=401)
CLAIMS = doors.Claims(audience=HERE, expires=datetime(2026, 11, 23, 12, tzinfo=UTC))
SIGHT = sight.Sight(
    ours=6,
    others=1,
    more=False,
    newest=datetime(2026, 11, 20, tzinfo=UTC),
    partner_ids=frozenset({"1234567"}),
    with_account=2,
    solutions=frozenset({"SOL-1"}),
    foreign_solutions=frozenset({"SOL-9"}),
    currencies=frozenset({"EUR"}),
)
NAMES = {"opportunity": {"Read": "prvReadOpportunity", "Write": "prvWriteOpportunity"}}
RIGHTS = crm.Rights(held={"prvreadopportunity": "Global", "prvwriteopportunity": "Global"}, names=NAMES)
NEEDED = {"opportunity": ("Read", "Write")}
STANDING = Registration(url="https://hook.example/x?key=hidden", events=("referral-created",))
OURS = Known(shown="https://hook.example/x", fingerprint=STANDING.fingerprint, names=STANDING.names)


def skewed(seconds: float) -> doors.Reached:
    """Give an answer of a service whose clock is ahead of ours."""
    return replace(REACHED, skew=timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("finding", "verdict", "words"),
    [
        (doors.sign_in_service(replace(REACHED, status=200), conn_id="c"), Verdict.OK, "answers"),
        (doors.sign_in_service(replace(REACHED, status=400), conn_id="c"), Verdict.WRONG, "no such tenant"),
        (doors.sign_in_service(replace(REACHED, status=503), conn_id="c"), Verdict.WRONG, "answers 503"),
        (doors.service(REACHED, conn_id="c"), Verdict.OK, "asks for a sign-in"),
        (doors.service(replace(REACHED, status=404), conn_id="c"), Verdict.WRONG, "another address"),
        (
            doors.service(replace(REACHED, status=None, problem="no such host"), conn_id="c"),
            Verdict.WRONG,
            "no such host",
        ),
        (doors.clocks([REACHED]), Verdict.NOT_CHECKED, "no service tells"),
        (doors.clocks([skewed(1), skewed(-2)]), Verdict.OK, "differ by 2 s"),
        (doors.clocks([skewed(1), skewed(90)]), Verdict.WARNING, "90 s behind"),
        (doors.clocks([skewed(-301)]), Verdict.WRONG, "301 s ahead of"),
        (doors.token(CLAIMS, base_url=HERE, conn_id="c"), Verdict.OK, "until 2026-11-23 12:00 UTC"),
        (doors.token(None, base_url=HERE, conn_id="c"), Verdict.OK, "does not tell"),
        (doors.token(replace(CLAIMS, audience="a-guid"), base_url=HERE, conn_id="c"), Verdict.OK, "a-guid"),
        (doors.token(CLAIMS, base_url="https://other.example", conn_id="c"), Verdict.WARNING, "leads to https://other"),
        (
            doors.token(CLAIMS, base_url="https://org.api.example", conn_id="c", twins=frozenset({"org.example"})),
            Verdict.OK,
            HERE,
        ),
        (sight.role(SIGHT), Verdict.OK, "6 referrals, the newest of 2026-11-20"),
        (sight.role(replace(SIGHT, more=True)), Verdict.OK, "6 or more"),
        (sight.role(replace(SIGHT, ours=0, newest=None)), Verdict.WARNING, "no referral is visible"),
        (sight.role(replace(SIGHT, with_account=6)), Verdict.WARNING, "as a Referrals user would see"),
        (sight.role(replace(SIGHT, ours=4, with_account=4)), Verdict.OK, "4 referrals"),
        (sight.refused("no"), Verdict.WRONG, "no"),
        (sight.partner_id(SIGHT, configured="1234567", organization_id=None), Verdict.OK, "1234567"),
        (sight.partner_id(SIGHT, configured="7", organization_id=None), Verdict.WRONG, "says 7, the referrals say 123"),
        (sight.partner_id(SIGHT, configured="7", organization_id="o"), Verdict.WARNING, "says 7"),
        (sight.partner_id(SIGHT, configured=None, organization_id="o"), Verdict.OK, "organisation's id o"),
        (sight.partner_id(SIGHT, configured=None, organization_id=None), Verdict.WRONG, "neither partner_id nor"),
        (
            sight.partner_id(replace(SIGHT, partner_ids=frozenset()), configured="7", organization_id=None),
            Verdict.NOT_CHECKED,
            "no referral",
        ),
        (sight.solutions(SIGHT, offered={"SOL-1", "SOL-2"}), Verdict.OK, "can pick 2, of which 1"),
        (sight.solutions(SIGHT, offered={"SOL-9"}), Verdict.WARNING, "SOL-9 is offered"),
        (sight.solutions(SIGHT, offered=set()), Verdict.WARNING, "can pick no solution"),
        (sight.currencies(SIGHT, active={"EUR", "USD"}), Verdict.OK, "EUR, USD"),
        (sight.currencies(SIGHT, active={"USD"}), Verdict.WARNING, "deals in EUR"),
        (crm.user(crm.User(id="u"), client_id="A"), Verdict.OK, "user u"),
        (crm.user(crm.User(id="u", client_id="a"), client_id="A"), Verdict.OK, "user u"),
        (crm.user(crm.User(id="u", enabled=False), client_id="A"), Verdict.WRONG, "disabled"),
        (crm.user(crm.User(id="u", client_id="b"), client_id="A"), Verdict.WARNING, "application b"),
        (crm.stranger("not a member"), Verdict.WRONG, "not a member"),
        (crm.rights(RIGHTS, needed=NEEDED), Verdict.OK, "all 2 privileges"),
        (
            crm.rights(replace(RIGHTS, held={"prvreadopportunity": "Global"}), needed=NEEDED),
            Verdict.WRONG,
            "lacks prvWriteOpportunity",
        ),
        (
            crm.rights(replace(RIGHTS, held=RIGHTS.held | {"prvreadopportunity": "Local"}), needed=NEEDED),
            Verdict.WARNING,
            "prvReadOpportunity (Local)",
        ),
        (
            crm.rights(
                crm.Rights(held={}, names={"connection": {"Read": "prvReadConnection"}}),
                needed={"connection": ("Read",)},
            ),
            Verdict.WARNING,
            "sales team and stakeholders",
        ),
        (crm.rights(crm.Rights(held={}, names={}), needed=NEEDED), Verdict.OK, "privileges"),
        (crm.bulk({"a"}, tables={"a"}), Verdict.OK, "many rows at once: a"),
        (crm.bulk(set(), tables={"a"}), Verdict.OK, "no table; one by one: a"),
        (crm.flows([]), Verdict.OK, "no flow"),
        (crm.flows(["Invoices"]), Verdict.OK, "no flow"),
        (crm.flows(["Partner Center to Dynamics 365 (Insider Preview)"]), Verdict.WRONG, "Microsoft's own connector"),
        (crm.flows(["Tell me of co-sell deals"]), Verdict.WARNING, "speak of co-sell"),
        (crm.missing([], what="keys"), Verdict.OK, "all keys"),
        (crm.missing(["create x"], what="keys"), Verdict.WRONG, "to do: create x"),
        (crm.missing(["create x"], what="keys", harmless=["create x"]), Verdict.WARNING, "create x"),
        (crm.missing(["create x", "lengthen y"], what="keys", harmless=["lengthen y"]), Verdict.WRONG, "create x"),
        (crm.form([]), Verdict.OK, "on the form"),
        (crm.form(["put a on the form"]), Verdict.WARNING, "put a"),
        (crm.mapping([], about_leads=[]), Verdict.OK, "fits"),
        (crm.mapping(["a", "b"], about_leads=["c"]), Verdict.WRONG, "a\nb"),
        (crm.mapping([], about_leads=["c"]), Verdict.WARNING, "leads are left out"),
        (crm.mapping([], about_leads=["c"], by_setup=["c"]), Verdict.WARNING, "leads are left out"),
        (crm.filled({}), Verdict.OK, "filled"),
        (crm.filled({"x on table y": "ApplicationRequired"}), Verdict.WARNING, "x on table y"),
        (crm.filled({"a": "ApplicationRequired", "b": "SystemRequired"}), Verdict.WRONG, "without b"),
        (crm.untold("flows"), Verdict.NOT_CHECKED, "flows"),
        (house.start("now", has_run=False), Verdict.OK, "now"),
        (house.start("2026-01-31T00:00:00Z", has_run=False), Verdict.OK, "2026-01-31"),
        (house.start("yesterday", has_run=False), Verdict.WRONG, "'yesterday', which is no time"),
        (house.start(None, has_run=True), Verdict.OK, "goes on"),
        (house.start(None, has_run=False), Verdict.WRONG, "cosell_start"),
        (house.neighbours([], may="read_only"), Verdict.OK, "it may do: read only"),
        (house.neighbours(["a and b"], may="everything"), Verdict.WRONG, "a and b"),
        (house.storage(None, place="here", setting="S"), Verdict.OK, "here"),
        (house.storage("PermissionError", place="here", setting="S"), Verdict.WRONG, "here: PermissionError"),
        (house.webhook(STANDING, ours=OURS), Verdict.OK, "https://hook.example/x?..."),
        (house.webhook(STANDING, ours=None), Verdict.WARNING, "did not register"),
        (house.webhook(None, ours=OURS), Verdict.WARNING, "no address"),
        (house.webhook(STANDING, ours=replace(OURS, fingerprint="other")), Verdict.WARNING, "somebody has them"),
        (house.receiver(replace(REACHED, status=405)), Verdict.OK, "answers"),
        (house.receiver(replace(REACHED, status=404)), Verdict.WARNING, "answers 404"),
        (house.receiver(replace(REACHED, status=None, problem="no connection")), Verdict.WARNING, "no connection"),
    ],
)
def test_what_is_concluded(finding: Finding, verdict: Verdict, words: str) -> None:
    """The verdict, what was seen in words, and a fix exactly where something is to be done."""
    assert (finding.verdict, words in finding.seen) == (verdict, True), finding
    assert bool(finding.fix) == (verdict in {Verdict.WARNING, Verdict.WRONG})
    assert "hidden" not in finding.seen


def test_a_warning_leaves_the_doctor_content() -> None:
    """So does what could not be checked; one thing that is wrong does not."""
    mild = [crm.flows(["co-sell news"]), unchecked("because")]
    assert is_content(mild)
    assert not is_content([*mild, sight.refused("no")])


def test_many_names_are_not_all_shown() -> None:
    """A line stays a line."""
    assert listed([f"{number:02}" for number in range(14)]).endswith("10, 11 and 2 more")


def test_a_finding_is_told_in_the_words_of_its_environment() -> None:
    """Its own names, and commands with its option."""
    finding = house.start(None, has_run=False)
    assert "set cosell_start_test now" in finding.of(option=" --env test", suffix="_test").fix
    assert "set cosell_start now" in finding.of(option="", suffix="").fix
    lacking = crm.missing(["create x"], what="keys").of(option=" --env test", suffix="_test")
    assert lacking.fix == "Run airflow cosell setup --env test, or the DAG cosell_setup_test."


@pytest.mark.parametrize(
    ("by_setup", "setup", "correct"),
    [((), False, True), (("a",), True, True), (("a", "b"), True, False)],
)
def test_a_mapping_is_not_corrected_for_what_setup_makes(
    by_setup: tuple[str, ...], *, setup: bool, correct: bool
) -> None:
    """Each way out is told where something needs it."""
    fix = crm.mapping(["a", "b"], about_leads=[], by_setup=by_setup).fix
    assert ("airflow cosell setup" in fix, "Correct the line" in fix) == (setup, correct)

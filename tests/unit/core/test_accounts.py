"""Which account a customer is: the first sign that fits decides, several are a doubt, a repeat tells the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.accounts import AccountPolicy, Customer, Doubt, choose, domains_of, spellings, told_by

if TYPE_CHECKING:
    from collections.abc import Collection

    from cosell.core.accounts import Sign

ALL: tuple[Sign, ...] = ("duns", "alternate_key", "email_domain", "name_and_postal_code")


def chosen(customer: Customer, policy: AccountPolicy, **accounts: Customer) -> str | Doubt | None:
    """Choose among accounts by name."""

    def standing(sign: Sign, value: str) -> Collection[tuple[str, Customer]]:
        return [(key, account) for key, account in accounts.items() if value in account.values(sign)]

    return choose(customer, policy, standing=standing)


def test_the_first_sign_that_fits_decides() -> None:
    """A later one is not asked, even where it would fit another, or several."""
    customer = Customer.of("Acme", postal_code="1", duns="7", key="K", domains=frozenset({"acme.example"}))
    by_duns, by_key = Customer.of("Other", duns="7"), Customer.of("Else", key="k")
    by_name = Customer.of("ACME", postal_code="1")
    assert chosen(customer, AccountPolicy(ALL), a=by_name, b=by_key, c=by_duns, d=by_name) == "c"
    assert chosen(customer, AccountPolicy(ALL), a=by_name, b=by_key) == "b"
    assert chosen(customer, AccountPolicy(ALL), a=by_name) == "a"
    assert chosen(customer, AccountPolicy(ALL)) is None


def test_what_a_customer_is_silent_on_tells_nothing() -> None:
    """Two without a number are not the same."""
    assert chosen(Customer.of("A"), AccountPolicy(("duns",)), a=Customer.of("B")) is None
    assert chosen(Customer.of(None), AccountPolicy(ALL), a=Customer.of("")) is None


@pytest.mark.parametrize("sign", ALL)
def test_several_are_a_doubt(sign: Sign) -> None:
    """By whichever sign; nothing is guessed by the next one."""
    customer = Customer.of("Acme", postal_code="1", duns="7", key="K", domains=frozenset({"acme.example"}))
    first, other = (Customer.of("Acme", postal_code="1", duns="7", key="K", domains=customer.domains) for _ in "ab")
    assert chosen(customer, AccountPolicy((sign, "name_and_postal_code")), a=first, b=other) == Doubt(sign, 2)


def test_none_may_be_a_doubt() -> None:
    """Where the policy creates no account."""
    policy = AccountPolicy(ALL, on_none="hold")
    assert chosen(Customer.of("Acme"), policy, a=Customer.of("Other")) == Doubt(None)
    assert chosen(Customer.of("Acme"), policy, a=Customer.of("acme")) == "a"


def test_the_key_of_a_new_account_is_told_by_the_first_sign_it_shows() -> None:
    """Whoever creates it again, in whatever spelling of the rest, chooses the same; another sign, another key."""
    policy = AccountPolicy(("duns", "email_domain", "name_and_postal_code"))
    one = told_by(Customer.of("Acme", postal_code="1", duns="15-048-3782"), policy)
    assert one == told_by(Customer.of("Acme Inc.", duns="150483782"), policy)
    assert told_by(Customer.of("Acme", domains=frozenset({"b.example", "a.example"})), policy)[1] == "a.example"
    assert told_by(Customer.of("Acme", postal_code="1"), policy) == told_by(
        Customer.of("ACME", postal_code=" 1 "), AccountPolicy()
    )
    assert told_by(Customer.of("duns", postal_code="7"), policy) != told_by(Customer.of("", duns="7"), policy)


@pytest.mark.parametrize(
    ("emails", "website", "domains"),
    [
        (["Ina@Acme.example"], None, {"acme.example"}),
        ([None, ""], "https://www.Acme.example/about?x=1", {"acme.example"}),
        ([], "www.acme.example", {"acme.example"}),
        ([], "acme.example/about", {"acme.example"}),
        (["ina@gmail.com", "no address"], "no website", set()),
        (["ina@mail.acme.example"], "http://acme.example:8080", {"mail.acme.example", "acme.example"}),
    ],
)
def test_domains_are_read_from_addresses_and_websites(
    emails: list[str | None], website: str | None, domains: set[str]
) -> None:
    """Of a mailer at which anybody has an address, none."""
    assert domains_of(emails=emails, website=website) == domains


def test_a_duns_number_is_asked_for_in_both_spellings() -> None:
    """The CRM compares what is written there."""
    assert spellings("duns", "150483782") == {"150483782", "15-048-3782"}
    assert spellings("duns", "D1") == {"D1"}
    assert spellings("alternate_key", "150483782") == {"150483782"}

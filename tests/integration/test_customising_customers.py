"""Another CRM's customers and required columns: told, found, filled and carried by the user's own files alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.accounts import AccountPolicy
from cosell.core.errors import ConfigurationError
from cosell.core.record import Ref, Side

from sandbox.dataverse import crm
from sandbox.dataverse.making import make_column, make_table
from sandbox.dataverse.relating import make_relationship
from sandbox.partner_center import portal
from tests.integration.customised import Installed, quiet

if TYPE_CHECKING:
    from tests.integration.joined import Joined

PC = Side.PARTNER_CENTER
NAMESPACE = "Microsoft.Dynamics.CRM."
ADDRESS = {"country": "DE", "city": "Bonn", "postalCode": "53111"}


def customer(name: str = "Tailspin GmbH", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a referral
    """Give the customer of a referral."""
    return {"name": name, "address": ADDRESS, **members}


def said(joined: Joined, referral: str) -> str:
    """Give what keeps a referral from being carried."""
    return " ".join(each.sentence for each in joined.state.unsettled([Ref(PC, referral)])[Ref(PC, referral)].remarks)


# ---------------------------------------------------------------- required columns


def require(joined: Joined, **columns: list[str]) -> None:
    """Let the CRM refuse new rows without these columns, as an organisation's plug-in does."""
    joined.sandbox.settings["dataverse_required_columns"] = columns


DEFAULTS = """
defaults:
  opportunity: {customerneed: by default, parentaccountid: {table: account, match: name, value: Channel}}
  account: {accountnumber: new, parentaccountid: {table: account, match: name, value: Channel}}
  contact: {jobtitle: unknown}
"""
LEAD_DEFAULTS = (
    "defaults:\n  lead: {jobtitle: unknown, parentaccountid: {table: account, match: name, value: Channel}}\n"
)
REQUIRED = {
    "opportunity": ["customerneed", "parentaccountid"],
    "account": ["accountnumber", "parentaccountid"],
    "contact": ["jobtitle"],
    "lead": ["jobtitle", "parentaccountid"],
}


def test_required_columns_are_filled_by_defaults(installed: Installed) -> None:
    """On every table that the sync writes to, lookups among them; a deal of the CRM travels all the same."""
    joined = installed.joined
    joined.account(name="Channel")
    require(joined, **REQUIRED)
    installed.write(referral_opportunity__yaml=DEFAULTS, referral_lead__yaml=LEAD_DEFAULTS)
    referral = joined.referral(name="Migration", customerProfile=customer(team=[PERSON]))
    lead = portal.send_lead(joined.sandbox, name="A lead", customerProfile=customer())["id"]
    ours = joined.opportunity(name="Ours", customerneed="as the seller knows")
    joined.run()
    row = joined.row_of(referral)
    assert row["customerneed"] == "by default"
    account = crm.read(joined.sandbox, "account", row["customerid"])
    (channel,) = crm.find(joined.sandbox, "account", name="Channel")
    assert account["accountnumber"] == "new"
    assert account["parentaccountid"] == row["parentaccountid"] == channel["accountid"]
    assert crm.read(joined.sandbox, "contact", row["parentcontactid"])["jobtitle"] == "unknown"
    assert [each["jobtitle"] for each in crm.find(joined.sandbox, "lead", cosell_referralidentifier=lead)] == [
        "unknown"
    ]
    assert [each["name"] for each in joined.referrals() if each["externalReferenceId"] == ours] == ["Ours"]
    assert joined.row(ours)["customerneed"] == "as the seller knows"
    assert quiet(joined)
    team = [PERSON, {**PERSON, "firstName": "Bo", "email": "bo@tailspin.example"}]
    portal.edit(joined.sandbox, referral, path="/customerProfile/team", value=team)
    joined.later(60)
    joined.run()
    (bo,) = crm.find(joined.sandbox, "contact", emailaddress1="bo@tailspin.example")
    assert bo["jobtitle"] == "unknown"
    assert quiet(joined)


PERSON = {"firstName": "Ina", "lastName": "Falk", "email": "ina@tailspin.example", "phoneNumber": "1"}


@pytest.mark.parametrize("table", ["opportunity", "account", "contact"])
def test_a_required_column_that_nothing_fills_is_told(installed: Installed, table: str) -> None:
    """The deal waits with the CRM's own words; filled by a default, it is carried."""
    joined = installed.joined
    joined.account(name="Channel")
    require(joined, **{table: REQUIRED[table][:1]})
    referral = joined.referral(name="Migration", customerProfile=customer(team=[PERSON]))
    joined.run()
    assert not crm.find(joined.sandbox, "opportunity", cosell_referralidentifier=referral)
    assert f"needs a value in {REQUIRED[table][0]}." in said(joined, referral)
    installed.write(referral_opportunity__yaml=DEFAULTS)
    joined.later(24 * 3600)
    joined.run()
    assert joined.row_of(referral)["customerneed"] == "by default"


def test_a_default_of_account_that_names_nobody_stops_the_run(installed: Installed) -> None:
    """No deal could be written."""
    installed.write(referral_opportunity__yaml=DEFAULTS)
    installed.joined.referral(name="Migration", customerProfile=customer())
    with pytest.raises(ConfigurationError, match="default names the account whose name is 'Channel'; the CRM has 0"):
        installed.joined.run()


# ---------------------------------------------------------------- country


def label(text: str) -> dict[str, Any]:
    """Give a label as the metadata API takes it."""
    return {"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]}


def countries(joined: Joined) -> dict[str, str]:
    """Let an administrator keep countries in a table of their own, to which accounts and leads point."""
    org = crm.organisation(joined.sandbox)

    def text(schema: str, **more: object) -> dict[str, Any]:
        kind = {"@odata.type": f"{NAMESPACE}StringAttributeMetadata", "FormatName": {"Value": "Text"}}
        return kind | {"SchemaName": schema, "DisplayName": label(schema), "MaxLength": 50, **more}

    kind = {
        "@odata.type": f"{NAMESPACE}EntityMetadata",
        "OwnershipType": "OrganizationOwned",
        "SchemaName": "new_Country",
    }
    names = {"DisplayName": label("Country"), "DisplayCollectionName": label("Countries")}
    make_table(org, kind | names | {"Attributes": [text("new_Name", IsPrimaryName=True)]})
    make_column(org.table("new_country"), org, text("new_IsoCode"))
    for table in ("account", "lead"):
        lookup = {"@odata.type": f"{NAMESPACE}LookupAttributeMetadata", "SchemaName": "new_CountryId"}
        relation = {
            "@odata.type": f"{NAMESPACE}OneToManyRelationshipMetadata",
            "SchemaName": f"new_country_{table}",
            "ReferencedEntity": "new_country",
            "ReferencingEntity": table,
            "Lookup": lookup | {"DisplayName": label("Country")},
        }
        make_relationship(org, relation)
    return {code: crm.create(joined.sandbox, "new_country", new_name=code, new_isocode=code) for code in ("DE", "FR")}


COUNTRY = """
fields:
  customer_country:
    partner_center: customerProfile.address.country
    dataverse: {column}
    {lookup}
    converter: country
    written_on: {written}
"""
NAMED = "lookup: {table: new_country, match: new_isocode}"


def country(column: str, *, lookup: str = "", written: str = "[]") -> str:
    """Give the overlay that keeps the country elsewhere."""
    return COUNTRY.replace("{column}", column).replace("{lookup}", lookup).replace("{written}", written)


def test_the_country_may_lie_in_another_column(installed: Installed) -> None:
    """As text, in whatever words; both ways."""
    installed.write(referral_opportunity__yaml=country("account.address2_country"))
    joined = installed.joined
    referral = joined.referral(name="Migration", customerProfile=customer())
    account = joined.account(name="Proseware", address1_country=None, address2_country="Frankreich")
    ours = joined.opportunity(name="Ours", account=account)
    joined.run()
    made = crm.read(joined.sandbox, "account", joined.row_of(referral)["customerid"])
    assert (made["address2_country"], made["address1_country"]) == ("DE", None)
    (shared,) = [each for each in joined.referrals() if each["externalReferenceId"] == ours]
    assert shared["customerProfile"]["address"]["country"] == "FR"
    assert quiet(joined)


def test_the_country_may_be_a_row_of_its_own(installed: Installed) -> None:
    """A lookup told by a value: a new account points to the row, and an account's row is told by its code."""
    joined = installed.joined
    rows = countries(joined)
    installed.write(referral_opportunity__yaml=country("account.new_countryid", lookup=NAMED))
    referrals = [joined.referral(name=f"Deal {n}", customerProfile=customer(f"Customer {n}")) for n in range(5)]
    account = joined.account(name="Proseware", address1_country=None, new_countryid=rows["FR"])
    ours = joined.opportunity(name="Ours", account=account)
    joined.writes()
    joined.run()
    for referral in referrals:
        made = crm.read(joined.sandbox, "account", joined.row_of(referral)["customerid"])
        assert (made["new_countryid"], made["address1_country"]) == (rows["DE"], None)
    (shared,) = [each for each in joined.referrals() if each["externalReferenceId"] == ours]
    assert shared["customerProfile"]["address"]["country"] == "FR"
    assert quiet(joined)


def test_a_lookup_without_a_match_is_told(installed: Installed) -> None:
    """That deal waits, with table, column and value; the others go on, and it follows once the row is there."""
    joined = installed.joined
    countries(joined)
    installed.write(referral_opportunity__yaml=country("account.new_countryid", lookup=NAMED))
    austria = customer("Relecloud", address={**ADDRESS, "country": "AT"})
    lonely, good = joined.referral(name="AT", customerProfile=austria), joined.referral(customerProfile=customer())
    joined.run()
    assert joined.row_of(good)
    assert "The CRM has no new_country whose new_isocode is 'AT'" in said(joined, lonely)
    crm.create(joined.sandbox, "new_country", new_name="AT", new_isocode="AT")
    joined.later(24 * 3600)
    joined.run()
    assert crm.read(joined.sandbox, "account", joined.row_of(lonely)["customerid"])["new_countryid"]


def test_a_lead_s_country_is_kept_by_lookup(installed: Installed) -> None:
    """Where the column is the main table's own, an edit in Partner Center is followed, and cleared too."""
    joined = installed.joined
    rows = countries(joined)
    installed.write(referral_lead__yaml=country("new_countryid", lookup=NAMED, written="[dataverse]"))
    referral = portal.send_lead(joined.sandbox, name="A lead", customerProfile=customer())["id"]
    joined.run()
    (lead,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=referral)
    assert lead["new_countryid"] == rows["DE"]
    assert quiet(joined)
    crm.update(joined.sandbox, "lead", lead["leadid"], statuscode=2)
    joined.later(60)
    joined.run()
    portal.edit(joined.sandbox, referral, path="/customerProfile/address/country", value="FR")
    joined.later(60)
    joined.run()
    assert crm.read(joined.sandbox, "lead", lead["leadid"])["new_countryid"] == rows["FR"]
    assert quiet(joined)


# ---------------------------------------------------------------- accounts

SIGNS = """
fields:
  customer_duns:
    partner_center: customerProfile.ids[profileType=Duns].id
    dataverse: account.accountnumber
    written_on: []
  customer_key:
    partner_center: customerProfile.ids[profileType=External].id
    dataverse: account.fax
    written_on: []
"""


def by(installed: Installed, *signs: Any, none: Any = "create") -> Joined:  # noqa: ANN401 - words of the setting
    """Give the two systems with another way to tell accounts."""
    installed.write(referral_opportunity__yaml=SIGNS)
    installed.joined.accounts = AccountPolicy(signs, none)
    return installed.joined


def ids(**numbers: str) -> list[dict[str, str]]:
    """Give the customer's numbers as Partner Center shows them."""
    return [{"profileType": name, "id": number} for name, number in numbers.items()]


def test_an_account_is_told_by_its_duns_number(installed: Installed) -> None:
    """Whatever its name, however the number is written; the next of the same number is the same, at once too."""
    joined = by(installed, "duns")
    known = joined.account(name="Tailspin Toys Holding", accountnumber="15-048-3782")
    first = joined.referral(name="A", customerProfile=customer("Tailspin", ids=ids(Duns="150483782")))
    others = [
        joined.referral(name=f"B{n}", customerProfile=customer(f"Wingtip {n}", ids=ids(Duns="99-888-7777")))
        for n in range(3)
    ]
    joined.run()
    assert joined.row_of(first)["customerid"] == known
    made = {joined.row_of(each)["customerid"] for each in others}
    assert len(made) == 1
    assert crm.read(joined.sandbox, "account", made.pop())["accountnumber"] == "99-888-7777"
    assert quiet(joined)


def test_signs_are_asked_in_their_order(installed: Installed) -> None:
    """The first that fits decides; one that the referral is silent on is passed over."""
    joined = by(installed, "duns", "alternate_key", "name_and_postal_code")
    by_number = joined.account(name="A", accountnumber="1", address1_postalcode="1")
    by_key = joined.account(name="B", fax="K-2", address1_postalcode="2")
    by_name = joined.account(name="Tailspin GmbH", address1_postalcode="53111")
    wanted = {
        joined.referral(name="one", customerProfile=customer(ids=ids(Duns="1", External="K-2"))): by_number,
        joined.referral(name="two", customerProfile=customer(ids=ids(Duns="7", External="K-2"))): by_key,
        joined.referral(name="three", customerProfile=customer()): by_name,
    }
    joined.run()
    assert {referral: joined.row_of(referral)["customerid"] for referral in wanted} == wanted


def test_an_account_is_told_by_its_domain(installed: Installed) -> None:
    """That of the contact's address, in the account's website or address; a free mailer's tells nobody."""
    joined = by(installed, "email_domain", "name_and_postal_code")
    site = joined.account(name="One", websiteurl="https://www.tailspin.example/about")
    mail = joined.account(name="Two", emailaddress1="info@wingtip.example")
    joined.account(name="Three", websiteurl="https://nottailspin.example")
    joined.account(name="Four", emailaddress1="four@gmail.com")

    def of(address: str, name: str) -> str:
        person = {**PERSON, "email": address}
        return joined.referral(name=name, customerProfile=customer(f"Customer {name}", team=[person]))

    wanted = {of("Ina@Tailspin.example", "a"): site, of("bo@wingtip.example", "b"): mail}
    private = of("ina.falk@gmail.com", "c")
    joined.run()
    assert {referral: joined.row_of(referral)["customerid"] for referral in wanted} == wanted
    made = crm.read(joined.sandbox, "account", joined.row_of(private)["customerid"])
    assert made["name"] == "Customer c"


@pytest.mark.parametrize(
    ("signs", "twin", "word"),
    [
        (("duns",), {"accountnumber": "1"}, "D-U-N-S number"),
        (("alternate_key",), {"fax": "K"}, "key"),
        (("email_domain",), {"websiteurl": "tailspin.example"}, "e-mail domain"),
    ],
)
def test_several_accounts_are_for_a_person(
    installed: Installed, signs: tuple[str, ...], twin: dict[str, str], word: str
) -> None:
    """Nothing is guessed; merged, the deal is carried."""
    joined = by(installed, *signs)
    one, other = (joined.account(name=name, **twin) for name in ("One", "Other"))
    profile = customer(ids=ids(Duns="1", External="K"), team=[PERSON])
    referral = joined.referral(customerProfile=profile)
    joined.run()
    assert f"2 accounts in the CRM have this customer's {word}: merge them into one." in said(joined, referral)
    crm.update(joined.sandbox, "account", other, statecode=1, statuscode=2)
    joined.later(24 * 3600)
    joined.run()
    assert joined.row_of(referral)["customerid"] == one


def test_no_account_may_mean_that_a_person_decides(installed: Installed) -> None:
    """With account_none at hold nothing is created; entered by hand, it is found."""
    joined = by(installed, "name_and_postal_code", none="hold")
    referral = joined.referral(customerProfile=customer())
    joined.run()
    assert "No account in the CRM is this customer by name and postal code" in said(joined, referral)
    assert not crm.find(joined.sandbox, "account")
    account = joined.account(name="Tailspin GmbH", address1_postalcode="53111")
    joined.later(24 * 3600)
    joined.run()
    assert joined.row_of(referral)["customerid"] == account


def test_customers_cost_no_request_each(installed: Installed) -> None:
    """Every sign is asked for a hundred customers at a time."""
    joined = by(installed, "duns", "alternate_key", "email_domain", "name_and_postal_code")
    for n in range(150):
        person = {**PERSON, "email": f"ina@customer{n}.example"}
        joined.referral(
            name=f"D{n}", customerProfile=customer(f"C{n}", team=[person], ids=ids(Duns=f"D{n}", External=f"K{n}"))
        )
    joined.sandbox.journal.clear()
    joined.run()
    asked = [one for one in joined.sandbox.journal.as_dict()["last"] if "/accounts?" in one["path"]]
    assert len(joined.rows()) == 150
    assert len(asked) <= 4 * 4


@pytest.mark.parametrize("lost", [1, 9])
def test_an_account_whose_answer_was_lost_is_not_made_twice(installed: Installed, lost: int) -> None:
    """Its key is made of the sign that tells it: a repeat collides, in this run or in the next."""
    joined = by(installed, "duns")
    profile = customer("Tailspin", ids=ids(Duns="1"))
    referral = joined.referral(customerProfile=profile)
    joined.break_("dataverse", "drop_after", method="POST", path="/accounts", times=lost)
    joined.run()
    joined.sandbox.faults.clear()
    joined.later(24 * 3600)
    joined.run()
    assert [each["accountnumber"] for each in crm.find(joined.sandbox, "account")] == ["1"]
    assert joined.row_of(referral)


def test_a_hook_may_name_the_account(installed: Installed) -> None:
    """By its id; one that the CRM does not have is held, with the hook's name."""
    joined = installed.joined
    account = joined.account(name="Somebody else")
    installed.write(hooks__py=f'def resolve_account(deal):\n    return {{"customer_account": "{account.upper()}"}}\n')
    referral = joined.referral(customerProfile=customer())
    joined.run()
    assert joined.row_of(referral)["customerid"] == account
    assert quiet(joined)
    crm.update(joined.sandbox, "account", account, statecode=1, statuscode=2)
    second = joined.referral(name="Second", customerProfile=customer())
    joined.later(60)
    joined.run()
    assert "The hook resolve_account names an account that the CRM does not have, or not active" in said(joined, second)


def test_the_policy_is_the_settings(installed: Installed) -> None:
    """What a deployment says in cosell_settings is what the CRM's side works by."""
    from cosell.hooks.dataverse import refuse_untold_signs  # noqa: PLC0415 - Airflow takes seconds
    from cosell.hooks.settings import Wishes  # noqa: PLC0415

    assert Wishes().to_accounts() == AccountPolicy()
    wishes = Wishes(account_match=["duns", "name_and_postal_code"], account_none="hold")
    policy = wishes.to_accounts()
    assert policy == replace(AccountPolicy(), match=("duns", "name_and_postal_code"), on_none="hold")
    with pytest.raises(ConfigurationError, match="account_match names duns, and the mapping has no field"):
        refuse_untold_signs(policy, installed.joined.mapping.shape())
    installed.write(referral_opportunity__yaml=SIGNS)
    refuse_untold_signs(policy, installed.joined.mapping.shape())

"""The forms of our connections as a person fills them in, in Chromium, on Airflow's own pages."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from local.home import LOGIN, Home, connections
from local.progress import Progress
from local.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.stage import Stage

pytestmark = pytest.mark.campaign

PATIENCE_MS = 90_000
QUIET = (
    "--no-sandbox",  # Chromium refuses to run as root with one
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LABELS = {
    "tenant_id": "Tenant id",
    "authority": "Authority",
    "scope": "Scope",
    "verify": "Verify TLS",
    "refresh_token": "Refresh token",
    "partner_id": "Partner id",
    "organization_id": "Organisation id",
}


class Kind(NamedTuple):
    """A type of connection, by the name that a person picks, and the start of what its test answers."""

    name: str
    title: str
    answer: str


KINDS = [
    Kind("partner_center", "Microsoft Partner Center", "Partner Center answers"),
    Kind("partner_center_events", "Microsoft Partner Center events", "Partner Center answers and offers"),
    Kind("dataverse", "Microsoft Dataverse (Dynamics 365)", "Dataverse answers; our application user is"),
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give Airflow as `make empty` leaves it, and the simulated Microsoft."""
    with on_stage(Home(folder=tmp_path_factory.mktemp("forms") / "run"), Progress()) as running:
        running.prepare()
        running.start({}, connected=False)
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give Chromium without a window."""
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's package chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(stage: Stage, browser: Browser) -> Iterator[Page]:
    """Give the page of connections, signed in to Airflow."""
    context = browser.new_context(viewport={"width": 1280, "height": 1900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(stage.api.base_url)
    page.get_by_label("Username").fill(LOGIN)
    page.get_by_label("Password").fill(LOGIN)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(f"{stage.api.base_url}/connections")
    yield page
    context.close()


def extra(form: Locator, label: str) -> Locator:
    """Give the text field beside a label; Airflow ties the two together on the screen only."""
    label_itself = form.page.get_by_text(label, exact=True)
    return form.get_by_role("group").filter(has=label_itself).get_by_role("textbox")


def fill_in(page: Page, kind: Kind, told: dict[str, Any]) -> Locator:
    """Fill in the form of a new connection, field by field, and give it."""
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Connection ID").fill(f"{kind.name}_default")
    form.get_by_label("Connection Type").click()
    form.get_by_label("Connection Type").press_sequentially(kind.title)
    page.get_by_role("option", name=kind.title, exact=True).click()
    standard = {"Base URL": "host", "Port": "port", "Client id": "login", "Client secret": "password"}
    for label, name in standard.items():
        form.get_by_label(label).fill(str(told[name]))
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    for name, value in told["extra"].items():
        extra(form, LABELS[name]).fill(str(value))
    return form


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_connection_is_entered_and_tried_on_the_page(stage: Stage, page: Page, tmp_path: Path, kind: Kind) -> None:
    """Every field has a label, none wants JSON, secrets are typed behind dots and never shown again; *Test* works."""
    told = connections(stage.facts)[f"{kind.name}_default"]
    secrets = [told["password"], *filter(None, [told["extra"].get("refresh_token")])]
    form = fill_in(page, kind, told)
    behind_dots = [LABELS[name] for name in told["extra"] if name == "refresh_token"]
    for label in behind_dots:
        expect(extra(form, label)).to_have_attribute("type", "password")
    page.screenshot(path=tmp_path / f"{kind.name}.png")
    form.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=f"{kind.name}_default", exact=True))
    with page.expect_response(lambda answer: answer.url.endswith("/connections/test")) as tried:
        row.get_by_role("button", name="Test Connection").click()
    answer = tried.value.json()
    assert answer.get("status"), answer
    assert answer["message"].startswith(kind.answer)
    expect(page.get_by_text("Test Connection Successful")).to_be_visible()
    page.screenshot(path=tmp_path / f"{kind.name}-tested.png")
    row.get_by_role("button", name="Edit Connection").click()
    for section in ("Extra Fields", "Extra Fields JSON"):
        form.get_by_role("button", name=section, exact=True).click()
        expect(form.get_by_role("button", name=section, exact=True)).to_have_attribute("aria-expanded", "true")
        values = page.eval_on_selector_all("input, textarea", "boxes => boxes.map(box => box.value)")
        assert "***" in repr(values) + page.content()
        assert [secret for secret in secrets if secret in repr(values) + page.content()] == []

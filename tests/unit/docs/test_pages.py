"""What the pages claim, held against the files that they speak of."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.rights import used_rights
from cosell.mapping import DEFAULT_MAPPING, LEAD_MAPPING, load_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "include/**/*.md", "sandbox/*.md", "bench/*.md")
    for path in ROOT.glob(pattern)
)
ENVIRONMENT = re.compile(r"(?<![A-Z_])COSELL_[A-Z_]*[A-Z]\b")
MAPPING = (ROOT / "include" / "mappings" / "referral_opportunity.yaml").read_text()
SANDBOX_TABLES = yaml.safe_load((ROOT / "sandbox" / "dataverse" / "tables" / "cosell.yaml").read_text())


def rows_after(heading: str, *, text: str = README) -> list[list[str]]:
    """Give the cells of the first table after a heading, without its head."""
    lines = text[text.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split(" |")])
    return table


def code_in(text: str) -> set[str]:
    """Give what stands in backticks."""
    return set(re.findall(r"`([^`]+)`", text))


def strings_in(content: object) -> Iterator[str]:
    """Give every text of a YAML file's content."""
    match content:
        case str():
            yield content
        case dict():
            yield from (text for value in content.values() for text in strings_in(value))
        case list():
            yield from (text for value in content for text in strings_in(value))


def slugs(page: Path) -> set[str]:
    """Give the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link inside the repository names a file that is there, and a heading that it has."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), target
        assert not anchor or anchor in slugs(other), target


def test_make_has_the_commands() -> None:
    """Each `make ...` that a page names is a target, and would do something."""
    make = shutil.which("make")
    assert make is not None
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:^make (?=[a-z-]+$)|`make )([a-z][a-z-]*)", page.read_text(), flags=re.MULTILINE)
    }
    assert {"demo", "test", "up"} <= named
    for name in sorted(named):
        told = subprocess.run([make, "-n", name], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        assert (told.returncode, bool(told.stdout)) == (0, True), f"make {name}: {told.stderr}"


def test_environment_variables_are_those_of_the_code() -> None:
    """No page names one that nothing reads, and none that is read goes unnamed."""
    folders = ("plugins", "dags", "local", "bench", "tests")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path != Path(__file__)]
    read = {name for path in sources for name in re.findall(r"[\"'](COSELL_[A-Z_]+)[\"']", path.read_text())}
    told = {name for page in PAGES for name in ENVIRONMENT.findall(page.read_text())}
    assert told == read


def test_the_role_is_the_one_that_the_doctor_demands() -> None:
    """Every privilege of each table, no more."""
    shapes = [load_mapping(name).shape() for name in (DEFAULT_MAPPING, LEAD_MAPPING)]
    used = used_rights(shapes, settings=Settings(organisation=""))
    page = (ROOT / "docs" / "dataverse-columns.md").read_text()
    told = {
        table: tuple(rights.split(", "))
        for tables, rights in rows_after("## The role of the application user", text=page)
        for table in code_in(tables)
    }
    assert told == used


def test_docker_names_the_values_that_compose_asks_for() -> None:
    """Whoever follows the README is not stopped by a value that it does not mention."""
    compose = (ROOT / "docker-compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", compose))
    chapter = README[README.index("## Docker") : README.index("## What this version")]
    assert asked <= code_in(chapter)
    assert "env_file" in compose
    assert "airflow.env" in chapter


def test_the_printed_fernet_key_is_one() -> None:
    """The README's command gives a key that Airflow takes."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - only here

    (program,) = re.findall(r'^python3 -c "(import base64.+)"$', README, flags=re.MULTILINE)
    python = shutil.which("python3")
    assert python is not None
    printed = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert Fernet(printed.stdout.strip())


def test_the_field_table_follows_the_mapping() -> None:
    """Every path in it is the mapping's, and no field that both sides hold is left out."""
    table = rows_after("## What it keeps in sync")
    told = {name for _, partner_center, dynamics, _ in table for name in code_in(partner_center + dynamics)}
    tables = {"cosell_partnercentersolution", "contact", "owner", "solutions"}
    fields = yaml.safe_load(MAPPING)["fields"]
    assert told - tables - set(strings_in(fields)) == set()
    held = {
        "customer_address_line1",
        "customer_address_line2",
        "customer_city",
        "customer_state",
        "customer_postal_code",
    }
    for name, line in fields.items():
        if line.get("bookkeeping") or not {"partner_center", "dataverse"} <= line.keys() or name in held:
            continue
        where = line["partner_center"]
        firsts = where if isinstance(where, str) else next(iter(where.values()))
        assert firsts in told, name


def test_the_columns_are_those_of_the_sandbox() -> None:
    """Whoever builds the page's columns has what the sandbox, and so every test, runs with."""
    page = (ROOT / "docs" / "dataverse-columns.md").read_text()
    wanted = {
        "## On the table opportunity": SANDBOX_TABLES["extend"]["opportunity"]["columns"],
        "## On the table lead": SANDBOX_TABLES["extend"]["lead"]["columns"],
        "## Table `cosell_solutiondetail`": SANDBOX_TABLES["tables"]["cosell_solutiondetail"]["columns"],
        "## Table `cosell_partnercentersolution`": SANDBOX_TABLES["tables"]["cosell_partnercentersolution"]["columns"],
    }
    for heading, columns in wanted.items():
        table = rows_after(heading, text=page)
        assert {name.strip("`") for name, *_ in table} == set(columns), heading
        for name, kind, length, *_ in table:
            told = columns[name.strip("`")].split()
            spoken = {
                "text": "text",
                "memo": "memo",
                "time": "date",
                "money": "money",
                "int": "whole",
                "lookup": "lookup",
            }
            spoken |= {"choice": "choice", "yesno": "yes/no"}
            assert kind.startswith(spoken[told[0]]), name
            assert not length or length == told[1], name


def test_the_columns_that_matter_now_are_the_mapping_s() -> None:
    """The page says which of them a run cannot do without."""
    page = (ROOT / "docs" / "dataverse-columns.md").read_text()
    opportunity = rows_after("## On the table opportunity", text=page)
    needed, spare = (
        {name.strip("`") for name, _, _, now, _ in opportunity if now == said} for said in ("yes", "if there")
    )
    rows = {name.strip("`") for name, *_ in rows_after("## Table `cosell_partnercentersolution`", text=page)}
    mapped = set(re.findall(r"\bcosell_[a-z]+\b", MAPPING)) - {"cosell_partnercentersolution"}
    assert mapped - rows == needed | spare
    assert set(re.findall(r"dataverse: (\w+)\n(?:    .*\n)*?    optional: true", MAPPING)) == spare


def test_choices_are_told_in_their_order() -> None:
    """The number of a choice follows from its place."""
    page = (ROOT / "docs" / "dataverse-columns.md").read_text()
    for name, kind, _, _, holds in rows_after("## On the table opportunity", text=page):
        if kind == "choice":
            choices = SANDBOX_TABLES["choices"][name.strip("`").removeprefix("cosell_")]
            assert holds == ", ".join(map(str, choices.values())), name
            assert list(choices) == list(range(727000000, 727000000 + len(choices)))

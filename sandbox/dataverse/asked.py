"""The body of a metadata write: members that are known, names with a prefix, labels in languages that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import errors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sandbox.dataverse.organisation import Organisation

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_LONGEST = {"attribute": 50, "entity": 64, "entitykey": 50, "relationship": 100, "optionset": 100}
_NAMESPACE = "Microsoft.Dynamics.CRM."

Body = dict[str, Any]


def wrong(message: str) -> errors.DataverseError:
    """Say that the body is not what the service takes."""
    return errors.DataverseError(400, "0x80048d19", f"Error identified in Payload provided by the user: {message}")


def kind_of(body: Body, *, default: str = "") -> str:
    """Give the type that a body says it is, without its namespace; the action CreateEntities has types of its own."""
    said = str(body.get("@odata.type", default and f"{_NAMESPACE}{default}")).removeprefix("#")
    if not said.startswith(_NAMESPACE):
        message = f"A type named '{said}' could not be resolved by the model."
        raise wrong(message)
    return said.removeprefix(_NAMESPACE).removeprefix("Complex")


def check_members(body: Body, known: Collection[str], *, kind: str) -> None:
    """Refuse a member that the type does not have."""
    unknown = next((name for name in body if "@" not in name and name not in known), None)
    if unknown is not None:
        raise wrong(f"The property '{unknown}' does not exist on type '{_NAMESPACE}{kind}'.")


def schema_name(org: Organisation, body: Body, *, kind: str, member: str = "SchemaName") -> str:
    """Give the name that a new piece shall have; raises where it lacks a publisher's prefix or is misshapen."""
    name = body.get(member)
    if not isinstance(name, str) or not name:
        raise errors.DataverseError(400, "0x80040203", f"Required field '{member}' is missing")
    prefixes = {str(row["customizationprefix"]) for row in org.rows(org.table("publisher")).values()}
    prefix, _, rest = name.partition("_")
    if prefix.lower() not in prefixes or not rest:
        message = (
            f"The schema name {name} for type {kind} is invalid or missing.Custom attribute, entity, entitykey, option "
            f"set and relationship names must start with a valid customization prefix.The prefix for a solution "
            "component should match the prefix that is specified for the publisher of the solution."
        )
        raise errors.DataverseError(400, "0x80044366", message)
    if not _NAME.fullmatch(name):
        message = f"Identifier {name} for type {kind} can only consist of alpha-numeric and underscore characters."
        raise errors.DataverseError(400, "0x80044364", message)
    if len(name) > _LONGEST[kind.lower()]:
        message = f"Identifiers cannot be more than {_LONGEST[kind.lower()]} characters long: {name}"
        raise errors.DataverseError(400, "0x80044367", message)
    return name


def labels(org: Organisation, said: object, *, what: str, optional: bool = False) -> dict[int, str]:
    """Give a label by language; it must be there in the base language, and in none that is not switched on."""
    if said is None and optional:
        return {}
    if not isinstance(said, dict) or not isinstance(said.get("LocalizedLabels"), list):
        raise errors.DataverseError(400, "0x80040203", f"Required field '{what}' is missing")
    found = {int(one["LanguageCode"]): str(one["Label"]) for one in said["LocalizedLabels"]}
    languages = org.world.settings["dataverse_languages"]
    if strange := sorted(found.keys() - set(languages)):
        message = f"The specified language code is not valid for this organization. ({strange[0]})"
        raise errors.DataverseError(400, "0x80044195", message)
    if languages[0] not in found and not optional:
        message = f"The {what} has no label in the base language of the organization ({languages[0]})."
        raise errors.DataverseError(400, "0x80044195", message)
    if any(not text.strip() for text in found.values()):
        raise errors.DataverseError(400, "0x80040203", f"Required field '{what}' is empty")
    return found


def base_text(org: Organisation, texts: Mapping[int, str]) -> str:
    """Give the text in the base language."""
    return texts[org.world.settings["dataverse_languages"][0]]


def options(org: Organisation, said: object) -> tuple[dict[int, str], dict[int, dict[int, str]]]:
    """Give options by number: their text, and their labels by language."""
    if not isinstance(said, list) or not said:
        raise errors.DataverseError(400, "0x80040203", "Required field 'Options' is missing")
    texts: dict[int, dict[int, str]] = {}
    for one in said:
        number = one.get("Value")
        if not isinstance(number, int) or isinstance(number, bool) or number in texts:
            raise wrong(f"The option value {number} is no whole number, or stands twice.")
        texts[number] = labels(org, one.get("Label"), what="Label")
    return {number: base_text(org, one) for number, one in texts.items()}, texts

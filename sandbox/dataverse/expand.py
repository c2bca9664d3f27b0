"""$expand: its text read, brackets and semicolons nested."""

from dataclasses import dataclass

from sandbox.dataverse import errors


@dataclass(frozen=True)
class Expand:
    """One navigation property to follow, and the options for what it leads to."""

    navigation: str
    options: dict[str, str]

    @property
    def nested(self) -> tuple["Expand", ...]:
        """Give what is to be expanded further."""
        return read_expand(self.options.get("$expand"))


def read_expand(text: str | None) -> tuple[Expand, ...]:
    """Read $expand."""
    return tuple(_one(part.strip()) for part in _split(text, ",")) if text else ()


def _one(part: str) -> Expand:
    """Read one navigation property with its options."""
    name, bracket, rest = part.partition("(")
    if not bracket:
        return Expand(name, {})
    if not rest.endswith(")"):
        raise errors.bad_query(f"The $expand term '{part}' is not valid.")
    pairs = [option.partition("=") for option in _split(rest[:-1], ";") if option.strip()]
    return Expand(name, {option.strip(): value for option, _, value in pairs})


def _split(text: str, separator: str) -> list[str]:
    """Cut at separators that stand outside of brackets and quoted texts."""
    parts, depth, quoted, current = [], 0, False, ""
    for character in text:
        quoted ^= character == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character == separator and not quoted and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]

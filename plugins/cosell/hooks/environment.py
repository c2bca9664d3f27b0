"""The environments of this deployment: each has DAGs, connections, Variables, mapping overlays and state of its own.

Read by every DAG file, so nothing heavy is imported here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from cosell.core.errors import ConfigurationError
from cosell.core.scope import option_of

VARIABLE: Final = "COSELL_ENVIRONMENTS"
"""Environment variable: the names of the environments besides `default`, parted by commas."""
_DEFAULT: Final = "default"
_NAME: Final = re.compile(r"(?!events_)[a-z][a-z0-9_]{0,19}")
"""`partner_center_events_x` is the events connection of `x`."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One of them, by name."""

    name: str = _DEFAULT

    @classmethod
    def named(cls, name: str) -> Environment:
        """Give the environment of that name. Raises ConfigurationError where there is none."""
        known = environments()
        for each in known:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in known)
        raise ConfigurationError(f"There is no environment {name!r}; {VARIABLE} gives {names}")

    @property
    def option(self) -> str:
        """Give what a command of ours wants behind it to be about this environment."""
        return option_of(self.name)

    def connection(self, system: str) -> str:
        """Give the id of its connection to a system, such as `partner_center_default`."""
        return f"{system}_{self.name}"

    def own(self, plain: str) -> str:
        """Give its own DAG, Variable or file of that name: the plain one for `default`."""
        return plain if self.name == _DEFAULT else f"{plain}_{self.name}"


DEFAULT: Final = Environment()


def environments() -> list[Environment]:
    """Give all environments, `default` first. Raises ConfigurationError for what can be no name."""
    named = [part.strip() for part in os.environ.get(VARIABLE, "").split(",")]
    for name in filter(None, named):
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{VARIABLE} names {name!r}; a name has up to 20 small letters, digits and _, and begins with a "
                "letter, but not with events_"
            )
    return [Environment(name) for name in dict.fromkeys([_DEFAULT, *filter(None, named)])]

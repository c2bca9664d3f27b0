"""A Python file of the user's: read, run without leaving a trace beside it, and named by line for what it raises."""

from __future__ import annotations

import hashlib
import inspect
import sys
from dataclasses import dataclass
from traceback import walk_tb
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from cosell.core.errors import MappingError
from cosell.mapping.cells import UnreadableValueError
from cosell.mapping.located import Spot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_FAULTS = (Exception, SystemExit)
"""Code that exits would end a command of ours in silence, as if all were well."""


class MisuseError(TypeError):
    """What we offer to a user's code was used in a way that cannot work; these words are ours, and quote nobody."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a file defines."""

    file: str
    source: str
    """Its fingerprint: whatever changes in the file, changes it."""
    names: dict[str, object]

    def spot(self, function: object) -> Spot:
        """Give where a function stands; the file's first line where it stands elsewhere."""
        code = getattr(function, "__code__", None)
        return Spot(self.file, code.co_firstlineno if code and code.co_filename == self.file else 1)

    def functions(self) -> dict[str, FunctionType]:
        """Give the functions that the file itself defines, but for those whose name begins with an underscore."""
        own = {name: each for name, each in self.names.items() if isinstance(each, FunctionType)}
        return {name: each for name, each in own.items() if name[0] != "_" and each.__code__.co_filename == self.file}


class Blamed:
    """Says what a user's code raised by its kind and line; never its words, which may quote a person's data."""

    def __init__(self, what: str, *, at: Spot) -> None:
        self._what, self._at = what, at

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turn what was raised into an error of one record."""
        if isinstance(error, _FAULTS) and not isinstance(error, UnreadableValueError):
            line = _line_in(trace, file=self._at.file) or self._at.line
            raise UnreadableValueError(self._what, found=f"{type(error).__name__} at {self._at.file}:{line}") from None


def read_code(path: Path) -> Code:
    """Run a file; raises MappingError for one that is no Python, or that fails."""
    file = str(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", file=file) from error
    fingerprint = hashlib.sha256(source).hexdigest()[:32]
    module = ModuleType(f"cosell_own_{path.stem}_{fingerprint}")
    module.__file__ = file
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    with _Loading(file):
        exec(compile(source, file, "exec"), module.__dict__)  # noqa: S102 - the user's own file is there to be run
    return Code(file, fingerprint, module.__dict__)


def takes_one(function: Callable[..., object]) -> bool:
    """Tell whether a function can be called with one value."""
    if inspect.iscoroutinefunction(function):
        return False
    try:
        signature = inspect.signature(function)
    except ValueError:
        return True  # one of Python's own, which tells no signature
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True


class _Loading:
    """Says what stopped a file from being run: by its kind and line, and in words only where those are ours."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turn what was raised into an error of the mapping."""
        if isinstance(error, SyntaxError) and error.filename == self._file:
            raise MappingError(f"not Python: {error.msg}", file=self._file, line=error.lineno) from None
        if isinstance(error, _FAULTS):
            line = _line_in(trace, file=self._file)
            told = str(error) if isinstance(error, MisuseError) else f"{type(error).__name__} when it was read"
            raise MappingError(told, file=self._file, line=line) from None


def _line_in(trace: TracebackType | None, *, file: str) -> int | None:
    """Give the last line of the file that a trace passes through."""
    lines = [line for frame, line in walk_tb(trace) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None

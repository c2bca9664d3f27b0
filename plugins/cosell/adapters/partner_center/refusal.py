"""What the API says when it refuses: code and words of the innermost error, whatever the spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cosell.core.errors import BrokenAnswerError

if TYPE_CHECKING:
    from cosell.adapters.transport import Answer

_LONGEST = 1024


class Refusal(NamedTuple):
    """A 4xx in the service's own words."""

    code: str
    message: str
    whole: str
    """Everything that was said, in lower case, to look for a name in."""

    def names(self, *words: str) -> bool:
        """Tell whether any of the words was said."""
        return any(word.lower() in self.whole for word in words)


def refusal_of(answer: Answer) -> Refusal:
    """Give the refusal in an answer; a body that says nothing leaves its status."""
    code, message = f"http{answer.status}", "the service gave no reason"
    inner: Any = _body(answer)
    while isinstance(inner, dict):
        said = {name.casefold(): content for name, content in inner.items()}
        code = str(said.get("code") or said.get("statuscode") or code)
        message = str(said.get("message") or said.get("description") or message)
        inner = said.get("error") or said.get("innererror")
    return Refusal(code, message[:_LONGEST], answer.text.lower())


def _body(answer: Answer) -> object:
    try:
        return answer.json()
    except BrokenAnswerError:
        return None

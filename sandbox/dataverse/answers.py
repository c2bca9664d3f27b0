"""Answers of the Web API: bodies with the right headers."""

from dataclasses import dataclass

from sandbox.answers import Answer
from sandbox.dataverse.call import Call, dumps
from sandbox.dataverse.errors import DataverseError
from sandbox.odata import Value

JSON = "application/json; odata.metadata=minimal"
_ODATA = {"OData-Version": "4.0"}


@dataclass(frozen=True)
class RowAnswer(Answer):
    """The answer to the write of a row, with the row's address for later requests of a batch."""

    address: str = ""


def ok(call: Call, body: Value, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Give an answer with a JSON body."""
    applied = call.preferences.applied
    preference = {"Preference-Applied": ", ".join(applied)} if applied else {}
    return Answer(status, dumps(body), _ODATA | preference | (headers or {}), JSON)


def empty(headers: dict[str, str] | None = None, *, status: int = 204) -> Answer:
    """Give an answer without a body."""
    return Answer(status, None, _ODATA | (headers or {}))


def refusal(error: DataverseError, call: Call | None = None) -> Answer:
    """Give the answer to a call that was refused, with the details that annotations are asked for."""
    body = error.body()
    if call is not None:
        details = {
            "Microsoft.PowerApps.CDS.HelpLink": f"http://go.microsoft.com/fwlink/?LinkID=398563&error={error.code}",
            "Microsoft.PowerApps.CDS.TraceText": f"[{error.code}]",
            "Microsoft.PowerApps.CDS.InnerError.Message": error.message,
        }
        body["error"] |= {f"@{name}": text for name, text in details.items() if call.preferences.annotates(name)}
    return Answer(error.status, dumps(body), _ODATA, JSON)


def written(call: Call, body: Value, *, address: str, status: int = 204, etag: str = "") -> RowAnswer:
    """Give the answer to the write of a row: its address, or (with a body) the row itself."""
    if body is None:
        headers = _ODATA | {"OData-EntityId": address, "Location": address}
        return RowAnswer(status, None, headers, JSON, address)
    applied = {"Preference-Applied": ", ".join(call.preferences.applied)}
    return RowAnswer(status, dumps(body), _ODATA | applied | {"ETag": etag}, JSON, address)

"""Where a call goes: from the first segment of its path to what answers it."""

from functools import partial

from sandbox.answers import Answer
from sandbox.dataverse import definitions, errors, forms, transfer
from sandbox.dataverse.actions import ACTIONS, BOUND_ACTIONS, BOUND_FUNCTIONS, FUNCTIONS
from sandbox.dataverse.address import Key, Segment, read_path
from sandbox.dataverse.answers import ok, refusal
from sandbox.dataverse.batch import answer_batch
from sandbox.dataverse.bulk import MESSAGES, answer_bulk
from sandbox.dataverse.call import Call
from sandbox.dataverse.csdl import answer_metadata
from sandbox.dataverse.entities import answer_below, answer_count, answer_row, answer_set, existing, not_allowed
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.schema import Table

METADATA = {"EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions"}
_NAMESPACE = "Microsoft.Dynamics.CRM."


class Service:
    """The Web API of one environment."""

    def __init__(self, org: Organisation) -> None:
        """Serve an environment."""
        self.org = org

    def answer(self, call: Call, *, in_batch: bool = False) -> Answer:
        """Answer a call, refusals included."""
        try:
            call.check_length(in_batch=in_batch)
            return self._route(call)
        except errors.DataverseError as error:
            return refusal(error, call)

    def _route(self, call: Call) -> Answer:
        """Find what answers."""
        segments = read_path(call.path)
        if not segments:
            return self._service_document(call)
        first = segments[0]
        if first.name in METADATA:
            return definitions.answer(self.org, segments, call)
        operations = {"GET": FUNCTIONS, "POST": ACTIONS}.get(call.method, {})
        if first.name in operations:
            return operations[first.name](self.org, first, call)
        if first.name == "$batch":
            return answer_batch(self.org, call, partial(self.answer, in_batch=True))
        return answer_metadata(self.org.catalogue) if first.name == "$metadata" else self._rows(segments, call)

    def _rows(self, segments: tuple[Segment, ...], call: Call) -> Answer:
        """Answer on an entity set or what lies below it."""
        first, rest = segments[0], segments[1:]
        table = self.org.table_of_set(first.name)
        if table.name == transfer.JOB:
            transfer.settle(self.org)
        if forms.is_form_call(table, rest, call):
            return forms.answer(self.org, table, segments, call)
        if first.key is not None:
            return self._row(table, first.key, rest, call)
        if not rest:
            return answer_set(self.org, table, call)
        if rest[0].name == "$count":
            return answer_count(self.org, table, call)
        message = rest[0].name.removeprefix(_NAMESPACE)
        if message not in MESSAGES or not rest[0].name.startswith(_NAMESPACE):
            raise errors.no_segment(rest[0].name)
        if call.method != "POST":
            raise not_allowed(call)
        return answer_bulk(self.org, table, message, call)

    def _row(self, table: Table, key: Key, rest: tuple[Segment, ...], call: Call) -> Answer:
        """Answer on one row, what lies below it, or an action on it."""
        if not rest:
            return answer_row(self.org, table, key, call)
        name = (table.name, rest[0].name.removeprefix(_NAMESPACE))
        operation, method = (
            (BOUND_FUNCTIONS[name], "GET") if name in BOUND_FUNCTIONS else (BOUND_ACTIONS.get(name), "POST")
        )
        if operation is None or not rest[0].name.startswith(_NAMESPACE):
            return answer_below(self.org, table, key, rest, call)
        if call.method != method:
            raise not_allowed(call)
        return operation(self.org, existing(self.org, table, key), call)

    def _service_document(self, call: Call) -> Answer:
        """List the entity sets."""
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in self.org.catalogue.by_set]
        return ok(call, {"@odata.context": f"{call.root}$metadata", "value": sets})

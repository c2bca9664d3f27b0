"""What Dataverse answers when it refuses: code, HTTP status and the words it uses."""

from typing import Any

PAYLOAD = (
    "Error identified in Payload provided by the user for Entity :'{}'  ----> InnerException : "
    "Microsoft.OData.ODataException: "
)


class DataverseError(Exception):
    """A refusal on its way to the client."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the parts of the error body."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        """Give the JSON of the answer."""
        return {"error": {"code": self.code, "message": self.message}}


def bad_payload(entity_set: str, reason: str) -> DataverseError:
    """Say that the body does not fit the table's type."""
    return DataverseError(400, "0x80048d19", PAYLOAD.format(entity_set) + reason)


def undeclared(entity_set: str, name: str, type_name: str) -> DataverseError:
    """Say that the body names a column that the table lacks."""
    return bad_payload(
        entity_set,
        f"The property '{name}' does not exist on type '{type_name}'. Make sure to only use property names that are "
        "defined by the type or mark the type as open type.",
    )


def only_annotations(entity_set: str, name: str) -> DataverseError:
    """Say that the body binds a navigation property that the table lacks, most often for its letter case."""
    return bad_payload(
        entity_set,
        f"An undeclared property '{name}' which only has property annotations in the payload but no property value was "
        "found in the payload. In OData, only declared navigation properties and declared named streams can be "
        "represented as properties without values.",
    )


def wrong_type(entity_set: str, value: object, edm: str) -> DataverseError:
    """Say that a value has not the JSON type of its column."""
    return bad_payload(entity_set, f"Cannot convert the literal '{value}' to the expected type '{edm}'.")


def bad_query(message: str) -> DataverseError:
    """Say that a query option cannot be carried out."""
    return DataverseError(400, "0x80060888", message)


def no_segment(name: str) -> DataverseError:
    """Say that a part of the path leads nowhere."""
    return DataverseError(404, "0x80060888", f"Resource not found for the segment '{name}'.")


def no_property(name: str, type_name: str) -> DataverseError:
    """Say that a query option names a column that the table lacks."""
    return bad_query(f"Could not find a property named '{name}' on type '{type_name}'.")


def no_row(schema: str, row_id: str) -> DataverseError:
    """Say that there is no row of that primary key."""
    return DataverseError(404, "0x80040217", f"Entity '{schema}' With Id = {row_id} Does Not Exist")


def no_row_by_key(table: str) -> DataverseError:
    """Say that there is no row of that alternate key."""
    return DataverseError(404, "0x80060891", f"A record with the specified key values does not exist in {table} entity")


def key_not_defined(type_name: str) -> DataverseError:
    """Say that the address names columns that are no key, or a key whose index is not active."""
    return DataverseError(
        400,
        "0x80060888",
        f"The key in the request URI is not valid for resource '{type_name}'. Ensure that the names and number of key "
        "properties match the declared or alternate key properties for the resource.",
    )


def dangerous_path(character: str) -> DataverseError:
    """Say that a key value holds a character that the web server refuses in paths."""
    return DataverseError(
        400, "0x0", f"A potentially dangerous Request.Path value was detected from the client ({character})."
    )


def version_mismatch() -> DataverseError:
    """Say that if-Match names another version than the row has."""
    return DataverseError(
        412, "0x80060882", "The version of the existing record doesn't match the RowVersion property provided."
    )


def duplicate_row() -> DataverseError:
    """Say that the primary key exists, or If-None-Match forbids the update."""
    return DataverseError(412, "0x80040237", "A record with matching key values already exists.")


def refused_by_plug_in(message: str) -> DataverseError:
    """Say what the organisation's own code says: required columns are enforced by nothing else."""
    return DataverseError(400, "0x80040265", message)


def duplicate_key(key: str, columns: tuple[str, ...]) -> DataverseError:
    """Say that another row has the same alternate key."""
    return DataverseError(
        412,
        "0x80060892",
        f"Entity Key {key} violated. A record with the same value for {', '.join(columns)} already exists. A duplicate "
        "record cannot be created. Select one or more unique values and try again.",
    )


def too_long(table: str, column: str, limit: int) -> DataverseError:
    """Say that a text is longer than its column."""
    return DataverseError(
        400,
        "0x80044331",
        f"A validation error occurred.  The length of the '{column}' attribute of the '{table}' entity exceeded the "
        f"maximum allowed length of '{limit}'.",
    )


def out_of_range(code: str, table: str, column: str, value: object) -> DataverseError:
    """Say that a choice or number is not one of the allowed."""
    return DataverseError(
        400,
        code,
        f"A validation error occurred.  The value {value} of '{column}' on record of type '{table}' is outside the "
        "valid range.",
    )


def bad_state(table: str, status: object, state: object) -> DataverseError:
    """Say that the status reason does not belong to the state."""
    return DataverseError(400, "0x80048408", f"{status} is not a valid status code for state code {state} on {table}.")


def wrong_message(table: str, label: str, message: str) -> DataverseError:
    """Say that a state is set by an action of its own, not by an update."""
    return DataverseError(
        400,
        "0x80100005",
        f"This message can not be used to set the state of {table} to {label}. In order to set state of {table} to "
        f"{label}, use the {message} message instead.",
    )


def unexpected(message: str) -> DataverseError:
    """Give Dataverse's own catch-all."""
    return DataverseError(400, "0x80040216", message)


def unsupported_message(message: str, table: str) -> DataverseError:
    """Say that the table does not take part in a bulk operation."""
    return DataverseError(
        400,
        "0x80040800",
        f"The '{message}' method does not support entities of type '{table}'. MessageProcessorCache returned "
        "MessageProcessor.Empty. ",
    )


def deadlock() -> DataverseError:
    """Say that a bulk call names a row twice, which the database answers in its own way."""
    return DataverseError(500, "0x80044150", "Generic SQL error. Sql ErrorCode: -2146232060 Sql Number: 1205")

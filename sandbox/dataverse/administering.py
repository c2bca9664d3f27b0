"""An administrator at work in the CRM's own screens: columns and options that co-sell counts on are taken away."""

from sandbox.dataverse.crm import as_act, organisation
from sandbox.dataverse.dependants import let_go
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.removing import take_column
from sandbox.world import World


def require(world: World, table: str, column: str) -> None:
    """Make a column one that a form cannot be saved without."""
    _publish(organisation(world), table, column, required=True)


def remove_column(world: World, table: str, column: str) -> None:
    """Delete a column that is there, once its keys are gone and the forms have let go of it."""
    org = organisation(world)
    with org.store.atomic():
        let_go(org, org.table(table), column)
        take_column(org, org.table(table), column)
    org.refresh()
    org.next_version()


def remove_option(world: World, table: str, column: str, *, number: int) -> None:
    """Delete an option of the choice that a column shows: its own, or a global one."""
    org = organisation(world)
    shown = org.table(table).columns[column]
    piece = org.customisations.get("choice", shown.choice)
    offered = piece["values"]["options"] if piece else shown.options
    left = {value: label for value, label in offered.items() if value != number}
    if piece is None:
        _publish(org, table, column, options=left)
    else:
        org.customisations.settle("choice", shown.choice, options=left)
        org.refresh()


def _publish(org: Organisation, table: str, column: str, **changes: object) -> None:
    org.customisations.draft("column", f"{table}.{column}", **changes)
    org.customisations.publish(tables={table}, choices=set())
    org.refresh()


ACTS = {f"dataverse.{function.__name__}": as_act(function) for function in (require, remove_column, remove_option)}

"""`airflow cosell`: what an operator asks on the command line. Each command's work is imported when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command

from cosell.sync.ports.memory import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

REASONS = get_args(Reason)
_ENV = Arg(("--env",), help="The environment, as COSELL_ENVIRONMENTS names it", default="default")
_OF_NONE = frozenset({"webhook"})
"""Commands that are about no environment."""
_RUN_ID = Arg(("run_id",), help="The run's id, as Airflow shows it")
_SCENARIO = (
    Arg(("number",), help="1: from the CRM to Partner Center; 2: the other way", type=int, choices=(1, 2)),
    Arg(("--solution",), help="Id of a co-sell ready solution of yours, such as SOL-12345-ABC", required=True),
    Arg(("--seller",), help="E-mail address of the CRM user who owns the test deals; else the setting default_owner"),
    Arg(("--colleague",), help="E-mail address of another CRM user, who takes a test deal over; else nobody does"),
    Arg(("--currency",), help="ISO code of a currency that the CRM has", default="USD"),
    Arg(("--country",), help="The customer's country, in two letters", default="US"),
    Arg(("--minutes",), help="How long to wait for each thing to arrive", type=float, default=15.0),
    Arg(("--yes",), help="Agree to what is made, without being asked", action="store_true"),
)
_RECORD_HELP = "Id of the referral, or of the CRM's row"
_RECORD = Arg(("record",), help=_RECORD_HELP)
_RECORD_OR_NONE = Arg(("record",), help=_RECORD_HELP, nargs="?")
_ALL = Arg(("--all",), help="All held records", action="store_true")
_REASON = Arg(("--reason",), help="Only those held for this reason, such as conflict or refused", choices=REASONS)
_CHOICE = (
    Arg(("--field",), help="The field, by its name in the mapping", required=True),
    Arg(("--take",), help="The side whose value counts", choices=("partner_center", "dataverse"), required=True),
)
_WHAT = Arg(("what",), help="What stopped the sync", choices=("brake", "mapping"))
_EVENTS = Arg(
    ("--events",),
    help="For the connection partner_center_events_default (or _ENV), where another account registers the webhook",
    action="store_true",
)
_STATUS = Arg(("--status",), help="Only say how each sign-in does: last use, end, last error", action="store_true")
_URL = Arg(("what",), help="What to print", choices=("url",))
_LIMIT = Arg(("--limit",), help="Most records shown", type=int, default=100)
_FIELD = Arg(("field",), help="The field, by its name in the mapping, such as deal_value")
_DRY_RUN = Arg(("--dry-run",), help="Only say what would change; write nothing", action="store_true")
_FILE = (
    Arg(("file",), help="CSV or XLSX; its first row names the columns solution id, name, type, active"),
    Arg(("--sheet",), help="The sheet of the workbook, where it has several"),
    Arg(("--retire-others",), help="Retire what the file does not hold", action="store_true"),
    _DRY_RUN,
)

_CONNECTION = Arg(
    ("--connection",),
    help="Id of a connection whose application may customise the CRM (role System Customizer); else the environment's",
)


_INTO = Arg(("--into",), help="Your folder of mapping files; else the last one of COSELL_MAPPINGS")
_COLUMN = Arg(("column",), help="Logical name of the column on opportunity, such as new_products")
_TO_FILE = Arg(("file",), help="Where to write the solution's zip")
_FROM_FILE = Arg(("file",), help="The solution's zip, as exported from the environment where it was tried")
_MANAGED = Arg(("--managed",), help="As a managed solution, as production takes it", action="store_true")

_COMMANDS = (
    (
        "plan",
        "plan.show_plan",
        "Show what a dry run would change, per record and field, with contacts masked",
        (_RUN_ID,),
    ),
    ("report", "report.show_report", "Show what a run did, in numbers and line by line", (_RUN_ID, _LIMIT)),
    (
        "unsettled",
        "unsettled.show_unsettled",
        "List the records that wait, are refused, in conflict or set aside, and why; and what stopped",
        (_REASON, _LIMIT),
    ),
    (
        "resolve",
        "resolve.keep_choice",
        "Take one side's value of a field for a held deal; the next run carries it to the other side",
        (_RECORD, *_CHOICE),
    ),
    ("retry", "retry.try_again", "Let held records be tried again by the next run", (_RECORD_OR_NONE, _ALL, _REASON)),
    (
        "allow",
        "allow.let_through",
        "Let the next run of cosell_sync pass a brake, or a changed mapping, exactly as it stands",
        (_WHAT,),
    ),
    (
        "scenario",
        "scenario.run_scenario",
        "Play a labelled, private test deal from end to end, and close it afterwards",
        _SCENARIO,
    ),
    (
        "setup",
        "setup.set_up",
        "Bring the tables, columns, choices, keys and form that co-sell needs into Dynamics 365",
        (_DRY_RUN, _CONNECTION),
    ),
    (
        "doctor",
        "doctor.examine_all",
        "Check all that the sync stands on, and say how to mend what is wrong; changes nothing",
        (),
    ),
    ("enable", "enable.switch_on", "Switch the DAGs on, in their order, where the doctor finds nothing wrong", ()),
    (
        "settings",
        "settings.show_settings",
        "Show every setting: type, value, default, and where the value comes from",
        (),
    ),
    (
        "sign-in",
        "sign_in.sign_in",
        "Sign in to Partner Center with MFA, by a code typed on any device",
        (_EVENTS, _STATUS),
    ),
    ("webhook", "webhook.show_address", "Print the address to register for Partner Center's events", (_URL,)),
    (
        "remove-marks",
        "remove_marks.remove_marks",
        "Take the check marks and crosses that the sync wrote off the names in the CRM; without --yes only count them",
        (Arg(("--yes",), help="Take them off", action="store_true"),),
    ),
)
"""Name, what does the work (in this folder), help, arguments."""

_GROUPS = (
    (
        "mapping",
        "Look into the mapping in force",
        (
            ("check", "mapping.check_mapping", "Hold the mapping against the columns that the CRM has now", ()),
            ("explain", "mapping.explain_field", "Say what holds for one field, and which file says so", (_FIELD,)),
            ("doc", "mapping.print_page", "Print the mapping in force as a Markdown page", ()),
            (
                "adopt",
                "adopt.adopt",
                "Find columns of Microsoft's own connector by their display names, and map our fields to them",
                (_INTO, Arg(("--yes",), help="Write the file", action="store_true")),
            ),
            (
                "try",
                "mapping.try_record",
                "Show one real record as the mapping reads it, and what the other side would be told",
                (_RECORD,),
            ),
        ),
    ),
    (
        "solution",
        "Carry what setup made from one Dynamics environment to the next",
        (
            ("export", "solution.export_file", "Write the solution into a file", (_TO_FILE, _MANAGED, _CONNECTION)),
            (
                "import",
                "solution.import_file",
                "Put a solution's file into an environment; refused where a mapped column would still lack",
                (_FROM_FILE, _CONNECTION),
            ),
        ),
    ),
    (
        "solutions",
        "Keep the catalogue of solutions that sellers pick from",
        (
            ("import", "solutions.import_file", "Add, update and retire solutions as a file says", _FILE),
            (
                "copy",
                "copy_products.copy_products",
                "Copy solutions that another connector kept as text on opportunities into rows of the deals",
                (_COLUMN, Arg(("--yes",), help="Make the rows; else they are only listed", action="store_true")),
            ),
            (
                "seen",
                "solutions.take_seen",
                "Add the solutions that stand on referrals and are not in the catalogue",
                (_DRY_RUN,),
            ),
        ),
    ),
)
"""Name, help, commands like those above."""


def commands() -> list[GroupCommand]:
    """Give the command group, as Airflow's parser wants it."""
    groups = tuple(GroupCommand(name=name, help=text, subcommands=_actions(rows)) for name, text, rows in _GROUPS)
    subcommands = (*_actions(_COMMANDS), *groups)
    return [GroupCommand(name="cosell", help="Look into the co-sell sync", subcommands=subcommands)]


def _actions(rows: Sequence[tuple[str, str, str, tuple[Arg, ...]]]) -> tuple[ActionCommand, ...]:
    return tuple(
        ActionCommand(
            name=name,
            help=text,
            func=lazy_load_command(f"cosell.commands.{work}"),
            args=args if name in _OF_NONE else (*args, _ENV),
        )
        for name, work, text, args in rows
    )

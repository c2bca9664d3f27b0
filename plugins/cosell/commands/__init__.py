"""`airflow cosell`: what an operator asks on the command line. Each command's work is imported when it is called."""

from __future__ import annotations

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command

_RUN_ID = Arg(("run_id",), help="The run's id, as Airflow shows it")
_LIMIT = Arg(("--limit",), help="Most records shown", type=int, default=100)


def commands() -> list[GroupCommand]:
    """Give the command group, as Airflow's parser wants it."""
    return [
        GroupCommand(
            name="cosell",
            help="Look into the co-sell sync",
            subcommands=(
                ActionCommand(
                    name="plan",
                    help="Show what a dry run would change, per record and field, with contacts masked",
                    func=lazy_load_command("cosell.commands.plan.show_plan"),
                    args=(_RUN_ID,),
                ),
                ActionCommand(
                    name="report",
                    help="Show what a run did, in numbers and line by line",
                    func=lazy_load_command("cosell.commands.report.show_report"),
                    args=(_RUN_ID, _LIMIT),
                ),
                ActionCommand(
                    name="unsettled",
                    help="List the records that wait, are refused, in conflict or set aside, and why",
                    func=lazy_load_command("cosell.commands.unsettled.show_unsettled"),
                    args=(_LIMIT,),
                ),
                ActionCommand(
                    name="sign-in",
                    help="Sign in to Partner Center with MFA, by a code typed on any device",
                    func=lazy_load_command("cosell.commands.sign_in.sign_in"),
                    args=(),
                ),
            ),
        )
    ]

"""`airflow cosell mapping adopt`: columns of Microsoft's own connector take the place of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of, sentences

if TYPE_CHECKING:
    from argparse import Namespace


def adopt(args: Namespace) -> None:
    """Show which columns can be adopted and the file that does it; with --yes write the file."""
    from cosell.hooks.adoption import find_adoption, place_for, write_adoption

    environment, out = environment_of(args), console()
    adoption = done(find_adoption(environment))
    for one in adoption.found:
        out.print(
            f"{one.label}: {one.stranger} {f'cannot be adopted, {one.problem}' if one.problem else 'can be adopted'}"
        )
    if not adoption.text:
        out.print("No column of another connector is left to adopt.")
        return
    out.print(f"\n{adoption.text}", soft_wrap=True)
    if not args.yes:
        out.print("Nothing was written. Say --yes to write this file into your folder of mapping files.")
        return
    with sentences():
        file = place_for(args.into)
        write_adoption(adoption.text, file, environment=environment)
    check = f"airflow cosell mapping check{environment.option}"
    out.print(f"{file} was written. Run `{check}`, then accept the changed mapping.")

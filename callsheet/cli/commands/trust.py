"""`callsheet trust`: let the settings files of the working folder do what needs the user's trust."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.cli.options.command import command
from callsheet.cli.options.output import Output
from callsheet.errors import ExitCode
from callsheet.prompts.hidden import spelled
from callsheet.settings.settings import Settings
from callsheet.settings.trust import TrustStore


@click.command("trust", short_help="Trust the settings files of the working folder.")
@click.option("--remove", is_flag=True, help="Trust the folder no longer.")
@command
def trust(output: Output, remove: bool) -> ExitCode:
    """Trust what the settings files of the working folder name: agents to import, a server, a workspace
    elsewhere. Prints it, and remembers the folder with exactly these values: another value needs your trust
    again."""
    store = TrustStore()
    if remove:
        was_trusted = store.forget(Path.cwd())
        said = "not trusted any longer" if was_trusted else "was not trusted"
        return _told(output, [f"{Path.cwd()}: {said}"], is_trusted=False)
    wanted = Settings.load(trust=True).sensitive
    if not wanted:
        return _told(
            output, ["nothing in the settings files of this folder needs your trust"], is_trusted=False
        )
    store.trust(wanted)
    return _told(output, [*wanted.describe(), f"{wanted.folder}: trusted with these values"], is_trusted=True)


def _told(output: Output, lines: list[str], *, is_trusted: bool) -> ExitCode:
    if output.as_json:
        output.document({"folder": str(Path.cwd()), "trusted": is_trusted, "settings": lines[:-1]})
    else:
        for line in lines:
            output.line(spelled(line))
    return ExitCode.DONE

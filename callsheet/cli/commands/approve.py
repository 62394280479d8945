"""`callsheet approve`: approve or deny steps that are waiting for approval."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, go_on, say, user_name
from callsheet.errors import ExitCode
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.errors import NothingWaits
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.state import RunState
from callsheet.settings.settings import Settings


@click.command("approve", short_help="Approve or deny steps that are waiting for approval.")
@click.argument("run", type=RUN)
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--deny", is_flag=True, help="Deny: the step fails.")
@click.option("--no-resume", "stay", is_flag=True, help="Only store the decision; don't resume the run.")
@command
@settings_options
@run_options
def approve(
    output: Output, settings: Settings, run: str, steps: tuple[str, ...], deny: bool, stay: bool
) -> ExitCode:
    """Approve the STEPs of RUN; without STEP, every step that is waiting for approval. `callsheet show RUN`
    prints their inputs.

    If a process is running RUN, it receives the decision; otherwise this command resumes the run, as
    `callsheet resume` does. RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        record = open_record(journal, run)
        wanted = _asked(record, steps)
        owner = say(journal, lambda control: _decide(control, record.id, wanted, deny))
    said = SentSignal(record.id, f"{'denied' if deny else 'approved'}: {', '.join(wanted)}", owner)
    return go_on(output, settings, said, stay=stay)


async def _decide(control: RunControl, run: str, steps: tuple[str, ...], deny: bool) -> RunOwner | None:
    decide, owner = control.deny if deny else control.approve, None
    for step in steps:
        owner = await decide(run, step, by=user_name())
    return owner


def _asked(record: RunState, steps: tuple[str, ...]) -> tuple[str, ...]:
    """The steps to decide about, all of which are waiting for approval. Raises NothingWaits."""
    asked = tuple(record.asked)
    unasked = next((step for step in steps if step not in asked), None)
    if not asked or unasked is not None:
        raise NothingWaits(record.id, unasked, asked)
    return tuple(dict.fromkeys(steps)) or asked

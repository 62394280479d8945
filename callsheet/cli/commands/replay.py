"""`callsheet replay`: a recorded run carried out again, offline, and held against what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from callsheet.cli.options.command import NamedPath, command, secret_option, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.options.what_if import what_if_options
from callsheet.cli.replaying.document import replay_document
from callsheet.cli.replaying.recording_files import recording_files
from callsheet.cli.replaying.replay_session import ReplayOutcome, ReplaySession
from callsheet.cli.replaying.text import error_text, outcome_lines, summary_text, what_if_lines
from callsheet.cli.text.advice import Advice
from callsheet.errors import ExitCode
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.state import RunStatus
from callsheet.recordings.api import RECORDED, fewer_placeholders_text
from callsheet.recordings.replay_result import Replay
from callsheet.settings.settings import Settings

_CODES = {
    RunStatus.COMPLETED: ExitCode.DONE,
    RunStatus.PAUSED: ExitCode.WAITING,
}


@click.command("replay", short_help="Replay recordings offline, and show what is no longer as recorded.")
@click.argument("places", nargs=-1, required=True, type=NamedPath(), metavar="FILE|FOLDER...")
@click.option(
    "--live",
    multiple=True,
    metavar="planner|agents|CAPABILITY",
    help="Who works today, instead of as recorded; may be given several times.",
)
@click.option("--update", is_flag=True, help="Record anew what drifted, and nothing else.")
@secret_option
@command
@settings_options
@what_if_options
def replay(
    output: Output,
    settings: Settings,
    places: tuple[Path, ...],
    live: tuple[str, ...],
    update: bool,
    patterns: tuple[str, ...],
    what_ifs: Sequence[WhatIf],
) -> ExitCode:
    """Carry recorded runs out again, with the planner and the executor of today: offline, without a key, in
    milliseconds. A FOLDER stands for all recordings in it. Ends with 5 where something is not as recorded.

    Agents that are named, or configured, are held against the recorded contracts. --model is for what is
    live; `--model recorded` has everybody answered as recorded.

    What --secret took out of a recording, it has to take out again where --update writes it anew.

    What if: --fail, --return, --slow and --kill have things happen otherwise, at STEP, STEP[ITEM] or
    STEP:ATTEMPT. Shows what would have come of it, and ends as that run does; with 5 where it would take
    something that was not recorded, and is not --live.
    """
    _require_sense(settings, live, update, what_ifs)
    files = recording_files(places)
    if what_ifs and len(files) != 1:
        raise click.UsageError(f"one recording at a time can go otherwise, and there are {len(files)}")
    replayer = ReplaySession(
        output, settings, Liveness.from_names(live), update=update, what_ifs=what_ifs, patterns=patterns
    )
    output.show_by(replayer.shown)
    advice = Advice(settings)
    if what_ifs:
        return _imagine(output, replayer, files[0], what_ifs, advice)
    outcomes = [_replay(output, replayer, file, advice, update=update) for file in files]
    if output.as_json:
        output.document(replay_document(outcomes, replayer.clean))
    elif len(outcomes) > 1:
        output.line(summary_text(outcomes))
    if not update and any(outcome.error is None and not outcome.is_exact for outcome in outcomes):
        flags = [flag for name in live for flag in ("--live", name)]
        flags += (flag for pattern in patterns for flag in ("--secret", pattern))
        asks_model = any(map(_asks_model, outcomes))
        command = advice.command("replay", "--update", *flags, *map(str, places), asks_model=asks_model)
        output.note(f"if that is as it should be, `{command}` records anew what drifted")
    return worst_code(outcomes)


def _require_sense(settings: Settings, live: Sequence[str], update: bool, what_ifs: Sequence[WhatIf]) -> None:
    """Refuse flags that contradict each other."""
    if what_ifs and update:
        raise click.UsageError("--update keeps what is so, not what would be: leave the what-ifs out")
    if "planner" in live and settings.model == RECORDED:
        raise click.UsageError("--live planner asks a model, and --model recorded asks none: leave one out")


def _asks_model(outcome: ReplayOutcome) -> bool:
    """Whether what drifted may take answers that were not recorded, if it is recorded anew."""
    if outcome.replay is None:
        return False
    kinds = {drift.kind for drift in outcome.replay.drifts}
    # Other contracts are in other prompts, and where it was cut short others may come.
    leads_on = DriftKind.AGENT_SCHEMA in kinds or outcome.replay.is_cut_short
    return DriftKind.PROMPT in kinds or (leads_on and outcome.replay.recording.record.model_calls > 0)


def _replay(
    output: Output, replayer: ReplaySession, file: Path, advice: Advice, *, update: bool
) -> ReplayOutcome:
    """Replay a file, and tell at once what came of it."""
    outcome = replayer.replay(file)
    if outcome.error is not None:
        output.note(f"error: {error_text(outcome)}")
    if not output.as_json:
        for line in outcome_lines(outcome, advice, update=update):
            output.line(line)
    if outcome.lost:
        output.note(f"warning: {file}: {fewer_placeholders_text(outcome.lost)}")
    return outcome


def _imagine(
    output: Output, replayer: ReplaySession, file: Path, what_ifs: Sequence[WhatIf], advice: Advice
) -> ExitCode:
    """Show what would have come of a run. Raises what kept it from being replayed."""
    outcome = replayer.replay(file)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.replay is not None, "what was not replayed has an error"
    if output.as_json:
        output.document(replay_document([outcome], replayer.clean, what_ifs))
    else:
        for line in what_if_lines(outcome.replay, what_ifs, advice):
            output.line(line)
    return _end_code(outcome.replay)


def _end_code(replayed: Replay) -> ExitCode:
    """The code of a run that was never there."""
    return ExitCode.DRIFT if replayed.is_cut_short else _CODES.get(replayed.status, ExitCode.FAILED)


def worst_code(outcomes: Sequence[ReplayOutcome]) -> ExitCode:
    """The worst that came of any file."""
    errors = [outcome.error.exit_code for outcome in outcomes if outcome.error is not None]
    if errors:
        return ExitCode.USAGE if ExitCode.USAGE in errors else ExitCode.FAILED
    return ExitCode.DONE if all(outcome.is_in_order for outcome in outcomes) else ExitCode.DRIFT

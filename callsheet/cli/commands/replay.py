"""`callsheet replay`: replay recorded runs offline, and compare the result with the recording."""

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


@click.command("replay", short_help="Replay recordings offline and show what has changed.")
@click.argument("places", nargs=-1, required=True, type=NamedPath(), metavar="FILE|FOLDER...")
@click.option(
    "--live",
    multiple=True,
    metavar="planner|agents|CAPABILITY",
    help="What to run live instead of replaying its recorded answers; repeatable.",
)
@click.option("--update", is_flag=True, help="Rewrite the recordings that drifted, and only those.")
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
    """Replay recorded runs with the current planner and executor: offline, without a key, in milliseconds. A
    FOLDER stands for all recordings in it. Exit code 5 if something differs from the recording.

    Agents given by --agents or the configuration are compared with the recorded contracts. --model is the
    model of live parts; with `--model recorded`, all model answers come from the recording.

    Repeat the --secret options of `callsheet record` when --update rewrites a recording.

    What if: --fail, --return, --slow and --kill change what happens at STEP, STEP[ITEM] or STEP:ATTEMPT.
    Shows the run that would have resulted, and ends with its exit code, or with 5 if it needs an answer that
    was not recorded and is not --live.
    """
    _require_sense(settings, live, update, what_ifs)
    files = recording_files(places)
    if what_ifs and len(files) != 1:
        raise click.UsageError(
            f"--fail, --return, --slow and --kill take one recording, and there are {len(files)}"
        )
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
        output.note(f"if these changes are intended, update the recordings: {command}")
    return worst_code(outcomes)


def _require_sense(settings: Settings, live: Sequence[str], update: bool, what_ifs: Sequence[WhatIf]) -> None:
    """Refuse flags that contradict each other."""
    if what_ifs and update:
        raise click.UsageError(
            "--update cannot be combined with --fail, --return, --slow or --kill: a what-if is not recorded"
        )
    if "planner" in live and settings.model == RECORDED:
        raise click.UsageError(
            "--live planner needs a model, and --model recorded uses none: leave one of them out"
        )


def _asks_model(outcome: ReplayOutcome) -> bool:
    """Whether updating the recording may need model answers that it does not have."""
    if outcome.replay is None:
        return False
    kinds = {drift.kind for drift in outcome.replay.drifts}
    # Changed contracts change the prompts, and after the point where a replay stopped new requests may come.
    leads_on = DriftKind.AGENT_SCHEMA in kinds or outcome.replay.is_cut_short
    return DriftKind.PROMPT in kinds or (leads_on and outcome.replay.recording.record.model_calls > 0)


def _replay(
    output: Output, replayer: ReplaySession, file: Path, advice: Advice, *, update: bool
) -> ReplayOutcome:
    """Replay a file, and print the outcome at once: a folder of recordings may take a while."""
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
    """Show the run that a what-if leads to. Raises the error that prevented the replay."""
    outcome = replayer.replay(file)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.replay is not None, "a file without a replay has an error"
    if output.as_json:
        output.document(replay_document([outcome], replayer.clean, what_ifs))
    else:
        for line in what_if_lines(outcome.replay, what_ifs, advice):
            output.line(line)
    return _end_code(outcome.replay)


def _end_code(replayed: Replay) -> ExitCode:
    """The exit code of a what-if run."""
    return ExitCode.DRIFT if replayed.is_cut_short else _CODES.get(replayed.status, ExitCode.FAILED)


def worst_code(outcomes: Sequence[ReplayOutcome]) -> ExitCode:
    """The exit code of the worst outcome."""
    errors = [outcome.error.exit_code for outcome in outcomes if outcome.error is not None]
    if errors:
        return ExitCode.USAGE if ExitCode.USAGE in errors else ExitCode.FAILED
    return ExitCode.DONE if all(outcome.is_in_order for outcome in outcomes) else ExitCode.DRIFT

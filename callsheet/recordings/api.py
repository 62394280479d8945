"""Recordings from Python: a past run as a file, and the file carried out again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike, environ, fspath
from pathlib import Path
from typing import Literal

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.api import model_of, require_no_loop
from callsheet.executor.clocks.virtual_loop import beside
from callsheet.executor.journal.errors import RunOwned
from callsheet.executor.journal.journal import Journal, RunArchive
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.redaction.placeholders import PLACEHOLDER
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.orchestration.orchestrator import registry_of
from callsheet.recordings.replay import ReplayTerms, Team
from callsheet.recordings.replay import replay as carry_out
from callsheet.recordings.replay_result import Replay
from callsheet.settings.registry import registry_of as configured_registry
from callsheet.settings.settings import Settings

RECORDED = "recorded"
"""In place of a model: the recorded answers, whatever is live."""


def record(
    run: str,
    path: str | PathLike[str] | None = None,
    *,
    store: Journal | str | PathLike[str] | None = None,
    secret_patterns: Sequence[str] = (),
) -> Recording:
    """A past run as a recording, written to `path` if one is given. Everything comes from the journal.
    The returned recording is complete; only the file is without secrets.

    `run` is an id, or the beginning of one; `store` is where runs are stored, by default the configured
    place. What looks like a secret is removed from the file; `secret_patterns` are further regular
    expressions, besides the configured ones.

    Raises RunNotFound, RunAmbiguous, RunOwned while it is still running, RunNotRecordable,
    RecordingUnwritable, SecretPatternInvalid, JournalError, ConfigError.
    """
    settings = Settings.load_here()
    with _archive_of(settings.store if store is None else store) as archive:
        found = archive.find_run(run)
        owner = archive.owner(found)
        if owner is not None:
            raise RunOwned(found, owner.pid, owner.host)
        recording = Recording.from_events(archive.read_events(found))
    if path is not None:
        save_recording(recording, Path(path), redactor_of(settings, secret_patterns))
    return recording


def _archive_of(store: Journal | str | PathLike[str]) -> AbstractContextManager[RunArchive]:
    return run_archive(Path(store)) if isinstance(store, str | PathLike) else nullcontext(store)


def redactor_of(settings: Settings, patterns: Sequence[str] = ()) -> Redactor:
    """Removes the secrets of this environment, and what the patterns match, from recordings. Raises
    SecretPatternInvalid."""
    return Redactor(environ, (*settings.secret_patterns, *patterns))


def save_anew(recording: Recording, path: Path, redactor: Redactor) -> int:
    """Write a recording, perhaps over an older one. Returns how many fewer placeholders for secrets the file
    has than before. Raises what `save_recording` does."""
    before = _placeholders(path)
    save_recording(recording, path, redactor)
    return max(0, len(before) - len(_placeholders(path)))


def fewer_placeholders_text(number: int) -> str:
    """The warning about a rewritten recording with so many fewer placeholders."""
    return (
        f"it has {number} fewer placeholder{'' if number == 1 else 's'} for secrets than before; if the old "
        "file was made with --secret, give the same patterns again, or put them into `secret_patterns` of "
        "the settings"
    )


async def replay(
    recording: Recording | str | PathLike[str],
    *,
    live: str | Iterable[str] = (),
    agents: Iterable[Agent] | Registry | str | PathLike[str] | None = None,
    model: ChatModel | Literal["recorded"] | str | None = None,
    what_if: WhatIf | Iterable[WhatIf] = (),
    update: bool = False,
    workspace: str | PathLike[str] | None = None,
    secret_patterns: Sequence[str] = (),
) -> Replay:
    """Carry a recorded run out again, by the real planner and the real executor, in virtual time.

    Without `live` nothing uses the network: models and agents give their recorded answers. `live` may name
    `planner`, `agents` (all but irreversible work) and single capabilities, which then do their work today.
    `agents` are today's agents, whose contracts are compared with the recorded ones: a list, a registry, or,
    as for `--agents`, the path of a Python file or the name of a module whose agents join the built-in ones.
    `model` is the live model, by default the configured one; with `"recorded"` there is none. `what_if` are
    changes to what happens; then `live` is asked only for what was not recorded. With `update` what drifted
    is done live, and written back to the file of the recording, without secrets: what looks like one, and
    what `secret_patterns` match besides the configured ones.

    Raises what `load_recording` does, WhatIfInvalid, UnknownCapability if no agent provides a capability that
    is to be live, AgentsNotLoaded, ModelNotConfigured, SecretPatternInvalid, RecordingUnwritable, and
    NetworkForbidden.
    """
    return await beside(
        replay_sync,
        recording,
        live=live,
        agents=agents,
        model=model,
        what_if=what_if,
        update=update,
        workspace=workspace,
        secret_patterns=secret_patterns,
    )


def replay_sync(
    recording: Recording | str | PathLike[str],
    *,
    live: str | Iterable[str] = (),
    agents: Iterable[Agent] | Registry | str | PathLike[str] | None = None,
    model: ChatModel | Literal["recorded"] | str | None = None,
    what_if: WhatIf | Iterable[WhatIf] = (),
    update: bool = False,
    workspace: str | PathLike[str] | None = None,
    secret_patterns: Sequence[str] = (),
) -> Replay:
    """The same as `replay`, for code that is not async. Raises AlreadyAsync in code that is."""
    require_no_loop("replay")
    known = recording if isinstance(recording, Recording) else load_recording(Path(recording))
    settings = Settings.load_here()
    liveness = Liveness.from_names([live] if isinstance(live, str) else live)
    redactor = redactor_of(settings, secret_patterns)
    terms = ReplayTerms(
        liveness,
        None if agents is None else _team_of(settings, agents),
        live_model(settings, model, is_needed=liveness.planner, may_help=bool(liveness) or update),
        (what_if,) if isinstance(what_if, WhatIf) else tuple(what_if),
        update,
        settings.workspace if workspace is None else Path(workspace),
        redactor,
    )
    replayed = carry_out(known, terms)
    if replayed.updated is not None and known.source:
        save_recording(replayed.updated, Path(known.source), redactor)
    return replayed


def _placeholders(path: Path) -> frozenset[str]:
    """The placeholders for secrets in a file, each once; none if there is no such file."""
    try:
        return frozenset(PLACEHOLDER.findall(path.read_text("utf-8", errors="replace")))
    except OSError:
        return frozenset()


def _team_of(settings: Settings, agents: Iterable[Agent] | Registry | str | PathLike[str]) -> Team:
    """Today's agents. Raises AgentsNotLoaded, and what Registry raises."""
    if not isinstance(agents, str | PathLike):
        return Team(registry_of(agents))
    return Team(configured_registry(settings.model_copy(update={"agents": (fspath(agents),)})))


def live_model(
    settings: Settings, model: ChatModel | str | None, *, is_needed: bool, may_help: bool
) -> ChatModel | None:
    """The model for what is live. Raises ModelNotConfigured if one is needed and none is configured."""
    if model == RECORDED or not (is_needed or may_help):
        return None
    return model_of(settings, model, required=is_needed)

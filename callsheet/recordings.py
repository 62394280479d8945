"""Recordings from Python: a past run as a file, and the file carried out again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from os import PathLike, environ
from pathlib import Path
from typing import Literal

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.api import journal_of, model_of, require_no_loop
from callsheet.config import Settings
from callsheet.executor.errors import RunOwned
from callsheet.executor.journal import Journal
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.recording import Recording
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.secrets.redactor import Redactor
from callsheet.orchestrator import registry_of
from callsheet.replayed import Replay
from callsheet.replays import Team, Terms
from callsheet.replays import replay as carry_out

RECORDED = "recorded"
"""Stands for a model: that of the recording, whatever is live."""


def record(
    run: str,
    path: str | PathLike[str] | None = None,
    *,
    store: Journal | str | PathLike[str] | None = None,
    secret_patterns: Sequence[str] = (),
) -> Recording:
    """A past run as a recording, written to `path` where one is given. Its journal holds all that it takes.
    What is returned is the run as it was; only the file is without its secrets.

    `run` is an id, or the beginning of one; `store` is where runs are kept, the configured place where
    nothing is said. What looks like a secret is taken out of the file; `secret_patterns` are regular
    expressions for more, beside the configured ones.

    Raises RunNotFound, RunAmbiguous, RunOwned where it is still going on, RunNotRecordable,
    RecordingUnwritable, SecretPatternInvalid, JournalError, ConfigError.
    """
    settings = Settings.load()
    with journal_of(settings, settings.store if store is None else store) as journal:
        found = journal.find(run)
        owner = journal.owner(found)
        if owner is not None:
            raise RunOwned(found, owner.pid, owner.host)
        recording = Recording.of(journal.read(found))
    if path is not None:
        save_recording(recording, Path(path), redactor_of(settings, secret_patterns))
    return recording


def redactor_of(settings: Settings, patterns: Sequence[str] = ()) -> Redactor:
    """Who takes the secrets of this environment, and what the patterns fit, out of recordings. Raises
    SecretPatternInvalid."""
    return Redactor(environ, (*settings.secret_patterns, *patterns))


async def replay(
    recording: Recording | str | PathLike[str],
    *,
    live: str | Iterable[str] = (),
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | Literal["recorded"] | str | None = None,
    what_if: WhatIf | Iterable[WhatIf] = (),
    update: bool = False,
    workspace: str | PathLike[str] | None = None,
) -> Replay:
    """Carry a recorded run out again, by the real planner and the real executor, in virtual time.

    Without `live` nothing uses the network: models and agents answer as they did. `live` may name
    `planner`, `agents` (which leaves out work that cannot be undone) and single capabilities: those are asked
    today. `agents` are today's, which are also
    held against the contracts that were recorded; `model` is who is asked for what is live, the configured
    one where nothing is said, and `"recorded"` for none. `what_if` are things that happen otherwise; then
    `live` is only what was not recorded. With `update` what drifted is done live, and written back to the
    file that the recording comes from.

    Raises what `load_recording` does, WhatIfInvalid, UnknownCapability for what is to be live and nobody
    offers, ModelNotConfigured, RecordingUnwritable, and NetworkForbidden.
    """
    return await asyncio.to_thread(
        replay_sync,
        recording,
        live=live,
        agents=agents,
        model=model,
        what_if=what_if,
        update=update,
        workspace=workspace,
    )


def replay_sync(
    recording: Recording | str | PathLike[str],
    *,
    live: str | Iterable[str] = (),
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | Literal["recorded"] | str | None = None,
    what_if: WhatIf | Iterable[WhatIf] = (),
    update: bool = False,
    workspace: str | PathLike[str] | None = None,
) -> Replay:
    """The same as `replay`, for code that is not async. Raises AlreadyAsync in code that is."""
    require_no_loop("replay")
    known = recording if isinstance(recording, Recording) else load_recording(Path(recording))
    settings = Settings.load()
    liveness = Liveness.of([live] if isinstance(live, str) else live)
    redactor = redactor_of(settings)
    terms = Terms(
        liveness,
        None if agents is None else Team(registry_of(agents)),
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


def live_model(
    settings: Settings, model: ChatModel | str | None, *, is_needed: bool, may_help: bool
) -> ChatModel | None:
    """Who is asked for what is live. Raises ModelNotConfigured where somebody is needed and nobody there."""
    if model == RECORDED or not (is_needed or may_help):
        return None
    return model_of(settings, model, required=is_needed)

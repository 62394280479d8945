"""The environment of a replay: everything that a run meets there, in the place of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.executor.driver.ports import Ports
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import Redacts
from callsheet.executor.replay.history.clock import ReplayClock
from callsheet.executor.replay.history.follower import HistoryFollower
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import ModelCalled
from callsheet.executor.runner.runner import Runner

from .agent_pool import RecordedAgentPool
from .attempts import RecordedAttempt, RecordedAttempts
from .drafts import RecordedDrafts
from .journal import ReplayJournal
from .masking import Masking
from .model import RecordedModel
from .runner import RecordedRunner


class ReplayEnvironment:
    """One replay's model, journal, runner and chooser of agents, around the recorded run.

    `begun` events are there before anybody does anything. `registry` is who is chosen; `today` finds who does
    what is live, where `live_runner` runs it, and `live_model` is who is asked then.
    """

    def __init__(
        self,
        recording: Recording,
        begun: int,
        clock: ReplayClock,
        registry: Registry,
        live: Liveness,
        live_model: ChatModel | None,
        today: Callable[[str, str], Agent | None],
        live_runner: Runner,
        what_ifs: Sequence[WhatIf],
        redactor: Redacts | None,
    ) -> None:
        events = recording.events
        masking = Masking(redactor)
        self.follower = HistoryFollower(events, begun, clock, live=bool(live))
        self.journal = ReplayJournal(events, self.follower, clock)
        self._attempts = RecordedAttempts(events, masking)
        runner = RecordedRunner(
            self._attempts,
            self.follower,
            clock,
            live,
            today,
            live_runner,
            what_ifs,
            self.journal.kill,
            self.journal.stop,
            masking,
        )
        chooser = RecordedAgentPool(registry, self._attempts, self.follower, clock)
        drafts = RecordedDrafts(events, self.follower, clock)
        self.ports = Ports(runner, chooser, self.follower, drafts.around)
        self.happened = runner.happened
        self.model = RecordedModel(
            recording.created.model,
            recording.equipped.context_tokens,
            events,
            self.follower,
            clock,
            live,
            live_model,
            runner.is_live,
            self.journal.stop,
            drafts.go_on,
            masking,
        )

    @property
    def unused_calls(self) -> list[ModelCalled]:
        """The calls of models that were not made again."""
        return self.model.unused

    @property
    def unused_attempts(self) -> Sequence[RecordedAttempt]:
        """The attempts that were not made again."""
        return self._attempts.unused

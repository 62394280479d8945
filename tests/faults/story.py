"""A run and all its lives, seen from outside; and whether it kept what is promised."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import Event

from .fork_server import ForkServer, Life
from .stage import live, the_run
from .witness import Entry, check_promises, step_of, testimony


class Story:
    """One run in a folder. `kills` counts the lives that were ended by SIGKILL."""

    def __init__(self, server: ForkServer, folder: Path, plan: dict[str, Any]) -> None:
        self.server = server
        self.folder = folder
        self.plan = plan
        self.kills = 0
        self.lives = 0

    @property
    def path(self) -> Path:
        """The journal."""
        return self.folder / "runs.db"

    def begin(self, scene: Callable[..., None] = live, **words: Any) -> Life:
        """A life that has said that it is one."""
        words = {"folder": str(self.folder), "plan": self.plan, "life": self.lives} | words
        self.lives += 1
        life = self.server.fork(scene, **words)
        assert life.hear() == "alive"
        return life

    def live(self, point: str = "", count: int = 0) -> Any:
        """One life, to be killed at a boundary. What it came to; None where it was killed."""
        return self.end(self.begin(point=point, count=count))

    def live_for(self, seconds: float) -> Any:
        """One life, which is killed from outside after so many seconds, wherever it is then."""
        life = self.begin()
        try:
            word = life.hear(seconds)
        except TimeoutError:
            self.kill(life)
            return None
        return self.end(life, word)

    def kill(self, life: Life) -> None:
        """End a life at once. It may just have ended by itself."""
        self.kills += life.kill() == -signal.SIGKILL
        life.close()

    def end(self, life: Life, heard: Any = None) -> Any:
        """Wait for the end of a life: what it came to, or None. `heard` was said last."""
        words = life.last_words(heard)
        status = life.wait()
        life.close()
        assert status in (0, -signal.SIGKILL), status
        self.kills += status == -signal.SIGKILL
        return None if status else words

    def events(self) -> list[Event]:
        """What is in the journal."""
        with closing(SqliteJournal(self.path)) as journal:
            return journal.read_events(the_run(journal))

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events() if isinstance(event, kind)]

    def testimony(self) -> list[Entry]:
        """What was seen outside."""
        return testimony(self.folder / "witness")

    def begun(self, step: str) -> list[int]:
        """The numbers of the attempts at a step that really began, in order."""
        return [
            entry.attempt
            for entry in self.testimony()
            if entry.what == "begun" and step_of(entry.key) == step
        ]

    def check(self) -> None:
        """Hold the journal against what was seen outside."""
        with closing(SqliteJournal(self.path)) as journal:
            run = the_run(journal)
            events = journal.read_events(run)
        check_promises(run, events, self.testimony(), is_irreversible=self._irreversible.__contains__)

    @cached_property
    def _irreversible(self) -> frozenset[str]:
        return frozenset(step["id"] for step in self.plan["steps"] if step["capability"] == "send")

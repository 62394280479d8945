"""What tests of agent systems use: the pytest plugin, fakes, and the recording fixture; imports everything
but the command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callsheet.agents.fakes.fake_agent import FakeAgent, fake_agents
    from callsheet.agents.models.scripted import ScriptedModel, Turn
    from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
    from callsheet.recordings.network_guard import NetworkGuard

    from .compared_plan import ComparedPlan, plan_differences
    from .fakes import fakes_of
    from .recorder import Recorder
    from .recording_fixture import RecordingFixture
    from .recording_mark import RecordingMark
    from .site import Site
    from .watched_replay import WatchedReplay

__all__ = [
    "ComparedPlan",
    "FakeAgent",
    "NetworkGuard",
    "Recorder",
    "RecordingFixture",
    "RecordingMark",
    "ScriptedModel",
    "Site",
    "Turn",
    "VirtualClock",
    "WatchedReplay",
    "fake_agents",
    "fakes_of",
    "plan_differences",
    "run_virtually",
]

_HOMES = {
    "callsheet.agents.fakes.fake_agent": ("FakeAgent", "fake_agents"),
    "callsheet.agents.models.scripted": ("ScriptedModel", "Turn"),
    "callsheet.executor.clocks.virtual_loop": ("VirtualClock", "run_virtually"),
    "callsheet.recordings.network_guard": ("NetworkGuard",),
    "callsheet.testing.compared_plan": ("ComparedPlan", "plan_differences"),
    "callsheet.testing.fakes": ("fakes_of",),
    "callsheet.testing.recorder": ("Recorder",),
    "callsheet.testing.recording_fixture": ("RecordingFixture",),
    "callsheet.testing.recording_mark": ("RecordingMark",),
    "callsheet.testing.site": ("Site",),
    "callsheet.testing.watched_replay": ("WatchedReplay",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

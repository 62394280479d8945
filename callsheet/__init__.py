"""Callsheet: a language model writes the plan, checked before anything runs; plain Python runs it.

Every name is imported when it is first used, so that `import callsheet` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from callsheet.version import __version__ as __version__

if TYPE_CHECKING:
    from callsheet.agents.agent import Agent, Context, Isolation
    from callsheet.agents.budget import Budget
    from callsheet.agents.capability import Capability, Effect
    from callsheet.agents.errors import Permanent, Retryable, Surprise
    from callsheet.agents.functions import agent
    from callsheet.agents.llm import LLMAgent
    from callsheet.agents.models.chat import ChatModel
    from callsheet.agents.models.local import LocalModel
    from callsheet.agents.models.openai import OpenAIModel
    from callsheet.agents.models.scripted import ScriptedModel
    from callsheet.agents.registry import Registry
    from callsheet.agents.terms import Terms
    from callsheet.api import check, plan, plan_sync, resume, resume_sync, run, run_sync
    from callsheet.errors import CallsheetError, ExitCode
    from callsheet.executor.control import RunControl
    from callsheet.executor.recording.file import load_recording
    from callsheet.executor.recording.recording import Recording
    from callsheet.executor.replay.drift import Drift, DriftKind
    from callsheet.executor.replay.what_if import WhatIf
    from callsheet.executor.result import RunResult
    from callsheet.orchestrator import Orchestrator
    from callsheet.planner.checker import CheckResult
    from callsheet.planner.plan import Plan, Step
    from callsheet.planner.planner import Planned
    from callsheet.planner.policy import Policy
    from callsheet.recordings import record, replay, replay_sync
    from callsheet.replayed import Replay
    from callsheet.watch import Watch

__all__ = [
    "Agent",
    "Budget",
    "CallsheetError",
    "Capability",
    "ChatModel",
    "CheckResult",
    "Context",
    "Drift",
    "DriftKind",
    "Effect",
    "ExitCode",
    "Isolation",
    "LLMAgent",
    "LocalModel",
    "OpenAIModel",
    "Orchestrator",
    "Permanent",
    "Plan",
    "Planned",
    "Policy",
    "Recording",
    "Registry",
    "Replay",
    "Retryable",
    "RunControl",
    "RunResult",
    "ScriptedModel",
    "Step",
    "Surprise",
    "Terms",
    "Watch",
    "WhatIf",
    "agent",
    "check",
    "load_recording",
    "plan",
    "plan_sync",
    "record",
    "replay",
    "replay_sync",
    "resume",
    "resume_sync",
    "run",
    "run_sync",
]

_HOMES = {
    "callsheet.agents.agent": ("Agent", "Context", "Isolation"),
    "callsheet.agents.budget": ("Budget",),
    "callsheet.agents.capability": ("Capability", "Effect"),
    "callsheet.agents.errors": ("Permanent", "Retryable", "Surprise"),
    "callsheet.agents.functions": ("agent",),
    "callsheet.agents.llm": ("LLMAgent",),
    "callsheet.agents.models.chat": ("ChatModel",),
    "callsheet.agents.models.local": ("LocalModel",),
    "callsheet.agents.models.openai": ("OpenAIModel",),
    "callsheet.agents.models.scripted": ("ScriptedModel",),
    "callsheet.agents.registry": ("Registry",),
    "callsheet.agents.terms": ("Terms",),
    "callsheet.api": ("check", "plan", "plan_sync", "resume", "resume_sync", "run", "run_sync"),
    "callsheet.errors": ("CallsheetError", "ExitCode"),
    "callsheet.executor.control": ("RunControl",),
    "callsheet.executor.recording.file": ("load_recording",),
    "callsheet.executor.recording.recording": ("Recording",),
    "callsheet.executor.replay.drift": ("Drift", "DriftKind"),
    "callsheet.executor.replay.what_if": ("WhatIf",),
    "callsheet.executor.result": ("RunResult",),
    "callsheet.orchestrator": ("Orchestrator",),
    "callsheet.planner.checker": ("CheckResult",),
    "callsheet.planner.plan": ("Plan", "Step"),
    "callsheet.planner.planner": ("Planned",),
    "callsheet.planner.policy": ("Policy",),
    "callsheet.recordings": ("record", "replay", "replay_sync"),
    "callsheet.replayed": ("Replay",),
    "callsheet.watch": ("Watch",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    # Once found, the name is an ordinary one.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

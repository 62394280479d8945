"""Callsheet: a language model writes the plan, checked before anything runs; plain Python runs it.

Every name is imported when it is first used, so that `import callsheet` costs next to nothing.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from callsheet.version import __version__ as __version__

logging.getLogger(__name__).addHandler(logging.NullHandler())

if TYPE_CHECKING:
    from callsheet.agents.agent import Agent, Context, Isolation
    from callsheet.agents.contracts.capability import Capability, Effect
    from callsheet.agents.errors import NotConfigured, Permanent, Retryable, Surprise
    from callsheet.agents.functions.decorator import agent
    from callsheet.agents.llm.llm_agent import LLMAgent
    from callsheet.agents.models.chat import ChatModel
    from callsheet.agents.models.local.model import LocalModel
    from callsheet.agents.models.openai.model import OpenAIModel
    from callsheet.agents.models.scripted import ScriptedModel
    from callsheet.agents.registry import Registry
    from callsheet.agents.spending.budget import Budget
    from callsheet.agents.spending.terms import Terms
    from callsheet.api import check, plan, plan_sync, resume, resume_sync, run, run_sync
    from callsheet.errors import CallsheetError, ExitCode
    from callsheet.executor.driver.control import RunControl
    from callsheet.executor.recording.content.recording import Recording
    from callsheet.executor.recording.file import load_recording
    from callsheet.executor.replay.drift.drift import Drift, DriftKind
    from callsheet.executor.replay.what_if import WhatIf
    from callsheet.executor.run.result import RunResult
    from callsheet.orchestration.listeners import Watch
    from callsheet.orchestration.orchestrator import Orchestrator
    from callsheet.planner.check.checker import CheckResult
    from callsheet.planner.plan.plan import Plan, Step
    from callsheet.planner.plan.policy import Policy
    from callsheet.planner.planning.planner import Planned
    from callsheet.recordings.api import record, replay, replay_sync
    from callsheet.recordings.replay_result import Replay

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
    "NotConfigured",
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
    "callsheet.agents.spending.budget": ("Budget",),
    "callsheet.agents.contracts.capability": ("Capability", "Effect"),
    "callsheet.agents.errors": ("NotConfigured", "Permanent", "Retryable", "Surprise"),
    "callsheet.agents.functions.decorator": ("agent",),
    "callsheet.agents.llm.llm_agent": ("LLMAgent",),
    "callsheet.agents.models.chat": ("ChatModel",),
    "callsheet.agents.models.local.model": ("LocalModel",),
    "callsheet.agents.models.openai.model": ("OpenAIModel",),
    "callsheet.agents.models.scripted": ("ScriptedModel",),
    "callsheet.agents.registry": ("Registry",),
    "callsheet.agents.spending.terms": ("Terms",),
    "callsheet.api": ("check", "plan", "plan_sync", "resume", "resume_sync", "run", "run_sync"),
    "callsheet.errors": ("CallsheetError", "ExitCode"),
    "callsheet.executor.driver.control": ("RunControl",),
    "callsheet.executor.recording.file": ("load_recording",),
    "callsheet.executor.recording.content.recording": ("Recording",),
    "callsheet.executor.replay.drift.drift": ("Drift", "DriftKind"),
    "callsheet.executor.replay.what_if": ("WhatIf",),
    "callsheet.executor.run.result": ("RunResult",),
    "callsheet.orchestration.orchestrator": ("Orchestrator",),
    "callsheet.planner.check.checker": ("CheckResult",),
    "callsheet.planner.plan.plan": ("Plan", "Step"),
    "callsheet.planner.planning.planner": ("Planned",),
    "callsheet.planner.plan.policy": ("Policy",),
    "callsheet.recordings.api": ("record", "replay", "replay_sync"),
    "callsheet.recordings.replay_result": ("Replay",),
    "callsheet.orchestration.listeners": ("Watch",),
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
    return sorted(__all__)

"""Callsheet: a language model writes the plan, checked before anything runs; plain Python runs it.

Every name is imported when it is first used, so that `import callsheet` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callsheet.agents.agent import Agent, Context
    from callsheet.agents.capability import Capability, Effect
    from callsheet.agents.errors import Permanent, Retryable, Surprise
    from callsheet.agents.functions import agent
    from callsheet.agents.registry import Registry
    from callsheet.errors import CallsheetError, ExitCode
    from callsheet.executor.result import RunResult
    from callsheet.planner.plan import Plan, Step

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "CallsheetError",
    "Capability",
    "Context",
    "Effect",
    "ExitCode",
    "Permanent",
    "Plan",
    "Registry",
    "Retryable",
    "RunResult",
    "Step",
    "Surprise",
    "agent",
]

_HOMES = {
    "callsheet.agents.agent": ("Agent", "Context"),
    "callsheet.agents.capability": ("Capability", "Effect"),
    "callsheet.agents.errors": ("Permanent", "Retryable", "Surprise"),
    "callsheet.agents.functions": ("agent",),
    "callsheet.agents.registry": ("Registry",),
    "callsheet.errors": ("CallsheetError", "ExitCode"),
    "callsheet.executor.result": ("RunResult",),
    "callsheet.planner.plan": ("Plan", "Step"),
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

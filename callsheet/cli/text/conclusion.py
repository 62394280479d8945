"""How a run ended, in a few lines, and how to continue it."""

from __future__ import annotations

from collections.abc import Iterator

from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus, StepStatus

from .advice import Advice
from .run import seconds_text, usage_text
from .story import RunView
from .waiting import waiting_lines


def conclusion_lines(story: RunView, advice: Advice) -> Iterator[str]:
    """How the run ended; if it is waiting, for what, and the commands that let it continue."""
    result = story.result
    if result.status is RunStatus.FAILED and result.account:
        yield f"error: {result.account.describe()}"
    yield f"run {result.run} {_ended(story)}; details: {advice.command('show', result.run)}"
    if result.revision > 1:
        command = advice.command("show", result.run, "--revisions")
        yield f"the plan was revised; how and why: {command}"
    yield from waiting_lines(story, advice)


def _ended(story: RunView) -> str:
    result = story.result
    took = seconds_text((result.ended or result.created) - result.created)
    calls = f" ({usage_text(result)})" if result.model_calls else ""
    match result.status:
        case RunStatus.COMPLETED:
            without = f", without {', '.join(result.missing)}" if result.missing else ""
            return f"completed in {took}{calls}{without}"
        case RunStatus.CANCELLED:
            why = f": {story.reason}" if story.reason else ""
            return f"was cancelled{why}; {_done(result)}"
        case RunStatus.PAUSED:
            return _waiting(result)
        case _:
            return f"failed after {took}{calls}"


def _waiting(result: RunResult) -> str:
    if result.asked:
        return "is waiting for your approval"
    return "is waiting for your answer" if result.waiting or result.question else "is paused"


def _done(result: RunResult) -> str:
    if not any(step.attempts for step in result.steps.values()):
        return "nothing was done"
    done = sum(step.status is StepStatus.COMPLETED for step in result.steps.values())
    return f"{done} of {len(result.steps)} steps were completed"

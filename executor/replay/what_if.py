"""What if: things that happen otherwise than they were recorded, on purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.duration import seconds_of
from callsheet.agents.contracts.errors import DurationError
from callsheet.executor.replay.errors import WhatIfInvalid
from callsheet.executor.run.state import Try
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import read_json

Action: TypeAlias = Literal["fail", "return", "slow", "kill"]
_PLACE = re.compile(r"(?P<step>[a-z][a-z0-9_]{0,63})(?:\[(?P<item>\d+)\])?(?::(?P<attempt>\d+))?\Z")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One thing that happens differently in a replay."""

    action: Action
    """What happens: an attempt fails, returns an output or takes longer, or the process is killed."""
    step: str
    """The step at whose attempts it happens."""
    item: int | None = None
    """The one item at whose attempts it happens; None for all."""
    attempt: int | None = None
    """The number of the one attempt; None for all, or for the first where the process is killed."""
    message: str = ""
    """Why it fails."""
    output: JsonObject | None = None
    """What it returns."""
    seconds: float = 0.0
    """How much longer it takes."""

    @classmethod
    def fail(cls, place: str, message: str) -> WhatIf:
        """The attempts at `STEP[ITEM]:ATTEMPT` fail. Raises WhatIfInvalid."""
        return cls("fail", *_place(place), message=message)

    @classmethod
    def give(cls, place: str, output: JsonObject | str) -> WhatIf:
        """They return an output, an object or the JSON of one. Raises WhatIfInvalid."""
        return cls("return", *_place(place), output=_output(place, output))

    @classmethod
    def slow(cls, place: str, seconds: float | str) -> WhatIf:
        """They take longer, by so many seconds, or by a text such as "5m". Raises WhatIfInvalid."""
        try:
            return cls("slow", *_place(place), seconds=seconds_of(seconds))
        except DurationError as error:
            raise WhatIfInvalid(f"the delay of {place!r} is invalid: {error}") from None

    @classmethod
    def kill(cls, place: str) -> WhatIf:
        """The process is killed in the middle of one. Raises WhatIfInvalid."""
        return cls("kill", *_place(place))

    def fits(self, attempt: Try) -> bool:
        """Whether it happens to this attempt."""
        step, item, number = attempt
        return self.step == step and self.item in (None, item) and self.attempt in (None, number)

    def describe(self) -> str:
        """In a few words."""
        place = self.step + ("" if self.item is None else f"[{self.item}]")
        place += "" if self.attempt is None else f":{self.attempt}"
        match self.action:
            case "fail":
                return f"{place} fails: {self.message}"
            case "return":
                return f"{place} returns {json.dumps(self.output, ensure_ascii=False)}"
            case "slow":
                return f"{place} takes {self.seconds:g} s longer"
            case "kill":
                return f"the process is killed while {place} is running"


def require_places(what_ifs: Sequence[WhatIf], steps: Sequence[str]) -> None:
    """See that each happens somewhere: `steps` are those of all plans. Raises WhatIfInvalid."""
    for each in what_ifs:
        if each.step not in steps:
            raise WhatIfInvalid(
                f"no plan of the recording has a step {each.step!r}; there are: {', '.join(steps) or 'none'}"
            )


def _place(text: str) -> tuple[str, int | None, int | None]:
    found = _PLACE.match(text)
    if found is None:
        raise WhatIfInvalid(f"{text!r} is not a place in a plan; write STEP, STEP[ITEM] or STEP:ATTEMPT")
    item, attempt = found["item"], found["attempt"]
    return found["step"], None if item is None else int(item), None if attempt is None else int(attempt)


def _output(place: str, output: JsonObject | str) -> JsonObject:
    if isinstance(output, str):
        try:
            value: Any = read_json(output)
        except DocumentError as error:
            raise WhatIfInvalid(f"the output for {place!r} cannot be read: {error.problem}") from None
    else:
        value = output
    if not isinstance(value, dict):
        raise WhatIfInvalid(
            f"the output for {place!r} is not an object; write one that fits its capability, such as "
            '{"text": "..."}'
        )
    return cast("JsonObject", value)

"""An agent for tests that answers from its capability's output schema, or what a test wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.errors import Permanent, UnknownCapability
from callsheet.agents.fakes.errors import WrongAnswer
from callsheet.agents.spending.terms import Terms

from .sample import sample_of

FakeAnswer: TypeAlias = Mapping[str, Any] | Exception
"""What an attempt gives back: an output, or an error that is raised."""

FakeAnswers: TypeAlias = FakeAnswer | Sequence[FakeAnswer] | Callable[[dict[str, Any]], FakeAnswer] | None
"""The answer of every attempt; or one for each, in order; or what makes one of the inputs; or None, for a
sample of the output schema."""

_MAX_SHOWN = 3


class FakeCall(NamedTuple):
    """One attempt that a fake saw: `attempt` counts from 1, `item` is that of a for_each, or None."""

    inputs: JsonObject
    attempt: int
    step: str
    item: int | None


class FakeAgent(SoloAgent):
    """Keeps a capability's contract without doing its work. `calls` are the attempts it saw, in order.

    Every answer keeps to the output schema: of those that are known beforehand, one that does not raises
    WrongAnswer here; of those that a function makes, Permanent at the attempt. Raises SampleImpossible
    where a sample is wanted and none can be made.
    """

    def __init__(
        self,
        capability: Capability,
        answers: FakeAnswers = None,
        *,
        name: str | None = None,
        terms: Terms | None = None,
    ) -> None:
        # On the loop, so that `calls` are there for the test to look at, in the order of the attempts.
        super().__init__(name or capability.name, capability, Isolation.LOOP, terms)
        self.calls: list[FakeCall] = []
        self._answer = self._reader(answers)

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Give the next answer.

        Raises it where it is an error, what the function raises, and Permanent where there is no answer
        left, or a function's answer doesn't keep to the output schema.
        """
        given = deepcopy(dict(inputs))
        self.calls.append(FakeCall(given, context.attempt, context.step, context.item))
        answer = self._answer(deepcopy(given))
        if isinstance(answer, Exception):
            # Raised again and again, it would else carry the traces of all the attempts before.
            raise answer.with_traceback(None)
        return deepcopy(dict(answer))

    def _reader(self, answers: FakeAnswers) -> Callable[[JsonObject], FakeAnswer]:
        """What finds the answer to inputs."""
        if callable(answers) and not isinstance(answers, type):
            return self._computed(answers)
        if isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
            left = iter([self._checked(each) for each in cast("Sequence[object]", answers)])
            return lambda inputs: next(left, self._none_left(len(answers)))
        always = self._checked(self._sample() if answers is None else answers)
        return lambda inputs: always

    def _sample(self) -> JsonValue:
        return sample_of(self._capability.output_schema, of=f"the output of {self._capability.name!r}")

    def _none_left(self, given: int) -> Permanent:
        return Permanent(
            f"the fake of {self._capability.name!r} has no answer left for attempt {len(self.calls)}: it "
            f"was given {given}; give it one for every attempt, or a function of the inputs"
        )

    def _computed(self, function: Callable[[JsonObject], FakeAnswer]) -> Callable[[JsonObject], FakeAnswer]:
        def compute(inputs: JsonObject) -> FakeAnswer:
            answer = function(inputs)
            try:
                return self._checked(answer)
            except WrongAnswer as error:
                return Permanent(str(error))

        return compute

    def _checked(self, answer: object) -> FakeAnswer:
        if isinstance(answer, Exception):
            return answer
        if not isinstance(answer, Mapping):
            problem = (
                f"{answer!r:.200} is not an answer; give a JSON object, an exception instance, a list "
                "with one of these for each attempt, or a function of the inputs"
            )
            raise WrongAnswer(self._capability.name, problem)
        output = deepcopy(dict(cast("Mapping[str, Any]", answer)))
        problems = self._capability.output_validator.problems(output)
        if problems:
            shown = "; ".join(
                f"{each.pointer or 'its root'}: {each.sentence}" for each in problems[:_MAX_SHOWN]
            )
            raise WrongAnswer(
                self._capability.name, f"{shown}; make it keep to the capability's output schema"
            )
        return output


def fake_agents(
    capabilities: Iterable[Capability], answers: Mapping[str, FakeAnswers] = MappingProxyType({})
) -> tuple[FakeAgent, ...]:
    """A fake for each capability, in their order, with the answers under its name or samples.

    Raises UnknownCapability for a name in `answers` that none of them has, and what FakeAgent raises.
    """
    offered = tuple(capabilities)
    names = tuple(each.name for each in offered)
    for name in answers:
        if name not in names:
            raise UnknownCapability(name, tuple(sorted(names)))
    return tuple(FakeAgent(each, answers.get(each.name)) for each in offered)

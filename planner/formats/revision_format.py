"""The revision formats: what a model writes to decide about a run, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.revision.decision import Accept, Ask, GiveUp
from callsheet.planner.revision.revision import Revision
from callsheet.planner.revision.situation import Situation

Choice: TypeAlias = Revision | Accept | Ask | GiveUp

DECISIONS = ("revise", "accept", "ask", "give_up")


class Proposal(NamedTuple):
    """What a model proposes to do, and why; not checked yet.

    `notes` are the repairs made on the way, `doubts` a sentence for each thing that the model may
    not have meant.
    """

    choice: Choice
    reason: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class WorkedExample(NamedTuple):
    """A situation as the prompt describes it, and a good answer to it."""

    situation: str
    answer: str


class RevisionFormat(Protocol):
    """One way for a model to write a decision. The translation is deterministic."""

    @property
    def name(self) -> str:
        """What options call it: the name of the format of plans that it goes with."""
        ...

    @property
    def rules(self) -> str:
        """The template of the prompt's first message; it is given the lines of the `capabilities`."""
        ...

    @property
    def notation(self) -> str:
        """What an answer consists of, in a word for the model."""
        ...

    def schema(self, situation: Situation) -> JsonObject | None:
        """The JSON Schema of an answer, made for the capabilities and the plan that there are; None where it
        is no JSON."""
        ...

    def grammar(self, situation: Situation) -> str | None:
        """The grammar of an answer that is no JSON, in GBNF."""
        ...

    def examples(self) -> Sequence[WorkedExample]:
        """Worked examples for the prompt."""
        ...

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """How the prompt shows one capability."""
        ...

    def show(self, binding: JsonValue) -> JsonValue:
        """How the prompt shows the JSON of a binding of the plan: as the model would write it."""
        ...

    def show_step(self, step: JsonObject, shown: Callable[[JsonValue], str]) -> str:
        """How the prompt shows what a step of the plan does; `shown` writes a binding, cut to its length."""
        ...

    def new_ids(self, situation: Situation) -> Sequence[str]:
        """What new steps may be called; none where the model is free to choose."""
        ...

    def read_answer(self, text: str, situation: Situation) -> JsonValue:
        """An answer as JSON. Raises ValueError, with a sentence for the model, where it is none."""
        ...

    def read_decision(self, answer: JsonValue, situation: Situation) -> Proposal:
        """What the answer means. Raises ValueError, with a sentence for the model, where it has not
        the shape of the format."""
        ...


def decisions(situation: Situation) -> Sequence[str]:
    """What may be decided: only results that there are can be accepted, or, where nothing is the matter, the
    plan as it is."""
    trouble = situation.trouble
    if trouble is None or trouble.has_results:
        return DECISIONS
    return [each for each in DECISIONS if each != "accept"]


def read_decision(answer: JsonValue, situation: Situation) -> tuple[Accept | Ask | GiveUp | None, str]:
    """What an answer decides, and its reason; None where it wants the plan revised.

    Raises ValueError where it is not an object with one of the possible decisions, or lacks what goes with
    it.
    """
    if not isinstance(answer, dict) or answer.get("decision") not in DECISIONS:
        raise ValueError(f"the answer has to begin with a decision: {_choice(situation)}")
    reason = _text(answer.get("reason"))
    match answer["decision"]:
        case "accept" if "accept" not in decisions(situation):
            raise ValueError(f"there is no result to accept; the decision is {_choice(situation)}")
        case "accept":
            return Accept(reason), reason
        case "ask":
            question = _text(answer.get("question"))
            if not question:
                raise ValueError("the decision is to ask, and there is no question: write it as `question`")
            return Ask(question), reason
        case "give_up":
            if not reason:
                raise ValueError("the decision is to give up, and there is no reason: write it as `reason`")
            return GiveUp(reason), reason
        case _:
            return None, reason


def objects_in(value: JsonValue, name: str) -> tuple[JsonObject, ...]:
    """The objects of a list; null is an empty one. Raises ValueError for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"`{name}` has to be a list of steps")
    return tuple(cast("list[JsonObject]", value))


def texts_in(value: JsonValue, name: str) -> list[str]:
    """The texts of a list, each once; null is an empty one. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"`{name}` has to be a list of the ids of steps")
    return list(dict.fromkeys(cast("list[str]", value)))


def _text(value: JsonValue) -> str:
    return value.strip() if isinstance(value, str) else ""


def _choice(situation: Situation) -> str:
    return " or ".join(f'"{each}"' for each in decisions(situation))

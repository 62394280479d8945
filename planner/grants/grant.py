"""What an approved plan grants, and what a revision of it would do beyond that.

A revision is written by a model that has read what agents returned. So it is held against what people said
and approved, and against nothing that was read since.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, Effect
from callsheet.planner.expressions.tree import Constant, DictDisplay, Tree, children
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .likeness import likenesses
from .targets import Target, TargetKind, targets_in, targets_named_in, texts_in, without_prose

MOST_SENTENCES = 20
"""About one step; how many more there are is said."""
MOST_SEARCHED = 2_000
"""Characters of a name that is looked for in texts."""
MOST_SHOWN = 120
"""Characters of a name in a sentence."""

_EVERYTHING_NEAR = re.compile(r"(?:\./?)?|(?:\*{1,2}/)*[*?]+(?:\.[\w*?]+)*")
"""The workspace itself, and patterns that name nothing in it: they may be looked at, not changed."""
_BEFORE = r"(?<![\w./\\~@#%+-])"
_AFTER = r"(?![\w/\\@%+-]|\.\w|:\d)"


@dataclass(frozen=True, slots=True)
class Words:
    """What people said or approved, as one text, and the hosts and addresses that it names."""

    text: str = ""
    targets: frozenset[Target] = frozenset()

    def adding(self, texts: Iterable[str]) -> Words:
        """These, and more."""
        new = tuple(dict.fromkeys(texts))
        named = (target for text in new for target in targets_named_in(text))
        # No name goes on from one text into the next.
        return Words("\0".join((self.text, *new)), self.targets.union(named))

    def names(self, target: Target) -> bool:
        """Whether the target stands in the text as it is, and not as a part of something longer."""
        if target in self.targets or _host_before(target) in self.targets:
            return True
        # What has no letter, such as `/` or `..`, is in every text; what is too long is in none.
        if not re.search(r"\w", target.name) or len(target.name) > MOST_SEARCHED:
            return False
        pattern = _BEFORE + re.escape(target.name) + _AFTER
        if target.kind in (TargetKind.NAME, TargetKind.CHANNEL):
            return target.name in self.text and re.search(pattern, self.text) is not None
        return re.search(pattern, self.text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Grant:
    """What people allowed by approving a plan.

    `told` is the goal, what people said since, and the literals of steps that change something; `shown` are
    the literals of all other steps, which may be read and no more. `reached` has, for each capability, what
    it was allowed to reach with its resolved inputs. `steps` counts the granted steps, by `likeness` and
    whether they wait for an approval; `changing` are the granted capabilities that change something, each
    with its version and effect, and `guarded` those of which a granted step waits for an approval.
    """

    told: Words = field(default_factory=Words)
    shown: Words = field(default_factory=Words)
    reached: Mapping[str, frozenset[Target]] = field(default_factory=dict[str, frozenset[Target]])
    steps: Mapping[tuple[str, bool], int] = field(default_factory=dict[tuple[str, bool], int])
    changing: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, goal: str, checked: CheckedPlan) -> Self:
        """What a goal and the plan that was approved for it grant."""
        alike = likenesses(checked)
        granted = Counter((alike[id], step.approval) for id, step in checked.steps.items())
        grant = cls(steps=granted, guarded=_guarded(checked)).hearing(goal)
        return grant._naming(checked.steps.values())

    def hearing(self, words: str) -> Self:
        """The grant, and what somebody has said to the run: it counts as the goal does."""
        return replace(self, told=self.told.adding([words]))

    def including(self, step: CompiledStep, inputs: Mapping[str, JsonValue]) -> Self:
        """The grant, and what the step reaches with these inputs, whenever its capability does: for what an
        approved step is given, and for what a person approved later."""
        name = step.capability.name
        reached = self.reached.get(name, frozenset()) | targets_in(inputs)
        return replace(self, reached={**self.reached, name: reached})

    def approving(self, checked: CheckedPlan, id: str) -> Self:
        """The grant, and this one step of a later plan, which a person approved."""
        step, alike = checked.steps[id], likenesses(checked)
        key = alike[id], step.approval
        there = sum((alike[each.id], each.approval) == key for each in checked.steps.values())
        counted = min(self.steps.get(key, 0) + 1, max(there, self.steps.get(key, 0)))
        return replace(self, steps={**self.steps, key: counted})._naming([step])

    def beyond(self, step: CompiledStep, inputs: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """A sentence for each host, address, channel, file or other place that the step would reach with
        these inputs, and that nobody granted. Work without effect reaches nothing."""
        if step.capability.effect is Effect.PURE:
            return ()
        if step.capability.effect is Effect.WRITE:
            inputs = without_prose(inputs)
        foreign = sorted(
            (target for target in targets_in(inputs) if not self._grants(step.capability, target)),
            key=lambda target: (target.kind, target.name),
        )
        sentences = tuple(_sentence(step, target) for target in foreign[:MOST_SENTENCES])
        left = len(foreign) - len(sentences)
        return (*sentences, f"and {left:,} more") if left else sentences

    def widened_by(self, before: CheckedPlan, after: CheckedPlan) -> Mapping[str, str]:
        """The steps of a revised plan that a person has to approve first, each with why.

        `before` is the plan that it revises. What is in the granted plan already, as often, needs nothing:
        the same capability and bindings, depending on the same.
        """
        guarded = self.guarded | _guarded(before)
        found = {id: "; ".join(self._widenings(after.steps[id], guarded)) for id in self._uncovered(after)}
        return {id: found[id] for id in after.steps if found.get(id)}

    def _uncovered(self, checked: CheckedPlan) -> Iterator[str]:
        """The steps that were not granted."""
        left = Counter(self.steps)
        rest = [
            (id, mark)
            for id, mark in likenesses(checked).items()
            if not _take(left, (mark, checked.steps[id].approval))
        ]
        for id, mark in rest:
            # A step that waits for an approval, and was granted without, asks for less.
            if not (checked.steps[id].approval and _take(left, (mark, False))):
                yield id

    def _widenings(self, step: CompiledStep, guarded: frozenset[str]) -> Iterator[str]:
        capability = step.capability
        if not step.approval and capability.name in guarded:
            yield f"`{capability.name}` was approved to wait for an approval, and this step does not wait"
        if capability.effect is Effect.IRREVERSIBLE:
            yield f"`{capability.name}` cannot be undone, and was not approved like this"
        elif capability.effect is Effect.WRITE and _contract(capability) not in self.changing:
            yield f"`{capability.name}` changes something, and the approved plan does not use it"
        yield from self.beyond(step, _constants(step))

    def _grants(self, capability: Capability, target: Target) -> bool:
        reads = capability.effect is Effect.READ
        if reads and target.kind is TargetKind.NAME and _EVERYTHING_NEAR.fullmatch(target.name):
            return True
        if target in self.reached.get(capability.name, ()) or self.told.names(target):
            return True
        return reads and self.shown.names(target)

    def _naming(self, steps: Collection[CompiledStep]) -> Self:
        """The grant, and what stands in these steps as it is."""
        changing = [step for step in steps if step.capability.effect in CHANGING]
        others = [step for step in steps if step.capability.effect not in CHANGING]
        reached = {name: set(targets) for name, targets in self.reached.items()}
        for step in steps:
            reached.setdefault(step.capability.name, set()).update(targets_in(_constants(step)))
        return replace(
            self,
            told=self.told.adding(_literals(changing)),
            shown=self.shown.adding(_literals(others)),
            reached={name: frozenset(targets) for name, targets in reached.items()},
            changing=self.changing | {_contract(step.capability) for step in changing},
        )


def _take(left: Counter[tuple[str, bool]], key: tuple[str, bool]) -> bool:
    left[key] -= 1
    return left[key] >= 0


def _contract(capability: Capability) -> str:
    return f"{capability.name} {capability.version} {capability.effect.value}"


def _guarded(checked: CheckedPlan) -> frozenset[str]:
    return frozenset(step.capability.name for step in checked.steps.values() if step.approval)


def _constants(step: CompiledStep) -> Mapping[str, JsonValue]:
    """The inputs that stand in the plan as they are."""
    return {name: tree.value for name, tree in step.inputs.items() if isinstance(tree, Constant)}


def _literals(steps: Iterable[CompiledStep]) -> Iterator[str]:
    """Every text that stands in the bindings of the steps."""
    pending: list[Tree] = []
    for step in steps:
        pending += step.inputs.values() if step.for_each is None else (*step.inputs.values(), step.for_each)
    while pending:
        match pending.pop():
            case Constant(value):
                yield from texts_in(value)
            case DictDisplay(entries):
                yield from (key for key, _ in entries)
                pending += (value for _, value in entries)
            case tree:
                pending += children(tree)


def _host_before(target: Target) -> Target | None:
    """The host of a name such as `example.com/news`, which may be an address on the web."""
    if target.kind is not TargetKind.NAME or ".." in target.name:
        return None
    return Target(TargetKind.HOST, target.name.split("/", 1)[0].lower())


def _sentence(step: CompiledStep, target: Target) -> str:
    return (
        f"`{step.capability.name}` would reach the {target.kind} {_shown(target.name)}, which neither the "
        "goal nor the approved plan names"
    )


def _shown(name: str) -> str:
    """Nothing hidden, nothing that reorders: the sentence is read by whoever is to approve."""
    cut = name if len(name) <= MOST_SHOWN else f"{name[: MOST_SHOWN - 1]}…"
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in cut)

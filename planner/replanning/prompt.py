"""The messages that ask a model what to do about a run, in an order that lets prompt caches hit.

The rules, the catalog and worked examples come first, and are the same for every question about a
run; then, alone, the situation. What agents wrote stands in it quoted; what the user said does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, JsonObject
from callsheet.agents.models.chat import ChatModel, Message
from callsheet.planner.formats.revision_format import RevisionFormat
from callsheet.planner.planning.draft import Draft
from callsheet.planner.planning.errors import PromptTooLong
from callsheet.planner.planning.prompt import MAX_ANSWER, MAX_PROBLEM, MAX_PROBLEMS, tokens_of
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Mishap, Situation, Standing, Trouble
from callsheet.prompts.cleaning import clean
from callsheet.prompts.quoting import quote
from callsheet.prompts.render import render

from .choices import MAX_ALTERNATIVES, alternatives
from .result_digest import digest

MAX_RESULTS = 2_000
"""Tokens of results that are shown, however large the model's context is."""
MIN_RESULTS = 200
"""Tokens of results, before other things are cut for them."""
MAX_MISHAPS = 4
MAX_OTHERS = 4
MAX_WORDS = 10
MAX_DECISIONS = 10
MAX_RETIRED = 40

_MARKS = ("message", "inputs", "values", "result", "history", "refusal", "budget")


class Detail(NamedTuple):
    """How much is told: descriptions in full or not, the characters of one quoted text and of one input,
    and the steps that have a line."""

    terse: bool
    text: int
    input: int
    steps: int


DETAILS = (Detail(False, 2_000, 600, 200), Detail(False, 600, 200, 60), Detail(True, 200, 80, 20))


class ReplanPrompt:
    """Renders the conversation about one decision."""

    def __init__(self, revision_format: RevisionFormat, situation: Situation) -> None:
        self._format = revision_format
        self._situation = situation
        self._results = {
            id: standing.output
            for id, standing in situation.standings.items()
            if standing.standing is Standing.DONE
        }

    def messages(self, detail: Detail = DETAILS[0], results: str = "") -> tuple[Message, ...]:
        """The rules with the catalog, and the situation with these `results` in it, already quoted."""
        catalog = sorted(self._situation.catalog, key=lambda each: each.name)
        lines = [self._format.signature(each, terse=detail.terse) for each in catalog]
        rules = render(self._format.rules, capabilities=lines)
        question = Message("user", self._describe(detail, results))
        return (Message("system", rules), *self._examples(), question)

    def fitting(self, model: ChatModel, max_tokens: int) -> tuple[Message, ...]:
        """The messages, so that they, an answer of `max_tokens` and a repair turn fit the model's context.

        Results are cut first, then what else is told. Raises PromptTooLong where nothing fits.
        """
        available = model.context_tokens - max_tokens - min(max_tokens, model.context_tokens // 8)
        needed = 0
        for detail in DETAILS:
            needed = tokens_of(self.messages(detail))
            wanted = MIN_RESULTS if self._results and detail is not DETAILS[-1] else 0
            if needed + wanted <= available:
                return self._with_results(detail, available, needed)
        raise PromptTooLong(model.name, needed, max(0, available), len(self._situation.catalog))

    def repair(self, draft: Draft) -> tuple[Message, ...]:
        """The turns that ask for a better decision: the last draft alone, and what is wrong with it."""
        problems = [f"{problem:.{MAX_PROBLEM}}" for problem in draft.problems[:MAX_PROBLEMS]]
        question = Message(
            "user", render("planner/replan_repair", problems=problems, notation=self._format.notation)
        )
        # Servers refuse an empty message.
        if not draft.answer.strip():
            return (question,)
        return (Message("assistant", draft.answer[:MAX_ANSWER]), question)

    def _examples(self) -> Iterator[Message]:
        for example in self._format.examples():
            yield Message("user", example.situation)
            yield Message("assistant", example.answer)

    def _with_results(self, detail: Detail, available: int, needed: int) -> tuple[Message, ...]:
        tokens = min(available - needed, MAX_RESULTS) if self._results else 0
        while tokens > 0:
            messages = self.messages(detail, digest(self._results, tokens))
            if tokens_of(messages) <= available:
                return messages
            # What stands around the results costs a little too.
            tokens = tokens * 3 // 4
        return self.messages(detail)

    def _describe(self, detail: Detail, results: str) -> str:
        situation = self._situation
        steps, more = self._lines(detail)
        history = "\n".join(situation.history[-MAX_DECISIONS:])
        return render(
            "planner/replan_situation",
            goal=situation.goal,
            steps=steps,
            more=more,
            answer=_shown(self._format.show(situation.plan.document["answer"]), detail.input),
            past=self._past(),
            retired=sorted(situation.used_ids - situation.plan.steps.keys())[:MAX_RETIRED],
            results=results,
            troubles=self._troubles(detail),
            pressure=_quoted("budget", situation.pressure, detail),
            history=_quoted("history", history, detail),
            words=situation.words[-MAX_WORDS:],
            refusal=_quoted("refusal", situation.refusal, detail),
            question=_question(situation),
            fresh=self._format.new_ids(situation),
        )

    def _lines(self, detail: Detail) -> tuple[list[str], str]:
        """A line for each step, those first that matter for the decision; and what is said of the others."""
        standings = self._situation.standings
        steps = steps_of(self._situation.plan.document)
        chosen = frozenset(sorted(steps, key=self._ranks().__getitem__)[: detail.steps])
        others = Counter(standings[id].standing.value for id in steps if id not in chosen)
        more = ", ".join(f"{count:,} {standing}" for standing, count in others.items())
        lines = [self._line(step, detail) for id, step in steps.items() if id in chosen]
        return lines, f"{others.total():,} more steps: {more}" if more else ""

    def _ranks(self) -> Mapping[str, int]:
        """How little each step matters: those in trouble most, then their neighbours, then open work."""
        situation = self._situation
        troubled = {each.step for each in (situation.trouble, *situation.others) if each}
        known = situation.plan.steps
        near = {other for id in troubled if id in known for other in known[id].dependencies}
        near |= {id for id, step in known.items() if not troubled.isdisjoint(step.dependencies)}
        done = {id for id in known if situation.standings[id].standing is Standing.DONE}
        return {id: 0 if id in troubled else 1 if id in near else 3 if id in done else 2 for id in known}

    def _line(self, step: JsonObject, detail: Detail) -> str:
        does = self._format.show_step(step, lambda value: _shown(self._format.show(value), detail.input))
        flow = "".join(
            f" {key}: {_shown(self._format.show(value) if key == 'for_each' else value, detail.input)}"
            for key, value in step.items()
            if key not in ("id", "capability", "inputs")
        )
        standing = self._situation.standings[str(step["id"])].standing
        return f"{does}{flow} [{standing}]"

    def _past(self) -> list[str]:
        steps = self._situation.plan.steps
        return [id for id in self._results if id in steps and steps[id].capability.effect in CHANGING]

    def _troubles(self, detail: Detail) -> list[JsonObject]:
        situation = self._situation
        found = (
            [_describe_trouble(situation.trouble, "Step {} is in trouble.", detail)]
            if situation.trouble
            else []
        )
        title = "Step {} is in trouble too; a revision may settle that as well."
        return found + [_describe_trouble(each, title, detail) for each in situation.others[:MAX_OTHERS]]


def _describe_trouble(trouble: Trouble, title: str, detail: Detail) -> JsonObject:
    return {
        "title": title.format(trouble.step),
        "mishaps": [_describe_mishap(each, detail) for each in trouble.mishaps[:MAX_MISHAPS]],
        "more": max(0, len(trouble.mishaps) - MAX_MISHAPS),
    }


def _describe_mishap(mishap: Mishap, detail: Detail) -> JsonObject:
    which = "" if mishap.item is None else f"Item {mishap.item}: "
    times = "one attempt" if mishap.attempts == 1 else f"{mishap.attempts} attempts"
    if mishap.output is not None:
        what = (
            f"it was done, and the result is not as expected: `{_one_line(mishap.expectation)}` does not hold"
        )
    else:
        what = f"after {times} it failed for good ({_one_line(mishap.kind)})"
    parts = (
        _quoted("message", mishap.message, detail),
        _quoted("inputs", mishap.inputs, detail),
        _quoted("values", dict(mishap.values), detail),
        _quoted("result", mishap.output, detail),
    )
    return {"title": f"{which}{what}.", "parts": [each for each in parts if each]}


def _question(situation: Situation) -> str:
    if situation.trouble:
        accept = " Its result can be accepted as it is." if situation.trouble.has_results else ""
        others = ", ".join(alternatives(situation)[:MAX_ALTERNATIVES])
        instead = f" What takes the same inputs: {others}." if others else ""
        return f"What is to be done about step {situation.trouble.step}?{instead}{accept}"
    if situation.pressure:
        return "What is to be done about the budget?"
    return "What is to be done about what the user has said last?"


def _quoted(name: str, value: JsonValue, detail: Detail) -> str:
    return quote(name, value, detail.text, others=_MARKS) if value else ""


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())[:300]


def _shown(value: JsonValue, limit: int) -> str:
    # A planner may have copied into its plan what it read in a result.
    text = clean(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"

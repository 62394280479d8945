"""The plans that are streamed, each written in our notation and in LLMCompiler's lines."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from callsheet.prompts.encoding import local_encoding

from .graphs import SEED, Graph, chain, fan_out, layered

FASTEST, SLOWEST = 0.2, 2.0
"""Seconds that a step takes."""
TOKENS_PER_SECOND = 50.0
BYTES_PER_TOKEN = 4
END_OF_PLAN = "<END_OF_PLAN>"
SUBJECTS = ("revenue", "debt", "staff", "risks", "products", "rivals", "prices", "patents", "suppliers")


@dataclass(frozen=True)
class Written:
    """A plan as a text. `ends` has for each step where it is complete, in characters."""

    text: str
    ends: tuple[int, ...]

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The text token by token (o200k; four characters each where that is not at hand)."""
        encoding = local_encoding()
        if encoding is None:
            starts = range(0, len(self.text), BYTES_PER_TOKEN)
            return tuple(self.text[start : start + BYTES_PER_TOKEN] for start in starts)
        return tuple(map(bytes.decode, encoding.decode_tokens_bytes(encoding.encode_ordinary(self.text))))

    @property
    def seconds(self) -> float:
        """How long it takes to write."""
        return len(self.pieces) / TOKENS_PER_SECOND

    def arrivals(self) -> Iterator[float]:
        """When each step is complete, in seconds from the beginning."""
        length, sent = 0, 0
        for end in self.ends:
            while length < end:
                length += len(self.pieces[sent])
                sent += 1
            yield sent / TOKENS_PER_SECOND

    def bound(self, work: Work) -> float:
        """The least seconds to the answer, if each step starts on its arrival:
        until all is written, and until the last step is done."""
        done: list[float] = []
        for arrival, needed, seconds in zip(
            self.arrivals(), work.graph.dependencies, work.seconds, strict=True
        ):
            done.append(seconds + max([arrival, *(done[each] for each in needed)]))
        return max([self.seconds, *done])


@dataclass(frozen=True)
class Work:
    """A graph of steps, and how many seconds each takes."""

    graph: Graph
    seconds: tuple[float, ...]

    @property
    def ours(self) -> Written:
        """In Callsheet's full format."""
        opening, ends = '{"steps": [', list[int]()
        text = opening
        for step, needed in enumerate(self.graph.dependencies):
            references = "".join(f" {{s{each + 1}}}" for each in needed)
            written = {"id": f"s{step + 1}", "do": {_tool(needed): {"task": _task(step) + references}}}
            text += (", " if ends else "") + json.dumps(written)
            ends.append(len(text))
        return Written(f'{text}], "answer": "{{s{len(self.graph)}}}"}}', tuple(ends))

    @property
    def lines(self) -> Written:
        """In LLMCompiler's lines: a step is complete with the end of its line."""
        text, ends = "", list[int]()
        for step, needed in enumerate(self.graph.dependencies):
            references = "".join(f" ${each + 1}" for each in needed)
            text += f'{step + 1}. {_tool(needed)}(task="{_task(step)}{references}")\n'
            ends.append(len(text))
        return Written(f"{text}{len(ends) + 1}. join(){END_OF_PLAN}", tuple(ends))


def works() -> tuple[Work, ...]:
    """A chain, a fan-out and a graph in layers, of 6 to 14 steps, their seconds drawn with a fixed seed."""
    draw = random.Random(SEED)
    graphs = chain(6), fan_out(8), _joined(layered(13, width=4))
    return tuple(
        Work(graph, tuple(round(draw.uniform(FASTEST, SLOWEST), 2) for _ in range(len(graph))))
        for graph in graphs
    )


def _joined(graph: Graph) -> Graph:
    """The graph with a last step that needs all that nothing needed: its result is the answer."""
    ends = tuple(step for step, dependants in enumerate(graph.dependants) if not dependants)
    return Graph(graph.name, (*graph.dependencies, ends))


def _tool(needed: Sequence[int]) -> str:
    return "combine" if needed else "research"


def _task(step: int) -> str:
    return f"What the annual reports of Acme and Globex say about their {SUBJECTS[step % len(SUBJECTS)]}:"

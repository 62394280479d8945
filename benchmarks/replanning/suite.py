"""The benchmark: every scene once, with a real model or the scripted one, and what became of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Cell, Report
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import choose_model
from callsheet.cli.text.revisions import revision_lines
from callsheet.executor.run.revisions import tell_revisions
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.planning.planner import default_format
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

from .play import Played, play
from .scene import Scene, read_scenes
from .script import scripted
from .verdict import Ending

SCRIPTED = "scripted"

_FORMATS: Mapping[str, type[LinesFormat] | type[FullFormat]] = {"lines": LinesFormat, "full": FullFormat}
_COLUMNS = (
    "scene",
    "what goes wrong",
    "end",
    "asked",
    "calls",
    "revisions",
    "tokens in",
    "tokens out",
    "kept",
    "begun after",
    "done again",
    "done twice",
    "seconds",
    "why",
)
_MAX_WHY = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: which model, which format, which scenes."""
    parser.add_argument(
        "--model",
        default="local",
        help="as for `callsheet run`: local, local/PATH.gguf or openai/NAME; or `scripted`, which knows what "
        "to do (default: local)",
    )
    parser.add_argument("--format", choices=sorted(_FORMATS), help="what the model writes (default: its own)")
    parser.add_argument("--scene", action="append", metavar="NAME", help="only this one; may be given again")
    parser.add_argument("--story", action="store_true", help="tell every revision on standard error")


def run(options: argparse.Namespace) -> Report:
    """Play the scenes, one after the other."""
    scenes = [each for each in read_scenes() if not options.scene or each.name in options.scene]
    if options.model == SCRIPTED:
        played = asyncio.run(_play_scripted(scenes, story=options.story))
        return _report("the scripted model, format full", played)
    model = choose_model(model_settings(Settings.load(flags={"model": options.model})))
    wire_format: WireFormat = _FORMATS[options.format]() if options.format else default_format(model)
    played = asyncio.run(_play(scenes, model, wire_format, story=options.story))
    return _report(f"{model.name}, format {wire_format.name}", played)


async def _play_scripted(scenes: Sequence[Scene], *, story: bool) -> list[Played]:
    played: list[Played] = []
    for scene in scenes:
        played += await _play([scene], scripted(scene), FullFormat(), story=story)
    return played


async def _play(
    scenes: Sequence[Scene], model: ChatModel, wire_format: WireFormat, *, story: bool
) -> list[Played]:
    played: list[Played] = []
    for scene in scenes:
        with TemporaryDirectory() as folder:
            played.append(await play(scene, model, wire_format, Path(folder)))
        _tell(played[-1], story=story)
    return played


def _tell(played: Played, *, story: bool) -> None:
    ending, why = played.verdict
    line = f"{played.seconds:6.1f} s  {played.scene.name}: {ending}  {why}".rstrip()
    lines = revision_lines(tell_revisions(played.events)) if story else ()
    print(line, *(f"          {each}" for each in lines), sep="\n", file=sys.stderr, flush=True)


def _report(with_what: str, played: Sequence[Played]) -> Report:
    endings = Counter(each.verdict.ending for each in played)
    totals: dict[str, Cell] = {
        **{ending.value: endings[ending] for ending in Ending},
        "revisions": sum(each.figures.revisions for each in played),
        "calls of the planner": sum(each.figures.calls for each in played),
        "tokens in": sum(each.figures.usage.input_tokens for each in played),
        "tokens out": sum(each.figures.usage.output_tokens for each in played),
        "kept": sum(len(each.figures.kept) for each in played),
        "done again without a changed input": sum(len(each.figures.repeated) for each in played),
        "done twice for good": sum(each.done_twice for each in played),
    }
    met = all(each.keeps_promises for each in played)
    return Report(f"Replanning with {with_what}", _COLUMNS, tuple(map(_row, played)), totals, met)


def _row(played: Played) -> tuple[Cell, ...]:
    figures, (ending, why) = played.figures, played.verdict
    return (
        played.scene.name,
        played.scene.trouble,
        ending.value,
        figures.asked,
        figures.calls,
        figures.revisions,
        figures.usage.input_tokens,
        figures.usage.output_tokens,
        len(figures.kept),
        len(figures.begun),
        len(figures.repeated),
        played.done_twice,
        played.seconds,
        why[:_MAX_WHY],
    )

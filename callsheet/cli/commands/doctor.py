"""`callsheet doctor`: whether everything that a run needs is set up, and how to set up what is not."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click
from pydantic import JsonValue

from callsheet.agents.builtin import TABLES_EXTRA, has_tables
from callsheet.agents.models import choice
from callsheet.agents.models.chat import ChatRequest, Message, ask, label_of
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.agents.workspace.workspace import Workspace
from callsheet.cli.options.command import command, examined_settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.text.safe_text import one_line
from callsheet.cli.text.table import aligned
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.journal.reading import is_there
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.settings.errors import ConfigError
from callsheet.settings.model_settings import model_settings
from callsheet.settings.needed_variables import missing_variables
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import SETTINGS, Settings

OLDEST_PYTHON = (3, 11)
PATIENCE_SECONDS = 120.0
_QUESTION = ChatRequest((Message("user", "Answer with the one word: ready"),), max_tokens=16)


class State(StrEnum):
    """The state of one part of the setup."""

    OK = "ok"
    LACKING = "lacking"
    """Without it some goals cannot be pursued; others can."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of one part of the setup, what was found, and what to do about it."""

    part: str
    state: State
    text: str
    advice: str = ""


@click.command("doctor", short_help="Check the setup: Python, agents, workspace, store, model.")
@command
@examined_settings_options
def doctor(output: Output, settings: Settings, problem: ConfigError | None) -> ExitCode:
    """Check Python, the configuration, the extras, the agents, the workspace, the store and the model, which
    gets one short test question, and print how to fix each problem. Exit code 1 if something is wrong.

    With a mistake in the settings, everything else is checked with the usual ones."""
    findings: list[Diagnosis] = []
    if problem is not None:
        advice = "correct it; what follows was found with the usual settings"
        findings.append(Diagnosis("settings", State.WRONG, str(problem), advice))
    for examine in (_python, _extras, _agents, _environment, _workspace, _store, _model):
        if examine is _model and not output.as_json:
            output.note("asking the model a short test question ...")
        findings.append(_examined(examine, settings))
    sound = all(finding.state is not State.WRONG for finding in findings)
    if output.as_json:
        found: list[JsonValue] = [asdict(finding) for finding in findings]
        output.document({"sound": sound, "settings": _settings_document(settings), "findings": found})
    else:
        for line in (*_finding_lines(findings), "", *_settings_lines(settings)):
            output.line(line)
    return ExitCode.DONE if sound else ExitCode.FAILED


def _examined(examine: Callable[[Settings], Diagnosis], settings: Settings) -> Diagnosis:
    try:
        return examine(settings)
    except CallsheetError as error:
        return Diagnosis(examine.__name__.strip("_"), State.WRONG, str(error))


def _python(_: Settings) -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Diagnosis("python", State.WRONG, version, "install Python 3.11 or later")
    return Diagnosis("python", State.OK, f"{version} at {sys.executable}")


def _extras(_: Settings) -> Diagnosis:
    lacking = {
        "callsheet[local] (an embedded model)": importlib.util.find_spec("xllamacpp") is None,
        f"{TABLES_EXTRA} (questions about CSV files)": not has_tables(),
    }
    names = [name for name, is_lacking in lacking.items() if is_lacking]
    if names:
        text = f"not installed: {', '.join(names)}"
        return Diagnosis(
            "extras", State.LACKING, text, "optional; `pip install 'callsheet[local]'` installs both"
        )
    return Diagnosis("extras", State.OK, "callsheet[local] and callsheet[tables] are installed")


def _agents(settings: Settings) -> Diagnosis:
    registry = registry_of(settings)
    if not registry.catalog:
        return Diagnosis("agents", State.WRONG, "no agents are available", "add yours with --agents FILE")
    return Diagnosis(
        "agents", State.OK, f"{len(registry.agents)} agents, {len(registry.catalog)} capabilities"
    )


def _environment(settings: Settings) -> Diagnosis:
    missing = missing_variables(registry_of(settings).agents, os.environ)
    if missing:
        text = ", ".join(f"{name} is not set (needed at {place})" for name, place in missing.items())
        return Diagnosis("environment", State.LACKING, text, f"set {', '.join(missing)}")
    return Diagnosis("environment", State.OK, "what your agents read is set")


def _workspace(settings: Settings) -> Diagnosis:
    root = Workspace(settings.workspace).root
    if not os.access(root, os.W_OK | os.X_OK):
        return Diagnosis(
            "workspace", State.LACKING, f"{root} is not writable", "choose another: --workspace DIR"
        )
    return Diagnosis("workspace", State.OK, str(root))


def _store(settings: Settings) -> Diagnosis:
    if is_there(settings.store):
        SqliteJournal(settings.store, must_exist=True).close()
        return Diagnosis("store", State.OK, f"{settings.store} can be read and written")
    parent = _first_that_exists(settings.store)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        advice = "choose another place: --store FILE"
        return Diagnosis(
            "store", State.WRONG, f"{settings.store} cannot be created: {parent} is not writable", advice
        )
    return Diagnosis("store", State.OK, f"{settings.store} will be created by the first run")


def _first_that_exists(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.exists())


def _model(settings: Settings) -> Diagnosis:
    try:
        model = choice.choose_model(model_settings(settings), sources=())
    except ModelNotConfigured as error:
        return Diagnosis("model", State.WRONG, str(error))
    except WeightsUnavailable as error:
        text = f"the weights of {error.weights} have not been downloaded yet"
        return Diagnosis("model", State.LACKING, text, "the first `callsheet run GOAL` downloads them")
    try:
        reply = asyncio.run(asyncio.wait_for(ask(model, _QUESTION), PATIENCE_SECONDS))
    except TimeoutError:
        text = f"{label_of(model)} did not answer within {PATIENCE_SECONDS:.0f} s"
        return Diagnosis("model", State.WRONG, text, "choose another: --model NAME")
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    said = one_line(reply.text, 40)
    return Diagnosis("model", State.OK, f"{label_of(model)} answered {said!r} ({tokens} tokens)")


def _settings_document(settings: Settings) -> dict[str, JsonValue]:
    return {key: {"value": value, "source": settings.source(key)} for key, value in _shown(settings).items()}


def _shown(settings: Settings) -> dict[str, JsonValue]:
    """The values without secrets: the type of the key hides it; the user and password of an address are
    replaced here."""
    values: dict[str, JsonValue] = settings.model_dump(mode="json", include=set(SETTINGS))
    if settings.base_url is not None:
        values["base_url"] = re.sub(r"//[^/]*@", "//**********@", settings.base_url)
    return values


def _settings_lines(settings: Settings) -> list[str]:
    rows = [("setting", "value", "from")]
    for key, value in _shown(settings).items():
        rows.append((key, _value_text(value), settings.source(key)))
    return aligned(rows)


def _value_text(value: object) -> str:
    """A value as it is written in TOML, but for quotation marks around strings."""
    match value:
        case None:
            return "not set"
        case bool() | list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _finding_lines(findings: list[Diagnosis]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.state:8}{finding.part}: {finding.text}"
        if finding.advice:
            yield f"        {finding.advice}"

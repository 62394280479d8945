"""What all commands share: common flags, and how errors are reported."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from functools import wraps
from pathlib import Path
from typing import Any, Never, TypeAlias

import click

from callsheet.agents.selection.strategies import STRATEGIES
from callsheet.errors import CallsheetError, ExitCode, error_text
from callsheet.executor.run.options import MAXIMA, OPTIONS
from callsheet.settings.errors import ConfigError
from callsheet.settings.settings import Settings

from .errors import OutputNotWritten
from .log import log_on_stderr
from .output import Output

Callback: TypeAlias = Callable[..., ExitCode]
_Decorated: TypeAlias = Callable[..., Any]

# What a shell reports for a program that wrote into a closed pipe: 128 + SIGPIPE.
_BROKEN_PIPE = 141
_SETTINGS = ("model", "workspace", "store", *OPTIONS)
"""The settings that have flags."""
_FOLDER = click.Path(path_type=Path, file_okay=False)


class NamedPath(click.Path):
    """A path that is not empty: an empty one comes from an unset shell variable, and would mean the
    working folder."""

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises click.BadParameter."""
        if value == "":
            self.fail("the path is empty (an unset shell variable?); give a path", param, ctx)
        return super().convert(value, param, ctx)


FILE = NamedPath(dir_okay=False)
"""The type of an argument that names a file."""
secret_option = click.option(
    "--secret",
    "patterns",
    multiple=True,
    metavar="REGEX",
    help="Also remove what this matches, or its group (?P<secret>...). Repeatable.",
)
"""The flag `--secret` of a command that writes recordings, passed to it as `patterns`."""


_RUN_OPTIONS = (
    click.option(
        "--fail-fast/--keep-going",
        "fail_fast",
        default=None,
        help="After a failure, end the run (default), or finish the steps that don't depend on it.",
    ),
    click.option(
        "--hedge/--no-hedge",
        default=None,
        help="Start a second attempt when a step without effects is slower than usual.",
    ),
    click.option(
        "--max-concurrency",
        type=click.IntRange(1, MAXIMA["max_concurrency"]),
        metavar="N",
        help="The most attempts at once (default: 16).",
    ),
    click.option(
        "--max-replans",
        type=click.IntRange(0, MAXIMA["max_replans"]),
        metavar="N",
        help="How often the planner may revise the plan (default: 5; with --plan, 0).",
    ),
    click.option(
        "--budget", metavar="LIMITS", help='Limits of the run, such as "$0.50, 20k tokens, 5m, 100 attempts".'
    ),
    click.option(
        "--time-limit", metavar="SECONDS|5m", help="Fail the run if it takes longer (s, m, h, d, w)."
    ),
    click.option(
        "--strategy",
        type=click.Choice(list(STRATEGIES)),
        help="How to choose among agents (default: balanced).",
    ),
    click.option(
        "--stream/--no-stream",
        default=None,
        help="Start steps while the plan is still being written; needs --yes.",
    ),
)
"""The flags of the options of a run, named like the fields of `RunOptions`."""


def command(function: Callback) -> _Decorated:
    """Give a command `--json` and `--debug`, pass it an `Output`, and exit with the code that it returns or
    that its error has."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
    @click.option("--debug", is_flag=True, help="Show tracebacks, and a log of what happens.")
    @wraps(function)
    def run(*args: Any, as_json: bool, debug: bool, **kwargs: Any) -> Never:
        output = Output(as_json=as_json, debug=debug)
        try:
            # Stdout has only the result, for pipes; what agents print goes to stderr.
            with redirect_stdout(sys.stderr), log_on_stderr(output):
                code: int = function(output, *args, **kwargs)
        except BrokenPipeError:
            code = _close_pipe()
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BaseException as error:
            if isinstance(error, SystemExit):
                raise
            code = _report(error, output, debug)
        sys.exit(code)

    return run


_trust_option = click.option(
    "--trust", is_flag=True, help="Trust the settings files of the working folder for this command."
)


def settings_options(function: Callback) -> Callback:
    """Give a command the flags of the settings, and pass it the resulting `Settings`."""
    return _with_settings_flags(function, _settings)


def examined_settings_options(function: Callback) -> Callback:
    """The same for a command that goes on where they are wrong: `problem` is the ConfigError, and the
    settings are then those without the folder's files, or the usual ones."""

    def read(output: Output, flags: Mapping[str, Any], trust: bool) -> tuple[Settings, ConfigError | None]:
        try:
            return _settings(output, flags, trust), None
        except ConfigError as problem:
            with suppress(ConfigError):
                return Settings.load(flags=flags, has_files=False), problem
            return Settings.load(environment={}, has_files=False), problem

    @wraps(function)
    def examine(
        output: Output, read: tuple[Settings, ConfigError | None], *args: Any, **kwargs: Any
    ) -> ExitCode:
        return function(output, read[0], *args, problem=read[1], **kwargs)

    return _with_settings_flags(examine, read)


def _with_settings_flags(function: Callback, read: Callable[..., Any]) -> Callback:
    @click.option("--model", metavar="NAME", help="The model to use, such as openai/gpt-5.")
    @click.option(
        "--agents", multiple=True, metavar="FILE|MODULE", help="Python code with your agents. Repeatable."
    )
    @click.option("--no-builtin", is_flag=True, help="Don't use the built-in agents.")
    @click.option("--workspace", type=_FOLDER, help="The folder that agents read and write.")
    @click.option(
        "--store", type=FILE, help="The file with the journal of all runs (default: .callsheet/runs.db)."
    )
    @_trust_option
    @wraps(function)
    def load(
        output: Output, *args: Any, no_builtin: bool, agents: tuple[str, ...], trust: bool, **kwargs: Any
    ) -> ExitCode:
        flags = {key: kwargs.pop(key) for key in _SETTINGS if key in kwargs}
        flags |= {"agents": agents or None, "builtin": False if no_builtin else None}
        return function(output, read(output, flags, trust), *args, **kwargs)

    return load


def run_options(function: Callback) -> Callback:
    """Give a command with `settings_options` the flags of all options of a run."""
    for option in reversed(_RUN_OPTIONS):
        function = option(function)
    return function


def store_option(function: Callback) -> Callback:
    """Give a command that needs only the journal the flag `--store`, and pass it the resulting `Settings`."""

    @click.option(
        "--store", type=FILE, help="The file with the journal of all runs (default: .callsheet/runs.db)."
    )
    @_trust_option
    @wraps(function)
    def load(output: Output, *args: Any, store: Path | None, trust: bool, **kwargs: Any) -> ExitCode:
        return function(output, _settings(output, {"store": store}, trust), *args, **kwargs)

    return load


def _settings(output: Output, flags: Mapping[str, Any], trust: bool) -> Settings:
    settings = Settings.load(flags=flags, trust=trust)
    if settings.ignored_note is not None:
        output.note(settings.ignored_note)
    return settings


def _report(error: BaseException, output: Output, debug: bool) -> int:
    """Print the error in one paragraph, and return the exit code."""
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    code, text = _explain(error)
    if output.as_json:
        with suppress(OutputNotWritten):
            output.error(type(error).__name__, text, code)
    output.note(text if code is ExitCode.INTERRUPTED else f"error: {text}")
    return code


def _explain(error: BaseException) -> tuple[ExitCode, str]:
    match error:
        case CallsheetError():
            return error.exit_code, str(error)
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED, "interrupted"
        case _:
            said = f"{type(error).__name__}: {error_text(error)}".rstrip(": ")
            return (
                ExitCode.FAILED,
                f"this is a defect in Callsheet; please report it with the output of --debug: {said}",
            )


def _close_pipe() -> int:
    """The reader of stdout has gone. Redirect stdout, or Python prints an error when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE

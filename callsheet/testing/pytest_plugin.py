"""The pytest plugin: recordings replayed in tests, models by script, fakes of agents, and no network.

pytest loads it wherever Callsheet is installed, so it must cost nothing until a test uses it: the names of
`testing` and `callsheet` are imported at their first use.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import callsheet
from callsheet import testing

if TYPE_CHECKING:
    from callsheet.agents.fakes.fake_agent import FakeAnswers
    from callsheet.agents.models.scripted import Script

    from .fakes import Offers

_MODES = ("none", "missing", "all")
_WRITTEN = "callsheet_recording"
"""The property of a test that has made a recording: it reaches the summary from other processes, too."""
_GUARD = pytest.StashKey["testing.NetworkGuard | None"]()
_CHECKS = pytest.StashKey[list[Callable[[], object]]]()
"""Checks at the end of a test that has passed: each raises an error if it fails."""
_MADE = pytest.StashKey[set[Path]]()
"""The recordings that were made in this session."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("callsheet", "recordings of Callsheet")
    group.addoption(
        "--callsheet-record",
        choices=_MODES,
        help="which recordings to make by live runs: none, those whose files are missing, or all whose "
        "marker says how (default: `callsheet_record` of the ini-file, else none)",
    )
    parser.addini("callsheet_record", "the mode if --callsheet-record is not given", default="none")
    parser.addini(
        "callsheet_strict",
        "whether a test fails for drifts of a strict replay that it has not looked at",
        type="bool",
        default=True,
    )
    parser.addini(
        "callsheet_no_network",
        "whether every test has the `no_network` marker",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and check the mode."""
    config.addinivalue_line(
        "markers",
        "recording(file, *, goal=None, plan=None, agents=None, live=(), model=None, ...): the recording that "
        "the fixture `recording` replays, relative to the test's file, and how it is made",
    )
    config.addinivalue_line(
        "markers",
        "no_network(on=True): while the test runs, no code in the process may use the network",
    )
    mode = _mode(config)
    if mode not in _MODES:
        raise pytest.UsageError(f"callsheet_record is {mode!r}; it must be one of: {', '.join(_MODES)}")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Announce live runs."""
    which = {"missing": "missing recordings", "all": "recordings"}.get(_mode(config))
    return which and f"callsheet: {which} are made by live runs"


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> testing.RecordingFixture:
    """The recording that the test's `recording` marker names, to be replayed."""
    marker = request.node.get_closest_marker("recording")
    if marker is None:
        pytest.fail(
            "the fixture `recording` needs a marker that names the file; write above the test: "
            '@pytest.mark.recording("recordings/brief.yaml")',
            pytrace=False,
        )

    def note(written: str) -> None:
        request.node.user_properties.append((_WRITTEN, written))

    with _told_plainly(callsheet.CallsheetError):
        mark = testing.RecordingMark.from_marker(marker.args, marker.kwargs)
        site = _site(request)
        if _is_to_be_made(request.config, mark, site.path(mark.file)):
            note(testing.Recorder(site, mark).record())
            request.config.stash.setdefault(_MADE, set()).add(site.path(mark.file))
        fixture = testing.RecordingFixture.load(
            mark,
            site,
            strict=request.config.getini("callsheet_strict"),
            on_update=None if _mode(request.config) == "none" else note,
        )
    _check_at_end(request, fixture.require_drifts_seen)
    return fixture


@pytest.fixture
def scripted_model(request: pytest.FixtureRequest) -> Callable[..., testing.ScriptedModel]:
    """Makes `ScriptedModel`s. The test fails if a turn is left over, or a call found no turn."""

    def make(turns: Iterable[Script] | str = (), **options: Any) -> testing.ScriptedModel:
        model = testing.ScriptedModel([turns] if isinstance(turns, str) else turns, **options)
        _check_at_end(request, model.assert_consumed)
        return model

    return make


@pytest.fixture
def fake_agents(request: pytest.FixtureRequest) -> Callable[..., Sequence[testing.FakeAgent]]:
    """Makes a fake for every capability of agents, of a registry, or of a file with agents. Each returns
    what `answers` has under its name, or a sample of its output schema, and keeps its `calls`."""

    def make(offers: Offers, answers: Mapping[str, FakeAnswers] | None = None) -> Sequence[testing.FakeAgent]:
        return testing.fakes_of(offers, _site(request), answers or {})

    return make


@pytest.fixture
def no_network(request: pytest.FixtureRequest) -> testing.NetworkGuard:
    """A guard that is on while the test runs: no code in the process may use the network then, and the test
    fails for an attempt even if its code catches the error."""
    guard = testing.NetworkGuard(everywhere=True)
    request.node.stash[_GUARD] = guard
    return guard


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the state before every run of a test: plugins that rerun a test use the same item."""
    item.stash[_GUARD] = None
    item.stash[_CHECKS] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test under its guard, and then the checks of its fixtures."""
    guard = item.stash.get(_GUARD, None)
    if guard is None and _is_guarded(item):
        guard = testing.NetworkGuard(everywhere=True)
    with guard or nullcontext():
        result = yield
        if guard is not None:
            _fail_for_attempts(guard)
        for check in item.stash.get(_CHECKS, ()):
            with _told_plainly(callsheet.CallsheetError, AssertionError):
                check()
    return result


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Compare two plans by their steps."""
    # If this module was never imported, neither of them is a plan.
    if op != "==" or "callsheet.planner.plan.plan" not in sys.modules:
        return None
    return testing.plan_differences(left, right)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the recordings that were written."""
    reports = (report for each in terminalreporter.stats.values() for report in each)
    found = (value for report in reports for value in _written(report))
    if written := sorted(set(found)):
        terminalreporter.section("callsheet: recordings were written")
        for each in written:
            terminalreporter.line(each)


def _written(report: object) -> Iterator[str]:
    properties = getattr(report, "user_properties", ())
    return (str(value) for name, value in properties if name == _WRITTEN)


def _mode(config: pytest.Config) -> str:
    mode: str = config.getoption("callsheet_record") or config.getini("callsheet_record")
    return mode


def _is_to_be_made(config: pytest.Config, mark: testing.RecordingMark, path: Path) -> bool:
    if not mark.can_be_made or path in config.stash.get(_MADE, ()):
        return False
    mode = _mode(config)
    return mode == "all" or (mode == "missing" and not path.exists())


def _site(request: pytest.FixtureRequest) -> testing.Site:
    return testing.Site(request.path.parent, request.config.rootpath, request.config.invocation_params.dir)


def _is_guarded(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("no_network")
    if marker is None:
        return bool(item.config.getini("callsheet_no_network"))
    return bool(marker.kwargs.get("on", marker.args[0] if marker.args else True))


def _check_at_end(request: pytest.FixtureRequest, check: Callable[[], object]) -> None:
    request.node.stash[_CHECKS].append(check)


def _fail_for_attempts(guard: testing.NetworkGuard) -> None:
    for attempt in guard.attempts[:1]:
        place = "".join(traceback.format_tb(attempt.__traceback__, limit=1))
        pytest.fail(f"{attempt}\n\nThe error was caught here:\n{place}", pytrace=False)


@contextmanager
def _told_plainly(*kinds: type[Exception]) -> Generator[None]:
    """Show errors whose message is enough without a traceback."""
    try:
        yield
    except kinds as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None

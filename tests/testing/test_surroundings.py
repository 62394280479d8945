"""Where the plugin works, and that it costs nothing where it is not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet import testing

from .conftest import Project

pytest_plugins = ["pytester"]

ASYNC_TEST = """
@pytest.mark.recording("recordings/planned.yaml", agents="shop.py")
{marker}async def test_shop(recording):
    run = recording.replay()
    assert run.answer == 24
    run.assert_no_drift()
"""


def test_nothing_is_imported_where_nothing_is_used(project: Project) -> None:
    """A run of pytest whose tests use none of this imports nothing of Callsheet's, and nothing it needs."""
    (project.folder / "test_plain.py").write_text("""
import sys
import pytest

HEAVY = ("pydantic", "jinja2", "msgspec", "openai", "yaml", "tiktoken", "jsonschema_rs")

@pytest.mark.parametrize("number", [1, 2])
def test_plain(number):
    parts = {name for name in sys.modules if name.partition(".")[0] == "callsheet"}
    assert parts <= {"callsheet", "callsheet.version", "callsheet.testing", "callsheet.testing.pytest_plugin"}
    assert not [name for name in HEAVY if name in sys.modules]

@pytest.mark.xfail(strict=True)
def test_compared():
    assert {"a": 1} == {"a": 2}

def test_last():
    test_plain(3)
""")
    result = project.run_apart("test_plain.py")
    result.assert_outcomes(passed=3, xfailed=1)


def test_markers_and_options_are_described(project: Project) -> None:
    """`pytest --markers` and `pytest --help` say what there is."""
    markers = project.run("--markers").stdout
    markers.fnmatch_lines(["@pytest.mark.recording(file, *", "@pytest.mark.no_network(on=True): *"])
    project.run("--help").stdout.fnmatch_lines(
        ["*--callsheet-record={none,missing,all}*", "*callsheet_record *", "*callsheet_no_network *"]
    )


@pytest.mark.parametrize(("mode", "marker"), [("auto", ""), ("strict", "@pytest.mark.asyncio\n")])
def test_async_tests_replay_as_others_do(project: Project, mode: str, marker: str) -> None:
    """With pytest-asyncio, in both of its modes, `recording.replay()` is the same call."""
    result = project.test(ASYNC_TEST.format(marker=marker), "-o", f"asyncio_mode={mode}")
    result.assert_outcomes(passed=1)


def test_an_async_test_may_replay_in_a_thread(project: Project) -> None:
    """Where something live needs the test's own loop to go on meanwhile."""
    result = project.test("""
import asyncio

@pytest.mark.recording("recordings/planned.yaml")
async def test_shop(recording):
    run = await asyncio.to_thread(recording.replay)
    run.assert_no_drift()
""")
    result.assert_outcomes(passed=1)


def test_modules_may_be_imported_by_importlib(project: Project) -> None:
    """With `--import-mode=importlib` files with agents are found beside the test."""
    result = project.test(ASYNC_TEST.format(marker=""), "--import-mode=importlib")
    result.assert_outcomes(passed=1)


def test_the_working_folder_does_not_matter(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths go from the test's file, settings from the root, wherever pytest is started and whereto a test
    changes."""
    (project.folder / "callsheet.toml").write_text('builtin = false\nagents = ["shop.py"]\n')
    (project.folder / "elsewhere").mkdir()
    project.write("""
@pytest.mark.recording("recordings/planned.yaml", agents="shop.py")
def test_shop(recording, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording.replay().assert_no_drift()
    assert recording.replay(live="stock").answer == 24
""")
    monkeypatch.chdir(project.folder / "elsewhere")
    project.run("..").assert_outcomes(passed=1)


@pytest.mark.slow
def test_workers_record_and_replay(project: Project) -> None:
    """Under pytest-xdist each worker writes its own files, whole; the summary has the files of all."""
    tests = [
        f"""
@pytest.mark.recording("recordings/{name}.yaml", agents="shop.py", plan={{
    "goal": "Count {name}", "answer": {{"from": "count"}}, "steps": [
        {{"id": "count", "capability": "stock", "inputs": {{"article": "chair"}}}},
    ],
}})
def test_{name}(recording):
    assert recording.replay().answer == 12
"""
        for name in ("one", "two", "three", "four")
    ]
    project.write("\n".join(tests))
    result = project.run_apart("-n", "2", "--callsheet-record=missing")
    result.assert_outcomes(passed=4)
    written = [line for line in result.outlines if line.endswith("(completed, 1 step, 0 model calls)")]
    assert len(written) == 4
    assert sorted(each.name for each in (project.folder / "recordings").iterdir()) == [
        "four.yaml",
        "one.yaml",
        "planned.yaml",
        "revised.yaml",
        "three.yaml",
        "two.yaml",
    ]
    project.run().assert_outcomes(passed=4)


def test_a_test_that_is_run_again_begins_anew(project: Project) -> None:
    """Plugins that try a failed test once more do so with the same item: what its fixtures promised the first
    time is forgotten."""
    (project.folder / "conftest.py").write_text("""
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    runtestprotocol(item, nextitem=nextitem)
    return True
""")
    result = project.test("""
tries = []

def test_shop(scripted_model):
    tries.append(1)
    scripted_model(["never asked for"] if len(tries) == 1 else [])
""")
    result.assert_outcomes(passed=1)


def test_what_tests_are_made_of_needs_no_pytest() -> None:
    """Only the plugin itself imports pytest: `callsheet.testing` is there for other runners, too."""
    for module in Path(str(testing.__file__)).parent.glob("*.py"):
        assert ("import pytest" in module.read_text("utf-8")) is (module.stem == "pytest_plugin"), module


def test_the_names_are_sorted_there_and_documented() -> None:
    """`callsheet.testing` finds each of its names at the first use."""
    assert testing.__all__ == sorted(testing.__all__)
    assert set(testing.__all__) <= set(dir(testing))
    for name in testing.__all__:
        assert getattr(testing, name).__name__ == name
        assert getattr(testing, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = testing.nothing

"""The `recording` marker and fixture."""

from __future__ import annotations

import pytest

from .conftest import Project

pytest_plugins = ["pytester"]


def test_a_recording_is_replayed_in_a_test(project: Project) -> None:
    """The status, the answer, a step's output, the plans and the drifts are there to be asserted."""
    result = project.test("""
from shop import double, order, stock

@pytest.mark.recording("recordings/revised.yaml", agents=[double, order, stock])
def test_shop(recording):
    run = recording.replay()
    assert run.completed and not run.failed and not run.waiting
    assert run.answer == 24
    assert run.step("count").output == {"result": 12}
    assert len(run.revisions) == 2
    assert recording.recording.goal == run.goal
    run.assert_no_drift()
""")
    result.assert_outcomes(passed=1)


def test_no_agents_are_needed(project: Project) -> None:
    """Where the marker names no agents the recorded ones stand in, and nothing is compared."""
    result = project.test("""
@pytest.mark.recording("recordings/planned.yaml")
def test_shop(recording):
    assert recording.replay().drifts == ()
""")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "agents", ['"shop.py"', '["shop.py"]', "Path(__file__).with_name('shop.py')", "callsheet.Registry(TEAM)"]
)
def test_agents_are_a_list_a_registry_or_a_file(project: Project, agents: str) -> None:
    """A file is looked for beside the test."""
    inner = project.folder / "inner"
    inner.mkdir()
    for name in ("shop.py", "recordings"):
        (project.folder / name).rename(inner / name)
    result = project.test(
        f"""
from pathlib import Path
from shop import double, order, stock
TEAM = [double, order, stock]

@pytest.mark.recording("recordings/planned.yaml", agents={agents})
def test_shop(recording):
    recording.replay().assert_no_drift()
""",
        name="inner/test_shop.py",
    )
    result.assert_outcomes(passed=1)


def test_a_file_is_joined_by_the_built_in_agents(project: Project) -> None:
    """As with `--agents`, unless the configuration says `builtin = false`."""
    body = """
@pytest.mark.recording("recordings/planned.yaml", agents="shop.py")
def test_shop(recording):
    recording.replay().assert_no_drift()
"""
    with (project.folder / "shop.py").open("a") as shop:
        shop.write("""

@callsheet.agent(effect="pure")
def calculate(text: str) -> str:
    \"\"\"Has the name of a built-in one.\"\"\"
    return text
""")
    project.test(body).assert_outcomes(passed=1)
    (project.folder / "callsheet.toml").unlink()
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*two agents are called 'calculate'*"])


def test_agents_and_names_do_not_mix(project: Project) -> None:
    """Agents are all there are; names of files join the built-in ones: a list of both is refused."""
    result = project.test("""
from shop import stock

@pytest.mark.recording("recordings/planned.yaml", agents=[stock, "shop.py"])
def test_shop(recording):
    recording.replay()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*MarkInvalid: @pytest.mark.recording: `agents` takes either agents or names*"]
    )


ANOTHER_DOUBLE = """
from shop import order, stock

@callsheet.agent(effect="pure")
def double(number: int, times: int = 2) -> int:
    "Double a number."
    return times * number
"""


def test_a_drift_is_readable(project: Project) -> None:
    """`assert_no_drift` shows the test's line, the place, what differs, and what to do; nothing of the
    plugin's own code."""
    result = project.test(f"""{ANOTHER_DOUBLE}
@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])
def test_shop(recording):
    recording.replay().assert_no_drift()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       recording.replay().assert_no_drift()",
            "E       *ReplayDrifted: recordings*planned.yaml: the replay differs from the recording",
            "E       agent-schema drift, double: its contract changed",
            'E         + input_schema.properties.times: {"type": "integer", "default": 2}',
            "E       *callsheet replay --update recordings*planned.yaml, with the --agents of the run",
        ]
    )
    result.stdout.no_fnmatch_line("*watched_replay.py*")


def test_a_strict_replay_that_drifts_unseen_fails_its_test(project: Project) -> None:
    """A test that passes, but never looked at the drifts of a strict replay, fails for them."""
    result = project.test(f"""{ANOTHER_DOUBLE}
@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])
def test_shop(recording):
    assert recording.replay().completed
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "recordings*planned.yaml: the replay differs from the recording",
            "agent-schema drift, double: its contract changed",
            "*write `strict=False` in its marker",
            "FAILED test_shop.py::test_shop - *",
        ]
    )


def test_drifts_that_were_looked_at_are_the_tests_business(project: Project) -> None:
    """A test that reads the drifts, fails anyway, says `strict=False`, or replays something live or
    otherwise, is judged by its own assertions."""
    result = project.test(f"""{ANOTHER_DOUBLE}
drifted = pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])

@drifted
def test_read(recording):
    assert [drift.kind for drift in recording.replay().drifts] == ["agent-schema"]

@drifted
def test_caught(recording):
    with pytest.raises(AssertionError, match="its contract changed"):
        recording.replay().assert_no_drift()

@drifted
def test_replay_says_so(recording):
    recording.replay(strict=False)

@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock], strict=False)
def test_marker_says_so(recording):
    recording.replay()

@drifted
def test_live(recording):
    assert recording.replay(live="agents").completed

@drifted
def test_what_if(recording):
    assert recording.replay(what_if=WhatIf.give("count", {{"result": 3}})).step("count").output

@drifted
def test_fails_anyway(recording):
    recording.replay()
    raise ValueError("of its own")
""")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.no_fnmatch_line("*its contract changed*")


def test_strictness_is_an_ini_option(project: Project) -> None:
    """`callsheet_strict = false` lets unseen drifts be, but where a marker says `strict=True`."""
    project.configure(callsheet_strict="false")
    result = project.test(f"""{ANOTHER_DOUBLE}
@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])
def test_lax(recording):
    recording.replay()

@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock], strict=True)
def test_strict(recording):
    recording.replay()
""")
    result.assert_outcomes(passed=1, failed=1)


def test_agents_can_be_live(project: Project) -> None:
    """What the marker says is live is done by its agents; a replay may say otherwise, an empty list too."""
    result = project.test("""
from shop import double, order

@callsheet.agent(effect="read")
def stock(article: str) -> int:
    "Look up how many pieces of an article are in stock."
    return 50

@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock], live="stock")
def test_shop(recording):
    assert recording.replay().step("count").output == {"result": 50}
    assert recording.replay(live=[]).answer == 24
    assert recording.replay(live=["agents"]).answer == 100
""")
    result.assert_outcomes(passed=1)


def test_the_planner_can_be_live(project: Project) -> None:
    """A live planner is asked of the model that the replay, or the marker, names."""
    result = project.test("""
import json
from shop import double, order, stock
PLAN = json.dumps({"steps": [{"id": "count", "do": {"stock": {"article": "chair"}}}], "answer": "{count}"})

@pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])
def test_shop(recording, scripted_model):
    run = recording.replay(live=["planner"], model=scripted_model([PLAN]))
    assert run.answer == 12
    assert [drift.kind for drift in run.drifts][:1] == ["plan"]
""")
    result.assert_outcomes(passed=1)


def test_what_if_a_step_fails(project: Project) -> None:
    """What was not recorded then cuts the replay short, or is live where that is said."""
    result = project.test("""
import json

REVISION = json.dumps({
    "reason": "count by hand", "decision": "give_up", "add": [], "replace": [], "remove": [], "repoint": [],
    "answer": None, "question": None,
})

@pytest.mark.recording("recordings/planned.yaml")
def test_cut_short(recording):
    run = recording.replay(what_if=[WhatIf.fail("count", "the list is gone")])
    assert run.is_cut_short
    assert [drift.where for drift in run.drifts] == ["replanner"]

@pytest.mark.recording("recordings/planned.yaml")
def test_live(recording, scripted_model):
    run = recording.replay(
        what_if=WhatIf.fail("count", "the list is gone"), live=["planner"], model=scripted_model([REVISION])
    )
    assert run.failed
    assert "the list is gone" in str(run.result.account)
""")
    result.assert_outcomes(passed=2)


def test_a_replay_is_shown_by_how_it_went(project: Project) -> None:
    """`assert run.completed` shows why it was not, instead of a thousand events."""
    result = project.test("""
@pytest.mark.recording("recordings/planned.yaml")
def test_shop(recording):
    run = recording.replay(what_if=WhatIf.fail("count", "the list is gone"))
    assert run.completed
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E*where False = <replay of recordings*: running; cut short by prompt drift at replanner>*"]
    )


def test_a_fixture_without_a_marker_says_what_to_write(project: Project) -> None:
    """Nobody has to look up how a recording is named."""
    result = project.test("def test_shop(recording): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*write above the test: @pytest.mark.recording("recordings/brief.yaml")'])


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("recording", "missing a required argument: 'file'"),
        ("recording('a.yaml', gaol='x')", "got an unexpected keyword argument 'gaol'"),
        ("recording('a.yaml', 'b.yaml')", "too many positional arguments"),
        ("recording(3)", "3 is not the path of a recording"),
    ],
)
def test_a_wrong_marker_is_told(project: Project, marker: str, told: str) -> None:
    """A marker that makes no sense is told by its name, with one that does."""
    result = project.test(f"@pytest.mark.{marker}\ndef test_shop(recording): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"@pytest.mark.recording: {told}; give the file first,*"])
    result.stdout.no_fnmatch_line("During handling*")


def test_a_missing_recording_says_how_to_make_it(project: Project) -> None:
    """The path, and the command: pytest's where the marker says what is to be recorded, else `callsheet
    record`."""
    result = project.test("""
@pytest.mark.recording("recordings/none.yaml")
def test_past(recording): pass

@pytest.mark.recording("recordings/none.yaml", goal="Count the chairs")
def test_goal(recording): pass
""")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "there is no recording recordings*none.yaml; *`callsheet record RUN -o recordings*none.yaml`*",
            "there is no recording recordings*none.yaml; make it with `pytest --callsheet-record=missing`",
        ]
    )


def test_a_file_that_is_no_recording_is_told_by_its_line(project: Project) -> None:
    """What is wrong with the file is all that is shown."""
    (project.folder / "recordings" / "planned.yaml").write_text("recording: 1\nevents: 3\n")
    result = project.test('@pytest.mark.recording("recordings/planned.yaml")\ndef test_shop(recording): pass')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*planned.yaml*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_nearest_marker_holds(project: Project) -> None:
    """A marker of a module is for the tests that have none of their own; parameters may bring theirs."""
    result = project.test("""
pytestmark = pytest.mark.recording("recordings/planned.yaml")

def test_module(recording):
    assert recording.path.name == "planned.yaml"

@pytest.mark.recording("recordings/revised.yaml")
def test_own(recording):
    assert recording.path.name == "revised.yaml"

@pytest.mark.parametrize("plans", [
    pytest.param(1, marks=pytest.mark.recording("recordings/planned.yaml")),
    pytest.param(2, marks=pytest.mark.recording("recordings/revised.yaml")),
])
def test_parameters(recording, plans):
    assert len(recording.replay().revisions) == plans
""")
    result.assert_outcomes(passed=4)


def test_what_nobody_offers_is_all_that_is_told(project: Project) -> None:
    """The error of a replay is no consequence of another one."""
    result = project.test("""
@pytest.mark.recording("recordings/planned.yaml")
def test_shop(recording):
    recording.replay(live="nosuch")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UnknownCapability: no agent provides 'nosuch'*"])
    result.stdout.no_fnmatch_line("*no running event loop*")
    result.stdout.no_fnmatch_line("*another exception occurred*")

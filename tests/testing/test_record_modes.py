"""`--callsheet-record`: which recordings are made by live runs."""

from __future__ import annotations

import pytest

from tests.cli.chat_server import ChatServer

from .conftest import Project
from .recorded import GOAL, MISTAKEN, PLANNED

pytest_plugins = ["pytester"]

GOAL_TEST = f"""
@pytest.mark.recording("recordings/new.yaml", goal={GOAL!r}, agents="shop.py", model=callsheet.ScriptedModel(
    [{PLANNED!r}] * 3
))
def test_shop(recording):
    assert recording.replay().answer == 24
"""

PLAN_TEST = """
PLAN = {"goal": "Count", "answer": {"from": "count"}, "steps": [
    {"id": "count", "capability": "stock", "inputs": {"article": "chair"}},
]}

@pytest.mark.recording("recordings/new.yaml", plan=PLAN, agents="shop.py")
def test_shop(recording):
    assert recording.replay().answer == 12
"""

ORDER_TEST = """
PLAN = {"goal": "Order", "answer": {"from": "more"}, "steps": [
    {"id": "more", "capability": "order", "inputs": {"pieces": 8}, "approval": True},
]}

@pytest.mark.recording("recordings/order.yaml", plan=PLAN, agents="shop.py", workspace="work", yes=YES)
def test_shop(recording):
    assert recording.replay().completed is YES
"""


def test_nothing_is_recorded_unless_that_is_said(project: Project) -> None:
    """In the mode `none`, which is the default, a missing recording fails its test, and no model is asked."""
    for arguments in ((), ("--callsheet-record=none",)):
        result = project.test(GOAL_TEST, *arguments)
        result.assert_outcomes(errors=1)
        assert not (project.folder / "recordings" / "new.yaml").exists()


def test_what_is_missing_is_recorded_and_then_replayed(project: Project) -> None:
    """With `missing` a goal is pursued once, its file written, replayed by the test, and told at the end;
    from then on the file is replayed."""
    result = project.test(GOAL_TEST, "--callsheet-record=missing")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "callsheet: missing recordings are made by live runs",
            "*callsheet: recordings were written*",
            "recordings*new.yaml (completed, 2 steps, 1 model call)",
        ]
    )
    written = (project.folder / "recordings" / "new.yaml").read_bytes()
    again = project.run("--callsheet-record=missing")
    again.assert_outcomes(passed=1)
    again.stdout.no_fnmatch_line("*recordings were written*")
    project.run().assert_outcomes(passed=1)
    assert (project.folder / "recordings" / "new.yaml").read_bytes() == written


def test_all_makes_every_recording_anew_once(project: Project) -> None:
    """With `all` what a marker says how to make is made anew, once for all tests of one file; what none says
    how to make is replayed as it is."""
    (project.folder / "recordings" / "new.yaml").write_text("old: true")
    kept = (project.folder / "recordings" / "planned.yaml").read_bytes()
    result = project.test(
        f"""{PLAN_TEST}
test_again = test_shop

@pytest.mark.recording("recordings/planned.yaml")
def test_past(recording):
    assert recording.replay().answer == 24
""",
        "--callsheet-record=all",
        "-rA",
    )
    result.assert_outcomes(passed=3)
    lines = [line for line in result.outlines if line.startswith("recordings") and "(completed" in line]
    assert len(lines) == 1
    assert "1 step, 0 model calls" in lines[0]
    assert (project.folder / "recordings" / "planned.yaml").read_bytes() == kept


def test_the_mode_is_an_ini_option_that_the_command_line_overrules(project: Project) -> None:
    """`callsheet_record` in the ini-file holds where the command line says nothing."""
    project.configure(callsheet_record="missing")
    project.test(PLAN_TEST, "--callsheet-record=none").assert_outcomes(errors=1)
    project.run().assert_outcomes(passed=1)


def test_a_mode_that_is_none_is_refused(project: Project) -> None:
    """A misspelt mode ends pytest before any test runs."""
    project.configure(callsheet_record="sometimes")
    result = project.test(PLAN_TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*callsheet_record is 'sometimes'; it must be one of: none, missing, all*"])


def test_nothing_is_approved_unless_the_marker_says_so(project: Project) -> None:
    """What cannot be undone waits, and the recording with it; with `yes=True` it is done, in the marker's
    workspace."""
    (project.folder / "work").mkdir()
    result = project.test(f"YES = False\n{ORDER_TEST}", "--callsheet-record=missing")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["recordings*order.yaml (waiting for the user, 1 step, 0 model calls)"])
    assert not (project.folder / "orders.txt").exists()
    project.test(f"YES = True\n{ORDER_TEST}", "--callsheet-record=all").assert_outcomes(passed=1)
    assert (project.folder / "orders.txt").read_text() == "8\n"


def test_a_run_that_fails_is_not_kept(project: Project) -> None:
    """No recording is made of a run that failed, say for want of a network, nor is an old one lost to it."""
    old = b"old: true"
    (project.folder / "recordings" / "new.yaml").write_bytes(old)
    result = project.test(
        PLAN_TEST.replace('"article": "chair"', '"article": "chairs"'), "--callsheet-record=all"
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["recordings*new.yaml was not written, *step 'count' failed: there is no article chairs*"]
    )
    assert (project.folder / "recordings" / "new.yaml").read_bytes() == old


def test_a_goal_without_a_model_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no model learns how to get one; there is no traceback."""
    monkeypatch.setattr("callsheet.agents.models.choice.find_spec", lambda name: None, raising=False)
    result = project.test(
        f"""
@pytest.mark.recording("recordings/new.yaml", goal={GOAL!r}, agents="shop.py", model="nobody/nothing")
def test_shop(recording): pass
""",
        "--callsheet-record=missing",
    )
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_live_run_asks_the_configured_model_and_leaves_no_secret(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that speaks the OpenAI protocol is asked, by the settings of the root folder; what is secret
    is not in the file; and the replay asks nobody."""
    with ChatServer([MISTAKEN.replace("chairs", "chair")]).serving() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-live-abcdefghijklmnop")
        (project.folder / "callsheet.toml").write_text('model = "openai/tiny"\nagents = ["shop.py"]\n')
        inner = project.folder / "inner"
        inner.mkdir()
        result = project.test(
            f"""
@pytest.mark.recording("new.yaml", goal={GOAL + " My key is sk-live-abcdefghijklmnop"!r})
def test_shop(recording):
    run = recording.replay()
    assert run.answer == 24
    run.assert_no_drift()
""",
            "--callsheet-record=missing",
            name="inner/test_shop.py",
        )
        result.assert_outcomes(passed=1)
        assert len(server.questions) == 1
    text = (inner / "new.yaml").read_text()
    assert "openai/tiny" in text
    assert "<secret:OPENAI_API_KEY>" in text
    assert "sk-live" not in text


ANOTHER_STOCK = f"""
from shop import double, order

@callsheet.agent(effect="read")
def stock(article: str) -> int:
    "Look up how many pieces of an article are in stock, on all shelves."
    return 12

TURNS = [{PLANNED!r}]
drifted = pytest.mark.recording("recordings/planned.yaml", agents=[double, order, stock])
"""

UPDATE_TEST = f"""{ANOTHER_STOCK}
@drifted
def test_shop(recording, scripted_model):
    assert recording.replay(update=True, model=scripted_model(TURNS)).updated
"""


def test_an_update_records_what_drifted(project: Project) -> None:
    """`replay(update=True)` does what drifted live, changes the file, and is told in the summary."""
    result = project.test(UPDATE_TEST, "--callsheet-record=all")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["recordings*planned.yaml (updated)"])
    assert "on all shelves" in (project.folder / "recordings" / "planned.yaml").read_text()
    project.test(
        f"{ANOTHER_STOCK}\n@drifted\ndef test_shop(recording):\n    recording.replay().assert_no_drift()"
    ).assert_outcomes(passed=1)


def test_an_update_is_refused_where_nothing_is_to_be_recorded(project: Project) -> None:
    """In the mode `none` no test changes a file."""
    file = project.folder / "recordings" / "planned.yaml"
    before = file.read_bytes()
    result = project.test(UPDATE_TEST)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UpdateRefused: recordings*planned.yaml was not updated*"])
    assert file.read_bytes() == before


def test_an_update_that_comes_to_nothing_does_not_pass(project: Project) -> None:
    """Where nobody is there to answer what would be recorded anew, the drifts stand, and the file too."""
    result = project.test(
        f"""{ANOTHER_STOCK}
@drifted
def test_shop(recording):
    recording.replay(update=True, model="recorded")
""",
        "--callsheet-record=all",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["agent-schema drift, stock: its contract changed"])


CODE_TEST = """
@callsheet.agent(effect="read")
def code(door: str) -> str:
    "Look up the code of a door."
    return "LAUNCH 0451"

PLAN = {"goal": "Open it", "answer": {"from": "code"}, "steps": [
    {"id": "code", "capability": "code", "inputs": {"door": "front"}},
]}

@pytest.mark.recording("recordings/code.yaml", plan=PLAN, agents=[code], live="code")
def test_shop(recording):
    recording.replay()
"""


def test_a_recording_that_had_more_placeholders_is_told(project: Project) -> None:
    """Patterns that were given with `--secret` are not known here, neither where a recording is made anew nor
    where it is updated."""
    project.test(CODE_TEST, "--callsheet-record=missing").assert_outcomes(passed=1)
    file = project.folder / "recordings" / "code.yaml"
    secret = file.read_text().replace("LAUNCH 0451", '"<secret-1>"')
    fewer = "it has 1 fewer placeholder for secrets than before; *--secret*"
    update = CODE_TEST.replace("plan=PLAN, ", "").replace("replay()", "replay(update=True)")
    for test, told in ((CODE_TEST, "completed, 1 step, 0 model calls"), (update, "updated")):
        file.write_text(secret)
        result = project.test(test, "--callsheet-record=all")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines([f"recordings*code.yaml ({told}; {fewer}"])

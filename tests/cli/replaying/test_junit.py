"""`callsheet replay --junit`: a report that CI servers read."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, parse, tostring

import pytest

from callsheet.cli.replaying.junit import junit
from callsheet.cli.replaying.replay_session import Outcome
from callsheet.errors import CallsheetError
from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.recorded import record_plan


@pytest.fixture
def shelf(invoke: Invoke, folder: Path) -> Path:
    """A folder with a recording in it, and one below."""
    made = write_plan(folder, step("loud", "shout", text="hello"), answer="loud")
    (folder / "shelf" / "v1.2").mkdir(parents=True)
    record_plan(invoke, folder, made, "shelf/brief.yaml")
    (folder / "shelf" / "v1.2" / "old.yml").write_text((folder / "shelf" / "brief.yaml").read_text())
    return folder / "shelf"


def suite_in(file: Path) -> Element:
    """The only suite of a report."""
    root = parse(file).getroot()
    assert root.tag == "testsuites"
    (suite,) = root
    assert (suite.tag, suite.get("name")) == ("testsuite", "callsheet replay")
    return suite


def test_every_recording_is_a_case(invoke: Invoke, folder: Path, shelf: Path) -> None:
    """Named by its folder and its name, with the time it took; what is as recorded passes. The folders of
    the report are made."""
    assert invoke("replay", "shelf", "--junit", "reports/today/replay.xml").exit_code == 0
    suite = suite_in(folder / "reports" / "today" / "replay.xml")
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["2", "0", "0", "0"]
    assert float(suite.get("time", "")) >= 0
    cases = [(case.get("classname"), case.get("name")) for case in suite]
    assert cases == [("shelf", "brief"), ("shelf.v1_2", "old")]
    for case in suite:
        assert case.tag == "testcase" and len(case) == 0 and float(case.get("time", "")) >= 0


def test_what_drifted_fails_and_what_is_broken_is_an_error(invoke: Invoke, folder: Path, shelf: Path) -> None:
    """With the kinds of drift, the first in a sentence, and all of them in full."""
    (shelf / "v1.2" / "old.yml").write_text("recording: 1\nevents: [\n")
    source = (folder / "team.py").read_text()
    (folder / "team.py").write_text(
        source.replace("def shout(text: str)", "def shout(text: str, n: int = 1)")
    )
    assert invoke("replay", "shelf", "--junit", "junit.xml").exit_code == 2
    suite = suite_in(folder / "junit.xml")
    assert [suite.get(key) for key in ("tests", "failures", "errors")] == ["2", "1", "1"]
    (failure,), (error,) = suite
    assert failure.tag == "failure"
    assert (failure.get("type"), failure.get("message")) == ("agent-schema", "its contract is another")
    assert failure.text == (
        "agent-schema drift, shout: its contract is another\n"
        '  + input_schema.properties.n: {"type": "integer", "default": 1}'
    )
    assert error.tag == "error" and error.get("type") == "RecordingInvalid"
    assert (error.text or "").startswith("shelf/v1.2/old.yml, line ")
    assert error.get("message") == error.text


def test_a_recording_that_was_updated_passes(invoke: Invoke, folder: Path, shelf: Path) -> None:
    """It is what it should be, as of now."""
    source = (folder / "team.py").read_text()
    (folder / "team.py").write_text(
        source.replace("def shout(text: str)", "def shout(text: str, n: int = 1)")
    )
    flags = ("--update", "--model", "recorded", "--junit", "junit.xml")
    assert invoke("replay", "shelf", *flags).exit_code == 0
    assert suite_in(folder / "junit.xml").get("failures") == "0"


@pytest.mark.parametrize(
    ("file", "classname", "name"),
    [
        ("run.yaml", "callsheet replay", "run"),
        ("./a/../b/run.yaml", "a.b", "run"),
        ("/srv/tests/my.run.yaml", "srv.tests", "my.run"),
        ("../up/run.yaml", "up", "run"),
    ],
)
def test_a_case_is_named_as_servers_name_them(file: str, classname: str, name: str) -> None:
    """Folders are packages."""
    ((case,),) = junit([Outcome(Path(file), 0.0, error=CallsheetError("x"))])
    assert (case.get("classname"), case.get("name")) == (classname, name)


def test_what_xml_does_not_allow_is_left_out() -> None:
    """Control characters, half characters, and what is no character; all else stays."""
    error = CallsheetError('\x00\x1b[31m\ud800\ufffe<"东京"> & \U0001f600\ttab\x0b\nnext')
    report = junit([Outcome(Path("a\x07b.yaml"), 1.5, error=error)])
    again = fromstring(tostring(report, encoding="utf-8"))
    ((case,),) = again
    assert (case.get("name"), case.get("time")) == ("ab", "1.500")
    assert case[0].text == 'ab.yaml: [31m<"东京"> & \U0001f600\ttab\nnext'
    assert case[0].get("message") == 'ab.yaml: [31m<"东京"> & \U0001f600\ttab'


def test_a_report_that_cannot_be_written(invoke: Invoke, folder: Path, shelf: Path) -> None:
    """Exit 2, and what the system says; what came of the recordings is told all the same."""
    done = invoke("replay", "shelf", "--junit", "team.py/junit.xml")
    assert done.exit_code == 2
    assert "shelf/brief.yaml: as recorded" in done.stdout
    assert "error: team.py/junit.xml: the report cannot be written: " in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shelf/brief.yaml", None),
        ("team.py", None),
        ("empty.xml", ""),
        ("pom.xml", '<?xml version="1.0"?>\n<project><testsuites/></project>'),
        ("suites.xml", "<testsuitesque/>"),
    ],
)
def test_what_is_no_report_is_left_as_it_is(
    invoke: Invoke, folder: Path, shelf: Path, name: str, text: str | None
) -> None:
    """Exit 2 before anything is run, with what to do."""
    if text is not None:
        (folder / name).write_text(text)
    source = (folder / "team.py").read_text()
    (folder / "team.py").write_text(f"{source}\nfrom pathlib import Path\nPath('loaded').touch()\n")
    before = (folder / name).read_bytes()
    done = invoke("replay", "shelf", "--junit", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {name}: this file is no report, and is left as it is; name another, or remove it first\n"
    )
    assert (folder / name).read_bytes() == before and not (folder / "loaded").exists()


@pytest.mark.parametrize(
    "text", [None, "\ufeff<testsuites/>", '<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest">']
)
def test_a_report_is_replaced(invoke: Invoke, folder: Path, shelf: Path, text: str | None) -> None:
    """That of the last replay, or of another program."""
    if text is None:
        assert invoke("replay", "shelf/brief.yaml", "--junit", "junit.xml").exit_code == 0
    else:
        (folder / "junit.xml").write_text(text)
    assert invoke("replay", "shelf", "--junit", "junit.xml").exit_code == 0
    assert suite_in(folder / "junit.xml").get("tests") == "2"

"""The fixture and the marker `no_network`."""

from __future__ import annotations

import pytest

from .conftest import Project

pytest_plugins = ["pytester"]

CONNECT = """
import socket

def connect():
    with socket.socket() as caller:
        caller.connect(("127.0.0.1", 9))
"""


@pytest.mark.parametrize(
    ("above", "argument"),
    [("", "no_network"), ("@pytest.mark.no_network", ""), ("@pytest.mark.no_network(True)", "")],
)
def test_a_test_cannot_connect(project: Project, above: str, argument: str) -> None:
    """By the fixture or by the marker: it fails with the address, at the line that tried."""
    result = project.test(f"{CONNECT}\n{above}\ndef test_shop({argument}):\n    connect()")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkForbidden: the code tried to connect to 127.0.0.1:9,*"])


def test_an_error_that_was_swallowed_fails_the_test_all_the_same(project: Project) -> None:
    """The address is told, and the line that went on as if nothing were."""
    result = project.test(f"""{CONNECT}
@pytest.mark.no_network
def test_shop():
    try:
        connect()
    except Exception:
        pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the code tried to connect to 127.0.0.1:9,*",
            "The error was caught here:",
            "*test_shop.py*, in test_shop",
            "    connect()",
        ]
    )


def test_threads_and_coroutines_are_held_too(project: Project) -> None:
    """The guard is on for the whole process."""
    result = project.test(f"""{CONNECT}
import asyncio
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.no_network
def test_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(connect).result()

@pytest.mark.no_network
async def test_coroutine():
    await asyncio.open_connection("127.0.0.1", 9)
""")
    result.assert_outcomes(failed=2)
    raised = [line for line in result.outlines if line.startswith("E  ")]
    assert sum("NetworkForbidden: the code tried to" in line for line in raised) == 2


def test_fixtures_are_free_before_and_after(project: Project) -> None:
    """A server may be started, asked whether it is there, and stopped around a test that is guarded."""
    result = project.test("""
import socket

@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        yield server
        socket.create_connection(server.getsockname()).close()

def test_shop(server, no_network):
    assert no_network.attempts == ()
""")
    result.assert_outcomes(passed=1)


def test_every_test_can_be_guarded(project: Project) -> None:
    """`callsheet_no_network = true` gives every test the marker; `no_network(False)` makes an exception."""
    project.configure(callsheet_no_network="true")
    result = project.test(f"""{CONNECT}
def test_guarded():
    connect()

@pytest.mark.no_network(False)
def test_free():
    with pytest.raises(OSError):
        connect()

@pytest.mark.recording("recordings/planned.yaml")
def test_replayed(recording):
    recording.replay().assert_no_drift()
""")
    result.assert_outcomes(passed=2, failed=1)


def test_a_project_may_have_a_fixture_of_that_name(project: Project) -> None:
    """A fixture `no_network` in a project's own conftest takes the place of this one, and the marker goes on
    to work."""
    (project.folder / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef no_network():\n    return 'of its own'\n"
    )
    result = project.test(f"""{CONNECT}
def test_own(no_network):
    assert no_network == 'of its own'

@pytest.mark.no_network
def test_marked():
    connect()
""")
    result.assert_outcomes(passed=1, failed=1)


def test_recording_is_not_held_back(project: Project) -> None:
    """A recording is made before its test begins, so a guarded test can be recorded."""
    project.configure(callsheet_no_network="true")
    result = project.test(
        """
@callsheet.agent(effect="read")
def ask(port: int) -> str:
    "Ask somebody."
    import socket
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    return "answered"

PLAN = {"goal": "Ask", "answer": {"from": "ask"}, "steps": [
    {"id": "ask", "capability": "ask", "inputs": {"port": 1}}
]}

@pytest.mark.recording("recordings/new.yaml", plan=PLAN, agents=[ask])
def test_shop(recording):
    assert recording.replay().answer == "answered"
""",
        "--callsheet-record=missing",
    )
    result.assert_outcomes(passed=1)

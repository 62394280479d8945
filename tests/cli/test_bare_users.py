"""Commands work for users who may not write the store, and for users who have no home."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callsheet.settings.settings import Settings
from tests.cli.conftest import Invoke, step, write_plan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such users")

_WITHOUT_RIGHTS = """
import ctypes, os, sys

if os.geteuid() == 0:
    # Root may write whatever the mode says, unless PR_CAPBSET_DROP took CAP_DAC_OVERRIDE and
    # CAP_DAC_READ_SEARCH from what it can have.
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "callsheet", *sys.argv[1:]])
"""
_WITHOUT_HOME = """
import os, pwd, sys

def nobody(uid):
    raise KeyError(uid)

pwd.getpwuid = nobody
for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "CALLSHEET_CACHE"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("XDG_")]:
    del os.environ[name]
os.environ.update(variable.split("=", 1) for variable in sys.argv.pop(1).split())
from callsheet.entry import main
main()
"""


def _run(script: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def sealed(folder: Path, invoke: Invoke) -> Iterator[Path]:
    """A folder with a run in its store, where nothing can be written any more."""
    plan = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    assert invoke("run", "--plan", plan).exit_code == 0
    store = folder / ".callsheet"
    for file in store.iterdir():
        file.chmod(0o444)
    store.chmod(0o555)
    yield store
    store.chmod(0o755)


@pytest.mark.parametrize("command", ["runs", "show", "show --revisions", "show --json", "record", "diff"])
def test_a_store_that_cannot_be_written_is_read(
    sealed: Path, child_environment: dict[str, str], command: str
) -> None:
    """What only reads works, and leaves nothing behind."""
    before = sorted(file.name for file in sealed.iterdir())
    done = _run(_WITHOUT_RIGHTS, child_environment, *command.split())
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in sealed.iterdir()) == before


@pytest.mark.parametrize("command", ["run --plan plan.yaml", "answer last hello", "resume"])
def test_what_would_write_such_a_store_says_so(
    sealed: Path, child_environment: dict[str, str], command: str
) -> None:
    """With what to check, and nothing is done."""
    done = _run(_WITHOUT_RIGHTS, child_environment, *command.split())
    assert done.returncode == 1
    assert "check its permissions" in done.stderr
    assert "defect" not in done.stderr


_COMMANDS = (
    ("", "runs", 0),
    ("", "show", 0),
    ("", "show --store ~/runs.db", 2),
    ("", "record", 0),
    ("", "diff", 0),
    ("", "agents", 0),
    ("", "check plan.yaml", 0),
    ("", "check ~/plan.yaml", 2),
    ("", "run --plan plan.yaml", 0),
    ("", "run --plan plan.yaml --yes", 0),
    ("", "run --plan plan.yaml --workspace ~/here", 2),
    ("", "plan goal --model local", 2),
    ("", "plan goal --model local/~/m.gguf", 1),
    ("", "answer last hello", 2),
    ("", "pause last", 2),
    ("", "cancel last", 2),
    ("", "approve last loud", 2),
    ("", "resume", 2),
    ("", "trust", 2),
    ("CALLSHEET_CACHE=~/cache", "plan goal --model local", 2),
    ("CALLSHEET_LOCAL_MODEL=~/m.gguf", "plan goal --model local", 2),
    ("CALLSHEET_STORE=~/runs.db", "runs", 2),
    ("CALLSHEET_AGENTS=~/team.py", "agents", 2),
)


@pytest.mark.parametrize(("variables", "command", "code"), _COMMANDS)
def test_a_user_without_a_home_is_told_what_is_missing(
    folder: Path, invoke: Invoke, child_environment: dict[str, str], variables: str, command: str, code: int
) -> None:
    """As in a container that runs under a number of its own: HOME unset, and no such user known. No command
    takes that for a defect, and none makes a folder called `~`."""
    plan = write_plan(folder, step("loud", "calculate", expression="1 + 1"), answer="loud")
    assert invoke("run", "--plan", plan).exit_code == 0
    done = _run(_WITHOUT_HOME, child_environment, variables, *command.split())
    assert (done.returncode, "defect" in done.stderr) == (code, False), done.stderr
    assert not (folder / "~").exists()


@pytest.mark.parametrize("command", ["runs", "doctor", "agents", "trust", "check plan.yaml"])
def test_a_working_folder_that_is_gone_is_said_so(
    child_environment: dict[str, str], tmp_path: Path, command: str
) -> None:
    """Every command reads the settings of its folder."""
    gone = tmp_path / "gone"
    script = f"import os; os.mkdir({str(gone)!r}); os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})"
    done = _run(f"{script}; from callsheet.entry import main; main()", child_environment, *command.split())
    assert done.returncode == 2, done.stderr
    assert "the working folder" in done.stderr


@pytest.mark.parametrize("name", ["pyproject.toml", "callsheet.toml"])
def test_a_mark_of_encoding_in_a_settings_file_stops_no_command(
    folder: Path, invoke: Invoke, name: str
) -> None:
    """Windows editors and shells write one; the settings hold all the same."""
    table = "[tool.callsheet]\r\n" if name == "pyproject.toml" else ""
    (folder / name).write_bytes(f"# é\r\n{table}hedge = true\r\n".encode("utf-8-sig"))
    assert invoke("runs").exit_code == 0
    settings = Settings.load(folder)
    assert (settings.hedge, settings.source("hedge")) == (True, name)

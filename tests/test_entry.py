"""The command's first moments."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import importlib, sys
from callsheet import entry

def interrupted(name):
    raise KeyboardInterrupt

entry.import_module = interrupted
entry.main()
"""


def test_ctrl_c_while_modules_are_imported_is_no_traceback() -> None:
    """One line and exit code 130, however early it comes."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted before anything was done\n")

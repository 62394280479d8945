"""The agents of the runs that release 0.1 made."""

import os
import signal
from pathlib import Path

import callsheet


@callsheet.agent(effect="read")
def count(shelf: str) -> int:
    """Count what stands on a shelf."""
    if shelf == "broken":
        raise callsheet.Permanent("the camera of this shelf is broken")
    return len(shelf)


@callsheet.agent(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@callsheet.agent(effect="irreversible")
def send(text: str) -> str:
    """Send a message."""
    with Path("sent.txt").open("a") as file:
        file.write(f"{text}\n")
    return "sent"


@callsheet.agent(effect="irreversible")
def send_and_die(text: str) -> str:
    """Send a message; the process dies where the file `fatal` is there."""
    if Path("fatal").exists():
        Path("fatal").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return "sent"

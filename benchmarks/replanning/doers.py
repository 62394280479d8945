"""Agents of the small office in which things go wrong: those that do what cannot be undone.

What they have done stands in a file of the workspace, a line for each deed, so that the benchmark can see
whether something was done twice.
"""

from __future__ import annotations

from callsheet.agents.agent import Context
from callsheet.agents.errors import Permanent, WorkspaceError
from callsheet.agents.functions.decorator import agent

DEEDS = "deeds.txt"
MAX_NOTICE = 80
"""Characters that fit on the board."""

_MAX_BYTES = 100_000


@agent(effect="irreversible", output="receipt")
async def send_letter(to: str, body: str, context: Context) -> str:
    """send a letter to one person

    Args:
        to: the person's e-mail address
        body: the text of the letter
    """
    known = context.workspace.read_bytes("addresses.txt", _MAX_BYTES).decode().split()
    if to not in known:
        addresses = ", ".join(known)
        raise Permanent(f"nobody has the address {to!r}; nothing was sent; the addresses are: {addresses}")
    return _do(f"letter to {to}: {body}", context)


@agent(effect="irreversible", output="receipt")
async def book_room(room: str, context: Context) -> str:
    """book a room for Friday

    Args:
        room: the room's name
    """
    return _do(f"room {room}", context)


@agent(effect="irreversible", output="receipt")
async def post_notice(text: str, context: Context) -> str:
    """put a notice up on the board in the hall

    Args:
        text: what it says
    """
    if len(text) > MAX_NOTICE:
        raise Permanent(
            f"the text has {len(text)} characters, and at most {MAX_NOTICE} fit on the board; nothing was "
            "put up"
        )
    return _do(f"notice: {text}", context)


def _do(deed: str, context: Context) -> str:
    line = " ".join(deed.split())
    _note(line, context)
    return line


def _note(line: str, context: Context) -> None:
    try:
        before = context.workspace.read_bytes(DEEDS, _MAX_BYTES).decode()
    except WorkspaceError:
        before = ""
    context.workspace.write_atomically(DEEDS, f"{before}{line}\n".encode())

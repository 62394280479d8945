"""Untrusted text, made safe for a terminal."""

from __future__ import annotations

import re

from callsheet.prompts.hidden import visible

# Whole escape sequences before single control characters, so that no part of them is left as text: CSI,
# then those with a string inside (OSC, DCS, SOS, PM, APC), then the short ones; truncated ones too.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)


def plain(text: str) -> str:
    """The text without escape sequences, control characters (tabs and lines stay), and what hides."""
    return visible(_ESCAPES.sub("", text.replace("\r\n", "\n")))


def one_line(text: str, most: int = 200) -> str:
    """The text on one line, cut with an ellipsis after `most` characters."""
    # Cut before anything else, because a text may have megabytes.
    flat = " ".join(plain(text[: 4 * most]).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def counted(number: int, noun: str) -> str:
    """`1 step`, `2 steps`, `1,000 steps`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

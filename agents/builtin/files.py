"""The agents that list, read and write files of the workspace."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from callsheet.agents.agent import Context
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.functions.decorator import agent
from callsheet.agents.spending.demand import NO_DEMAND

from .text import decode_leniently, encode

_LOG = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
"""The largest file that `read_file` reads."""

FileKind = Literal["text", "markdown", "csv", "json"]
_KINDS: dict[str, FileKind] = {".md": "markdown", ".markdown": "markdown", ".csv": "csv", ".json": "json"}


class FoundFiles(BaseModel):
    """What `list_files` gives."""

    paths: Annotated[list[str], Field(description="relative to the workspace, sorted")]
    count: int
    complete: Annotated[bool, Field(description="false where there are more than are listed")]


class FileText(BaseModel):
    """What `read_file` gives."""

    text: Annotated[str, Field(description="all that the file holds")]
    path: str
    kind: FileKind
    bytes: Annotated[int, Field(description="its size")]


class WrittenFile(BaseModel):
    """What `write_file` gives."""

    path: str
    bytes: Annotated[int, Field(description="how many were written")]


@agent(effect=Effect.READ, main_output="paths", demand=NO_DEMAND)
def list_files(context: Context, pattern: str = "**") -> FoundFiles:
    """list the names of the files that match a pattern

    Args:
        pattern: such as *.csv, reports/*.md or ** for all files
    """
    listing = context.workspace.list(pattern)
    return FoundFiles(paths=list(listing.paths), count=len(listing.paths), complete=listing.complete)


@agent(effect=Effect.READ, main_output="text", demand=NO_DEMAND)
def read_file(path: str, context: Context) -> FileText:
    """read the whole text of a file

    Args:
        path: the file's name in the workspace, such as notes.md
    """
    data = context.workspace.read_bytes(path, MAX_BYTES)
    kind = _KINDS.get(PurePosixPath(path).suffix.lower(), "text")
    text, note = decode_leniently(data, path)
    if note:
        _LOG.warning("%s", note)
    return FileText(text=text, path=path, kind=kind, bytes=len(data))


@agent(effect=Effect.WRITE, main_output="path", demand=NO_DEMAND)
def write_file(path: str, content: str, context: Context) -> WrittenFile:
    """save text in a file, replacing what it held

    Args:
        path: the file's name in the workspace, such as summary.md
        content: the text to save
    """
    data = encode(content, path)
    context.workspace.write_atomically(path, data)
    return WrittenFile(path=path, bytes=len(data))

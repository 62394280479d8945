"""A folder with settings that the user trusts."""

from __future__ import annotations

from pathlib import Path

from callsheet.settings.settings import Settings
from callsheet.settings.trust import TrustStore


def configure(folder: Path, text: str) -> None:
    """Make this the folder's callsheet.toml, which the user then trusts."""
    (folder / "callsheet.toml").write_text(text)
    TrustStore().trust(Settings.load(folder, {}, trust=True).sensitive)
